//! Work that is done on one thread and told on another: the main one, where the sinks are.

use std::panic::resume_unwind;
use std::sync::mpsc::channel;
use std::thread;

use crate::event::EventSender;
use crate::report::Reporter;

/// Does `work` on a thread of its own, and tells its events here, as they come, until it is done.
///
/// `work` must not keep the sender beyond its end: the telling goes on as long as there is one.
pub fn attend<R: Send>(reporter: &mut Reporter, work: impl FnOnce(EventSender) -> R + Send) -> R {
    let (sender, events) = channel();
    thread::scope(|scope| {
        let worker = scope.spawn(move || work(EventSender::new(sender)));
        for event in events {
            reporter.tell(&event);
        }
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
