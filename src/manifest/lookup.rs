//! Finds nodes by their id, and what a `ref` or `source` means, with dbt's order of packages.

use std::sync::{Arc, OnceLock};

use super::{ById, Json, Manifest, Node, NodeKind, SourceTable, UniqueId};

/// What names and ids mean, made on first use: a manifest does not change once it is parsed.
#[derive(Default)]
pub struct LookupIndex {
    index: OnceLock<Index>,
}

#[derive(Default)]
struct Index {
    nodes: ById<UniqueId, Arc<Node>>,
    refable: ById<String, Vec<Arc<Node>>>,
    functions: ById<String, Vec<Arc<Node>>>,
    sources: ById<(String, String), Vec<Arc<SourceTable>>>,
}

impl Manifest {
    fn index(&self) -> &Index {
        self.lookup.index.get_or_init(|| {
            let nodes = self.nodes.iter().map(|(id, node)| (id.clone(), Arc::clone(node)));
            let mut index = Index { nodes: nodes.collect(), ..Index::default() };
            for node in self.nodes.values() {
                match node.kind {
                    NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot => {
                        index.refable.entry(node.name.clone()).or_default().push(Arc::clone(node));
                    }
                    NodeKind::Function(_) => {
                        index.functions.entry(node.name.clone()).or_default().push(Arc::clone(node));
                    }
                    NodeKind::DataTest(_) | NodeKind::Analysis | NodeKind::Hook(_) => {}
                }
            }
            for source in self.sources.values() {
                let key = (source.source_name.clone(), source.name.clone());
                index.sources.entry(key).or_default().push(Arc::clone(source));
            }
            index
        })
    }

    pub fn node(&self, id: &str) -> Option<&Arc<Node>> {
        self.index().nodes.get(id)
    }

    /// Takes in a node that was not parsed with the others.
    pub fn add_node(&mut self, node: Node) {
        self.nodes.insert(node.unique_id.clone(), Arc::new(node));
        self.lookup = LookupIndex::default();
    }

    /// The model, seed or snapshot a `ref` means. With a package, only that one is searched; without, the
    /// root project, then the package of the text, then all others. Without a version, the latest one.
    pub fn find_ref(
        &self,
        name: &str,
        package: Option<&str>,
        version: Option<&Json>,
        from_package: &str,
    ) -> Option<&Arc<Node>> {
        self.find_in(&self.index().refable, name, package, from_package, |node| has_version(node, version))
    }

    /// The function that `function(…)` means, searched for as a `ref` is.
    pub fn find_function(&self, name: &str, package: Option<&str>, from_package: &str) -> Option<&Arc<Node>> {
        self.find_in(&self.index().functions, name, package, from_package, |_| true)
    }

    fn find_in<'m>(
        &'m self,
        index: &'m ById<String, Vec<Arc<Node>>>,
        name: &str,
        package: Option<&str>,
        from_package: &str,
        is_wanted: impl Fn(&Node) -> bool,
    ) -> Option<&'m Arc<Node>> {
        let candidates = index.get(name)?;
        let nodes = || candidates.iter().filter(|node| is_wanted(node));
        match package {
            Some(package) => nodes().find(|node| node.package_name == package),
            None => {
                let first = self.packages_first(from_package);
                let own = first.iter().find_map(|package| nodes().find(|node| node.package_name == *package));
                own.or_else(|| nodes().next())
            }
        }
    }

    /// The raw table a `source` means: of the root project, of the text's own package, or of any other.
    pub fn find_source(&self, source: &str, table: &str, from_package: &str) -> Option<&Arc<SourceTable>> {
        let candidates = self.index().sources.get(&(source.to_string(), table.to_string()))?;
        let tables = || candidates.iter();
        let first = self.packages_first(from_package);
        let own = first.iter().find_map(|package| tables().find(|found| found.package_name == *package));
        own.or_else(|| tables().next())
    }

    /// Packages that are searched before all others.
    /// Source: dbt-core 1.12, `_packages_to_search`.
    fn packages_first<'a>(&'a self, from_package: &'a str) -> [&'a str; 2] {
        match self.is_own_package_first {
            true => [from_package, &self.project_name],
            false => [&self.project_name, from_package],
        }
    }
}

fn has_version(node: &Node, wanted: Option<&Json>) -> bool {
    let NodeKind::Model(model) = &node.kind else { return wanted.is_none() };
    match (wanted, &model.version) {
        (Some(wanted), Some(version)) => as_text(wanted) == as_text(version),
        (Some(_), None) => false,
        (None, Some(version)) => model.latest_version.as_ref().is_none_or(|latest| as_text(latest) == as_text(version)),
        (None, None) => true,
    }
}

/// Versions are numbers or texts: `1` and `"1"` are the same.
fn as_text(version: &Json) -> String {
    version.as_str().map_or_else(|| version.to_string(), str::to_string)
}
