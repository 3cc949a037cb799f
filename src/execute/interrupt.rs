//! Ctrl-C as the rest of a run sees it: a fact that is told once, to whoever listens at the time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Listener = Box<dyn Fn() + Send>;

/// Cheap to clone; `cli` triggers it from the signal handler, tests from a step.
#[derive(Clone, Default)]
pub struct Interrupt {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    count: usize,
    listener: Option<Listener>,
}

impl Interrupt {
    /// Tells the listener; answers how often this has happened by now.
    pub fn trigger(&self) -> usize {
        let mut state = self.state();
        state.count += 1;
        if let Some(listener) = &state.listener {
            listener();
        }
        state.count
    }

    pub fn was_triggered(&self) -> bool {
        self.state().count > 0
    }

    /// Whether there is someone who will bring a run to its end in order.
    pub fn has_listener(&self) -> bool {
        self.state().listener.is_some()
    }

    /// From now on `listener` is told; at once, when it happened before.
    pub fn listen(&self, listener: impl Fn() + Send + 'static) {
        let mut state = self.state();
        if state.count > 0 {
            listener();
        }
        state.listener = Some(Box::new(listener));
    }

    pub fn forget_listener(&self) {
        self.state().listener = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
