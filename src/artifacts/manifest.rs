//! manifest.json, version 12: everything a project declares, made in pieces on all cores and written in order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::ser::{Serialize, Serializer};
use serde_json::to_vec;

use super::metadata::{ManifestMetadata, Metadata};
use super::pieces::{ITEMS_PER_PIECE, Piece, write_pieces};
use super::primary_key::primary_keys;
use crate::manifest::shape::{CompiledCode, NodeShape, Shape};
use crate::manifest::{ById, Disabled, Manifest, Node, NodeKind, UniqueId};

pub use super::mend::{Mend, mend};

/// SQL of the nodes that were compiled in this run.
pub type Compiled = ById<UniqueId, CompiledCode>;

/// # Errors
/// The file cannot be written; the old one stands then.
pub fn write(path: &Path, metadata: &Metadata, manifest: &Manifest, compiled: &Compiled) -> io::Result<()> {
    write_pieces(path, &pieces(metadata, manifest, compiled))
}

/// Where it lies in the target folder.
pub fn path(target_path: &Path) -> PathBuf {
    target_path.join("manifest.json")
}

/// Puts other metadata into a manifest.json that is right but for them. `false`, and nothing changed, where they do
/// not fit into the place of those that are there, or where the file has a second name that is somebody else's.
///
/// # Errors
/// The file cannot be read or written.
pub fn renew(path: &Path, metadata: &Metadata) -> io::Result<bool> {
    let new = head(metadata)?;
    let mut file = File::options().read(true).write(true).open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if file.metadata()?.nlink() > 1 {
            return Ok(false);
        }
    }
    let mut old = vec![0; new.len()];
    file.read_exact(&mut old)?;
    if !(old.starts_with(HEAD_START) && old.ends_with(HEAD_END)) {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&new)?;
    Ok(true)
}

pub(super) const HEAD_START: &[u8] = br#"{"metadata":{"#;
pub(super) const HEAD_END: &[u8] = br#"},"nodes":{"#;

/// All that comes before the first node.
pub(super) fn head(metadata: &Metadata) -> serde_json::Result<Vec<u8>> {
    let mut bytes = br#"{"metadata":"#.to_vec();
    serde_json::to_writer(&mut bytes, &ManifestMetadata(metadata))?;
    bytes.extend_from_slice(br#","nodes":{"#);
    Ok(bytes)
}

/// Nodes and sources of these ids, each as the file has it.
///
/// # Errors
/// One of them cannot be written as JSON.
pub fn written(manifest: &Manifest, is_wanted: impl Fn(&str) -> bool) -> serde_json::Result<BTreeMap<&str, Vec<u8>>> {
    let primary_keys = primary_keys(manifest);
    let nodes = manifest.nodes.iter().filter(|(id, _)| is_wanted(id)).map(|(id, node)| {
        let primary_key = primary_keys.get(id).map(Vec::as_slice).unwrap_or_default();
        Ok((&**id, to_vec(&NodeShape { node, compiled: None, primary_key })?))
    });
    let sources = manifest.sources.iter().filter(|(id, _)| is_wanted(id));
    nodes.chain(sources.map(|(id, table)| Ok((&**id, to_vec(&Shape(&**table))?)))).collect()
}

/// The file from its first byte to its last: small enough pieces that all threads have work, and that no more than
/// a few of them are held at once.
fn pieces<'a>(metadata: &'a Metadata, manifest: &'a Manifest, compiled: &'a Compiled) -> Vec<Piece<'a>> {
    let (relatives, primary_keys) = rayon::join(|| Relatives::of(manifest), || primary_keys(manifest));
    let (relatives, primary_keys) = (Arc::new(relatives), Arc::new(primary_keys));
    let mut pieces: Vec<Piece<'a>> = vec![Box::new(|| head(metadata))];
    let is_function = |node: &Node| matches!(node.kind, NodeKind::Function(_));
    let (functions, nodes): (Vec<_>, Vec<_>) = manifest.nodes.iter().partition(|(_, node)| is_function(node));
    for (index, chunk) in nodes.chunks(ITEMS_PER_PIECE).enumerate() {
        let (chunk, primary_keys) = (chunk.to_vec(), Arc::clone(&primary_keys));
        pieces.push(Box::new(move || {
            let shapes = chunk.iter().map(|(id, node)| {
                let primary_key = primary_keys.get(id).map(Vec::as_slice).unwrap_or_default();
                (&***id, NodeShape { node, compiled: compiled.get(*id), primary_key })
            });
            entries(index == 0, shapes)
        }));
    }
    let mut put = |key: &'static str, value: Piece<'a>| {
        pieces.push(Box::new(move || {
            let mut bytes = format!(",\"{key}\":").into_bytes();
            bytes.append(&mut value()?);
            Ok(bytes)
        }));
    };
    let parents = Arc::clone(&relatives);
    let parents = move || to_vec(&Relations { order: &parents.order, relatives: &parents.parents });
    let children = move || to_vec(&Relations { order: &relatives.order, relatives: &relatives.children });
    put("sources", Box::new(|| to_vec(&All(&manifest.sources))));
    put("macros", Box::new(|| to_vec(&All(&manifest.macros))));
    put("docs", Box::new(|| to_vec(&All(&manifest.docs))));
    put("exposures", Box::new(|| to_vec(&All(&manifest.exposures))));
    put("metrics", Box::new(|| to_vec(&OfType(manifest, "metric"))));
    put("groups", Box::new(|| to_vec(&All(&manifest.groups))));
    put("selectors", Box::new(|| to_vec(&manifest.selectors)));
    put("disabled", Box::new(|| to_vec(&DisabledOnes(&manifest.disabled))));
    put("parent_map", Box::new(parents));
    put("child_map", Box::new(children));
    put("group_map", Box::new(|| to_vec(&group_members(manifest))));
    put("saved_queries", Box::new(|| to_vec(&OfType(manifest, "saved_query"))));
    put("semantic_models", Box::new(|| to_vec(&OfType(manifest, "semantic_model"))));
    put("unit_tests", Box::new(|| to_vec(&All(&manifest.unit_tests))));
    put("functions", Box::new(move || to_vec(&Functions { functions: &functions, compiled })));
    // `}` of the nodes, before the comma of what follows them.
    pieces.insert(1 + nodes.len().div_ceil(ITEMS_PER_PIECE), Box::new(|| Ok(b"}".to_vec())));
    pieces.push(Box::new(|| Ok(b"}".to_vec())));
    pieces
}

/// Entries of a map without its braces.
fn entries<'s>(is_first: bool, shapes: impl Iterator<Item = (&'s str, NodeShape<'s>)>) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (id, shape) in shapes {
        if !(is_first && bytes.is_empty()) {
            bytes.push(b',');
        }
        serde_json::to_writer(&mut bytes, id)?;
        bytes.push(b':');
        serde_json::to_writer(&mut bytes, &shape)?;
    }
    Ok(bytes)
}

/// A map of one kind of resource.
struct All<'a, T>(&'a BTreeMap<UniqueId, Arc<T>>);

impl<T> Serialize for All<'_, T>
where
    for<'a> Shape<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, resource)| (&**id, Shape(&**resource))))
    }
}

/// Nodes in their folders of code, and in a map of their own here.
struct Functions<'a> {
    functions: &'a [(&'a UniqueId, &'a Arc<Node>)],
    compiled: &'a Compiled,
}

impl Serialize for Functions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shape = |node| NodeShape { node, compiled: self.compiled.get(&node.unique_id), primary_key: &[] };
        serializer.collect_map(self.functions.iter().map(|(id, node)| (&***id, shape(node))))
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
    parents: ById<&'a UniqueId, Vec<&'a UniqueId>>,
    children: ById<&'a UniqueId, Vec<&'a UniqueId>>,
}

impl<'a> Relatives<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        let mut order: Vec<&UniqueId> = Vec::new();
        let mut parents: ById<_, Vec<_>> = ById::default();
        let mut children: ById<_, Vec<_>> = ById::default();
        for (id, read) in manifest.dependencies() {
            let mut read: Vec<&UniqueId> = read.iter().collect();
            read.sort();
            read.dedup();
            for parent in &read {
                children.entry(*parent).or_default().push(id);
            }
            parents.insert(id, read);
            order.push(id);
        }
        for list in children.values_mut() {
            list.sort();
        }
        Self { order, parents, children }
    }
}

struct Relations<'a> {
    order: &'a [&'a UniqueId],
    relatives: &'a ById<&'a UniqueId, Vec<&'a UniqueId>>,
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
    // Functions are not counted among them.
    let nodes = manifest.nodes.values().filter(|node| !matches!(node.kind, NodeKind::Function(_)));
    let nodes = nodes.filter_map(|node| Some((node.group.as_deref()?, &*node.unique_id)));
    let others = manifest.others.values().filter_map(|other| Some((other.config.text("group")?, &*other.unique_id)));
    for (group, id) in nodes.chain(others) {
        if let Some(ids) = members.get_mut(group) {
            ids.push(id);
        }
    }
    members
}
