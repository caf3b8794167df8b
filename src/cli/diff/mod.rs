//! `netgen diff`

pub(super) mod args;
mod git;
pub(super) mod side;

use self::args::{Diff as Args, FailOn};
use super::args::Form;
use super::exit::Exit;
use super::output::Output;
use super::progress::watched;
use super::{Failure, Outcome};
use crate::bundle;
use crate::diff::{Diff, Effect, Origin, diff, page};

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let sides = side::sides(args, output)?;
    let [Ok(old), Ok(new)] = sides else {
        // Why was told; the worse of both is the exit code.
        return Ok(sides.into_iter().filter_map(Result::err).next().unwrap_or(Exit::Findings));
    };
    let diff = watched(output, "comparing", || diff(&old, &new));
    output.data(&match args.form {
        Form::Human => page::text(&diff),
        Form::Markdown => page::markdown(&diff),
        // Names, numbers and lists of them always serialize.
        Form::Json => serde_json::to_string_pretty(&diff).unwrap_or_default() + "\n",
    });
    if let Some(path) = &args.rollout {
        let text = serde_json::to_string_pretty(&diff.rollout.variables()).unwrap_or_default() + "\n";
        bundle::replace_file(path, text.as_bytes())
            .map_err(|error| Failure::new(Exit::Io, error.to_string()))?;
        output.note(&format!("{}: {} waves", path.display(), diff.rollout.waves.len()));
    }
    if let Some(why) = args.fail_on.iter().find_map(|what| refused(*what, &diff)) {
        return Err(Failure::new(Exit::Findings, why));
    }
    Ok(if args.exit_code && !diff.is_empty() { Exit::Stale } else { Exit::Ok })
}

/// Why a diff is refused by what it must not do.
fn refused(what: FailOn, diff: &Diff) -> Option<String> {
    let at_least = |effect: Effect| {
        let change = diff.changes.iter().filter(|change| change.effect >= effect).max_by_key(|c| c.effect)?;
        let (kind, name) = (change.subject.kind.word(), &change.subject.name);
        Some(format!("the change does {}: {kind} `{name}`: {}", change.effect.word(), change.reason))
    };
    match what {
        FailOn::DataLoss => at_least(Effect::DataLoss),
        FailOn::Recreate => at_least(Effect::Recreate),
        FailOn::Restart => at_least(Effect::Restart),
        FailOn::Exposure => {
            let touch = diff.blast.opened.iter().find(|touch| touch.is_exposure())?;
            let (port, host, service) = (touch.port, &touch.host, &touch.service);
            Some(format!("the change opens port {port} of `{host}` (`{service}`) to anyone"))
        }
        FailOn::Quorum => {
            let power = diff.blast.power.as_ref().filter(|power| power.margin_during < 0)?;
            let (down, all) = (power.down, power.after);
            Some(format!(
                "the change stops {down} of {all} voting power at once, more than the chain survives"
            ))
        }
        FailOn::AlertLost => {
            let touch = diff.blast.alerts_lost.first()?;
            Some(format!("the change takes the alert `{}` away", touch.alert))
        }
        FailOn::Moved => {
            let moved = diff.changes.iter().find(|change| change.origin == Origin::Moved)?;
            Some(format!("a default moved: {} `{}`", moved.subject.kind.word(), moved.subject.name))
        }
    }
}
