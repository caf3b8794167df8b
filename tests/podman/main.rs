//! A Compose project truly started: podman takes the part of Docker behind its socket, and Docker
//! Compose speaks to it with the words that stand in the unit of the host. The images hold a shell
//! alone, come from a registry beside it, and are pulled by the digests of the lock.
//!
//! It needs root and what `.ci/install-readers` installs. Where that is missing it is left out and
//! says so; with `NETGEN_REQUIRE_TOOLS=1` it fails.

// It waits for real programs, and says how long each step took.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod host;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Completion, Trial};

use host::{Host, Tools};

fn main() -> ExitCode {
    let required = std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    let trial = Trial::ignorable_test("a_compose_project_runs", move || match Tools::find() {
        Ok(tools) => {
            a_compose_project_runs(&tools);
            Ok(Completion::Completed)
        }
        Err(missing) if required => Err(missing.into()),
        Err(missing) => Ok(Completion::ignored_with(format!("left out: {missing}"))),
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

/// One life of a host; each step stands on the one before it.
fn a_compose_project_runs(tools: &Tools) {
    let host = Host::start(tools);
    step("build and install", || host.install());
    step("it starts, in the order of its needs", || {
        host.unit("ExecStartPre").well();
        host.unit("ExecStart").well();
        let job = host.inspect("job", "{{.State.Status}} {{.State.ExitCode}}");
        assert_eq!(job, "exited 0");
        assert_eq!(host.state_of("job", "data/migrated"), "ended");
        // Compose has waited for the health of the first before it started the second.
        assert_eq!(host.inspect("first", "{{.State.Health.Status}}"), "healthy");
        assert_eq!(host.inspect("second", "{{.State.Status}}"), "running");
        let at = |name: &str| host.inspect(name, "{{.State.StartedAt.UnixNano}}").parse::<u64>().unwrap();
        assert!(at("job") < at("first") && at("first") + 500_000_000 < at("second"));
    });
    step("ports answer, as far as the manifest publishes them", || {
        let facts = host.answer("127.0.0.1:8545/facts");
        assert!(facts.contains("uid=10077\n"), "{facts}");
        // What nobody on the host asks for is not published; inside the network it answers.
        assert!(!host.run(&["curl", "-sf", "-m", "3", "http://127.0.0.1:8546/facts"]).good);
        let inside = host.exec("first", &["wget", "-q", "-O", "-", "http://second:8546/facts"]);
        assert!(inside.said.contains("uid=10078\n"), "{}", inside.all);
    });
    step("each has what it needs and no more", || {
        let facts = host.answer("127.0.0.1:8545/facts");
        for fact in
            ["key=440", "root=read-only", "tmp=writable", "no_new_privs=1", "capabilities=0000000000000000"]
        {
            assert!(facts.contains(&format!("{fact}\n")), "{fact}: {facts}");
        }
        // The group that may read secrets is what lets it in; without it, the same user stays outside.
        assert!(host.exec("first", &["cat", "/run/secrets/key"]).good);
        assert!(host.reads_secret("10077:10077", "10900"));
        assert!(!host.reads_secret("10077:10077", "10901"));
        assert!(!host.run_as("10099", &["cat", &host.secret()]).good);
        assert_eq!(
            host.inspect("first", "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}"),
            "67108864 8192"
        );
        assert_eq!(host.inspect("first", "{{.HostConfig.ReadonlyRootfs}}"), "true");
    });
    step("a second start finds nothing to change, and a secret stays out of sight", || {
        // Compose goes by its digest of the service and by the image. (Podman tells it the name of a
        // network where Docker tells the id, so that here it makes the containers anew all the same.)
        let labels = ["config-hash", "image"]
            .map(|name| format!("{{{{index .Config.Labels \"com.docker.compose.{name}\"}}}}"));
        let known = || ["first", "second"].map(|name| labels.clone().map(|label| host.inspect(name, &label)));
        let before = known();
        host.unit("ExecReload").well();
        assert_eq!(before, known());
        assert!(before.iter().flatten().all(|label| label.len() >= 64), "{before:?}");
        assert_eq!(host.inspect("first", "{{.State.Health.Status}}"), "healthy");
        assert!(!host.inspect("first", "{{json .}}").contains(host::NODE_KEY));
    });
    step("a container that dies is started again", || {
        let died = host.inspect("second", "{{.State.Pid}}");
        host.run(&["kill", "-KILL", &died]).well();
        wait(|| {
            host.inspect("second", "{{.State.Status}}") == "running"
                && host.inspect("second", "{{.State.Pid}}") != died
        });
    });
    step("only images that nobody names or uses are removed", || host.prunes());
    step("a stop gives each its time", || {
        let begun = Instant::now();
        host.unit("ExecStop").well();
        assert_eq!(host.state_of("first", "data/ended"), "ended");
        assert_eq!(host.state_of("second", "data/ended"), "ended");
        assert_eq!(host.inspect("first", "{{.State.Status}} {{.State.ExitCode}}"), "exited 0");
        // The second depends on the first: they end one after the other, four seconds each.
        let took = begun.elapsed().as_secs();
        assert!(took >= 8, "{took} s");
    });
}

/// Says what is done and how long it took.
fn step(name: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    eprintln!("{name}: {:.0} s", start.elapsed().as_secs_f32());
}

/// Waits until something holds, for a minute at most.
fn wait(holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "it does not come about");
        thread::sleep(Duration::from_millis(500));
    }
}
