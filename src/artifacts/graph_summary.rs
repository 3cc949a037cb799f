//! graph_summary.json: the names of a project's resources and who reads from whom, with nothing else; for diagnosis.
//!
//! Source: dbt-core 1.12, `Linker.get_graph_summary`.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::write_json;
use crate::graph::Graph;
use crate::manifest::UniqueId;

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
    write_json(path, &Summary { invocation_id, graph, test_edges })
}

struct Summary<'a> {
    invocation_id: &'a str,
    graph: &'a Graph,
    test_edges: Option<&'a [(UniqueId, UniqueId)]>,
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("_invocation_id", self.invocation_id)?;
        map.serialize_entry("linked", &Linked { graph: self.graph, more: &[] })?;
        if let Some(more) = self.test_edges {
            map.serialize_entry("with_test_edges", &Linked { graph: self.graph, more })?;
        }
        map.end()
    }
}

/// Each resource under its number, which is its position, with the numbers of those that come after it.
struct Linked<'a> {
    graph: &'a Graph,
    more: &'a [(UniqueId, UniqueId)],
}

impl Serialize for Linked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut held_up: HashMap<usize, Vec<usize>> = HashMap::new();
        for (test, guarded) in self.more {
            if let (Some(test), Some(guarded)) = (self.graph.position(test), self.graph.position(guarded)) {
                held_up.entry(test).or_default().push(guarded);
            }
        }
        serializer.collect_map(self.graph.ids().enumerate().map(|(number, id)| {
            let held_up = held_up.get(&number).into_iter().flatten().copied();
            let later: BTreeSet<usize> = self.graph.child_positions(number).chain(held_up).collect();
            (number, Resource { name: id, kind: id.resource_type(), later })
        }))
    }
}

#[derive(Serialize)]
struct Resource<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(rename = "succ", skip_serializing_if = "BTreeSet::is_empty")]
    later: BTreeSet<usize>,
}
