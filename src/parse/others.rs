//! Metrics, semantic models and saved queries: read and kept, not run.

use std::collections::HashMap;
use std::sync::Arc;

use super::calls::{Target, target};
use super::columns::texts;
use super::config::ConfigRequest;
use super::docs::Docs;
use super::draft::{config_problem, fqn};
use super::kind::ResourceKind;
use super::properties::{Entry, Section};
use super::scope::Scope;
use super::semantic::{self, Attached};
use crate::diagnostic::Diagnostic;
use crate::manifest::{DependsOn, Json, JsonMap, Manifest, NodeConfig, OtherResource, RefCall, UniqueId};

/// `attached` is the semantic model that a metric below a model belongs to.
pub(crate) fn other(
    scope: &Scope<'_>,
    entry: &Entry<'_>,
    kind: ResourceKind,
    attached: Option<&Attached>,
    problems: &mut Vec<Diagnostic>,
) -> OtherResource {
    let package = scope.package(entry.package).name.clone();
    let fqn = fqn(&package, &entry.file.path, &entry.name);
    let patch = entry.data.get("config").and_then(Json::as_object).cloned().unwrap_or_default();
    let empty = JsonMap::new();
    let request = ConfigRequest { kind, package: entry.package, fqn: &fqn, patch: &patch, call: &empty };
    let resolved = scope.configs.resolve(&request);
    let subject = format!("{} `{}`", kind.noun(), entry.name);
    let places = [entry.span(entry.yaml)];
    problems.extend(resolved.problems.iter().map(|problem| config_problem(problem, &subject, &places)));
    let config = NodeConfig::new(resolved.config);
    let mut tags = texts(entry.data.get("tags"));
    tags.extend(config.tags());
    tags.sort();
    tags.dedup();
    let meta = config.get("meta").cloned().unwrap_or_default();
    let mut body = match kind {
        ResourceKind::SemanticModel => semantic::semantic_model(&entry.data, &meta),
        ResourceKind::Metric => {
            semantic::metric_problems(entry, attached, problems);
            semantic::metric(&entry.data, attached)
        }
        ResourceKind::SavedQuery => {
            let target = &scope.project.target;
            semantic::saved_query(&entry.data, &config.values, &target.database, &target.schema)
        }
        _ => entry.data.clone(),
    };
    body.shift_remove("config");
    if matches!(kind, ResourceKind::Metric | ResourceKind::SavedQuery) {
        body.insert("tags".to_string(), tags.iter().cloned().collect());
    }
    if kind == ResourceKind::Metric {
        // The newer way to write a metric has meta below `config` alone.
        let is_old = entry.data.contains_key("type_params");
        body.insert("meta".to_string(), if is_old { meta } else { Json::Object(JsonMap::new()) });
        for nothing in ["sources", "metrics"] {
            body.insert(nothing.to_string(), Json::Array(Vec::new()));
        }
    }
    body.insert("unrendered_config".to_string(), Json::Object(scope.configs.unrendered(&request)));
    body.insert("group".to_string(), config.get("group").cloned().unwrap_or(Json::Null));
    let refs = entry.text("model").and_then(target).into_iter().filter_map(|found| match found {
        Target::Ref { package, name, version } => {
            let place = entry.yaml.get("model").unwrap_or(entry.yaml);
            Some(RefCall { package, name, version, span: Some(entry.span(place)) })
        }
        Target::Source { .. } => None,
    });
    OtherResource {
        unique_id: UniqueId::new(format!("{}.{package}.{}", kind.resource_type(), entry.name)),
        resource_type: kind.resource_type(),
        name: entry.name.clone(),
        package_name: package,
        path: entry.file.path.clone(),
        original_file_path: entry.file.original_file_path.clone(),
        fqn,
        refs: refs.collect(),
        config,
        tags,
        depends_on: DependsOn::default(),
        body,
        created_at: scope.created_at,
        span: entry.name_span(),
    }
}

/// The metrics that a semantic model's measures ask for.
pub(crate) fn created_metrics(
    scope: &Scope<'_>,
    entry: &Entry<'_>,
    model: &OtherResource,
    problems: &mut Vec<Diagnostic>,
) -> Vec<OtherResource> {
    let meta = model.config.get("meta").cloned().unwrap_or_default();
    let metrics = semantic::created_metrics(&entry.data, &meta, model.config.is_enabled());
    let named = metrics.into_iter().filter_map(|data| {
        let name = data.get("name")?.as_str()?.to_string();
        Some(Entry {
            file: entry.file,
            package: entry.package,
            section: Section::Metrics,
            yaml: entry.yaml,
            name,
            data,
        })
    });
    named.map(|metric| other(scope, &metric, ResourceKind::Metric, None, problems)).collect()
}

/// Puts docs blocks into the descriptions of a semantic model, its parts, a metric or a saved query.
pub(crate) fn describe(
    scope: &Scope<'_>,
    docs: &Docs,
    package: usize,
    other: &mut OtherResource,
    problems: &mut Vec<Diagnostic>,
) {
    let place = other.span.clone();
    let mut describe = |body: &mut JsonMap| {
        if let Some(Json::String(text)) = body.get_mut("description") {
            *text = docs.described(scope, text, package, &|| place.clone(), &mut Vec::new(), problems);
        }
    };
    describe(&mut other.body);
    if other.resource_type == "semantic_model" {
        for key in ["dimensions", "measures", "entities"] {
            let parts = other.body.get_mut(key).and_then(Json::as_array_mut).into_iter().flatten();
            parts.filter_map(Json::as_object_mut).for_each(&mut describe);
        }
    }
}

/// Tells semantic models where the relation of their model lies.
pub(crate) fn locate(manifest: &mut Manifest) {
    let nodes = &manifest.nodes;
    for other in manifest.others.values_mut().filter(|other| other.resource_type == "semantic_model") {
        let Some(node) = other.depends_on.nodes.first().and_then(|id| nodes.get(id)) else { continue };
        let relation = serde_json::json!({
            "alias": node.alias,
            "schema_name": node.schema,
            "database": node.database,
            "relation_name": node.relation_name,
        });
        Arc::make_mut(other).body.insert("node_relation".to_string(), relation);
    }
}

pub(crate) fn kind_of(section: Section) -> Option<ResourceKind> {
    match section {
        Section::Metrics => Some(ResourceKind::Metric),
        Section::SemanticModels => Some(ResourceKind::SemanticModel),
        Section::SavedQueries => Some(ResourceKind::SavedQuery),
        Section::Models
        | Section::Seeds
        | Section::Snapshots
        | Section::Sources
        | Section::Macros
        | Section::DataTests
        | Section::Analyses
        | Section::Functions
        | Section::Exposures
        | Section::Groups
        | Section::UnitTests => None,
    }
}

/// Metrics read semantic models by their measures, and other metrics by name; saved queries read metrics.
pub(crate) fn connect(others: &mut [(usize, OtherResource)], problems: &mut Vec<Diagnostic>) {
    let mut by_measure: HashMap<String, UniqueId> = HashMap::new();
    let mut metrics: HashMap<String, UniqueId> = HashMap::new();
    for (_, other) in others.iter().filter(|(_, other)| other.config.is_enabled()) {
        let measures = other.body.get("measures").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for name in measures.iter().filter_map(|measure| measure.get("name").and_then(Json::as_str)) {
            by_measure.insert(name.to_string(), other.unique_id.clone());
        }
        if other.resource_type == "metric" {
            metrics.insert(other.name.clone(), other.unique_id.clone());
        }
    }
    for (_, other) in others.iter_mut().filter(|(_, other)| other.config.is_enabled()) {
        let (measure_names, metric_names) = match other.resource_type {
            "metric" => semantic::inputs(&other.body),
            "saved_query" => {
                let listed = other.body.get("query_params").and_then(|params| params.get("metrics"));
                (Vec::new(), texts(listed))
            }
            _ => continue,
        };
        // Of which rows a metric below a model is made is known, not looked for.
        if let Some(model) = aggregated(&other.body) {
            let id = UniqueId::new(format!("semantic_model.{}.{model}", other.package_name));
            other.depends_on.nodes.push(id);
        }
        let found = measure_names
            .iter()
            .map(|name| (name, "measure", by_measure.get(name)))
            .chain(metric_names.iter().map(|name| (name, "metric", metrics.get(name))));
        for (name, noun, id) in found {
            match id {
                Some(id) if !other.depends_on.nodes.contains(id) => other.depends_on.nodes.push(id.clone()),
                Some(_) => {}
                None => problems.push(
                    Diagnostic::error(
                        "unresolved-metric",
                        format!("`{}` uses the {noun} `{name}`, which does not exist", other.name),
                    )
                    .at(other.span.clone(), "declared here")
                    .suggest(name, by_measure.keys().chain(metrics.keys()).map(String::as_str)),
                ),
            }
        }
    }
    semantic::fill_measures(others, &metrics);
}

/// The semantic model whose rows a metric aggregates itself.
fn aggregated(metric: &JsonMap) -> Option<&str> {
    metric.get("type_params")?.get("metric_aggregation_params")?.get("semantic_model")?.as_str()
}
