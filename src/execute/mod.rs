//! Runs a plan: schedules its steps on workers, and does the work of each.

mod catalog;

mod clock;

mod compile;

mod data_test;

mod files;

mod freshness;

mod interrupt;

mod materialize;

mod place;

mod query_comment;

mod runner;

pub mod scheduler;

pub mod seed;

mod unit_test;

pub use clock::Clock;
pub use freshness::Age;
pub use interrupt::Interrupt;
pub use runner::NodeRunner;
