//! What strangers and balancers see of a network: health paths, JSON-RPC with its limits. A real HAProxy
//! runs with the configuration of the bundle; small stand-ins answer for the clients behind it.
//!
//! A test whose program is not installed is left out and says so; with `NETGEN_REQUIRE_TOOLS=1` it
//! fails.

#![allow(clippy::disallowed_methods, clippy::print_stderr)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod health;
mod http;
mod mesh;
mod rpc;
mod standin;

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile};

/// Free ports of this machine.
fn ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// A file of the bundle of a manifest.
fn built(manifest: &str, path: &str) -> String {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile(&world, &Input::new("network.yaml"), options);
    let messages: Vec<&str> = compilation.diagnostics.iter().map(|d| d.message.as_str()).collect();
    let bundle = compilation.bundle.as_ref().unwrap_or_else(|| panic!("{messages:?}"));
    String::from_utf8(bundle.get(path).unwrap_or_else(|| panic!("no {path}")).bytes().unwrap().into_owned())
        .unwrap()
}

/// A running HAProxy; it ends with the test.
struct Proxy {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Proxy {
    /// Runs one with a configuration; `None` where it is not installed.
    fn start(config: &str, port: u16) -> Option<Self> {
        let program = ["haproxy", "/usr/sbin/haproxy"]
            .into_iter()
            .find(|program| Command::new(program).arg("-v").output().is_ok_and(|run| run.status.success()));
        let Some(program) = program else {
            let required = std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1");
            assert!(!required, "haproxy is not installed");
            eprintln!("left out: haproxy is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, config).unwrap();
        let checked = Command::new(program).args(["-c", "-dW", "-f"]).arg(&file).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let mut run = Command::new(program);
        run.arg("-db").arg("-f").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let proxy = Self { child: run.spawn().unwrap(), _folder: folder };
        until("haproxy listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for something that comes true within seconds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
