//! Alloy's configuration syntax: literals.

use serde_json::Value;

use super::{Error, promql};

/// A literal: text, number, boolean, list, or object. Strings have Go's escapes, as in `PromQL`.
///
/// `null` is refused: what is not given is left out.
pub fn literal(value: &Value) -> Result<String, Error> {
    Ok(match value {
        Value::Null => return Err(Error::new("Alloy", "there is nothing to write", "")),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => promql::string(text),
        Value::Array(items) => {
            let items: Result<Vec<String>, Error> = items.iter().map(literal).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Object(map) => {
            let fields: Result<Vec<String>, Error> = map
                .iter()
                .map(|(key, value)| Ok(format!("{} = {}", promql::string(key), literal(value)?)))
                .collect();
            format!("{{{}}}", fields?.join(", "))
        }
    })
}

/// The name of a component of the configuration: letters, digits and `_`. Names of ours have no `_`, so
/// that two stay two.
pub fn name(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_digit()) { format!("_{plain}") } else { plain }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::hostile::{CORPUS, strings};
    use super::*;

    /// Reads one literal back, by the grammar of Alloy: an independent, slow reader.
    struct Reader<'a> {
        rest: std::iter::Peekable<std::str::Chars<'a>>,
    }

    impl Reader<'_> {
        fn read(text: &str) -> Value {
            let mut reader = Reader { rest: text.chars().peekable() };
            let value = reader.value();
            assert_eq!(reader.rest.next(), None, "{text}");
            value
        }

        fn take(&mut self, wanted: char) -> bool {
            while self.rest.next_if(|c| *c == ' ').is_some() {}
            self.rest.next_if_eq(&wanted).is_some()
        }

        fn value(&mut self) -> Value {
            if self.take('[') {
                let mut items = Vec::new();
                while !self.take(']') {
                    items.push(self.value());
                    self.take(',');
                }
                return Value::Array(items);
            }
            if self.take('{') {
                let mut map = serde_json::Map::new();
                while !self.take('}') {
                    let key = self.value();
                    assert!(self.take('='));
                    map.insert(key.as_str().unwrap().to_owned(), self.value());
                    self.take(',');
                }
                return Value::Object(map);
            }
            if self.take('"') { Value::String(self.text()) } else { self.word() }
        }

        fn word(&mut self) -> Value {
            let mut word = String::new();
            while let Some(c) = self.rest.next_if(|c| !", ]}".contains(*c)) {
                word.push(c);
            }
            serde_json::from_str(&word).unwrap()
        }

        fn text(&mut self) -> String {
            let mut text = String::new();
            loop {
                let c = self.rest.next().unwrap();
                assert!(c != '\n', "a string ends on its line");
                match c {
                    '"' => return text,
                    '\\' => {
                        let code = |reader: &mut Self, digits: usize| {
                            let hex: String = reader.rest.by_ref().take(digits).collect();
                            char::from_u32(u32::from_str_radix(&hex, 16).unwrap()).unwrap()
                        };
                        text.push(match self.rest.next().unwrap() {
                            'n' => '\n',
                            't' => '\t',
                            'r' => '\r',
                            'x' => code(self, 2),
                            'u' => code(self, 4),
                            c @ ('"' | '\\') => c,
                            c => panic!("there is no escape {c}"),
                        });
                    }
                    c => text.push(c),
                }
            }
        }
    }

    fn check(text: &str) {
        let value = json!({ "a": [text, true, 7], text: { "b": text } });
        assert_eq!(Reader::read(&literal(&value).unwrap()), value);
    }

    #[test]
    fn hostile_texts_come_back_as_they_were() {
        CORPUS.iter().for_each(|text| check(text));
        assert!(literal(&Value::Null).is_err());
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was(text in strings()) {
            check(&text);
        }
    }

    #[test]
    fn names_are_identifiers_and_stay_apart() {
        assert_eq!(name("val-eu-1-execution"), "val_eu_1_execution");
        assert_eq!(name("1st"), "_1st");
        assert_ne!(name("a-b"), name("ab"));
    }
}
