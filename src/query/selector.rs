//! The selectors of an expression: what it asks the database for.

use std::time::Duration;

use promql_parser::label::{MatchOp, Matcher as Parsed};
use promql_parser::parser::{Expr, VectorSelector};

use super::children;

/// A condition on a label.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// The text that it is compared with.
    pub value: String,
    parsed: Parsed,
}

impl Matcher {
    fn new(parsed: &Parsed) -> Self {
        Self { label: parsed.name.clone(), value: parsed.value.clone(), parsed: parsed.clone() }
    }

    /// Whether a value of the label fulfils it; a label that is not there has the empty value.
    pub fn matches(&self, value: &str) -> bool {
        self.parsed.is_match(value)
    }

    /// Whether it asks for values (`=`, `=~`) and does not forbid some.
    pub fn asks(&self) -> bool {
        matches!(self.parsed.op, MatchOp::Equal | MatchOp::Re(_))
    }

    /// Whether it is `=`.
    pub fn is_equality(&self) -> bool {
        matches!(self.parsed.op, MatchOp::Equal)
    }
}

/// A selector in an expression.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// The metric; `None` where only labels are given.
    pub metric: Option<String>,
    /// The conditions, without the one for the name.
    pub matchers: Vec<Matcher>,
    /// How far it looks back, of a range; `None` for a value at one time.
    pub window: Option<Duration>,
    /// The function that it is an argument of, directly.
    pub function: Option<String>,
}

impl Selector {
    pub(super) fn new(parsed: &VectorSelector) -> Self {
        let all = parsed.matchers.matchers.iter().chain(parsed.matchers.or_matchers.iter().flatten());
        let mut selector = Self { metric: parsed.name.clone(), ..Self::default() };
        for matcher in all {
            if matcher.name == "__name__" {
                if matches!(matcher.op, MatchOp::Equal) {
                    selector.metric = Some(matcher.value.clone());
                }
            } else if parsed.matchers.or_matchers.is_empty() {
                selector.matchers.push(Matcher::new(matcher));
            }
        }
        selector
    }
}

/// Every selector, from left to right.
pub(super) fn all(expr: &Expr) -> Vec<Selector> {
    let mut found = Vec::new();
    walk(expr, None, &mut found);
    found
}

fn walk(expr: &Expr, function: Option<&str>, found: &mut Vec<Selector>) {
    let function_of = function.map(str::to_owned);
    match expr {
        Expr::VectorSelector(selector) => {
            found.push(Selector { function: function_of, ..Selector::new(selector) });
        }
        Expr::MatrixSelector(range) => found.push(Selector {
            window: Some(range.range),
            function: function_of,
            ..Selector::new(&range.vs)
        }),
        Expr::Paren(inner) => walk(&inner.expr, function, found),
        Expr::Subquery(inner) => walk(&inner.expr, function, found),
        Expr::Call(call) => {
            call.args.args.iter().for_each(|arg| walk(arg, Some(call.func.name), found));
        }
        other => children(other).into_iter().for_each(|child| walk(child, None, found)),
    }
}
