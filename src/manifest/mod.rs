//! The facts of a project, as `parse` found them: inert, no IO.
//!
//! Not `Serialize`: [`shape`] has the twins that other tools read, `artifacts` writes them. Configs are plain JSON objects,
//! because projects and packages put keys of their own into them; [`NodeConfig`] answers the questions we ask.

mod config;
pub mod contract;
mod lookup;
mod node;
pub mod python;
mod resource;
pub mod shape;
mod texts;
mod unit_checksum;

pub use config::{Access, Json, JsonMap, Materialization, NodeConfig, OnSchemaChange};
pub use lookup::LookupIndex;
pub use node::{
    ColumnFacts, DataTest, DependsOn, FunctionFacts, FunctionOverload, HookFacts, ModelFacts, Node, NodeKind, RefCall,
    SeedFacts, SourceCall, TestScope,
};
pub use resource::{
    Doc, Exposure, Fixture, FixtureFormat, Freshness, FreshnessThreshold, Group, Macro, MacroArgument, OtherResource,
    SourceTable, UnitTest,
};

pub use texts::{TextRead, Texts};
pub use unit_checksum::unit_test_checksum;

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// `model.package.name`: dbt's name for everything in a project.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UniqueId(Arc<str>);

impl UniqueId {
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The part before the first dot: `model`, `test`, `source`, …
    pub fn resource_type(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }
}

impl Deref for UniqueId {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for UniqueId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// Facts by id, for many look-ups: ids are texts of our own making, so that a quick hash does.
pub type ById<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

impl From<&str> for UniqueId {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl From<String> for UniqueId {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

/// Everything a project declares. Maps are ordered, so every listing and artifact is alike.
#[derive(Default)]
pub struct Manifest {
    pub project_name: String,
    /// Whether names in a package's texts mean its own resources before the root project's.
    pub is_own_package_first: bool,
    /// Models, seeds, snapshots, data tests, analyses, hooks, functions.
    pub nodes: BTreeMap<UniqueId, Arc<Node>>,
    pub sources: BTreeMap<UniqueId, Arc<SourceTable>>,
    pub unit_tests: BTreeMap<UniqueId, Arc<UnitTest>>,
    pub exposures: BTreeMap<UniqueId, Arc<Exposure>>,
    pub macros: BTreeMap<UniqueId, Arc<Macro>>,
    pub docs: BTreeMap<UniqueId, Arc<Doc>>,
    pub groups: BTreeMap<UniqueId, Arc<Group>>,
    /// Metrics, semantic models, saved queries: kept for the graph and the artifacts.
    pub others: BTreeMap<UniqueId, Arc<OtherResource>>,
    /// Nodes and sources with `enabled: false`; several may share an id.
    pub disabled: BTreeMap<UniqueId, Vec<Disabled>>,
    /// Named selectors of `selectors.yml`, as written.
    pub selectors: BTreeMap<String, Json>,
    pub lookup: LookupIndex,
    pub texts: Texts,
}

/// What a disabled resource would have been.
#[derive(Clone)]
pub enum Disabled {
    Node(Arc<Node>),
    Source(Arc<SourceTable>),
    Exposure(Arc<Exposure>),
    UnitTest(Arc<UnitTest>),
    Other(Arc<OtherResource>),
}

impl Manifest {
    /// Ids that `id` reads from, whatever kind of resource it is.
    pub fn parents(&self, id: &str) -> &[UniqueId] {
        if let Some(node) = self.nodes.get(id) {
            &node.depends_on.nodes
        } else if let Some(test) = self.unit_tests.get(id) {
            &test.depends_on.nodes
        } else if let Some(exposure) = self.exposures.get(id) {
            &exposure.depends_on.nodes
        } else if let Some(other) = self.others.get(id) {
            &other.depends_on.nodes
        } else {
            &[]
        }
    }

    /// Every id that can stand in the graph, in order of kind, with the ids it reads from.
    pub fn dependencies(&self) -> impl Iterator<Item = (&UniqueId, &[UniqueId])> {
        let nodes = self.nodes.iter().map(|(id, node)| (id, node.depends_on.nodes.as_slice()));
        let sources = self.sources.keys().map(|id| (id, [].as_slice()));
        let unit_tests = self.unit_tests.iter().map(|(id, test)| (id, test.depends_on.nodes.as_slice()));
        let exposures = self.exposures.iter().map(|(id, exposure)| (id, exposure.depends_on.nodes.as_slice()));
        let others = self.others.iter().map(|(id, other)| (id, other.depends_on.nodes.as_slice()));
        nodes.chain(sources).chain(unit_tests).chain(exposures).chain(others)
    }
}
