//! What two sides have in common, while both are made: no side keeps the bytes of a file that the other has
//! as well, for a diff asks for the bytes of what differs alone.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::side::{RECORDS, Side};
use crate::bundle::{BundlePath, File, Keep};

/// Two sides while they are made.
#[derive(Debug)]
pub struct Common {
    /// Which files keep their bytes all the same.
    needed: fn(&str) -> bool,
    /// The files that only one side has so far, or that differ.
    waiting: Mutex<BTreeMap<String, [Option<File>; 2]>>,
}

/// Keeps the files of one side until the other has them as well.
#[derive(Clone, Copy, Debug)]
pub struct Half<'c> {
    common: &'c Common,
    /// The place of this side, and of the other.
    places: [usize; 2],
}

impl Common {
    /// Nothing yet. Whoever makes the sides asks some files for their bytes before both are there.
    pub fn new(needed: fn(&str) -> bool) -> Self {
        Self { needed, waiting: Mutex::default() }
    }

    /// The one side and the other.
    pub fn halves(&self) -> [Half<'_>; 2] {
        [[0, 1], [1, 0]].map(|places| Half { common: self, places })
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<String, [Option<File>; 2]>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Half<'_> {
    /// Takes in the files of a side that were not kept one by one.
    pub fn take(&self, side: &mut Side) {
        for (path, file) in &mut side.files {
            let known = file.forgotten();
            *file = self.kept(path, std::mem::replace(file, known));
        }
    }

    /// Gives a side its files with their bytes, where they are not those of the other side.
    pub fn give_back(&self, side: &mut Side) {
        let [own, _] = self.places;
        for (path, files) in self.common.waiting().iter_mut() {
            if let Some(file) = files.get_mut(own).and_then(Option::take)
                && let Some(known) = side.files.get_mut(path)
            {
                *known = file;
            }
        }
    }

    fn kept(&self, path: &str, file: File) -> File {
        if (self.common.needed)(path) {
            return file;
        }
        let known = file.forgotten();
        // Nobody asks how they differ.
        if RECORDS.contains(&path) {
            return known;
        }
        let mut waiting = self.common.waiting();
        let [own, other] = self.places;
        let files = waiting.entry(path.to_owned()).or_default();
        if files.get(other).is_some_and(|other| other.as_ref() == Some(&file)) {
            waiting.remove(path);
        } else if let Some(place) = files.get_mut(own) {
            *place = Some(file);
        }
        known
    }
}

impl Keep for Half<'_> {
    fn keep(&self, path: &BundlePath, file: File) -> File {
        self.kept(path.as_str(), file)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_both_sides_have_is_kept_by_neither() {
        let common = Common::new(|path| path == "board");
        let [old, new] = common.halves();
        let [one, other] = ["one", "other"].map(File::regular);
        for (half, path, file) in [
            (old, "same", &one),
            (new, "another", &one),
            (new, "same", &one),
            (old, "another", &other),
            (old, "alone", &one),
            (new, "bundle.json", &one),
        ] {
            let known = half.kept(path, file.clone());
            assert!(known == *file && known.in_memory().is_none(), "{path}");
        }
        assert!(old.kept("board", one.clone()).in_memory().is_some());
        let waiting = common.waiting();
        let paths: BTreeSet<&str> = waiting.keys().map(String::as_str).collect();
        assert_eq!(paths, BTreeSet::from(["alone", "another"]));
        assert_eq!(waiting.get("another"), Some(&[Some(other), Some(one)]));
    }
}
