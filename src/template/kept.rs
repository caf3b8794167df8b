//! What texts gave, for scopes that are the same in all that the texts ask for.

use std::sync::RwLock;

use minijinja::value::Value;

use super::compiled::Ready;
use super::context::{Context, Scope};
use crate::hashed::HashMap;

/// What texts gave that ask for nothing but values under some names. It is for scopes that have the same under
/// each of them: whatever else they have, such a text gives the same in all.
#[derive(Debug)]
pub struct Kept {
    same: &'static [&'static str],
    /// By the place of the text, where it stays for as long as the program runs.
    done: RwLock<HashMap<usize, Done>>,
}

/// What a text gave, and what that took.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) value: Option<Value>,
    pub(super) text: String,
    pub(super) fuel: u64,
}

impl Kept {
    /// Nothing yet, for scopes that are the same under these names.
    pub fn new(same: &'static [&'static str]) -> Self {
        Self { same, done: RwLock::default() }
    }

    /// Whether what a text gives is the same in all these scopes.
    pub(super) fn is_for(&self, ready: &Ready<'_>) -> bool {
        ready.reads().is_within(self.same)
    }

    /// What a text gave that it is for.
    pub(super) fn find(&self, ready: &Ready<'_>) -> Option<Done> {
        self.done.read().ok()?.get(&ready.place()?).cloned()
    }

    /// Keeps what a text gave that it is for.
    pub(super) fn keep(&self, ready: &Ready<'_>, done: &Done) {
        if let (Some(place), Ok(mut all)) = (ready.place(), self.done.write()) {
            all.insert(place, done.clone());
        }
    }
}

/// A scope that is the same as others under some names.
#[derive(Clone, Debug)]
pub struct Alike<'k> {
    values: Context,
    kept: Option<&'k Kept>,
}

impl<'k> Alike<'k> {
    /// A scope, and what is kept of those that it is like, if any.
    pub fn new(values: Context, kept: Option<&'k Kept>) -> Self {
        Self { values, kept }
    }

    /// The same with one more value, whose name is none of those under which the scopes are the same.
    #[must_use]
    pub fn with(&self, name: &str, value: &serde_json::Value) -> Self {
        Self { values: self.values.with(name, value), kept: self.kept }
    }
}

impl Scope for Alike<'_> {
    fn context(&self) -> Context {
        self.values.context()
    }

    fn kept(&self) -> Option<&Kept> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::Templates;

    #[test]
    fn what_asks_for_more_is_made_anew() {
        let templates = Templates::embedded();
        let kept = Kept::new(&["a"]);
        let render = |text: &str, a: u8, b: u8| {
            let values = Context::new(&json!({ "a": a, "b": b }));
            templates.render_str(text, Alike::new(values, Some(&kept))).unwrap()
        };
        for b in 1..4 {
            assert_eq!(render("{{ a }} {{ b }}", 1, b), format!("1 {b}"));
            assert_eq!(
                render("{{ a + 1 }} {% if b > 2 %}b{% endif %}", 1, b),
                if b > 2 { "2 b" } else { "2 " }
            );
            assert_eq!(render("{{ a + 1 }}", 1, b), "2");
        }
        // Only scopes that are the same may share: another one would be taken for one of them.
        assert_eq!(render("{{ a + 1 }}", 5, 1), "2");
        assert_eq!(render("{{ a + 1 }} {{ b }}", 5, 1), "6 1");
    }
}
