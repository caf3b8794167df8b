//! What the page reads of `network.json`. All else in it is passed over.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::analyze::reachability::OpenPort;
use crate::catalog::chain::Consensus;
use crate::model::{AlertFacts, NeedFacts, Survives};

/// A text, that of the file itself where nothing in it is escaped; empty where there is another simple value.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Word<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfWord)
    }
}

struct OfWord;

impl<'de> Visitor<'de> for OfWord {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a simple value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Word<'de>, E> {
        Ok(Word(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Word<'de>, E> {
        Ok(Word::default())
    }
}

/// Parts by name.
pub(super) type ByName<'a, T> = BTreeMap<Word<'a>, T>;

impl std::ops::Deref for Word<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

/// A network.
#[derive(Deserialize)]
pub(super) struct Network<'a> {
    pub(super) consensus: Consensus,
    #[serde(borrow)]
    pub(super) values: Values<'a>,
    #[serde(borrow)]
    pub(super) services: ByName<'a, Facts<'a>>,
    pub(super) alerts: Vec<AlertFacts>,
    pub(super) needs: Vec<NeedFacts>,
    pub(super) ports: Vec<OpenPort>,
    pub(super) survives: Vec<Survives>,
}

/// What the values do not say of a service.
#[derive(Deserialize)]
pub(super) struct Facts<'a> {
    #[serde(borrow)]
    pub(super) version: Word<'a>,
    pub(super) job: bool,
    pub(super) signs: bool,
}

/// Values; what is not there is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Values<'a> {
    #[serde(borrow)]
    pub(super) network: About<'a>,
    #[serde(borrow)]
    pub(super) chain: Chain<'a>,
    #[serde(borrow)]
    pub(super) regions: ByName<'a, Region<'a>>,
    #[serde(borrow)]
    pub(super) hosts: ByName<'a, Host<'a>>,
    #[serde(borrow)]
    pub(super) nodes: ByName<'a, Node<'a>>,
    #[serde(borrow)]
    pub(super) services: ByName<'a, Service<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct About<'a> {
    #[serde(borrow)]
    pub(super) name: Word<'a>,
    #[serde(borrow)]
    pub(super) environment: Word<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Chain<'a> {
    #[serde(borrow)]
    pub(super) name: Word<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Region<'a> {
    #[serde(borrow)]
    pub(super) provider: Word<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Host<'a> {
    #[serde(borrow)]
    pub(super) region: Word<'a>,
    #[serde(borrow)]
    pub(super) provider: Word<'a>,
    #[serde(borrow)]
    pub(super) rack: Word<'a>,
    #[serde(borrow)]
    pub(super) address: Word<'a>,
    #[serde(borrow)]
    pub(super) private_address: Word<'a>,
    #[serde(borrow)]
    pub(super) architecture: Word<'a>,
    #[serde(borrow)]
    pub(super) runtime: Word<'a>,
    pub(super) resources: Resources,
}

/// Numbers and sizes as they are written.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Resources {
    pub(super) cpus: Value,
    pub(super) memory: Value,
    pub(super) disk: Value,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Node<'a> {
    #[serde(borrow)]
    pub(super) role: Word<'a>,
    pub(super) voting_power: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Service<'a> {
    #[serde(borrow)]
    pub(super) component: Word<'a>,
    #[serde(borrow)]
    pub(super) host: Word<'a>,
    #[serde(borrow)]
    pub(super) node: Word<'a>,
    #[serde(borrow)]
    pub(super) image: Word<'a>,
    #[serde(borrow)]
    pub(super) digest: Word<'a>,
    pub(super) resources: Resources,
    #[serde(borrow)]
    pub(super) volumes: ByName<'a, Volume<'a>>,
    #[serde(borrow)]
    pub(super) uses: ByName<'a, Vec<Provider<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Volume<'a> {
    #[serde(borrow)]
    pub(super) size: Word<'a>,
    pub(super) backup: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Provider<'a> {
    #[serde(borrow)]
    pub(super) service: Word<'a>,
    #[serde(borrow)]
    pub(super) address: Word<'a>,
    pub(super) wait: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_none() {
        let read = |text: &'static str| serde_json::from_str::<Word<'_>>(text).map(|word| word.0);
        assert!(matches!(read(r#""a""#), Ok(Cow::Borrowed("a"))));
        assert_eq!(read(r#""a\nb""#).unwrap(), "a\nb");
        for other in ["null", "true", "1", "-1", "1.5"] {
            assert_eq!(read(other).unwrap(), "", "{other}");
        }
        assert!(read("[]").is_err());
    }
}
