//! What properties say about macros, and arguments that a macro never uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::docs_of;
use super::properties::Entry;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap, Macro, MacroArgument, UniqueId};
use crate::source::Span;

/// All macros, described.
pub(crate) fn macros(
    scope: &Scope<'_>,
    entries: &[&Entry<'_>],
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<UniqueId, Arc<Macro>> {
    let mut macros: BTreeMap<UniqueId, Arc<Macro>> = BTreeMap::new();
    for found in scope.engine.macros() {
        let mut found = Macro::clone(found);
        found.docs = JsonMap::clone(&docs_of(&JsonMap::new()));
        found.config = described_config(JsonMap::new(), found.docs.clone());
        if found.arguments.is_empty() {
            found.arguments = found
                .signature
                .iter()
                .map(|(name, _)| MacroArgument { name: name.clone(), kind: None, description: String::new() })
                .collect();
        }
        macros.insert(found.unique_id.clone(), Arc::new(found));
    }
    for entry in entries {
        describe(scope, entry, &mut macros, problems);
    }
    let built_in: Vec<String> = macros
        .values()
        .filter(|found| scope.project.package(&found.package_name).is_none())
        .map(|found| found.name.clone())
        .collect();
    for found in macros.values().filter(|found| found.package_name == scope.project.name()) {
        problems.extend(unused_arguments(found, &built_in));
    }
    macros
}

fn describe(
    scope: &Scope<'_>,
    entry: &Entry<'_>,
    macros: &mut BTreeMap<UniqueId, Arc<Macro>>,
    problems: &mut Vec<Diagnostic>,
) {
    let package = &scope.package(entry.package).name;
    let id = UniqueId::new(format!("macro.{package}.{}", entry.name));
    let Some(found) = macros.get_mut(&id) else {
        let known = macros.values().filter(|found| found.package_name == *package).map(|found| found.name.as_str());
        problems.push(
            Diagnostic::warning("unmatched-patch", format!("macro `{}` is described, but does not exist", entry.name))
                .at(entry.name_span(), "no macro has this name")
                .suggest(&entry.name, known),
        );
        return;
    };
    let found = Arc::make_mut(found);
    if let Some(first) = &found.patch_path {
        problems.push(
            Diagnostic::error("described-twice", format!("macro `{}` is described twice", entry.name))
                .at(entry.name_span(), format!("first in `{}`", first.rsplit("://").next().unwrap_or(first)))
                .help("keep one of the two entries"),
        );
        return;
    }
    found.patch_path = Some(entry.patch_path(scope));
    found.description = entry.text("description").unwrap_or_default().to_string();
    let of_config = |key: &str| entry.data.get("config").and_then(|config| config.get(key));
    let object = |value: Option<&Json>| value.and_then(Json::as_object).cloned();
    let mut meta = object(entry.data.get("meta")).unwrap_or_default();
    meta.extend(object(of_config("meta")).unwrap_or_default());
    let docs = object(of_config("docs")).or_else(|| object(entry.data.get("docs"))).unwrap_or_default();
    let docs = docs_of(&JsonMap::from_iter([("docs".to_string(), Json::Object(docs))]));
    found.docs = JsonMap::clone(&docs);
    found.config = described_config(meta.clone(), found.docs.clone());
    found.meta = meta;
    let written = entry.data.get("arguments").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |argument: &Json, key: &str| argument.get(key).and_then(Json::as_str).map(str::to_string);
    let described: Vec<_> = written
        .iter()
        .filter_map(|argument| {
            Some(MacroArgument {
                name: text(argument, "name")?,
                kind: text(argument, "type"),
                description: text(argument, "description").unwrap_or_default(),
            })
        })
        .collect();
    for (index, argument) in described.iter().enumerate() {
        if !found.signature.iter().any(|(name, _)| *name == argument.name) {
            let places = entry.yaml.get("arguments").map(crate::project::yaml::Yaml::items).unwrap_or_default();
            let place = places
                .get(index)
                .map_or_else(|| entry.name_span(), |item| entry.span(item.get("name").unwrap_or(item)));
            problems.push(
                Diagnostic::warning(
                    "unmatched-argument",
                    format!("macro `{}` has no argument `{}`", entry.name, argument.name),
                )
                .at(place, "described here")
                .suggest(&argument.name, found.signature.iter().map(|(name, _)| name.as_str())),
            );
        }
    }
    if !described.is_empty() {
        found.arguments = described;
    }
}

fn described_config(meta: JsonMap, docs: JsonMap) -> JsonMap {
    JsonMap::from_iter([("meta".to_string(), Json::Object(meta)), ("docs".to_string(), Json::Object(docs))])
}

/// Arguments that stand in the signature and nowhere else.
///
/// Macros whose signature is not their own choice are left alone: implementations behind `adapter.dispatch`,
/// overrides of built-in macros, materializations; and those that pass everything on.
fn unused_arguments(found: &Macro, built_in: &[String]) -> Vec<Diagnostic> {
    let is_bound =
        found.name.contains("__") || found.name.starts_with("materialization_") || built_in.contains(&found.name);
    let text = found.block.text();
    if is_bound || text.contains("varargs") || text.contains("kwargs") {
        return Vec::new();
    }
    let name_end = (found.name_span.end.saturating_sub(found.block.start)) as usize;
    let Some(signature_end) = text.get(name_end..).and_then(|rest| rest.find("%}")).map(|end| name_end + end) else {
        return Vec::new();
    };
    let (signature, body) = (&text[name_end..signature_end], &text[signature_end..]);
    let mut problems = Vec::new();
    for (argument, _) in &found.signature {
        let uses_in_signature = words(signature, argument).count();
        // `model` is handed to every test, whether it wants it or not.
        let is_given = found.name.starts_with("test_") && argument == "model";
        if is_given || uses_in_signature > 1 || words(body, argument).next().is_some() {
            continue;
        }
        let Some(at) = words(signature, argument).next() else { continue };
        let start = found.block.start as usize + name_end + at;
        problems.push(
            Diagnostic::warning(
                "unused-argument",
                format!("macro `{}` never uses its argument `{argument}`", found.name),
            )
            .at(Span::new(&found.file, start..start + argument.len()), "not used in the body")
            .help(format!("remove `{argument}`, or use it")),
        );
    }
    problems
}

/// Where `word` stands in a text as a whole word.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word)
        .filter(move |(at, _)| {
            !is_part(text[..*at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next())
        })
        .map(|(at, _)| at)
}
