//! The scripts of the jobs for GitLab, run as a runner runs them, with a stand-in for what would talk to GitLab.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::tools::{all_there, git, path_with, said};
use super::{edit, network, stand_in, yaml};

struct Runner {
    home: tempfile::TempDir,
    folder: PathBuf,
    base: String,
}

impl Runner {
    fn new() -> Self {
        let (home, folder) = network();
        let base = git(&folder, &["rev-parse", "HEAD"]);
        fs::create_dir(home.path().join("bin")).unwrap();
        let curl = r#"
printf '%s\n' "$*" >>"${HOME}/curl.log"
# Where the token is: not on the command line.
for ((at = 1; at < $#; at++)); do
  next=$((at + 1))
  case ${!at} in
    --config) grep -q 'PRIVATE-TOKEN: the-token' "${!next}" ;;
    --data) cp -- "${!next#@}" "${HOME}/note.json" ;;
  esac
done
[[ $* == *--request* ]] || cat "${HOME}/notes.json"
"#;
        stand_in(&home.path().join("bin"), "curl", curl);
        fs::write(home.path().join("notes.json"), "[]").unwrap();
        Self { home, folder, base }
    }

    fn run(&self, job: &str, part: &str, more: &[(&str, &str)]) -> (bool, String) {
        let jobs = yaml(".gitlab/netgen.yml");
        let lines = |value: &serde_yaml::Value| -> Vec<String> {
            value.as_sequence().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
        };
        let mut script = if part == "script" { lines(&jobs[".netgen"]["before_script"]) } else { Vec::new() };
        script.extend(lines(&jobs[job][part]));
        let mut command = Command::new("sh");
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", path_with(&self.home.path().join("bin")))
            .env("HOME", self.home.path())
            .env("CI_PROJECT_DIR", &self.folder)
            .env("CI_API_V4_URL", "https://gitlab.example.net/api/v4")
            .envs([("CI_PROJECT_ID", "5"), ("CI_MERGE_REQUEST_IID", "7")])
            .env("CI_MERGE_REQUEST_DIFF_BASE_SHA", &self.base);
        for (name, value) in jobs["variables"].as_mapping().unwrap() {
            command.env(name.as_str().unwrap(), value.as_str().unwrap());
        }
        let done =
            command.envs(more.iter().copied()).args(["-e", "-c", &script.join("\n")]).output().unwrap();
        (done.status.success(), said(&done))
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }
}

#[test]
fn findings_become_a_code_quality_report() {
    let runner = Runner::new();
    edit(&runner.folder.join("network.yaml"), "chain: hoodi", "chain: hodi");
    let (well, all) = runner.run("netgen-check", "script", &[]);
    assert!(!well && all.contains("NG0201"), "{all}");
    runner.run("netgen-check", "after_script", &[]);
    let report = fs::read_to_string(runner.folder.join("netgen-quality.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report[0]["location"]["path"], "network.yaml");
    assert_eq!(report[0]["severity"], "critical");
}

#[test]
fn the_bundle_or_else_the_lock_is_compared() {
    let runner = Runner::new();
    let bundle = [("NETGEN_BUNDLE", "bundle")];
    for more in [&[][..], &bundle] {
        let (well, all) = runner.run("netgen-bundle", "script", more);
        assert!(well, "{all}");
    }
    edit(&runner.folder.join("network.yaml"), "203.0.113.10", "203.0.113.11");
    let (well, all) = runner.run("netgen-bundle", "script", &bundle);
    assert!(!well && all.contains("`netgen build --out bundle` writes it anew"), "{all}");
}

#[test]
fn a_merge_request_has_one_note() {
    if !all_there(&["git", "jq"]) {
        return;
    }
    let runner = Runner::new();
    edit(&runner.folder.join("network.yaml"), "203.0.113.10", "203.0.113.11");
    let (well, all) = runner.run("netgen-diff", "script", &[]);
    assert!(well && all.contains("artifact only") && runner.text("curl.log").is_empty(), "{all}");
    let token = [("NETGEN_NOTE_TOKEN", "the-token")];
    let (well, all) = runner.run("netgen-diff", "script", &token);
    assert!(well, "{all}");
    assert!(runner.text("curl.log").contains("--request POST"), "{}", runner.text("curl.log"));
    let note: serde_json::Value = serde_json::from_str(&runner.text("note.json")).unwrap();
    let body = note["body"].as_str().unwrap();
    assert!(
        body.starts_with("<!-- netgen diff: ./network.yaml -->\n") && body.contains("203.0.113.11"),
        "{body}"
    );
    // The next push finds it.
    let notes = serde_json::json!([{ "id": 1, "body": "hello" }, { "id": 2, "body": body }]);
    fs::write(runner.home.path().join("notes.json"), notes.to_string()).unwrap();
    let (well, all) = runner.run("netgen-diff", "script", &token);
    assert!(well, "{all}");
    let log = runner.text("curl.log");
    assert!(log.contains("--request PUT") && log.contains("/merge_requests/7/notes/2"), "{log}");
    assert!(!log.contains("the-token"), "no list of processes shows it: {log}");
}

#[test]
fn a_new_network_has_nothing_to_compare_with() {
    if !all_there(&["git"]) {
        return;
    }
    let runner = Runner::new();
    fs::copy(runner.folder.join("network.yaml"), runner.folder.join("new.yaml")).unwrap();
    let (well, all) = runner.run("netgen-diff", "script", &[("NETGEN_MANIFEST", "new.yaml")]);
    assert!(well && all.contains("new.yaml is new"), "{all}");
}
