//! Small mistakes in PromQL, made on purpose: a good test of an alert notices each of them.

// Every test that includes this file uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeSet;

use promql_parser::parser::token::{
    T_EQLC, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_NEQ, TokenType,
};
use promql_parser::parser::{BinaryExpr, Expr, VectorSelector, parse};

/// What was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mistake {
    /// A metric that nobody exports.
    Metric,
    /// `<` for `>`, `!=` for `==`.
    Comparison,
    /// A threshold that nothing reaches, or that everything passes.
    Threshold,
    /// `or` and `unless` for `and`, `and` for `or` and `unless`.
    SetOperator,
    /// An aggregation left out.
    Aggregation,
}

/// An expression with one mistake in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mutant {
    /// What was broken.
    pub mistake: Mistake,
    /// PromQL.
    pub expr: String,
}

/// How far a threshold is moved.
const FAR: f64 = 1e12;

/// Every mutant of an expression, each once. An error of the parser where it is no PromQL.
pub fn mutants(expr: &str) -> Result<Vec<Mutant>, String> {
    let whole = parse(expr)?;
    let mut found = BTreeSet::new();
    for at in 0..size(&whole) {
        let mut at_node = at;
        let Some(node) = nth(&whole, &mut at_node) else { continue };
        for (mistake, broken) in broken(node) {
            let mut mutant = whole.clone();
            let mut at_node = at;
            if let Some(place) = nth_mut(&mut mutant, &mut at_node) {
                *place = broken;
            }
            found.insert(Mutant { mistake, expr: mutant.to_string() });
        }
    }
    Ok(found.into_iter().collect())
}

/// The mistakes that can be made in one node.
fn broken(node: &Expr) -> Vec<(Mistake, Expr)> {
    let renamed = |selector: &VectorSelector| {
        let name = selector.name.as_ref().map(|name| format!("{name}_mutant"));
        VectorSelector { name, ..selector.clone() }
    };
    match node {
        Expr::VectorSelector(selector) if selector.name.is_some() => {
            vec![(Mistake::Metric, Expr::VectorSelector(renamed(selector)))]
        }
        Expr::MatrixSelector(selector) if selector.vs.name.is_some() => {
            let mut broken = selector.clone();
            broken.vs = renamed(&selector.vs);
            vec![(Mistake::Metric, Expr::MatrixSelector(broken))]
        }
        Expr::Aggregate(aggregate) => vec![(Mistake::Aggregation, in_parentheses(&aggregate.expr))],
        Expr::Binary(binary) => of_binary(binary),
        _ => Vec::new(),
    }
}

fn of_binary(binary: &BinaryExpr) -> Vec<(Mistake, Expr)> {
    let with = |op| {
        let mut broken = binary.clone();
        broken.op = TokenType::new(op);
        if [T_LAND, T_LOR, T_LUNLESS].contains(&op) {
            // Another operator binds differently.
            broken.lhs = Box::new(in_parentheses(&broken.lhs));
            broken.rhs = Box::new(in_parentheses(&broken.rhs));
            return in_parentheses(&Expr::Binary(broken));
        }
        Expr::Binary(broken)
    };
    let mut found = Vec::new();
    let others: &[u16] = match binary.op.id() {
        T_GTR => &[T_LSS],
        T_LSS => &[T_GTR],
        T_GTE => &[T_LTE],
        T_LTE => &[T_GTE],
        T_EQLC => &[T_NEQ],
        T_NEQ => &[T_EQLC],
        T_LAND => &[T_LOR, T_LUNLESS],
        T_LOR | T_LUNLESS => &[T_LAND],
        _ => &[],
    };
    let set = binary.op.is_set_operator();
    let mistake = if set { Mistake::SetOperator } else { Mistake::Comparison };
    found.extend(others.iter().map(|op| (mistake, with(*op))));
    if binary.op.is_comparison_operator() {
        for by in [FAR, -FAR] {
            let mut broken = binary.clone();
            if is_number(&binary.rhs) {
                broken.rhs = Box::new(moved(&binary.rhs, by));
            } else if is_number(&binary.lhs) {
                broken.lhs = Box::new(moved(&binary.lhs, by));
            } else {
                continue;
            }
            found.push((Mistake::Threshold, Expr::Binary(broken)));
        }
    }
    found
}

/// Whether it is made of numbers alone.
fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_) => true,
        Expr::Paren(_) | Expr::Unary(_) | Expr::Binary(_) => children(expr).into_iter().all(is_number),
        _ => false,
    }
}

fn moved(expr: &Expr, by: f64) -> Expr {
    parse(&format!("(({expr}) + {by})")).unwrap_or_else(|_| expr.clone())
}

fn in_parentheses(expr: &Expr) -> Expr {
    if matches!(expr, Expr::Paren(_)) {
        return expr.clone();
    }
    parse(&format!("({expr})")).unwrap_or_else(|_| expr.clone())
}

fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Aggregate(e) => e.param.iter().map(AsRef::as_ref).chain([e.expr.as_ref()]).collect(),
        Expr::Unary(e) => vec![&e.expr],
        Expr::Binary(e) => vec![&e.lhs, &e.rhs],
        Expr::Paren(e) => vec![&e.expr],
        Expr::Subquery(e) => vec![&e.expr],
        Expr::Call(e) => e.args.args.iter().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    }
}

fn children_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    match expr {
        Expr::Aggregate(e) => e.param.iter_mut().map(AsMut::as_mut).chain([e.expr.as_mut()]).collect(),
        Expr::Unary(e) => vec![&mut e.expr],
        Expr::Binary(e) => vec![&mut e.lhs, &mut e.rhs],
        Expr::Paren(e) => vec![&mut e.expr],
        Expr::Subquery(e) => vec![&mut e.expr],
        Expr::Call(e) => e.args.args.iter_mut().map(AsMut::as_mut).collect(),
        _ => Vec::new(),
    }
}

fn size(expr: &Expr) -> usize {
    1 + children(expr).into_iter().map(size).sum::<usize>()
}

/// The node with that number, the root being 0, each node before its children.
fn nth<'a>(expr: &'a Expr, left: &mut usize) -> Option<&'a Expr> {
    if *left == 0 {
        return Some(expr);
    }
    *left -= 1;
    children(expr).into_iter().find_map(|child| nth(child, left))
}

fn nth_mut<'a>(expr: &'a mut Expr, left: &mut usize) -> Option<&'a mut Expr> {
    if *left == 0 {
        return Some(expr);
    }
    *left -= 1;
    children_mut(expr).into_iter().find_map(|child| nth_mut(child, left))
}

#[test]
fn every_part_of_an_expression_is_broken_once() {
    let expr =
        r#"sum by (region) (rate(a_total{job="x",mode!~"b|\\d"}[5m])) / c > 2 * 3 and on (job) up == 1"#;
    let found = mutants(expr).unwrap();
    let count = |mistake| found.iter().filter(|mutant| mutant.mistake == mistake).count();
    assert_eq!(count(Mistake::Metric), 3);
    assert_eq!(count(Mistake::Comparison), 2);
    assert_eq!(count(Mistake::Threshold), 4);
    assert_eq!(count(Mistake::SetOperator), 2);
    assert_eq!(count(Mistake::Aggregation), 1);
    let whole = parse(expr).unwrap().to_string();
    for mutant in &found {
        assert_ne!(mutant.expr, whole);
        let again = parse(&mutant.expr).unwrap_or_else(|error| panic!("{}: {error}", mutant.expr));
        assert_eq!(again.to_string(), mutant.expr);
    }
    assert!(found.iter().any(|m| m.expr.contains("rate(a_total_mutant{")), "{found:#?}");
    assert!(mutants("vector(1)").unwrap().is_empty());
    assert!(mutants("sum(").is_err());
}
