//! The scheduler with a fake runner: plans in, orders out, as pictures.

use std::fmt::Write as _;
use std::sync::Mutex;

use insta::assert_snapshot;

use super::*;
use crate::adapter::{Adapter, AdapterError, AdapterKind, Connection, ErrorKind};
use crate::plan::{Action, Command};

/// Runs a picture of a plan, one step a line: `name: prerequisites -> outcome`.
/// Outcomes: `ok` (as when left out), `fail`, `warn`, `panic`, `interrupt` (Ctrl-C while it runs), `wait`
/// (until it is cancelled).
struct Run {
    threads: usize,
    is_fail_fast: bool,
}

const ONE_WORKER: Run = Run { threads: 1, is_fail_fast: false };

impl Run {
    fn picture(&self, steps: &str) -> String {
        let lines: Vec<_> = steps.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let parsed: Vec<_> = lines.iter().map(|line| parse(line)).collect();
        let position = |name: &str| parsed.iter().position(|(known, ..)| *known == name).unwrap();
        let prerequisites: Vec<Vec<usize>> =
            parsed.iter().map(|(_, names, _)| names.iter().map(|name| position(name)).collect()).collect();
        let plan = plan(&parsed.iter().map(|(name, ..)| *name).collect::<Vec<_>>(), prerequisites);
        let nodes: Vec<_> = plan.steps.iter().map(|step| node(&step.id)).collect();
        let interrupt = Interrupt::default();
        let outcomes = parsed.iter().map(|(name, _, outcome)| ((*name).to_string(), (*outcome).to_string()));
        let runner = FakeRunner { outcomes: outcomes.collect(), interrupt: interrupt.clone() };
        let adapter = Arc::new(FakeAdapter::default());
        let scheduler = Scheduler {
            plan: &plan,
            nodes: &nodes,
            runner: &runner,
            warehouse: &Warehouse::new(Arc::clone(&adapter) as Arc<dyn Adapter>),
            threads: self.threads,
            is_fail_fast: self.is_fail_fast,
            interrupt: &interrupt,
        };
        let mut picture = String::new();
        let outcome = scheduler.run(&mut |events| events.into_iter().for_each(|event| tell(&mut picture, event)));
        assert_eq!(outcome.results.len(), plan.steps.len());
        if *adapter.was_cancelled.lock().unwrap() {
            picture.push_str("statements cancelled\n");
        }
        if outcome.was_cancelled {
            picture.push_str("cancelled\n");
        }
        picture
    }
}

/// Steps in written order, which is an order they can be done in.
fn plan(names: &[&str], prerequisites: Vec<Vec<usize>>) -> Plan {
    let count = names.len();
    let dependents_of = |step| (0..count).filter(|later| prerequisites[*later].contains(&step)).collect();
    let dependents: Vec<Vec<usize>> = (0..count).map(dependents_of).collect();
    let mut lengths = vec![1; count];
    for step in (0..count).rev() {
        lengths[step] = 1 + dependents[step].iter().map(|later| lengths[*later]).max().unwrap_or(0);
    }
    let steps = names.iter().zip(prerequisites).zip(dependents).zip(lengths);
    let steps = steps.map(|(((name, prerequisites), dependents), remaining_path_length)| Step {
        id: (*name).into(),
        action: Action::Model,
        prerequisites,
        dependents,
        remaining_path_length,
        is_failure_tolerated: name.starts_with("tolerated"),
    });
    Plan { command: Command::Build, on_run_start: Vec::new(), steps: steps.collect(), on_run_end: Vec::new() }
}

fn parse(line: &str) -> (&str, Vec<&str>, &str) {
    let (line, outcome) = line.split_once(" -> ").unwrap_or((line, "ok"));
    let (name, prerequisites) = line.split_once(':').unwrap_or((line, ""));
    (name, prerequisites.split_whitespace().collect(), outcome)
}

fn tell(picture: &mut String, event: Event) {
    match event {
        Event::NodeStarted { node, .. } if node.name == "unheard" => panic!("the telling went wrong"),
        Event::NodeStarted { node, index, total } => writeln!(picture, "{index}/{total} start {}", node.name),
        Event::NodeFinished { result, index, total } => {
            let message = result.message.as_ref().map(|message| format!(" ({message})")).unwrap_or_default();
            writeln!(picture, "{index}/{total} {} {}{message}", result.status.name(), result.node.name)
        }
        other => writeln!(picture, "{other:?}"),
    }
    .unwrap();
}

fn node(name: &str) -> Arc<NodeInfo> {
    Arc::new(NodeInfo::without_relation(name, name, "model", "view"))
}

struct FakeRunner {
    outcomes: std::collections::BTreeMap<String, String>,
    interrupt: Interrupt,
}

impl StepRunner for FakeRunner {
    fn run(&self, step: &Step, node: &Arc<NodeInfo>, worker: &Worker) -> RunResult {
        let status = match self.outcomes[&*step.id].as_str() {
            "fail" => NodeStatus::Fail,
            "warn" => NodeStatus::Warn,
            "panic" => panic!("a step went wrong"),
            "interrupt" => {
                self.interrupt.trigger();
                wait_until_stopping(worker);
                NodeStatus::Error
            }
            "wait" => {
                wait_until_stopping(worker);
                NodeStatus::Error
            }
            _ => NodeStatus::Success,
        };
        RunResult { status, worker: worker.number, ..RunResult::skipped(node, None) }
    }
}

fn wait_until_stopping(worker: &Worker) {
    while !worker.is_stopping() {
        thread::yield_now();
    }
}

#[derive(Default)]
struct FakeAdapter {
    was_cancelled: Mutex<bool>,
}

impl Adapter for FakeAdapter {
    fn kind(&self) -> AdapterKind {
        AdapterKind::DuckDb
    }

    fn connect(&self) -> Result<Box<dyn Connection>, AdapterError> {
        Err(AdapterError::new(ErrorKind::Unsupported, "steps of these tests touch no warehouse"))
    }

    fn cancel(&self) {
        *self.was_cancelled.lock().unwrap() = true;
    }
}

#[test]
fn the_longest_way_starts_first_and_names_break_ties() {
    assert_snapshot!(ONE_WORKER.picture("
        d
        c
        b
        b2: b
        b3: b2
    "), @"
    1/5 start b
    1/5 success b
    2/5 start b2
    2/5 success b2
    3/5 start b3
    3/5 success b3
    4/5 start c
    4/5 success c
    5/5 start d
    5/5 success d
    ");
}

#[test]
fn a_step_starts_when_all_it_needs_is_there() {
    assert_snapshot!(ONE_WORKER.picture("
        first
        right: first
        left: first
        last: left right
    "), @"
    1/4 start first
    1/4 success first
    2/4 start left
    2/4 success left
    3/4 start right
    3/4 success right
    4/4 start last
    4/4 success last
    ");
}

#[test]
fn a_failure_skips_its_descendants_and_nothing_else() {
    assert_snapshot!(ONE_WORKER.picture("
        a -> fail
        b: a
        c: b
        other
        mixed: c other
    "), @"
    1/5 start a
    1/5 fail a
    2/5 skipped b
    3/5 skipped c
    4/5 start other
    4/5 success other
    5/5 skipped mixed
    ");
}

#[test]
fn a_warning_skips_nothing() {
    assert_snapshot!(ONE_WORKER.picture("
        a -> warn
        b: a
    "), @"
    1/2 start a
    1/2 warn a
    2/2 start b
    2/2 success b
    ");
}

#[test]
fn a_panic_is_the_failure_of_its_step_alone() {
    assert_snapshot!(ONE_WORKER.picture("
        a -> panic
        b: a
        other
    "), @"
    1/3 start a
    1/3 error a (internal error: a step went wrong)
    2/3 skipped b
    3/3 start other
    3/3 success other
    ");
}

#[test]
fn fail_fast_starts_nothing_after_the_first_failure() {
    let run = Run { is_fail_fast: true, ..ONE_WORKER };
    assert_snapshot!(run.picture("
        a -> fail
        b
        c: b
    "), @"
    1/3 start b
    1/3 success b
    2/3 start a
    2/3 fail a
    3/3 skipped c (Skipping due to fail_fast)
    statements cancelled
    ");
}

#[test]
fn fail_fast_stops_what_runs_beside_the_failure() {
    let run = Run { threads: 2, is_fail_fast: true };
    assert_snapshot!(run.picture("
        a -> wait
        b -> fail
        c: a
    "), @"
    1/3 start a
    2/3 start b
    2/3 fail b
    1/3 error a
    3/3 skipped c (Skipping due to fail_fast)
    statements cancelled
    ");
}

#[test]
fn an_interrupt_cancels_what_runs_and_skips_the_rest() {
    assert_snapshot!(ONE_WORKER.picture("
        a -> interrupt
        b: a
        c
    "), @"
    1/3 start a
    1/3 error a
    2/3 skipped b (Skipping due to keyboard interrupt)
    3/3 skipped c (Skipping due to keyboard interrupt)
    statements cancelled
    cancelled
    ");
}

#[test]
fn a_plan_without_steps_is_done_at_once() {
    assert_snapshot!(ONE_WORKER.picture(""), @"");
}

#[test]
fn a_tolerated_failure_skips_nothing() {
    assert_snapshot!(ONE_WORKER.picture("
        tolerated -> fail
        b: tolerated
    "), @"
    1/2 start tolerated
    1/2 fail tolerated
    2/2 start b
    2/2 success b
    ");
}

#[test]
fn when_the_telling_panics_what_runs_is_stopped() {
    let told = catch_unwind(|| ONE_WORKER.picture("unheard -> wait"));
    assert!(told.is_err());
}
