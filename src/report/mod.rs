//! Tells what happens in a run: to a terminal, to programs that read JSON lines, and to a log file.

mod draw;

pub use draw::{Style, draw};
