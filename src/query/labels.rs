//! The labels of a result, as far as they follow from the expression.

use std::collections::BTreeMap;
use std::sync::Arc;

use promql_parser::label::Labels as Names;
use promql_parser::parser::token::{T_BOTTOMK, T_COUNT_VALUES, T_LIMIT_RATIO, T_LIMITK, T_LOR, T_TOPK};
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorMatchCardinality, VectorSelector,
};

use super::{Selector, Series, bare, is_scalar, operand};

/// The label that holds the metric.
const NAME: &str = "__name__";

/// Whether a series has a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// No series has it.
    Never,
    /// Some may.
    Maybe,
    /// Every series has it.
    Sure,
}

/// The labels of a set of series; by default none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Names are shared: there are few, and they are in many sets.
    known: BTreeMap<Arc<str>, Presence>,
    /// All others.
    rest: Presence,
}

impl Default for Labels {
    fn default() -> Self {
        Self::none()
    }
}

impl Labels {
    /// No labels at all.
    pub fn none() -> Self {
        Self { known: BTreeMap::new(), rest: Presence::Never }
    }

    /// Nothing is known.
    pub fn unknown() -> Self {
        Self { known: BTreeMap::new(), rest: Presence::Maybe }
    }

    /// The same with a label set.
    #[must_use]
    pub fn with(mut self, label: &str, presence: Presence) -> Self {
        match self.known.get_mut(label) {
            Some(known) => *known = presence,
            None => {
                self.known.insert(label.into(), presence);
            }
        }
        self
    }

    /// Whether a label is there.
    pub fn presence(&self, label: &str) -> Presence {
        self.known.get(label).copied().unwrap_or(self.rest)
    }

    /// The labels that can be there, by name, the metric's own name left aside.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let there = self.known.iter().filter(|(_, presence)| **presence != Presence::Never);
        there.map(|(label, _)| &**label).filter(|label| *label != NAME)
    }

    /// Series of either set.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.merged(other, |a, b| if a == b { a } else { Presence::Maybe })
    }

    /// Series that are equal in both sets: what one side surely has and what one side has not.
    fn equal(&self, other: &Self) -> Self {
        self.merged(other, |a, b| {
            if a == Presence::Never || b == Presence::Never { Presence::Never } else { a.max(b) }
        })
    }

    fn merged(&self, other: &Self, join: impl Fn(Presence, Presence) -> Presence) -> Self {
        let names = self.known.keys().chain(other.known.keys());
        let known =
            names.map(|name| (Arc::clone(name), join(self.presence(name), other.presence(name)))).collect();
        Self { known, rest: join(self.rest, other.rest) }
    }

    fn only(&self, names: &Names) -> Self {
        let known = names.labels.iter().map(|name| (name.as_str().into(), self.presence(name))).collect();
        Self { known, rest: Presence::Never }
    }

    fn without(self, names: &Names) -> Self {
        names.labels.iter().fold(self, |labels, name| labels.with(name, Presence::Never))
    }

    fn nameless(self) -> Self {
        self.with(NAME, Presence::Never)
    }
}

/// The labels of the result of an expression.
pub(super) fn of(expr: &Expr, series: &dyn Series) -> Labels {
    match expr {
        Expr::VectorSelector(selector) => of_selector(selector, series),
        Expr::MatrixSelector(range) => of_selector(&range.vs, series),
        Expr::Paren(inner) => of(&inner.expr, series),
        Expr::Subquery(inner) => of(&inner.expr, series),
        Expr::Unary(inner) => of(&inner.expr, series).nameless(),
        Expr::Aggregate(aggregate) => of_aggregate(aggregate, series),
        Expr::Binary(binary) => of_binary(binary, series),
        Expr::Call(call) => of_call(call, series),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Labels::none(),
    }
}

fn of_selector(parsed: &VectorSelector, series: &dyn Series) -> Labels {
    let selector = Selector::new(parsed);
    let mut labels = series.labels(&selector);
    for matcher in &selector.matchers {
        if !matcher.matches("") {
            labels = labels.with(&matcher.label, Presence::Sure);
        } else if matcher.is_equality() {
            labels = labels.with(&matcher.label, Presence::Never);
        }
    }
    labels.with(NAME, Presence::Sure)
}

/// Whether an aggregation chooses series and does not make new ones.
pub(super) fn chooses(aggregate: &AggregateExpr) -> bool {
    [T_TOPK, T_BOTTOMK, T_LIMITK, T_LIMIT_RATIO].contains(&aggregate.op.id())
}

fn of_aggregate(aggregate: &AggregateExpr, series: &dyn Series) -> Labels {
    let inner = of(&aggregate.expr, series);
    if chooses(aggregate) {
        return inner;
    }
    let labels = match &aggregate.modifier {
        None => Labels::none(),
        Some(LabelModifier::Include(names)) => inner.only(names),
        Some(LabelModifier::Exclude(names)) => inner.without(names).nameless(),
    };
    match aggregate.param.as_deref().map(bare) {
        Some(Expr::StringLiteral(label)) if aggregate.op.id() == T_COUNT_VALUES => {
            labels.with(&label.val, Presence::Sure)
        }
        _ => labels,
    }
}

fn of_binary(binary: &BinaryExpr, series: &dyn Series) -> Labels {
    let (left, right) = (of(&binary.lhs, series), of(&binary.rhs, series));
    let keeps_name = binary.op.is_comparison_operator() && !binary.return_bool();
    let named = |labels: Labels| if keeps_name { labels } else { labels.nameless() };
    if is_scalar(&binary.lhs) {
        return named(right);
    }
    if is_scalar(&binary.rhs) {
        return named(left);
    }
    if binary.op.is_set_operator() {
        return if binary.op.id() == T_LOR { left.or(&right) } else { left };
    }
    let matching = binary.modifier.as_ref().and_then(|modifier| modifier.matching.as_ref());
    let many = |many: Labels, one: &Labels, extra: &Names| {
        let extra = extra.labels.iter();
        named(extra.fold(many, |labels, name| labels.with(name, one.presence(name))))
    };
    match binary.modifier.as_ref().map(|modifier| &modifier.card) {
        Some(VectorMatchCardinality::ManyToOne(extra)) => many(left, &right, extra),
        Some(VectorMatchCardinality::OneToMany(extra)) => many(right, &left, extra),
        _ => named(match matching {
            Some(LabelModifier::Include(names)) => left.equal(&right).only(names),
            Some(LabelModifier::Exclude(names)) => left.equal(&right).without(names),
            None => {
                let name = left.presence(NAME);
                left.equal(&right).with(NAME, name)
            }
        }),
    }
}

fn of_call(call: &Call, series: &dyn Series) -> Labels {
    let text = |at: usize| match call.args.args.get(at).map(|arg| bare(arg)) {
        Some(Expr::StringLiteral(text)) => Some(text.val.as_str()),
        _ => None,
    };
    let inner = || operand(call).map_or_else(Labels::none, |arg| of(arg, series));
    match call.func.name {
        "absent" | "absent_over_time" => of_absent(call),
        "scalar" | "vector" => Labels::none(),
        "label_replace" => {
            let labels = inner();
            let Some(target) = text(1) else { return labels };
            let presence = labels.presence(target).max(Presence::Maybe);
            labels.with(target, presence)
        }
        "label_join" => {
            let labels = inner();
            let Some(target) = text(1) else { return labels };
            let parts = (3..call.args.len()).filter_map(text);
            let sure = parts.map(|part| labels.presence(part)).max().unwrap_or(Presence::Maybe);
            labels.with(target, sure.max(Presence::Maybe))
        }
        "histogram_quantile" | "histogram_fraction" | "histogram_quantiles" => {
            inner().nameless().with("le", Presence::Never)
        }
        "info" => Labels { rest: Presence::Maybe, ..inner() },
        "last_over_time" | "first_over_time" => inner(),
        name if name.starts_with("sort") => inner(),
        _ => inner().nameless(),
    }
}

/// What is absent has the labels that were asked for by `=`, each once.
fn of_absent(call: &Call) -> Labels {
    let selector = match operand(call).map(bare) {
        Some(Expr::VectorSelector(selector)) => Selector::new(selector),
        Some(Expr::MatrixSelector(range)) => Selector::new(&range.vs),
        _ => return Labels::none(),
    };
    let times = |label: &str| selector.matchers.iter().filter(|m| m.label == label).count();
    let asked = selector.matchers.iter().filter(|m| m.is_equality() && !m.value.is_empty());
    asked
        .filter(|m| times(&m.label) == 1)
        .fold(Labels::none(), |labels, m| labels.with(&m.label, Presence::Sure))
}
