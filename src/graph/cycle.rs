//! Finds resources that read from each other in a ring, and tells the whole ring.

use std::collections::VecDeque;

use petgraph::algo::tarjan_scc;

use super::Graph;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Manifest, RefCall, UniqueId};
use crate::source::Span;

/// The problem of the first ring by name, with a note for each further one.
pub(super) fn find(graph: &Graph, manifest: &Manifest) -> Option<Diagnostic> {
    let mut rings: Vec<Vec<usize>> = tarjan_scc(&graph.dag)
        .into_iter()
        .map(|component| component.into_iter().map(petgraph::graph::NodeIndex::index).collect::<Vec<_>>())
        .filter(|component| component.len() > 1 || graph.child_positions(component[0]).any(|at| at == component[0]))
        .map(|component| shortest_ring(graph, &component))
        .collect();
    rings.sort();
    let (first, others) = rings.split_first()?;
    let mut problem = Diagnostic::error("cycle", message(graph, manifest, first));
    for (reader, read) in links(first) {
        let (reader, read) = (graph.id(reader), graph.id(read));
        if let Some(span) = ref_span(manifest, reader, read) {
            problem = problem.at(span, format!("`{}` reads `{}` here", name(manifest, reader), name(manifest, read)));
        }
    }
    for other in others {
        problem = problem.note(format!("another cycle: {}", written(graph, manifest, other)));
    }
    let last = links(first).last().map(|(reader, _)| name(manifest, graph.id(reader)));
    Some(problem.help(match (first.len(), last) {
        (1, _) | (_, None) => "a resource cannot read itself; incremental models use `{{ this }}`".to_string(),
        (_, Some(_)) => "remove one of these refs, or move what both sides need into a model of its own".to_string(),
    }))
}

fn message(graph: &Graph, manifest: &Manifest, ring: &[usize]) -> String {
    match ring {
        [only] => format!("`{}` reads from itself", name(manifest, graph.id(*only))),
        members => format!("{} resources read from each other: {}", members.len(), written(graph, manifest, members)),
    }
}

/// `a` → `b` → `a`, each reading from the next.
fn written(graph: &Graph, manifest: &Manifest, ring: &[usize]) -> String {
    let closed = ring.iter().chain(ring.first());
    closed.map(|at| format!("`{}`", name(manifest, graph.id(*at)))).collect::<Vec<_>>().join(" → ")
}

/// Pairs of a reader and what it reads.
fn links(ring: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    (0..ring.len()).map(|index| (ring[index], ring[(index + 1) % ring.len()]))
}

/// The shortest ring through the component's first member by name: each member reads from the next.
fn shortest_ring(graph: &Graph, component: &[usize]) -> Vec<usize> {
    let start = component.iter().copied().min().expect("a component has members");
    let mut members = graph.empty_set();
    for position in component {
        members.insert(*position);
    }
    let mut reader_of = vec![None; graph.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(position) = queue.pop_front() {
        let mut parents: Vec<_> = graph.parent_positions(position).filter(|at| members.contains(*at)).collect();
        parents.sort_unstable();
        for parent in parents {
            if parent == start {
                return path_to(&reader_of, position);
            }
            if reader_of[parent].is_none() {
                reader_of[parent] = Some(position);
                queue.push_back(parent);
            }
        }
    }
    vec![start]
}

/// From the start of the search to `end`; the start has no reader.
fn path_to(reader_of: &[Option<usize>], end: usize) -> Vec<usize> {
    let mut path: Vec<_> = std::iter::successors(Some(end), |position| reader_of[*position]).collect();
    path.reverse();
    path
}

fn name<'a>(manifest: &'a Manifest, id: &'a UniqueId) -> &'a str {
    match (manifest.nodes.get(id), manifest.others.get(id)) {
        (Some(node), _) => &node.name,
        (None, Some(other)) => &other.name,
        (None, None) => id,
    }
}

/// Where `reader` writes the name of `read`.
fn ref_span(manifest: &Manifest, reader: &UniqueId, read: &UniqueId) -> Option<Span> {
    let read_name = name(manifest, read);
    let find = |refs: &[RefCall]| refs.iter().find(|call| call.name == read_name).and_then(|call| call.span.clone());
    if let Some(node) = manifest.nodes.get(reader) {
        find(&node.refs).or_else(|| find(&node.functions)).or_else(|| Some(Span::start_of(&node.file)))
    } else {
        let other = manifest.others.get(reader)?;
        find(&other.refs).or_else(|| Some(other.span.clone()))
    }
}
