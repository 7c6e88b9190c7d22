//! How much work one dispatch gets, from how long the last ones took.
//!
//! A graphics card that also draws is reset by its driver when it does not answer for seconds, and a long
//! dispatch holds up everybody else: one is meant to take less than a tenth of a second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a dispatch is meant to take.
const GOAL: Duration = Duration::from_millis(50);

/// Pairs of rows of the first dispatch of a screen of profiles, and the least of any.
const LEAST: u64 = 1 << 20;

/// Most pairs of rows: counters of a dispatch have 32 bits.
const MOST: u64 = 1 << 31;

/// The pace of one kernel on one device. What its unit of work is, is up to the kernel.
pub(super) struct Pace {
    allowed: AtomicU64,
    least: u64,
    most: u64,
}

/// That of a screen of profiles, in pairs of rows.
impl Default for Pace {
    fn default() -> Self {
        Pace::new(LEAST, MOST)
    }
}

impl Pace {
    /// From `least` units on, which the first dispatch gets, to `most`.
    pub(super) fn new(least: u64, most: u64) -> Pace {
        Pace { allowed: AtomicU64::new(least), least, most: most.max(least) }
    }

    /// Units the next dispatch may have.
    pub(super) fn allowed(&self) -> u64 {
        self.allowed.load(Ordering::Relaxed)
    }

    /// Notes that `units` took `time`.
    pub(super) fn note(&self, units: u64, time: Duration) {
        let share = GOAL.as_secs_f64() / time.as_secs_f64().max(1e-6);
        // No more than twice as much at once: a short dispatch says little of a long one.
        let next = (units as f64 * share.min(2.0)) as u64;
        // A dispatch that was small because little was left to do says nothing against larger ones.
        if share < 1.0 || next > self.allowed() {
            self.allowed.store(next.clamp(self.least, self.most), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_dispatches_grow_slow_ones_shrink_and_neither_leaves_the_bounds() {
        let pace = Pace::default();
        for _ in 0..40 {
            pace.note(pace.allowed(), Duration::from_micros(10));
        }
        assert_eq!(pace.allowed(), MOST);
        pace.note(1000, Duration::from_micros(10));
        assert_eq!(pace.allowed(), MOST, "a small dispatch says nothing");
        pace.note(MOST, Duration::from_millis(500));
        assert!(pace.allowed() < MOST / 5);
        for _ in 0..40 {
            pace.note(pace.allowed(), Duration::from_secs(10));
        }
        assert_eq!(pace.allowed(), LEAST);
    }

    #[test]
    fn a_kernel_with_dearer_units_has_its_own_bounds() {
        let pace = Pace::new(10, 1000);
        assert_eq!(pace.allowed(), 10);
        for time in [Duration::from_micros(10), Duration::from_secs(10)] {
            for _ in 0..40 {
                pace.note(pace.allowed(), time);
            }
            assert_eq!(pace.allowed(), if time < GOAL { 1000 } else { 10 });
        }
    }
}
