//! What templates asked of the world outside the project: variables of the environment, and the time of the call.
//!
//! The environment is the process's, and so is the record of what was read of it.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::values::lock;

static VARIABLES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static WAS_TIME_ASKED: AtomicBool = AtomicBool::new(false);

pub(super) fn read_variable(name: &str) {
    let mut variables = lock(&VARIABLES);
    if !variables.contains(name) {
        variables.insert(name.to_string());
    }
}

/// Something was asked for that is another at every call: the time it began, its id.
pub(super) fn ask_the_time() {
    WAS_TIME_ASKED.store(true, Ordering::Relaxed);
}

/// Variables of the environment that a template asked for, in order; those that are not set are among them.
pub fn variables_read() -> Vec<String> {
    lock(&VARIABLES).iter().cloned().collect()
}

/// Whether a template may say something else at another time, with nothing of the project changed.
pub fn asked_the_time() -> bool {
    WAS_TIME_ASKED.load(Ordering::Relaxed)
}
