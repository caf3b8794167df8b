//! What a value of a tape is. The build script writes with this file: nothing else of the crate is named here.

/// Nothing.
pub const NULL: u8 = 0;
/// `false`.
pub const FALSE: u8 = 1;
/// `true`.
pub const TRUE: u8 = 2;
/// A whole number; its bits follow as a number.
pub const INT: u8 = 3;
/// A whole number that does not fit 64 bits with a sign; it follows.
pub const UINT: u8 = 4;
/// A number; its bits follow as a number.
pub const FLOAT: u8 = 5;
/// The text that stands at its place.
pub const STR: u8 = 6;
/// Another text than the one at its place; its length and its bytes follow.
pub const TEXT: u8 = 7;
/// A list; how many values it has, how many bytes they take, and they follow.
pub const SEQ: u8 = 8;
/// A map; how many keys it has, how many bytes all takes, and each key with its value follows.
pub const MAP: u8 = 9;
