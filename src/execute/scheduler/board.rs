//! What of a plan is done, under way, and could be begun: workers write it down here and find their next step.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use super::{Message, Outcome, Scheduler};
use crate::event::{Event, RunResult};
use crate::manifest::UniqueId;

/// Why no more steps start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Failed,
    Interrupted,
}

/// A step that may start; the greatest is first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Ready {
    remaining: usize,
    name: Reverse<UniqueId>,
    step: Reverse<usize>,
}

pub(super) struct Board<'a> {
    scheduler: &'a Scheduler<'a>,
    pub is_stopping: Arc<AtomicBool>,
    state: Mutex<State>,
    /// Rung for a worker when there is a step on its desk, or the run is over.
    bells: Vec<Condvar>,
    /// Who hears of what happens, and may be dozing when it is over.
    messages: Sender<Message>,
    main: Thread,
}

struct State {
    /// The step each worker is to take up next.
    desks: Vec<Option<usize>>,
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
    results: Vec<Arc<RunResult>>,
}

impl<'a> Board<'a> {
    /// Made on the main thread.
    pub fn new(scheduler: &'a Scheduler<'a>, workers: usize, messages: Sender<Message>) -> Self {
        let steps = &scheduler.plan.steps;
        let state = State {
            desks: vec![None; workers],
            idle: (0..workers).collect(),
            missing: steps.iter().map(|step| step.prerequisites.len()).collect(),
            is_blocked: vec![false; steps.len()],
            is_settled: vec![false; steps.len()],
            ready: BinaryHeap::new(),
            running: 0,
            numbers: vec![0; steps.len()],
            numbered: 0,
            stop: None,
            results: Vec::with_capacity(steps.len()),
        };
        Self {
            scheduler,
            is_stopping: Arc::default(),
            state: Mutex::new(state),
            bells: (0..workers).map(|_| Condvar::new()).collect(),
            messages,
            main: thread::current(),
        }
    }

    /// Gives out the first steps.
    pub fn begin(&self) {
        let mut state = self.state();
        for step in 0..state.missing.len() {
            if state.missing[step] == 0 {
                self.make_ready(&mut state, step);
            }
        }
        self.start_ready(&mut state);
    }

    /// The step a worker does next; `None` when the run is over.
    pub fn next(&self, worker: usize) -> Option<usize> {
        let mut state = self.state();
        loop {
            if let Some(step) = state.desks[worker].take() {
                return Some(step);
            }
            if state.running == 0 {
                return None;
            }
            state = self.bells[worker].wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes a result, and gives out what can start now.
    pub fn finished(&self, worker: usize, step: usize, result: RunResult) {
        let mut state = self.state();
        state.running -= 1;
        state.idle.insert(worker);
        self.settle(&mut state, step, result);
        self.start_ready(&mut state);
    }

    /// No step starts any more.
    pub fn stop(&self, reason: Stop) {
        self.state().stop = Some(reason);
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// How it went, with what a stopped run did not come to.
    pub fn end(&self) -> Outcome {
        let mut state = self.state();
        let why = state.stop.map(|stop| match stop {
            Stop::Failed => "Skipping due to fail_fast",
            Stop::Interrupted => "Skipping due to keyboard interrupt",
        });
        for step in 0..state.is_settled.len() {
            if !state.is_settled[step] {
                let result = RunResult::skipped(&self.scheduler.nodes[step], why.map(str::to_string));
                self.finish(&mut state, step, result);
            }
        }
        let was_cancelled = state.stop == Some(Stop::Interrupted);
        Outcome { results: std::mem::take(&mut state.results), was_cancelled }
    }

    // What is under the lock is whole at any time: nothing in here calls what may panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, message: Message) {
        self.messages.send(message).expect("the main thread listens until the board is gone");
    }

    /// Lays ready steps on the desks of idle workers.
    fn start_ready(&self, state: &mut State) {
        while state.stop.is_none() {
            let Some(&worker) = state.idle.first() else { break };
            let Some(Ready { step: Reverse(step), .. }) = state.ready.pop() else { break };
            state.idle.remove(&worker);
            state.running += 1;
            state.desks[worker] = Some(step);
            let node = Arc::clone(&self.scheduler.nodes[step]);
            self.tell(Message::Event(Event::NodeStarted {
                node,
                index: state.number(step),
                total: state.numbers.len(),
            }));
            self.bells[worker].notify_one();
        }
        if state.running == 0 {
            self.tell(Message::Over);
            self.main.unpark();
            self.bells.iter().for_each(Condvar::notify_one);
        }
    }

    /// Follows what comes of a result: dependents become ready, or are skipped in their turn.
    fn settle(&self, state: &mut State, step: usize, result: RunResult) {
        if self.scheduler.is_fail_fast && result.status.is_failure() && state.stop.is_none() {
            state.stop = Some(Stop::Failed);
            self.is_stopping.store(true, Ordering::Relaxed);
            self.tell(Message::Stopped);
            self.main.unpark();
        }
        for blocked in self.scheduler.plan.skipped_by(step, result.status) {
            state.is_blocked[blocked] = true;
        }
        let mut settled = vec![(step, result)];
        while let Some((step, result)) = settled.pop() {
            self.finish(state, step, result);
            for &dependent in &self.scheduler.plan.steps[step].dependents {
                state.missing[dependent] -= 1;
                if state.missing[dependent] > 0 {
                    continue;
                }
                if !state.is_blocked[dependent] {
                    self.make_ready(state, dependent);
                } else if state.stop.is_none() {
                    settled.push((dependent, RunResult::skipped(&self.scheduler.nodes[dependent], None)));
                }
            }
        }
    }

    fn finish(&self, state: &mut State, step: usize, result: RunResult) {
        state.is_settled[step] = true;
        let result = Arc::new(result);
        state.results.push(Arc::clone(&result));
        self.tell(Message::Event(Event::NodeFinished {
            result,
            index: state.number(step),
            total: state.numbers.len(),
        }));
    }

    fn make_ready(&self, state: &mut State, step: usize) {
        let name = Reverse(self.scheduler.nodes[step].unique_id.clone());
        let remaining = self.scheduler.plan.steps[step].remaining_path_length;
        state.ready.push(Ready { remaining, name, step: Reverse(step) });
    }
}

impl State {
    fn number(&mut self, step: usize) -> usize {
        if self.numbers[step] == 0 {
            self.numbered += 1;
            self.numbers[step] = self.numbered;
        }
        self.numbers[step]
    }
}
