//! Wall time of a run, measured from the invocation's start, so that it never runs backwards.

use std::time::Instant;

use chrono::{DateTime, Utc};

#[derive(Clone, Debug)]
pub struct Clock {
    started_at: f64,
    origin: Instant,
}

impl Clock {
    pub fn starting_at(started_at: DateTime<Utc>) -> Self {
        Self { started_at: started_at.timestamp_micros() as f64 / 1e6, origin: Instant::now() }
    }

    /// Seconds since the epoch.
    pub fn now(&self) -> f64 {
        self.started_at + self.origin.elapsed().as_secs_f64()
    }
}
