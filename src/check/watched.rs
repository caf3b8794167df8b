//! What is asked of Prometheus in a network, as the stage that renders it hands it over.

use crate::manifest::Severity;
use crate::query::Query;
use crate::text::Span;

/// All that is scraped, and all that is asked of it.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The scrape jobs.
    pub jobs: Vec<WatchedJob>,
    /// Expressions. A recording rule stands before those that use it.
    pub asked: Vec<Asked>,
}

/// A scrape job and the labels of its targets.
#[derive(Clone, Debug)]
pub struct WatchedJob {
    /// The value of the label `job`; the component.
    pub name: String,
    /// Each label with whether every target has it.
    pub labels: Vec<(String, bool)>,
}

/// One expression.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What asks.
    pub what: What,
    /// The component whose data it is; `None` for the network as a whole.
    pub component: Option<String>,
    /// PromQL, rendered.
    pub expr: String,
    /// The same as it was read, where somebody read it before.
    pub query: Option<Query>,
    /// Where it was written, as a template.
    pub origin: Span,
    /// Texts that name labels of the result.
    pub texts: Vec<Annotation>,
}

/// What asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An alert.
    Alert {
        /// Its name.
        name: String,
        /// How soon a person must act.
        severity: Severity,
        /// It always fires, and should.
        heartbeat: bool,
        /// The labels by which it silences others.
        silences: Vec<String>,
    },
    /// A recording rule.
    Record {
        /// The metric that it makes.
        name: String,
        /// The labels that it adds.
        labels: Vec<String>,
    },
    /// A panel.
    Panel {
        /// Its title.
        title: String,
    },
}

/// A text that names labels.
#[derive(Clone, Debug)]
pub struct Annotation {
    /// What it is, for messages: `summary`, `legend`.
    pub what: &'static str,
    /// The text: Prometheus' template of an alert, or Grafana's of a legend.
    pub text: String,
    /// Where it was written; nowhere where that is not known.
    pub origin: Span,
}

impl Asked {
    /// For messages: ``alert `Name` ``.
    pub fn title(&self) -> String {
        match &self.what {
            What::Alert { name, .. } => format!("alert `{name}`"),
            What::Record { name, .. } => format!("recording rule `{name}`"),
            What::Panel { title } => format!("panel `{title}`"),
        }
    }

    /// Whether it is an alert.
    pub fn is_alert(&self) -> bool {
        matches!(self.what, What::Alert { .. })
    }

    /// The labels that its texts name, each with the words that name it and the text.
    pub fn named_labels(&self) -> Vec<(&str, String, &Annotation)> {
        let mut found = Vec::new();
        for text in &self.texts {
            let named = match self.what {
                What::Panel { .. } => of_legend(&text.text),
                What::Alert { .. } | What::Record { .. } => of_template(&text.text),
            };
            found.extend(named.into_iter().map(|(label, words)| (label, words, text)));
        }
        found
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// `$labels.x`, `.Labels.x` and `index $labels "x"` in a template of Prometheus.
fn of_template(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    for action in text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()) {
        for opening in ["$labels.", ".Labels."] {
            for (at, _) in action.match_indices(opening) {
                let rest = action.get(at + opening.len()..).unwrap_or("");
                let label = rest.split(|c: char| !is_part(c)).next().unwrap_or("");
                found.push((label, format!("{opening}{label}")));
            }
        }
        for (at, opening) in action.match_indices("index $labels \"") {
            let label =
                action.get(at + opening.len()..).and_then(|rest| rest.split('"').next()).unwrap_or("");
            found.push((label, format!("{opening}{label}\"")));
        }
    }
    found.retain(|(label, _)| !label.is_empty());
    found
}

/// `{{x}}` in a legend of Grafana.
fn of_legend(text: &str) -> Vec<(&str, String)> {
    let parts = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    let labels = parts.map(|(inside, _)| (inside.trim(), format!("{{{{{inside}}}}}")));
    labels.filter(|(label, _)| !label.is_empty() && label.chars().all(is_part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_texts() {
        let text = "{{ $labels.host }}: {{ $value | humanize }} of {{ .Labels.mode }}, {{ if $labels.a }}x{{ end }}, $labels.no";
        let labels =
            |found: Vec<(&'static str, String)>| found.into_iter().map(|(l, _)| l).collect::<Vec<_>>();
        assert_eq!(labels(of_template(text)), ["host", "mode", "a"]);
        assert_eq!(labels(of_template("{{ index $labels \"b\" }}")), ["b"]);
        assert_eq!(of_legend("{{ service }} {{code}}")[0], ("service", "{{ service }}".to_owned()));
        assert_eq!(labels(of_legend("a {{x}} {{y}} {{a b}} {{")), ["x", "y"]);
    }
}
