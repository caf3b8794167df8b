//! Bases for clusters: what the schemas of Kubernetes cannot tell (labels that match, names that exist,
//! quantities), that policies are the edges of the graph, and that budgets keep the quorum.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "kubernetes/base.rs"]
mod base;
#[path = "common/findings.rs"]
mod findings;

use std::collections::{BTreeMap, BTreeSet};

use base::Base;
use findings::{checked, errors, options};
use netgen::diag::Severity;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};
use serde_json::{Value, json};

/// A BFT chain of one's own, in two clusters and on one machine beside them.
const CHAIN: &str = "
netgen: 1
network: { name: lone, chain: lone, environment: testnet }
chains:
  lone: { chain: lone, name: A BFT network, family: bft, block-time: 1, consensus: bft, test: true, sources: [ invented ] }
components:
  red:
    component: red
    summary: A node of the chain
    kind: chain-node
    version: { tested: '1.0' }
    image: registry.example.net/red
    user: '10060:10060'
    provides:
      p2p: { port: 26656, exposure: peers }
      rpc: { port: 26657, protocol: http }
    peering: { protocol: chain, interface: p2p, forms: { address: '{{ peer.authority }}' } }
    command: [ '--listen=0.0.0.0:{{ provides.p2p.port }}', '--price=$(PRICE)', { each: peers, args: ['--peer={{ item.address }}'] } ]
    environment: { HOME: /data, NOTE: 'cost$$5' }
    volumes: { data: { path: /data, size: 10GiB, growth: 1GiB/week, folders: [keys] } }
    healthcheck: { command: [red, status] }
    stop: { signal: SIGTERM, grace: 3m }
    resources: { memory: 1536MiB, cpus: 1.5 }
    sources: [ invented ]
  gate:
    component: gate
    summary: Hands requests on
    kind: proxy
    version: { tested: '1.0' }
    image: registry.example.net/gate
    user: '10061:10061'
    provides: { front: { port: 8080, protocol: http, exposure: public } }
    needs: { rpc: { many: true } }
    files: { /etc/gate.conf: { content: '{{ needs.rpc.url }}' } }
    command: [ '--audit=https://audit.example.net/log' ]
    tmpfs: [/tmp]
    healthcheck: { command: [gate, check], start-period: 2m }
    resources: { memory: 64MiB }
    sources: [ invented ]
regions: { eu: {}, us: {} }
stacks: { red: { chain: { component: red } } }
peering: full-mesh
";

fn chain(powers: &[(&str, &str, u64)], rest: &str) -> String {
    let mut text = CHAIN.to_owned();
    text.push_str("hosts:\n");
    for (at, (name, region, _)) in powers.iter().enumerate() {
        text.push_str(&format!(
            "  h-{name}: {{ address: 203.0.113.{}, region: {region}, rack: r{at}, runtime: kubernetes }}\n",
            at + 10
        ));
    }
    text.push_str("  beside: { address: 203.0.113.99, region: eu }\nnodes:\n");
    for (name, _, power) in powers {
        text.push_str(&format!(
            "  {name}: {{ host: h-{name}, role: validator, stack: red, voting-power: {power} }}\n"
        ));
    }
    text.push_str(rest);
    text
}

const FOUR: [(&str, &str, u64); 4] = [("a", "eu", 10), ("b", "eu", 10), ("c", "eu", 10), ("d", "us", 10)];
const GATE: &str = "services: { gate: { host: h-a, component: gate, needs: { rpc: [a/chain, d/chain] } } }\n";

fn bundle(compilation: Compilation) -> BTreeMap<String, String> {
    let wrong: Vec<_> = compilation.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let bundle = compilation.bundle.expect("a sound manifest");
    bundle
        .files()
        .map(|(path, file)| (path.to_string(), String::from_utf8_lossy(&file.bytes().unwrap()).into_owned()))
        .collect()
}

fn built(manifest: &str) -> BTreeMap<String, String> {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    bundle(compile(&world, &Input::new("network.yaml"), options()))
}

fn example() -> BTreeMap<String, String> {
    let manifest = include_str!("../examples/kubernetes/network.yaml");
    let lock = include_str!("../examples/kubernetes/netgen.lock");
    let world = MemoryWorld::new([("network.yaml", manifest), ("netgen.lock", lock)]);
    bundle(compile(&world, &Input::new("network.yaml"), Options::default()))
}

#[test]
fn bases_are_sound() {
    let files = built(&chain(&FOUR, GATE));
    for region in ["eu", "us"] {
        assert_eq!(Base::of(&files, region).complaints(), Vec::<String>::new(), "{region}");
    }
    let files = example();
    for region in ["eu-central", "us-east"] {
        let base = Base::of(&files, region);
        assert_eq!(base.complaints(), Vec::<String>::new(), "{region}");
        for pod in base.pods() {
            let image = pod["spec"]["containers"][0]["image"].as_str().unwrap();
            assert!(image.contains("@sha256:"), "{image}");
        }
    }
}

/// The checks of this test see what they are for.
#[test]
fn broken_bases_are_found() {
    let files = built(&chain(&FOUR, GATE));
    let sound = Base::of(&files, "eu");
    let breaks: &[(&str, &str, Value, &str)] = &[
        ("StatefulSet", "/spec/serviceName", json!("nobody"), "no headless service"),
        (
            "StatefulSet",
            "/spec/selector/matchLabels/app.kubernetes.io~1instance",
            json!("x"),
            "selects other pods",
        ),
        (
            "StatefulSet",
            "/spec/template/spec/containers/0/resources/limits/memory",
            json!("2Gx"),
            "no quantity",
        ),
        ("StatefulSet", "/spec/template/spec/containers/0/volumeMounts/0/name", json!("x"), "no volume `x`"),
        (
            "StatefulSet",
            "/spec/template/spec/containers/0/ports/0/containerPort",
            json!(1),
            "no container listens",
        ),
        ("StatefulSet", "/spec/template/spec/securityContext/runAsNonRoot", json!(false), "may be root"),
        ("StatefulSet", "/spec/template/spec/nodeSelector", json!({}), "runs anywhere"),
        ("Service", "/spec/selector/app.kubernetes.io~1instance", json!("x"), "selects 0 pods"),
        (
            "NetworkPolicy",
            "/spec/podSelector/matchLabels",
            json!({ "app.kubernetes.io/instance": "x" }),
            "selects no pod",
        ),
        ("PodDisruptionBudget", "/spec/selector/matchLabels", json!({}), "two budgets"),
        ("PodDisruptionBudget", "/spec/minAvailable", json!(99), "more than there are"),
        ("Kustomization", "/resources/0", json!("missing.yaml"), "missing.yaml"),
        ("Kustomization", "/configMapGenerator/0/files/0", json!("config/x"), "config/x"),
        ("Kustomization", "/configMapGenerator/0/name", json!("x"), "no config map"),
    ];
    for (kind, pointer, value, expected) in breaks {
        let mut base = sound.clone();
        if *expected == "two budgets" {
            let mut twin = base.of_kind("PodDisruptionBudget").next().unwrap().clone();
            twin["metadata"]["name"] = json!("twin");
            base.objects.push(("disruption-budgets.yaml".to_owned(), twin));
        }
        let wide =
            |object: &&mut (String, Value)| object.1["kind"] == *kind && object.1.pointer(pointer).is_some();
        let object = base.objects.iter_mut().find(wide).unwrap_or_else(|| panic!("{kind} {pointer}"));
        *object.1.pointer_mut(pointer).unwrap() = value.clone();
        let found = base.complaints();
        assert!(found.iter().any(|line| line.contains(expected)), "{kind} {pointer}: {found:?}");
    }
}

/// The pods that a policy lets in, and that it lets go to.
fn allowed(base: &Base, side: (&str, &str)) -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    for policy in base.of_kind("NetworkPolicy") {
        let name = policy["metadata"]["name"].as_str().unwrap();
        for rule in policy["spec"][side.0].as_array().into_iter().flatten() {
            for peer in rule[side.1].as_array().into_iter().flatten() {
                if let Some(other) = peer.pointer("/podSelector/matchLabels/app.kubernetes.io~1instance") {
                    pairs.insert((name.to_owned(), other.as_str().unwrap().to_owned()));
                }
            }
        }
    }
    pairs
}

#[test]
fn policies_are_the_edges_of_the_graph() {
    let base = Base::of(&built(&chain(&FOUR, GATE)), "eu");
    let ingress = allowed(&base, ("ingress", "from"));
    let egress: BTreeSet<_> =
        allowed(&base, ("egress", "to")).into_iter().map(|(from, to)| (to, from)).collect();
    let expected: BTreeSet<(String, String)> = [
        ("a-chain", "b-chain"),
        ("a-chain", "c-chain"),
        ("b-chain", "a-chain"),
        ("b-chain", "c-chain"),
        ("c-chain", "a-chain"),
        ("c-chain", "b-chain"),
        ("a-chain", "gate"),
    ]
    .map(|(a, b)| (a.to_owned(), b.to_owned()))
    .into();
    assert_eq!(ingress, expected);
    assert_eq!(egress, expected);

    let policy = |name: &str| base.named("NetworkPolicy", name).clone();
    assert_eq!(policy("default-deny")["spec"]["podSelector"], json!({}));
    assert_eq!(policy("default-deny")["spec"]["policyTypes"], json!(["Egress", "Ingress"]));
    let gate = policy("gate").to_string();
    assert!(gate.contains("0.0.0.0/0"), "everybody may come: {gate}");
    // What its arguments name is reached at its port, and nothing else elsewhere.
    let out = base.named("NetworkPolicy", "gate")["spec"]["egress"].as_array().unwrap();
    let anywhere = out.iter().find(|rule| rule.to_string().contains("0.0.0.0/0")).unwrap();
    assert_eq!(anywhere["ports"], json!([{ "port": 443, "protocol": "TCP" }]));
    // The node of the other cluster comes in, and is reached, by the address of its host.
    let a = policy("a-chain");
    let from: Vec<&str> = a
        .pointer("/spec/ingress")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|rule| rule["from"].as_array().unwrap())
        .filter_map(|peer| peer.pointer("/ipBlock/cidr")?.as_str())
        .collect();
    assert_eq!(from, ["203.0.113.13/32"]);
}

#[test]
fn neighbours_are_names_and_strangers_are_addresses() {
    let files = built(&chain(&FOUR, GATE));
    let args = |region: &str, set: &str| -> Vec<String> {
        let base = Base::of(&files, region);
        let set = base.named("StatefulSet", set);
        let args = &set["spec"]["template"]["spec"]["containers"][0]["args"];
        args.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let a = args("eu", "a-chain");
    assert!(a.iter().any(|word| word.starts_with("--peer=b-chain:")), "{a:?}");
    let outside = a.iter().find(|word| word.starts_with("--peer=203.0.113.13:")).unwrap();
    let port: u16 = outside.rsplit(':').next().unwrap().parse().unwrap();
    assert!((30_000..=32_767).contains(&port), "{port}");
    let d = args("us", "d-chain");
    assert!(d.iter().all(|word| !word.contains("a-chain")), "{d:?}");
    // A dollar is a dollar for the program, whatever the kubelet makes of it.
    assert!(a.contains(&"--price=$$(PRICE)".to_owned()), "{a:?}");
    assert_eq!(files["kubernetes/eu/config/gate/gate.conf"].trim(), "http://a-chain:26657");
    // Workers of one cluster have one set of ports.
    let ports: Vec<u64> = Base::of(&files, "eu")
        .of_kind("Service")
        .flat_map(|service| service["spec"]["ports"].as_array().cloned().unwrap_or_default())
        .filter_map(|port| port["nodePort"].as_u64())
        .collect();
    assert_eq!(ports.len(), ports.iter().collect::<BTreeSet<_>>().len(), "{ports:?}");
}

#[test]
fn pods_run_where_and_as_the_manifest_says() {
    let base = Base::of(&built(&chain(&FOUR, GATE)), "eu");
    let pod = &base.named("StatefulSet", "a-chain")["spec"]["template"]["spec"];
    assert_eq!(pod["nodeSelector"]["netgen.dev/host"], "h-a");
    assert_eq!(pod["terminationGracePeriodSeconds"], 180);
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["securityContext"]["fsGroup"], 10060);
    let container = &pod["containers"][0];
    assert_eq!(
        container["resources"],
        json!({ "limits": { "memory": "1536Mi" }, "requests": { "cpu": "1500m", "memory": "1536Mi" } })
    );
    assert_eq!(container["readinessProbe"]["exec"]["command"], json!(["red", "status"]));
    // Nothing kills a node that syncs.
    assert!(container["livenessProbe"].is_null() && container["startupProbe"].is_null());
    let gate = &base.named("StatefulSet", "gate")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(gate["livenessProbe"]["tcpSocket"]["port"], gate["startupProbe"]["tcpSocket"]["port"]);
    // What is claimed holds a year: 10 GiB and 52 weeks of one more.
    let claims = &base.named("StatefulSet", "a-chain")["spec"]["volumeClaimTemplates"];
    assert_eq!(claims[0]["spec"]["resources"]["requests"]["storage"], "63Gi");
    assert!(claims[0]["spec"].get("storageClassName").is_none());
    // Racks are zones.
    let zone = &pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(zone["topologyKey"], "topology.kubernetes.io/zone");
}

/// The budget of a cluster: how many may be away of how many, and who never may.
fn budget(files: &BTreeMap<String, String>, region: &str) -> (usize, usize, usize) {
    let base = Base::of(files, region);
    let of = |class: &str| {
        let pods = base.pods();
        pods.iter().filter(|pod| pod["metadata"]["labels"]["netgen.dev/quorum"] == class).count()
    };
    let counted = base.find("PodDisruptionBudget", "quorum-counted");
    let least = counted.map_or(0, |budget| budget["spec"]["minAvailable"].as_u64().unwrap() as usize);
    if let Some(critical) = base.find("PodDisruptionBudget", "quorum-critical") {
        assert_eq!(critical["spec"]["maxUnavailable"], 0);
    }
    (of("counted") - least, of("counted"), of("critical"))
}

#[test]
fn budgets_keep_the_quorum() {
    // Four equal validators can lose one, and only one of the clusters may take it.
    let files = built(&chain(&FOUR, ""));
    assert_eq!((budget(&files, "eu"), budget(&files, "us")), ((1, 3, 0), (0, 1, 0)));
    // One that holds a third can never go; the others together weigh less than a third.
    let unequal = [("a", "eu", 70), ("b", "eu", 15), ("c", "us", 15)];
    let files = built(&chain(&unequal, ""));
    assert_eq!((budget(&files, "eu"), budget(&files, "us")), ((1, 1, 1), (1, 1, 0)));
    // Seven can lose two.
    let seven = ["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, "eu", 1));
    assert_eq!(budget(&built(&chain(&seven, "")), "eu"), (2, 7, 0));
    // Three can lose none.
    let three = ["a", "b", "c"].map(|name| (name, "eu", 1));
    assert_eq!(budget(&built(&chain(&three, "")), "eu"), (0, 0, 3));
    // Restarts of voters are asked for.
    let base = Base::of(&files, "eu");
    assert_eq!(base.named("StatefulSet", "a-chain")["spec"]["updateStrategy"]["type"], "OnDelete");
}

#[test]
fn clusters_are_nobody_elses_work() {
    let files = built(&chain(&FOUR, GATE));
    let of_hosts = ["ansible/", "cloud-init/", "compose/", "config/", "firewall/", "systemd/"];
    for path in files.keys().filter(|path| of_hosts.iter().any(|folder| path.starts_with(folder))) {
        assert!(!path.contains("h-a"), "{path}");
    }
    let inventory = &files["ansible/inventory/hosts.yml"];
    assert!(inventory.contains("beside") && !inventory.contains("h-a"), "{inventory}");
}

#[test]
fn secrets_come_from_the_store() {
    let files = example();
    let base = Base::of(&files, "eu-central");
    let external = base.of_kind("ExternalSecret").collect::<Vec<_>>();
    let used: BTreeSet<String> = base
        .pods()
        .iter()
        .flat_map(|pod| pod["spec"]["volumes"].as_array().cloned().unwrap_or_default())
        .flat_map(|volume| volume["projected"]["sources"].as_array().cloned().unwrap_or_default())
        .map(|source| source["secret"]["name"].as_str().unwrap().to_owned())
        .collect();
    let made: BTreeSet<String> =
        external.iter().map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(made, used);
    for object in external {
        assert_eq!(object["spec"]["target"]["name"], object["metadata"]["name"]);
        assert_eq!(
            object["spec"]["secretStoreRef"],
            json!({ "kind": "ClusterSecretStore", "name": "vault" })
        );
        assert!(object["spec"]["data"][0]["remoteRef"]["key"].is_string());
    }
    let around = base.named("ExternalSecret", "file.signer.database-password");
    let text = around["spec"]["target"]["template"]["data"]["value"].as_str().unwrap();
    assert!(text.contains("{{ .value | toJson }}"), "{text}");
    // Both name the password of the database once, in the store.
    let database = base.named("ExternalSecret", "service.signer-db.password");
    assert_eq!(around["spec"]["data"], database["spec"]["data"]);
}

#[test]
fn jobs_and_lent_volumes_find_each_other() {
    let base = Base::of(&example(), "eu-central");
    let jobs: Vec<&Value> = base.of_kind("Job").collect();
    assert_eq!(jobs.len(), 2);
    let flyway = jobs.iter().find(|job| job.to_string().contains("signer-schema")).unwrap();
    assert!(flyway.to_string().contains("migrations-signer-migrations"), "{flyway}");
    assert!(base.find("PersistentVolumeClaim", "migrations-signer-migrations").is_some());
}

#[test]
fn rules_point_at_the_host() {
    let found = checked(&chain(
        &FOUR,
        "services: { gate: { host: h-a, component: gate, needs: { rpc: a/chain }, ports: { front: 80 } } }",
    ));
    let port = found.diagnostics.iter().find(|d| d.rule.code == "NG0932").unwrap();
    assert!(!port.help.is_empty(), "{port:?}");
    errors(&chain(&FOUR, GATE), &[]);
}
