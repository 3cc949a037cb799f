//! What is particular to user-defined functions: the signature that a yml gives, and overloads, whose bodies are files of
//! their own.

use std::collections::HashMap;

use super::assemble::{OwnNode, Owned};
use super::properties::{Entry, invalid};
use crate::diagnostic::Diagnostic;
use crate::manifest::{FunctionFacts, Json, Node, NodeKind, RefCall, UniqueId};
use crate::relation::AdapterKind;
use crate::source::Span;

/// The signature in an entry of `functions:`.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub arguments: Vec<Json>,
    pub returns: Option<Json>,
    pub overloads: Vec<DeclaredOverload>,
}

/// An item of `overloads:`.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredOverload {
    pub defined_in: String,
    pub arguments: Vec<Json>,
    pub returns: Option<Json>,
    pub description: Option<String>,
    pub span: Span,
}

pub(crate) fn signature(entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) -> Signature {
    let returns = returns(entry.data.get("returns"));
    if returns.is_none() {
        problems.push(
            invalid(format!("function `{}` does not say what it returns", entry.name))
                .at(entry.name_span(), "this function")
                .help("add `returns: {data_type: …}`"),
        );
    }
    check_defaults(entry, problems);
    let written = entry.data.get("overloads").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let items = entry.yaml.get("overloads").map(|list| list.items()).unwrap_or_default();
    let overloads = written.iter().zip(items).filter_map(|(overload, yaml)| {
        let text = |key: &str| overload.get(key).and_then(Json::as_str).map(str::to_string);
        let Some(defined_in) = text("defined_in") else {
            problems.push(
                invalid(format!("an overload of function `{}` does not name its file", entry.name))
                    .at(entry.span(yaml), "a `defined_in` is missing")
                    .help("add `defined_in:` with the name of the file in functions/, without its ending"),
            );
            return None;
        };
        Some(DeclaredOverload {
            span: entry.span(yaml.get("defined_in").unwrap_or(yaml)),
            defined_in,
            arguments: arguments(overload.get("arguments")),
            returns: self::returns(overload.get("returns")),
            description: text("description"),
        })
    });
    Signature { overloads: overloads.collect(), arguments: arguments(entry.data.get("arguments")), returns }
}

/// Arguments that may be left out come last.
fn check_defaults(entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) {
    let list = entry.yaml.get("arguments").map(|list| list.items()).unwrap_or_default();
    let written = entry.data.get("arguments").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let has_default = |argument: &&Json| argument.get("default_value").is_some_and(|value| !value.is_null());
    let defaulted = written.iter().position(|argument| has_default(&argument));
    let Some(first) = defaulted else { return };
    for (argument, yaml) in written.iter().zip(list).skip(first).filter(|(argument, _)| !has_default(argument)) {
        let name = argument.get("name").and_then(Json::as_str).unwrap_or_default();
        problems.push(
            invalid(format!("argument `{name}` of function `{}` follows one that has a default", entry.name))
                .at(entry.span(yaml), "this has no `default_value`")
                .help("give it a `default_value`, too, or move it before those that have one"),
        );
    }
}

fn arguments(written: Option<&Json>) -> Vec<Json> {
    let written = written.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let keys = ["name", "data_type", "description", "default_value"];
    written.iter().filter(|argument| argument.is_object()).map(|argument| completed(argument, &keys)).collect()
}

fn returns(written: Option<&Json>) -> Option<Json> {
    written.filter(|returns| returns.get("data_type").is_some()).map(|it| completed(it, &["data_type", "description"]))
}

/// A map of these keys, with nulls for those that are left out.
fn completed(written: &Json, keys: &[&str]) -> Json {
    keys.iter().map(|key| (key.to_string(), written.get(key).cloned().unwrap_or_default())).collect()
}

/// Gives overloads their bodies, and what these refer to; their files are no functions of their own then.
pub(crate) fn absorb_overloads(
    nodes: &mut Vec<Owned<OwnNode>>,
    declared: Vec<(UniqueId, Vec<DeclaredOverload>)>,
    problems: &mut Vec<Diagnostic>,
) {
    if declared.is_empty() {
        return;
    }
    let mut owners: HashMap<UniqueId, String> = HashMap::new();
    let functions: HashMap<UniqueId, usize> = nodes
        .iter()
        .enumerate()
        .filter(|(_, (_, node))| matches!(node.kind, NodeKind::Function(_)))
        .map(|(index, (_, node))| (node.unique_id.clone(), index))
        .collect();
    for (id, overloads) in declared {
        let Some(&owner) = functions.get(&id) else { continue };
        for overload in overloads {
            let (package, name) = (nodes[owner].1.package_name.clone(), nodes[owner].1.name.clone());
            let body = UniqueId::new(format!("function.{package}.{}", overload.defined_in));
            let wrong = |message: String| invalid(message).at(overload.span.clone(), "this file");
            let in_question = format!("overload `{}` of function `{name}`", overload.defined_in);
            if body == id {
                problems.push(wrong(format!("function `{name}` is named as an overload of itself")));
            } else if let Some(other) = owners.get(&body) {
                problems.push(
                    wrong(format!("{in_question} belongs to function `{other}` already"))
                        .help("make a file for each overload"),
                );
            } else if let Some(&found) = functions.get(&body) {
                owners.insert(body, name);
                let body = nodes[found].1.clone();
                absorb(&mut nodes[owner].1, &body, overload);
            } else {
                let names = functions.values().map(|index| nodes[*index].1.name.as_str());
                problems.push(
                    wrong(format!("{in_question} does not exist"))
                        .help(format!("add `functions/{}.sql`", overload.defined_in))
                        .suggest(&overload.defined_in, names),
                );
            }
        }
    }
    nodes.retain(|(_, node)| !owners.contains_key(&node.unique_id));
}

fn absorb(owner: &mut Node, body: &Node, declared: DeclaredOverload) {
    let is_new = |known: &[RefCall], call: &RefCall| {
        !known.iter().any(|one| (&one.package, &one.name, &one.version) == (&call.package, &call.name, &call.version))
    };
    for call in &body.refs {
        if is_new(&owner.refs, call) {
            owner.refs.push(call.clone());
        }
    }
    for call in &body.functions {
        if is_new(&owner.functions, call) {
            owner.functions.push(call.clone());
        }
    }
    for call in &body.sources {
        if !owner.sources.iter().any(|one| (&one.source, &one.table) == (&call.source, &call.table)) {
            owner.sources.push(call.clone());
        }
    }
    let NodeKind::Function(FunctionFacts { overloads, .. }) = &mut owner.kind else { return };
    overloads.push(crate::manifest::FunctionOverload {
        defined_in: declared.defined_in,
        arguments: declared.arguments,
        returns: declared.returns,
        description: declared.description,
        code: body.code.clone(),
    });
}

/// JavaScript runs on BigQuery alone.
/// Source: dbt-core 1.12, `_check_function_language_support`.
pub(crate) fn refuse_language(node: &Node, kind: AdapterKind) -> Option<Diagnostic> {
    let is_function = matches!(node.kind, NodeKind::Function(_)) && node.config.is_enabled();
    if !is_function || node.language() != "javascript" || kind == AdapterKind::BigQuery {
        return None;
    }
    let message = format!("function `{}` is in JavaScript, which {} does not run", node.name, kind.name());
    let problem = Diagnostic::error("unsupported", message).at(node.place(), "this file");
    Some(problem.help("write it in SQL, or disable it for this target: `enabled: \"{{ target.type == 'bigquery' }}\"`"))
}
