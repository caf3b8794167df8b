//! Whether an expression speaks of single instances.

use promql_parser::label::Labels;
use promql_parser::parser::{Expr, LabelModifier};

use super::children;

/// What has a result where series are missing.
const OF_ABSENCE: [&str; 3] = ["absent", "absent_over_time", "vector"];

/// Whether every aggregation keeps at least one of some labels apart, and nothing is about absence.
pub(super) fn is_local(expr: &Expr, apart: &[&str]) -> bool {
    let own = match expr {
        Expr::Aggregate(aggregate) => match &aggregate.modifier {
            Some(LabelModifier::Include(kept)) => names(kept, apart),
            Some(LabelModifier::Exclude(dropped)) => !names(dropped, apart),
            None => false,
        },
        Expr::Call(call) => !OF_ABSENCE.contains(&call.func.name),
        _ => true,
    };
    own && children(expr).into_iter().all(|child| is_local(child, apart))
}

fn names(labels: &Labels, apart: &[&str]) -> bool {
    labels.labels.iter().any(|label| apart.contains(&label.as_str()))
}
