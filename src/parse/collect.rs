//! Puts what was read into the manifest: enabled or disabled, each id once.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::assemble::{OwnNode, Owned, describe_column};
use super::docs::Docs;
use super::kind::ResourceKind;
use super::lookup::Lookup;
use super::properties::Entry;
use super::resolve::{Calls, Referrer, resolve};
use super::scope::Scope;
use super::sources::DeclaredSource;
use super::unit_tests::{NodeIndex, Tested, unit_test, with_model};
use super::{exposures, others, semantic};
use crate::diagnostic::Diagnostic;
use crate::manifest::{
    ById, Disabled, Exposure, Json, JsonMap, Manifest, Node, NodeConfig, NodeKind, OtherResource, UniqueId, UnitTest,
};
use crate::source::Span;

pub(super) fn add_nodes(
    nodes: Vec<Owned<OwnNode>>,
    broken: &HashSet<UniqueId>,
    manifest: &mut Manifest,
    problems: &mut Vec<Diagnostic>,
) {
    let nodes: Vec<Arc<Node>> = nodes.into_par_iter().map(|(_, node)| Arc::from(node)).collect();
    let mut kept: ById<&UniqueId, &Arc<Node>> = ById::default();
    let mut named: ById<(&str, &str), &Node> = ById::default();
    for node in &nodes {
        // A test whose target is missing stays among the nodes, switched off, as in dbt.
        if !node.config.is_enabled() && !broken.contains(&node.unique_id) {
            manifest.disabled.entry(node.unique_id.clone()).or_default().push(Disabled::Node(Arc::clone(node)));
            continue;
        }
        if let Some(first) = kept.get(&node.unique_id) {
            problems.push(duplicate(first, node));
            continue;
        }
        kept.insert(&node.unique_id, node);
        let is_versioned = matches!(&node.kind, NodeKind::Model(facts) if facts.version.is_some());
        if matches!(node.kind, NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot) && !is_versioned {
            match named.entry((&node.package_name, &node.name)) {
                MapEntry::Occupied(first) => problems.push(equal_names(first.get(), node)),
                MapEntry::Vacant(place) => {
                    place.insert(node);
                }
            }
        }
    }
    let mut kept: Vec<_> = kept.into_iter().map(|(id, node)| (id.clone(), Arc::clone(node))).collect();
    // A map is made quickly of what is in order.
    kept.par_sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    manifest.nodes = kept.into_iter().collect();
}

fn equal_names(first: &Node, second: &Node) -> Diagnostic {
    let message = format!(
        "a {} and a {} are both called `{}`",
        first.kind.resource_type(),
        second.kind.resource_type(),
        second.name
    );
    Diagnostic::warning("duplicate-name", message)
        .at(place_of(second), "this one")
        .at(place_of(first), "and this one")
        .help("rename one of them: a `ref` cannot tell them apart")
}

/// Where a node is declared.
fn place_of(node: &Node) -> Span {
    match &node.kind {
        NodeKind::Snapshot => node.code.clone(),
        NodeKind::Model(_)
        | NodeKind::Seed(_)
        | NodeKind::DataTest(_)
        | NodeKind::Analysis
        | NodeKind::Hook(_)
        | NodeKind::Function(_) => node.declared_at(),
    }
}

fn duplicate(first: &Node, second: &Node) -> Diagnostic {
    let message = match &second.kind {
        NodeKind::DataTest(test) if test.generic.is_some() => format!("the test `{}` is declared twice", second.name),
        _ => format!("there are two {}s called `{}`", second.kind.resource_type(), second.name),
    };
    let help = match &second.kind {
        NodeKind::DataTest(test) if test.generic.is_some() => "remove one, or give it another `name:`",
        _ => "rename one of the files, or disable one of the two",
    };
    Diagnostic::error("duplicate-name", message)
        .at(place_of(second), "again here")
        .at(place_of(first), "first here")
        .help(help)
}

pub(super) fn drop_repeated_sources(declared: &mut Vec<DeclaredSource>, problems: &mut Vec<Diagnostic>) {
    let mut first: HashMap<UniqueId, Span> = HashMap::new();
    declared.retain(|source| {
        let place = source.table.span.clone();
        if let Some(first) = first.get(&source.table.unique_id) {
            problems.push(
                Diagnostic::error(
                    "duplicate-name",
                    format!("there are two sources `{}.{}`", source.table.source_name, source.table.name),
                )
                .at(place, "again here")
                .at(first.clone(), "first here")
                .help("remove one of them"),
            );
            return false;
        }
        first.insert(source.table.unique_id.clone(), place);
        true
    });
}

pub(super) fn add_sources(
    scope: &Scope<'_>,
    docs: &Docs,
    declared: Vec<DeclaredSource>,
    manifest: &mut Manifest,
    problems: &mut Vec<Diagnostic>,
) {
    for source in declared {
        let mut table = source.table;
        let id = table.unique_id.clone();
        if !source.is_enabled {
            manifest.disabled.entry(id).or_default().push(Disabled::Source(Arc::new(table)));
            continue;
        }
        let place = table.span.clone();
        let mut quoted = Vec::new();
        let describe = |text: &str, quoted: &mut Vec<UniqueId>, problems: &mut Vec<Diagnostic>| {
            docs.described(scope, text, source.package, &|| place.clone(), quoted, problems)
        };
        table.description = describe(&table.description, &mut quoted, problems);
        table.source_description = describe(&table.source_description, &mut Vec::new(), problems);
        table.doc_blocks = quoted;
        for column in table.columns.values_mut() {
            describe_column(scope, docs, column, source.package, &place, problems);
        }
        manifest.sources.insert(id, Arc::new(table));
    }
}

pub(super) fn add_exposures(
    scope: &Scope<'_>,
    docs: &Docs,
    entries: &[&Entry<'_>],
    lookup: &Lookup,
    manifest: &mut Manifest,
    problems: &mut Vec<Diagnostic>,
) {
    for entry in entries {
        let mut exposure = exposures::exposure(scope, entry, problems);
        let id = exposure.unique_id.clone();
        if !exposure.config.is_enabled() {
            manifest.disabled.entry(id).or_default().push(Disabled::Exposure(Arc::new(exposure)));
            continue;
        }
        let place = exposure.span.clone();
        exposure.description =
            docs.described(scope, &exposure.description, entry.package, &|| place.clone(), &mut Vec::new(), problems);
        let referrer = Referrer {
            noun: "exposure",
            name: &exposure.name,
            package: entry.package,
            group: None,
            place: exposure.span.clone(),
            code: None,
            is_test: false,
        };
        let calls = Calls { refs: &exposure.refs, sources: &exposure.sources, ..Calls::default() };
        let result = resolve(scope, lookup, &referrer, &calls);
        exposure.depends_on.nodes = result.nodes;
        problems.extend(result.problems);
        if let Some(first) = manifest.exposures.get(&id) {
            problems.push(duplicate_entry("exposure", &exposure.name, &exposure.span, &first.span));
            continue;
        }
        let exposure: Exposure = exposure;
        manifest.exposures.insert(id, Arc::new(exposure));
    }
}

fn duplicate_entry(noun: &str, name: &str, place: &Span, first: &Span) -> Diagnostic {
    Diagnostic::error("duplicate-name", format!("there are two {noun}s called `{name}`"))
        .at(place.clone(), "again here")
        .at(first.clone(), "first here")
        .help("rename one of them")
}

pub(super) fn add_unit_tests(
    scope: &Scope<'_>,
    entries: &[&Entry<'_>],
    lookup: &Lookup,
    nodes: &[Owned<OwnNode>],
    manifest: &mut Manifest,
    problems: &mut Vec<Diagnostic>,
) {
    if entries.is_empty() {
        return;
    }
    let index = NodeIndex::new(nodes.iter().map(|(_, node)| &**node));
    let seeds: Vec<&Node> =
        nodes.iter().map(|(_, node)| &**node).filter(|node| matches!(node.kind, NodeKind::Seed(_))).collect();
    for entry in entries {
        let mut found = Vec::new();
        let test = unit_test(scope, entry, &seeds, &mut found);
        let is_off = test.as_ref().is_some_and(|test| !test.config.is_enabled());
        problems.extend(found.into_iter().filter(|_| !is_off));
        let Some(test) = test else { continue };
        match with_model(lookup, entry.package, &index, test) {
            Tested::Enabled(tests) => tests.into_iter().for_each(|test| add_unit_test(test, manifest, problems)),
            Tested::Disabled(mut test) => {
                let mut values = JsonMap::clone(&test.config.values);
                values.insert("enabled".to_string(), Json::Bool(false));
                test.config = NodeConfig::new(values);
                let id = test.unique_id.clone();
                manifest.disabled.entry(id).or_default().push(Disabled::UnitTest(Arc::from(test)));
            }
            Tested::Broken(problem) => problems.push(*problem),
        }
    }
}

fn add_unit_test(test: UnitTest, manifest: &mut Manifest, problems: &mut Vec<Diagnostic>) {
    if let Some(first) = manifest.unit_tests.get(&test.unique_id) {
        problems.push(duplicate_entry("unit test", &test.name, &test.span, &first.span));
        return;
    }
    manifest.unit_tests.insert(test.unique_id.clone(), Arc::new(test));
}

/// Functions, metrics, semantic models and saved queries; those of models that tell their meaning themselves first.
pub(super) fn add_others(
    scope: &Scope<'_>,
    docs: &Docs,
    entries: &[Entry<'_>],
    with_semantics: &[&Entry<'_>],
    lookup: &Lookup,
    manifest: &mut Manifest,
    problems: &mut Vec<Diagnostic>,
) {
    let mut found: Vec<Owned<OtherResource>> = Vec::new();
    for model in with_semantics {
        semantic::model_problems(model, problems);
        for (entry, attached) in semantic::entries_of_model(model) {
            if let Some(kind) = others::kind_of(entry.section) {
                found.push((entry.package, others::other(scope, &entry, kind, attached.as_ref(), problems)));
            }
        }
    }
    for entry in entries {
        if let Some(kind) = others::kind_of(entry.section) {
            let other = others::other(scope, entry, kind, None, problems);
            let created = match kind {
                ResourceKind::SemanticModel => others::created_metrics(scope, entry, &other, problems),
                _ => Vec::new(),
            };
            found.extend(std::iter::once(other).chain(created).map(|other| (entry.package, other)));
        }
    }
    for (package, other) in &mut found {
        let noun = other.resource_type.replace('_', " ");
        let referrer = Referrer {
            noun: &noun,
            name: &other.name,
            package: *package,
            group: None,
            place: other.span.clone(),
            code: None,
            is_test: false,
        };
        let result = resolve(scope, lookup, &referrer, &Calls { refs: &other.refs, ..Calls::default() });
        if other.config.is_enabled() {
            problems.extend(result.problems);
        }
        other.depends_on.nodes = result.nodes;
    }
    others::connect(&mut found, problems);
    for (package, other) in found.iter_mut().filter(|(_, other)| other.config.is_enabled()) {
        others::describe(scope, docs, *package, other, problems);
    }
    for (_, other) in found {
        let id = other.unique_id.clone();
        let other = Arc::new(other);
        if other.config.is_enabled() {
            if let Some(first) = manifest.others.get(&id) {
                problems.push(duplicate_entry(other.resource_type, &other.name, &other.span, &first.span));
                continue;
            }
            manifest.others.insert(id, other);
        } else {
            manifest.disabled.entry(id).or_default().push(Disabled::Other(other));
        }
    }
}
