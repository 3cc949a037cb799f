//! manifest.json, version 12: everything a project declares, streamed to disk resource by resource.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::metadata::{ManifestMetadata, Metadata};
use super::primary_key::primary_keys;
use super::write_json;
use crate::manifest::shape::{CompiledCode, NodeShape, Shape};
use crate::manifest::{Disabled, Manifest, UniqueId};

/// SQL of the nodes that were compiled in this run.
pub type Compiled = BTreeMap<UniqueId, CompiledCode>;

/// # Errors
/// The file cannot be written; the old one stands then.
pub fn write(path: &Path, metadata: &Metadata, manifest: &Manifest, compiled: &Compiled) -> io::Result<()> {
    write_json(path, &ManifestJson { metadata, manifest, compiled })
}

/// The serde twin of [`Manifest`].
pub struct ManifestJson<'a> {
    pub metadata: &'a Metadata,
    pub manifest: &'a Manifest,
    pub compiled: &'a Compiled,
}

impl Serialize for ManifestJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let manifest = self.manifest;
        let relatives = Relatives::of(manifest);
        let mut map = serializer.serialize_map(Some(18))?;
        map.serialize_entry("metadata", &ManifestMetadata(self.metadata))?;
        map.serialize_entry("nodes", &Nodes(self))?;
        map.serialize_entry("sources", &All(&manifest.sources))?;
        map.serialize_entry("macros", &All(&manifest.macros))?;
        map.serialize_entry("docs", &All(&manifest.docs))?;
        map.serialize_entry("exposures", &All(&manifest.exposures))?;
        map.serialize_entry("metrics", &OfType(manifest, "metric"))?;
        map.serialize_entry("groups", &All(&manifest.groups))?;
        map.serialize_entry("selectors", &manifest.selectors)?;
        map.serialize_entry("disabled", &DisabledOnes(&manifest.disabled))?;
        map.serialize_entry("parent_map", &Relations { order: &relatives.order, relatives: &relatives.parents })?;
        map.serialize_entry("child_map", &Relations { order: &relatives.order, relatives: &relatives.children })?;
        map.serialize_entry("group_map", &group_members(manifest))?;
        map.serialize_entry("saved_queries", &OfType(manifest, "saved_query"))?;
        map.serialize_entry("semantic_models", &OfType(manifest, "semantic_model"))?;
        map.serialize_entry("unit_tests", &All(&manifest.unit_tests))?;
        map.serialize_entry("functions", &OfType(manifest, "function"))?;
        map.end()
    }
}

struct Nodes<'a>(&'a ManifestJson<'a>);

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ManifestJson { manifest, compiled, .. } = self.0;
        let primary_keys = primary_keys(manifest);
        serializer.collect_map(manifest.nodes.iter().map(|(id, node)| {
            let primary_key = primary_keys.get(id).map(Vec::as_slice).unwrap_or_default();
            (&**id, NodeShape { node, compiled: compiled.get(id), primary_key })
        }))
    }
}

/// A map of one kind of resource.
struct All<'a, T>(&'a BTreeMap<UniqueId, std::sync::Arc<T>>);

impl<T> Serialize for All<'_, T>
where
    for<'a> Shape<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, resource)| (&**id, Shape(&**resource))))
    }
}

struct OfType<'a>(&'a Manifest, &'static str);

impl Serialize for OfType<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of_type = self.0.others.iter().filter(|(_, other)| other.resource_type == self.1);
        serializer.collect_map(of_type.map(|(id, other)| (&**id, Shape(&**other))))
    }
}

struct DisabledOnes<'a>(&'a BTreeMap<UniqueId, Vec<Disabled>>);

impl Serialize for DisabledOnes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, alike)| (&**id, alike.iter().map(Shape).collect::<Vec<_>>())))
    }
}

impl Serialize for Shape<'_, Disabled> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Disabled::Node(node) => NodeShape::of(node).serialize(serializer),
            Disabled::Source(table) => Shape(&**table).serialize(serializer),
            Disabled::Exposure(exposure) => Shape(&**exposure).serialize(serializer),
            Disabled::UnitTest(test) => Shape(&**test).serialize(serializer),
            Disabled::Other(other) => Shape(&**other).serialize(serializer),
        }
    }
}

/// Who reads from whom, each list sorted and without repeats.
struct Relatives<'a> {
    order: Vec<&'a UniqueId>,
    parents: HashMap<&'a UniqueId, Vec<&'a UniqueId>>,
    children: HashMap<&'a UniqueId, Vec<&'a UniqueId>>,
}

impl<'a> Relatives<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        let order: Vec<&UniqueId> = manifest.graph_ids().collect();
        let mut parents: HashMap<_, Vec<_>> = HashMap::with_capacity(order.len());
        let mut children: HashMap<_, Vec<_>> = HashMap::with_capacity(order.len());
        for id in &order {
            let mut read: Vec<&UniqueId> = manifest.parents(id).iter().collect();
            read.sort();
            read.dedup();
            for parent in &read {
                children.entry(*parent).or_default().push(*id);
            }
            parents.insert(*id, read);
        }
        for list in children.values_mut() {
            list.sort();
        }
        Self { order, parents, children }
    }
}

struct Relations<'a> {
    order: &'a [&'a UniqueId],
    relatives: &'a HashMap<&'a UniqueId, Vec<&'a UniqueId>>,
}

impl Serialize for Relations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.order.iter().map(|id| {
            let relatives = self.relatives.get(id).map(Vec::as_slice).unwrap_or_default();
            (&***id, relatives.iter().map(|id| &***id).collect::<Vec<&str>>())
        }))
    }
}

/// Ids of the members of each group; a group without members is shown too.
fn group_members(manifest: &Manifest) -> BTreeMap<&str, Vec<&str>> {
    let mut members: BTreeMap<&str, Vec<&str>> =
        manifest.groups.values().map(|group| (group.name.as_str(), Vec::new())).collect();
    let nodes = manifest.nodes.values().filter_map(|node| Some((node.group.as_deref()?, &*node.unique_id)));
    let others = manifest.others.values().filter_map(|other| Some((other.config.text("group")?, &*other.unique_id)));
    for (group, id) in nodes.chain(others) {
        if let Some(ids) = members.get_mut(group) {
            ids.push(id);
        }
    }
    members
}
