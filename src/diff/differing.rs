//! The files that differ, found once.

use std::cmp::Ordering;

use super::report::Action;
use super::side::Side;

/// The paths of the files that differ, sorted.
pub(super) struct Differing<'a>(Vec<(&'a str, Action)>);

impl<'a> Differing<'a> {
    /// Walks through both sides side by side.
    pub(super) fn of(old: &'a Side, new: &'a Side) -> Self {
        let (mut before, mut after) = (old.files.iter().peekable(), new.files.iter().peekable());
        let mut found = Vec::new();
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => return Self(found),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((was, _)), Some((is, _))) => was.cmp(is),
            };
            let was = if order.is_le() { before.next() } else { None };
            let is = if order.is_ge() { after.next() } else { None };
            match (was, is) {
                (Some((path, _)), None) => found.push((path.as_str(), Action::Removed)),
                (None, Some((path, _))) => found.push((path.as_str(), Action::Added)),
                (Some((path, was)), Some((_, is))) if was != is => {
                    found.push((path.as_str(), Action::Changed));
                }
                _ => {}
            }
        }
    }

    /// All of them, by path.
    pub(super) fn all(&self) -> &[(&'a str, Action)] {
        &self.0
    }

    /// The one of this path, or those below it where it ends with `/`.
    pub(super) fn below(&self, path: &str) -> impl Iterator<Item = &'a str> {
        let from = self.0.partition_point(|(name, _)| *name < path);
        let is_below =
            move |name: &&str| if path.ends_with('/') { name.starts_with(path) } else { *name == path };
        self.0.iter().skip(from).map(|(name, _)| *name).take_while(is_below)
    }
}
