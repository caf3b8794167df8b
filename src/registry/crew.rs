//! Several things at once, with the results in the order of the things.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// As many requests as a registry takes from one client without complaint.
const MOST_THREADS: usize = 6;

/// Does the work for each item, a few at a time; `done` hears how many are finished.
pub fn each<I: Sync, T: Send>(
    items: &[I],
    work: impl Fn(&I) -> T + Sync,
    done: impl Fn(usize) + Sync,
) -> Vec<T> {
    let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Vec<Mutex<Option<T>>> = items.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..MOST_THREADS.min(items.len()) {
            scope.spawn(|| {
                while let Some((item, slot)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    items.get(index).zip(results.get(index))
                } {
                    let result = work(item);
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                    done(finished.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    // Every slot is filled: a thread that panics takes the whole scope along.
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..50).collect();
        let most = AtomicUsize::new(0);
        let doubled = each(
            &items,
            |item| {
                thread::sleep(std::time::Duration::from_micros((50 - item) * 20));
                item * 2
            },
            |finished| {
                most.fetch_max(finished, Ordering::Relaxed);
            },
        );
        assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(most.into_inner(), 50);
        assert!(each(&[] as &[u64], |item| *item, |_| {}).is_empty());
    }
}
