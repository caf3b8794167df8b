//! Components and chains of a stranger, in the folders beside the manifest: they read nothing else, end
//! soon, take little memory, and what is wrong is shown in their files.

use super::*;

const HOST: &str = "hosts: { a: { address: 203.0.113.10 } }\n";

/// A folder with a network that uses one component of its own.
struct Stage(tempfile::TempDir);

impl Stage {
    fn new(component: &str) -> Self {
        let stage = Self(tempfile::tempdir().unwrap());
        let services = "services: { relay: { component: own, host: a } }\n";
        stage.file("network/network.yaml", &format!("{HEAD}{HOST}{services}"));
        let head = "component: own\nsummary: Of a stranger\nkind: other\nversion: { tested: 1.0.0 }\n\
                    image: ghcr.io/acme/own\nuser: \"1:1\"\nsources: [ here ]\n";
        stage.file("network/components/own/component.yaml", &format!("{head}{component}"));
        stage
    }

    /// One whose configuration file is this template.
    fn rendering(template: &str) -> Self {
        let stage = Self::new("files: { /etc/own/own.conf: { template: own.conf.j2 } }\n");
        stage.file("network/components/own/own.conf.j2", template);
        stage
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn check(&self) -> Run {
        check(&self.0.path().join("network"), &["network.yaml"])
    }
}

#[test]
fn the_stage_is_sound() {
    for stage in [Stage::new(""), Stage::rendering("{% set port = 1 + 2 %}port = {{ port * 2 }}\n")] {
        let run = stage.check();
        assert_eq!(run.code, Some(0), "{}", run.shown());
    }
}

#[test]
fn templates_that_grow() {
    let many = |text: &str, times: usize| text.repeat(times);
    let doubled = "{% set a = 'xxxxxxxxxxxxxxxx' %}".to_owned() + &many("{% set a = a ~ a %}", 40);
    let nested = "{% set a = 'x' %}".to_owned() + &many("{% set a = [a, a] %}", 60);
    for (what, template) in [
        ("text", format!("{doubled}{{{{ a }}}}")),
        ("sum", doubled.replace('~', "+") + "{{ a }}"),
        ("list in lists", format!("{nested}{{{{ a | json }}}}")),
        ("comparison", format!("{nested}{{{{ a == [a[0], a[1]] }}}}")),
        ("sorted", format!("{nested}{{{{ [a, a] | sort | length }}}}")),
        ("lists", "{% set a = [1] %}".to_owned() + &many("{% set a = a + a %}", 60) + "{{ a | list | length }}"),
        ("repetition", format!("{{{{ [{}] | length }}}}", many("'x' * 99999999, ", 60))),
        ("repeated list", "{{ ([1] * 99999999) | list | length }}".to_owned()),
        ("macro", "{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}".to_owned()),
        (
            "macros",
            "{% macro f(x) %}{{ x }}{{ x }}{% endmacro %}{{ ".to_owned()
                + &many("f(", 60)
                + "'xxxxxxxxxxxxxxxx'"
                + &many(")", 60)
                + " }}",
        ),
        (
            "loops",
            format!("{{% for a in range(9000) %}}{{% for b in range(9000) %}}{}{{% endfor %}}{{% endfor %}}", "x".repeat(9000)),
        ),
        (
            "namespace",
            "{% set n = namespace(a='x') %}{% for i in range(60) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}".to_owned(),
        ),
        ("width", "{{ '%999999999d' | format(1) }}".to_owned()),
        ("batch", "{{ [] | batch(999999999, 'x') | list | length }}".to_owned()),
        ("block", "{% set a %}x{% endset %}{{ a }}".to_owned()),
        ("include", "{% include 'front/Makefile.j2' %}".to_owned()),
        ("import", "{% import 'front/Makefile.j2' as a %}".to_owned()),
        ("extends", "{% extends 'front/Makefile.j2' %}".to_owned()),
        ("recursive", "{% for a in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}".to_owned()),
    ] {
        let run = Stage::rendering(&template).check();
        run.refused("NG0207", "components/own/own.conf.j2:1");
        assert!(run.text.len() < 20_000, "{what}: {} bytes of report", run.text.len());
    }
    // What only nests deeply is released without harm.
    let deep = "{% set a = [] %}".to_owned() + &many("{% set a = [a] %}", 3000);
    let run = Stage::rendering(&deep).check();
    assert_eq!(run.code, Some(0), "{}", run.shown());
    let large = "{% if true %}".to_owned() + &"x".repeat(70_000) + "{% endif %}";
    Stage::rendering(&large).check().refused("NG0207", "bytes");
}

#[test]
fn texts_that_grow() {
    let inner = (0..40).map(|_| "{% for a in [[a, a]] %}").collect::<String>();
    let end = "{% endfor %}".repeat(41);
    for text in [
        format!("{{% for a in [['x', 'x']] %}}{inner}{{{{ a ~ '' }}}}{end}"),
        "{{ 'x' * 99999999 }}".to_owned(),
        format!("{{{{ [{}] | length }}}}", "'x' * 99999999, ".repeat(60)),
        "{{ range(100000) | length * 1000000000 * 1000000000 * 1000000000 * 1000000000 }}".to_owned(),
        "{{ network.name * 9999999 }}".to_owned(),
    ] {
        let run = Stage::new(&format!("command: [ \"{text}\" ]\n")).check();
        run.refused("NG0207", "components/own/component.yaml:");
    }
    for (part, text) in
        [("when", "[1] * 99999999 == [1] * 99999999"), ("each", "[1] * 99999999"), ("each", "'x' * 99999999")]
    {
        let run = Stage::new(&format!("command: [ {{ {part}: \"{text}\", args: [ x ] }} ]\n")).check();
        run.refused("NG0207", "components/own/component.yaml:");
    }
    // Many that are each small enough.
    for text in ["x".repeat(60_000), "{{ '' }}".to_owned() + &"x".repeat(60_000)] {
        let args = format!("\"{text}\", ").repeat(10);
        let each = format!("command: [ {{ each: \"range(9999)\", args: [ {args} ] }} ]\n");
        Stage::new(&each).check().refused("NG0207", "together");
    }
}

#[test]
fn alerts_that_wait_for_ever() {
    let stage = Stage::new("provides: { metrics: { port: 9100 } }\n");
    let alert = "alerts:\n  OwnIsDown:\n    expr: up{{ selector }} == 0\n    for: 3500000000d\n    severity: P2\n    \
                 summary: waits\n    meaning: x\n    actions: [ x ]\n    test: { series: [ { metric: up, good: 1, bad: \"+1/2\" } ] }\n";
    stage.file("network/components/own/alerts.yaml", alert);
    stage.check().refused("NG0208", "components/own/alerts.yaml:3");
}

#[test]
fn companions_of_companions() {
    let all: String = (0..200).map(|n| format!("c{n}: {{ component: own }}, ")).collect();
    let run = Stage::new(&format!("companions: {{ {all} }}\n")).check();
    run.refused("NG0106", "components/own/component.yaml:1");
}

#[test]
fn names_and_paths_that_lead_elsewhere() {
    for (data, text) in [
        ("files: { /etc/own.conf: { template: ../../../secret.j2 } }\n", "component.yaml:8"),
        ("files: { /etc/own.conf: { template: /etc/hostname } }\n", "component.yaml:8"),
        ("files: { \"/etc/../..\": { content: x } }\n", "without `..`"),
        ("files: { etc/own.conf: { content: x } }\n", "no absolute path"),
        ("files: { \"/etc/a?b\": { content: x } }\n", "letters, digits"),
        ("files: { /etc/nul.conf: { content: x } }\n", "letters, digits"),
        ("files: { /a/own.conf: { content: x }, /b/Own.conf: { content: y } }\n", "one name in the bundle"),
        ("volumes: { \"../../etc\": { path: /data } }\n", "component.yaml:8"),
        ("volumes: { data: { path: /data, folders: [ ../../../../etc/cron.d ] } }\n", "no path below it"),
        ("settings: { \"a/b\": { type: text, doc: x } }\n", "component.yaml:8"),
        ("backup: { name: ../../x, command: [ dump ] }\n", "file name"),
        ("provides: { \"../x\": { port: 80 } }\n", "component.yaml:8"),
    ] {
        Stage::new(data).check().refused("NG0208", text);
    }
    let stage = Stage::new("");
    stage.file("network/components/own/alerts.yaml", "alerts: { ../../x: {} }\n");
    stage.check().refused("NG0208", "alerts.yaml:1");
    for id in ["network", "slo", "federate"] {
        let stage = Stage::new("");
        let text = fs::read_to_string(stage.0.path().join("network/components/own/component.yaml")).unwrap();
        let text = text.replace("component: own", &format!("component: {id}"));
        stage.file(&format!("network/components/{id}/component.yaml"), &text);
        let services = format!("services: {{ relay: {{ component: {id}, host: a }} }}\n");
        stage.file("network/network.yaml", &format!("{HEAD}{HOST}{services}"));
        stage.check().refused("NG0208", "the word for something of the network");
    }
}

#[test]
fn files_that_are_no_data() {
    let bomb: String = std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned())
        .chain((1..12).map(|n| {
            let list = vec![format!("*a{}", n - 1); 10].join(", ");
            format!("a{n}: &a{n} [{list}]\n")
        }))
        .collect();
    Stage::new(&bomb).check().refused("NG0106", "component.yaml");
    Stage::new(&format!("command: {}\n", "[".repeat(100_000))).check().refused("NG01", "component.yaml");
    let stage = Stage::new("");
    fs::write(stage.0.path().join("network/components/own/component.yaml"), b"component: \xff\n").unwrap();
    stage.check().refused("NG0001", "not UTF-8");
    let stage = Stage::new("");
    fs::create_dir_all(stage.0.path().join("network/chains/own.yaml")).unwrap();
    let manifest = format!("{HEAD}{HOST}").replace("chain: hoodi", "chain: own");
    stage.file("network/network.yaml", &manifest);
    stage.check().refused("NG0001", "chains/own.yaml");
}

#[cfg(unix)]
#[test]
fn links_that_lead_elsewhere() {
    use std::os::unix::fs::symlink;

    const SECRET: &str = "the key of another network";
    let stage = Stage::rendering("x\n");
    stage.file("outside/own.conf.j2", SECRET);
    let template = stage.0.path().join("network/components/own/own.conf.j2");
    fs::remove_file(&template).unwrap();
    symlink("../../../outside/own.conf.j2", &template).unwrap();
    let run = stage.check();
    run.refused("NG0004", "own.conf.j2");
    assert!(!run.text.contains(SECRET), "{}", run.shown());

    let stage = Stage::new("");
    let own = stage.0.path().join("network/components/own");
    fs::rename(&own, stage.0.path().join("elsewhere")).unwrap();
    symlink("../../elsewhere", &own).unwrap();
    stage.check().refused("NG0004", "components/own/component.yaml");

    let stage = Stage::new("");
    stage.file("outside/own.yaml", SECRET);
    stage.file("network/network.yaml", &format!("{HEAD}{HOST}").replace("chain: hoodi", "chain: own"));
    fs::create_dir_all(stage.0.path().join("network/chains")).unwrap();
    symlink("../../outside/own.yaml", stage.0.path().join("network/chains/own.yaml")).unwrap();
    let run = stage.check();
    run.refused("NG0004", "chains/own.yaml");
    assert!(!run.text.contains(SECRET), "{}", run.shown());

    // A link that stays inside is a file like any other.
    let stage = Stage::rendering("x\n");
    let own = stage.0.path().join("network/components/own");
    fs::rename(own.join("own.conf.j2"), stage.0.path().join("network/shared.j2")).unwrap();
    symlink("../../shared.j2", own.join("own.conf.j2")).unwrap();
    let run = stage.check();
    assert_eq!(run.code, Some(0), "{}", run.shown());
}
