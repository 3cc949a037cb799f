//! The order of things: which resource reads from which, and what a selector means.
//!
//! A [`Graph`] is built once from the manifest. Knows nothing of SQL, connections or what will be done with a node.

mod command;
mod cycle;
mod definition;
mod method;
mod pattern;
mod resource;
mod select;
mod selector;
mod set;
mod state;

pub use command::{Command, ResourceType};
pub use definition::{Render, Selectors};
pub use method::Method;
pub use select::{Criteria, IndirectSelection, Selection};
pub use selector::Selector;
pub use state::PreviousState;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(crate) use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::Diagnostic;
use crate::manifest::{ById, Manifest, UniqueId};
pub(crate) use set::NodeSet;

/// Every resource that reads or is read, with edges from parents to children.
///
/// A node's position is its rank among the sorted ids, so walking by position is walking by name.
pub struct Graph {
    dag: DiGraph<UniqueId, ()>,
    positions: ById<UniqueId, NodeIndex>,
}

impl Graph {
    /// # Errors
    /// The resources form a cycle; all of its members are named in order, each with the place of its `ref`.
    pub fn new(manifest: &Manifest) -> Result<Self, Box<Diagnostic>> {
        let mut read: Vec<(&UniqueId, &[UniqueId])> = manifest.dependencies().collect();
        read.sort_by_key(|(id, _)| *id);
        let mut dag = DiGraph::with_capacity(read.len(), read.len() * 2);
        let positions: ById<UniqueId, NodeIndex> =
            read.iter().map(|(id, _)| ((*id).clone(), dag.add_node((*id).clone()))).collect();
        for (child, (_, parents)) in read.iter().enumerate() {
            let child = NodeIndex::new(child);
            let mut parents: Vec<_> = parents.iter().filter_map(|id| positions.get(id)).collect();
            parents.sort();
            parents.dedup();
            for parent in parents {
                dag.add_edge(*parent, child, ());
            }
        }
        let graph = Self { dag, positions };
        match cycle::find(&graph, manifest) {
            Some(problem) => Err(Box::new(problem)),
            None => Ok(graph),
        }
    }

    pub fn len(&self) -> usize {
        self.dag.node_count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn contains(&self, id: &str) -> bool {
        self.positions.contains_key(id)
    }

    /// All ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &UniqueId> {
        self.dag.node_weights()
    }

    /// What `id` reads from directly, sorted.
    pub fn parents(&self, id: &str) -> Vec<&UniqueId> {
        self.neighbors(id, Direction::Incoming)
    }

    /// What reads from `id` directly, sorted.
    pub fn children(&self, id: &str) -> Vec<&UniqueId> {
        self.neighbors(id, Direction::Outgoing)
    }

    /// Everything `id` reads from, at most `depth` steps away, without itself; sorted.
    pub fn ancestors(&self, id: &str, depth: Option<usize>) -> Vec<&UniqueId> {
        self.reached(id, Direction::Incoming, depth)
    }

    /// Everything that reads from `id`, at most `depth` steps away, without itself; sorted.
    pub fn descendants(&self, id: &str, depth: Option<usize>) -> Vec<&UniqueId> {
        self.reached(id, Direction::Outgoing, depth)
    }

    /// Parents before children; among those that could come next, the first by name.
    pub fn topological_order(&self) -> Vec<&UniqueId> {
        self.topological_positions().into_iter().map(|position| self.id(position)).collect()
    }

    /// Longest chain of nodes from each one to a leaf, itself included; in the order of [`Graph::ids`].
    ///
    /// Used to start the longest work first.
    pub fn remaining_path_lengths(&self) -> Vec<usize> {
        let mut lengths = vec![1; self.len()];
        for position in self.topological_positions().into_iter().rev() {
            let longest = self.child_positions(position).map(|child| lengths[child]).max();
            lengths[position] = 1 + longest.unwrap_or(0);
        }
        lengths
    }

    fn neighbors(&self, id: &str, direction: Direction) -> Vec<&UniqueId> {
        let Some(position) = self.positions.get(id) else { return Vec::new() };
        let mut ids: Vec<_> = self.dag.neighbors_directed(*position, direction).map(|at| &self.dag[at]).collect();
        ids.sort();
        ids
    }

    fn reached(&self, id: &str, direction: Direction, depth: Option<usize>) -> Vec<&UniqueId> {
        let Some(position) = self.positions.get(id) else { return Vec::new() };
        let mut start = self.empty_set();
        start.insert(position.index());
        self.walk(&start, direction, depth).iter().map(|at| self.id(at)).collect()
    }

    pub(crate) fn empty_set(&self) -> NodeSet {
        NodeSet::new(self.len())
    }

    pub(crate) fn id(&self, position: usize) -> &UniqueId {
        &self.dag[NodeIndex::new(position)]
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.positions.get(id).map(|position| position.index())
    }

    pub(crate) fn parent_positions(&self, position: usize) -> impl Iterator<Item = usize> + '_ {
        self.neighbor_positions(position, Direction::Incoming)
    }

    pub(crate) fn child_positions(&self, position: usize) -> impl Iterator<Item = usize> + '_ {
        self.neighbor_positions(position, Direction::Outgoing)
    }

    pub(crate) fn neighbor_positions(&self, position: usize, direction: Direction) -> impl Iterator<Item = usize> + '_ {
        self.dag.neighbors_directed(NodeIndex::new(position), direction).map(NodeIndex::index)
    }

    /// Nodes at most `depth` steps from any of `start`. A start is among them only if another start reaches it.
    pub(crate) fn walk(&self, start: &NodeSet, direction: Direction, depth: Option<usize>) -> NodeSet {
        let mut found = self.empty_set();
        let mut layer: Vec<usize> = start.iter().collect();
        let mut steps = 0;
        while !layer.is_empty() && depth.is_none_or(|depth| steps < depth) {
            let mut next = Vec::new();
            for position in layer {
                next.extend(self.neighbor_positions(position, direction).filter(|at| found.insert(*at)));
            }
            layer = next;
            steps += 1;
        }
        found
    }

    pub(crate) fn topological_positions(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = (0..self.len()).map(|at| self.parent_positions(at).count()).collect();
        let mut ready: BinaryHeap<_> = (0..self.len()).filter(|at| waiting[*at] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(position)) = ready.pop() {
            order.push(position);
            for child in self.child_positions(position) {
                waiting[child] -= 1;
                if waiting[child] == 0 {
                    ready.push(Reverse(child));
                }
            }
        }
        order
    }
}
