//! Several files, changes on the command line, variables, and what `show` says about them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Run<'a> {
    folder: &'a Path,
    args: &'a [&'a str],
    environment: &'a [(&'a str, &'a str)],
    stdin: &'a str,
}

fn run(run: &Run<'_>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_netgen"))
        .current_dir(run.folder)
        .env_clear()
        .envs(run.environment.iter().copied())
        .args(run.args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that refuses its arguments does not read; that is no failure of the test.
    let _ = child.stdin.take().unwrap().write_all(run.stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn netgen(folder: &Path, args: &[&str]) -> Output {
    run(&Run { folder, args, environment: &[], stdin: "" })
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The output of a command that must succeed.
fn good(folder: &Path, args: &[&str]) -> String {
    let done = netgen(folder, args);
    assert_eq!(code(&done), 0, "{args:?}: {}", stderr(&done));
    stdout(&done)
}

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Every file below a folder, by relative path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

const ONE: &str = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  a: { address: 203.0.113.10, ssh: { user: ubuntu } }
stacks:
  node:
    execution: { component: geth, settings: { max-peers: 60 } }
    beacon:
      component: lighthouse-beacon
      settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc }
nodes:
  n: { host: a, role: rpc, stack: node }
";

/// The same network, spread over everything that there is.
const PARTS: &[(&str, &str)] = &[
    (
        "network.yaml",
        "# é☃
include: [parts/stacks.json, parts/hosts.toml]
netgen: 1
network: { name: demo, chain: hoodi, environment: \"${environment}\" }
variables:
  environment: { type: string, default: production }
  peers: { type: integer, default: 40 }
nodes:
  n: { host: b, role: rpc, stack: node }
  gone: { host: a, role: rpc, stack: node }
",
    ),
    (
        "parts/hosts.toml",
        "include = \"low.yaml\"\n[hosts.a]\naddress = \"203.0.113.10\"\n[hosts.a.ssh]\nuser = \"root\"\n",
    ),
    ("parts/low.yaml", "hosts: { a: { address: 192.0.2.1 } }\n"),
    (
        "parts/stacks.json",
        r#"{ "stacks": { "node": {
            "execution": { "component": "geth", "settings": { "max-peers": "${peers}" } },
            "beacon": { "component": "lighthouse-beacon" } } } }"#,
    ),
    (
        "prod.yaml",
        "nodes: { gone: null }
hosts: { a: { ssh: { user: ubuntu } } }
stacks: { node: { beacon: { settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc } } } }
",
    ),
];

const CHANGES: &[&str] = &[
    "-f",
    "network.yaml",
    "--file",
    "prod.yaml",
    "--set",
    "nodes.n.host=a",
    "--var",
    "peers=60",
    "--var",
    "environment=testnet",
];

#[test]
fn one_network_gives_one_bundle_however_it_is_written() {
    let one = folder(&[("network.yaml", ONE)]);
    let many = folder(PARTS);
    good(one.path(), &["build", "--allow-unlocked"]);
    let first = files(&one.path().join("bundle"));
    assert!(first.len() > 20);
    good(many.path(), &[&["build", "--allow-unlocked"], CHANGES].concat());
    assert!(first == files(&many.path().join("bundle")), "several files give another bundle");
    // Standard input, in another format, sniffed.
    let json: serde_json::Value = serde_yaml::from_str(ONE).unwrap();
    for text in [ONE.to_owned(), json.to_string()] {
        let empty = folder(&[]);
        let args = ["build", "--allow-unlocked", "-"];
        let done = run(&Run { folder: empty.path(), args: &args, environment: &[], stdin: &text });
        assert_eq!(code(&done), 0, "{}", stderr(&done));
        assert!(first == files(&empty.path().join("bundle")), "standard input gives another bundle");
    }
    // The model is one, too.
    let resolved = good(one.path(), &["show", "--resolved"]);
    assert_eq!(resolved, good(many.path(), &[&["show", "--resolved"], CHANGES].concat()));
    assert!(resolved.contains("max-peers: 60"));
}

#[test]
fn the_environment_gives_values_and_the_command_line_wins() {
    let many = folder(PARTS);
    let peers = |environment: &[(&str, &str)], args: &[&str]| {
        let args = [
            &[
                "show",
                "--why",
                "services.n-execution.settings.max-peers",
                "-f",
                "network.yaml",
                "-f",
                "prod.yaml",
                "--set",
                "nodes.n.host=a",
            ],
            args,
        ]
        .concat();
        let done = run(&Run { folder: many.path(), args: &args, environment, stdin: "" });
        assert_eq!(code(&done), 0, "{}", stderr(&done));
        stdout(&done)
    };
    assert_eq!(
        peers(&[], &[]),
        "services.n-execution.settings.max-peers = 40
  parts/stacks.json:2:76: written here: `\"${peers}\"`
  network.yaml:7:36: variable `peers`, its default
  network.yaml:2:11: `parts/stacks.json` is included here
"
    );
    let given = peers(&[("NETGEN_VAR_PEERS", "7")], &[]);
    assert!(given.starts_with("services.n-execution.settings.max-peers = 7\n"), "{given}");
    assert!(given.contains("given by `NETGEN_VAR_PEERS` in the environment"), "{given}");
    assert!(peers(&[("NETGEN_VAR_PEERS", "7")], &["--var", "peers=8"]).contains(" = 8\n"));
    assert!(peers(&[], &["--set", "variables.peers.default=9"]).contains(" = 9\n"));
}

#[test]
fn findings_point_into_the_file_that_is_wrong() {
    let wrong = folder(&[("network.yaml", ONE), ("prod.toml", "# é☃\n[hosts.a]\nregoin = \"eu\"\n")]);
    let args =
        ["check", "network.yaml", "-f", "prod.toml", "--set", "nodes.n.stack=nöde", "--format", "json"];
    let done = netgen(wrong.path(), &args);
    assert_eq!(code(&done), 1);
    let report: serde_json::Value = serde_json::from_str(&stdout(&done)).unwrap();
    let found: Vec<String> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["severity"] == "error")
        .map(|d| {
            let label = &d["labels"][0];
            let (start, file) = (&label["start"], label["file"].as_str().unwrap());
            format!("{} {file}:{}:{}", d["code"].as_str().unwrap(), start["line"], start["column"])
        })
        .collect();
    assert_eq!(found, ["NG0103 prod.toml:3:1", "NG0201 --set nodes.n.stack:1:15"]);
}

#[test]
fn findings_about_a_variable_show_its_value_too() {
    let wrong = folder(&[(
        "network.yaml",
        "netgen: 1\nnetwork: { name: demo, chain: hoodi }\nvariables: { address: { type: string } }\nhosts: { a: { address: \"${address}\" } }\n",
    )]);
    let done = netgen(wrong.path(), &["check", "--var", "address=not an address"]);
    let text = stderr(&done);
    assert!(text.contains("`not an address` is neither"), "{text}");
    assert!(text.contains("the value of `address`") && text.contains("--var address"), "{text}");
    // One mistake is one finding: nothing that only follows from it is told.
    let done = netgen(wrong.path(), &["check"]);
    let text = stderr(&done);
    assert_eq!(text.matches("error NG").count(), 1, "{text}");
    assert!(text.contains("NETGEN_VAR_ADDRESS"), "{text}");
}

#[cfg(unix)]
#[test]
fn links_lead_neither_out_nor_round() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("secret.yaml", "password: hunter2\n")]);
    let one = |text: &str| {
        let inside = folder(&[("net/network.yaml", text), ("net/sub/deep.yaml", "regions: { eu: {} }\n")]);
        let net = inside.path().join("net");
        symlink(outside.path().join("secret.yaml"), net.join("out.yaml")).unwrap();
        symlink("round.yaml", net.join("round.yaml")).unwrap();
        symlink("network.yaml", net.join("self.yaml")).unwrap();
        symlink(".", net.join("here")).unwrap();
        symlink(outside.path(), net.join("away")).unwrap();
        symlink("sub/deep.yaml", net.join("good.yaml")).unwrap();
        let done = netgen(&net, &["check", "--format", "json"]);
        let text = stdout(&done);
        // Neither what stands in other files nor their names.
        assert!(!text.contains("hunter2") && !text.contains("secret.yaml"), "{text}");
        assert_eq!(stderr(&done), "");
        let report: serde_json::Value = serde_json::from_str(&text).unwrap();
        report["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|d| d["severity"] == "error")
            .map(|d| d["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let head = "netgen: 1\nnetwork: { name: demo, chain: hoodi, environment: development }\nhosts: { a: { address: 203.0.113.10, region: eu } }\n";
    let with =
        |include: &str| -> Vec<String> { one(&format!("{head}include: [sub/deep.yaml, {include}]\n")) };
    assert_eq!(with("out.yaml"), ["NG0004"]);
    assert_eq!(with("away/secre.yaml"), ["NG0004"]);
    assert_eq!(with("away/missing/x.yaml"), ["NG0002"]);
    assert_eq!(with("round.yaml"), ["NG0001"]);
    assert_eq!(with("missing.yaml"), ["NG0002"]);
    assert_eq!(with("self.yaml"), ["NG0003"]);
    assert_eq!(with("here/here/network.yaml"), ["NG0003"]);
    assert_eq!(with("sub"), ["NG0001"]);
    assert_eq!(with("good.yaml"), [""; 0]);
}

#[test]
fn the_lock_stands_beside_the_first_manifest() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/minimal");
    let manifest = fs::read_to_string(example.join("network.yaml")).unwrap();
    let lock = fs::read_to_string(example.join("netgen.lock")).unwrap();
    let project = folder(&[
        ("net/network.yaml", &manifest),
        ("net/netgen.lock", &lock),
        ("over/prod.yaml", "hosts: { node-1: { ssh: { port: 2222 } } }\n"),
    ]);
    let args = ["build", "-f", "net/network.yaml", "-f", "over/prod.yaml"];
    good(project.path(), &args);
    // From standard input it stands in the working folder.
    let other = folder(&[("netgen.lock", &lock)]);
    let args = ["build", "-"];
    let done = run(&Run { folder: other.path(), args: &args, environment: &[], stdin: &manifest });
    assert_eq!(code(&done), 0, "{}", stderr(&done));
    let empty = folder(&[]);
    let done = run(&Run { folder: empty.path(), args: &args, environment: &[], stdin: &manifest });
    assert_eq!(code(&done), 4);
    let lock_path = other.path().join("netgen.lock");
    let args = ["build", "-", "--lock", lock_path.to_str().unwrap()];
    let done = run(&Run { folder: empty.path(), args: &args, environment: &[], stdin: &manifest });
    assert_eq!(code(&done), 0, "{}", stderr(&done));
}

#[test]
fn which_manifest_is_meant() {
    let project = folder(&[("network.yaml", ONE), ("other.yaml", &ONE.replace("name: demo", "name: other"))]);
    let name = |args: &[&str], environment: &[(&str, &str)]| {
        let args = [&["show", "--why", "network.name"], args].concat();
        let done = run(&Run { folder: project.path(), args: &args, environment, stdin: "" });
        assert_eq!(code(&done), 0, "{}", stderr(&done));
        stdout(&done).lines().next().unwrap().to_owned()
    };
    assert_eq!(name(&[], &[]), "network.name = demo");
    assert_eq!(name(&["other.yaml"], &[]), "network.name = other");
    assert_eq!(name(&[], &[("NETGEN_MANIFEST", "other.yaml")]), "network.name = other");
    assert_eq!(name(&["-f", "network.yaml"], &[("NETGEN_MANIFEST", "other.yaml")]), "network.name = demo");
    assert_eq!(name(&["--set", "network.name=third"], &[]), "network.name = third");
    let twice = netgen(project.path(), &["check", "-", "-f", "-"]);
    assert_eq!(code(&twice), 2);
    assert!(stderr(&twice).contains("once"));
    // A file without a known ending needs to be told.
    fs::write(project.path().join("manifest"), ONE).unwrap();
    assert_eq!(code(&netgen(project.path(), &["check", "manifest"])), 5);
    assert_eq!(name(&["manifest", "--input-format", "yaml"], &[]), "network.name = demo");
}

#[test]
fn show_prints_the_model_and_its_origins() {
    let project = folder(&[("network.yaml", ONE)]);
    let yaml = good(project.path(), &["show", "--resolved"]);
    let json = good(project.path(), &["show", "--resolved", "--json"]);
    let by_other_reader: serde_json::Value = serde_yaml::from_str(&yaml).unwrap();
    let model: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(by_other_reader, model);
    assert_eq!(model["hosts"]["a"]["ssh"]["port"], 22);
    assert_eq!(model["services"]["n-beacon"]["uses"]["engine-api"][0]["service"], "n-execution");
    // Every line of the one is answered by the other.
    let why = good(project.path(), &["show", "--why", "services.n-beacon.uses", "--json"]);
    let answers: serde_json::Value = serde_json::from_str(&why).unwrap();
    assert_eq!(answers[0]["path"], "services.n-beacon.uses.engine-api.0.service");
    assert_eq!(answers[0]["steps"][0]["kind"], "rule");
    assert_eq!(answers[0]["steps"][0]["text"], "by rule: the same node provides it");
    let port = good(project.path(), &["show", "--why", "services.n-execution.interfaces.p2p.port"]);
    assert_eq!(
        port,
        "services.n-execution.interfaces.p2p.port = 30303\n  from the catalog: `provides.p2p.port` of component `geth`\n"
    );
    let label = folder(&[("network.yaml", &ONE.replace("ssh:", "labels: { a.b: c }, ssh:"))]);
    assert!(good(label.path(), &["show", "--why", "hosts.a.labels.\"a.b\""]).contains("= c\n"));
}

#[test]
fn a_path_that_is_not_there_is_a_usage_error() {
    let project = folder(&[("network.yaml", ONE)]);
    for (path, hint) in [
        ("hosst", "did you mean `hosts`?"),
        ("hosts.a.adress", "there is no `adress` in `hosts.a`; did you mean `address`?"),
        ("stacks.node.excution", "did you mean `execution`?"),
        ("hosts..a", "no path"),
        ("hosts.a=1", "no path"),
        ("network.name.x", "the path ends there"),
    ] {
        let done = netgen(project.path(), &["show", "--why", path]);
        assert_eq!(code(&done), 2, "{path}");
        assert!(stderr(&done).contains(hint), "{path}: {}", stderr(&done));
    }
    assert_eq!(code(&netgen(project.path(), &["show", "--json"])), 2);
    assert_eq!(code(&netgen(project.path(), &["show", "--why", "hosts", "--resolved"])), 2);
}

/// What the README shows is what happens.
#[test]
fn the_example_of_the_readme_is_true() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, section) = readme.split_once("## Several files and variables\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks: Vec<(&str, &str)> =
        section.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap()).collect();
    let files: Vec<(&str, &str)> = blocks
        .iter()
        .filter(|(syntax, _)| *syntax == "yaml")
        .map(|(_, text)| (text.lines().next().unwrap().strip_prefix("# ").unwrap(), *text))
        .collect();
    assert_eq!(files.len(), 3);
    let project = folder(&files);
    let of = |wanted: &str| blocks.iter().find(|(syntax, _)| *syntax == wanted).unwrap().1;
    let command: Vec<&str> = of("sh").trim().split(' ').skip(1).chain(["--allow-unlocked"]).collect();
    good(project.path(), &command);
    let mut shown = 0;
    for session in of("text").split("$ netgen ").skip(1) {
        let (command, expected) = session.split_once('\n').unwrap();
        assert_eq!(good(project.path(), &command.split(' ').collect::<Vec<_>>()), expected, "{command}");
        shown += 1;
    }
    assert_eq!(shown, 3);
}
