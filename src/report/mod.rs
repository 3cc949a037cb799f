//! Tells what happens in a run: to a terminal, to programs that read JSON lines, and to a log file.
//!
//! The main thread hands each [`Event`] to every [`Sink`]. Data for pipes goes to stdout, talk to stderr.

mod draw;
#[cfg(test)]
mod fixtures;
mod json_lines;
mod log_file;
mod output;
mod progress;
mod structured;
mod table;
mod terminal;
mod words;

pub use draw::{Style, draw};
pub use json_lines::JsonLinesSink;
pub use log_file::{LogFile, LogFileSink, LogFormat};
pub use output::{Output, Secrets};
pub use table::{json_rows, text_table};
pub use terminal::{TerminalSink, Volume};
pub use words::counted;

use chrono::{DateTime, Utc};

use crate::event::Event;

/// Tells the time of a log line. Passed in, so that logs can be tested.
pub type Clock = fn() -> DateTime<Utc>;

/// Someone who is told what happens.
pub trait Sink {
    /// May keep what it has to say until [`Self::flush`].
    fn tell(&mut self, event: &Event);

    /// Lets everything be seen that was told so far.
    fn flush(&mut self);
}

/// Everyone who is told.
#[derive(Default)]
pub struct Reporter {
    sinks: Vec<Box<dyn Sink>>,
}

impl Reporter {
    #[must_use]
    pub fn with(mut self, sink: impl Sink + 'static) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    pub fn tell(&mut self, event: &Event) {
        self.tell_all(std::slice::from_ref(event));
    }

    /// Tells what happened at about the same time. When this is over, all of it can be seen: what is killed afterwards
    /// has told it.
    pub fn tell_all(&mut self, events: &[Event]) {
        for sink in &mut self.sinks {
            for event in events {
                sink.tell(event);
            }
            sink.flush();
        }
    }
}
