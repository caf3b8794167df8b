//! A map that keeps the order of the source and is fast to ask.

use super::Node;
use crate::hashed::HashMap;
use crate::text::Spanned;

/// From this many keys on, an index pays.
const INDEX_FROM: usize = 16;

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key and its place.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

/// Keys and values in the order of the source. No key stands twice.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<Entry>,
    /// Key -> position; only asked, never iterated. Empty for small maps.
    index: HashMap<String, usize>,
}

impl Map {
    /// The entries in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|entry| (entry.key.value.as_str(), &entry.value))
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        if self.index.is_empty() {
            return self.entries.iter().find(|entry| entry.key.value == key);
        }
        self.entries.get(*self.index.get(key)?)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let at = match self.index.get(key) {
            Some(at) => *at,
            None => self.entries.iter().position(|entry| entry.key.value == key)?,
        };
        self.entries.get_mut(at).map(|entry| &mut entry.value)
    }

    /// The values in order, to change.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.entries.iter_mut().map(|entry| &mut entry.value)
    }

    /// The entries in order, to keep.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The entries in order; the keys stay as they are.
    pub fn entries_mut(&mut self) -> impl Iterator<Item = (&Spanned<String>, &mut Node)> {
        self.entries.iter_mut().map(|entry| (&entry.key, &mut entry.value))
    }

    /// Every entry in order, to change all but the text of its key.
    pub(super) fn each_entry(&mut self, change: &mut dyn FnMut(&mut Entry)) {
        self.entries.iter_mut().for_each(change);
    }

    /// Takes a key out and gives its entry.
    pub fn take(&mut self, key: &str) -> Option<Entry> {
        let entry = self.entry(key)?.clone();
        self.retain(|other| other != key);
        Some(entry)
    }

    /// Takes out every key that is not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.retain_entries(|entry| keep(&entry.key.value));
    }

    /// Takes out every entry that is not to be kept.
    pub fn retain_entries(&mut self, keep: impl Fn(&Entry) -> bool) {
        self.entries.retain(|entry| keep(entry));
        if !self.index.is_empty() {
            self.index =
                self.entries.iter().enumerate().map(|(at, entry)| (entry.key.value.clone(), at)).collect();
        }
    }

    /// Adds a key at the end, or gives back the entry that has it already.
    pub fn insert(&mut self, key: Spanned<String>, value: Node) -> Result<(), Spanned<String>> {
        if let Some(first) = self.entry(&key) {
            return Err(first.key.clone());
        }
        if !self.index.is_empty() {
            self.index.insert(key.value.clone(), self.entries.len());
        }
        self.entries.push(Entry { key, value });
        if self.entries.len() == INDEX_FROM {
            self.index =
                self.entries.iter().enumerate().map(|(at, entry)| (entry.key.value.clone(), at)).collect();
        }
        Ok(())
    }
}
