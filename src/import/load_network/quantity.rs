//! Sizes and times as that format writes them (`50 MiB`, `1m 30s`), in the form of ours.
//!
//! The other generator takes its default, with a warning, where it cannot read one.

use crate::diag::{Diagnostic, Sink, codes};
use crate::manifest::quantity::{ByteSize, Duration};
use crate::text::Spanned;

/// A size: a number, and a unit of the powers of 1000 (`MB`, `M`) or of 1024 (`MiB`, `Mi`).
pub(super) fn size(written: &Spanned<String>, sink: &mut Sink) -> Option<String> {
    let size = bytes(&written.value).filter(|bytes| *bytes > 0);
    if size.is_none() {
        sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, written.span, format!("`{written}` is no size"))
                .here("the other generator would take its default here")
                .help("write it as `50 MiB`"),
        );
    }
    size.map(|bytes| ByteSize(bytes).to_string())
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split)?;
    let unit = unit.trim().to_ascii_lowercase();
    let factor: u64 = match unit.as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "ki" | "kib" => 1 << 10,
        "mi" | "mib" => 1 << 20,
        "gi" | "gib" => 1 << 30,
        "ti" | "tib" => 1 << 40,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    if fraction.is_empty() {
        return Some(whole);
    }
    let parts = fraction.parse::<u64>().ok()?;
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    whole.checked_add(parts.checked_mul(factor)? / scale)
}

/// A time, in whole seconds: what is less than one is rounded up, and that is told.
pub(super) fn time(written: &Spanned<String>, sink: &mut Sink) -> Option<String> {
    let parsed = written.value.parse::<jiff::SignedDuration>().ok().filter(|time| time.is_positive());
    let Some(time) = parsed else {
        sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, written.span, format!("`{written}` is no time"))
                .here("the other generator would take its default here")
                .help("write it as `60s`"),
        );
        return None;
    };
    let mut seconds = time.as_secs().unsigned_abs();
    if time.subsec_nanos() > 0 {
        seconds += 1;
        sink.push(
            Diagnostic::new(&codes::NOT_IMPORTED, written.span, format!("`{written}` becomes {seconds}s"))
                .here("netgen counts whole seconds")
                .help("see whether the longer time suits you"),
        );
    }
    Some(Duration(seconds).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_the_other_generator_reads_them() {
        for (text, bytes) in [
            ("50 MiB", 50 << 20),
            ("50MiB", 50 << 20),
            ("1.5 GiB", 3 << 29),
            ("10 mb", 10_000_000),
            ("7k", 7000),
            ("4096", 4096),
            ("1 B", 1),
        ] {
            assert_eq!(super::bytes(text), Some(bytes), "{text}");
        }
        for text in
            ["50 MiBs", "MiB", "", "-1 MiB", "1.2.3 MB", "99999999999999999999", "1e3", "99999999 TiB"]
        {
            assert_eq!(super::bytes(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_whole_seconds_or_told() {
        let read = |text: &str| {
            let mut sink = Sink::new();
            let time = time(&Spanned::nowhere(text.to_owned()), &mut sink);
            (time, sink.len())
        };
        assert_eq!(read("60s"), (Some("1m".to_owned()), 0));
        assert_eq!(read("1m 30s"), (Some("90s".to_owned()), 0));
        assert_eq!(read("1500ms"), (Some("2s".to_owned()), 1));
        for text in ["60", "", "-5s", "soon", "0s"] {
            assert_eq!(read(text), (None, 1), "{text}");
        }
    }
}
