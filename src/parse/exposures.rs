//! Exposures and groups.

use super::calls::{Target, target};
use super::columns::texts;
use super::config::ConfigRequest;
use super::draft::{config_problem, fqn};
use super::kind::ResourceKind;
use super::properties::{Entry, invalid};
use super::scope::Scope;
use crate::diagnostic::{Diagnostic, Label};
use crate::jinja::CaptureRequest;
use crate::manifest::{DependsOn, Exposure, Group, Json, JsonMap, NodeConfig, RefCall, SourceCall, UniqueId};
use crate::project::yaml::Yaml;
use crate::source::{SourceFile, Span};

/// Source: dbt-core 1.12, `ExposureType` and `MaturityType`.
const KINDS: [&str; 5] = ["dashboard", "notebook", "analysis", "ml", "application"];
const MATURITIES: [&str; 3] = ["low", "medium", "high"];

pub(crate) fn exposure(scope: &Scope<'_>, entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) -> Exposure {
    let package = scope.package(entry.package).name.clone();
    let fqn = fqn(&package, &entry.file.path, &entry.name);
    let patch = entry.data.get("config").and_then(Json::as_object).cloned().unwrap_or_default();
    let empty = JsonMap::new();
    let request =
        ConfigRequest { kind: ResourceKind::Exposure, package: entry.package, fqn: &fqn, patch: &patch, call: &empty };
    let resolved = scope.configs.resolve(&request);
    let subject = format!("exposure `{}`", entry.name);
    let places = [entry.span(entry.yaml)];
    problems.extend(resolved.problems.iter().map(|problem| config_problem(problem, &subject, &places)));
    let unrendered_config = scope.configs.unrendered(&request);
    let mut config = JsonMap::clone(&resolved.config);
    // Written at the exposure and in its config, both count.
    let mut tags = texts(entry.data.get("tags"));
    tags.extend(texts(config.get("tags")));
    tags.sort();
    tags.dedup();
    let mut meta = entry.data.get("meta").and_then(Json::as_object).cloned().unwrap_or_default();
    meta.extend(config.get("meta").and_then(Json::as_object).cloned().unwrap_or_default());
    config.insert("tags".to_string(), tags.clone().into());
    config.insert("meta".to_string(), Json::Object(meta.clone()));

    let kind = one_of(entry, "type", &KINDS, true, problems).unwrap_or_default();
    let maturity = one_of(entry, "maturity", &MATURITIES, false, problems);
    let text = |key: &str| entry.text(key).map(str::to_string);
    let (refs, sources, metrics) = depends_on(scope, entry, problems);
    Exposure {
        unique_id: UniqueId::new(format!("exposure.{package}.{}", entry.name)),
        name: entry.name.clone(),
        kind,
        label: text("label"),
        owner: owner(entry, "exposure", problems),
        maturity,
        url: text("url"),
        description: text("description").unwrap_or_default(),
        path: entry.file.path.clone(),
        original_file_path: entry.file.original_file_path.clone(),
        fqn,
        config: NodeConfig::new(config),
        unrendered_config,
        meta,
        tags,
        refs,
        sources,
        metrics,
        depends_on: DependsOn::default(),
        created_at: scope.created_at,
        span: entry.name_span(),
        package_name: package,
    }
}

fn one_of(
    entry: &Entry<'_>,
    key: &str,
    allowed: &[&'static str],
    is_needed: bool,
    problems: &mut Vec<Diagnostic>,
) -> Option<String> {
    let names = || allowed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match entry.data.get(key) {
        Some(Json::String(text)) if allowed.contains(&text.as_str()) => return Some(text.clone()),
        None | Some(Json::Null) if !is_needed => {}
        None | Some(Json::Null) => problems.push(
            invalid(format!("exposure `{}` has no `{key}`", entry.name))
                .at(entry.name_span(), "declared here")
                .help(format!("add `{key}:` with one of {}", names())),
        ),
        Some(value) => {
            let written = crate::manifest::python::text(value);
            problems.push(
                invalid(format!("`{key}` of exposure `{}` is `{written}`", entry.name))
                    .at(entry.span(entry.yaml.get(key).unwrap_or(entry.yaml)), format!("one of {}", names()))
                    .suggest(&written, allowed.iter().copied()),
            );
        }
    }
    None
}

fn owner(entry: &Entry<'_>, noun: &str, problems: &mut Vec<Diagnostic>) -> JsonMap {
    let owner = entry.data.get("owner").and_then(Json::as_object).cloned().unwrap_or_default();
    let is_known = ["name", "email"].iter().any(|key| owner.get(*key).is_some_and(|value| !value.is_null()));
    if !is_known {
        problems.push(
            invalid(format!("the owner of {noun} `{}` has neither name nor email", entry.name))
                .at(entry.span(entry.yaml.get("owner").unwrap_or(entry.yaml)), "who owns it?")
                .help("write `owner: {email: someone@example.com}`"),
        );
    }
    // dbt writes both, in this order, whatever was given.
    let mut completed = JsonMap::new();
    for key in ["email", "name"] {
        completed.insert(key.to_string(), owner.get(key).cloned().unwrap_or(Json::Null));
    }
    for (key, value) in owner {
        completed.entry(key).or_insert(value);
    }
    completed
}

type References = (Vec<RefCall>, Vec<SourceCall>, Vec<Vec<String>>);

/// `depends_on:` is a list of calls.
fn depends_on(scope: &Scope<'_>, entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) -> References {
    let (mut refs, mut sources, mut metrics) = (Vec::new(), Vec::new(), Vec::new());
    let places = entry.yaml.get("depends_on").map(Yaml::items).unwrap_or_default();
    let written = entry.data.get("depends_on").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    for (call, place) in written.iter().zip(places) {
        let span = entry.span(place);
        let Some(text) = call.as_str() else { continue };
        match target(text) {
            Some(Target::Ref { package, name, version }) => {
                refs.push(RefCall { package, name, version, span: Some(span) });
            }
            Some(Target::Source { source, table }) => sources.push(SourceCall { source, table, span: Some(span) }),
            None if !text.contains('(') => problems.push(no_reference(entry, text, span)),
            None => match captured(scope, entry, text, &span) {
                Ok((more_refs, more_sources, more_metrics)) => {
                    if more_refs.is_empty() && more_sources.is_empty() && more_metrics.is_empty() {
                        problems.push(no_reference(entry, text, span));
                    }
                    refs.extend(more_refs);
                    sources.extend(more_sources);
                    metrics.extend(more_metrics);
                }
                Err(problem) => problems.push(*problem),
            },
        }
    }
    (refs, sources, metrics)
}

fn no_reference(entry: &Entry<'_>, text: &str, span: Span) -> Diagnostic {
    invalid(format!("exposure `{}` depends on `{text}`, which is no reference", entry.name))
        .at(span, "names nothing")
        .help(format!("write `ref('{}')`", text.trim()))
}

fn captured(scope: &Scope<'_>, entry: &Entry<'_>, text: &str, span: &Span) -> Result<References, Box<Diagnostic>> {
    let file = SourceFile::in_memory(entry.file.yaml.file.path.as_str(), format!("{{{{ {text} }}}}"));
    let empty = JsonMap::new();
    let captured = scope.engine.capture(&CaptureRequest {
        code: &Span::new(&file, 0..file.text.len()),
        package: &scope.package(entry.package).name,
        vars: scope.vars(entry.package),
        model: &empty,
        config: &empty,
        is_model: false,
    });
    let mut captured = captured.map_err(|mut problem| {
        // The call was put into braces here; what the author wrote is the item.
        problem.labels = vec![Label { span: span.clone(), text: "in this call".to_string() }];
        problem
    })?;
    captured.refs.iter_mut().for_each(|call| call.span = Some(span.clone()));
    captured.sources.iter_mut().for_each(|call| call.span = Some(span.clone()));
    Ok((captured.refs, captured.sources, captured.metrics))
}

pub(crate) fn group(scope: &Scope<'_>, entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) -> Group {
    let package = scope.package(entry.package).name.clone();
    let meta = entry.data.get("config").and_then(|config| config.get("meta")).cloned();
    let meta = meta.filter(Json::is_object).unwrap_or_else(|| Json::Object(JsonMap::new()));
    Group {
        unique_id: UniqueId::new(format!("group.{package}.{}", entry.name)),
        name: entry.name.clone(),
        path: entry.file.path.clone(),
        original_file_path: entry.file.original_file_path.clone(),
        owner: owner(entry, "group", problems),
        description: entry.text("description").map(str::to_string),
        config: JsonMap::from_iter([("meta".to_string(), meta)]),
        package_name: package,
    }
}
