//! Every macro of every package, and which one a name means.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::blocks::{Block, BlockKind, split, syntax_error};
use super::rewrite::Rewritten;
use crate::diagnostic::Diagnostic;
use crate::manifest::{ById, JsonMap, Macro, UniqueId};
use crate::project::{PackageFile, Project};
use crate::relation::AdapterKind;
use crate::source::{SourceFile, Span};

/// Paths and texts of the built-in macros, from `macros/`.
const BUILT_IN: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/macros.rs"));

/// dbt's name for the package of built-in macros.
pub(super) const BUILT_IN_PACKAGE: &str = "dbt";

/// A macro that can be called.
#[derive(Debug)]
pub(super) struct Entry {
    pub facts: Arc<Macro>,
    pub block: Block,
}

impl Entry {
    /// The macro as a template, and the way back to its file.
    pub fn template(&self) -> Result<Rewritten, Box<Diagnostic>> {
        self.block.template(&self.facts.file).map_err(|error| Box::new(syntax_error(&self.facts.file, &error)))
    }
}

pub(super) struct MacroLibrary {
    root: String,
    kind: AdapterKind,
    /// The package of built-in macros for this kind of warehouse: `dbt_duckdb`.
    adapter_package: String,
    by_package: ById<String, ById<String, Arc<Entry>>>,
    by_id: BTreeMap<UniqueId, Arc<Entry>>,
    /// Packages that are neither the root project nor built in.
    imported: Vec<String>,
    /// Search orders of `dispatch:` in dbt_project.yml.
    search_orders: HashMap<String, Vec<String>>,
}

impl MacroLibrary {
    pub fn new(project: &Project) -> (Self, Vec<Diagnostic>) {
        let mut library = Self {
            root: project.name().to_string(),
            kind: project.target.kind,
            adapter_package: format!("dbt_{}", project.target.kind.name()),
            by_package: ById::default(),
            by_id: BTreeMap::new(),
            imported: project.packages.iter().skip(1).map(|package| package.name.clone()).collect(),
            search_orders: project
                .dispatch
                .iter()
                .map(|rule| (rule.macro_namespace.clone(), rule.search_order.clone()))
                .collect(),
        };
        let created_at = project.invocation.started_at.timestamp_micros() as f64 / 1e6;
        let mut problems = library.add_built_ins(created_at);
        for package in &project.packages {
            library.by_package.entry(package.name.clone()).or_default();
            for file in &package.files.macros {
                problems.extend(library.add_file(&package.name, file, created_at));
            }
        }
        library.link();
        (library, problems)
    }

    fn add_built_ins(&mut self, created_at: f64) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for (path, text) in BUILT_IN {
            let shown = format!("macros/{path}");
            let file = PackageFile {
                file: SourceFile::in_memory(format!("<built-in>/{path}"), *text),
                path: shown.clone(),
                original_file_path: shown,
            };
            problems.extend(self.add_file(BUILT_IN_PACKAGE, &file, created_at));
        }
        problems
    }

    fn add_file(&mut self, package: &str, file: &PackageFile, created_at: f64) -> Vec<Diagnostic> {
        let (blocks, mut problems) = split(&file.file);
        for block in blocks {
            if block.kind == BlockKind::Snapshot {
                continue;
            }
            let package = if package == BUILT_IN_PACKAGE { built_in_package(&block.name) } else { package };
            let facts = macro_facts(package, file, &block, created_at);
            let entry = Arc::new(Entry { facts: Arc::new(facts), block });
            if let Some(earlier) = self.by_id.get(&entry.facts.unique_id) {
                problems.push(duplicate_macro(&earlier.facts, &entry.facts));
                continue;
            }
            self.by_id.insert(entry.facts.unique_id.clone(), Arc::clone(&entry));
            let names = self.by_package.entry(package.to_string()).or_default();
            names.insert(entry.facts.name.clone(), entry);
        }
        problems
    }

    /// Fills `depends_on` of every macro: which other macros its text names.
    fn link(&mut self) {
        let ids: Vec<UniqueId> = self.by_id.keys().cloned().collect();
        for id in ids {
            let Some(entry) = self.by_id.get(&id) else { continue };
            let package = entry.facts.package_name.as_str();
            let called = entry.block.called_names.iter().filter(|name| !is_of_dbt(name)).cloned();
            // The name itself counts too, where it is a macro: packages call one name through two.
            let dispatched = entry.block.dispatches.iter().flat_map(|(name, namespace)| {
                let chosen = match namespace {
                    Some(namespace) => self.dispatch(name, Some(namespace), package).ok(),
                    // Without a namespace, what is read and what is rendered may be two: rendering knows its package.
                    None => [self.kind.name(), "default"]
                        .iter()
                        .find_map(|prefix| self.by_resolver(&format!("{prefix}__{name}"), &self.root)),
                };
                let chosen = chosen.map(|entry| format!("{}.{}", entry.facts.package_name, entry.facts.name));
                [Some(name.clone()), chosen].into_iter().flatten()
            });
            let names = called.chain(dispatched).filter(|name| *name != entry.facts.name);
            let found = names.filter_map(|name| match name.split_once('.') {
                Some((package, name)) => self.by_resolver(name, package),
                None => self.by_resolver(&name, package),
            });
            let mut depends_on: Vec<UniqueId> = found.map(|entry| entry.facts.unique_id.clone()).collect();
            let mut seen = std::collections::HashSet::new();
            depends_on.retain(|other| seen.insert(other.clone()));
            let facts = Macro { depends_on, ..(*entry.facts).clone() };
            let linked = Arc::new(Entry { facts: Arc::new(facts), block: entry.block.clone() });
            if let Some(names) = self.by_package.get_mut(&linked.facts.package_name) {
                names.insert(linked.facts.name.clone(), Arc::clone(&linked));
            }
            self.by_id.insert(id, linked);
        }
    }

    pub fn macros(&self) -> impl Iterator<Item = &Arc<Macro>> {
        self.by_id.values().map(|entry| &entry.facts)
    }

    pub fn by_id(&self, id: &str) -> Option<&Arc<Entry>> {
        self.by_id.get(id)
    }

    /// What a bare name means to a text of `package`: its own macros, the root project's, the built-in ones.
    pub fn resolve(&self, name: &str, package: &str) -> Option<&Arc<Entry>> {
        self.of_project(name, package).or_else(|| self.built_in(name))
    }

    /// What dbt takes a name for where it only reads: a macro of `package`, of the root project, of any other package,
    /// a built-in one. While rendering, a bare name never means another package's macro.
    /// Source: dbt-core 1.12, `MacroResolver.get_macro`.
    pub fn by_resolver(&self, name: &str, package: &str) -> Option<&Arc<Entry>> {
        let own = |package: &str| self.by_package.get(package).and_then(|names| names.get(name));
        let other = || self.imported.iter().rev().find_map(|package| own(package));
        own(package).or_else(|| own(&self.root)).or_else(other).or_else(|| self.built_in(name))
    }

    /// The part of [`Self::resolve`] that wins over Jinja's own names.
    pub fn of_project(&self, name: &str, package: &str) -> Option<&Arc<Entry>> {
        let own = |package: &str| self.by_package.get(package).and_then(|names| names.get(name));
        if package == self.root || self.is_built_in_package(package) {
            own(&self.root)
        } else {
            own(package).or_else(|| own(&self.root))
        }
    }

    /// A built-in macro: the warehouse's own wins over dbt's.
    pub fn built_in(&self, name: &str) -> Option<&Arc<Entry>> {
        self.in_package(BUILT_IN_PACKAGE, name)
    }

    /// A macro named with its package; `dbt` means all built-in ones.
    pub fn in_package(&self, package: &str, name: &str) -> Option<&Arc<Entry>> {
        let own = |package: &str| self.by_package.get(package).and_then(|names| names.get(name));
        if package == BUILT_IN_PACKAGE {
            own(&self.adapter_package).or_else(|| own(BUILT_IN_PACKAGE))
        } else {
            own(package)
        }
    }

    /// Whether `name.macro()` can mean a package's macro.
    pub fn has_package(&self, name: &str) -> bool {
        self.by_package.contains_key(name)
    }

    pub fn is_built_in_package(&self, package: &str) -> bool {
        package == BUILT_IN_PACKAGE || package == self.adapter_package
    }

    /// Packages' names, for suggestions.
    pub fn names_in<'a>(&'a self, package: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.by_package.get(package).into_iter().flat_map(|names| names.keys().map(String::as_str))
    }

    /// Names of macros that the root project can write without a package, for suggestions.
    pub fn bare_names(&self) -> impl Iterator<Item = &str> {
        self.names_in(&self.root).chain(self.names_in(BUILT_IN_PACKAGE))
    }

    /// The implementation `adapter.dispatch` picks.
    ///
    /// # Errors
    /// The names that were tried, in order.
    pub fn dispatch(&self, name: &str, namespace: Option<&str>, package: &str) -> Result<&Arc<Entry>, Vec<String>> {
        let packages: Vec<Option<String>> = match namespace {
            None => vec![None],
            Some(namespace) => match self.search_orders.get(namespace) {
                Some(order) => order.iter().cloned().map(Some).collect(),
                None if self.has_package(namespace) => vec![Some(self.root.clone()), Some(namespace.to_string())],
                None => vec![None],
            },
        };
        let mut tried = Vec::new();
        for searched in packages {
            for prefix in [self.kind.name(), "default"] {
                let wanted = format!("{prefix}__{name}");
                let found = match &searched {
                    None => self.resolve(&wanted, package),
                    Some(searched) => self.in_package(searched, &wanted),
                };
                if let Some(entry) = found {
                    return Ok(entry);
                }
                tried.push(match &searched {
                    None => wanted,
                    Some(searched) => format!("{searched}.{wanted}"),
                });
            }
        }
        Err(tried)
    }

    /// The macro of a materialization: the project's own before the built-in, the warehouse's before the default.
    pub fn materialization(&self, name: &str, package: &str) -> Option<&Arc<Entry>> {
        let names = [format!("materialization_{name}_{}", self.kind.name()), format!("materialization_{name}_default")];
        let own = names.iter().find_map(|name| self.of_project(name, package));
        let other = || {
            let packages = self.by_package.keys().filter(|package| !self.is_built_in_package(package));
            let mut packages: Vec<&String> = packages.collect();
            packages.sort();
            packages.into_iter().find_map(|package| names.iter().find_map(|name| self.in_package(package, name)))
        };
        own.or_else(other).or_else(|| names.iter().find_map(|name| self.built_in(name)))
    }

    /// `test_<name>` as a yml of `package` means it.
    pub fn generic_test(&self, name: &str, namespace: Option<&str>, package: &str) -> Option<&Arc<Entry>> {
        let name = format!("test_{name}");
        match namespace {
            Some(namespace) => self.in_package(namespace, &name),
            None => self.resolve(&name, package),
        }
    }
}

/// Whether a called name is dbt's own, whatever macros there are.
/// Source: dbt-core 1.12, `statically_extract_macro_calls` and the names of its `MacroContext`.
fn is_of_dbt(name: &str) -> bool {
    const NAMES: [&str; 19] = [
        "ref",
        "source",
        "config",
        "var",
        "env_var",
        "return",
        "log",
        "print",
        "fromjson",
        "tojson",
        "fromyaml",
        "toyaml",
        "set",
        "set_strict",
        "zip",
        "zip_strict",
        "local_md5",
        "diff_of_two_dicts",
        "builtins",
    ];
    NAMES.contains(&name) || name.starts_with("adapter.")
}

/// The package of a built-in macro, from its name.
fn built_in_package(name: &str) -> &'static str {
    let is_for = |kind: AdapterKind| {
        let adapter = kind.name();
        name.starts_with(&format!("{adapter}__"))
            || (name.starts_with("materialization_") && name.ends_with(&format!("_{adapter}")))
            || name.starts_with(&format!("{adapter}_"))
    };
    if is_for(AdapterKind::DuckDb) {
        "dbt_duckdb"
    } else if is_for(AdapterKind::BigQuery) {
        "dbt_bigquery"
    } else {
        BUILT_IN_PACKAGE
    }
}

fn macro_facts(package: &str, file: &PackageFile, block: &Block, created_at: f64) -> Macro {
    Macro {
        unique_id: UniqueId::from(format!("macro.{package}.{}", block.name)),
        name: block.name.clone(),
        package_name: package.to_string(),
        path: file.original_file_path.clone(),
        original_file_path: file.original_file_path.clone(),
        file: Arc::clone(&file.file),
        block: Span::new(&file.file, block.range.0..block.range.1),
        name_span: Span::new(&file.file, block.name_range.0..block.name_range.1),
        signature: block.signature.clone(),
        argument_spans: block.argument_ranges.iter().map(|range| Span::new(&file.file, range.0..range.1)).collect(),
        depends_on: Vec::new(),
        description: String::new(),
        meta: JsonMap::new(),
        docs: JsonMap::new(),
        patch_path: None,
        arguments: Vec::new(),
        config: JsonMap::new(),
        created_at,
        supported_languages: block.supported_languages.clone(),
    }
}

fn duplicate_macro(earlier: &Macro, later: &Macro) -> Diagnostic {
    Diagnostic::error(
        "duplicate-macro",
        format!("macro `{}` is defined twice in package `{}`", later.name, later.package_name),
    )
    .at(later.name_span.clone(), "defined again here")
    .at(earlier.name_span.clone(), "first defined here")
    .help("rename or remove one of them")
}
