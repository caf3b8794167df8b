//! The network on one machine: the generated files, with the addresses of this machine and in the
//! time lapse, are read by the programs that they are for.
//!
//! Prometheus, Alertmanager and HAProxy are real; everything else that is scraped is simulated. What
//! is changed in the generated files: durations ([`crate::lapse`]), and each address, which becomes
//! that of the same service here. An address that belongs to no service ends the test.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use netgen::plan::Plan;
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile};
use serde_yaml::Value;
use tempfile::TempDir;

use crate::failures::{Break, Deed};
use crate::mailbox::Mailbox;
use crate::program::{Program, find};
use crate::simulator::Exporter;
use crate::{http, lapse, past};

/// Files of the bundle, by path.
pub type Files = BTreeMap<String, String>;

/// The programs, each with the names that it goes by.
pub const PROGRAMS: &[(&str, &[&str])] = &[
    ("prometheus", &["prometheus"]),
    ("alertmanager", &["prometheus-alertmanager", "alertmanager"]),
    ("haproxy", &["haproxy"]),
    ("promtool", &["promtool"]),
];

/// The running network.
#[derive(Debug)]
pub struct Stage {
    pub plan: Plan,
    /// What netgen made.
    pub bundle: Files,
    pub mailbox: Mailbox,
    pub exporters: BTreeMap<String, Arc<Exporter>>,
    pub prometheus_at: SocketAddr,
    pub alertmanager_at: SocketAddr,
    prometheus: Program,
    alertmanager: Program,
    haproxy: Program,
    folder: TempDir,
}

impl Stage {
    /// Builds the network and starts it. `spoil` may change what netgen made.
    pub fn set(spoil: impl FnOnce(&mut Files)) -> Self {
        let mailbox = Mailbox::open();
        let (plan, mut bundle) = build(mailbox.address);
        spoil(&mut bundle);
        let folder = tempfile::tempdir().unwrap();
        let mut places = BTreeMap::new();
        let mut exporters = BTreeMap::new();
        let (prometheus_at, alertmanager_at, proxy_metrics_at) = (http::free(), http::free(), http::free());
        for job in plan.jobs.values() {
            for target in &job.targets {
                let here = match job.name.as_str() {
                    "prometheus" => prometheus_at,
                    "alertmanager" => alertmanager_at,
                    "haproxy" => proxy_metrics_at,
                    _ => {
                        let exporter = Arc::new(Exporter::new(&plan, job, target).unwrap());
                        let here = exporter.serve_metrics(&job.path);
                        exporters.insert(exporter.service.clone(), exporter);
                        here
                    }
                };
                for address in target.addresses.values() {
                    let other = places.insert(address.clone(), here);
                    assert_eq!(other, None, "{address} is the address of two services");
                }
            }
        }
        write(folder.path(), &bundle, &places);
        let proxy = bundle.iter().find(|(path, _)| path.ends_with("/haproxy.cfg")).unwrap();
        let proxy = proxy_here(proxy.1, proxy_metrics_at, &exporters);
        fs::write(folder.path().join("haproxy.cfg"), proxy).unwrap();
        let program = |name: &str, arguments: &[&str]| {
            let (_, names) = PROGRAMS.iter().find(|(known, _)| *known == name).unwrap();
            let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
            Program::start(name, folder.path(), &find(names).unwrap(), &arguments)
        };
        let haproxy = program("haproxy", &["-db", "-f", "haproxy.cfg"]);
        let alertmanager = program(
            "alertmanager",
            &[
                "--config.file=alertmanager/alertmanager.yml",
                "--storage.path=alerts",
                "--cluster.listen-address=",
                &format!("--web.listen-address={alertmanager_at}"),
            ],
        );
        past::write(&plan, &folder.path().join(METRICS));
        let prometheus = start_prometheus(folder.path(), prometheus_at);
        Self {
            plan,
            bundle,
            mailbox,
            exporters,
            prometheus_at,
            alertmanager_at,
            prometheus,
            alertmanager,
            haproxy,
            folder,
        }
    }

    /// A program that ended, though nobody wanted it to.
    pub fn lost_program(&mut self) -> Option<String> {
        let Self { prometheus, alertmanager, haproxy, .. } = self;
        [prometheus, alertmanager, haproxy].into_iter().find_map(Program::ended)
    }

    /// The ends of all logs.
    pub fn last_words(&self) -> String {
        [&self.prometheus, &self.alertmanager, &self.haproxy].map(Program::last_words).concat()
    }

    /// Breaks something.
    pub fn fail(&mut self, deed: Deed) {
        match deed {
            Deed::FollowsFrom(_) => {}
            Deed::Service(service, breaks) => breaks.iter().for_each(|how| self.exporter(service).fail(how)),
            Deed::Syncing(services) => {
                services.iter().for_each(|service| self.exporter(service).fail(&Break::Syncing));
            }
            Deed::Host(_) | Deed::Region(_) => {
                self.touched(deed).iter().for_each(|service| self.exporter(service).fail(&Break::Down));
            }
            Deed::BadConfiguration => {
                fs::write(self.folder.path().join(CONFIGURATION), "scrape_configs: [ { job_name: } ]")
                    .unwrap();
                self.prometheus.reload();
            }
            Deed::NoTargets(job) => {
                let file = self.targets_of(job);
                fs::rename(&file, file.with_extension("away")).unwrap();
                fs::write(file, "[]").unwrap();
            }
            Deed::Refused(receiver) => self.mailbox.refuse(receiver, true),
            Deed::Killed => self.prometheus.kill(),
        }
    }

    /// Makes it well again.
    pub fn recover(&mut self, deed: Deed) {
        match deed {
            Deed::FollowsFrom(_) => {}
            Deed::Service(service, breaks) => {
                breaks.iter().for_each(|how| self.exporter(service).recover(how));
            }
            Deed::Syncing(services) => {
                services.iter().for_each(|service| self.exporter(service).recover(&Break::Syncing));
            }
            Deed::Host(_) | Deed::Region(_) => {
                self.touched(deed).iter().for_each(|service| self.exporter(service).recover(&Break::Down));
            }
            Deed::BadConfiguration => {
                let good = self.folder.path().join("prometheus/good.yml");
                fs::copy(good, self.folder.path().join(CONFIGURATION)).unwrap();
                self.prometheus.reload();
            }
            Deed::NoTargets(job) => {
                let file = self.targets_of(job);
                fs::rename(file.with_extension("away"), file).unwrap();
            }
            Deed::Refused(receiver) => self.mailbox.refuse(receiver, false),
            Deed::Killed => self.prometheus = start_prometheus(self.folder.path(), self.prometheus_at),
        }
    }

    /// The simulated services that a deed breaks.
    pub fn touched(&self, deed: Deed) -> Vec<String> {
        let those = |wanted: &dyn Fn(&Exporter) -> bool| {
            let touched = self.exporters.values().filter(|exporter| wanted(exporter));
            touched.map(|exporter| exporter.service.clone()).collect()
        };
        match deed {
            Deed::Service(service, _) => vec![service.to_owned()],
            Deed::Host(host) => those(&|exporter| exporter.host == host),
            Deed::Region(region) => those(&|exporter| exporter.region == region),
            _ => Vec::new(),
        }
    }

    fn exporter(&self, service: &str) -> &Arc<Exporter> {
        self.exporters.get(service).unwrap_or_else(|| panic!("`{service}` is not simulated"))
    }

    fn targets_of(&self, job: &str) -> PathBuf {
        self.folder.path().join(format!("prometheus/targets/{job}.json"))
    }
}

/// Where Prometheus keeps its metrics.
const METRICS: &str = "metrics";

const CONFIGURATION: &str = "prometheus/prometheus.yml";

/// The plan, and the text files of the bundle.
fn build(listener: SocketAddr) -> (Plan, Files) {
    let world = MemoryWorld::new([("network.yaml", include_str!("network.yaml"))]);
    let mut input = Input::new("network.yaml");
    input.variables.push(format!("listener={listener}"));
    let compilation = compile(&world, &input, Options { allow_unlocked: true, ..Options::default() });
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|one| one.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let bundle = compilation.bundle.unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let files = bundle
        .files()
        .filter_map(|(path, file)| Some((path.as_str().to_owned(), text(&file.bytes().unwrap())?)));
    (compilation.plan.unwrap(), files.collect())
}

/// Writes the files of Prometheus and Alertmanager.
fn write(folder: &Path, bundle: &Files, places: &BTreeMap<String, SocketAddr>) {
    for (path, text) in bundle {
        let here = if path == CONFIGURATION {
            addresses_here(&lapse::yaml(text).unwrap(), places)
        } else if path.starts_with("prometheus/targets/") {
            // JSON is YAML; what is written is read by its extension.
            let yaml: Value = serde_yaml::from_str(&addresses_here(text, places)).unwrap();
            serde_json::to_string(&yaml).unwrap()
        } else if path.starts_with("prometheus/rules/") || path.starts_with("alertmanager/alertmanager.") {
            lapse::yaml(text).unwrap_or_else(|error| panic!("{path}: {error}"))
        } else {
            continue;
        };
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, here).unwrap();
    }
    fs::copy(folder.join(CONFIGURATION), folder.join("prometheus/good.yml")).unwrap();
}

/// Replaces every address below a key `targets`.
fn addresses_here(text: &str, places: &BTreeMap<String, SocketAddr>) -> String {
    fn walk(tree: &mut Value, targets: bool, places: &BTreeMap<String, SocketAddr>) {
        match tree {
            Value::Mapping(entries) => {
                entries
                    .iter_mut()
                    .for_each(|(key, value)| walk(value, key.as_str() == Some("targets"), places));
            }
            Value::Sequence(items) => items.iter_mut().for_each(|item| walk(item, targets, places)),
            Value::String(address) if targets => {
                let here = places.get(address.as_str());
                *address =
                    here.unwrap_or_else(|| panic!("`{address}` is the address of no service")).to_string();
            }
            _ => {}
        }
    }
    let mut tree: Value = serde_yaml::from_str(text).unwrap();
    walk(&mut tree, false, places);
    serde_yaml::to_string(&tree).unwrap()
}

/// The configuration of the proxy with the addresses of this machine, and checks in the time lapse.
fn proxy_here(text: &str, metrics: SocketAddr, exporters: &BTreeMap<String, Arc<Exporter>>) -> String {
    let mut section = String::new();
    let mut out = String::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line.split_whitespace().collect();
        if indent == 0 {
            section = line.to_owned();
        }
        let here = match words.as_slice() {
            ["bind", _] if section == "frontend metrics" => format!("bind {metrics}"),
            ["bind", _, rest @ ..] => format!("bind {} {}", http::free(), rest.join(" ")),
            ["server", name, _] => {
                let backend = exporters.get(*name).unwrap_or_else(|| panic!("`{name}` is not simulated"));
                format!("server {name} {}", backend.serve_rpc())
            }
            ["default-server", "check", "inter", interval, rest @ ..] => {
                format!(
                    "default-server check inter {} {}",
                    lapse::duration(interval).unwrap(),
                    rest.join(" ")
                )
            }
            _ => line.trim_start().to_owned(),
        };
        out.push_str(&format!("{}{here}\n", " ".repeat(indent)));
    }
    out
}

fn start_prometheus(folder: &Path, at: SocketAddr) -> Program {
    // The defaults of these durations, in the time lapse as well. Only alerts are sent again every two
    // minutes, not every minute: Alertmanager forgets one after four times that, and a machine with much
    // to do can take some seconds for anything.
    let flag = |name: &str, default: &str| format!("--{name}={}", lapse::duration(default).unwrap());
    let arguments = [
        format!("--config.file={CONFIGURATION}"),
        format!("--storage.tsdb.path={METRICS}"),
        format!("--web.listen-address={at}"),
        flag("query.lookback-delta", "5m"),
        flag("rules.alert.resend-delay", "2m"),
        flag("rules.alert.for-grace-period", "10m"),
        flag("rules.alert.for-outage-tolerance", "1h"),
    ];
    let (_, names) = PROGRAMS[0];
    Program::start("prometheus", folder, &find(names).unwrap(), &arguments)
}
