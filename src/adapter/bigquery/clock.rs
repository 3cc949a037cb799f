//! Time as the adapter sees it: waiting between tries and polls, deadlines, and waking early.
//!
//! Everything that waits goes through [`Clock`], so tests advance time instead of sleeping.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// A clock that can be waited on.
pub trait Clock: Send + Sync {
    /// Time since some fixed point.
    fn now(&self) -> Duration;

    /// Waits for `duration`, or until `stop` is raised.
    fn pause(&self, duration: Duration, stop: &Signal);
}

/// The machine's own clock.
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn pause(&self, duration: Duration, stop: &Signal) {
        let raised = stop.raised.lock().unwrap_or_else(PoisonError::into_inner);
        // Raised, or the time is up: the caller looks at the signal either way.
        drop(stop.changed.wait_timeout_while(raised, duration, |raised| !*raised));
    }
}

/// Raised once, seen by all who wait.
#[derive(Default)]
pub struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    pub fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    pub fn is_raised(&self) -> bool {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits between tries: doubling, with full jitter, never shorter than the server asked for.
///
/// The jitter is drawn from a hash of `seed`, which holds the invocation's id: different runs spread out,
/// and one run is like itself.
#[derive(Clone, Copy)]
pub struct Backoff<'a> {
    pub first: Duration,
    pub max: Duration,
    pub seed: &'a str,
}

impl Backoff<'_> {
    /// The wait after failed try number `attempt`, counted from 0.
    pub fn wait(&self, attempt: u32, retry_after: Option<Duration>) -> Duration {
        let ceiling = self.first.saturating_mul(2u32.saturating_pow(attempt.min(16))).min(self.max);
        let drawn = ceiling.mul_f64(fraction(self.seed, attempt));
        retry_after.map_or(drawn, |asked| asked + drawn.min(Duration::from_secs(1)))
    }
}

/// A number from 0 to 1, always the same for the same arguments.
fn fraction(seed: &str, attempt: u32) -> f64 {
    let digest = Sha256::new().chain_update(seed).chain_update(attempt.to_be_bytes()).finalize();
    let mut bits = [0; 4];
    bits.copy_from_slice(&digest[..4]);
    f64::from(u32::from_be_bytes(bits)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_ceiling_and_never_undercut_the_server() {
        let backoff = Backoff { first: Duration::from_secs(1), max: Duration::from_secs(3), seed: "run" };
        for attempt in 0..40 {
            let ceiling = Duration::from_secs(3).min(Duration::from_secs(1) * 2u32.pow(attempt.min(8)));
            assert!(backoff.wait(attempt, None) <= ceiling);
            assert!(backoff.wait(attempt, Some(Duration::from_secs(7))) >= Duration::from_secs(7));
        }
        assert_ne!(backoff.wait(0, None), Backoff { seed: "another", ..backoff }.wait(0, None));
    }

    #[test]
    fn a_raised_signal_ends_a_pause_at_once() {
        let (clock, signal) = (SystemClock::default(), Signal::default());
        signal.raise();
        clock.pause(Duration::from_secs(3600), &signal);
        assert!(clock.now() < Duration::from_secs(60));
    }
}
