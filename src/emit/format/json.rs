//! JSON files, and JSON scalars that may stand in YAML text.

use serde::Serialize;
use serde_json::Value;

use super::Error;

/// JSON with two spaces a level and a newline at the end, in the order of the value.
pub fn pretty<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(refuse)?;
    text.push('\n');
    Ok(text)
}

/// The same with the keys of every object sorted.
pub fn pretty_sorted<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut value = serde_json::to_value(value).map_err(refuse)?;
    value.sort_all_objects();
    pretty(&value)
}

/// JSON on one line that YAML 1.1 and 1.2 readers take for the same value: text templates of YAML
/// and JSON files put their values in with this.
///
/// Plain JSON is not quite YAML: YAML 1.1 folds U+0085, U+2028 and U+2029 in quotes, and refuses
/// some characters raw. All of them are escaped; `\/` and surrogate pairs, which YAML does not
/// know, are never used.
pub fn for_yaml(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    for c in serde_json::to_string(value).map_err(refuse)?.chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn refuse(error: serde_json::Error) -> Error {
    Error::new("JSON", error.to_string(), "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::hostile::{CORPUS, strings};
    use super::*;

    fn check(value: &Value) {
        let text = for_yaml(value).unwrap();
        assert!(!text.contains('\n'));
        assert_eq!(&serde_yaml::from_str::<Value>(&text).unwrap(), value, "{text}");
        assert_eq!(&serde_yaml::from_str::<Value>(&format!("a:\n  b: {text}")).unwrap()["a"]["b"], value);
        assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn corpus_survives_as_yaml() {
        CORPUS.iter().for_each(|text| check(&json!([text, {*text: text}])));
    }

    proptest! {
        #[test]
        fn any_text_survives_as_yaml(text in strings()) {
            check(&json!(text));
            check(&json!({"list": [text, 1, null, true], text.clone(): {}}));
            let value = json!({"b": text, "a": [text]});
            prop_assert_eq!(serde_json::from_str::<Value>(&pretty(&value).unwrap()).unwrap(), value);
        }
    }

    #[test]
    fn order() {
        let value = json!({"b": {"d": 1, "c": 2}, "a": []});
        assert_eq!(
            pretty(&value).unwrap(),
            "{\n  \"b\": {\n    \"d\": 1,\n    \"c\": 2\n  },\n  \"a\": []\n}\n"
        );
        assert_eq!(
            pretty_sorted(&value).unwrap(),
            "{\n  \"a\": [],\n  \"b\": {\n    \"c\": 2,\n    \"d\": 1\n  }\n}\n"
        );
    }
}
