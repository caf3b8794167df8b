//! Series over time in promtool's notation: `5x10`, `0+2x60`, `1x5 _ 3x5`.

/// A series over time.
#[derive(Clone, Debug)]
pub struct Pattern(Vec<Segment>);

/// Samples on a line.
#[derive(Clone, Copy, Debug)]
struct Segment {
    /// How many minutes it lasts.
    minutes: f64,
    /// The value at its start; `None` where there is no sample.
    start: Option<f64>,
    /// Growth in a minute.
    step: f64,
}

impl Pattern {
    /// Reads the notation.
    pub fn parse(text: &str) -> Result<Self, String> {
        let segments: Result<Vec<Segment>, String> = text.split_whitespace().map(segment).collect();
        match segments? {
            segments if segments.is_empty() => Err("no samples".to_owned()),
            segments => Ok(Self(segments)),
        }
    }

    /// A line.
    pub fn line(start: f64, step: f64) -> Self {
        Self(vec![Segment { minutes: f64::MAX, start: Some(start), step }])
    }

    /// The same, so much higher.
    pub fn shifted(mut self, by: f64) -> Self {
        for segment in &mut self.0 {
            segment.start = segment.start.map(|start| start + by);
        }
        self
    }

    /// The value so many minutes after the start. After the last sample the last line goes on.
    pub fn at(&self, minutes: f64) -> Option<f64> {
        let (last, others) = self.0.split_last()?;
        let mut past = minutes;
        for segment in others {
            if past < segment.minutes {
                return segment.at(past);
            }
            past -= segment.minutes;
        }
        last.at(past)
    }
}

impl Segment {
    fn at(&self, minutes: f64) -> Option<f64> {
        self.start.map(|start| start + self.step * minutes)
    }
}

fn segment(text: &str) -> Result<Segment, String> {
    let wrong = || format!("`{text}` is no series of samples");
    let (line, times) = match text.rsplit_once('x') {
        Some((line, times)) => (line, times.parse::<u32>().map_err(|_| wrong())?),
        None => (text, 0),
    };
    if line == "_" {
        return Ok(Segment { minutes: f64::from(times.max(1)), start: None, step: 0.0 });
    }
    // A sign after the first character is the step's, unless it belongs to an exponent.
    let sign = line
        .char_indices()
        .skip(1)
        .find(|(at, c)| matches!(c, '+' | '-') && !line[..*at].ends_with(['e', 'E']))
        .map(|(at, _)| at);
    let (start, step) = match sign {
        Some(at) => (&line[..at], line[at..].trim_start_matches('+').parse().map_err(|_| wrong())?),
        None => (line, 0.0),
    };
    let start = start.parse().map_err(|_| wrong())?;
    Ok(Segment { minutes: f64::from(times + 1), start: Some(start), step })
}

crate::trials! {
    samples_are_on_their_lines
}

fn samples_are_on_their_lines() {
    let at = |text: &str, minutes: f64| Pattern::parse(text).unwrap().at(minutes);
    assert_eq!(at("5x10", 0.0), Some(5.0));
    assert_eq!(at("5x10", 99.0), Some(5.0));
    assert_eq!(at("10+2x3", 1.5), Some(13.0));
    assert_eq!(at("10+2x3", 100.0), Some(210.0));
    assert_eq!(at("20e9-1e5x180", 10.0), Some(20e9 - 1e6));
    assert_eq!(at("-0.5x3", 1.0), Some(-0.5));
    assert_eq!(at("_x2 1x3", 1.0), None);
    assert_eq!(at("_x2 1x3", 2.0), Some(1.0));
    assert_eq!(at("0x1 1+1x9", 2.0), Some(1.0));
    assert_eq!(at("0x1 1+1x9", 20.0), Some(19.0));
    for wrong in ["", "x", "5y3", "1x-2"] {
        assert!(Pattern::parse(wrong).is_err(), "{wrong}");
    }
}
