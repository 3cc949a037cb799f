//! One writer per relation.
//!
//! DuckDB answers "catalog write-write conflict" when two connections replace the same view, and on any warehouse
//! the last writer would win; so equal relations are refused before any worker starts.

use std::collections::BTreeMap;

use super::Action;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Manifest, Node, UniqueId};

/// One problem for each relation that more than one step would write.
pub(super) fn refuse_equal<'a>(
    manifest: &Manifest,
    tasks: impl Iterator<Item = (&'a UniqueId, Action)>,
) -> Vec<Diagnostic> {
    // What is called has names of its own, apart from what is read.
    let mut writers: BTreeMap<(bool, String), Vec<&Node>> = BTreeMap::new();
    for (id, action) in tasks.filter(|(_, action)| writes(*action)) {
        if let Some(node) = manifest.nodes.get(id)
            && let Some(name) = &node.relation_name
        {
            writers.entry((action == Action::Function, compared(name))).or_default().push(node);
        }
    }
    writers.values().filter(|nodes| nodes.len() > 1).map(|nodes| problem(nodes)).collect()
}

fn writes(action: Action) -> bool {
    match action {
        Action::Model | Action::Seed | Action::Snapshot | Action::Function | Action::Clone => true,
        Action::Compile | Action::Show | Action::DataTest | Action::UnitTest | Action::NoOp | Action::Freshness => {
            false
        }
    }
}

/// BigQuery tells names by their case, DuckDB does not.
fn compared(relation_name: &str) -> String {
    if relation_name.contains('`') { relation_name.to_string() } else { relation_name.to_lowercase() }
}

fn problem(nodes: &[&Node]) -> Diagnostic {
    let names: Vec<_> = nodes.iter().map(|node| format!("`{}`", node.name)).collect();
    let relation = nodes[0].relation_name.as_deref().unwrap_or_default();
    let message = format!("{} would all write {relation}", names.join(" and "));
    let message = if nodes.len() == 2 { message.replace(" all ", " both ") } else { message };
    let problem = Diagnostic::error("same-relation", message);
    let problem = nodes.iter().fold(problem, |problem, node| {
        let place = node.place();
        problem.at(place, format!("{} `{}`", node.kind.resource_type(), node.name))
    });
    problem.help("give one of them another `alias` or `schema`")
}
