use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::bundle::{Bundle, Mode};
use crate::world::MemoryWorld;
use crate::{Input, Options, compile_to_plan};

const COMPONENTS: &str = r"
  server:
    component: server
    summary: Listens
    kind: other
    version: { tested: 1.0.0 }
    image: example.org/server
    native: { program: /usr/bin/server }
    provides:
      outer: { port: 7001, transport: [tcp, udp], exposure: public }
      peers: { port: 7002, exposure: peers }
      inner: { port: 7003, exposure: private }
      local: { port: 7004, exposure: loopback }
    sources: [here]
  user:
    component: user
    summary: Connects
    kind: other
    version: { tested: 1.0.0 }
    image: example.org/user
    native: { program: /usr/bin/user }
    needs: { inner: {} }
    sources: [here]
";

fn plan(manifest: &str) -> Plan {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let done = compile_to_plan(&world, &Input::new("network.yaml"), options);
    assert!(!done.failed(), "{:?}", done.diagnostics);
    done.plan.unwrap()
}

fn files(plan: &Plan) -> BTreeMap<String, String> {
    let mut out = Artifacts::default();
    FirewallRules.emit(plan, &Templates::embedded(), &mut out).unwrap();
    let mut bundle = Bundle::default();
    out.into_bundle(&mut bundle).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    bundle
        .files()
        .map(|(path, file)| {
            assert_eq!(file.mode == Mode::Executable, path.as_str().ends_with("/ufw.sh"));
            (path.as_str().to_owned(), text(&file.bytes().unwrap()))
        })
        .collect()
}

/// The rules of a script with their comments, as `ufw show added` would print them.
fn rules(script: &str) -> Vec<(String, String)> {
    let (_, from) = script.split_once("\nwanted=(\n").unwrap();
    let (list, _) = from.split_once("\n)\n").unwrap();
    let rule = |line: &str| {
        let line = line.trim().strip_prefix('\'').unwrap().strip_suffix('\'').unwrap().replace(r"'\''", "'");
        let (rule, comment) = line.split_once(" comment 'netgen ").unwrap();
        (rule.to_owned(), comment.strip_suffix('\'').unwrap().to_owned())
    };
    list.lines().map(rule).collect()
}

fn small(firewall: &str, runtime: &str) -> String {
    format!(
        r#"
netgen: 1
network: {{ name: walls, chain: hoodi, environment: development }}
defaults: {{ runtime: {runtime} }}
hosts:
  a: {{ address: 198.51.100.1, private-address: 10.9.0.1, ssh: {{ port: 2222 }} }}
  b: {{ address: 198.51.100.2, private-address: 10.9.0.2 }}
services:
  one: {{ host: a, component: server }}
  two: {{ host: b, component: user, needs: {{ inner: one }} }}
  three: {{ host: b, component: server }}
security: {{ firewall: {firewall}, admin-networks: [203.0.113.0/24] }}
components:{COMPONENTS}"#
    )
}

#[test]
fn one_firewall_a_host() {
    for (firewall, file) in [("nftables", "nftables.conf"), ("external", "nftables.conf"), ("ufw", "ufw.sh")]
    {
        let files = files(&plan(&small(firewall, "compose")));
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(paths, [format!("firewall/a/{file}"), format!("firewall/b/{file}")]);
    }
}

#[test]
fn rules_of_a_native_host() {
    let files = files(&plan(&small("ufw", "native")));
    let expected = [
        ("allow from 203.0.113.0/24 to any port 2222 proto tcp", "in: ssh 2222/tcp from 203.0.113.0/24"),
        ("allow 7001/tcp", "in: one outer 7001/tcp from anyone"),
        ("allow 7001/udp", "in: one outer 7001/udp from anyone"),
        ("allow from 10.9.0.2 to any port 7002 proto tcp", "in: one peers 7002/tcp from 10.9.0.2"),
        ("allow from 198.51.100.2 to any port 7002 proto tcp", "in: one peers 7002/tcp from 198.51.100.2"),
        ("allow from 10.9.0.2 to any port 7003 proto tcp", "in: one inner 7003/tcp from 10.9.0.2"),
        ("allow from 198.51.100.2 to any port 7003 proto tcp", "in: one inner 7003/tcp from 198.51.100.2"),
    ];
    let script = &files["firewall/a/ufw.sh"];
    let expected: Vec<_> = expected.map(|(rule, why)| (rule.to_owned(), why.to_owned())).into();
    assert_eq!(rules(script), expected);
    assert!(!script.contains("\n-A netgen-forward"));
}

#[test]
fn rules_of_a_container_host() {
    let files = files(&plan(&small("ufw", "quadlet")));
    let script = &files["firewall/b/ufw.sh"];
    let expected = [
        ("allow from 203.0.113.0/24 to any port 22 proto tcp", "in: ssh 22/tcp from 203.0.113.0/24"),
        ("allow in on podman+", "in: containers on podman+"),
        ("route allow in on podman+", "route: containers on podman+"),
        (
            "route allow out on podman+ to any port 7001 proto tcp",
            "route: three outer 7001/tcp on podman+ from anyone",
        ),
        (
            "route allow out on podman+ to any port 7001 proto udp",
            "route: three outer 7001/udp on podman+ from anyone",
        ),
        (
            "route allow out on podman+ from 10.9.0.1 to any port 7002 proto tcp",
            "route: three peers 7002/tcp on podman+ from 10.9.0.1",
        ),
        (
            "route allow out on podman+ from 198.51.100.1 to any port 7002 proto tcp",
            "route: three peers 7002/tcp on podman+ from 198.51.100.1",
        ),
    ];
    let expected: Vec<_> = expected.map(|(rule, why)| (rule.to_owned(), why.to_owned())).into();
    assert_eq!(rules(script), expected);
    let chain: Vec<&str> = script.lines().filter(|line| line.contains("--ctorigdstport")).collect();
    assert_eq!(
        chain,
        [
            "-A netgen-forward -p tcp -m conntrack --ctorigdstport 7001 -j RETURN",
            "-A netgen-forward -p udp -m conntrack --ctorigdstport 7001 -j RETURN",
            "-A netgen-forward -s 10.9.0.1 -p tcp -m conntrack --ctorigdstport 7002 -j RETURN",
            "-A netgen-forward -s 198.51.100.1 -p tcp -m conntrack --ctorigdstport 7002 -j RETURN",
            "-A netgen-forward -p tcp -m conntrack --ctorigdstport 7001 -j RETURN",
            "-A netgen-forward -p udp -m conntrack --ctorigdstport 7001 -j RETURN",
        ]
    );
}

#[test]
fn all_addresses_of_one_family_stay_those_of_one() {
    let anywhere = ["0.0.0.0/0".parse().unwrap()];
    assert_eq!(ufw::networks(&anywhere), ["0.0.0.0/1", "128.0.0.0/1"]);
    let mixed = ["2001:db8::1/128", "192.0.2.7/32", "192.0.2.0/24"].map(|net| net.parse().unwrap());
    assert_eq!(ufw::networks(&mixed), ["192.0.2.0/24", "2001:db8::1"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Each opening, from each address that it is for, is one rule; nothing else is but ssh and bridges.
    #[test]
    fn every_opening_once(hosts in prop::collection::vec((0usize..4, any::<bool>(), any::<bool>()), 2..6)) {
        let runtimes = ["compose", "systemd-docker", "quadlet", "native"];
        let mut manifest = "netgen: 1\nnetwork: { name: walls, chain: hoodi, environment: development }\n\
                            security: { firewall: ufw }\nhosts:\n".to_owned();
        for (at, (runtime, private, _)) in hosts.iter().enumerate() {
            let inner = if *private { format!(", private-address: 10.9.0.{at}") } else { String::new() };
            let runtime = runtimes[*runtime];
            manifest += &format!("  h{at}: {{ address: 198.51.100.{at}{inner}, runtime: {runtime} }}\n");
        }
        manifest += "services:\n  s0: { host: h0, component: server }\n";
        for (at, (_, private, user)) in hosts.iter().enumerate().skip(1) {
            // A user without the private network could not reach a server that listens in it only.
            let user = *user && (*private || !hosts[0].1);
            let what = if user { "component: user, needs: { inner: s0 }" } else { "component: server" };
            manifest += &format!("  s{at}: {{ host: h{at}, {what} }}\n");
        }
        manifest += &format!("components:{COMPONENTS}");
        let plan = plan(&manifest);
        let topology = &plan.topology;
        let files = files(&plan);
        for host in &topology.hosts {
            let mut expected: Vec<String> = vec!["allow 22/tcp".to_owned()];
            for opening in topology.openings(host.id) {
                let (port, transport) = (opening.port, opening.transport.word());
                let forwarded = !topology.services[opening.service].on_host_network(host);
                let bridge = if host.runtime.word() == "quadlet" { "podman+" } else { "br-+" };
                let way = if forwarded { format!("route allow out on {bridge}") } else { "allow".to_owned() };
                match &opening.sources {
                    Sources::Any if forwarded => expected.push(format!("{way} to any port {port} proto {transport}")),
                    Sources::Any => expected.push(format!("{way} {port}/{transport}")),
                    Sources::Hosts(sources) => {
                        for source in sources.iter().map(|id| &topology.hosts[*id]) {
                            for address in std::iter::once(&source.address).chain(&source.private_address) {
                                expected.push(format!("{way} from {address} to any port {port} proto {transport}"));
                            }
                        }
                    }
                }
            }
            let script = &files[&format!("firewall/{}/ufw.sh", host.name)];
            let mut found: Vec<String> = rules(script).into_iter().map(|(rule, _)| rule).collect();
            found.retain(|rule| !rule.contains("allow in on "));
            expected.sort();
            found.sort();
            prop_assert_eq!(found, expected);
            let mut comments: Vec<String> = rules(script).into_iter().map(|(_, comment)| comment).collect();
            let all = comments.len();
            comments.sort();
            comments.dedup();
            prop_assert_eq!(comments.len(), all);
        }
    }
}
