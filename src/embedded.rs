//! The `templates/` folder as the build script embedded it.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The text of an embedded file; the table is sorted by path.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    let at = FILES.binary_search_by(|(path, _)| (*path).cmp(name)).ok()?;
    FILES.get(at).map(|(_, text)| *text)
}
