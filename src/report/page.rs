//! The page: fixed markup, style and script, and one block of data.
//!
//! The policy in the page names the style and the script by their digests, so nothing else runs, and nothing
//! is loaded from anywhere. The script puts values in as text alone; browsers that know trusted types refuse
//! everything else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Board;
use super::data::Data;
use crate::diff::Diff;
use crate::embedded;
use crate::model::Document;

/// The parts of the script, in order.
const SCRIPTS: [&str; 10] =
    ["dom", "network", "table", "tables", "layout", "drawing", "details", "sections", "differences", "main"];

/// The page of a network. `against` is what is otherwise than in another bundle.
pub fn page(document: &Document, boards: &[Board], against: Option<&Diff>) -> String {
    let data = Data::of(document, boards, against);
    // Texts, numbers and lists of them: the serializer has nothing to refuse.
    around(&serde_json::to_value(&data).unwrap_or_default())
}

/// The page around its data.
pub(super) fn around(data: &Value) -> String {
    // Pictures of dashboards have one style, here and where they stand alone.
    let style = format!("\n{}.board {{\n{}}}\n", template("page.css"), template("dashboard.css"));
    let parts: String = SCRIPTS.iter().map(|name| template(&format!("{name}.js"))).collect();
    let script = format!("\n\"use strict\";\n(() => {{\n{parts}}})();\n");
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        digest(&script),
        digest(&style)
    );
    // The data comes last: what stands in it is not looked through for places.
    [("policy", policy), ("style", style), ("script", script), ("data", lines(data))]
        .iter()
        .fold(template("page.html").to_owned(), |page, (place, text)| {
            page.replacen(&format!("{{{{{place}}}}}"), text, 1)
        })
}

fn template(name: &str) -> &'static str {
    embedded::text(&format!("report/{name}")).unwrap_or_default()
}

/// A source of a content security policy: the text of one element.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// JSON with each item of a list at the top on a line of its own, so that two pages can be compared. Nothing
/// in it can end the element that it stands in, for `<` is only ever inside of a string.
fn lines(data: &Value) -> String {
    let items = |value: &Value| match value {
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            format!("[\n{}\n]", items.join(",\n"))
        }
        other => other.to_string(),
    };
    let keys = data.as_object().into_iter().flatten();
    let keys: Vec<String> =
        keys.map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), items(value))).collect();
    let mut out = String::new();
    for c in format!("{{\n{}\n}}\n", keys.join(",\n")).chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{7f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}
