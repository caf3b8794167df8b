//! JSON files, and JSON scalars that may stand in YAML text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter};

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
/// know, are never used. A number with an exponent is one to YAML 1.1 only with a point and a sign.
pub fn for_yaml(value: &Value) -> Result<String, Error> {
    let mut written = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut written, YamlNumbers);
    value.serialize(&mut serializer).map_err(refuse)?;
    let mut out = String::new();
    for c in String::from_utf8_lossy(&written).chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

/// `1e21` as `1.0e+21`.
struct YamlNumbers;

impl Formatter for YamlNumbers {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let mut plain = Vec::new();
        CompactFormatter.write_f64(&mut plain, value)?;
        let plain = String::from_utf8_lossy(&plain);
        let Some((mantissa, exponent)) = plain.split_once('e') else {
            return writer.write_all(plain.as_bytes());
        };
        let point = if mantissa.contains('.') { "" } else { ".0" };
        let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
        write!(writer, "{mantissa}{point}e{sign}{exponent}")
    }
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
    fn numbers_are_numbers_to_yaml_1_1() {
        let value = json!([1e21, -1.5e300, 1e-7, 0.1, 100.0, 7]);
        assert_eq!(for_yaml(&value).unwrap(), "[1.0e+21,-1.5e+300,1.0e-7,0.1,100.0,7]");
        check(&value);
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
