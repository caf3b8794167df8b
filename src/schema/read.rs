//! From a tree to a typed manifest, with every problem reported and as much as possible kept.

use jsonschema::Validator;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fit::fits;
use super::of;
use super::validate::{differences, of_another_tool, validate};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::Span;
use crate::value::{self, Node};

/// How often a value that its type refuses is taken out and the rest is tried again. Each time costs
/// a reading of the whole.
const MOST_ROUNDS: usize = 64;

/// Reads a type from a tree. What does not fit is reported and left out, and with it whatever cannot
/// be without it; `stand_in` may add what the whole cannot be without. `None` where nothing is left.
pub fn read<T: DeserializeOwned + JsonSchema>(
    node: &Node,
    sink: &mut Sink,
    stand_in: fn(&mut Node),
) -> Option<T> {
    let schema = of::<T>();
    // What is well is read at once.
    if fits(&schema, node)
        && of_another_tool(node, &schema).is_none()
        && let Ok(read) = value::decode(node)
    {
        return Some(read);
    }
    let validator = match jsonschema::validator_for(&schema) {
        Ok(validator) => validator,
        // A schema of ours that does not compile is a defect; a test compiles every one of them.
        Err(error) => {
            sink.push(Diagnostic::new(&codes::BAD_COMPONENT, Span::nowhere(), format!("schema: {error}")));
            return None;
        }
    };
    let wrong = validate(&validator, node, &schema, sink);
    if wrong.is_empty()
        && let Ok(read) = value::decode(node)
    {
        return Some(read);
    }
    let mut usable = node.clone();
    usable.prune(&wrong);
    for _ in 0..MOST_ROUNDS {
        if !settle(&validator, &schema, &mut usable, stand_in) {
            return None;
        }
        match value::decode(&usable) {
            Ok(read) => return Some(read),
            // A type may be stricter than its schema.
            Err(error) => {
                let mut diagnostic = Diagnostic::new(&codes::INVALID_VALUE, error.span, error.message);
                if let Some(help) = error.help {
                    diagnostic = diagnostic.help(help);
                }
                sink.push(diagnostic);
                if !usable.prune_at(error.span) {
                    return None;
                }
            }
        }
    }
    None
}

/// Takes out what is incomplete, until what is left fits the schema; false where nothing would be left.
fn settle(validator: &Validator, schema: &Value, usable: &mut Node, stand_in: fn(&mut Node)) -> bool {
    // Each round takes out at least one level; there are no more levels than this.
    for _ in 0..value::MAX_DEPTH {
        stand_in(usable);
        let wrong = differences(validator, usable, schema, None);
        if wrong.is_empty() || wrong.iter().any(String::is_empty) {
            return wrong.is_empty();
        }
        usable.prune(&wrong);
    }
    false
}
