//! What an expression asks of Prometheus: metrics, matchers, windows, and the functions around them.
//!
//! It reads PromQL as far as rules need it and never fails: what it does not know it skips. The
//! texts are those of component data, so parts of them may still be templates.

/// A selector in an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector {
    /// The metric; empty where only labels are given.
    pub(super) metric: String,
    /// Matchers as (label, operator, value).
    pub(super) matchers: Vec<(String, String, String)>,
    /// The text between `[` and `]`.
    pub(super) window: Option<String>,
    /// The innermost function or aggregation around it.
    pub(super) function: Option<String>,
}

/// What is in an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// The selectors in order.
    pub(super) selectors: Vec<Selector>,
    /// A `count(...)` is compared with zero, which no count ever is.
    pub(super) count_is_zero: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Number(String),
    Matchers(Vec<(String, String, String)>),
    Window(String),
    Sign(String),
    /// A string or a part that is still a template.
    Opaque,
}

const AGGREGATIONS: &[&str] = &[
    "sum",
    "min",
    "max",
    "avg",
    "group",
    "stddev",
    "stdvar",
    "count",
    "count_values",
    "bottomk",
    "topk",
    "quantile",
    "limitk",
    "limit_ratio",
];
/// Words before a list of labels.
const GROUPINGS: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];
const OPERATORS: &[&str] = &["and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"];

/// Reads an expression.
pub(super) fn read(text: &str) -> Query {
    let tokens = tokens(text);
    let mut query = Query::default();
    let mut around: Vec<Option<String>> = Vec::new();
    let mut pending: Option<String> = None;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Word(word) if GROUPINGS.contains(&word.to_lowercase().as_str()) => {
                at = after_group(&tokens, at);
            }
            Token::Word(word) if OPERATORS.contains(&word.to_lowercase().as_str()) => {}
            Token::Word(word)
                if AGGREGATIONS.contains(&word.as_str())
                    || matches!(tokens.get(at), Some(Token::Sign(sign)) if sign == "(") =>
            {
                pending = Some(word.clone());
            }
            Token::Word(word) => {
                let mut selector = Selector { metric: word.clone(), ..Selector::default() };
                if let Some(Token::Matchers(matchers)) = tokens.get(at) {
                    selector.matchers.clone_from(matchers);
                    at += 1;
                }
                at = window(&tokens, at, &mut selector);
                selector.function = innermost(&around);
                query.selectors.push(selector);
            }
            Token::Matchers(matchers) => {
                let mut selector = Selector { matchers: matchers.clone(), ..Selector::default() };
                at = window(&tokens, at, &mut selector);
                selector.function = innermost(&around);
                query.selectors.push(selector);
            }
            Token::Sign(sign) if sign == "(" => around.push(pending.take()),
            Token::Sign(sign) if sign == ")" => {
                let closed = around.pop().flatten();
                if closed.as_deref() == Some("count") {
                    query.count_is_zero |= compared_with_zero(&tokens, at);
                }
            }
            _ => {}
        }
    }
    query
}

fn innermost(around: &[Option<String>]) -> Option<String> {
    around.iter().rev().flatten().next().cloned()
}

fn window(tokens: &[Token], at: usize, selector: &mut Selector) -> usize {
    match tokens.get(at) {
        Some(Token::Window(text)) => {
            selector.window = Some(text.clone());
            at + 1
        }
        _ => at,
    }
}

/// The place after a list of labels in parentheses, if one begins here.
fn after_group(tokens: &[Token], at: usize) -> usize {
    if !matches!(tokens.get(at), Some(Token::Sign(sign)) if sign == "(") {
        return at;
    }
    let end = tokens.iter().skip(at).position(|token| matches!(token, Token::Sign(sign) if sign == ")"));
    end.map_or(tokens.len(), |end| at + end + 1)
}

/// Whether `== 0`, `< 1` or `<= 0` follows, perhaps after a grouping.
fn compared_with_zero(tokens: &[Token], at: usize) -> bool {
    let at = match tokens.get(at) {
        Some(Token::Word(word)) if ["by", "without"].contains(&word.as_str()) => after_group(tokens, at + 1),
        _ => at,
    };
    match (tokens.get(at), tokens.get(at + 1)) {
        (Some(Token::Sign(sign)), Some(Token::Number(number))) => {
            matches!((sign.as_str(), number.as_str()), ("==" | "<=", "0") | ("<", "1"))
        }
        _ => false,
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { rest: text };
    let mut tokens = Vec::new();
    while let Some(c) = reader.rest.chars().next() {
        match c {
            c if c.is_whitespace() => reader.skip(c.len_utf8()),
            '#' => drop(reader.until(|c| c == '\n')),
            '{' if reader.rest.starts_with("{{") || reader.rest.starts_with("{%") => {
                reader.template();
                // The unit of a number, as in `offset {{ value.window }}s`.
                reader.until(|c| !c.is_ascii_alphanumeric());
                tokens.push(Token::Opaque);
            }
            '{' => tokens.push(Token::Matchers(reader.matchers())),
            '[' => {
                reader.skip(1);
                let inside = reader.until(|c| c == ']');
                reader.skip(1);
                // A subquery `[1h:5m]` looks back as far as its first part says.
                tokens.push(Token::Window(inside.split(':').next().unwrap_or("").trim().to_owned()));
            }
            '"' | '\'' | '`' => {
                reader.string();
                tokens.push(Token::Opaque);
            }
            c if c.is_ascii_digit() => {
                let number = reader.until(|c| !(c.is_ascii_alphanumeric() || c == '.'));
                tokens.push(Token::Number(number));
            }
            c if c.is_ascii_alphabetic() || c == '_' || c == ':' => {
                let word = reader.until(|c| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
                tokens.push(Token::Word(word));
            }
            '=' | '!' | '<' | '>' => {
                let sign = reader.until(|c| !"=!<>~".contains(c));
                tokens.push(Token::Sign(sign));
            }
            c => {
                reader.skip(c.len_utf8());
                tokens.push(Token::Sign(c.to_string()));
            }
        }
    }
    tokens
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn until(&mut self, stop: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(stop).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken.to_owned()
    }

    fn template(&mut self) {
        let close = if self.rest.starts_with("{{") { "}}" } else { "%}" };
        let end = self.rest.find(close).map_or(self.rest.len(), |at| at + close.len());
        self.skip(end);
    }

    fn string(&mut self) -> String {
        let Some(quote) = self.rest.chars().next() else { return String::new() };
        self.skip(1);
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.skip(at + 1);
                    return text;
                }
                '\\' if quote != '`' => text.extend(chars.next().map(|(_, escaped)| escaped)),
                c => text.push(c),
            }
        }
        self.rest = "";
        text
    }

    fn matchers(&mut self) -> Vec<(String, String, String)> {
        self.skip(1);
        let mut matchers = Vec::new();
        while let Some(c) = self.rest.chars().next() {
            match c {
                '}' => {
                    self.skip(1);
                    break;
                }
                '{' => self.template(),
                c if c.is_ascii_alphabetic() || c == '_' => {
                    let label = self.until(|c| !(c.is_ascii_alphanumeric() || c == '_'));
                    let operator = self.until(|c| !"=!~ ".contains(c)).trim().to_owned();
                    if self.rest.starts_with(['"', '\'', '`']) {
                        let value = self.string();
                        matchers.push((label, operator, value));
                    }
                }
                '"' | '\'' | '`' => drop(self.string()),
                c => self.skip(c.len_utf8()),
            }
        }
        matchers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(text: &str) -> Vec<String> {
        read(text).selectors.into_iter().map(|s| s.metric).collect()
    }

    #[test]
    fn metrics_are_found_and_nothing_else() {
        let text = r#"sum by (job, instance) (rate(a_total{ {{ selector }}, mode!="idle"}[5m])) by (x)
            / on (job) group_left (y) b{job="c"} offset 1h > 0.8 and vector(1) or inf"#;
        assert_eq!(metrics(text), ["a_total", "b"]);
        assert_eq!(metrics("1 - avg(up{role!=\"\"}) > 14.4 * {{ slo.budget }}"), ["up"]);
        assert_eq!(metrics("up offset {{ value.window }}s == 0"), ["up"]);
        assert_eq!(metrics("{__name__=~\"a.*\"}[{{ chain.block_time * 25 }}s]"), [""]);
    }

    #[test]
    fn functions_windows_and_matchers() {
        let query = read("changes(head{ {{ selector }}, job=~'a|b' }[{{ chain.block_time * 25 }}s]) == 0");
        let [one] = query.selectors.as_slice() else { panic!("{query:?}") };
        assert_eq!(one.function.as_deref(), Some("changes"));
        assert_eq!(one.window.as_deref(), Some("{{ chain.block_time * 25 }}s"));
        assert_eq!(one.matchers, [("job".to_owned(), "=~".to_owned(), "a|b".to_owned())]);
    }

    #[test]
    fn counts_that_are_never_zero() {
        for never in ["count(up == 1) by (region) == 0", "count by (r) (up) < 1", "count(a) <= 0 and b"] {
            assert!(read(never).count_is_zero, "{never}");
        }
        for fine in ["(count(up == 1) or vector(0)) == 0", "count(up) < 3", "sum(up) == 0", "a == 0"] {
            assert!(!read(fine).count_is_zero, "{fine}");
        }
    }

    #[test]
    fn broken_text_ends() {
        for text in ["{", "a{b=\"", "[", "{{", "sum(", "\\", "é{ü", "a{b=~", "))((", "'"] {
            let _ = read(text);
        }
    }
}
