//! Runs the steps of a plan on workers: each as soon as what it needs is there, the longest way first.
//!
//! The main thread decides what starts, what is skipped and when to stop; workers only run what they are handed.
//! Knows nothing of SQL: a [`StepRunner`] does the work, so that every order can be tested with a fake one.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
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
use crate::manifest::UniqueId;
use crate::plan::{Plan, Step};

/// While steps are being stopped, statements are cancelled this often: a step may have been between two of them.
const CANCEL_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// As on the main thread: macros call macros, and deep expressions are read recursively.
const STACK_BYTES: usize = 8 << 20;

/// Does the work of one step. Called from several workers at once.
pub trait StepRunner: Sync {
    fn run(&self, step: &Step, worker: &Worker) -> RunResult;
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
    Finished { worker: usize, step: usize, result: Box<RunResult> },
    Interrupted,
}

impl Scheduler<'_> {
    /// Runs every step, or says why it was skipped. `tell` hears every event, in order, on this thread.
    pub fn run(&self, tell: &mut dyn FnMut(Event)) -> Outcome {
        let (sender, messages) = channel();
        let interrupted = sender.clone();
        self.interrupt.listen(move || drop(interrupted.send(Message::Interrupted)));
        let is_stopping = Arc::new(AtomicBool::new(false));
        let outcome = thread::scope(|scope| {
            let count = self.threads.clamp(1, self.plan.steps.len().max(1));
            let desks = (1..=count).map(|number| self.start_worker(scope, number, &sender, &is_stopping)).collect();
            Board::new(self, desks, Arc::clone(&is_stopping)).play(&messages, tell)
        });
        self.interrupt.forget_listener();
        for message in messages.try_iter() {
            if let Message::Event(event) = message {
                tell(event);
            }
        }
        outcome
    }

    /// A worker ends when its desk is gone.
    fn start_worker<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        number: usize,
        sender: &Sender<Message>,
        is_stopping: &Arc<AtomicBool>,
    ) -> Sender<usize> {
        let (desk, work) = channel::<usize>();
        let told = sender.clone();
        let events = EventSender::through(move |event| drop(told.send(Message::Event(event))));
        let session = Session::new(Arc::clone(self.warehouse), events.clone());
        let worker = Worker { session, number, events, is_stopping: Arc::clone(is_stopping) };
        let sender = sender.clone();
        let thread = thread::Builder::new().name(format!("worker-{number}")).stack_size(STACK_BYTES);
        let run = move || {
            for step in work {
                let result = Box::new(self.run_step(step, &worker));
                if sender.send(Message::Finished { worker: number - 1, step, result }).is_err() {
                    break;
                }
            }
        };
        thread.spawn_scoped(scope, run).expect("the system has a thread left");
        desk
    }

    /// A panic is the failure of this node alone.
    fn run_step(&self, step: usize, worker: &Worker) -> RunResult {
        let run = AssertUnwindSafe(|| self.runner.run(&self.plan.steps[step], worker));
        catch_unwind(run).unwrap_or_else(|panic| {
            // It may have left a transaction open.
            worker.session.disconnect();
            let said = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            panicked(&self.nodes[step], worker.number, &said)
        })
    }
}

/// A step that may start; the greatest is first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Ready {
    remaining: usize,
    name: Reverse<UniqueId>,
    step: Reverse<usize>,
}

/// Why no more steps start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Failed,
    Interrupted,
}

/// The state of a run, on the main thread.
struct Board<'a> {
    scheduler: &'a Scheduler<'a>,
    desks: Vec<Sender<usize>>,
    idle: BTreeSet<usize>,
    /// Prerequisites that are not done yet, by step.
    missing: Vec<usize>,
    /// Whether something it waits for went wrong, by step.
    is_blocked: Vec<bool>,
    is_settled: Vec<bool>,
    ready: BinaryHeap<Ready>,
    running: usize,
    /// The number each step was told under, from 1; 0 before.
    numbers: Vec<usize>,
    numbered: usize,
    stop: Option<Stop>,
    is_stopping: Arc<AtomicBool>,
    results: Vec<Arc<RunResult>>,
}

impl<'a> Board<'a> {
    fn new(scheduler: &'a Scheduler<'a>, desks: Vec<Sender<usize>>, is_stopping: Arc<AtomicBool>) -> Self {
        let steps = &scheduler.plan.steps;
        let mut board = Self {
            scheduler,
            idle: (0..desks.len()).collect(),
            desks,
            missing: steps.iter().map(|step| step.prerequisites.len()).collect(),
            is_blocked: vec![false; steps.len()],
            is_settled: vec![false; steps.len()],
            ready: BinaryHeap::new(),
            running: 0,
            numbers: vec![0; steps.len()],
            numbered: 0,
            stop: None,
            is_stopping,
            results: Vec::with_capacity(steps.len()),
        };
        for step in 0..steps.len() {
            if board.missing[step] == 0 {
                board.make_ready(step);
            }
        }
        board
    }

    fn play(mut self, messages: &Receiver<Message>, tell: &mut dyn FnMut(Event)) -> Outcome {
        loop {
            self.start_ready(tell);
            if self.running == 0 {
                break;
            }
            match self.next(messages) {
                Some(Message::Event(event)) => tell(event),
                Some(Message::Finished { worker, step, result }) => {
                    self.running -= 1;
                    self.idle.insert(worker);
                    self.settle(step, *result, tell);
                }
                Some(Message::Interrupted) => self.stop(Stop::Interrupted),
                None => self.scheduler.warehouse.adapter.cancel(),
            }
        }
        self.skip_the_rest(tell);
        Outcome { results: self.results, was_cancelled: self.stop == Some(Stop::Interrupted) }
    }

    /// `None` when it is time to cancel again.
    fn next(&self, messages: &Receiver<Message>) -> Option<Message> {
        match self.stop {
            Some(_) => messages.recv_timeout(CANCEL_AGAIN_AFTER).ok(),
            None => Some(messages.recv().expect("the scheduler holds a sender itself")),
        }
    }

    /// Hands ready steps to idle workers, and skips those that cannot run.
    fn start_ready(&mut self, tell: &mut dyn FnMut(Event)) {
        while self.stop.is_none() {
            let Some(&worker) = self.idle.first() else { return };
            let Some(Ready { step: Reverse(step), .. }) = self.ready.pop() else { return };
            self.idle.remove(&worker);
            self.running += 1;
            let node = Arc::clone(&self.scheduler.nodes[step]);
            tell(Event::NodeStarted { node, index: self.number(step), total: self.numbers.len() });
            self.desks[worker].send(step).expect("workers end after their desks");
        }
    }

    /// Notes a result, and follows what comes of it: dependents become ready, or are skipped in their turn.
    fn settle(&mut self, step: usize, result: RunResult, tell: &mut dyn FnMut(Event)) {
        if self.scheduler.is_fail_fast && result.status.is_failure() && self.stop.is_none() {
            self.stop(Stop::Failed);
        }
        for blocked in self.scheduler.plan.skipped_by(step, result.status) {
            self.is_blocked[blocked] = true;
        }
        let mut settled = vec![(step, result)];
        while let Some((step, result)) = settled.pop() {
            self.finish(step, result, tell);
            for &dependent in &self.scheduler.plan.steps[step].dependents {
                self.missing[dependent] -= 1;
                if self.missing[dependent] > 0 {
                    continue;
                }
                if !self.is_blocked[dependent] {
                    self.make_ready(dependent);
                } else if self.stop.is_none() {
                    settled.push((dependent, RunResult::skipped(&self.scheduler.nodes[dependent], None)));
                }
            }
        }
    }

    fn finish(&mut self, step: usize, result: RunResult, tell: &mut dyn FnMut(Event)) {
        self.is_settled[step] = true;
        let result = Arc::new(result);
        self.results.push(Arc::clone(&result));
        tell(Event::NodeFinished { result, index: self.number(step), total: self.numbers.len() });
    }

    fn number(&mut self, step: usize) -> usize {
        if self.numbers[step] == 0 {
            self.numbered += 1;
            self.numbers[step] = self.numbered;
        }
        self.numbers[step]
    }

    fn make_ready(&mut self, step: usize) {
        let name = Reverse(self.scheduler.nodes[step].unique_id.clone());
        let remaining = self.scheduler.plan.steps[step].remaining_path_length;
        self.ready.push(Ready { remaining, name, step: Reverse(step) });
    }

    /// No step starts any more; what runs is cancelled.
    fn stop(&mut self, reason: Stop) {
        self.stop = Some(reason);
        self.is_stopping.store(true, Ordering::Relaxed);
        self.scheduler.warehouse.adapter.cancel();
    }

    /// What a stopped run did not come to.
    fn skip_the_rest(&mut self, tell: &mut dyn FnMut(Event)) {
        let why = match self.stop {
            Some(Stop::Failed) => "Skipping due to fail_fast",
            Some(Stop::Interrupted) => "Skipping due to keyboard interrupt",
            None => return,
        };
        for step in 0..self.is_settled.len() {
            if !self.is_settled[step] {
                self.finish(step, RunResult::skipped(&self.scheduler.nodes[step], Some(why.to_string())), tell);
            }
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
