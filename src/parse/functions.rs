//! User-defined functions: a body in a file, a signature in properties. Kept, not run.

use super::config::ConfigRequest;
use super::draft::{base_json, config_problem, fqn, stem};
use super::kind::ResourceKind;
use super::node::{docs_of, tags_of};
use super::properties::{Entry, invalid};
use super::scope::{Scope, has_jinja};
use super::{blocks, checksum};
use crate::diagnostic::Diagnostic;
use crate::jinja::{CaptureRequest, Captured};
use crate::manifest::{DependsOn, Json, JsonMap, NodeConfig, OtherResource, SourceCall, UniqueId};
use crate::project::PackageFile;
use crate::source::Span;

/// A function, the index of its package, and the sources its body reads.
pub(crate) type Function = (usize, OtherResource, Vec<SourceCall>);

/// The functions of every package. Entries that describe none are told.
pub(crate) fn functions(scope: &Scope<'_>, entries: &[&Entry<'_>], problems: &mut Vec<Diagnostic>) -> Vec<Function> {
    let mut found = Vec::new();
    let mut names = Vec::new();
    for (package, owner) in scope.project.packages.iter().enumerate() {
        for file in &owner.files.functions {
            let name = stem(&file.path);
            let entry = entries.iter().find(|entry| entry.name == name && entry.package == package).copied();
            names.push((package, name));
            found.push(function(scope, package, file, entry, problems));
        }
    }
    for entry in entries.iter().filter(|entry| !names.contains(&(entry.package, entry.name.as_str()))) {
        problems.push(
            Diagnostic::warning(
                "unmatched-patch",
                format!("function `{}` is described, but does not exist", entry.name),
            )
            .at(entry.name_span(), "no file in functions/ has this name")
            .suggest(&entry.name, names.iter().map(|(_, name)| *name)),
        );
    }
    found
}

fn function(
    scope: &Scope<'_>,
    package: usize,
    file: &PackageFile,
    entry: Option<&Entry<'_>>,
    problems: &mut Vec<Diagnostic>,
) -> Function {
    let name = stem(&file.path);
    let package_name = scope.package(package).name.clone();
    let fqn = fqn(&package_name, &file.path, name);
    let text = &file.file.text;
    let code = Span::new(&file.file, blocks::trimmed(text, 0..text.len()));
    let captured = captured(scope, package, name, &fqn, &file.path, &code).unwrap_or_else(|problem| {
        problems.push(*problem);
        Captured::default()
    });
    let mut call = JsonMap::new();
    for written in &captured.configs {
        super::config::merge_call(&mut call, written);
    }
    let data = entry.map(|entry| entry.data.clone()).unwrap_or_default();
    let patch = data.get("config").and_then(Json::as_object).cloned().unwrap_or_default();
    let request = ConfigRequest { kind: ResourceKind::Function, package, fqn: &fqn, patch: &patch, call: &call };
    let resolved = scope.configs.resolve(&request);
    let places: Vec<_> = entry.iter().map(|entry| entry.span(entry.yaml)).chain([code.clone()]).collect();
    let subject = format!("function `{name}`");
    problems.extend(resolved.problems.iter().map(|problem| config_problem(problem, &subject, &places)));
    let make = || base_json(scope, ResourceKind::Function, package, name, &fqn, &file.path);
    let called = (name, false);
    let names = scope.names(ResourceKind::Function, &resolved.merged, called, &make, &package_name);
    let names = names.unwrap_or_else(|problem| {
        problems.push(*problem);
        super::scope::Names::default()
    });
    if data.get("returns").is_none_or(|returns| returns.get("data_type").is_none()) {
        let place = entry.map_or_else(|| Span::start_of(&file.file), Entry::name_span);
        problems.push(
            invalid(format!("function `{name}` does not say what it returns"))
                .at(place, "this function")
                .help("add `returns: {data_type: …}` in a yml"),
        );
    }
    let nothing = JsonMap::new();
    let relation_name = scope.relation_name(names.database.as_deref(), &names.schema, &names.alias, &nothing);
    let config = NodeConfig::new(resolved.config);
    let tags = tags_of(&config.values);
    let body = JsonMap::from_iter(
        [
            ("relation_name", Json::from(relation_name)),
            ("database", Json::from(names.database)),
            ("schema", Json::from(names.schema)),
            ("alias", Json::from(names.alias)),
            ("checksum", serde_json::json!({"name": "sha256", "checksum": checksum::of_text(text)})),
            ("tags", tags.clone().into()),
            ("description", data.get("description").cloned().unwrap_or_else(|| Json::from(""))),
            ("meta", config.get("meta").cloned().unwrap_or_default()),
            ("docs", Json::Object(JsonMap::clone(&docs_of(&config.values)))),
            ("patch_path", entry.map(|entry| entry.patch_path(scope)).into()),
            ("unrendered_config", Json::Object(scope.configs.unrendered(&request))),
            ("raw_code", Json::from(code.text())),
            ("language", Json::from(language(&file.path))),
            ("arguments", arguments(data.get("arguments"))),
            ("returns", data.get("returns").map_or(Json::Null, |returns| completed(returns, &["description"]))),
            ("overloads", Json::Array(Vec::new())),
            ("group", config.get("group").cloned().unwrap_or(Json::Null)),
        ]
        .map(|(key, value)| (key.to_string(), value)),
    );
    let resource = OtherResource {
        unique_id: UniqueId::new(format!("function.{package_name}.{name}")),
        resource_type: "function",
        name: name.to_string(),
        package_name,
        path: file.path.clone(),
        original_file_path: file.original_file_path.clone(),
        fqn,
        config,
        tags,
        refs: captured.refs,
        depends_on: DependsOn { nodes: Vec::new(), macros: captured.macros },
        body,
        created_at: scope.created_at,
        span: entry.map_or_else(|| Span::start_of(&file.file), Entry::name_span),
    };
    (package, resource, captured.sources)
}

fn captured(
    scope: &Scope<'_>,
    package: usize,
    name: &str,
    fqn: &[String],
    path: &str,
    code: &Span,
) -> Result<Captured, Box<Diagnostic>> {
    if !path.ends_with(".sql") || !has_jinja(code.text()) {
        return Ok(Captured::default());
    }
    let empty = JsonMap::new();
    scope.engine.capture(&CaptureRequest {
        code,
        package: &scope.package(package).name,
        vars: scope.vars(package),
        model: &base_json(scope, ResourceKind::Function, package, name, fqn, path),
        config: &empty,
        is_model: false,
    })
}

fn arguments(written: Option<&Json>) -> Json {
    let written = written.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    written.iter().map(|argument| completed(argument, &["description", "default_value"])).collect()
}

/// A map with nulls for the keys it leaves out.
fn completed(written: &Json, keys: &[&str]) -> Json {
    let mut map = written.as_object().cloned().unwrap_or_default();
    for key in keys {
        map.entry(*key).or_insert(Json::Null);
    }
    Json::Object(map)
}

fn language(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("py") => "python",
        Some("js") => "javascript",
        Some(_) | None => "sql",
    }
}
