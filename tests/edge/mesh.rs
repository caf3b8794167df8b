//! The encrypted network of the hosts: addresses, keys, and the doors that it needs.

use std::path::Path;
use std::process::Command;

use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};

const MANIFEST: &str = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  zeta: { address: 203.0.113.10, private-address: 10.20.0.10 }
  alpha: { address: 203.0.113.11 }
  pinned: { address: 203.0.113.12, private-address: 10.99.0.200 }
services:
  db: { host: alpha, component: postgres }
  signer: { host: zeta, component: web3signer, needs: { sql: db } }
security: { mesh: { subnet: 10.99.0.0/24, port: 51900, keepalive: 25s } }
";

fn compiled(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    compile(&world, &Input::new("network.yaml"), Options { allow_unlocked: true, ..Options::default() })
}

fn text(compilation: &Compilation, path: &str) -> String {
    let told: Vec<&str> = compilation.diagnostics.iter().map(|d| d.message.as_str()).collect();
    let bundle = compilation.bundle.as_ref().unwrap_or_else(|| panic!("{told:?}"));
    String::from_utf8(bundle.get(path).unwrap_or_else(|| panic!("no {path}")).bytes().unwrap().into_owned())
        .unwrap()
}

#[test]
fn hosts_speak_in_the_mesh_only() {
    let compilation = compiled(MANIFEST);
    // The first host of the manifest has the first address, whatever its name.
    assert!(text(&compilation, "wireguard/zeta/mesh.sh").contains("address=10.99.0.1/24\n"));
    assert!(text(&compilation, "wireguard/alpha/mesh.sh").contains("address=10.99.0.2/24\n"));
    assert!(text(&compilation, "wireguard/pinned/mesh.sh").contains("address=10.99.0.200/24\n"));
    // The database listens there, and is asked there.
    assert!(text(&compilation, "compose/alpha/compose.yaml").contains("10.99.0.2"));
    let firewall = text(&compilation, "firewall/alpha/nftables.conf");
    assert!(firewall.contains("203.0.113.10, 203.0.113.12") && firewall.contains("udp dport 51900 accept"));
    assert!(firewall.contains(r#"iifname != "wg-demo" ip saddr 10.99.0.0/24 drop"#), "{firewall}");
    // Whom nobody knows by a key cannot be spoken to yet.
    assert!(!text(&compilation, "wireguard/zeta/mesh.conf").contains("[Peer]"));
    // What is added at the end moves nobody.
    let more = MANIFEST.replace("services:\n", "  a-first: { address: 203.0.113.13 }\nservices:\n");
    assert!(text(&compiled(&more), "wireguard/zeta/mesh.sh").contains("address=10.99.0.1/24\n"));
    let crossing = |manifest: &str| compiled(manifest).diagnostics.iter().any(|d| d.rule.code == "NG0406");
    assert!(!crossing(MANIFEST), "the mesh encrypts it");
}

#[test]
fn a_full_mesh_is_an_error() {
    let told =
        |manifest: &str, what: &str| compiled(manifest).diagnostics.iter().any(|d| d.message.contains(what));
    assert!(told(&MANIFEST.replace("10.99.0.0/24", "10.99.0.0/31"), "no address left for host `pinned`"));
    assert!(told(
        &MANIFEST.replace("10.99.0.200", "10.99.0.2"),
        "the address of host `alpha` in the mesh is taken"
    ));
}

fn netgen(folder: &Path, args: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_netgen")).current_dir(folder).env_clear().args(args).output();
    let run = run.unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{said}");
    said
}

#[cfg(unix)]
#[test]
fn keys_are_known_by_their_public_half() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    // Outside of the mesh, one host is known by its private address.
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  one: { address: 203.0.113.10, private-address: 10.20.0.10, runtime: native }
  two: { address: 203.0.113.11, runtime: native }
services: { el: { host: one, component: geth } }
security: { mesh: { subnet: fd4e:e76e::/64 } }
";
    std::fs::write(at("network.yaml"), manifest).unwrap();
    netgen(folder.path(), &["keys"]);
    netgen(folder.path(), &["lock", "--offline"]);
    netgen(folder.path(), &["build", "-o", "bundle"]);
    let secret = std::fs::read_to_string(at("secrets/one.mesh.key")).unwrap();
    let two = std::fs::read_to_string(at("bundle/wireguard/two/mesh.conf")).unwrap();
    let public = two.lines().find_map(|line| line.strip_prefix("PublicKey=")).unwrap();
    assert!(two.contains("Endpoint=10.20.0.10:51820\nAllowedIPs=fd4e:e76e::1/128\n"), "{two}");
    let facts = std::fs::read_to_string(at("bundle/ansible/inventory/host_vars/one.yml")).unwrap();
    assert!(facts.contains(public) && facts.contains("secrets/one.mesh.key"), "{facts}");
    // WireGuard's own tool makes the same of it, where it is here.
    if let Ok(mut wg) = Command::new("wg")
        .arg("pubkey")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
    {
        std::io::Write::write_all(&mut wg.stdin.take().unwrap(), secret.as_bytes()).unwrap();
        let said = wg.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), public);
    } else {
        let required = std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!required, "wg is not installed");
    }
    for entry in walkdir::WalkDir::new(at("bundle")) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let text = std::fs::read(entry.path()).unwrap();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(secret.trim()), "{}", entry.path().display());
        }
    }
    // Made once: a second run keeps it.
    netgen(folder.path(), &["keys"]);
    netgen(folder.path(), &["lock", "--offline"]);
    assert_eq!(std::fs::read_to_string(at("secrets/one.mesh.key")).unwrap(), secret);
}

/// Whether a program is here.
fn is_here(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/sbin"].map(Into::into));
    folders.iter().any(|folder| folder.join(program).is_file())
}

/// The scripts and configurations of a bundle make a real tunnel. `mesh.sh` says how.
#[cfg(target_os = "linux")]
#[test]
fn packets_go_through_the_mesh() {
    let missing: Vec<&str> =
        ["wg", "wireguard-go", "ip", "unshare"].into_iter().filter(|program| !is_here(program)).collect();
    let required = std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    let device = Path::new("/dev/net/tun").exists();
    if !missing.is_empty() || !device {
        assert!(!required || !device, "not installed: {missing:?}");
        eprintln!("left out: {missing:?} are not installed, or there is no /dev/net/tun");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  one: { address: 203.0.113.10, runtime: native }
  two: { address: 203.0.113.11, runtime: native }
services: { el: { host: one, component: geth } }
security: { mesh: { subnet: 10.99.0.0/24 } }
";
    std::fs::write(at("network.yaml"), manifest).unwrap();
    netgen(folder.path(), &["keys"]);
    netgen(folder.path(), &["lock", "--offline"]);
    netgen(folder.path(), &["build", "-o", "bundle"]);
    for host in ["one", "two"] {
        let own = |file: String| at(&file).display().to_string();
        let script = std::fs::read_to_string(at(&format!("bundle/wireguard/{host}/mesh.sh"))).unwrap();
        // On a host they lie where the deploy puts them.
        let script = script
            .replace("/opt/netgen/demo/mesh/mesh.conf", &own(format!("bundle/wireguard/{host}/mesh.conf")))
            .replace("/etc/netgen/demo/secrets/host/mesh-key", &own(format!("secrets/{host}.mesh.key")));
        assert!(!script.contains("netgen/demo"), "{script}");
        std::fs::write(at(&format!("{host}.sh")), script).unwrap();
    }
    let run = Command::new("unshare")
        .args(["--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"])
        .args(["timeout", "60", "bash", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/edge/mesh.sh")])
        .arg(folder.path())
        .args(["203.0.113.10", "203.0.113.11", "10.99.0.2"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{said}");
    let secret = std::fs::read_to_string(at("secrets/one.mesh.key")).unwrap();
    assert!(!said.contains(secret.trim()));
}
