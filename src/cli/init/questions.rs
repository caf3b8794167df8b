//! The questions, in their order, and what each answer does to the draft.

use clap::ValueEnum as _;
use serde_json::Value;

use super::draft::{AlertTo, Draft, Host, Resources};
use super::interview::Interview;
use super::terminal::Question;
use crate::catalog::blueprint::Blueprint;
use crate::catalog::chain::Chain;
use crate::catalog::setting::{Setting, SettingType};
use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::diag::{did_you_mean, list_names};
use crate::manifest::{Environment, Manifest};
use crate::schema;

/// Answers that show whether the rules want the question answered.
const SAMPLE_RESOURCES: &str = "256,1024GiB,64TiB";
const SAMPLE_BACKUP: &str = "s3:https://s3.eu-central-1.amazonaws.com/sample";
const SAMPLE_NETWORK: &str = "10.0.0.0/8";
const SAMPLE_HEARTBEAT: &str = "https://10.0.0.1/ping";

impl Interview<'_> {
    /// Asks everything. The draft has no finding of its own when this is `Ok` and nothing clashes.
    pub(super) fn run(&mut self) -> Result<(), Failure> {
        let args = self.args;
        self.name()?;
        self.chain()?;
        self.stack()?;
        self.components()?;
        // Before the hosts: every node more would lack what is not answered.
        self.settings()?;
        self.hosts()?;
        self.nodes()?;
        self.wanted(
            "--resources",
            "What each host has, as cpus,memory,disk such as 16,64GiB,4TiB",
            args.resources.clone(),
            SAMPLE_RESOURCES,
            &|draft, answer| {
                draft.resources = if answer.is_empty() { None } else { Some(Resources::parse(answer)?) };
                Ok(())
            },
        )?;
        self.text(
            "--ssh-user",
            "User that logs in to the hosts and may become root",
            args.ssh_user.as_deref(),
            default_of("/$defs/Ssh/properties/user/default"),
            &|draft, answer| set(&mut draft.ssh_user, answer),
        )?;
        self.wanted(
            "--admin-network",
            "Networks from which people may log in, with commas between",
            (!args.admin_network.is_empty()).then(|| args.admin_network.join(",")),
            SAMPLE_NETWORK,
            &|draft, answer| {
                draft.admin_networks = words(answer).map(str::to_owned).collect();
                Ok(())
            },
        )?;
        self.text(
            "--data-dir",
            "Folder on the hosts for the data of all services",
            args.data_dir.as_deref(),
            default_of("/$defs/Defaults/properties/data-dir/default"),
            &|draft, answer| set(&mut draft.data_dir, answer),
        )?;
        self.monitoring()?;
        self.wanted(
            "--backup-to",
            "Restic repository for state that the chain cannot give back",
            args.backup_to.clone(),
            SAMPLE_BACKUP,
            &|draft, answer| set(&mut draft.backup, answer),
        )?;
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Failure::new(Exit::Usage, self.problems.join("\nerror: ")))
    }

    fn name(&mut self) -> Result<(), Failure> {
        let given = self.args.name.clone();
        let default = Some(self.draft.name.clone());
        self.put(
            &Question {
                flag: "--name".into(),
                text: "Name of the network".into(),
                default,
                ..Default::default()
            },
            given,
            &|draft, answer| {
                answer.clone_into(&mut draft.name);
                Ok(())
            },
        )
    }

    fn chain(&mut self) -> Result<(), Failure> {
        let chains: Vec<Chain> = self.offers.chains.clone();
        let default = Some(self.draft.chain.clone());
        let blueprints = self.offers.blueprints.clone();
        // Who names a chain without a stack is told why it cannot be; who is asked is not led there.
        let is_offered = |chain: &&Chain| {
            blueprints.iter().any(|b| b.family == chain.family)
                || self.args.chain.as_ref().is_some_and(|given| *given == chain.id)
        };
        let offered = chains.iter().filter(is_offered);
        let options = offered.map(|c| (c.id.clone(), c.name.clone())).collect();
        self.choose(
            &Question { flag: "--chain".into(), text: "Chain".into(), options, default, optional: false },
            self.args.chain.clone(),
            &|draft, answer| {
                let Some(chain) = chains.iter().find(|chain| chain.id == answer) else { return Ok(()) };
                let fitting = blueprints.iter().find(|b| b.family == chain.family);
                let Some(blueprint) = fitting else {
                    return Err(format!("no stack is known for chains of the family `{}`", chain.family));
                };
                answer.clone_into(&mut draft.chain);
                draft.environment = if chain.test { Environment::Testnet } else { Environment::Production };
                if draft.blueprint.family != chain.family {
                    draft.blueprint = blueprint.clone();
                }
                Ok(())
            },
        )
    }

    fn stack(&mut self) -> Result<(), Failure> {
        let family = self.draft.blueprint.family.clone();
        let fitting: Vec<Blueprint> =
            self.offers.blueprints.iter().filter(|b| b.family == family).cloned().collect();
        let options = fitting.iter().map(|b| (b.stack.clone(), b.summary.clone())).collect();
        let default = Some(self.draft.blueprint.stack.clone());
        let text = "What the nodes are for".into();
        self.choose(
            &Question { flag: "--stack".into(), text, options, default, optional: false },
            self.args.stack.clone(),
            &|draft, answer| {
                if let Some(blueprint) = fitting.iter().find(|b| b.stack == answer) {
                    draft.blueprint = blueprint.clone();
                }
                Ok(())
            },
        )
    }

    /// Asks where a service may be one of several components.
    fn components(&mut self) -> Result<(), Failure> {
        let blueprint = self.draft.blueprint.clone();
        let given = self.pairs("--component", &self.args.component.clone());
        let parts = || blueprint.services.iter().chain(&blueprint.shared);
        for name in given.keys().filter(|name| !parts().any(|(service, _)| service == *name)) {
            let known = parts().map(|(service, _)| service.as_str());
            self.problems.push(unknown("--component", "service", name, known));
        }
        for (service, part) in parts() {
            let ids = part.component.list();
            let asked = given.get(service.as_str()).cloned();
            if ids.len() < 2 && asked.is_none() {
                continue;
            }
            let options = ids
                .iter()
                .map(|id| (id.clone(), self.component(id).map(|c| c.summary.clone()).unwrap_or_default()))
                .collect();
            self.choose(
                &Question {
                    flag: format!("--component {service}"),
                    text: format!("Component of `{service}`"),
                    options,
                    default: self.draft.component(service).map(str::to_owned),
                    optional: false,
                },
                asked,
                &|draft, answer| {
                    draft.components.insert(service.clone(), answer.to_owned());
                    Ok(())
                },
            )?;
        }
        Ok(())
    }

    fn hosts(&mut self) -> Result<(), Failure> {
        let add = |draft: &mut Draft, answer: &str| {
            let host = Host::parse(answer)?;
            if draft.hosts.iter().any(|known| known.name == host.name) {
                return Err(format!("there is a host `{}` already", host.name));
            }
            draft.hosts.push(host);
            Ok(())
        };
        let given = self.args.host.clone();
        if !given.is_empty() {
            self.draft.hosts.clear();
            for host in given {
                let question = Question { flag: "--host".into(), ..self.host_question() };
                self.basis = Some(self.draft.with_stand_in());
                self.put(&question, Some(host), &add)?;
            }
            self.basis = None;
            return Ok(());
        }
        if !self.interactive {
            self.missing("--host NAME=ADDRESS", "at least one host");
            return Ok(());
        }
        let mut kept = std::mem::take(&mut self.draft.hosts);
        loop {
            let mut question = self.host_question();
            question.optional = !self.draft.hosts.is_empty();
            question.default =
                kept.first().filter(|_| self.draft.hosts.is_empty()).map(|_| "as before".to_owned());
            let before = self.draft.hosts.len();
            let again = std::cell::RefCell::new(std::mem::take(&mut kept));
            self.basis = Some(self.draft.with_stand_in());
            self.put(&question, None, &|draft, answer| match answer {
                "" => Ok(()),
                "as before" => {
                    draft.hosts = again.take();
                    Ok(())
                }
                host => add(draft, host),
            })?;
            if self.draft.hosts.len() == before {
                self.basis = None;
                return Ok(());
            }
        }
    }

    fn host_question(&self) -> Question {
        let more = if self.draft.hosts.is_empty() { "A host" } else { "One more host" };
        let text = format!("{more}, as name=address or name=address,private-address");
        Question { flag: "--host".into(), text, ..Question::default() }
    }

    /// Asks for the settings that the blueprint lists.
    fn settings(&mut self) -> Result<(), Failure> {
        let given = self.pairs("--setting", &self.args.setting.clone());
        let asked = self.draft.blueprint.ask.clone();
        for question in &asked {
            let key = (question.service.clone(), question.setting.clone());
            let usual = question.by_chain.get(&self.draft.chain).or(question.example.as_ref());
            let setting = self.setting(&question.service, &question.setting);
            if let (Some(setting), Some(usual)) = (setting, usual) {
                self.draft.settings.entry(key).or_insert_with(|| value_of(&setting, usual));
            }
        }
        let mut done = Vec::new();
        for question in &asked {
            let (service, name) = (question.service.clone(), question.setting.clone());
            let key = format!("{service}.{name}");
            done.push(key.clone());
            let Some(setting) = self.setting(&service, &name) else { continue };
            let usual = question.by_chain.get(&self.draft.chain).map(String::as_str);
            self.put(
                &Question {
                    flag: format!("--setting {key}=..."),
                    text: format!("{} ({key})", setting.doc),
                    default: usual.map(str::to_owned),
                    ..Question::default()
                },
                given.get(&key).cloned(),
                &|draft, answer| {
                    let value = value_of(&setting, answer);
                    draft.settings.insert((service.clone(), name.clone()), value);
                    Ok(())
                },
            )?;
        }
        for (key, answer) in given.into_iter().filter(|(key, _)| !done.contains(key)) {
            self.extra_setting(&key, &answer)?;
        }
        Ok(())
    }

    fn setting(&mut self, service: &str, name: &str) -> Option<Setting> {
        let component = self.draft.component(service)?.to_owned();
        self.component(&component)?.settings.get(name).cloned()
    }

    /// A setting that nobody asked for.
    fn extra_setting(&mut self, key: &str, answer: &str) -> Result<(), Failure> {
        let (service, name) = key.split_once('.').unwrap_or((key, ""));
        let Some(component) = self.draft.component(service).map(str::to_owned) else {
            let blueprint = &self.draft.blueprint;
            let known = blueprint.services.keys().chain(blueprint.shared.keys()).map(String::as_str);
            self.problems.push(unknown("--setting", "service", service, known));
            return Ok(());
        };
        let Some(component) = self.component(&component) else { return Ok(()) };
        let Some(setting) = component.settings.get(name) else {
            let known = component.settings.keys().map(String::as_str);
            self.problems.push(unknown("--setting", "setting", name, known));
            return Ok(());
        };
        let question = Question { flag: format!("--setting {key}=..."), ..Question::default() };
        self.put(&question, Some(answer.to_owned()), &|draft, answer| {
            draft.settings.insert((service.to_owned(), name.to_owned()), value_of(setting, answer));
            Ok(())
        })
    }

    fn nodes(&mut self) -> Result<(), Failure> {
        let hosts = self.draft.hosts.len();
        if hosts < 2 && self.args.nodes.is_none() {
            return Ok(());
        }
        let text = "How many of the hosts run a node; the first one that does not takes what all share";
        let default = Some(self.draft.nodes.unwrap_or(hosts).to_string());
        let question = Question { flag: "--nodes".into(), text: text.into(), default, ..Question::default() };
        // What a host without a node is for is said by later answers.
        self.judge = false;
        let done = self.put(&question, self.args.nodes.map(|n| n.to_string()), &|draft, answer| {
            let count: usize = answer.parse().map_err(|_| format!("`{answer}` is no number"))?;
            if count == 0 || count > draft.hosts.len().max(1) {
                let hosts = draft.hosts.len();
                return Err(format!("each node has a host of its own: 1 to {hosts} with these hosts"));
            }
            draft.nodes = Some(count);
            Ok(())
        });
        self.judge = true;
        done
    }

    fn monitoring(&mut self) -> Result<(), Failure> {
        let args = self.args;
        let on = match (args.no_monitoring, args.monitoring || args.alerts.is_some()) {
            (true, _) => false,
            (false, true) => true,
            (false, false) if !self.interactive => {
                let mut watched = self.draft.clone();
                watched.alerts = Some(AlertTo::Pagerduty);
                if self.strict && self.is_better(&watched, &self.draft) {
                    self.missing("--alerts", "the rules want this network to be watched");
                }
                false
            }
            (false, false) => self.yes("Metrics, alerts and dashboards")?,
        };
        if !on {
            self.draft.alerts = None;
            return Ok(());
        }
        let values = AlertTo::value_variants().iter().filter_map(AlertTo::to_possible_value);
        let help =
            |v: &clap::builder::PossibleValue| v.get_help().map(ToString::to_string).unwrap_or_default();
        let options = values.map(|value| (value.get_name().to_owned(), help(&value))).collect();
        let given = args.alerts.and_then(|a| a.to_possible_value()).map(|v| v.get_name().to_owned());
        let text = "Who is told of alerts".into();
        let question = Question { flag: "--alerts".into(), text, options, ..Question::default() };
        self.choose(&question, given, &|draft, answer| {
            draft.alerts = AlertTo::from_str(answer, false).ok();
            Ok(())
        })?;
        if self.draft.alerts.is_none() {
            return Ok(());
        }
        self.wanted(
            "--heartbeat",
            "URL that hears from Prometheus every few minutes, and calls you when it hears nothing",
            args.heartbeat.clone(),
            SAMPLE_HEARTBEAT,
            &|draft, answer| set(&mut draft.heartbeat, answer),
        )
    }
}

/// The default that the schema of the manifest gives.
fn default_of(pointer: &str) -> Option<String> {
    schema::of::<Manifest>().pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn unknown<'a>(flag: &str, kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = did_you_mean(name, known.clone()).map(|near| format!("; did you mean `{near}`?"));
    let near = near.unwrap_or_else(|| format!("; there are {}", list_names(known, 20)));
    format!("`{flag}`: there is no {kind} `{name}`{near}")
}

/// An empty answer takes the value out.
fn set(place: &mut Option<String>, answer: &str) -> Result<(), String> {
    *place = (!answer.is_empty()).then(|| answer.to_owned());
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty())
}

/// A setting as its type wants it; what does not fit stays text, and the rules refuse it.
fn value_of(setting: &Setting, text: &str) -> Value {
    match setting.kind {
        SettingType::Integer | SettingType::Number | SettingType::Boolean => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        SettingType::List | SettingType::UrlList => words(text).map(Value::from).collect(),
        SettingType::Secret => serde_json::json!({ "secret": text }),
        _ => text.into(),
    }
}
