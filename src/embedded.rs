//! The `templates/` folder as the build script embedded it.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Where an embedded file stands in the table, which is sorted by path.
pub(crate) fn position(name: &str) -> Option<usize> {
    FILES.binary_search_by(|(path, _)| (*path).cmp(name)).ok()
}

/// The text of an embedded file.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    FILES.get(position(name)?).map(|(_, text)| *text)
}

/// What an embedded file of data says, as [`crate::value::decode_tape`] reads it.
pub(crate) fn tape(name: &str) -> Option<&'static [u8]> {
    TAPES.get(position(name)?).copied().filter(|tape| !tape.is_empty())
}
