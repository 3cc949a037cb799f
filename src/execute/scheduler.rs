//! Runs the steps of a plan on workers: each as soon as what it needs is there, the longest way first.
//!
//! A worker that is done takes its next step from the [`board`] itself; the main thread only tells what happened.
//! Knows nothing of SQL: a [`StepRunner`] does the work, so that every order can be tested with a fake one.

mod board;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};
use std::time::Duration;

use super::Interrupt;
use crate::adapter::{Session, Warehouse};
use crate::diagnostic::Diagnostic;
use crate::event::{Event, EventSender, NodeInfo, NodeStatus, RunResult};
use crate::plan::{Plan, Step};
use board::{Board, Stop};

/// While steps are being stopped, statements are cancelled this often: a step may have been between two of them.
const CANCEL_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How long what happens is gathered before it is told. To be woken for each of thousands of short steps would cost
/// more than the steps; nobody sees such a delay.
const GATHER: Duration = Duration::from_millis(5);

/// As on the main thread: macros call macros, and deep expressions are read recursively.
const STACK_BYTES: usize = 8 << 20;

/// Does the work of one step. Called from several workers at once.
pub trait StepRunner: Sync {
    fn run(&self, step: &Step, node: &Arc<NodeInfo>, worker: &Worker) -> RunResult;
}

/// Who runs a step: its session on the warehouse, and its number.
pub struct Worker {
    pub session: Arc<Session>,
    /// From 1.
    pub number: usize,
    pub events: EventSender,
    is_stopping: Arc<AtomicBool>,
}

impl Worker {
    /// Whether the run is being stopped: a step with several statements should not begin another.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }
}

/// How a plan went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One per step, in order of completion.
    pub results: Vec<Arc<RunResult>>,
    /// By Ctrl-C.
    pub was_cancelled: bool,
}

pub struct Scheduler<'a> {
    pub plan: &'a Plan,
    /// Who each step is; indexed like `plan.steps`.
    pub nodes: &'a [Arc<NodeInfo>],
    pub runner: &'a dyn StepRunner,
    pub warehouse: &'a Arc<Warehouse>,
    pub threads: usize,
    /// The first failure ends the run.
    pub is_fail_fast: bool,
    pub interrupt: &'a Interrupt,
}

/// What the main thread is told.
enum Message {
    Event(Event),
    Interrupted,
    /// After a failure no step starts any more; what runs is to be cancelled.
    Stopped,
    /// No step runs, and none will start.
    Over,
}

impl Scheduler<'_> {
    /// Runs every step, or says why it was skipped. `tell` hears every event, in order, on this thread; several at a
    /// time where they follow closely.
    pub fn run(&self, tell: &mut dyn FnMut(Vec<Event>)) -> Outcome {
        let (sender, messages) = channel();
        let interrupted = sender.clone();
        let main = thread::current();
        self.interrupt.listen(move || {
            drop(interrupted.send(Message::Interrupted));
            main.unpark();
        });
        let count = self.threads.clamp(1, self.plan.steps.len().max(1));
        let board = Board::new(self, count, sender.clone());
        thread::scope(|scope| {
            board.begin();
            for number in 1..=count {
                self.start_worker(scope, number, &sender, &board);
            }
            let _unwinding = StopOnPanic(&board);
            self.tell_until_over(&board, &messages, tell);
        });
        self.interrupt.forget_listener();
        let outcome = board.end();
        let rest = messages.try_iter().filter_map(|message| match message {
            Message::Event(event) => Some(event),
            Message::Interrupted | Message::Stopped | Message::Over => None,
        });
        tell(rest.collect());
        outcome
    }

    /// A worker ends when the run is over.
    fn start_worker<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        number: usize,
        sender: &Sender<Message>,
        board: &'scope Board<'_>,
    ) {
        let sender = sender.clone();
        let events = EventSender::through(move |event| drop(sender.send(Message::Event(event))));
        let session = Session::new(Arc::clone(self.warehouse), events.clone());
        let worker = Worker { session, number, events, is_stopping: Arc::clone(&board.is_stopping) };
        let thread = thread::Builder::new().name(format!("worker-{number}")).stack_size(STACK_BYTES);
        let run = move || {
            while let Some(step) = board.next(number - 1) {
                let result = self.run_step(step, &worker);
                board.finished(number - 1, step, result);
            }
        };
        thread.spawn_scoped(scope, run).expect("the system has a thread left");
    }

    /// A panic is the failure of this node alone.
    fn run_step(&self, step: usize, worker: &Worker) -> RunResult {
        let run = AssertUnwindSafe(|| self.runner.run(&self.plan.steps[step], &self.nodes[step], worker));
        catch_unwind(run).unwrap_or_else(|panic| {
            // It may have left a transaction open.
            worker.session.disconnect();
            let said = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            panicked(&self.nodes[step], worker.number, &said)
        })
    }

    fn tell_until_over(&self, board: &Board<'_>, messages: &Receiver<Message>, tell: &mut dyn FnMut(Vec<Event>)) {
        let mut is_over = false;
        while !is_over {
            let is_stopping = board.is_stopping.load(Ordering::Relaxed);
            let first = match is_stopping {
                true => messages.recv_timeout(CANCEL_AGAIN_AFTER).ok(),
                false => Some(messages.recv().expect("the scheduler holds a sender itself")),
            };
            if first.is_none() {
                self.warehouse.adapter.cancel();
            }
            let mut events = Vec::new();
            for message in first.into_iter().chain(messages.try_iter()) {
                match message {
                    Message::Event(event) => events.push(event),
                    Message::Interrupted => {
                        board.stop(Stop::Interrupted);
                        self.warehouse.adapter.cancel();
                    }
                    Message::Stopped => self.warehouse.adapter.cancel(),
                    Message::Over => is_over = true,
                }
            }
            tell(events);
            if !is_over {
                thread::park_timeout(GATHER);
            }
        }
    }
}

/// Workers are waited for even when the telling panics: they are not to go on with the plan then.
struct StopOnPanic<'a>(&'a Board<'a>);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop(Stop::Failed);
        }
    }
}

fn panicked(node: &Arc<NodeInfo>, worker: usize, said: &str) -> RunResult {
    let problem = Diagnostic::error("internal-error", format!("`{}` met a defect of tamis: {said}", node.label))
        .help("please report this, with the model that caused it");
    RunResult {
        status: NodeStatus::Error,
        message: Some(format!("internal error: {said}")),
        problem: Some(Box::new(problem)),
        worker,
        ..RunResult::skipped(node, None)
    }
}

#[cfg(test)]
mod tests;
