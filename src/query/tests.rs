use super::*;

/// `a` and `b` have `job`, `host` and perhaps `node`; `a` has `mode`, `h_bucket` has `le`.
struct Facts;

impl Series for Facts {
    fn labels(&self, selector: &Selector) -> Labels {
        let labels = Labels::none()
            .with("job", Presence::Sure)
            .with("host", Presence::Sure)
            .with("node", Presence::Maybe);
        match selector.metric.as_deref() {
            Some("a") => labels.with("mode", Presence::Sure),
            Some("h_bucket") => labels.with("le", Presence::Sure),
            Some("ALERTS") | None => Labels::unknown(),
            _ => labels,
        }
    }

    fn values(&self, selector: &Selector) -> Values {
        match selector.metric.as_deref() {
            Some("up") => Values::BOOL,
            Some("total") => Values::POSITIVE,
            _ => Values::ANY,
        }
    }
}

fn read(text: &str) -> Query {
    Query::read(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"))
}

fn labels(text: &str) -> String {
    let labels = read(text).labels(&Facts);
    let shown = labels.names().map(|name| match labels.presence(name) {
        Presence::Sure => name.to_owned(),
        _ => format!("{name}?"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn labels_follow_the_operators() {
    for (text, expected) in [
        ("a", "host job mode node?"),
        ("a{node=\"x\", mode=\"\"}", "host job node"),
        ("a{node=~\".*\"}", "host job mode node?"),
        ("a{node=~\".+\"}", "host job mode node"),
        ("sum(a)", ""),
        ("sum by (host, node, x) (a)", "host node?"),
        ("sum without (mode) (a)", "host job node?"),
        ("topk by (host) (3, a)", "host job mode node?"),
        ("count_values(\"v\", a)", "v"),
        ("a > 1", "host job mode node?"),
        ("1 + a", "host job mode node?"),
        ("a and on (host) b", "host job mode node?"),
        ("a unless b", "host job mode node?"),
        ("a or b", "host job mode? node?"),
        ("a / on (host) b", "host"),
        ("a / on (host) group_left (x) b", "host job mode node?"),
        ("b * on (host) group_right (job) a", "host job mode node?"),
        ("a / ignoring (mode) b", "host job node?"),
        ("b{node=\"x\"} / b", "host job node"),
        ("absent(a{host=\"h\", job=~\"x\", node!=\"n\"})", "host"),
        ("absent(sum(a))", ""),
        ("vector(1)", ""),
        ("label_replace(a, \"new\", \"$1\", \"host\", \"(.*)\")", "host job mode new? node?"),
        ("label_join(a, \"new\", \"-\", \"host\", \"x\")", "host job mode new node?"),
        ("histogram_quantile(0.9, sum by (le, host) (rate(h_bucket[5m])))", "host"),
        ("max_over_time(sum by (job) (a)[1h:5m])", "job"),
        ("-(a)", "host job mode node?"),
    ] {
        assert_eq!(labels(text), expected, "{text}");
    }
    assert_eq!(read("a").labels(&Facts).presence("__name__"), Presence::Sure);
    assert_eq!(read("rate(a[5m])").labels(&Facts).presence("__name__"), Presence::Never);
    assert_eq!(read("a > 0").labels(&Facts).presence("__name__"), Presence::Sure);
    assert_eq!(read("a > bool 0").labels(&Facts).presence("__name__"), Presence::Never);
    assert_eq!(read("ALERTS").labels(&Facts).presence("anything"), Presence::Maybe);
    assert_eq!(read("sum by (x) (ALERTS)").labels(&Facts).presence("y"), Presence::Never);
}

#[test]
fn selectors_with_what_is_around_them() {
    let query = read("sum by (x) (rate(a{job=~'p|q'}[5m])) / {host=\"h\"} > max_over_time((b)[1h:5m])");
    let [a, h, b] = query.selectors().try_into().unwrap();
    assert_eq!((a.metric.as_deref(), a.function.as_deref()), (Some("a"), Some("rate")));
    assert_eq!(a.window, Some(std::time::Duration::from_secs(300)));
    assert!(a.matchers.iter().all(|m| m.label == "job" && m.matches("q") && !m.matches("r") && m.asks()));
    assert_eq!((h.metric, h.window, h.function), (None, None, None));
    assert_eq!((b.function.as_deref(), b.window), (Some("max_over_time"), None));
    assert_eq!(read("{__name__=\"a\"}").selectors().first().unwrap().metric.as_deref(), Some("a"));
}

#[test]
fn comparisons_that_never_hold() {
    for text in [
        "count(up == 1) by (host) == 0",
        "count by (host) (up) < 1",
        "count(a) <= 0 and b",
        "b unless count(a) == 0",
        "0 == count(a)",
        "absent(a) == 0",
        "absent(a) > 1",
        "up > 1",
        "up == 2",
        "up < 0",
        "avg(up) > 1",
        "rate(total[5m]) < 0",
        "sum(rate(total[5m])) < 0",
        "changes(a[5m]) < 0",
        "(a > bool 3) == 2",
        "vector(1) == 0",
        "1 - avg(up) > 1",
        "sum by (host) (a) / a",
        "sum(a) / on (host) b",
        "up == on (job, mode) a",
        "histogram_quantile(0.9, h_bucket) > on (le) h_bucket",
        "hour() > 23",
        "sum by (job) (a) and b",
    ] {
        assert!(!read(text).never(&Facts).is_empty(), "{text}");
    }
    for text in [
        "(count(up == 1) or vector(0)) == 0",
        "count(up) < 3",
        "sum(up) == 0",
        "a == 0",
        "a < 0",
        "up < 0.5",
        "1 - avg(up) > 0.5",
        "sum by (host) (a) / on (host) group_right () a",
        "sum without (mode) (a) / b",
        "a / ignoring (mode) group_left () b",
        "a or sum(b)",
        "a unless sum(b)",
        "a and on () vector(1)",
        "a{node=\"x\"} / ignoring (mode) b",
        "a * 2 > 10",
        "total / total > 0.5",
        "delta(a[5m]) < 0",
        "a and ALERTS",
        "sum(a) and on () b",
        "label_replace(b, \"mode\", \"x\", \"\", \"\") and a",
    ] {
        assert_eq!(read(text).never(&Facts), [], "{text}");
    }
}

#[test]
fn results_that_are_never_there() {
    for text in
        ["count(a) == 0", "sum(up > 1)", "a and up > 1", "up > 1 or count(a) == 0", "sum by (host) (a) / a"]
    {
        assert!(read(text).is_empty(&Facts), "{text}");
    }
    for text in ["a > 1 or up > 1", "a unless up > 1", "absent(up > 1)", "up == 0", "up > bool 1"] {
        assert!(!read(text).is_empty(&Facts), "{text}");
    }
}

#[test]
fn results_that_are_always_there() {
    for text in [
        "a",
        "rate(a[5m])",
        "sum(a)",
        "a > bool 3",
        "up >= 0",
        "up <= 1",
        "count(a) > 0",
        "vector(1)",
        "a / b",
        "(a > 1) or b",
        "a == bool 1 or b > 2",
        "time() - a",
        "hour()",
        "(a > bool 1) >= 0",
    ] {
        assert!(read(text).unconditional(&Facts).is_some(), "{text}");
    }
    for text in [
        "a > 1",
        "sum(a > 1)",
        "count(up == 0) > 0",
        "absent(a)",
        "absent_over_time(a[1h])",
        "a unless b",
        "a and b",
        "a + (b > 1)",
        "hour() > 5 and a > 1",
        "ALERTS{alertname=\"x\"}",
        "count(ALERTS) > 0",
        "(a > bool 1) == 1",
        "a > 1 or absent(a)",
        "last_over_time((a > 1)[5m:])",
        "label_replace(a > 1, \"x\", \"y\", \"\", \"\")",
    ] {
        assert_eq!(read(text).unconditional(&Facts), None, "{text}");
    }
}

#[test]
fn labels_that_cannot_be_there() {
    let wrong = |text: &str| -> Vec<String> {
        let uses = read(text).label_uses(&Facts);
        uses.into_iter().filter(|u| u.presence == Presence::Never).map(|u| u.label).collect()
    };
    assert_eq!(wrong("sum by (host, zone) (rate(a{mode=\"x\", kind!=\"y\"}[5m]))"), ["zone", "kind"]);
    assert_eq!(wrong("sum by (mode) (sum by (job) (a))"), ["mode"]);
    assert_eq!(wrong("a / on (host, x) group_left (y, node) b"), ["x", "y"]);
    assert_eq!(wrong("label_replace(a, \"n\", \"$1\", \"hots\", \"(.*)\")"), ["hots"]);
    assert_eq!(wrong("sum without (gone) (a) / ignoring (lost) b"), [""; 0]);
    assert_eq!(wrong("histogram_quantile(0.9, sum by (le) (rate(b[5m])))"), [""; 0]);
    assert_eq!(wrong("sum by (le) (b)"), ["le"]);
    assert_eq!(wrong("sum by (x) (ALERTS{y=\"z\"})"), [""; 0]);
}

#[test]
fn quantiles_need_buckets() {
    let without = |text: &str| read(text).without_buckets(&Facts);
    assert_eq!(
        without("histogram_quantile(0.9, rate(b[5m]))"),
        [("histogram_quantile".to_owned(), Some("b".to_owned()))]
    );
    assert_eq!(without("histogram_quantile(0.9, sum by (host) (rate(h_bucket[5m])))").len(), 1);
    assert_eq!(without("histogram_quantile(0.9, sum by (host, le) (rate(h_bucket[5m])))"), []);
    assert_eq!(without("histogram_quantile(0.9, ALERTS)"), []);
}

#[test]
fn labels_that_are_dropped() {
    let drops = |text: &str, label: &str| read(text).drops(label, &Facts);
    assert!(drops("sum by (job) (a) > 1", "host"));
    assert!(drops("a / on (job) b > 1", "host"));
    assert!(!drops("sum by (host) (a) > 1", "host"));
    assert!(!drops("absent(a{job=\"x\"})", "host"));
    assert!(!drops("vector(1)", "host"));
}

#[test]
fn what_is_no_promql_is_told_with_its_place() {
    for (text, message, word, earlier) in [
        ("a b", "unexpected `b`", Some("b"), 0),
        ("sum(a b) > 1", "unexpected `b`", Some("b"), 0),
        ("a > > 1", "unexpected `>`", Some(">"), 1),
        ("a{b=} > 1", "unexpected `}`", Some("}"), 0),
        ("a >", "it ends too early", None, 0),
        ("sum by (x (a)", "unclosed left parenthesis", Some("by"), 0),
        ("rate(a)", "expected type matrix in call to function `rate`, got vector", Some("rate"), 0),
        ("a + foo(a)", "unknown function with name `foo`", Some("foo"), 0),
        ("sum(a", "unclosed left parenthesis", None, 0),
        ("a) + (b", "unexpected right parenthesis `)`", Some(")"), 0),
        ("", "no expression found in input", None, 0),
    ] {
        let problem = Query::read(text).unwrap_err();
        assert_eq!(
            (problem.message.as_str(), problem.word.as_deref(), problem.earlier),
            (message, word, earlier),
            "{text}"
        );
    }
}

#[test]
fn hostile_texts_end() {
    for text in [
        "{",
        "a{b=\"",
        "[",
        "{{",
        "sum(",
        "\\",
        "é{ü",
        "a{b=~",
        "))((",
        "'",
        "\"\\",
        "a{b=~\"(\"}",
        "\0",
        "a@",
        "a offset",
    ] {
        assert!(Query::read(text).is_err(), "{text}");
    }
    for part in ["(", "-", "a+", "a and ", "sum(", "a[1m:", "{"] {
        assert!(Query::read(&part.repeat(100_000)).is_err());
    }
    let deep = format!("{}a{}", "(".repeat(290), ")".repeat(290));
    assert!(read(&deep).never(&Facts).is_empty());
    let long = vec!["a"; 290].join(" and ");
    assert!(read(&long).never(&Facts).is_empty());
}

#[test]
fn endless_lengths_of_time_are_refused_and_not_a_panic() {
    for text in [
        "1844674[4070e3709551615",
        "x[1e30]",
        "x[1e+30]",
        "x[Inf]",
        "x[NaN]",
        "x[5m:1e30]",
        "x[99999999999999999999]",
        "x[1e30m]",
        "x offset 1e30",
        "x offset -1e30",
        "x OFFSET inf",
    ] {
        let problem = Query::read(text).unwrap_err();
        assert!(problem.message.starts_with("no length of time has"), "{text}: {problem:?}");
    }
    for text in [
        "x[300]",
        "max_over_time(x[1h30m:5m]) > 1e30",
        "x offset -0x12c < Inf",
        "x[0.5] offset 1e3",
        "x @ 1e9",
    ] {
        read(text);
    }
}
