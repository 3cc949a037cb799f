//! Brings the rooms together: opens a project once, and runs what a command plans on its warehouse.

mod judge;
mod settings;

pub use judge::Judge;
pub use settings::{Asked, Exit, Settings};
