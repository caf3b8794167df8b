//! Holds what a reader gives back against what was written.

use crate::bench::{Bench, Fault};
use crate::syntaxes::{Outcome, Syntax, Writer};

/// What has become of the values.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// The reader gave them back.
    pub kept: usize,
    /// The writer refused them, and may.
    pub refused: usize,
}

/// How many faults are told.
const TOLD: usize = 5;

/// How much of a value is told.
const SHOWN: usize = 300;

/// Every value is kept, or is one that may be refused. All else is [`Fault::Rejected`].
pub fn judge(bench: &Bench, syntax: &Syntax, writer: Writer, values: &[String]) -> Result<Tally, Fault> {
    let outcomes = match (syntax.read)(bench, writer, values) {
        Err(Fault::Rejected(said)) => {
            let culprit = culprit(bench, syntax, writer, values)?;
            return Err(Fault::Rejected(format!("the reader refuses {}: {}", shown(culprit), cut(&said))));
        }
        other => other?,
    };
    if outcomes.len() != values.len() {
        let counts = format!("{} outcomes of {} values", outcomes.len(), values.len());
        return Err(Fault::Trouble(counts));
    }
    let mut tally = Tally { kept: 0, refused: 0 };
    let mut faults = Vec::new();
    for (value, outcome) in values.iter().zip(outcomes) {
        match outcome {
            Outcome::Kept => tally.kept += 1,
            Outcome::Refused(_) if (syntax.refusable)(value) => tally.refused += 1,
            Outcome::Refused(why) => faults.push(format!("{} may not be refused: {why}", shown(value))),
            Outcome::Changed { place, to } => {
                let to = to.map_or_else(|| "nothing".to_owned(), |to| shown(&to));
                faults.push(format!("{} in {place} has become {to}", shown(value)));
            }
        }
    }
    if faults.is_empty() {
        return Ok(tally);
    }
    let count = faults.len();
    faults.truncate(TOLD);
    Err(Fault::Rejected(format!("{count} of {} values\n{}", values.len(), faults.join("\n"))))
}

/// A value for which the reader refuses the whole file: found by halves. Where each half passes
/// alone it is the first of the values that do not.
fn culprit<'a>(
    bench: &Bench,
    syntax: &Syntax,
    writer: Writer,
    mut values: &'a [String],
) -> Result<&'a str, Fault> {
    while values.len() > 1 {
        let (first, second) = values.split_at(values.len() / 2);
        values = match (syntax.read)(bench, writer, first) {
            Err(Fault::Rejected(_)) => first,
            Err(fault) => return Err(fault),
            Ok(_) => second,
        };
    }
    Ok(values.first().map_or("no value at all", String::as_str))
}

/// A value as it is told.
pub fn shown(value: &str) -> String {
    cut(&format!("{value:?}"))
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(SHOWN).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// The trials of this module.
pub const TRIALS: &[(&str, fn())] = &[
    ("keeping_and_refusing_pass", keeping_and_refusing_pass),
    ("a_changed_value_is_told", a_changed_value_is_told),
    ("a_refusal_without_cause_is_told", a_refusal_without_cause_is_told),
    ("a_refused_file_leads_to_its_value", a_refused_file_leads_to_its_value),
    ("a_forgotten_value_is_told", a_forgotten_value_is_told),
];

/// A syntax whose outcomes stand in the values.
const PLAIN: Syntax = Syntax {
    name: "plain",
    tools: &[],
    read: |_, _, values| {
        let outcome = |value: &String| match value.as_str() {
            "changed" => Some(Outcome::of(value, [("here", Some(value.as_str())), ("there", Some("x"))])),
            "lost" => Some(Outcome::of(value, [("here", None)])),
            "forgotten" => None,
            value if value.starts_with("refused") => Some(Outcome::Refused("it is not wanted".to_owned())),
            _ => Some(Outcome::Kept),
        };
        if values.iter().any(|value| value == "spoilt") {
            return Err(Fault::Rejected("line 1".to_owned()));
        }
        Ok(values.iter().filter_map(outcome).collect())
    },
    mistaken: "changed",
    refusable: |value| value == "refused",
};

fn judged(values: &[&str]) -> Result<Tally, String> {
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    let bench = Bench::new().unwrap();
    judge(&bench, &PLAIN, Writer::Netgen, &values).map_err(|fault| fault.text().to_owned())
}

fn keeping_and_refusing_pass() {
    let tally = judged(&["a", "refused", "b"]).unwrap();
    assert_eq!((tally.kept, tally.refused), (2, 1));
}

fn a_changed_value_is_told() {
    let told = judged(&["a", "changed", "lost"]).unwrap_err();
    assert_eq!(
        told,
        "2 of 3 values\n\"changed\" in there has become \"x\"\n\"lost\" in here has become nothing"
    );
}

fn a_refusal_without_cause_is_told() {
    assert!(
        judged(&["refused too"])
            .unwrap_err()
            .ends_with("\"refused too\" may not be refused: it is not wanted")
    );
}

fn a_refused_file_leads_to_its_value() {
    for at in 0..7 {
        let mut values = ["a"; 7];
        values[at] = "spoilt";
        assert_eq!(judged(&values).unwrap_err(), "the reader refuses \"spoilt\": line 1");
    }
}

fn a_forgotten_value_is_told() {
    assert_eq!(judged(&["a", "forgotten"]).unwrap_err(), "1 outcomes of 2 values");
}
