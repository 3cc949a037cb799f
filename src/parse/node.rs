//! A draft and its description become a node: config, names, columns, constraints.

use std::sync::{Arc, LazyLock};

use super::calls::{Target, target};
use super::config::{ConfigRequest, Resolved};
use super::draft::{Draft, base_json, capture_hooks, config_problem};
use super::kind::ResourceKind;
use super::patch::{Patch, VersionOf};
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::manifest::{
    Access, DataTest, DependsOn, FunctionFacts, HookFacts, Json, JsonMap, ModelFacts, Node, NodeConfig, NodeKind,
    RefCall, SeedFacts, SourceCall, UniqueId, python,
};
use crate::source::Span;

/// Makes the node. What is wrong is told, and the node is made all the same.
pub(crate) fn node(scope: &Scope<'_>, mut draft: Draft, patch: Option<Patch>) -> (Box<Node>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let version = patch.as_ref().and_then(|patch| patch.version.clone());
    if let Some(version) = &version {
        draft.fqn.pop();
        draft.fqn.push(version.model.clone());
        draft.fqn.push(version_label(&version.version));
    }
    let resolved = resolved(scope, &draft, patch.as_ref());
    let name = version.as_ref().map_or_else(|| draft.name.clone(), |version| version.model.clone());
    let subject = format!("{} `{name}`", draft.kind.noun());
    let mut places = patch.as_ref().map(|patch| patch.places.clone()).unwrap_or_default();
    places.insert(0, draft.code.clone());
    problems.extend(resolved.problems.iter().map(|problem| config_problem(problem, &subject, &places)));
    let first_tags = tags_of(&draft.resolved.config);
    if let Some(patch) = patch.as_ref().filter(|patch| !patch.config.is_empty()) {
        problems.extend(capture_hooks(scope, &mut draft, patch.places.last(), &resolved.config));
    }
    let package_name = scope.package(draft.package).name.clone();
    let names = scope.names(
        draft.kind,
        &resolved.merged,
        (&name, version.is_some()),
        &|| naming_json(scope, &draft, &name, version.as_ref(), &resolved),
        &package_name,
    );
    let names = names.unwrap_or_else(|problem| {
        problems.push(*problem);
        super::scope::Names { alias: name.clone(), ..Default::default() }
    });
    let config = NodeConfig::new(Arc::clone(&resolved.config));
    let mut tags: Vec<String> = match draft.hook {
        Some(hook) => vec![hook_key(hook.is_start).to_string()],
        None => Vec::new(),
    };
    for tag in first_tags.into_iter().chain(tags_of(&config.values)) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let mut node = Box::new(Node {
        unique_id: unique_id(&draft, &package_name, version.as_ref()),
        relation_name: None,
        alias: names.alias,
        database: names.database,
        schema: names.schema,
        unrendered_config: unrendered(scope, &draft, patch.as_ref()),
        meta: config.get("meta").and_then(Json::as_object).cloned().unwrap_or_default(),
        docs: docs_of(&config.values),
        group: config.text("group").map(str::to_string),
        kind: kind(scope, &draft, version, &config),
        config,
        description: String::new(),
        doc_blocks: Vec::new(),
        columns: indexmap::IndexMap::new(),
        tags,
        patch_path: None,
        patch_span: None,
        refs: draft.captured.refs,
        sources: draft.captured.sources,
        metrics: draft.captured.metrics,
        functions: draft.captured.functions,
        depends_on: DependsOn { nodes: Vec::new(), macros: draft.captured.macros },
        checksum: draft.checksum,
        created_at: scope.created_at,
        name,
        package_name,
        path: draft.path,
        original_file_path: draft.original_file_path,
        fqn: draft.fqn,
        file: draft.file,
        code: draft.code,
    });
    node.relation_name = has_relation(scope, &node)
        .then(|| scope.relation_name(node.database.as_deref(), &node.schema, &node.alias, &JsonMap::new()));
    if let Some(patch) = patch {
        describe(&mut node, patch, &mut problems);
    }
    (node, problems)
}

fn resolved(scope: &Scope<'_>, draft: &Draft, patch: Option<&Patch>) -> Resolved {
    let Some(patch) = patch.filter(|patch| !patch.config.is_empty() || patch.version.is_some()) else {
        return draft.resolved.clone();
    };
    let mut config = patch.config.clone();
    if draft.kind == ResourceKind::Model && draft.original_file_path.ends_with(".py") {
        config.entry("materialized").or_insert_with(|| Json::from("table"));
    }
    scope.configs.resolve(&ConfigRequest {
        kind: draft.kind,
        // As in dbt: the properties' own package decides which dbt_project.yml lies below.
        package: patch.package,
        fqn: &draft.fqn,
        patch: &config,
        call: &draft.call,
    })
}

fn unrendered(scope: &Scope<'_>, draft: &Draft, patch: Option<&Patch>) -> JsonMap {
    let nothing = JsonMap::new();
    // A description without settings leaves the node's own package in charge.
    let patch = patch.filter(|patch| !patch.config.is_empty() || patch.version.is_some());
    scope.configs.unrendered(&ConfigRequest {
        kind: draft.kind,
        package: patch.map_or(draft.package, |patch| patch.package),
        fqn: &draft.fqn,
        patch: patch.map_or(&nothing, |patch| &patch.unrendered_config),
        call: &draft.call,
    })
}

/// What the naming macros see as `node`.
fn naming_json(
    scope: &Scope<'_>,
    draft: &Draft,
    name: &str,
    version: Option<&VersionOf>,
    resolved: &Resolved,
) -> JsonMap {
    let mut json = base_json(scope, draft.kind, draft.package, name, &draft.fqn, &draft.path);
    let mut put = |key: &str, value: Json| json.insert(key.to_string(), value);
    put("original_file_path", Json::from(draft.original_file_path.as_str()));
    put("config", Json::Object(JsonMap::clone(&resolved.config)));
    put("tags", tags_of(&resolved.config).into());
    put("version", version.map_or(Json::Null, |version| version.version.clone()));
    json
}

fn kind(scope: &Scope<'_>, draft: &Draft, version: Option<VersionOf>, config: &NodeConfig) -> NodeKind {
    match draft.kind {
        ResourceKind::Seed => {
            let root = &scope.package(draft.package).root;
            NodeKind::Seed(SeedFacts { root_path: root.to_string_lossy().into_owned() })
        }
        ResourceKind::Snapshot => NodeKind::Snapshot,
        ResourceKind::DataTest => NodeKind::DataTest(DataTest { generic: None }),
        ResourceKind::Analysis => NodeKind::Analysis,
        ResourceKind::Operation => {
            let (is_start, index) = draft.hook.map_or((true, 0), |hook| (hook.is_start, hook.index));
            NodeKind::Hook(HookFacts { is_start, index })
        }
        ResourceKind::Function => {
            NodeKind::Function(FunctionFacts { arguments: Vec::new(), returns: None, overloads: Vec::new() })
        }
        ResourceKind::Model
        | ResourceKind::Source
        | ResourceKind::Exposure
        | ResourceKind::UnitTest
        | ResourceKind::Metric
        | ResourceKind::SemanticModel
        | ResourceKind::SavedQuery => {
            let (latest_version, version) = version.map(|of| (of.latest, of.version)).unzip();
            NodeKind::Model(ModelFacts {
                access: access_of(config),
                version,
                latest_version,
                deprecation_date: None,
                constraints: Vec::new(),
                time_spine: None,
            })
        }
    }
}

/// Puts the description on the node, and checks its constraints.
fn describe(node: &mut Node, patch: Patch, problems: &mut Vec<Diagnostic>) {
    node.description = patch.description;
    node.columns = patch.columns;
    node.patch_path = Some(patch.patch_path);
    node.patch_span = Some(patch.span.clone());
    if let (NodeKind::Function(facts), Some(signature)) = (&mut node.kind, patch.signature) {
        facts.arguments = signature.arguments;
        facts.returns = signature.returns;
        // A function has no columns, whatever its entry says.
        node.columns.clear();
    }
    let NodeKind::Model(facts) = &mut node.kind else { return };
    facts.deprecation_date = patch.deprecation_date;
    facts.time_spine = patch.time_spine;
    facts.constraints = patch.constraints;
    check_primary_keys(node, &patch.span, problems);
    foreign_keys(node, &patch.span, problems);
}

fn constraint_kind(constraint: &Json) -> &str {
    constraint.get("type").and_then(Json::as_str).unwrap_or_default()
}

fn check_primary_keys(node: &Node, place: &Span, problems: &mut Vec<Diagnostic>) {
    let NodeKind::Model(facts) = &node.kind else { return };
    let is_key = |constraint: &Json| constraint_kind(constraint) == "primary_key";
    let keyed: Vec<_> = node.columns.values().filter(|column| column.constraints.iter().any(is_key)).collect();
    let place = || keyed.last().and_then(|column| column.span.clone()).unwrap_or_else(|| place.clone());
    if keyed.len() > 1 {
        let names: Vec<_> = keyed.iter().map(|column| column.name.as_str()).collect();
        problems.push(
            Diagnostic::error(
                "invalid-constraint",
                format!("model `{}` has {} columns that are each the primary key", node.name, keyed.len()),
            )
            .at(place(), "another one here")
            .help(format!("write one model constraint `type: primary_key` with `columns: [{}]`", names.join(", "))),
        );
    }
    if !keyed.is_empty() && facts.constraints.iter().any(is_key) {
        problems.push(
            Diagnostic::error(
                "invalid-constraint",
                format!("model `{}` has a primary key of its own and one on a column", node.name),
            )
            .at(place(), "the one on a column")
            .help("keep one of them"),
        );
    }
}

/// What a foreign key points to is read like a `ref` of the code.
fn foreign_keys(node: &mut Node, place: &Span, problems: &mut Vec<Diagnostic>) {
    let NodeKind::Model(facts) = &node.kind else { return };
    let of_columns = node.columns.values().flat_map(|column| {
        column.constraints.iter().map(|constraint| (constraint, column.span.clone().unwrap_or_else(|| place.clone())))
    });
    let all: Vec<_> =
        facts.constraints.iter().map(|constraint| (constraint, place.clone())).chain(of_columns).collect();
    let (mut refs, mut sources) = (Vec::new(), Vec::new());
    for (constraint, span) in all {
        let Some(to) = constraint.get("to").and_then(Json::as_str).filter(|to| !to.is_empty()) else { continue };
        if constraint_kind(constraint) != "foreign_key" {
            continue;
        }
        match target(to) {
            Some(Target::Ref { package, name, version }) => {
                refs.push(RefCall { package, name, version, span: Some(span) });
            }
            Some(Target::Source { source, table }) => sources.push(SourceCall { source, table, span: Some(span) }),
            None => problems.push(
                Diagnostic::error(
                    "invalid-constraint",
                    format!("the foreign key of `{}` points to `{to}`, which is no model or source", node.name),
                )
                .at(span, "on this")
                .help("write `to: ref('the_model')`"),
            ),
        }
    }
    node.refs.extend(refs);
    node.sources.extend(sources);
}

fn unique_id(draft: &Draft, package: &str, version: Option<&VersionOf>) -> UniqueId {
    let kind = draft.kind.resource_type();
    UniqueId::new(match version {
        Some(version) => format!("{kind}.{package}.{}.{}", version.model, version_label(&version.version)),
        None => format!("{kind}.{package}.{}", draft.name),
    })
}

pub(crate) fn version_label(version: &Json) -> String {
    format!("v{}", python::text(version))
}

/// Functions lie in the warehouse; seeds, snapshots and models unless they are inlined; tests when their failures are kept.
pub(crate) fn has_relation(scope: &Scope<'_>, node: &Node) -> bool {
    match node.kind {
        NodeKind::Function(_) => true,
        NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot => {
            node.config.text("materialized") != Some("ephemeral")
        }
        NodeKind::DataTest(_) => {
            node.config.flag("store_failures") == Some(true) || scope.project.invocation.flags.store_failures
        }
        NodeKind::Analysis | NodeKind::Hook(_) => false,
    }
}

pub(crate) fn tags_of(config: &JsonMap) -> Vec<String> {
    super::columns::texts(config.get("tags"))
}

/// `docs:` of a config with its defaults. Most have nothing but them, and share one.
pub(crate) fn docs_of(config: &JsonMap) -> Arc<JsonMap> {
    static DEFAULT: LazyLock<Arc<JsonMap>> = LazyLock::new(|| Arc::new(docs(&JsonMap::new())));
    let written = config.get("docs").and_then(Json::as_object).map(docs);
    written.filter(|written| *written != **DEFAULT).map_or_else(|| Arc::clone(&DEFAULT), Arc::new)
}

fn docs(written: &JsonMap) -> JsonMap {
    let value = |key: &str, default: Json| written.get(key).cloned().unwrap_or(default);
    JsonMap::from_iter([
        ("show".to_string(), value("show", Json::Bool(true))),
        ("node_color".to_string(), value("node_color", Json::Null)),
    ])
}

fn access_of(config: &NodeConfig) -> Access {
    match config.text("access") {
        Some("private") => Access::Private,
        Some("public") => Access::Public,
        Some(_) | None => Access::Protected,
    }
}

pub(crate) fn hook_key(is_start: bool) -> &'static str {
    if is_start { "on-run-start" } else { "on-run-end" }
}
