//! Another try, after a pause.

use std::thread;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;

use super::problem::Problem;
use super::transport::Answer;

/// How often and how patiently something is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long one request may take, from the look-up of the name to the last byte.
    pub request: Duration,
    /// How often it is tried again.
    pub retries: u32,
    /// The pause before the second try; it doubles each time.
    pub pause: Duration,
    /// The longest pause that a server may ask for.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            retries: 3,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
        }
    }
}

/// Tries until it goes well, or cannot, or has been tried often enough.
pub(super) fn again<T>(
    patience: Patience,
    mut attempt: impl FnMut() -> Result<T, Problem>,
) -> Result<T, Problem> {
    let mut pause = patience.pause;
    let mut left = patience.retries;
    loop {
        let problem = match attempt() {
            Ok(done) => return Ok(done),
            Err(problem) => problem,
        };
        // One that said nothing for so long is asked only once more.
        left = if problem == Problem::Slow { left.min(1) } else { left };
        let asked = Duration::from_secs(problem.wait().unwrap_or(0));
        if left == 0 || !problem.may_pass() || asked > patience.longest_pause {
            return Err(problem);
        }
        thread::sleep(pause.max(asked));
        pause = pause.saturating_mul(2).min(patience.longest_pause);
        left -= 1;
    }
}

/// The seconds of `Retry-After`: a number, or a day and time that is compared with the server's own
/// clock.
pub(super) fn wait(answer: &Answer) -> Option<u64> {
    seconds(answer.header("retry-after")?, answer.header("date"))
}

fn seconds(after: &str, date: Option<&str>) -> Option<u64> {
    if let Ok(seconds) = after.trim().parse() {
        return Some(seconds);
    }
    let parse = |text: &str| DateTimeParser::new().parse_timestamp(text.trim()).ok();
    let (until, now) = (parse(after)?, parse(date?)?);
    Some(u64::try_from(until.as_second() - now.as_second()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Patience = Patience {
        request: Duration::from_secs(1),
        retries: 3,
        pause: Duration::from_millis(1),
        longest_pause: Duration::from_secs(1),
    };

    fn tries(problem: &Problem) -> usize {
        let mut count = 0;
        let end: Result<(), Problem> = again(QUICK, || {
            count += 1;
            Err(problem.clone())
        });
        assert_eq!(end.as_ref().err(), Some(problem));
        count
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let unavailable = |wait| Problem::Status { status: 503, codes: Vec::new(), wait };
        assert_eq!(tries(&unavailable(None)), 4);
        assert_eq!(tries(&unavailable(Some(2))), 1);
        assert_eq!(tries(&Problem::Truncated), 4);
        assert_eq!(tries(&Problem::RateLimit(None)), 4);
        assert_eq!(tries(&Problem::RateLimit(Some(0))), 4);
        assert_eq!(tries(&Problem::Slow), 2);
        assert_eq!(tries(&Problem::RateLimit(Some(2))), 1);
        assert_eq!(tries(&Problem::Forbidden), 1);
        assert_eq!(tries(&Problem::NotFound { repository: false, near: None }), 1);
    }

    #[test]
    fn retry_after() {
        assert_eq!(seconds("17", None), Some(17));
        let now = Some("Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:30 GMT", now), Some(30));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:27:30 GMT", now), Some(0));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:30 GMT", None), None);
        assert_eq!(seconds("soon", now), None);
        assert_eq!(seconds("-1", now), None);
    }
}
