//! What can be said of an expression as a whole: it can never hold, it always holds, it has no
//! buckets to take a quantile of.

use promql_parser::parser::token::{T_LAND, T_LOR, T_LUNLESS};
use promql_parser::parser::{BinaryExpr, Call, Expr, LabelModifier};

use super::{Presence, Series, bare, children, is_scalar, labels, operand, selector, values};

/// A part of an expression that has no result, ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Never {
    /// The part, as PromQL.
    pub part: String,
    /// A word in it to point at.
    pub word: String,
    /// Why.
    pub why: String,
    /// What never holds.
    pub kind: Kind,
}

/// What never holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A comparison.
    Comparison,
    /// A match of two sides of which one alone has this label.
    Match(String),
}

/// Why an expression always has a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing is compared.
    NoComparison,
    /// A comparison with `bool` gives 0 or 1 and leaves nothing out.
    Bool,
    /// This comparison holds for every value.
    Always(String),
}

/// Functions over the buckets of a histogram.
pub(super) fn is_of_buckets(call: &Call) -> bool {
    ["histogram_quantile", "histogram_quantiles", "histogram_fraction"].contains(&call.func.name)
}

/// Whether series of two sides are matched with each other.
pub(super) fn matches_series(binary: &BinaryExpr) -> bool {
    !is_scalar(&binary.lhs) && !is_scalar(&binary.rhs)
}

pub(super) fn never(expr: &Expr, series: &dyn Series) -> Vec<Never> {
    let mut found = Vec::new();
    walk(expr, &mut |node| {
        let Expr::Binary(binary) = node else { return };
        if binary.op.is_comparison_operator() {
            let (left, right) = (values::of(&binary.lhs, series), values::of(&binary.rhs, series));
            if left.compare(binary.op.id(), right) == Some(false) {
                let (side, values) =
                    if is_number(&binary.lhs) { (&binary.rhs, right) } else { (&binary.lhs, left) };
                found.push(Never {
                    part: binary.to_string(),
                    word: head(side),
                    why: format!("`{side}` is {}", values.words()),
                    kind: Kind::Comparison,
                });
                return;
            }
        }
        if let Some((label, left)) = unmatched(binary, series) {
            let (side, other) = if left { ("left", "right") } else { ("right", "left") };
            found.push(Never {
                part: binary.to_string(),
                word: head(&binary.lhs),
                why: format!(
                    "every series on the {side} of `{}` has the label `{label}`, none on the {other}",
                    binary.op
                ),
                kind: Kind::Match(label),
            });
        }
    });
    found
}

pub(super) fn is_empty(expr: &Expr, series: &dyn Series) -> bool {
    let side = |side: &Expr| !is_scalar(side) && is_empty(side, series);
    match expr {
        Expr::Paren(inner) => is_empty(&inner.expr, series),
        Expr::Subquery(inner) => is_empty(&inner.expr, series),
        Expr::Unary(inner) => is_empty(&inner.expr, series),
        Expr::Aggregate(inner) => is_empty(&inner.expr, series),
        Expr::Binary(binary) => {
            let (left, right) = (side(&binary.lhs), side(&binary.rhs));
            match binary.op.id() {
                T_LOR => left && right,
                T_LUNLESS => left,
                _ => left || right || unmatched(binary, series).is_some() || compares_in_vain(binary, series),
            }
        }
        Expr::Call(call) if ["absent", "absent_over_time", "scalar"].contains(&call.func.name) => false,
        Expr::Call(call) => operand(call).is_some_and(|arg| is_empty(arg, series)),
        _ => false,
    }
}

/// Whether a comparison leaves out whatever there is.
fn compares_in_vain(binary: &BinaryExpr, series: &dyn Series) -> bool {
    let (left, right) = (values::of(&binary.lhs, series), values::of(&binary.rhs, series));
    binary.op.is_comparison_operator()
        && !binary.return_bool()
        && left.compare(binary.op.id(), right) == Some(false)
}

/// A label that all series of one side have and none of the other, though they must be equal.
fn unmatched(binary: &BinaryExpr, series: &dyn Series) -> Option<(String, bool)> {
    if !matches_series(binary) || [T_LOR, T_LUNLESS].contains(&binary.op.id()) {
        return None;
    }
    let (left, right) = (labels::of(&binary.lhs, series), labels::of(&binary.rhs, series));
    let all = || left.names().chain(right.names()).map(str::to_owned);
    let names: Vec<String> = match binary.modifier.as_ref().and_then(|m| m.matching.as_ref()) {
        Some(LabelModifier::Include(names)) => names.labels.clone(),
        Some(LabelModifier::Exclude(names)) => all().filter(|name| !names.labels.contains(name)).collect(),
        None => all().collect(),
    };
    names.into_iter().find_map(|name| match (left.presence(&name), right.presence(&name)) {
        (Presence::Sure, Presence::Never) => Some((name, true)),
        (Presence::Never, Presence::Sure) => Some((name, false)),
        _ => None,
    })
}

/// Why it does not depend on a value; `None` where it does.
pub(super) fn unconditional(expr: &Expr, series: &dyn Series) -> Option<Why> {
    match expr {
        Expr::Paren(inner) => unconditional(&inner.expr, series),
        Expr::Subquery(inner) => unconditional(&inner.expr, series),
        Expr::Unary(inner) => unconditional(&inner.expr, series),
        Expr::Aggregate(inner) => unconditional(&inner.expr, series),
        Expr::Binary(binary) => of_binary(binary, series),
        // Alerts that fire are series that come and go.
        Expr::VectorSelector(_) | Expr::MatrixSelector(_) => {
            let alerts = selector::all(expr).iter().all(|s| s.metric.as_deref() == Some("ALERTS"));
            (!alerts).then_some(Why::NoComparison)
        }
        Expr::Call(call) if ["absent", "absent_over_time"].contains(&call.func.name) => None,
        Expr::Call(call) => operand(call).map_or(Some(Why::NoComparison), |arg| unconditional(arg, series)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Some(Why::NoComparison),
    }
}

fn of_binary(binary: &BinaryExpr, series: &dyn Series) -> Option<Why> {
    let side =
        |side: &Expr| if is_scalar(side) { Some(Why::NoComparison) } else { unconditional(side, series) };
    let both = || Some(side(&binary.lhs)?.min_with(side(&binary.rhs)?));
    match binary.op.id() {
        // That there is a second series, or none, is a condition.
        T_LAND | T_LUNLESS => None,
        T_LOR => match (side(&binary.lhs), side(&binary.rhs)) {
            (None, None) => None,
            (left, right) => left.or(right),
        },
        _ if !binary.op.is_comparison_operator() => both(),
        _ if binary.return_bool() => both().map(|_| Why::Bool),
        op => match values::of(&binary.lhs, series).compare(op, values::of(&binary.rhs, series)) {
            Some(true) => both().map(|_| Why::Always(binary.to_string())),
            _ => None,
        },
    }
}

impl Why {
    /// The one that says more.
    fn min_with(self, other: Self) -> Self {
        if self == Self::NoComparison { other } else { self }
    }
}

pub(super) fn without_buckets(expr: &Expr, series: &dyn Series) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    walk(expr, &mut |node| {
        let Expr::Call(call) = node else { return };
        let Some(arg) = operand(call).filter(|_| is_of_buckets(call)) else { return };
        if labels::of(arg, series).presence("le") == Presence::Never {
            let metric = selector::all(arg).into_iter().find_map(|selector| selector.metric);
            found.push((call.func.name.to_owned(), metric));
        }
    });
    found
}

pub(super) fn drops(expr: &Expr, label: &str, series: &dyn Series) -> bool {
    if labels::of(expr, series).presence(label) != Presence::Never {
        return false;
    }
    let mut dropped = false;
    walk(expr, &mut |node| {
        let inner = match node {
            Expr::Aggregate(aggregate) => Some(&aggregate.expr),
            Expr::Binary(binary) if matches_series(binary) => Some(&binary.lhs),
            _ => None,
        };
        dropped |= labels::of(node, series).presence(label) == Presence::Never
            && inner.is_some_and(|inner| labels::of(inner, series).presence(label) != Presence::Never);
    });
    dropped
}

fn walk<'a>(expr: &'a Expr, look: &mut impl FnMut(&'a Expr)) {
    look(expr);
    for child in children(expr) {
        walk(child, look);
    }
}

fn is_number(expr: &Expr) -> bool {
    matches!(bare(expr), Expr::NumberLiteral(_))
}

/// The first word of an expression.
fn head(expr: &Expr) -> String {
    match expr {
        Expr::Aggregate(aggregate) => aggregate.op.to_string(),
        Expr::Call(call) => call.func.name.to_owned(),
        Expr::VectorSelector(selector) => selector.name.clone().unwrap_or_default(),
        Expr::MatrixSelector(range) => range.vs.name.clone().unwrap_or_default(),
        other => children(other).first().map(|child| head(child)).unwrap_or_default(),
    }
}
