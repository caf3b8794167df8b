//! Failures in rounds: broken, told, made well, told again.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use crate::expected::{self, Expected};
use crate::failures::{Break, Deed, Failure, Told};
use crate::mailbox::{Notice, now};
use crate::stage::Stage;
use crate::{http, lapse};

/// How long a start may take on a loaded machine.
const START: Duration = Duration::from_secs(90);

/// Between two looks.
const TICK: Duration = Duration::from_millis(50);

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What is wrong: (what it is about, what it is).
    pub complaints: BTreeSet<(String, String)>,
    /// What happened, line by line.
    pub story: Vec<String>,
    /// How many scrapes of itself Prometheus had no time for: then this machine is too busy to judge by.
    pub stalls: u64,
}

/// A failure that goes on.
struct Going {
    failure: &'static Failure,
    expected: Expected,
    since: Instant,
    state: State,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Made,
    Told,
    Recovered(Instant),
    Over,
}

/// Leads through the rounds.
pub struct Run<'a> {
    stage: &'a mut Stage,
    /// How long one may wait for a notice, in reality.
    patience: Duration,
    begun: Instant,
    /// From when on everything counts that arrives.
    settled: Instant,
    /// Every failure that was made so far, and when.
    made: Vec<(&'static Failure, Instant)>,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    /// Waits until everything is up and the heartbeat arrives.
    pub fn start(stage: &'a mut Stage, patience: Duration) -> Self {
        let mut run = Self {
            stage,
            patience,
            begun: now(),
            settled: now(),
            made: Vec::new(),
            outcome: Outcome::default(),
        };
        let all: usize = run.stage.plan.jobs.values().map(|job| job.targets.len()).sum();
        let up = run.wait(START, |run| run.targets_up() == all);
        run.demand(up, "the start", || "not everything that is scraped comes up".to_owned());
        let heard = run.wait(START, |run| run.heartbeats().count() > 0);
        run.demand(heard, "the start", || "the heartbeat does not arrive".to_owned());
        run.tell(&format!("all {all} targets are up, and the heartbeat arrives"));
        run
    }

    /// Nothing may arrive but the heartbeat. On a machine with much to do the first scrapes can be late,
    /// and rules have no history yet that would outweigh that: what they say of the start does not count.
    pub fn quiet(&mut self, how_long: Duration) {
        let settled = self.wait(START, |run| run.alerts_of_prometheus().is_empty());
        if !settled {
            let names: Vec<String> = self.alerts_of_prometheus().into_iter().collect();
            let names = names.join(", ");
            self.complain("the start", format!("alerts of a healthy network do not end: {names}"));
        }
        self.settled = now();
        // To have waited for nothing is what is hoped for; what came is told at the end.
        let noisy = |run: &Self| run.stage.mailbox.notices().iter().any(|one| run.counts(one));
        if !self.wait(how_long, noisy) {
            self.tell(&format!("nothing but the heartbeat in {} s", how_long.as_secs()));
        }
    }

    /// Every failure of the list, round by round.
    pub fn rounds(&mut self, failures: &[&'static Failure]) {
        let rounds: BTreeSet<u32> = failures.iter().map(|failure| failure.round).collect();
        for round in rounds {
            let (last, of_round): (Vec<&'static Failure>, Vec<_>) = failures
                .iter()
                .filter(|failure| failure.round == round)
                .partition(|failure| failure.told == Told::Heartbeat);
            self.round(&of_round);
            last.into_iter().for_each(|failure| self.death(failure));
        }
    }

    /// All of them at the same time, whatever their rounds are.
    pub fn round(&mut self, failures: &[&'static Failure]) {
        if failures.is_empty() {
            return;
        }
        let mut going = Vec::new();
        for failure in failures {
            self.made.push((failure, now()));
            self.stage.fail(failure.done);
            let expected = Expected::of(&self.stage.plan, failure);
            going.push(Going { failure, expected, since: now(), state: State::Made });
        }
        while going.iter().any(|one| one.state != State::Over) && !self.lost_a_program() {
            let open: BTreeSet<&str> = going
                .iter()
                .filter(|one| one.state == State::Made)
                .filter_map(|one| match one.failure.done {
                    Deed::FollowsFrom(cause) => Some(cause),
                    _ => None,
                })
                .collect();
            let inhibited = self.inhibited();
            for one in &mut going {
                // Its consequences must be told before it goes away.
                let needed = open.contains(one.failure.name);
                one.state = self.next(one, needed, &inhibited);
            }
            thread::sleep(TICK);
        }
    }

    /// One look at a failure.
    fn next(&mut self, one: &Going, needed: bool, inhibited: &BTreeSet<String>) -> State {
        let name = one.failure.name;
        match one.state {
            State::Made => {
                let notices = self.told(one);
                if let Some(first) = notices.first() {
                    let after = first.at.saturating_duration_since(one.since).as_secs_f64();
                    let severity = expected::severity(&self.stage.plan, first);
                    let (alert, receiver) = (first.alert(), &first.receiver);
                    self.tell(&format!("{name}: {severity} {alert} to {receiver} after {after:.1} s"));
                    return State::Told;
                }
                if one.since.elapsed() < self.patience {
                    return State::Made;
                }
                let wanted: Vec<&str> = one.expected.alerts.iter().map(String::as_str).collect();
                self.complain(
                    name,
                    format!("none of {} arrives with {:?}", wanted.join(", "), one.expected.labels),
                );
                self.stage.recover(one.failure.done);
                State::Over
            }
            State::Told if needed || !self.hushed(one, inhibited) => State::Told,
            State::Told => {
                self.stage.recover(one.failure.done);
                State::Recovered(now())
            }
            State::Recovered(since) => {
                let left = self.unresolved(&self.told(one));
                if left.is_empty() {
                    self.tell(&format!("{name}: resolved after {:.1} s", since.elapsed().as_secs_f64()));
                    return State::Over;
                }
                if since.elapsed() < self.patience {
                    return one.state;
                }
                for alert in left {
                    self.complain(name, format!("{alert} is not resolved after the recovery"));
                }
                State::Over
            }
            State::Over => State::Over,
        }
    }

    /// While an alert speaks for others, these fire, and nobody hears of them. Says whether that is
    /// known, for better or for worse.
    fn hushed(&mut self, one: &Going, inhibited: &BTreeSet<String>) -> bool {
        let Some(speaker) = self.told(one).first().cloned() else { return true };
        let equal = self.stage.plan.alerts.get(speaker.alert()).map(|alert| alert.silences.clone());
        let Some(equal) = equal.filter(|labels| !labels.is_empty()) else { return true };
        let (name, alert) = (one.failure.name, speaker.alert());
        let mut services = self.stage.touched(one.failure.done);
        services.retain(|service| service != speaker.label("service"));
        let all = services.iter().all(|service| inhibited.contains(service));
        if !all && speaker.at.elapsed() < self.patience {
            return false;
        }
        for notice in self.stage.mailbox.notices() {
            let its = equal.iter().all(|name| notice.label(name) == speaker.label(name));
            if notice.firing && its && notice.at >= one.since && notice.alert() != alert {
                self.complain(name, format!("{} arrives, though {alert} speaks for it", notice.shown()));
            }
        }
        if all {
            self.tell(&format!("{name}: {alert} speaks for {}", services.join(", ")));
        } else {
            self.complain(name, format!("{alert} does not speak for all of {services:?}"));
        }
        true
    }

    /// Whoever expects the heartbeat notices that it stops, and it comes back.
    fn death(&mut self, failure: &'static Failure) {
        let pause = self.heartbeat_pause() * 2;
        self.stage.fail(failure.done);
        let killed = now();
        let silent = self.wait(self.patience, |run| {
            run.heartbeats().next_back().is_some_and(|last| last.at.elapsed() > pause)
        });
        self.demand(silent, failure.name, || "the heartbeat goes on".to_owned());
        let last = self.heartbeats().next_back().map_or(killed, |notice| notice.at);
        self.stage.recover(failure.done);
        let back =
            self.wait(START, |run| run.heartbeats().next_back().is_some_and(|notice| notice.at > last));
        self.demand(back, failure.name, || "the heartbeat does not come back".to_owned());
        self.tell(&format!(
            "{}: no heartbeat for {:.1} s, then it is back",
            failure.name,
            pause.as_secs_f64()
        ));
    }

    /// Ends the run: everything that was told must be resolved.
    pub fn end(mut self) -> Outcome {
        let all = |run: &Self| -> Vec<Notice> {
            run.stage.mailbox.notices().into_iter().filter(|one| run.counts(one)).collect()
        };
        self.wait(self.patience, |run| run.unresolved(&all(run)).is_empty());
        for alert in self.unresolved(&all(&self)) {
            self.complain("the end", format!("{alert} is not resolved"));
        }
        self.outcome()
    }

    /// What came of it. Nothing may have arrived that is wrong, or that nothing explains.
    pub fn outcome(mut self) -> Outcome {
        for notice in self.stage.mailbox.notices() {
            for fault in expected::faults(&self.stage.plan, &self.stage.bundle, &notice) {
                self.complain("a notice", format!("{}: {fault}", notice.shown()));
            }
            if let Some(line) = self.unexplained(&notice) {
                self.complain("a notice", line);
            }
        }
        for strange in self.stage.mailbox.strange() {
            self.complain("a notice", strange);
        }
        self.tell(&format!("{} notices in all", self.stage.mailbox.notices().len()));
        self.outcome.stalls = self.stalls();
        self.outcome
    }

    /// That nothing which was made explains the notice.
    fn unexplained(&self, notice: &Notice) -> Option<String> {
        let service = notice.label("service");
        let explained = !self.counts(notice)
            || self.made.iter().filter(|(_, since)| notice.at >= *since).any(|(failure, _)| {
                let of_services = self.stage.touched(failure.done).iter().any(|touched| touched == service)
                    || failure.also.contains(&service)
                    || matches!(failure.told, Told::Service(told, _) if told == service);
                let of_network = service.is_empty()
                    && (Expected::of(&self.stage.plan, failure).is(notice)
                        || matches!(failure.done, Deed::Host(host) if notice.has(&[("host", host)]))
                        || matches!(failure.done, Deed::Region(region) if notice.has(&[("region", region)]))
                        || burns_the_budget(failure.done) && self.is_of_the_budget(notice));
                of_services || of_network
            });
        let after = notice.at.saturating_duration_since(self.begun).as_secs_f64();
        (!explained)
            .then(|| format!("{} arrives after {after:.1} s, and no failure explains it", notice.shown()))
    }

    fn is_of_the_budget(&self, notice: &Notice) -> bool {
        let alert = self.stage.plan.alerts.get(notice.alert());
        alert.is_some_and(|alert| {
            alert.covers.network.contains(&netgen::catalog::failure::Failure::ErrorBudget)
        })
    }

    /// The notices that tell a failure since it goes on.
    fn told(&self, one: &Going) -> Vec<Notice> {
        let mut notices = self.stage.mailbox.notices();
        notices.retain(|notice| notice.firing && notice.at >= one.since && one.expected.is(notice));
        notices
    }

    /// The alerts among these whose last notice does not say that they are over.
    fn unresolved(&self, notices: &[Notice]) -> Vec<String> {
        let mut last: BTreeMap<(String, String), bool> = BTreeMap::new();
        let wanted: BTreeSet<String> = notices.iter().map(Notice::shown).collect();
        for notice in self.stage.mailbox.notices() {
            let shown = notice.shown();
            if wanted.contains(&shown) {
                last.insert((shown, notice.receiver), notice.firing);
            }
        }
        last.into_iter().filter(|(_, firing)| *firing).map(|((shown, _), _)| shown).collect()
    }

    /// Whether something must explain it: it is no heartbeat, and no end of what began before.
    fn counts(&self, notice: &Notice) -> bool {
        // In the time lapse half a second more is half a minute: that this machine has too much to do for
        // its Prometheus is true, and no matter of the network.
        let alert = self.stage.plan.alerts.get(notice.alert());
        let busy = alert.is_some_and(|alert| alert.expr.contains("rule_group_iterations_missed"));
        notice.firing && notice.at >= self.settled && !self.is_heartbeat(notice) && !busy
    }

    fn is_heartbeat(&self, notice: &Notice) -> bool {
        self.stage.plan.alerts.get(notice.alert()).is_some_and(|alert| alert.heartbeat)
    }

    fn heartbeats(&self) -> impl DoubleEndedIterator<Item = Notice> {
        let mut notices = self.stage.mailbox.notices();
        notices.retain(|notice| notice.firing && self.is_heartbeat(notice));
        notices.into_iter()
    }

    /// How often the heartbeat is sent.
    fn heartbeat_pause(&self) -> Duration {
        let text = &self.stage.bundle["alertmanager/alertmanager.yml"];
        let tree: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
        let monitoring = self.stage.plan.topology.monitoring.as_ref().unwrap();
        let routes = tree["route"]["routes"].as_sequence().unwrap();
        let route = routes.iter().find(|route| route["receiver"].as_str() == monitoring.heartbeat.as_deref());
        lapse::real(route.unwrap()["repeat_interval"].as_str().unwrap()).unwrap()
    }

    fn targets_up(&self) -> usize {
        let page = http::json(self.stage.prometheus_at, "/api/v1/targets?state=active").unwrap_or_default();
        let targets = page["data"]["activeTargets"].as_array().cloned().unwrap_or_default();
        targets.iter().filter(|target| target["health"] == "up").count()
    }

    /// The alerts that Prometheus has, with those that wait for their time, but for the heartbeat.
    fn alerts_of_prometheus(&self) -> BTreeSet<String> {
        let page = http::json(self.stage.prometheus_at, "/api/v1/alerts").unwrap_or_default();
        let alerts = page["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let name =
            |one: &serde_json::Value| one["labels"]["alertname"].as_str().unwrap_or_default().to_owned();
        let heartbeat = |name: &str| self.stage.plan.alerts.get(name).is_some_and(|alert| alert.heartbeat);
        alerts.iter().map(name).filter(|name| !heartbeat(name)).collect()
    }

    /// How often Prometheus, which nothing breaks but its own death, did not answer itself.
    fn stalls(&self) -> u64 {
        let query = "/api/v1/query?query=sum(count_over_time(up%7Bjob=%22prometheus%22%7D%5B1h%5D)-sum_over_time(up%7Bjob=%22prometheus%22%7D%5B1h%5D))";
        let page = http::json(self.stage.prometheus_at, query).unwrap_or_default();
        page["data"]["result"][0]["value"][1].as_str().and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// The services with an alert that another one speaks for.
    fn inhibited(&self) -> BTreeSet<String> {
        let page = http::json(self.stage.alertmanager_at, "/api/v2/alerts").unwrap_or_default();
        let alerts = page.as_array().cloned().unwrap_or_default();
        let hushed = alerts.iter().filter(|one| {
            one["status"]["inhibitedBy"].as_array().is_some_and(|speakers| !speakers.is_empty())
        });
        hushed.filter_map(|one| Some(one["labels"]["service"].as_str()?.to_owned())).collect()
    }

    /// Waits until something is so; says whether it came to be.
    fn wait(&mut self, most: Duration, so: impl Fn(&Self) -> bool) -> bool {
        let since = now();
        loop {
            if so(self) {
                return true;
            }
            if self.lost_a_program() || since.elapsed() > most {
                return false;
            }
            thread::sleep(TICK);
        }
    }

    fn lost_a_program(&mut self) -> bool {
        let lost = self.stage.lost_program();
        if let Some(lost) = &lost {
            self.complain("a program", lost.clone());
        }
        lost.is_some()
    }

    fn demand(&mut self, met: bool, about: &str, complaint: impl FnOnce() -> String) {
        if !met {
            self.complain(about, complaint());
        }
    }

    fn complain(&mut self, about: &str, complaint: String) {
        self.outcome.complaints.insert((about.to_owned(), complaint));
    }

    fn tell(&mut self, line: &str) {
        self.outcome.story.push(format!("{:6.1} s  {line}", self.begun.elapsed().as_secs_f64()));
    }
}

/// Whether a deed makes services of nodes unavailable.
fn burns_the_budget(deed: Deed) -> bool {
    match deed {
        Deed::Service(_, breaks) => breaks.iter().any(|how| matches!(how, Break::Down)),
        Deed::Host(_) | Deed::Region(_) => true,
        _ => false,
    }
}
