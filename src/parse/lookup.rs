//! Finds what a `ref`, `source` or `function` names: own package first, then the root project, then anywhere.
//!
//! Source: dbt-core 1.12, `contracts/graph/manifest.py`, `resolve_ref` and `_packages_to_search`.

use std::collections::BTreeSet;

use super::sources::DeclaredSource;
use crate::manifest::{Access, ById, Json, Node, NodeKind, UniqueId, python};

/// What can be referred to, by the name it is referred to with.
pub(crate) struct Lookup {
    root: usize,
    is_own_package_first: bool,
    /// Whether there are names to suggest to those who found none.
    pub shows_names: bool,
    nodes: ById<String, Vec<Entry>>,
    disabled_nodes: ById<String, Vec<Entry>>,
    functions: ById<String, Vec<Entry>>,
    disabled_functions: ById<String, Vec<Entry>>,
    sources: ById<String, Vec<Entry>>,
    disabled_sources: ById<String, Vec<Entry>>,
    facts: ById<UniqueId, TargetFacts>,
    /// Versions of each versioned model, for those who name one that is not there.
    versions: ById<String, BTreeSet<String>>,
}

struct Entry {
    package: usize,
    id: UniqueId,
}

/// What must be known of a node that is referred to.
#[derive(Clone, Debug)]
pub(crate) struct TargetFacts {
    pub package: usize,
    pub access: Option<Access>,
    pub group: Option<String>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Resolution {
    Found(UniqueId),
    Disabled(UniqueId),
    /// Several packages have it, and none of them is nearer.
    Ambiguous(Vec<UniqueId>),
    Missing,
}

impl Lookup {
    /// `nodes` with the index of their package.
    pub(crate) fn new<'n>(
        nodes: impl IntoIterator<Item = (usize, &'n Node)>,
        sources: &[DeclaredSource],
        is_own_package_first: bool,
    ) -> Self {
        let mut lookup = Self {
            root: 0,
            is_own_package_first,
            shows_names: true,
            nodes: ById::default(),
            disabled_nodes: ById::default(),
            functions: ById::default(),
            disabled_functions: ById::default(),
            sources: ById::default(),
            disabled_sources: ById::default(),
            facts: ById::default(),
            versions: ById::default(),
        };
        for (package, node) in nodes {
            lookup.add(package, node);
        }
        for source in sources {
            let name = format!("{}.{}", source.table.source_name, source.table.name);
            let entry = Entry { package: source.package, id: source.table.unique_id.clone() };
            let map = if source.is_enabled { &mut lookup.sources } else { &mut lookup.disabled_sources };
            map.entry(name).or_default().push(entry);
        }
        lookup
    }

    fn add(&mut self, package: usize, node: &Node) {
        let (access, version) = match &node.kind {
            NodeKind::Model(facts) => (Some(facts.access), facts.version.as_ref().map(|v| (v, &facts.latest_version))),
            NodeKind::Seed(_) | NodeKind::Snapshot => (None, None),
            NodeKind::Function(_) => {
                let is_on = node.config.is_enabled();
                let map = if is_on { &mut self.functions } else { &mut self.disabled_functions };
                map.entry(node.name.clone()).or_default().push(Entry { package, id: node.unique_id.clone() });
                return;
            }
            NodeKind::DataTest(_) | NodeKind::Analysis | NodeKind::Hook(_) => return,
        };
        let mut names = Vec::new();
        match version {
            None => names.push(node.name.clone()),
            Some((version, latest)) => {
                names.push(versioned(&node.name, version));
                if latest.as_ref().is_some_and(|latest| super::versions::is_same(latest, version)) {
                    names.push(node.name.clone());
                }
                self.versions.entry(node.name.clone()).or_default().insert(python::text(version));
            }
        }
        self.facts.insert(node.unique_id.clone(), TargetFacts { package, access, group: node.group.clone() });
        let map = if node.config.is_enabled() { &mut self.nodes } else { &mut self.disabled_nodes };
        for name in names {
            let entries = map.entry(name).or_default();
            // Within a package the last of a name is the one that is found, as in dbt.
            entries.retain(|entry| entry.package != package);
            entries.push(Entry { package, id: node.unique_id.clone() });
        }
    }

    pub(crate) fn node(&self, from: usize, package: Option<usize>, name: &str, version: Option<&Json>) -> Resolution {
        match version.filter(|version| !version.is_null()) {
            Some(version) => self.find(&self.nodes, &self.disabled_nodes, from, package, &versioned(name, version)),
            None => self.find(&self.nodes, &self.disabled_nodes, from, package, name),
        }
    }

    pub(crate) fn source(&self, from: usize, source: &str, table: &str) -> Resolution {
        first_of(self.find(&self.sources, &self.disabled_sources, from, None, &format!("{source}.{table}")))
    }

    pub(crate) fn function(&self, from: usize, package: Option<usize>, name: &str) -> Resolution {
        first_of(self.find(&self.functions, &self.disabled_functions, from, package, name))
    }

    fn find<'s>(
        &self,
        enabled: &'s ById<String, Vec<Entry>>,
        disabled: &'s ById<String, Vec<Entry>>,
        from: usize,
        package: Option<usize>,
        name: &str,
    ) -> Resolution {
        let order: &[Option<usize>] = match package {
            Some(package) => &[Some(package)],
            None if from == self.root => &[Some(self.root), None],
            None if self.is_own_package_first => &[Some(from), Some(self.root), None],
            None => &[Some(self.root), Some(from), None],
        };
        let mut disabled_twin = None;
        for &package in order {
            let of = |map: &'s ById<String, Vec<Entry>>| {
                let entries = map.get(name).map(Vec::as_slice).unwrap_or_default();
                let wanted = entries.iter().filter(move |entry| package.is_none_or(|package| entry.package == package));
                wanted.map(|entry| &entry.id)
            };
            let mut found = of(enabled);
            match (found.next(), found.next()) {
                (None, _) => {}
                (Some(only), None) => return Resolution::Found(only.clone()),
                (Some(_), Some(_)) => return Resolution::Ambiguous(of(enabled).cloned().collect()),
            }
            disabled_twin = disabled_twin.or_else(|| of(disabled).next().cloned());
        }
        disabled_twin.map_or(Resolution::Missing, Resolution::Disabled)
    }

    pub(crate) fn facts(&self, id: &UniqueId) -> Option<&TargetFacts> {
        self.facts.get(id)
    }

    /// The enabled node of a package, or a disabled one of any, that a test of that name stands on.
    pub(crate) fn attached(
        &self,
        package: usize,
        name: &str,
        version: Option<&Json>,
    ) -> Option<(UniqueId, Option<String>)> {
        let key = version.map_or_else(|| name.to_string(), |version| versioned(name, version));
        let own = self.nodes.get(&key).and_then(|entries| entries.iter().find(|entry| entry.package == package));
        let entry = own.or_else(|| self.disabled_nodes.get(&key).and_then(|entries| entries.first()))?;
        let group = self.facts.get(&entry.id).and_then(|facts| facts.group.clone());
        Some((entry.id.clone(), group))
    }

    fn shown<'s>(&self, entries: &'s ById<String, Vec<Entry>>) -> impl Iterator<Item = &'s str> {
        entries.keys().filter(|_| self.shows_names).map(String::as_str)
    }

    /// Names that a `ref` without a version can have.
    pub(crate) fn node_names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<_> = self.shown(&self.nodes).collect();
        names.sort_unstable();
        names.into_iter()
    }

    pub(crate) fn function_names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<_> = self.shown(&self.functions).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// `(source, table)` of every enabled source.
    pub(crate) fn source_names(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut names: Vec<_> = self.shown(&self.sources).filter_map(|name| name.split_once('.')).collect();
        names.sort_unstable();
        names.into_iter()
    }

    pub(crate) fn versions(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.versions.get(name)
    }
}

/// Of sources and functions dbt takes the first, in the order of packages.
fn first_of(found: Resolution) -> Resolution {
    match found {
        Resolution::Ambiguous(mut ids) => Resolution::Found(ids.swap_remove(0)),
        found => found,
    }
}

fn versioned(name: &str, version: &Json) -> String {
    format!("{name}.v{}", python::text(version))
}
