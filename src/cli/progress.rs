//! That long work goes on, for a person who watches: a line on the terminal that goes away.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::output::{Output, Screen};

/// What is done sooner is not worth a line.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line changes.
const TICK: Duration = Duration::from_millis(250);

/// Does some work, and tells how long it takes already. Nothing else may be written meanwhile.
pub(super) fn watched<T>(output: &Output, what: &str, work: impl FnOnce() -> T) -> T {
    let Some(screen) = output.screen() else { return work() };
    thread::scope(|scope| {
        let (done, wait) = channel::<()>();
        scope.spawn(move || {
            // Counted, not measured: netgen has no clock.
            let (mut patience, mut elapsed) = (PATIENCE, Duration::ZERO);
            while wait.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                elapsed += patience;
                screen.show(&line(what, elapsed));
                patience = TICK;
            }
            if patience == TICK {
                screen.show(Screen::EMPTY);
            }
        });
        let result = work();
        drop(done);
        result
    })
}

fn line(what: &str, elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0 => format!("{what} ..."),
        seconds => format!("{what} ... {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_and_how_long() {
        assert_eq!(line("compiling", Duration::from_millis(900)), "compiling ...");
        assert_eq!(line("compiling", Duration::from_millis(61_500)), "compiling ... 61 s");
    }
}
