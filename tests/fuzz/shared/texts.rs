//! Texts inside of component files: templates and expressions.

use netgen::query::{Labels, Presence, Query, Selector, Series, Values};
use netgen::template::{TemplateError, Templates};
use serde_json::json;

/// Bytes that a rendered text may have; the limit of files is far above it, as is that of texts.
const MOST: usize = 64 << 20;

/// A template as an argument, as a value, as a condition and as a file: each ends, and tells its place.
pub fn template(bytes: &[u8]) -> Result<(), String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let templates = Templates::embedded();
    let context = json!({
        "service": { "name": "it", "dir": "/srv/it", "uid": 10001 },
        "settings": { "x": "a b", "n": 7, "on": true, "list": ["a", "b"], "map": { "k": "v" }, "none": null },
        "ports": { "metrics": 9100 },
        "chain": { "id": "hoodi", "network_id": 560_048 },
        "nodes": [{ "name": "n1" }, { "name": "n2" }],
    });
    placed(text, templates.render_str(text, &context).map(|text| text.len()))?;
    placed(text, templates.eval(text, &context).map(|value| value.to_string().len()))?;
    placed(text, templates.eval_bool(text, &context).map(|_| 0))?;
    for name in ["it.sh.j2", "it.cfg.j2", "it.nft.j2", "it.md.j2", "it.yml.j2", "it.toml.j2"] {
        placed(text, templates.render_text(name, text, &context).map(|text| text.len()))?;
    }
    Ok(())
}

/// What came out is bounded, and an error lies in the text.
fn placed(text: &str, result: Result<usize, TemplateError>) -> Result<(), String> {
    match result {
        Ok(length) if length > MOST => Err(format!("gives {length} bytes")),
        Ok(_) => Ok(()),
        Err(error) if error.message.is_empty() => Err("is refused without a word".to_owned()),
        // A file that is included has places of its own.
        Err(error) => match error.range {
            Some(range) if !error.template.ends_with(".j2") && text.get(range.clone()).is_none() => {
                Err(format!("{range:?} does not fit the text: {}", error.message))
            }
            _ => Ok(()),
        },
    }
}

/// Little is known of the series.
struct Few;

impl Series for Few {
    fn labels(&self, selector: &Selector) -> Labels {
        match selector.metric.as_deref() {
            Some("up") => Labels::none().with("job", Presence::Sure).with("node", Presence::Maybe),
            _ => Labels::unknown(),
        }
    }

    fn values(&self, selector: &Selector) -> Values {
        if selector.metric.as_deref() == Some("up") { Values::BOOL } else { Values::ANY }
    }
}

/// An expression: it is read, or refused at a word that it has.
pub fn query(bytes: &[u8]) -> Result<(), String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let query = match Query::read(text) {
        Ok(query) => query,
        Err(problem) if problem.message.is_empty() => return Err("is refused without a word".to_owned()),
        Err(problem) => {
            let Some(word) = problem.word else { return Ok(()) };
            let found = text.matches(word.as_str()).count() > problem.earlier;
            return if found { Ok(()) } else { Err(format!("does not have `{word}`")) };
        }
    };
    let values = query.values(&Few);
    if values.low > values.high {
        return Err(format!("has values from {} to {}", values.low, values.high));
    }
    let _ = (query.selectors(), query.labels(&Few), query.label_uses(&Few), query.never(&Few));
    let _ = (query.is_empty(&Few), query.unconditional(&Few), query.without_buckets(&Few), query.metrics());
    let _ = (query.is_local(&["node"]), query.drops("node", &Few));
    Ok(())
}
