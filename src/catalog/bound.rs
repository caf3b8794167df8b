//! The bounds in the expression of an alert: what it compares with a number.
//!
//! It reads PromQL as far as that needs, and gives nothing where it is not sure.

use std::collections::BTreeSet;

/// On which side of its number an alert fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `>` and `>=`
    Above,
    /// `<` and `<=`
    Below,
    /// `==`
    At,
}

/// A comparison with a number, or with so many times something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The metrics that are compared.
    pub metrics: BTreeSet<String>,
    /// Whether it bounds the quotient of both sides, as `a > 14.4 * b` bounds `a / b`.
    pub quotient: bool,
    /// Where it fires.
    pub side: Side,
    /// The number.
    pub value: f64,
}

impl Bound {
    /// Whether an expression shows what is bounded.
    pub fn is_of(&self, expr: &str) -> bool {
        metrics(expr) == self.metrics && (!self.quotient || Outside::new(expr).any(|(_, c, _)| c == '/'))
    }
}

/// The bounds of an expression, in order. Of several on one text the last one counts: in
/// `x > 0 and x < 4` the first only keeps the absence out.
pub fn bounds(expr: &str) -> Vec<Bound> {
    let mut found: Vec<(String, Bound)> = Vec::new();
    read(expr, &mut found);
    let mut last: Vec<(String, Bound)> = Vec::new();
    for (text, bound) in found {
        last.retain(|(known, _)| *known != text);
        last.push((text, bound));
    }
    last.into_iter().map(|(_, bound)| bound).collect()
}

/// The metrics of an expression: words before a `{`.
pub fn metrics(expr: &str) -> BTreeSet<String> {
    let mut metrics = BTreeSet::new();
    for (at, c, depth) in Outside::new(expr) {
        if c != '{' || depth.braces != 1 {
            continue;
        }
        let before = expr.get(..at).unwrap_or_default().trim_end();
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
        let word = before.get(start.map_or(0, |at| at + 1)..).unwrap_or_default();
        if !word.is_empty() {
            metrics.insert(word.to_owned());
        }
    }
    metrics
}

/// How deep a character stands; its own bracket counts when it opens.
#[derive(Clone, Copy, Default)]
struct Depth {
    round: usize,
    braces: usize,
    square: usize,
}

impl Depth {
    fn top(self) -> bool {
        self.round == 0 && self.braces == 0 && self.square == 0
    }
}

/// The characters outside of strings, with their place and depth.
struct Outside<'a> {
    chars: std::str::CharIndices<'a>,
    depth: Depth,
}

impl<'a> Outside<'a> {
    fn new(text: &'a str) -> Self {
        Self { chars: text.char_indices(), depth: Depth::default() }
    }
}

impl Iterator for Outside<'_> {
    type Item = (usize, char, Depth);

    fn next(&mut self) -> Option<Self::Item> {
        let (at, c) = self.chars.next()?;
        let before = self.depth;
        match c {
            '(' => self.depth.round += 1,
            '{' => self.depth.braces += 1,
            '[' => self.depth.square += 1,
            ')' => self.depth.round = self.depth.round.saturating_sub(1),
            '}' => self.depth.braces = self.depth.braces.saturating_sub(1),
            ']' => self.depth.square = self.depth.square.saturating_sub(1),
            '"' | '\'' | '`' => {
                while let Some((_, inner)) = self.chars.next() {
                    if inner == c {
                        break;
                    }
                    if inner == '\\' && c != '`' {
                        self.chars.next();
                    }
                }
            }
            _ => {}
        }
        // A closing bracket stands as deep as what it closes.
        let depth = if matches!(c, ')' | '}' | ']') { before } else { self.depth };
        Some((at, c, depth))
    }
}

/// Splits at `and` and `or`, leaves out what follows `unless`, and goes into parentheses around a whole part.
fn read(expr: &str, found: &mut Vec<(String, Bound)>) {
    for part in parts(expr) {
        let part = part.trim();
        match inside(part) {
            Some(inner) => read(inner, found),
            None => found.extend(comparison(part)),
        }
    }
}

fn parts(expr: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut counts, mut word) = (0, true, None);
    let end = (expr.len(), ' ', Depth::default());
    for (at, c, depth) in Outside::new(expr).chain([end]) {
        if depth.top() && (c.is_ascii_alphanumeric() || c == '_') {
            word.get_or_insert(at);
            continue;
        }
        let Some(start) = word.take() else { continue };
        let text = expr.get(start..at).unwrap_or_default();
        if !["and", "or", "unless"].contains(&text) {
            continue;
        }
        if counts {
            parts.extend(expr.get(from..start));
        }
        (from, counts) = (at, text != "unless");
    }
    if counts {
        parts.extend(expr.get(from..));
    }
    parts
}

/// What stands between parentheses that are around all of it.
fn inside(part: &str) -> Option<&str> {
    let inner = part.strip_prefix('(')?;
    let close = Outside::new(part).find(|(at, c, depth)| *at > 0 && *c == ')' && depth.round == 1)?.0;
    (close + 1 == part.len()).then(|| inner.strip_suffix(')')).flatten()
}

fn comparison(part: &str) -> Option<(String, Bound)> {
    let (at, sign, _) =
        Outside::new(part).find(|(_, c, depth)| depth.top() && matches!(c, '<' | '>' | '='))?;
    let side = match sign {
        '>' => Side::Above,
        '<' => Side::Below,
        _ => Side::At,
    };
    // `!=` says what is right, not where wrong begins.
    let left = part.get(..at).filter(|left| !left.ends_with('!'))?;
    let right = part.get(at..)?.trim_start_matches(['<', '>', '=']).trim();
    let right = right.strip_prefix("bool ").unwrap_or(right);
    let (times, of) = match number(right) {
        Some(value) => (value, BTreeSet::new()),
        None => match right.split_once('*').and_then(|(times, of)| Some((number(times)?, of))) {
            Some((times, of)) => (times, metrics(of)),
            None => (1.0, metrics(right)),
        },
    };
    let (mut all, quotient) = (metrics(left), number(right).is_none());
    if all.is_empty() || (quotient && of.is_empty()) {
        return None;
    }
    all.extend(of);
    let text = left.split_whitespace().collect::<Vec<_>>().join(" ");
    Some((text, Bound { metrics: all, quotient, side, value: times }))
}

/// A number, or a product or quotient of numbers.
fn number(text: &str) -> Option<f64> {
    let mut value: Option<f64> = None;
    let mut rest = text.trim();
    let mut divide = false;
    loop {
        let end = rest.find(['*', '/']).unwrap_or(rest.len());
        let factor: f64 = rest.get(..end)?.trim().parse().ok()?;
        value = Some(match value {
            None => factor,
            Some(so_far) if divide => so_far / factor,
            Some(so_far) => so_far * factor,
        });
        if end == rest.len() {
            return value.filter(|value| value.is_finite());
        }
        divide = rest.get(end..)?.starts_with('/');
        rest = rest.get(end + 1..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expr: &str) -> Vec<(Vec<String>, Side, f64)> {
        bounds(expr).into_iter().map(|b| (b.metrics.into_iter().collect(), b.side, b.value)).collect()
    }

    fn one(metrics: &[&str], side: Side, value: f64) -> (Vec<String>, Side, f64) {
        (metrics.iter().map(|m| (*m).to_owned()).collect(), side, value)
    }

    #[test]
    fn what_an_alert_compares() {
        for (expr, wanted) in [
            (r#"a{job="x"} > 5"#, vec![one(&["a"], Side::Above, 5.0)]),
            (r#"a{job="x > 3"} - b{ y="}" } >= 14.4 * 0.5"#, vec![one(&["a", "b"], Side::Above, 7.2)]),
            (r#"p{job="x"} > 0 and p{job="x"} < 4"#, vec![one(&["p"], Side::Below, 4.0)]),
            (r#"(a{} < 1) unless on (job) (b{} > 2)"#, vec![one(&["a"], Side::Below, 1.0)]),
            (r#"(a{} > 1 or b{} == 0)"#, vec![one(&["a"], Side::Above, 1.0), one(&["b"], Side::At, 0.0)]),
            (
                "1 - avg without (mode) (rate(a{}[5m])) > 0.95 and c{} > 86400 / 2",
                vec![one(&["a"], Side::Above, 0.95), one(&["c"], Side::Above, 43200.0)],
            ),
            // So many times something else.
            ("r:a:rate1h{} > 14.4 * r:b{ x=\"*\" }", vec![one(&["r:a:rate1h", "r:b"], Side::Above, 14.4)]),
            ("a{} < b{}", vec![one(&["a", "b"], Side::Below, 1.0)]),
            // No number, nothing shown, or not the border of what is wrong.
            ("vector(1)", vec![]),
            ("absent(a{})", vec![]),
            ("a{} != 1", vec![]),
            ("a{} > 1 / 0", vec![]),
            ("1 > 2", vec![]),
        ] {
            assert_eq!(of(expr), wanted, "{expr}");
        }
    }

    #[test]
    fn what_shows_a_bound() {
        let burn = bounds("a{} > 14.4 * b{}").remove(0);
        assert!(burn.is_of("a{} / on (x) b{}") && !burn.is_of("a{} - b{}") && !burn.is_of("a{}"));
        let plain = bounds("a{} - b{} > 4").remove(0);
        assert!(plain.is_of("max(a{} - b{})") && !plain.is_of("a{}"));
    }

    #[test]
    fn broken_text_ends() {
        for text in ["(", ")", "a{", "\"", "a{} >", "((a{} > 1)", "and", "é{ > ü", "a > 'x\\"] {
            let _ = bounds(text);
        }
    }
}
