//! Tests declared in properties, from their lists to their nodes.

use std::collections::HashSet;

use rayon::prelude::*;

use super::assemble::{OwnNode, Owned};
use super::columns::{ColumnTests, TestEntry};
use super::generic_test::{TestRoom, TestTarget, generic_test};
use super::lookup::Lookup;
use super::patch::DeclaredTests;
use super::properties::Entry;
use super::scope::Scope;
use super::sources::DeclaredSource;
use super::test_parts::{TestedColumn, TestedThing};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap, Node, NodeConfig, UniqueId};

/// An entry of `models`, `seeds` or `snapshots`, and the tests it declares.
pub(super) struct DescribedEntry<'e, 'a> {
    pub entry: &'e Entry<'a>,
    pub tests: Vec<DeclaredTests>,
    pub quote_columns: Option<bool>,
    /// Its node exists; if not, that was said, and its tests need not be complained about.
    pub is_known: bool,
}

/// Nodes of all tests declared on models, seeds and snapshots; `silent` gets those whose target does not exist.
pub(super) fn tests_of(
    scope: &Scope<'_>,
    room: &TestRoom,
    lookup: &Lookup,
    described: &[DescribedEntry<'_, '_>],
    silent: &mut HashSet<UniqueId>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Owned<OwnNode>> {
    let made: Vec<_> = described
        .par_iter()
        .map(|item| {
            let (mut nodes, mut found) = (Vec::new(), Vec::new());
            for declared in &item.tests {
                let version = declared.version.as_ref();
                let target = TestTarget {
                    of: TestedThing::Node { name: &item.entry.name, version, section: item.entry.section.key() },
                    package: item.entry.package,
                    original_file_path: &item.entry.file.original_file_path,
                    attached: lookup.attached(item.entry.package, &item.entry.name, version),
                };
                let context = TestContext { scope, room, target, tags: &[], quote_columns: item.quote_columns };
                context.tests(&declared.columns, &declared.tests, &mut nodes, &mut found);
            }
            (item.entry.package, nodes, found, item.is_known)
        })
        .collect();
    let mut all = Vec::new();
    for (package, nodes, found, is_known) in made {
        problems.extend(found);
        if !is_known {
            // Their target was missed already: one complaint is enough.
            silent.extend(nodes.iter().map(|node| node.unique_id.clone()));
        }
        all.extend(nodes.into_iter().map(|node| (package, node)));
    }
    all
}

/// Nodes of all tests declared on sources.
pub(super) fn source_tests(
    scope: &Scope<'_>,
    room: &TestRoom,
    declared: &[DeclaredSource],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Owned<OwnNode>> {
    let made: Vec<_> = declared
        .par_iter()
        .map(|source| {
            let (mut nodes, mut found) = (Vec::new(), Vec::new());
            let target = TestTarget {
                of: TestedThing::Source { source: &source.table.source_name, table: &source.table.name },
                package: source.package,
                original_file_path: &source.table.original_file_path,
                attached: None,
            };
            let tags = &source.test_tags;
            let context = TestContext { scope, room, target, tags, quote_columns: source.quote_columns };
            context.tests(&source.columns, &source.tests, &mut nodes, &mut found);
            (source.package, nodes, found)
        })
        .collect();
    let mut all = Vec::new();
    for (package, nodes, found) in made {
        problems.extend(found);
        all.extend(nodes.into_iter().map(|node| (package, node)));
    }
    all
}

/// What the tests of one thing share.
struct TestContext<'t, 'a> {
    scope: &'t Scope<'a>,
    room: &'t TestRoom,
    target: TestTarget<'t>,
    /// Tags that all its tests have.
    tags: &'t [String],
    quote_columns: Option<bool>,
}

impl TestContext<'_, '_> {
    fn tests(
        &self,
        columns: &[ColumnTests],
        tests: &[TestEntry],
        nodes: &mut Vec<OwnNode>,
        problems: &mut Vec<Diagnostic>,
    ) {
        for column in columns {
            let mut tags = self.tags.to_vec();
            tags.extend(column.tags.iter().cloned());
            let tested = TestedColumn {
                name: &column.name,
                is_quoted: column.quote.or(self.quote_columns).unwrap_or(false),
                tags,
            };
            for test in &column.tests {
                self.test(test, Some(&tested), nodes, problems);
            }
        }
        for test in tests {
            self.test(test, None, nodes, problems);
        }
    }

    fn test(
        &self,
        test: &TestEntry,
        column: Option<&TestedColumn<'_>>,
        nodes: &mut Vec<OwnNode>,
        problems: &mut Vec<Diagnostic>,
    ) {
        match generic_test(self.scope, self.room, &self.target, &test.written, &test.span, column, self.tags) {
            Ok((node, found)) => {
                problems.extend(found);
                nodes.push(node);
            }
            Err(problem) => problems.push(*problem),
        }
    }
}

/// A test that has nothing to stand on.
pub(super) fn switch_off(node: &mut Node) {
    let mut values = JsonMap::clone(&node.config.values);
    values.insert("enabled".to_string(), Json::Bool(false));
    node.config = NodeConfig::new(values);
}
