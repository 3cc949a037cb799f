//! Brings a project's packages. No project is opened: it may not be whole before.

use std::sync::Arc;

use super::attend::attend;
use super::{Exit, Settings, Teller};
use crate::deps::{self, Addition, Order};
use crate::jinja::YamlEngine;
use crate::project::Judge;
use crate::report::Reporter;

/// What `deps` is asked to do beside installing what the lock says.
#[derive(Clone, Debug, Default)]
pub struct Parcel {
    pub add: Option<Addition>,
    pub is_upgrade: bool,
    pub locks_only: bool,
}

/// # Errors
/// Something could not be brought, or written down; what was installed before is untouched.
pub fn bring(settings: &Settings, parcel: Parcel, reporter: &mut Reporter) -> Result<Exit, Exit> {
    let done = attend(reporter, |events| {
        deps::run(&Order {
            options: &settings.load,
            renderer: &YamlEngine::new(),
            add: parcel.add,
            is_upgrade: parcel.is_upgrade,
            locks_only: parcel.locks_only,
            pause: Arc::new(std::thread::sleep),
            invocation: &settings.invocation,
            events,
        })
    });
    let judge = Judge::new(&settings.invocation.flags);
    let mut teller = Teller { judge: &judge, reporter, has_error: false };
    let warnings = teller.either(done)?;
    teller.tell_all(warnings);
    teller.end()?;
    Ok(Exit::Fine)
}
