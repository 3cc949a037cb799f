//! graph_summary.json: the names of a project's resources and who reads from whom, with nothing else; for diagnosis.
//!
//! Source: dbt-core 1.12, `Linker.get_graph_summary`.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;

use serde_json::json;

use super::write_json;
use crate::graph::Graph;
use crate::manifest::{Json, JsonMap, UniqueId};

/// `test_edges` are those by which tests hold up what reads from the tested: `build` has them.
///
/// # Errors
/// The file cannot be written; the old one stands then.
pub fn write(
    path: &Path,
    invocation_id: &str,
    graph: &Graph,
    test_edges: Option<&[(UniqueId, UniqueId)]>,
) -> io::Result<()> {
    let mut summary = JsonMap::new();
    summary.insert("_invocation_id".to_string(), invocation_id.into());
    summary.insert("linked".to_string(), linked(graph, &[]));
    if let Some(edges) = test_edges {
        summary.insert("with_test_edges".to_string(), linked(graph, edges));
    }
    write_json(path, &summary)
}

/// Each resource under its number, with the numbers of those that come after it.
fn linked(graph: &Graph, more: &[(UniqueId, UniqueId)]) -> Json {
    let numbers: HashMap<&UniqueId, usize> = graph.ids().enumerate().map(|(number, id)| (id, number)).collect();
    let mut held_up: HashMap<&UniqueId, Vec<&UniqueId>> = HashMap::new();
    for (test, guarded) in more {
        held_up.entry(test).or_default().push(guarded);
    }
    let all = graph.ids().enumerate().map(|(number, id)| {
        let held_up = held_up.get(id).into_iter().flatten().copied();
        let later: BTreeSet<usize> =
            graph.children(id).into_iter().chain(held_up).filter_map(|later| numbers.get(later).copied()).collect();
        let mut resource = json!({ "name": &**id, "type": id.resource_type() });
        if !later.is_empty() {
            resource["succ"] = later.into_iter().collect();
        }
        (number.to_string(), resource)
    });
    Json::Object(all.collect())
}
