//! Where an expression names a label, and whether it can be there.

use promql_parser::parser::{AggregateExpr, BinaryExpr, Call, Expr, LabelModifier};

use super::verdict::{is_of_buckets, matches_series};
use super::{Labels, Presence, Selector, Series, bare, children, labels, operand, selector};

/// What a label is named for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// In a selector of that metric.
    Matcher(Option<String>),
    /// After `by`.
    By,
    /// After `on`.
    On,
    /// After `group_left` or `group_right`.
    Group,
    /// As an argument of a function of labels.
    Argument(String),
}

/// One label that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelUse {
    /// The label.
    pub label: String,
    /// Where it stands.
    pub place: Where,
    /// Whether it can be there.
    pub presence: Presence,
    /// The labels that can.
    pub known: Vec<String>,
}

/// Every use, from left to right. What follows `without` and `ignoring` may be absent.
pub(super) fn all(expr: &Expr, series: &dyn Series) -> Vec<LabelUse> {
    let mut found = Vec::new();
    walk(expr, series, false, &mut found);
    found
}

fn walk(expr: &Expr, series: &dyn Series, of_buckets: bool, found: &mut Vec<LabelUse>) {
    let before = found.len();
    match expr {
        Expr::VectorSelector(_) | Expr::MatrixSelector(_) => {
            for one in selector::all(expr) {
                of_selector(&one, series, found);
            }
        }
        Expr::Aggregate(aggregate) => of_aggregate(aggregate, series, found),
        Expr::Binary(binary) => of_binary(binary, series, found),
        Expr::Call(call) => of_call(call, series, found),
        _ => {}
    }
    if of_buckets {
        // That buckets are missing is told by itself.
        let mut at = 0;
        found.retain(|one| {
            at += 1;
            at <= before || one.label != "le"
        });
    }
    let of_buckets = of_buckets || matches!(expr, Expr::Call(call) if is_of_buckets(call));
    children(expr).into_iter().for_each(|child| walk(child, series, of_buckets, found));
}

fn one(label: &str, place: Where, labels: &Labels) -> LabelUse {
    let known = labels.names().map(str::to_owned).collect();
    LabelUse { label: label.to_owned(), place, presence: labels.presence(label), known }
}

fn of_selector(selector: &Selector, series: &dyn Series, found: &mut Vec<LabelUse>) {
    let labels = series.labels(selector);
    for matcher in &selector.matchers {
        found.push(one(&matcher.label, Where::Matcher(selector.metric.clone()), &labels));
    }
}

fn of_aggregate(aggregate: &AggregateExpr, series: &dyn Series, found: &mut Vec<LabelUse>) {
    let Some(LabelModifier::Include(names)) = &aggregate.modifier else { return };
    let inner = labels::of(&aggregate.expr, series);
    found.extend(names.labels.iter().map(|name| one(name, Where::By, &inner)));
}

fn of_binary(binary: &BinaryExpr, series: &dyn Series, found: &mut Vec<LabelUse>) {
    let Some(modifier) = &binary.modifier else { return };
    if !matches_series(binary) {
        return;
    }
    let (left, right) = (labels::of(&binary.lhs, series), labels::of(&binary.rhs, series));
    if let Some(LabelModifier::Include(names)) = &modifier.matching {
        // On one side alone is a matter of matching.
        found.extend(names.labels.iter().map(|name| one(name, Where::On, &left.or(&right))));
    }
    let extra = modifier.card.labels().into_iter().flat_map(|names| &names.labels);
    let fewer = match &modifier.card {
        promql_parser::parser::VectorMatchCardinality::OneToMany(_) => &left,
        _ => &right,
    };
    found.extend(extra.map(|name| one(name, Where::Group, fewer)));
}

fn of_call(call: &Call, series: &dyn Series, found: &mut Vec<LabelUse>) {
    let from = match call.func.name {
        "label_replace" => 3..4,
        "label_join" => 3..call.args.len(),
        "sort_by_label" | "sort_by_label_desc" => 1..call.args.len(),
        _ => return,
    };
    let Some(inner) = operand(call).map(|arg| labels::of(arg, series)) else { return };
    for at in from {
        if let Some(Expr::StringLiteral(label)) = call.args.args.get(at).map(|arg| bare(arg)) {
            // `label_replace(v, "a", "b", "", "")` sets a label to a fixed text.
            if !label.val.is_empty() {
                found.push(one(&label.val, Where::Argument(call.func.name.to_owned()), &inner));
            }
        }
    }
}
