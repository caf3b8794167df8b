//! YAML onto a tape, see `value/tape.rs`. Only the build script runs this, for the files of the binary: what those
//! do without (anchors, tags, several documents) is refused.

use granit_parser::{Event, Parser, ScalarStyle, options};

use super::plain::{Plain, not_finite, plain};
use super::tags;

/// A list or a map that is still open.
struct Frame {
    tag: u8,
    start: usize,
    /// For a map, how many keys and values.
    count: u64,
    keys: Vec<String>,
    inside: Vec<u8>,
}

/// Writes the value of a file down. The error is what is wrong, and at which byte.
pub fn record(text: &str) -> Result<Vec<u8>, (String, usize)> {
    let mut open: Vec<Frame> = Vec::new();
    let mut whole: Option<Vec<u8>> = None;
    for next in Parser::new_from_str_with_options(text, options! { emit_comments: false }) {
        let (event, place) =
            next.map_err(|error| (error.to_string(), error.marker().byte_offset().unwrap_or_default()))?;
        let place = place.byte_range().unwrap_or(0..0);
        let refused = |what: &str| Err((format!("{what} cannot be written down"), place.start));
        let is_key = open.last().is_some_and(|frame| frame.tag == tags::MAP && frame.count % 2 == 0);
        let mut value = Vec::new();
        match event {
            Event::Scalar(words, style, 0, None) => {
                let kind = if style == ScalarStyle::Plain { plain(&words) } else { Plain::Text };
                if style == ScalarStyle::Plain && not_finite(&words) {
                    return refused("a number without end");
                }
                if is_key {
                    let name = match kind {
                        Plain::Text => words.into_owned(),
                        Plain::Int(number) => number.to_string(),
                        Plain::UInt(number) => number.to_string(),
                        Plain::Bool(value) => value.to_string(),
                        Plain::Null | Plain::Float(_) => return refused("such a key"),
                    };
                    if name == "<<" {
                        return refused("a merge key");
                    }
                    put_text(&mut value, &name, text, &place);
                    if let Some(frame) = open.last_mut() {
                        if frame.keys.contains(&name) {
                            return refused("a key that stands twice");
                        }
                        frame.keys.push(name);
                    }
                } else {
                    put_scalar(&mut value, &kind, &words, text, &place);
                }
            }
            Event::SequenceStart(_, 0, None) | Event::MappingStart(_, 0, None) if !is_key => {
                let tag = if matches!(event, Event::SequenceStart(..)) { tags::SEQ } else { tags::MAP };
                open.push(Frame { tag, start: place.start, count: 0, keys: Vec::new(), inside: Vec::new() });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(frame) = open.pop() else { continue };
                put_head(&mut value, frame.tag, &(frame.start..place.end.max(frame.start)));
                put(&mut value, if frame.tag == tags::MAP { frame.count / 2 } else { frame.count });
                put(&mut value, frame.inside.len() as u64);
                value.extend(frame.inside);
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => continue,
            _ => return refused("an anchor, an alias, a tag or a key that is no text"),
        }
        match open.last_mut() {
            Some(frame) => {
                frame.count += 1;
                frame.inside.extend(value);
            }
            None if whole.is_none() => whole = Some(value),
            None => return refused("a second document"),
        }
    }
    whole.ok_or_else(|| ("the file is empty".to_owned(), 0))
}

type Place = std::ops::Range<usize>;

fn put_scalar(out: &mut Vec<u8>, kind: &Plain, words: &str, text: &str, place: &Place) {
    match kind {
        Plain::Null => put_head(out, tags::NULL, place),
        Plain::Bool(false) => put_head(out, tags::FALSE, place),
        Plain::Bool(true) => put_head(out, tags::TRUE, place),
        Plain::Int(number) => {
            put_head(out, tags::INT, place);
            put(out, number.cast_unsigned());
        }
        Plain::UInt(number) => {
            put_head(out, tags::UINT, place);
            put(out, *number);
        }
        Plain::Float(number) => {
            put_head(out, tags::FLOAT, place);
            put(out, number.to_bits());
        }
        Plain::Text => put_text(out, words, text, place),
    }
}

fn put_text(out: &mut Vec<u8>, words: &str, text: &str, place: &Place) {
    if text.get(place.clone()) == Some(words) {
        put_head(out, tags::STR, place);
        return;
    }
    put_head(out, tags::TEXT, place);
    put(out, words.len() as u64);
    out.extend(words.as_bytes());
}

fn put_head(out: &mut Vec<u8>, tag: u8, place: &Place) {
    out.push(tag);
    put(out, place.start as u64);
    put(out, place.len() as u64);
}

/// A number, seven bits a byte, the lowest first.
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
