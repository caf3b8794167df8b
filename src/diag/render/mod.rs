//! One renderer a format. All take the same findings; none decides anything.
