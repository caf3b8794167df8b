//! PromQL, read by the grammar of Prometheus itself, and what can be known of an expression before
//! it runs: which series it asks for, which labels its result has, which values it can take.
//!
//! Facts about series come from outside, by the trait [`Series`]; nothing here knows a metric.

mod labels;
mod local;
mod place;
mod selector;
mod uses;
mod values;
mod verdict;

pub use labels::{Labels, Presence};
pub use selector::{Matcher, Selector};
pub use uses::{LabelUse, Where};
pub use values::Values;
pub use verdict::{Kind, Never, Why};

use std::collections::BTreeSet;
use std::sync::Arc;

use promql_parser::parser::{self, Expr};

/// Facts about the series of a network.
pub trait Series {
    /// The labels of the series that a selector finds, its own matchers left aside.
    fn labels(&self, selector: &Selector) -> Labels;

    /// The values that these series can take.
    fn values(&self, selector: &Selector) -> Values;
}

/// A PromQL expression. Clones share what was read.
#[derive(Clone, Debug)]
pub struct Query {
    expr: Arc<Expr>,
}

/// Why a text is no PromQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What the parser says, lower case, without a full stop.
    pub message: String,
    /// The word at which reading ended, if it can be told.
    pub word: Option<String>,
    /// How many times that word stands in the text before this place.
    pub earlier: usize,
}

/// More signs and brackets make no sense, and a tree as deep as that does not fit on a stack.
const MOST_SIGNS: usize = 300;

impl Query {
    /// Reads an expression.
    pub fn read(text: &str) -> Result<Self, Problem> {
        if signs(text) > MOST_SIGNS {
            let message = format!("more than {MOST_SIGNS} operators and brackets in one expression");
            return Err(Problem { message, word: None, earlier: 0 });
        }
        if let Some(problem) = place::endless(text) {
            return Err(problem);
        }
        match parser::parse(text) {
            Ok(expr) => Ok(Self { expr: Arc::new(expr) }),
            Err(message) => Err(place::problem(text, &message)),
        }
    }

    /// The selectors, from left to right.
    pub fn selectors(&self) -> Vec<Selector> {
        selector::all(&self.expr)
    }

    /// The labels of the result.
    pub fn labels(&self, series: &dyn Series) -> Labels {
        labels::of(&self.expr, series)
    }

    /// The values that the result can take.
    pub fn values(&self, series: &dyn Series) -> Values {
        values::of(&self.expr, series)
    }

    /// Every place where a label is named, with whether it can be there.
    pub fn label_uses(&self, series: &dyn Series) -> Vec<LabelUse> {
        uses::all(&self.expr, series)
    }

    /// Comparisons and matches that can never hold.
    pub fn never(&self, series: &dyn Series) -> Vec<Never> {
        verdict::never(&self.expr, series)
    }

    /// Whether there is no result, ever.
    pub fn is_empty(&self, series: &dyn Series) -> bool {
        verdict::is_empty(&self.expr, series)
    }

    /// Why the result is there as long as the series are, whatever their values; `None` where it
    /// depends on a value or on the absence of a series.
    pub fn unconditional(&self, series: &dyn Series) -> Option<Why> {
        verdict::unconditional(&self.expr, series)
    }

    /// Arguments of `histogram_quantile` and its kin that have no buckets: the function, and a metric
    /// inside the argument.
    pub fn without_buckets(&self, series: &dyn Series) -> Vec<(String, Option<String>)> {
        verdict::without_buckets(&self.expr, series)
    }

    /// The series that it names.
    pub fn metrics(&self) -> BTreeSet<String> {
        self.selectors().into_iter().filter_map(|selector| selector.metric).collect()
    }

    /// Whether it is about single instances: each aggregation keeps one of the labels `apart`, and
    /// nothing in it has a result because a series is missing.
    pub fn is_local(&self, apart: &[&str]) -> bool {
        local::is_local(&self.expr, apart)
    }

    /// Whether an aggregation drops a label that its operand can have.
    pub fn drops(&self, label: &str, series: &dyn Series) -> bool {
        verdict::drops(&self.expr, label, series)
    }
}

/// Characters that make a tree deeper, outside of strings.
fn signs(text: &str) -> usize {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut count = 0;
    for c in text.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(open) if c == '\\' && open != '`' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None => count += usize::from("([+-*/%^<>=!".contains(c)),
        }
    }
    let words = text.split(|c: char| !c.is_alphanumeric());
    count + words.filter(|word| ["and", "or", "unless", "atan2"].contains(word)).count()
}

/// The expressions directly inside another one.
fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Aggregate(e) => e.param.iter().map(AsRef::as_ref).chain([e.expr.as_ref()]).collect(),
        Expr::Unary(e) => vec![&e.expr],
        Expr::Binary(e) => vec![&e.lhs, &e.rhs],
        Expr::Paren(e) => vec![&e.expr],
        Expr::Subquery(e) => vec![&e.expr],
        Expr::Call(e) => e.args.args.iter().map(AsRef::as_ref).collect(),
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => Vec::new(),
    }
}

/// An expression without the parentheses around it.
fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(inner) = expr {
        expr = &inner.expr;
    }
    expr
}

/// Whether an expression is a number and has no labels.
fn is_scalar(expr: &Expr) -> bool {
    expr.value_type() == parser::value::ValueType::Scalar
}

/// The argument of a call that has series: its first vector or range.
fn operand(call: &parser::Call) -> Option<&Expr> {
    use parser::value::ValueType;
    let mut args = call.args.args.iter().map(AsRef::as_ref);
    args.find(|arg: &&Expr| matches!(arg.value_type(), ValueType::Vector | ValueType::Matrix))
}

#[cfg(test)]
mod tests;
