//! The action, step by step as a runner takes it, with a stand-in for the one program that would talk to GitHub.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{all_there, git, path_with, said};
use super::{edit, network, root, stand_in, yaml};

/// A runner with a repository: what the steps have written, and what they have said.
struct Runner {
    home: tempfile::TempDir,
    folder: PathBuf,
    inputs: BTreeMap<String, String>,
    outputs: BTreeMap<String, String>,
    base: String,
}

impl Runner {
    fn new(inputs: &[(&str, &str)]) -> Self {
        let (home, folder) = network();
        for name in ["bin", "temp"] {
            fs::create_dir(home.path().join(name)).unwrap();
        }
        // It answers as the service does, and keeps what it is sent. The filter is applied for real.
        let gh = r#"
printf '%s\n' "$*" >>"${HOME}/gh.log"
[[ -n ${GH_TOKEN} ]]
for word in "$@"; do
  case ${word} in
    body=@*) cp -- "${word#body=@}" "${HOME}/comment.md" ;;
  esac
done
if [[ $* == *--paginate* ]]; then
  while [[ $1 != --jq ]]; do shift; done
  jq --raw-output "$2" "${HOME}/comments.json"
fi
"#;
        stand_in(&home.path().join("bin"), "gh", gh);
        fs::write(home.path().join("comments.json"), "[]").unwrap();
        let mut given = BTreeMap::new();
        let action = yaml(".github/actions/netgen/action.yml");
        for (name, input) in action["inputs"].as_mapping().unwrap() {
            given.insert(name.as_str().unwrap().to_owned(), input["default"].as_str().unwrap().to_owned());
        }
        for (name, value) in inputs {
            assert!(given.insert((*name).to_owned(), (*value).to_owned()).is_some(), "no input {name}");
        }
        let base = git(&folder, &["rev-parse", "HEAD"]);
        Self { home, folder, inputs: given, outputs: BTreeMap::new(), base }
    }

    /// The value of an expression: what stands between `${{` and `}}`.
    fn value(&self, expression: &str) -> String {
        if let Some(input) = expression.strip_prefix("inputs.") {
            return self.inputs[input].replace("${{ github.token }}", "the token");
        }
        if let Some(output) = expression.strip_prefix("steps.") {
            return self.outputs.get(&output.replace(".outputs.", ".")).cloned().unwrap_or_default();
        }
        match expression {
            "github.event.pull_request.base.sha" => self.base.clone(),
            "github.event.pull_request.number" => "7".to_owned(),
            "github.event_name" => "pull_request".to_owned(),
            _ => panic!("no value for {expression}"),
        }
    }

    fn holds(&self, condition: &str) -> bool {
        condition.split(" && ").all(|part| {
            let (left, right, equal) = match part.split_once(" == ") {
                Some((left, right)) => (left, right, true),
                None => part.split_once(" != ").map(|(left, right)| (left, right, false)).unwrap(),
            };
            (self.value(left) == right.trim_matches('\'')) == equal
        })
    }

    /// Takes every step with a script; gives whether the job is well, and what was said.
    fn run(&mut self) -> (bool, String) {
        let action = yaml(".github/actions/netgen/action.yml");
        let mut all = String::new();
        self.outputs.clear();
        for step in action["runs"]["steps"].as_sequence().unwrap() {
            let condition = step.get("if").and_then(|condition| condition.as_str());
            let Some(script) = step.get("run").and_then(|script| script.as_str()) else { continue };
            if condition.is_some_and(|condition| !self.holds(condition)) {
                continue;
            }
            let output = self.home.path().join("output");
            fs::write(&output, "").unwrap();
            let mut command = Command::new("bash");
            command
                .current_dir(&self.folder)
                .env_clear()
                .env("PATH", path_with(&self.home.path().join("bin")))
                .env("HOME", self.home.path())
                .env("RUNNER_TEMP", self.home.path().join("temp"))
                .env("GITHUB_ACTION_PATH", root().join(".github/actions/netgen"))
                .env("GITHUB_OUTPUT", &output)
                .env("GITHUB_PATH", self.home.path().join("path"))
                .env("GITHUB_STEP_SUMMARY", self.home.path().join("summary.md"))
                .env("GITHUB_REPOSITORY", "somebody/network")
                .env("GITHUB_SERVER_URL", "https://github.com")
                .env("GITHUB_RUN_ID", "1");
            for (name, value) in step.get("env").and_then(|env| env.as_mapping()).into_iter().flatten() {
                let value = value.as_str().unwrap();
                let expression =
                    value.strip_prefix("${{ ").and_then(|value| value.strip_suffix(" }}")).unwrap();
                command.env(name.as_str().unwrap(), self.value(expression));
            }
            // As the runner does for `shell: bash`.
            let done =
                command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).output().unwrap();
            all.push_str(&said(&done));
            if let Some(id) = step.get("id").and_then(|id| id.as_str()) {
                for line in fs::read_to_string(&output).unwrap().lines() {
                    let (name, value) = line.split_once('=').unwrap();
                    self.outputs.insert(format!("{id}.{name}"), value.to_owned());
                }
            }
            if !done.status.success() {
                return (false, all);
            }
        }
        (true, all)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }

    fn edit(&self, from: &str, to: &str) {
        edit(&self.folder.join("network.yaml"), from, to);
    }

    fn build(&self) {
        let mut netgen = Command::new(env!("CARGO_BIN_EXE_netgen"));
        let built = netgen.current_dir(&self.folder).env_clear().arg("build").output().unwrap();
        assert!(built.status.success(), "{}", said(&built));
    }
}

fn tools() -> bool {
    all_there(&["bash", "git", "jq"])
}

#[test]
fn a_change_is_commented_once_and_the_comment_kept_up_to_date() {
    if !tools() {
        return;
    }
    let mut runner = Runner::new(&[("bundle", "bundle")]);
    runner.edit("203.0.113.10", "203.0.113.11");
    runner.build();
    let (well, all) = runner.run();
    assert!(well, "{all}");
    let comment = runner.text("comment.md");
    assert!(comment.starts_with("<!-- netgen diff: ./network.yaml -->\n"), "{comment}");
    assert!(comment.contains("hoodi-node") && comment.contains("203.0.113.11"), "{comment}");
    assert!(runner.text("summary.md").contains("hoodi-node"));
    assert!(runner.text("gh.log").contains("--method POST repos/somebody/network/issues/7/comments"));
    // The findings for code scanning.
    let log: serde_json::Value = serde_json::from_str(&runner.text("temp/netgen.sarif")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    // The next push: a person has quoted the mark, a bot has written it.
    let mark = "<!-- netgen diff: ./network.yaml -->\nold";
    let comments = serde_json::json!([
        { "id": 1, "user": { "type": "User" }, "body": mark },
        { "id": 2, "user": { "type": "Bot" }, "body": "something else" },
        { "id": 3, "user": { "type": "Bot" }, "body": mark },
    ]);
    fs::write(runner.home.path().join("comments.json"), comments.to_string()).unwrap();
    let (well, all) = runner.run();
    assert!(well, "{all}");
    assert!(runner.text("gh.log").contains("--method PATCH repos/somebody/network/issues/comments/3"));
}

#[test]
fn a_mistake_is_told_at_its_line_and_fails_the_job() {
    if !tools() {
        return;
    }
    let mut runner = Runner::new(&[]);
    runner.edit("chain: hoodi", "chain: hodi");
    let (well, all) = runner.run();
    assert!(!well, "{all}");
    assert!(all.contains("::error file=network.yaml,line="), "{all}");
    assert!(all.contains("::error title=netgen::check: exit code 1"), "{all}");
    assert!(runner.text("temp/netgen.sarif").contains("NG0201"));
}

#[test]
fn a_stale_bundle_fails_the_job_and_its_lines_are_no_commands() {
    if !tools() {
        return;
    }
    let mut runner = Runner::new(&[("bundle", "bundle")]);
    fs::write(runner.folder.join("bundle/Makefile"), "::error::mine\n").unwrap();
    let (well, all) = runner.run();
    assert!(!well && all.contains("edited by hand"), "{all}");
    let stop = all.find("::stop-commands::").unwrap();
    let word = all[stop + "::stop-commands::".len()..].lines().next().unwrap().to_owned();
    let again = all.find(&format!("::{word}::")).unwrap();
    let mine = all.find("::error::mine").unwrap();
    assert!(stop < mine && mine < again, "{all}");
}

#[test]
fn what_must_not_happen_fails_the_job() {
    if !tools() {
        return;
    }
    let mut runner = Runner::new(&[("fail-on", "restart")]);
    runner.edit("203.0.113.10", "203.0.113.11");
    let (well, all) = runner.run();
    assert!(!well && all.contains("::error title=netgen::diff: exit code 1"), "{all}");
    assert!(runner.text("comment.md").contains("203.0.113.11"), "the comment is there all the same");
}

#[test]
fn names_are_never_code() {
    if !tools() {
        return;
    }
    let name = "$(touch pwned) `touch pwned`; touch pwned.yaml";
    let mut runner = Runner::new(&[("manifest", name), ("overlays", "--help\n$(touch pwned)")]);
    let (well, _) = runner.run();
    assert!(!well);
    for folder in
        [runner.folder.as_path(), runner.home.path(), root(), &root().join(".github/actions/netgen")]
    {
        assert!(!Path::new(folder).join("pwned").exists());
    }
}

#[test]
fn a_new_network_has_nothing_to_compare_with() {
    if !tools() {
        return;
    }
    let mut runner = Runner::new(&[("manifest", "new.yaml")]);
    fs::copy(runner.folder.join("network.yaml"), runner.folder.join("new.yaml")).unwrap();
    let (well, all) = runner.run();
    assert!(well, "{all}");
    assert!(runner.text("summary.md").contains("new.yaml is new") && runner.text("gh.log").is_empty());
}

#[test]
fn a_comment_has_an_end() {
    if !tools() {
        return;
    }
    let runner = Runner::new(&[]);
    let diff = runner.home.path().join("long.md");
    fs::write(&diff, format!("### short\n\n<details>\n{}\n</details>\n", "a line\n".repeat(20_000))).unwrap();
    let done = Command::new(root().join(".github/actions/netgen/review"))
        .arg("comment")
        .env_clear()
        .env("PATH", path_with(&runner.home.path().join("bin")))
        .env("HOME", runner.home.path())
        .envs([
            ("NETGEN_FOLDER", "."),
            ("NETGEN_MANIFEST", "network.yaml"),
            ("NUMBER", "7"),
            ("GH_TOKEN", "t"),
        ])
        .envs([
            ("GITHUB_REPOSITORY", "a/b"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_RUN_ID", "42"),
        ])
        .env("RUNNER_TEMP", runner.home.path())
        .env("DIFF", &diff)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", said(&done));
    let comment = runner.text("comment.md");
    assert!(comment.len() < 60_000 && comment.contains("### short"), "{comment}");
    assert!(comment.contains("https://github.com/a/b/actions/runs/42"), "{comment}");
}

#[test]
fn netgen_is_built_from_the_sources_of_the_action() {
    if !tools() {
        return;
    }
    let (home, _) = network();
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let log = |name: &str| format!("printf '{name} %s\\n' \"$*\" >>\"${{HOME}}/log\"\n");
    for name in ["rustup", "cargo"] {
        stand_in(&bin, name, &log(name));
    }
    let step = |name: &str| {
        let done = Command::new("/bin/bash")
            .arg(root().join(".github/actions/netgen/review"))
            .arg(name)
            .env_clear()
            // No netgen there.
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("HOME", home.path())
            .env("RUNNER_TEMP", home.path())
            .env("GITHUB_ACTION_PATH", root().join(".github/actions/netgen"))
            .env("GITHUB_OUTPUT", home.path().join("output"))
            .env("GITHUB_PATH", home.path().join("path"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", said(&done));
    };
    step("find");
    let key = fs::read_to_string(home.path().join("output")).unwrap();
    assert_eq!(key.trim().len(), "key=".len() + 64, "{key}");
    step("install");
    let log = fs::read_to_string(home.path().join("log")).unwrap();
    assert!(log.contains("rustup toolchain install 1.95"), "{log}");
    assert!(log.contains(&format!("cargo +1.95 install --locked --path {}", root().display())), "{log}");
    assert!(fs::read_to_string(home.path().join("path")).unwrap().ends_with("/netgen/bin\n"));
}
