//! Runs a plan: schedules its steps on workers, and does the work of each.

mod interrupt;

pub use interrupt::Interrupt;
