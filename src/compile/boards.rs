//! The dashboards of a bundle, read as they come by: the page shows them, when they may be out of memory.

use std::sync::{Mutex, PoisonError};

use crate::bundle::{BundlePath, File, Keep};
use crate::report::{self, Board};

/// Reads every dashboard that comes by.
pub(super) struct Boards<'k> {
    keep: &'k dyn Keep,
    read: Mutex<Vec<Board>>,
}

impl Keep for Boards<'_> {
    fn keep(&self, path: &BundlePath, file: File) -> File {
        if let Some(board) = file.in_memory().and_then(|bytes| report::board(path.as_str(), bytes)) {
            self.read.lock().unwrap_or_else(PoisonError::into_inner).push(board);
        }
        self.keep.keep(path, file)
    }
}

impl<'k> Boards<'k> {
    pub(super) fn new(keep: &'k dyn Keep) -> Self {
        Self { keep, read: Mutex::default() }
    }

    /// What came by, in the order of the page.
    pub(super) fn take(&self) -> Vec<Board> {
        let mut boards = std::mem::take(&mut *self.read.lock().unwrap_or_else(PoisonError::into_inner));
        report::sort(&mut boards);
        boards
    }
}
