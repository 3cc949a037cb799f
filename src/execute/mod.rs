//! Runs a plan: schedules its steps on workers, and does the work of each.

mod interrupt;

pub mod scheduler;

pub mod seed;

pub use interrupt::Interrupt;
