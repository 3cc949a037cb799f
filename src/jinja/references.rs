//! `ref`, `source`, `function`, `metric`, `doc`: what a text refers to; noted while parsing, resolved while running.

use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Error, State};

use super::RunScope;
use super::adapter_object::refuse;
use super::errors::{Raised, warehouse_diagnostic};
use super::relation_object::{RelationObject, function_relation, node_relation, relation_of_model, source_relation};
use super::scope::{Mode, Scope};
use super::silent::is_undefined;
use super::values::{invalid, python_str, split_kwargs, to_json};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, Materialization, Node, RefCall, SourceCall};
use crate::relation::{Relation, RelationKind};

/// `ref('model')`, `ref('package', 'model')`, `ref('model', v=2)`.
pub(super) fn reference(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let (package, name) = package_and_name("ref", "model", positional)?;
    let version = kwargs
        .as_ref()
        .and_then(|kwargs| ["version", "v"].iter().find_map(|key| kwargs.get::<Option<Value>>(key).ok().flatten()));
    let version =
        version.filter(|version| !version.is_none() && !is_undefined(version)).map(|version| to_json(&version));
    if let Mode::Parse(_) = scope.mode {
        scope.note(|captured| captured.refs.push(RefCall { package, name, version, span: None }));
        return Ok(relation_of_model(scope).map_or_else(|| Value::from(""), RelationObject::value));
    }
    resolve_reference(scope, &name, package.as_deref(), version.as_ref())
}

/// The one or two names of a `ref` or `function`.
fn package_and_name(call: &str, noun: &str, positional: &[Value]) -> Result<(Option<String>, String), Error> {
    let wrong = |message: String| refuse("invalid-ref", message);
    let (package, name) = match positional {
        [name] => (None, name),
        [package, name] => (Some(package), name),
        _ => return Err(wrong(format!("`{call}` takes a {noun}'s name, or a package's and a {noun}'s"))),
    };
    let text = |value: &Value, what: &str| match value.as_str() {
        Some(text) => Ok(text.to_string()),
        None => Err(wrong(format!("the {what} given to `{call}` must be text, not {}", value.kind()))),
    };
    let name = text(name, "name")?;
    let package = package.filter(|package| !package.is_none()).map(|package| text(package, "package")).transpose()?;
    Ok((package, name))
}

/// `function('name')`, `function('package', 'name')`.
pub(super) fn function_call(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    if let Some(name) = kwargs.as_ref().and_then(|kwargs| kwargs.args().next()) {
        return Err(refuse("invalid-ref", format!("`function` takes no argument `{name}`")));
    }
    let (package, name) = package_and_name("function", "function", positional)?;
    if let Mode::Parse(_) = scope.mode {
        scope.note(|captured| captured.functions.push(RefCall { package, name, version: None, span: None }));
        let relation = relation_of_model(scope);
        let relation = relation.map(|relation| Relation { kind: Some(RelationKind::Function), ..relation });
        return Ok(relation.map_or_else(|| Value::from(""), RelationObject::value));
    }
    let run = scope.run().ok_or_else(|| invalid("`function` needs a run"))?;
    let from = run.scope.node.as_ref().map_or(scope.package.as_str(), |node| node.package_name.as_str());
    let Some(target) = run.scope.manifest.find_function(&name, package.as_deref(), from) else {
        return Err(refuse("unresolved-function", format!("`{name}` is called here, and no function has this name")));
    };
    let own = function_relation(target, scope.project.kind);
    let relation = deferred(&run.scope, target, own)?;
    Ok(RelationObject::value(Relation { kind: Some(RelationKind::Function), ..relation }))
}

fn resolve_reference(
    scope: &Arc<Scope>,
    name: &str,
    package: Option<&str>,
    version: Option<&Json>,
) -> Result<Value, Error> {
    let run = scope.run().ok_or_else(|| invalid("`ref` needs a run"))?;
    let from = run.scope.node.as_ref().map_or(scope.package.as_str(), |node| node.package_name.as_str());
    let Some(target) = run.scope.manifest.find_ref(name, package, version, from) else {
        return Err(refuse(
            "unresolved-ref",
            format!("`{name}` is referred to here, and no model, seed or snapshot has this name"),
        ));
    };
    if let Some(node) = &run.scope.node
        && !node.depends_on.nodes.contains(&target.unique_id)
        && node.unique_id != target.unique_id
        && !run.scope.replacements.contains_key(&target.unique_id)
    {
        return Err(Raised::error(
            Diagnostic::error(
                "hidden-dependency",
                format!("`{}` refers to `{name}` only while running, so it may be built too early", node.name),
            )
            .help(format!("add `-- depends_on: {{{{ ref('{name}') }}}}` to the model")),
        ));
    }
    if let Some(relation) = run.scope.replacements.get(&target.unique_id) {
        return Ok(replaced(relation));
    }
    if target.config.materialization() == Materialization::Ephemeral {
        let mut relation = node_relation(target, scope.project.kind, scope.project.quoting);
        relation.kind = Some(RelationKind::Cte);
        let name = cte_name(&target.alias);
        relation.identifier = Some(name.clone());
        return Ok(limited(scope, relation, name));
    }
    let own = node_relation(target, scope.project.kind, scope.project.quoting);
    let relation = deferred(&run.scope, target, own)?;
    let name = relation.to_string();
    Ok(limited(scope, relation, name))
}

/// The relation of the earlier run, where `--defer` asks for it: the node's own is not there, or that one is favored.
fn deferred(run: &RunScope, target: &Node, own: Relation) -> Result<Relation, Error> {
    let deferral = &run.deferral;
    let Some(other) = deferral.relations.get(&target.unique_id).filter(|_| deferral.is_for_refs) else {
        return Ok(own);
    };
    if deferral.is_favored && !run.selected.contains(&target.unique_id) {
        return Ok(other.clone());
    }
    let found = run.session.relation(&own.schema_name(), own.identifier.as_deref().unwrap_or_default());
    let found = found.map_err(|error| Raised::error(warehouse_diagnostic(&error, None, None)))?;
    Ok(if found.is_some() { own } else { other.clone() })
}

/// Name of the CTE an ephemeral model, or a unit test's input, is inlined as.
pub fn cte_name(name: &str) -> String {
    format!("__dbt__cte__{name}")
}

/// A CTE is written by its bare name.
fn replaced(relation: &Relation) -> Value {
    if relation.kind == Some(RelationKind::Cte) {
        let rendering = relation.identifier.clone();
        return Value::from_object(RelationObject { relation: relation.clone(), rendering });
    }
    RelationObject::value(relation.clone())
}

/// What readers read: the relation by this name, and with `--empty` none of its rows. Neither warehouse asks for an alias.
fn limited(scope: &Scope, relation: Relation, name: String) -> Value {
    let is_empty = scope.project.invocation.flags.empty;
    let rendering = if is_empty { format!("(select * from {name} where false limit 0)") } else { name };
    // What it is in the warehouse is not known before one looks, as in dbt.
    let kind = relation.kind.filter(|kind| *kind == RelationKind::Cte);
    Value::from_object(RelationObject { relation: Relation { kind, ..relation }, rendering: Some(rendering) })
}

pub(super) fn source(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = split_kwargs(args);
    let [source, table] = positional else {
        return Err(refuse("invalid-source", "`source` takes a source's name and a table's"));
    };
    let (source, table) = (python_str(source), python_str(table));
    if let Mode::Parse(_) = scope.mode {
        scope.note(|captured| captured.sources.push(SourceCall { source, table, span: None }));
        return Ok(relation_of_model(scope).map_or_else(|| Value::from(""), RelationObject::value));
    }
    let run = scope.run().ok_or_else(|| invalid("`source` needs a run"))?;
    let from = run.scope.node.as_ref().map_or(scope.package.as_str(), |node| node.package_name.as_str());
    let Some(found) = run.scope.manifest.find_source(&source, &table, from) else {
        return Err(refuse("unresolved-source", format!("no yml declares the table `{table}` of source `{source}`")));
    };
    if let Some(relation) = run.scope.replacements.get(&found.unique_id) {
        return Ok(replaced(relation));
    }
    let relation = source_relation(found, scope.project.kind);
    let name = relation.to_string();
    Ok(limited(scope, relation, name))
}

pub(super) fn metric(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = split_kwargs(args);
    let names: Vec<String> = positional.iter().map(python_str).collect();
    scope.note(|captured| captured.metrics.push(names.clone()));
    Ok(Value::from(names.last().cloned().unwrap_or_default()))
}

pub(super) fn doc(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let names: Vec<String> = args.iter().map(python_str).collect();
    let Some(run) = scope.run() else { return Ok(Value::from("")) };
    let (package, name) = match names.as_slice() {
        [name] => (None, name),
        [package, name] => (Some(package), name),
        _ => return Err(refuse("invalid-doc", "`doc` takes a docs block's name, or a package's and a block's")),
    };
    let docs = &run.scope.manifest.docs;
    let packages = [package.map_or(scope.package.as_str(), String::as_str), scope.project.project_name.as_str(), "dbt"];
    let found = packages.iter().find_map(|package| docs.get(format!("doc.{package}.{name}").as_str()));
    found
        .map(|doc| Value::from(doc.contents.as_str()))
        .ok_or_else(|| refuse("unresolved-doc", format!("there is no docs block `{name}`")))
}
