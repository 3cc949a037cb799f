//! Rules that hold between the nodes of a project, or that a whole config must keep.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::DateTime;
use rayon::prelude::*;

use super::functions;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Access, ById, Json, JsonMap, Manifest, Materialization, Node, NodeKind, python};
use crate::source::Span;

/// Everything that can be wrong with nodes that are each right by themselves.
pub(crate) fn check(scope: &Scope<'_>, manifest: &Manifest) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let groups: BTreeSet<&str> = manifest.groups.values().map(|group| group.name.as_str()).collect();
    let may_have_spaces = !scope.flag("require_resource_names_without_spaces", true);
    let nodes: Vec<&Node> = manifest.nodes.values().map(|node| &**node).collect();
    let of_nodes = || {
        let enabled = nodes.par_iter().filter(|node| node.config.is_enabled());
        enabled.flat_map_iter(|node| of_node(scope, node, &groups, may_have_spaces)).collect::<Vec<_>>()
    };
    let (of_nodes, equal) = rayon::join(of_nodes, || equal_relations(scope, &nodes));
    problems.extend(of_nodes);
    problems.extend(equal);
    problems.extend(deprecations(scope, &nodes));
    problems.extend(missing_time_spine(manifest, &nodes));
    problems
}

/// Semantic models need a table of days, or of something smaller.
fn missing_time_spine(manifest: &Manifest, nodes: &[&Node]) -> Option<Diagnostic> {
    let mut models = manifest.others.values().filter(|other| other.resource_type == "semantic_model");
    let first = models.find(|model| !model.depends_on.nodes.is_empty())?;
    let is_spine = |node: &&Node| {
        let NodeKind::Model(model) = &node.kind else { return false };
        let column = model.time_spine.as_ref().and_then(|spine| spine.get("standard_granularity_column")?.as_str());
        let grain = column.and_then(|name| node.columns.get(name)?.granularity.as_deref());
        node.name == "metricflow_time_spine"
            || grain.is_some_and(|grain| !["week", "month", "quarter", "year"].contains(&grain))
    };
    if nodes.iter().any(is_spine) {
        return None;
    }
    let message = "semantic models need a time spine of days or something smaller, and the project has none";
    Some(
        Diagnostic::error("missing-time-spine", message)
            .at(first.span.clone(), "this one, for example")
            .help("declare `time_spine:` with `standard_granularity_column:` on a model that has a row for each day"),
    )
}

/// What is wrong with one node by itself.
fn of_node<'n>(
    scope: &Scope<'_>,
    node: &'n Node,
    groups: &BTreeSet<&str>,
    may_have_spaces: bool,
) -> impl Iterator<Item = Diagnostic> + use<'n> {
    let mut problems = [const { None }; 9];
    problems[0] = group_problem(node, groups);
    problems[1] = name_problem(node).filter(|_| !may_have_spaces);
    match &node.kind {
        NodeKind::Model(facts) => {
            problems[2] = (facts.access == Access::Public && node.is_ephemeral()).then(|| {
                Diagnostic::error("invalid-config", format!("model `{}` is public and ephemeral", node.name))
                    .at(place_of(node, "access"), "others have nothing to read")
                    .help("materialize it as a view or table")
            });
            problems[3] = microbatch_problem(node);
            problems[4] = schema_change_problem(scope, node);
            problems[5] = empty_problem(node);
            problems[6] = contract_problem(node);
            problems[7] = materialization_problem(scope, node);
            problems[8] = incremental_strategy_problem(scope, node);
        }
        NodeKind::Snapshot => {
            problems[2] = snapshot_problem(node);
            problems[3] = snapshot_strategy_problem(scope, node);
        }
        NodeKind::Function(_) => problems[2] = functions::refuse_language(node, scope.project.target.kind),
        NodeKind::Seed(_) | NodeKind::DataTest(_) | NodeKind::Analysis | NodeKind::Hook(_) => {}
    }
    problems.into_iter().flatten()
}

/// Where a setting of a node is written, as well as it can be found: in its file, its properties, or at its start.
fn place_of(node: &Node, key: &str) -> Span {
    let text = node.code.text();
    if let Some(at) = text.find(key).filter(|_| text.contains("config(")) {
        let start = node.code.start as usize + at;
        return Span::new(&node.file, start..start + key.len());
    }
    node.patch_span.clone().unwrap_or_else(|| node.place())
}

/// Source: dbt-core 1.12, `incremental_validate_on_schema_change`: anything else counts as `ignore`.
fn schema_change_problem(scope: &Scope<'_>, node: &Node) -> Option<Diagnostic> {
    let known = ["ignore", "fail", "append_new_columns", "sync_all_columns"];
    let value = node.config.text("on_schema_change").filter(|value| !known.contains(value))?;
    Some(unknown_value(scope, node, "on_schema_change", value, known, "counts as `ignore`"))
}

/// A materialization that neither we nor the project or a package has, for whatever warehouse.
fn materialization_problem(scope: &Scope<'_>, node: &Node) -> Option<Diagnostic> {
    let known = ["view", "table", "incremental", "ephemeral", "materialized_view"];
    let value = node.config.text("materialized").filter(|value| !known.contains(value))?;
    let begin = format!("materialization_{value}_");
    if scope.engine.macros().any(|found| found.name.starts_with(&begin)) {
        return None;
    }
    let own = scope.engine.macros().filter_map(|found| {
        let (name, _) = found.name.strip_prefix("materialization_")?.rsplit_once('_')?;
        Some(name)
    });
    let own: Vec<&str> =
        own.filter(|name| !["seed", "snapshot", "test", "unit", "clone", "function"].contains(name)).collect();
    Some(unknown_value(
        scope,
        node,
        "materialized",
        value,
        known.into_iter().chain(own),
        "no materialization has this name",
    ))
}

/// Source: dbt-adapters, `get_incremental_strategy_macro`: a strategy is a macro `get_incremental_<strategy>_sql`.
fn incremental_strategy_problem(scope: &Scope<'_>, node: &Node) -> Option<Diagnostic> {
    let known = ["append", "delete+insert", "merge", "insert_overwrite", "microbatch"];
    let value =
        node.config.text("incremental_strategy").filter(|value| !known.contains(value) && *value != "default")?;
    let name = format!("get_incremental_{}_sql", value.replace('+', "_"));
    let is_own = node.config.materialization() != Materialization::Incremental
        || scope.engine.macros().any(|found| found.name == name);
    (!is_own).then(|| unknown_value(scope, node, "incremental_strategy", value, known, "no strategy has this name"))
}

/// Source: dbt-adapters, `strategy_dispatch`: a strategy is a macro `snapshot_<strategy>_strategy`, of a package where
/// there is a point.
fn snapshot_strategy_problem(scope: &Scope<'_>, node: &Node) -> Option<Diagnostic> {
    let known = ["timestamp", "check"];
    let value = node.config.text("strategy").filter(|value| !known.contains(value) && !value.is_empty())?;
    let name = format!("snapshot_{}_strategy", value.rsplit('.').next().unwrap_or(value));
    let is_own = scope.engine.macros().any(|found| found.name == name);
    (!is_own).then(|| unknown_value(scope, node, "strategy", value, known, "no strategy has this name"))
}

/// A warning: dbt reads such a project, and fails where the node is made.
fn unknown_value<'k>(
    scope: &Scope<'_>,
    node: &Node,
    key: &str,
    value: &str,
    known: impl IntoIterator<Item = &'k str>,
    text: &str,
) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let message = format!("`{key}` of {} `{}` cannot be `{value}`", node.kind.resource_type(), node.name);
    let problem = Diagnostic::warning("unknown-value", message).at(value_place(scope, node, value), text);
    let problem = problem.suggest(value, known.iter().copied());
    if problem.help.is_some() { problem } else { problem.help(format!("use one of {}", known.join(", "))) }
}

/// Where a config's value is written: in the node's file, in its entry of a property file, or in dbt_project.yml.
fn value_place(scope: &Scope<'_>, node: &Node, value: &str) -> Span {
    let of_code = node.code.text().contains("config(").then(|| node.code.clone());
    let of_patch = node.patch_span.as_ref().map(|name| Span::new(&name.file, name.end as usize..name.file.text.len()));
    let packages = scope.project.packages.iter();
    let own = packages.filter(|package| package.name == node.package_name).chain(scope.project.packages.first());
    let of_projects = own.map(|package| Span::new(&package.yaml.file, 0..package.yaml.file.text.len()));
    let whole_word = |span: Span| {
        let is_of_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '+' | '-');
        let text = span.text();
        let mut found = text.match_indices(value).map(|(at, _)| at);
        let at =
            found.find(|at| !text[..*at].ends_with(is_of_word) && !text[at + value.len()..].starts_with(is_of_word))?;
        let start = span.start as usize + at;
        Some(Span::new(&span.file, start..start + value.len()))
    };
    let found = of_code.into_iter().chain(of_patch).chain(of_projects).find_map(whole_word);
    found.unwrap_or_else(|| node.patch_span.clone().unwrap_or_else(|| node.place()))
}

fn empty_problem(node: &Node) -> Option<Diagnostic> {
    let is_empty = !node.file.is_made_up() && node.raw_code().trim().is_empty();
    is_empty.then(|| {
        Diagnostic::warning("empty-model", format!("model `{}` is empty, so it is never built", node.name))
            .at(node.place(), "")
            .help("write a `select`, or remove the file")
    })
}

fn group_problem(node: &Node, groups: &BTreeSet<&str>) -> Option<Diagnostic> {
    let group = node.group.as_deref().filter(|group| !groups.contains(group))?;
    // A test has the group of its model, which is complained about once; that of a function means nothing.
    if matches!(node.kind, NodeKind::DataTest(_) | NodeKind::Function(_)) {
        return None;
    }
    let message =
        format!("{} `{}` is in the group `{group}`, which does not exist", node.kind.resource_type(), node.name);
    Some(
        Diagnostic::error("unknown-group", message)
            .at(place_of(node, group), "no group has this name")
            .suggest(group, groups.iter().copied()),
    )
}

fn name_problem(node: &Node) -> Option<Diagnostic> {
    if !node.name.contains(' ') {
        return None;
    }
    Some(
        Diagnostic::error("invalid-name", format!("the name `{}` has a space in it", node.name))
            .at(node.declared_at(), "this resource")
            .help(format!("rename it to `{}`", node.name.replace(' ', "_"))),
    )
}

/// Two nodes that would be written to one place.
fn equal_relations(scope: &Scope<'_>, nodes: &[&Node]) -> Vec<Diagnostic> {
    let mut first: ById<Cow<'_, str>, &Node> = ById::default();
    let mut problems = Vec::new();
    for node in nodes.iter().copied().filter(|node| node.config.is_enabled()) {
        let relation = match (&node.kind, &node.relation_name) {
            // What is called has names of its own, apart from what is read.
            (NodeKind::Analysis | NodeKind::Hook(_) | NodeKind::Function(_), _) => None,
            (_, Some(relation)) => Some(Cow::from(relation)),
            (NodeKind::DataTest(_), None) => None,
            // An ephemeral model has no relation, but its name stands for it where it is inlined.
            (NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot, None) => {
                let nothing = JsonMap::new();
                Some(scope.relation_name(node.database.as_deref(), &node.schema, &node.alias, &nothing).into())
            }
        };
        let Some(relation) = relation else { continue };
        if let Some(other) = first.get(&relation) {
            let kinds = (other.kind.resource_type(), node.kind.resource_type());
            problems.push(
                Diagnostic::error(
                    "equal-relations",
                    format!(
                        "{} `{}` and {} `{}` are both written to {relation}",
                        kinds.0, other.name, kinds.1, node.name
                    ),
                )
                .at(place_of(node, "alias"), "this one")
                .at(place_of(other, "alias"), "and this one")
                .help("give one of them another `alias` or `schema`"),
            );
            continue;
        }
        first.insert(relation, node);
    }
    problems
}

fn contract_problem(node: &Node) -> Option<Diagnostic> {
    let contract = node.config.get("contract")?;
    let is_enforced = contract.get("enforced") == Some(&Json::Bool(true));
    (is_enforced && node.columns.is_empty()).then(|| {
        let message = format!("model `{}` enforces a contract but lists no columns", node.name);
        Diagnostic::error("contract-without-columns", message)
            .at(place_of(node, "contract"), "this contract")
            .help("describe its `columns:` with their `data_type` in a yml")
    })
}

/// Source: dbt-core 1.12, `SnapshotConfig.final_validate`.
fn snapshot_problem(node: &Node) -> Option<Diagnostic> {
    let is_set = |key: &str| match node.config.get(key) {
        None => false,
        Some(Json::String(text)) => !text.is_empty(),
        Some(Json::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    let problem = |message: String, key: &str, help: &str| {
        Some(Diagnostic::error("invalid-config", message).at(place_of(node, key), "in this snapshot").help(help))
    };
    let name = &node.name;
    for key in ["strategy", "unique_key"] {
        if !is_set(key) {
            let help = if key == "strategy" { "set `strategy` to `timestamp` or `check`" } else { "set `unique_key`" };
            return problem(format!("snapshot `{name}` has no `{key}`"), "config", help);
        }
    }
    match node.config.text("strategy") {
        Some("check") if !is_set("check_cols") => problem(
            format!("snapshot `{name}` has no `check_cols`"),
            "strategy",
            "list the columns, or write `check_cols: all`",
        ),
        Some("check") if node.config.text("check_cols").is_some_and(|text| text != "all") => problem(
            format!("`check_cols` of snapshot `{name}` is a text"),
            "check_cols",
            "write a list of columns, or `all`",
        ),
        Some("timestamp") if !is_set("updated_at") => problem(
            format!("snapshot `{name}` has no `updated_at`"),
            "strategy",
            "name the column that tells when a row changed",
        ),
        Some("timestamp") if is_set("check_cols") => {
            problem(format!("snapshot `{name}` goes by time and has `check_cols`"), "check_cols", "remove `check_cols`")
        }
        Some(_) | None => None,
    }
}

/// Source: dbt-core 1.12, `check_valid_microbatch_config`.
fn microbatch_problem(node: &Node) -> Option<Diagnostic> {
    if node.config.materialization() != Materialization::Incremental
        || node.config.text("incremental_strategy") != Some("microbatch")
    {
        return None;
    }
    let problem = |key: &str, what: &str, help: &str| {
        Some(
            Diagnostic::error("invalid-config", format!("microbatch model `{}` {what}", node.name))
                .at(place_of(node, key), "in this model")
                .help(help),
        )
    };
    if node.config.text("event_time").is_none() {
        return problem("event_time", "has no `event_time`", "name the column that tells when an event took place");
    }
    if node.config.text("begin").is_none() {
        return problem("begin", "has no `begin`", "set the first day to be built, such as `begin: 2026-01-01`");
    }
    let sizes = ["hour", "day", "month", "year"];
    if !node.config.text("batch_size").is_some_and(|size| sizes.contains(&size)) {
        return problem("batch_size", "has no valid `batch_size`", "set it to `hour`, `day`, `month` or `year`");
    }
    None
}

/// Models past their date, and those who still read them.
fn deprecations(scope: &Scope<'_>, nodes: &[&Node]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let now = scope.project.invocation.started_at;
    for node in nodes {
        let NodeKind::Model(facts) = &node.kind else { continue };
        let Some(date) = &facts.deprecation_date else { continue };
        let is_past = DateTime::parse_from_rfc3339(date).is_ok_and(|date| date < now);
        let day = date.split('T').next().unwrap_or(date);
        let version = facts.version.as_ref().map_or_else(String::new, |version| format!(" v{}", python::text(version)));
        if is_past {
            let place = node.patch_span.clone().unwrap_or_else(|| node.place());
            problems.push(
                Diagnostic::warning(
                    "deprecated-model",
                    format!("model `{}`{version} is deprecated since {day}", node.name),
                )
                .at(place, "described here"),
            );
        }
        let readers = nodes.iter().filter(|reader| {
            matches!(reader.kind, NodeKind::Model(_)) && reader.depends_on.nodes.contains(&node.unique_id)
        });
        for reader in readers {
            let place = reader.refs.iter().find(|call| call.name == node.name).and_then(|call| call.span.clone());
            let when = if is_past { "is deprecated since" } else { "will be deprecated on" };
            problems.push(
                Diagnostic::warning(
                    "deprecated-ref",
                    format!("model `{}` reads `{}`{version}, which {when} {day}", reader.name, node.name),
                )
                .at(place.unwrap_or_else(|| Span::start_of(&reader.file)), "read here"),
            );
        }
    }
    problems
}
