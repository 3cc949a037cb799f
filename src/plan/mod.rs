//! Turns a selection into an ordered set of steps.
//!
//! Knows nothing of SQL or connections: a plan can be printed, tested and thrown away.

mod edges;
mod microbatch;
mod relations;

pub use crate::graph::Command;
pub use edges::test_edges;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::event::NodeStatus;
use crate::graph::{Graph, ResourceType, Selection};
use crate::manifest::{Manifest, Node, NodeKind, UniqueId};

/// What is done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Render, and stop there.
    Compile,
    /// Render, run, and show the first rows.
    Show,
    Model,
    Seed,
    Snapshot,
    DataTest,
    UnitTest,
    Function,
    /// Nothing to do, but it counts: exposures and saved queries.
    NoOp,
    Clone,
    Freshness,
}

impl Action {
    pub fn name(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Show => "show",
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::DataTest => "test",
            Self::UnitTest => "unit test",
            Self::Function => "function",
            Self::NoOp => "no-op",
            Self::Clone => "clone",
            Self::Freshness => "freshness",
        }
    }
}

/// One thing to be done, and what it waits for.
#[derive(Clone, Debug)]
pub struct Step {
    pub id: UniqueId,
    pub action: Action,
    /// Steps that must be over before this one starts; all of them come earlier in the plan.
    pub prerequisites: Vec<usize>,
    /// Steps that wait for this one.
    pub dependents: Vec<usize>,
    /// Longest chain of steps from this one to the end, itself included.
    pub remaining_path_length: usize,
    /// `on_error: continue`: what reads from it runs even when it fails.
    pub is_failure_tolerated: bool,
}

/// Steps of one command, each after all of its prerequisites.
#[derive(Clone, Debug)]
pub struct Plan {
    pub command: Command,
    /// Hooks, one after the other, before any step starts.
    pub on_run_start: Vec<UniqueId>,
    pub steps: Vec<Step>,
    /// Hooks after all steps are over, however they went.
    pub on_run_end: Vec<UniqueId>,
}

impl Plan {
    /// # Errors
    /// Two steps would write the same relation, or one is of a kind that cannot be done.
    pub fn new(
        command: Command,
        manifest: &Manifest,
        graph: &Graph,
        selection: &Selection,
    ) -> Result<Self, Vec<Diagnostic>> {
        let tasks: Vec<(usize, Action)> =
            selection.iter().filter_map(|id| Some((graph.position(id)?, action(command, manifest, id)?))).collect();
        let actions = || tasks.iter().map(|(at, action)| (graph.id(*at), *action));
        let mut problems = relations::refuse_equal(manifest, actions());
        problems.extend(microbatch::refuse(manifest, actions()));
        if !problems.is_empty() {
            return Err(problems);
        }
        let prerequisites = match order(command) {
            Order::None => vec![BTreeSet::new(); tasks.len()],
            Order::Parents => edges::parents_first(graph, &tasks),
            Order::ParentsAndTests => edges::parents_and_tests_first(manifest, graph, &tasks),
        };
        let has_hooks = runs_hooks(command);
        Ok(Self {
            command,
            on_run_start: if has_hooks { hooks(manifest, true) } else { Vec::new() },
            steps: arrange(manifest, graph, &tasks, &prerequisites),
            on_run_end: if has_hooks { hooks(manifest, false) } else { Vec::new() },
        })
    }

    /// Steps that are not run because `step` ended with `status`: all that wait for it, directly or not.
    pub fn skipped_by(&self, step: usize, status: NodeStatus) -> Vec<usize> {
        if !stops_dependents(status) || self.steps[step].is_failure_tolerated {
            return Vec::new();
        }
        let mut skipped = BTreeSet::new();
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            open.extend(self.steps[step].dependents.iter().filter(|dependent| skipped.insert(**dependent)));
        }
        skipped.into_iter().collect()
    }
}

/// A warning and a pass let readers go on; everything that leaves rows in doubt stops them.
fn stops_dependents(status: NodeStatus) -> bool {
    match status {
        NodeStatus::Error
        | NodeStatus::Fail
        | NodeStatus::RuntimeError
        | NodeStatus::PartialSuccess
        | NodeStatus::Skipped => true,
        NodeStatus::Success | NodeStatus::Pass | NodeStatus::Warn | NodeStatus::NoOp => false,
    }
}

/// `None`: the command does nothing with it. Ephemeral models become part of their readers.
fn action(command: Command, manifest: &Manifest, id: &UniqueId) -> Option<Action> {
    let kind = ResourceType::of(id)?;
    let is_ephemeral = manifest.nodes.get(id).is_some_and(|node| node.is_ephemeral());
    match command {
        Command::Compile | Command::DocsGenerate => Some(Action::Compile),
        Command::Show => Some(Action::Show),
        Command::List => None,
        Command::SourceFreshness => Some(Action::Freshness),
        Command::Run | Command::Build | Command::Clone if is_ephemeral => None,
        Command::Clone => Some(Action::Clone),
        Command::Run | Command::Test | Command::Build | Command::Seed | Command::Snapshot => match kind {
            ResourceType::Model => Some(Action::Model),
            ResourceType::Seed => Some(Action::Seed),
            ResourceType::Snapshot => Some(Action::Snapshot),
            ResourceType::Test => Some(Action::DataTest),
            ResourceType::UnitTest => Some(Action::UnitTest),
            ResourceType::Function => Some(Action::Function),
            ResourceType::Exposure | ResourceType::SavedQuery => Some(Action::NoOp),
            ResourceType::Source
            | ResourceType::Metric
            | ResourceType::SemanticModel
            | ResourceType::Analysis
            | ResourceType::Operation => None,
        },
    }
}

enum Order {
    /// Steps do not touch each other's results.
    None,
    Parents,
    /// Tests stand between what they test and what reads from it.
    ParentsAndTests,
}

fn order(command: Command) -> Order {
    match command {
        Command::Compile
        | Command::Show
        | Command::List
        | Command::Test
        | Command::Clone
        | Command::SourceFreshness
        | Command::DocsGenerate => Order::None,
        Command::Run | Command::Seed | Command::Snapshot => Order::Parents,
        Command::Build => Order::ParentsAndTests,
    }
}

fn runs_hooks(command: Command) -> bool {
    match command {
        Command::Run
        | Command::Test
        | Command::Build
        | Command::Seed
        | Command::Snapshot
        | Command::SourceFreshness => true,
        Command::Compile | Command::Show | Command::List | Command::Clone | Command::DocsGenerate => false,
    }
}

/// The project's own first, then those of packages by name, each in written order.
fn hooks(manifest: &Manifest, is_start: bool) -> Vec<UniqueId> {
    let mut found: Vec<(bool, &str, usize, &Node)> = manifest
        .nodes
        .values()
        .filter_map(|node| match &node.kind {
            NodeKind::Hook(hook) if hook.is_start == is_start => {
                let is_of_package = node.package_name != manifest.project_name;
                Some((is_of_package, node.package_name.as_str(), hook.index, &**node))
            }
            NodeKind::Model(_)
            | NodeKind::Seed(_)
            | NodeKind::Snapshot
            | NodeKind::DataTest(_)
            | NodeKind::Analysis
            | NodeKind::Hook(_)
            | NodeKind::Function(_) => None,
        })
        .collect();
    found.sort_by_key(|(is_of_package, package, index, _)| (*is_of_package, *package, *index));
    found.into_iter().map(|(_, _, _, node)| node.unique_id.clone()).collect()
}

/// Puts each step after its prerequisites; among those that could come next, the first by name.
fn arrange(
    manifest: &Manifest,
    graph: &Graph,
    tasks: &[(usize, Action)],
    prerequisites: &[BTreeSet<usize>],
) -> Vec<Step> {
    let mut dependents = vec![Vec::new(); tasks.len()];
    for (task, before) in prerequisites.iter().enumerate() {
        for earlier in before {
            dependents[*earlier].push(task);
        }
    }
    let mut waiting: Vec<usize> = prerequisites.iter().map(BTreeSet::len).collect();
    let mut ready: BinaryHeap<_> = (0..tasks.len()).filter(|task| waiting[*task] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(tasks.len());
    let mut place = vec![0; tasks.len()];
    while let Some(Reverse(task)) = ready.pop() {
        place[task] = order.len();
        order.push(task);
        for later in &dependents[task] {
            waiting[*later] -= 1;
            if waiting[*later] == 0 {
                ready.push(Reverse(*later));
            }
        }
    }
    let placed = |tasks: &mut dyn Iterator<Item = usize>| {
        let mut places: Vec<_> = tasks.map(|task| place[task]).collect();
        places.sort_unstable();
        places
    };
    let mut steps: Vec<Step> = order
        .iter()
        .map(|task| {
            let (position, action) = tasks[*task];
            let id = graph.id(position).clone();
            Step {
                is_failure_tolerated: is_failure_tolerated(manifest, &id),
                id,
                action,
                prerequisites: placed(&mut prerequisites[*task].iter().copied()),
                dependents: placed(&mut dependents[*task].iter().copied()),
                remaining_path_length: 1,
            }
        })
        .collect();
    for step in (0..steps.len()).rev() {
        let longest = steps[step].dependents.iter().map(|later| steps[*later].remaining_path_length).max();
        steps[step].remaining_path_length = 1 + longest.unwrap_or(0);
    }
    steps
}

fn is_failure_tolerated(manifest: &Manifest, id: &UniqueId) -> bool {
    manifest
        .nodes
        .get(id)
        .is_some_and(|node| matches!(node.kind, NodeKind::Model(_)) && node.config.text("on_error") == Some("continue"))
}

impl fmt::Display for Plan {
    /// One line a step: number, action, id, and the numbers it waits for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for id in &self.on_run_start {
            writeln!(f, "before {id}")?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            write!(f, "{index:>4} {} {}", step.action.name(), step.id)?;
            if !step.prerequisites.is_empty() {
                let numbers: Vec<_> = step.prerequisites.iter().map(usize::to_string).collect();
                write!(f, " after {}", numbers.join(", "))?;
            }
            writeln!(f)?;
        }
        for id in &self.on_run_end {
            writeln!(f, "after {id}")?;
        }
        Ok(())
    }
}
