//! Changes to a text: some know its structure, some know nothing.

use serde_json::{Map, Value};

use super::random::Random;
use super::seeds::as_json;

/// Pieces that mean something to one of the readers.
const WORDS: &[&str] = &[
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "  ",
    "#",
    "\"",
    "'",
    "|",
    ">",
    "&a ",
    "*a",
    "<<: ",
    "<<: *a\n",
    "!!str ",
    "!!int ",
    "!x ",
    "? ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "~",
    "null",
    "true",
    "no",
    "0x1F",
    "010",
    "1e999",
    "-.inf",
    ".nan",
    "99999999999999999999",
    "-1",
    "0",
    "=",
    "==",
    "[[",
    "]]",
    "\"\"\"",
    "'''",
    "\\",
    "\\u0000",
    "\\uD800",
    "\\x",
    "\u{feff}",
    "\u{202e}",
    "\u{2028}",
    "é",
    "𝄞",
    "\0",
    "\u{1b}[2J",
    "{{ ",
    " }}",
    "{% for a in b %}",
    "${X}",
    "../",
    "/",
    "secret",
    "hosts",
    "nodes",
    "component: geth",
    "host: all",
    "10.0.0.1",
    "16GiB",
    "30d",
    "66%",
    "https://a@b:c",
    "sha256:",
    "latest",
    "<<<<<<< HEAD\n",
];

/// One to six changes; an input that is no text is changed as bytes.
pub fn change(base: &[u8], seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let changes = 1 + random.below(6);
    let Ok(text) = std::str::from_utf8(base) else {
        return (0..changes)
            .fold(base.to_vec(), |bytes, _| raw(bytes, random.pick::<Vec<u8>>(seeds).clone(), random));
    };
    let mut text = text.to_owned();
    for _ in 0..changes {
        text = match random.below(12) {
            0..5 => structure(&text, seeds, random).unwrap_or_else(|| lines(&text, random)),
            5..8 => lines(&text, random),
            8 => splice(&text, &String::from_utf8_lossy(random.pick::<Vec<u8>>(seeds)), random),
            _ => letters(&text, random),
        };
        if text.len() > 1 << 20 {
            break;
        }
    }
    text.into_bytes()
}

/// A change of bytes that are no text.
fn raw(mut bytes: Vec<u8>, other: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let at = random.below(bytes.len());
    let Some(byte) = bytes.get_mut(at) else { return other };
    match random.below(5) {
        0 => *byte ^= 1 << random.below(8),
        1 => *byte = *random.pick(&[0, b'0', b'7', b'/', 0x7f, 0x80, 0xff]),
        2 => bytes.truncate(at),
        3 => {
            let end = bytes.len().min(at + 1 + random.below(600));
            bytes.drain(at..end);
        }
        _ => {
            let from = random.below(other.len());
            let end = other.len().min(from + 1 + random.below(600));
            bytes.splice(at..at, other[from..end].iter().copied());
        }
    }
    bytes
}

/// A place between two letters.
fn place(text: &str, random: &mut Random) -> usize {
    text.floor_char_boundary(random.below(text.len() + 1))
}

fn letters(text: &str, random: &mut Random) -> String {
    let at = place(text, random);
    let (before, after) = text.split_at(at);
    match random.below(5) {
        0 => format!("{before}{}{after}", random.pick::<&str>(WORDS)),
        1 => {
            let end = place(after, random).min(40);
            format!("{before}{}", &after[after.floor_char_boundary(end)..])
        }
        2 => {
            let end = after.floor_char_boundary(random.below(200));
            format!("{before}{}{after}", after[..end].repeat(1 + random.below(3)))
        }
        3 => {
            let mut bytes = text.as_bytes().to_vec();
            if !bytes.is_empty() {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => before.to_owned(),
    }
}

fn lines(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        return random.pick::<&str>(WORDS).to_string();
    }
    let at = random.below(lines.len());
    match random.below(6) {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(at, lines[at].clone()),
        2 => {
            let other = random.below(lines.len());
            lines.swap(at, other);
        }
        3 => lines[at].insert_str(0, &" ".repeat(1 + random.below(4))),
        4 => {
            let spaces = lines[at].len() - lines[at].trim_start_matches(' ').len();
            lines[at].drain(..spaces.min(1 + random.below(4)));
        }
        _ => {
            let line = lines[at].replacen(": ", random.pick::<&str>(WORDS), 1);
            lines[at] = line;
        }
    }
    lines.concat()
}

/// The beginning of one text and the end of another.
fn splice(one: &str, other: &str, random: &mut Random) -> String {
    let (from, to) = (place(one, random), place(other, random));
    format!("{}{}", &one[..from], &other[to..])
}

/// A change of the tree; `None` where the text is no tree.
fn structure(text: &str, seeds: &[Vec<u8>], random: &mut Random) -> Option<String> {
    let mut tree = as_json(text)?;
    for _ in 0..=random.below(3) {
        let count = count(&tree);
        let (from, to) = (random.below(count), random.below(count));
        match random.below(7) {
            // A part moves to another place.
            0 | 1 => {
                let part = nth(&mut tree, from)?.clone();
                *nth(&mut tree, to)? = part;
            }
            2 => {
                let other = as_json(std::str::from_utf8(random.pick::<Vec<u8>>(seeds)).ok()?)?;
                let part = {
                    let mut other = other;
                    let at = random.below(self::count(&other));
                    nth(&mut other, at)?.clone()
                };
                *nth(&mut tree, to)? = part;
            }
            3 => *nth(&mut tree, to)? = odd(random),
            4 => keys(
                nth(&mut tree, to)?,
                |map, key| {
                    map.shift_remove(&key);
                },
                random,
            ),
            5 => keys(
                nth(&mut tree, to)?,
                |map, key| {
                    let value = map.get(&key).cloned().unwrap_or_default();
                    map.insert(format!("{key}-2"), value);
                },
                random,
            ),
            _ => {
                let at = random.below(8);
                keys(
                    nth(&mut tree, to)?,
                    |map, key| {
                        let value = map.shift_remove(&key).unwrap_or_default();
                        let mut letters: Vec<char> = key.chars().collect();
                        if at < letters.len() {
                            letters.remove(at);
                        }
                        map.insert(letters.into_iter().collect(), value);
                    },
                    random,
                );
            }
        }
    }
    if tree.to_string().len() > 1 << 18 {
        return None;
    }
    Some(if random.once_in(2) { format!("{tree:#}") } else { serde_yaml::to_string(&tree).ok()? })
}

/// A value that is seldom right.
fn odd(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => true.into(),
        2 => 0.into(),
        3 => (-1).into(),
        4 => u64::MAX.into(),
        5 => 1.5.into(),
        6 => "".into(),
        7 => Value::Array(Vec::new()),
        8 => Value::Object(Map::new()),
        9 => "x".repeat(300).into(),
        10 => Value::Array(vec![Value::Null, 7.into(), "a".into()]),
        _ => random.pick::<&str>(WORDS).to_string().into(),
    }
}

fn keys(value: &mut Value, change: impl FnOnce(&mut Map<String, Value>, String), random: &mut Random) {
    if let Value::Object(map) = value
        && !map.is_empty()
    {
        let key = map.keys().nth(random.below(map.len())).cloned().unwrap_or_default();
        change(map, key);
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// The part of a tree at a position, parents first.
fn nth(value: &mut Value, mut at: usize) -> Option<&mut Value> {
    if at == 0 {
        return Some(value);
    }
    at -= 1;
    let parts: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => return None,
    };
    for part in parts {
        let size = count(part);
        if at < size {
            return nth(part, at);
        }
        at -= size;
    }
    None
}
