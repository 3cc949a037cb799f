//! Which steps wait for which.
//!
//! A step waits for the nearest steps it reads from, across whatever was not selected. In `build` a test also stands
//! before everything that reads from all of what it tests. Source: dbt-core 1.12, `Linker.add_test_edges`,
//! `Graph.get_subset_graph`, `BuildTask`.

use std::collections::{BTreeSet, HashMap};

use super::Action;
use crate::graph::{Direction, Graph, NodeSet};
use crate::manifest::{Manifest, NodeKind, UniqueId};

/// Prerequisites of each task, as indices of tasks.
type Prerequisites = Vec<BTreeSet<usize>>;

pub(super) fn parents_first(graph: &Graph, tasks: &[(usize, Action)]) -> Prerequisites {
    let mut nearest = Nearest::new(graph, tasks);
    tasks.iter().map(|(position, _)| nearest.tasks(*position, Direction::Incoming).into_iter().collect()).collect()
}

pub(super) fn parents_and_tests_first(manifest: &Manifest, graph: &Graph, tasks: &[(usize, Action)]) -> Prerequisites {
    let mut prerequisites = parents_first(graph, tasks);
    let mut nearest = Nearest::new(graph, tasks);
    let buildable = Buildable::new(manifest, graph);
    for (test, (position, action)) in tasks.iter().enumerate() {
        if *action != Action::DataTest {
            continue;
        }
        for guarded in buildable.first_below_all(graph.parent_positions(*position)) {
            for task in nearest.tasks_at(guarded) {
                prerequisites[task].insert(test);
            }
        }
    }
    put_unit_tests_before_their_models(manifest, graph, tasks, &mut nearest, &mut prerequisites);
    prerequisites
}

/// Each data test of the graph with what waits for it in `build`, were everything selected.
pub fn test_edges(manifest: &Manifest, graph: &Graph) -> Vec<(UniqueId, UniqueId)> {
    let buildable = Buildable::new(manifest, graph);
    let tests = manifest.nodes.values().filter(|node| matches!(node.kind, NodeKind::DataTest(_)));
    let tests = tests.filter_map(|node| Some((&node.unique_id, graph.position(&node.unique_id)?)));
    let edges = tests.flat_map(|(id, position)| {
        let guarded = buildable.first_below_all(graph.parent_positions(position));
        guarded.into_iter().map(|guarded| (id.clone(), graph.id(guarded).clone())).collect::<Vec<_>>()
    });
    edges.collect()
}

/// A unit test needs what its model reads from, not the model itself. Where the model is no step (it is ephemeral),
/// the steps that read from it wait instead.
fn put_unit_tests_before_their_models(
    manifest: &Manifest,
    graph: &Graph,
    tasks: &[(usize, Action)],
    nearest: &mut Nearest<'_>,
    prerequisites: &mut Prerequisites,
) {
    let mut guarded = Vec::new();
    for (test, (position, action)) in tasks.iter().enumerate() {
        if *action != Action::UnitTest {
            continue;
        }
        let model = manifest.parents(graph.id(*position)).first().and_then(|id| graph.position(id));
        let Some(model) = model else { continue };
        if let Some(task) = nearest.task_of.get(&model) {
            prerequisites[test] = prerequisites[*task].clone();
        }
        guarded.push((test, nearest.tasks_at(model)));
    }
    for (test, later) in guarded {
        for task in later.into_iter().filter(|task| tasks[*task].1 != Action::UnitTest) {
            prerequisites[task].insert(test);
        }
    }
}

/// Finds the nearest tasks of a position, walking across positions that are no tasks.
struct Nearest<'a> {
    graph: &'a Graph,
    task_of: HashMap<usize, usize>,
    /// The walk in which a position was last met.
    met: Vec<u32>,
    walk: u32,
    below: HashMap<usize, Vec<usize>>,
}

impl<'a> Nearest<'a> {
    fn new(graph: &'a Graph, tasks: &[(usize, Action)]) -> Self {
        let task_of = tasks.iter().enumerate().map(|(task, (position, _))| (*position, task)).collect();
        Self { graph, task_of, met: vec![0; graph.len()], walk: 0, below: HashMap::new() }
    }

    /// Tasks on the way from `position`, itself not counted.
    fn tasks(&mut self, position: usize, direction: Direction) -> Vec<usize> {
        self.walk += 1;
        let mut found = Vec::new();
        let mut open = vec![position];
        while let Some(position) = open.pop() {
            for next in self.graph.neighbor_positions(position, direction) {
                if std::mem::replace(&mut self.met[next], self.walk) == self.walk {
                    continue;
                }
                match self.task_of.get(&next) {
                    Some(task) => found.push(*task),
                    None => open.push(next),
                }
            }
        }
        found
    }

    /// The task of a position, or the nearest ones below where it has none.
    fn tasks_at(&mut self, position: usize) -> Vec<usize> {
        if let Some(task) = self.task_of.get(&position) {
            return vec![*task];
        }
        if let Some(known) = self.below.get(&position) {
            return known.clone();
        }
        let found = self.tasks(position, Direction::Outgoing);
        self.below.insert(position, found.clone());
        found
    }
}

/// The part of the graph that a failing test can hold up: all nodes but tests, and what lies below each.
struct Buildable<'a> {
    graph: &'a Graph,
    /// Rank of a position among the buildable ones.
    rank: Vec<Option<usize>>,
    positions: Vec<usize>,
    /// Buildable positions below each buildable position or source, by rank.
    below: HashMap<usize, NodeSet>,
}

impl<'a> Buildable<'a> {
    fn new(manifest: &Manifest, graph: &'a Graph) -> Self {
        let mut rank = vec![None; graph.len()];
        let mut positions = Vec::new();
        for (position, id) in graph.ids().enumerate() {
            let is_buildable = match manifest.nodes.get(id).map(|node| &node.kind) {
                Some(NodeKind::DataTest(_)) => false,
                Some(
                    NodeKind::Model(_)
                    | NodeKind::Seed(_)
                    | NodeKind::Snapshot
                    | NodeKind::Analysis
                    | NodeKind::Hook(_)
                    | NodeKind::Function(_),
                ) => true,
                None => false,
            };
            if is_buildable {
                rank[position] = Some(positions.len());
                positions.push(position);
            }
        }
        let mut buildable = Self { graph, rank, positions, below: HashMap::new() };
        buildable.find_below(manifest);
        buildable
    }

    fn find_below(&mut self, manifest: &Manifest) {
        for position in self.graph.topological_positions().into_iter().rev() {
            let is_source = || manifest.sources.contains_key(self.graph.id(position));
            if self.rank[position].is_none() && !is_source() {
                continue;
            }
            let mut below = NodeSet::new(self.positions.len());
            for child in self.graph.neighbor_positions(position, Direction::Outgoing) {
                if let Some(rank) = self.rank[child] {
                    below.insert(rank);
                    below.union_with(&self.below[&child]);
                }
            }
            self.below.insert(position, below);
        }
    }

    /// The first nodes that have all of `tested` above them: whoever comes later waits for these anyway.
    fn first_below_all(&self, tested: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut common: Option<NodeSet> = None;
        for position in tested {
            let Some(below) = self.below.get(&position) else { return Vec::new() };
            match &mut common {
                None => common = Some(below.clone()),
                Some(common) => common.intersect_with(below),
            }
        }
        let Some(common) = common else { return Vec::new() };
        let is_first = |position: &usize| {
            let mut parents = self.graph.neighbor_positions(*position, Direction::Incoming);
            !parents.any(|parent| self.rank[parent].is_some_and(|rank| common.contains(rank)))
        };
        common.iter().map(|rank| self.positions[rank]).filter(is_first).collect()
    }
}
