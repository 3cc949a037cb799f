//! The steps of parsing, in order.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::collect::{add_exposures, add_nodes, add_others, add_sources, add_unit_tests, drop_repeated_sources};
use super::declared_tests::{DescribedEntry, source_tests, switch_off, tests_of};
use super::docs::Docs;
use super::draft::{Draft, config_problem, drafts};
use super::generic_test::TestRoom;
use super::kind::ResourceKind;
use super::lookup::Lookup;
use super::matching::Matching;
use super::patch::{Described, Patch, described};
use super::properties::{Entry, Section, entries};
use super::resolve::{Dependencies, dependencies};
use super::scope::Scope;
use super::sources::sources;
use super::{checks, exposures, functions, macros, node, others, semantic, texts, yml_snapshots};
use crate::diagnostic::Diagnostic;
use crate::manifest::{ColumnFacts, Json, JsonMap, Manifest, Node, NodeKind, TextRead, Texts, UniqueId};
use crate::source::Span;

/// Something and the index of its package.
pub(super) type Owned<T> = (usize, T);

/// Nodes are big and many, and go through several hands and lists before they are shared.
pub(super) type OwnNode = Box<Node>;

pub(super) fn parse(scope: &Scope<'_>) -> (Manifest, Vec<Diagnostic>) {
    let ((mut drafts, mut problems), (entries, read, found)) =
        rayon::join(|| drafts(scope), || entries(scope, |of_file| descriptions(scope, of_file)));
    problems.extend(found);
    problems.extend(project_config_problems(scope));
    let texts = texts_of(scope, &drafts);
    for entry in entries.iter().filter(|entry| entry.section == Section::Snapshots) {
        drafts.extend(yml_snapshots::draft(scope, entry, &mut problems));
    }
    let of = |section: Section| entries.iter().filter(|entry| entry.section == section).collect::<Vec<_>>();
    let (docs, found) = Docs::read(scope);
    problems.extend(found);

    let read = read.into_iter().flatten();
    let (mut nodes, described) = nodes_of(scope, drafts, &entries, read, &mut problems);
    let (mut declared, found) = sources(scope, &of(Section::Sources));
    problems.extend(found);
    drop_repeated_sources(&mut declared, &mut problems);

    let is_own_first = scope.flag("require_ref_searches_node_package_before_root", false);
    let mut lookup = Lookup::new(nodes.iter().map(|(package, node)| (*package, &**node)), &declared, is_own_first);
    lookup.shows_names = !scope.is_part;
    let room = TestRoom::new(scope);
    let mut silent = HashSet::new();
    nodes.extend(tests_of(scope, &room, &lookup, &described, &mut silent, &mut problems));
    nodes.extend(source_tests(scope, &room, &declared, &mut problems));
    describe_nodes(scope, &docs, &mut nodes, &mut problems);
    let broken = resolve_nodes(scope, &lookup, &mut nodes, &silent, &mut problems);

    let mut manifest = Manifest {
        project_name: scope.project.name().to_string(),
        is_own_package_first: is_own_first,
        ..Manifest::default()
    };
    add_unit_tests(scope, &of(Section::UnitTests), &lookup, &nodes, &mut manifest, &mut problems);
    add_sources(scope, &docs, declared, &mut manifest, &mut problems);
    add_exposures(scope, &docs, &of(Section::Exposures), &lookup, &mut manifest, &mut problems);
    let told: Vec<&Entry<'_>> = described
        .iter()
        .filter(|item| item.is_known && semantic::is_told_by(item.entry))
        .map(|item| item.entry)
        .collect();
    add_others(scope, &docs, &entries, &told, &lookup, &mut manifest, &mut problems);
    for entry in of(Section::Groups) {
        let group = exposures::group(scope, entry, &mut problems);
        manifest.groups.insert(group.unique_id.clone(), Arc::new(group));
    }
    manifest.macros = macros::macros(scope, &of(Section::Macros), &mut problems);
    describe_macros(scope, &docs, &mut manifest, &mut problems);
    manifest.docs = docs.all;
    manifest.selectors = selectors(scope);
    add_nodes(nodes, &broken, &mut manifest, &mut problems);
    others::locate(&mut manifest);
    problems.extend(checks::check(scope, &manifest));
    manifest.texts = Texts { read: texts, shared_macros: scope.shared_macros() };
    (manifest, problems)
}

/// What each text came to that is a file's only one. Macros of the others count for the whole project.
fn texts_of(scope: &Scope<'_>, drafts: &[Draft]) -> Vec<TextRead> {
    let (alone, others): (Vec<&Draft>, Vec<&Draft>) = drafts.iter().partition(|draft| texts::is_alone(draft));
    for draft in others {
        scope.share_macros(&draft.captured.entered);
    }
    alone.into_par_iter().map(texts::text_read).collect()
}

/// Values of dbt_project.yml that no key takes.
fn project_config_problems(scope: &Scope<'_>) -> Vec<Diagnostic> {
    let kinds = [
        ResourceKind::Model,
        ResourceKind::Seed,
        ResourceKind::Snapshot,
        ResourceKind::DataTest,
        ResourceKind::Source,
        ResourceKind::Exposure,
        ResourceKind::UnitTest,
    ];
    let found = scope.configs.problems(&kinds).into_iter();
    found
        .map(|(package, problem)| {
            let yaml = &scope.package(package).yaml;
            config_problem(&problem, "dbt_project.yml", &[yaml.span(&yaml.root)])
        })
        .collect()
}

/// What the entries of nodes say of them, in order. Their data have served then, but for snapshots that are nowhere
/// else and models that have a semantic model.
fn descriptions(scope: &Scope<'_>, entries: &mut [Entry<'_>]) -> Vec<(Described, Vec<Diagnostic>)> {
    let of_nodes = entries.iter_mut().filter(|entry| is_patch(entry.section));
    of_nodes
        .map(|entry| {
            let mut found = Vec::new();
            let described = described(entry, &entry.patch_path(scope), &mut found);
            let is_read_again = entry.section == Section::Snapshots || semantic::is_told_by(entry);
            if !is_read_again {
                entry.data = JsonMap::new();
            }
            (described, found)
        })
        .collect()
}

/// Drafts and entries brought together.
fn nodes_of<'e, 'a>(
    scope: &Scope<'a>,
    drafts: Vec<Draft>,
    entries: &'e [Entry<'a>],
    read: impl Iterator<Item = (Described, Vec<Diagnostic>)>,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Owned<OwnNode>>, Vec<DescribedEntry<'e, 'a>>) {
    let mut matching = Matching::new(&drafts, scope.is_part);
    let mut with_tests = Vec::new();
    let described = entries.iter().filter(|entry| is_patch(entry.section));
    for (entry, (mut described, found)) in described.zip(read) {
        problems.extend(found);
        let is_known = matching.apply(entry, &mut described, problems);
        let Described { tests, quote_columns, .. } = described;
        with_tests.push(DescribedEntry { entry, tests, quote_columns, is_known });
    }
    let patches = std::mem::take(&mut matching.patches);
    drop(matching);
    let overloads_of =
        |patch: &mut Option<Patch>| patch.as_mut()?.signature.as_mut().map(|it| std::mem::take(&mut it.overloads));
    let made: Vec<_> = drafts
        .into_par_iter()
        .zip(patches)
        .map(|(draft, mut patch)| {
            let package = draft.package;
            let overloads = overloads_of(&mut patch).unwrap_or_default();
            let (node, found) = node::node(scope, draft, patch);
            (package, node, overloads, found)
        })
        .collect();
    let mut nodes = Vec::with_capacity(made.len());
    let mut overloads = Vec::new();
    for (package, node, declared, found) in made {
        // A node that is switched off is not worth a complaint.
        problems.extend(found.into_iter().filter(|_| node.config.is_enabled()));
        if !declared.is_empty() {
            overloads.push((node.unique_id.clone(), declared));
        }
        nodes.push((package, node));
    }
    functions::absorb_overloads(&mut nodes, overloads, problems);
    (nodes, with_tests)
}

fn is_patch(section: Section) -> bool {
    use Section::{Analyses, DataTests, Functions, Models, Seeds, Snapshots};
    matches!(section, Models | Seeds | Snapshots | Analyses | DataTests | Functions)
}

/// Descriptions with their docs blocks put in. Those of a node that is switched off are never read, and stay.
fn describe_nodes(scope: &Scope<'_>, docs: &Docs, nodes: &mut [Owned<OwnNode>], problems: &mut Vec<Diagnostic>) {
    let found: Vec<Vec<Diagnostic>> = nodes
        .par_iter_mut()
        // As in dbt, docs blocks are not put into what is said of functions.
        .filter(|(_, node)| node.config.is_enabled() && !matches!(node.kind, NodeKind::Function(_)))
        .map(|(package, node)| {
            let mut found = Vec::new();
            let place = node.patch_span.clone().unwrap_or_else(|| node.place());
            let mut quoted = Vec::new();
            node.description =
                docs.described(scope, &node.description, *package, &|| place.clone(), &mut quoted, &mut found);
            node.doc_blocks = quoted;
            for column in node.columns.values_mut() {
                describe_column(scope, docs, column, *package, &place, &mut found);
            }
            found
        })
        .collect();
    problems.extend(found.into_iter().flatten());
}

pub(super) fn describe_column(
    scope: &Scope<'_>,
    docs: &Docs,
    column: &mut ColumnFacts,
    package: usize,
    place: &Span,
    problems: &mut Vec<Diagnostic>,
) {
    let span = column.span.clone();
    let mut quoted = Vec::new();
    let at = || span.clone().unwrap_or_else(|| place.clone());
    column.description = docs.described(scope, &column.description, package, &at, &mut quoted, problems);
    column.doc_blocks = quoted;
}

fn describe_macros(scope: &Scope<'_>, docs: &Docs, manifest: &mut Manifest, problems: &mut Vec<Diagnostic>) {
    for found in manifest.macros.values_mut().filter(|found| found.patch_path.is_some()) {
        let Some(package) = scope.package_index(&found.package_name) else { continue };
        let place = found.name_span.clone();
        let found = Arc::make_mut(found);
        let mut quoted = Vec::new();
        let mut describe = |text: &str| docs.described(scope, text, package, &|| place.clone(), &mut quoted, problems);
        found.description = describe(&found.description);
        for argument in &mut found.arguments {
            argument.description = describe(&argument.description);
        }
    }
}

/// Fills in dependencies. The answer are tests that have nothing to stand on, and are switched off.
fn resolve_nodes(
    scope: &Scope<'_>,
    lookup: &Lookup,
    nodes: &mut [Owned<OwnNode>],
    silent: &HashSet<UniqueId>,
    problems: &mut Vec<Diagnostic>,
) -> HashSet<UniqueId> {
    let resolved: Vec<Dependencies> = dependencies(scope, lookup, nodes);
    let mut broken = HashSet::new();
    for ((_, node), result) in nodes.iter_mut().zip(resolved) {
        node.depends_on.nodes = result.nodes;
        if !node.config.is_enabled() {
            continue;
        }
        if !silent.contains(&node.unique_id) {
            problems.extend(result.problems);
        }
        if result.is_broken && matches!(node.kind, NodeKind::DataTest(_)) {
            switch_off(node);
            broken.insert(node.unique_id.clone());
        }
    }
    broken
}

/// `selectors.yml` by name, as written.
fn selectors(scope: &Scope<'_>) -> BTreeMap<String, Json> {
    let Some(file) = &scope.project.selectors else { return BTreeMap::new() };
    let list = file.root.get("selectors").map(crate::project::yaml::Yaml::items).unwrap_or_default();
    list.iter().filter_map(|item| Some((item.get("name")?.as_str()?.to_string(), item.to_json()))).collect()
}
