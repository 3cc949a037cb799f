//! What is kept of a parse beside its files, in `target/partial_parse_texts.json`: what every text, macro and property
//! file came to, and what each resource looks like to the others.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::hash::{BuildHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldhash::quality::FixedState;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Memory, Seen};
use crate::artifacts;
use crate::jinja::Engine;
use crate::manifest::{Macro, Manifest, Node, NodeKind, SourceTable, UniqueId};
use crate::project::Project;
use crate::project::yaml::{Yaml, YamlFile, YamlKind};

const FILE: &str = "partial_parse_texts.json";

/// Sections of a property file that say something of nodes and sources alone.
const OF_NODES: [&str; 8] = ["models", "seeds", "snapshots", "sources", "analyses", "data_tests", "tests", "version"];

/// Files are named by their index in [`Memory::files`], macros by theirs in `macros`.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// The parse it belongs to.
    pub of: String,
    pub macros: Vec<String>,
    pub shared_macros: BTreeSet<usize>,
    pub texts: HashMap<usize, Text>,
    pub macro_files: HashMap<usize, MacroFile>,
    pub properties: HashMap<usize, Properties>,
    /// Every node, then every source, each in the order of the ids.
    pub given: Vec<Given>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Text {
    pub id: String,
    pub digest: Option<u64>,
    pub macros: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct MacroFile {
    pub macros: Vec<usize>,
    /// Of all that can be seen of them without running them.
    pub digest: u64,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq)]
pub(super) struct Properties {
    /// Of all that it means.
    pub digest: u64,
    /// Of what it says of anything but nodes and sources.
    pub rest: u64,
}

/// A node or a source.
#[derive(Serialize, Deserialize, Clone, PartialEq)]
pub(super) struct Given {
    pub id: String,
    /// Where its text or its rows lie.
    pub file: Option<usize>,
    /// The property file that describes or declares it.
    pub properties: Option<usize>,
    /// Of all that others look at: whoever refers to it need not be read again as long as it stays.
    pub face: u64,
}

/// Files of a project by their place on disk.
pub(super) type Indexes<'p> = HashMap<&'p Path, usize>;

pub(super) fn indexes(files: &[Seen]) -> Indexes<'_> {
    files.iter().enumerate().map(|(index, seen)| (seen.path.as_path(), index)).collect()
}

impl Kept {
    /// What the last parse kept, if its indexes and numbers are all of something: the file lies where anybody may
    /// change it.
    pub fn read(target_path: &Path, memory: &Memory) -> Option<Self> {
        let kept: Self = serde_json::from_slice(&fs::read(target_path.join(FILE)).ok()?).ok()?;
        (kept.of == memory.texts_of && kept.fits(memory.files.len())).then_some(kept)
    }

    fn fits(&self, files: usize) -> bool {
        let given = self.given.iter().flat_map(|given| given.file.iter().chain(&given.properties));
        let mut indexes = self.texts.keys().chain(self.macro_files.keys()).chain(self.properties.keys()).chain(given);
        let called = self.texts.values().flat_map(|text| &text.macros);
        let mut numbers = called.chain(&self.shared_macros);
        indexes.all(|index| *index < files) && numbers.all(|number| *number < self.macros.len())
    }

    /// # Errors
    /// It cannot be written.
    pub fn write(&self, target_path: &Path) -> std::io::Result<()> {
        artifacts::write_json(&target_path.join(FILE), self)
    }

    pub fn of(memory: &Memory, project: &Project, engine: &Engine, manifest: &Manifest) -> Self {
        let indexes = indexes(&memory.files);
        let macros: Vec<UniqueId> = engine.macros().map(|found| found.unique_id.clone()).collect();
        let numbers: HashMap<&UniqueId, usize> = macros.iter().enumerate().map(|(number, id)| (id, number)).collect();
        let number = |id: &UniqueId| numbers.get(id).copied();
        let nodes = manifest.nodes.values().filter(|node| match &node.kind {
            NodeKind::Model(_) | NodeKind::Analysis => true,
            NodeKind::DataTest(test) => test.generic.is_none(),
            NodeKind::Seed(_) | NodeKind::Snapshot | NodeKind::Hook(_) | NodeKind::Function(_) => false,
        });
        let ids: HashMap<&Path, &UniqueId> =
            nodes.map(|node| (node.file.absolute.as_path(), &node.unique_id)).collect();
        let mut shared_macros: BTreeSet<usize> = manifest.texts.shared_macros.iter().filter_map(number).collect();
        let serves_otherwise = serving_otherwise(project, manifest);
        let mut texts = HashMap::new();
        for read in &manifest.texts.read {
            let path = read.path.as_path();
            let macros: Vec<usize> = read.macros.iter().filter_map(number).collect();
            let known = (ids.get(path), indexes.get(path));
            match known {
                (Some(id), Some(index)) if !serves_otherwise.contains(path) => {
                    texts.insert(*index, Text { id: id.to_string(), digest: read.digest, macros });
                }
                // Of a node that is switched off, for one.
                _ => shared_macros.extend(macros),
            }
        }
        let macro_files = macro_files(engine).into_iter().filter_map(|(path, found)| {
            let macros = found.iter().filter_map(|found| number(&found.unique_id)).collect();
            Some((*indexes.get(path.as_path())?, MacroFile { macros, digest: digest_of_macros(&found) }))
        });
        // What a package's source is, and what another package makes of it, stand in two files.
        let has_overrides = manifest.sources.values().any(|table| table.patch_path.is_some());
        let files: Vec<_> = properties(project).collect();
        let properties = files
            .into_par_iter()
            .filter(|(_, yaml)| !(has_overrides && yaml.root.get("sources").is_some()))
            .filter_map(|(path, yaml)| Some((*indexes.get(path)?, Properties::of(yaml))));
        let nodes: Vec<&Arc<Node>> = manifest.nodes.values().collect();
        let mut given: Vec<Given> = nodes.into_par_iter().map(|node| Given::node(node, &indexes)).collect();
        given.extend(manifest.sources.values().map(|table| Given::source(table, &indexes)));
        Self {
            of: memory.texts_of.clone(),
            macros: macros.iter().map(ToString::to_string).collect(),
            shared_macros,
            texts,
            macro_files: macro_files.collect(),
            properties: properties.collect(),
            given,
        }
    }
}

impl Given {
    pub fn node(node: &Node, indexes: &Indexes<'_>) -> Self {
        let index = |path: &Path| indexes.get(path).copied();
        let properties = node.declaration().or(node.patch_span.as_ref()).and_then(|span| index(&span.file.absolute));
        Self { id: node.unique_id.to_string(), file: index(&node.file.absolute), properties, face: face_of_node(node) }
    }

    pub fn source(table: &SourceTable, indexes: &Indexes<'_>) -> Self {
        Self {
            id: table.unique_id.to_string(),
            file: None,
            properties: indexes.get(table.span.file.absolute.as_path()).copied(),
            face: FixedState::default().hash_one((&table.relation_name, &table.database, &table.schema)),
        }
    }

    /// The id without type and package: what a reference has to say.
    pub fn name(&self) -> &str {
        self.id.splitn(3, '.').nth(2).unwrap_or_default()
    }

    pub fn is_function(&self) -> bool {
        self.id.starts_with("function.")
    }

    /// Whether it stands nowhere but in a property file, beside what it tests.
    pub fn is_generic_test(&self) -> bool {
        self.file.is_none() && self.id.starts_with("test.")
    }
}

/// Names, place, access, versions; and what a unit test has a word on.
fn face_of_node(node: &Node) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    (&node.name, &node.alias, &node.database, &node.schema, &node.relation_name, &node.group).hash(&mut hasher);
    match &node.kind {
        NodeKind::Model(model) => {
            format!(
                "{:?}",
                (model.access, &model.version, &model.latest_version, &model.deprecation_date, &model.time_spine)
            )
            .hash(&mut hasher);
            node.is_ephemeral().hash(&mut hasher);
            node.depends_on.macros.iter().any(|id| id.ends_with(".is_incremental")).hash(&mut hasher);
        }
        NodeKind::DataTest(test) => {
            let attached = test.generic.as_ref().and_then(|generic| generic.attached_node.as_deref());
            attached.hash(&mut hasher);
        }
        NodeKind::Seed(_) | NodeKind::Snapshot | NodeKind::Analysis | NodeKind::Hook(_) | NodeKind::Function(_) => {}
    }
    hasher.finish()
}

impl Properties {
    pub fn of(yaml: &YamlFile) -> Self {
        let digest = |yaml: &Yaml| {
            let mut hasher = FixedState::default().build_hasher();
            put(yaml, &mut hasher);
            hasher.finish()
        };
        let is_of_nodes = |(key, _): &&(Yaml, Yaml)| key.as_str().is_some_and(|key| OF_NODES.contains(&key));
        let rest = yaml.root.entries().iter().filter(|entry| !is_of_nodes(entry));
        let mut rest: Vec<(u64, u64)> = rest.map(|(key, value)| (digest(key), digest(value))).collect();
        // Semantic models and metrics are made of what such a model says.
        let models = yaml.root.get("models").map(Yaml::items).unwrap_or_default();
        let with_semantics = models.iter().filter_map(|model| Some((model.get("semantic_model")?, model)));
        rest.extend(with_semantics.map(|(key, model)| (digest(key), digest(model))));
        let mut hasher = FixedState::default().build_hasher();
        digest(&yaml.root).hash(&mut hasher);
        if yaml.root.get("snapshots").is_some() {
            // A snapshot in YAML has the checksum of the whole file.
            yaml.file.text.hash(&mut hasher);
        }
        Self { digest: hasher.finish(), rest: FixedState::default().hash_one(rest) }
    }
}

/// The values and their order, wherever they are written.
fn put(yaml: &Yaml, hasher: &mut impl Hasher) {
    std::mem::discriminant(&yaml.kind).hash(hasher);
    match &yaml.kind {
        YamlKind::Null => {}
        YamlKind::Bool(value) => value.hash(hasher),
        YamlKind::Int(value) => value.hash(hasher),
        YamlKind::Float(value) => value.to_bits().hash(hasher),
        YamlKind::Text(text) | YamlKind::Date(text) => text.hash(hasher),
        YamlKind::List(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| put(item, hasher));
        }
        YamlKind::Map(entries) => {
            entries.len().hash(hasher);
            for (key, value) in entries {
                put(key, hasher);
                put(value, hasher);
            }
        }
    }
}

/// Files of texts that are read for something else besides, or twice.
fn serving_otherwise<'p>(project: &'p Project, manifest: &'p Manifest) -> HashSet<&'p Path> {
    let files = project.packages.iter().map(|package| &package.files);
    let others = files.flat_map(|files| [&files.snapshots, &files.functions, &files.docs, &files.fixtures]);
    let mut found: HashSet<&Path> = others.flatten().map(|file| file.file.absolute.as_path()).collect();
    let mut seen = HashSet::new();
    found.extend(manifest.texts.read.iter().map(|read| read.path.as_path()).filter(|path| !seen.insert(*path)));
    found
}

/// Macros of the project's packages by the file they are written in.
pub(super) fn macro_files(engine: &Engine) -> HashMap<PathBuf, Vec<&Arc<Macro>>> {
    let mut files: HashMap<PathBuf, Vec<_>> = HashMap::new();
    for found in engine.macros().filter(|found| !found.file.is_made_up()) {
        files.entry(found.file.absolute.clone()).or_default().push(found);
    }
    files
}

/// What can be seen of macros by those who do not call them.
pub(super) fn digest_of_macros(macros: &[&Arc<Macro>]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    for found in macros {
        (&found.unique_id, &found.signature, &found.supported_languages).hash(&mut hasher);
        // Tests look for the innermost one.
        found.name.ends_with("get_where_subquery").then_some(&found.depends_on).hash(&mut hasher);
    }
    hasher.finish()
}

pub(super) fn properties(project: &Project) -> impl Iterator<Item = (&Path, &YamlFile)> {
    let files = project.packages.iter().flat_map(|package| &package.files.properties);
    files.map(|file| (file.yaml.file.absolute.as_path(), &file.yaml))
}
