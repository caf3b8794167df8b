//! nginx's own check. Debian's has no ACME module: what speaks of it is left out, and a certificate
//! stands in for those that the module would get. All else is judged as it is.

use std::path::Path;

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict, scratch};
use crate::files::{find, read, write};

pub const READER: Reader = Reader {
    name: "nginx",
    root: Root::Bundle,
    files: |root| find(root, &["config/**/netgen.conf"]),
    read: |bench, input| input.each(|file| check(bench, &input.root.join(file))),
};

/// How the lines begin that only the ACME module knows, or a newer nginx.
const OF_MODULE: &[&str] = &["load_module ", "acme_", "ssl_certificate_cache "];

fn check(bench: &Bench, file: &Path) -> Verdict {
    let folder = scratch()?;
    let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
    let made =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a"];
    let openssl = bench.tool("openssl")?.args(made).args(["-keyout"]).args([&key]);
    openssl.args(["-out"]).args([&certificate]).run()?.accepted()?;
    let mut text = String::new();
    let mut issuer = false;
    for line in read(file)?.lines() {
        let word = line.trim_start();
        issuer |= word.starts_with("acme_issuer ");
        if !issuer && !OF_MODULE.iter().any(|of| word.starts_with(of)) {
            text += line;
            text.push('\n');
        }
        issuer &= word != "}";
    }
    let text = text
        .replace("$acme_certificate_key", &key.to_string_lossy())
        .replace("$acme_certificate", &certificate.to_string_lossy())
        .replace("pid /tmp/", &format!("pid {}/", folder.path().display()));
    let copy = folder.path().join("netgen.conf");
    write(&copy, &text)?;
    let nginx = bench.tool("nginx")?.args(["-t", "-q", "-e", "stderr", "-c"]).args([&copy]);
    match nginx.run()? {
        // A warning is a line; a right file has none.
        run if run.stderr.contains("[warn]") => Err(Fault::Rejected(run.stderr)),
        run => run.accepted(),
    }
}
