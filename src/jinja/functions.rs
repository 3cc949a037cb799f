//! The names of dbt's context that are plain functions and facts: `ref`, `source`, `var`, `env_var`, `log`, …

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::{Arguments, dict, refuse};
use super::errors::Raised;
use super::handle::return_value;
use super::relation_object::{RelationObject, node_relation, relation_of_model, source_relation};
use super::scope::{Mode, Scope, StoredResult};
use super::table_object::TableObject;
use super::values::{Dict, List, from_json, from_map, invalid, pairs, python_str, split_kwargs, to_json};
use crate::adapter::Answer;
use crate::diagnostic::{Diagnostic, nearest};
use crate::event::{Event, Level};
use crate::manifest::{Json, JsonMap, Materialization, RefCall, SourceCall};
use crate::relation::{Relation, RelationKind};

/// dbt's version that this context follows.
pub const DBT_VERSION: &str = "1.12.6";

/// Names shown when the context is listed.
pub(super) const NAMES: &[&str] = &[
    "adapter",
    "api",
    "builtins",
    "config",
    "context",
    "dbt_version",
    "doc",
    "env_var",
    "exceptions",
    "execute",
    "flags",
    "graph",
    "invocation_id",
    "log",
    "model",
    "modules",
    "print",
    "project_name",
    "ref",
    "return",
    "run_started_at",
    "schema",
    "source",
    "sql",
    "target",
    "this",
    "var",
];

pub(super) fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    function(scope, name).or_else(|| fact(scope, name))
}

fn function(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    let native: (&'static str, super::scope::Native) = match name {
        "ref" => ("ref", reference),
        "source" => ("source", source),
        "metric" => ("metric", metric),
        "function" => ("function", reference),
        "doc" => ("doc", doc),
        "env_var" => ("env_var", env_var),
        "return" => ("return", |_, _, args| Err(return_value(args))),
        "log" => ("log", log),
        "print" => ("print", print),
        "fromjson" => ("fromjson", from_json_text),
        "tojson" => ("tojson", to_json_text),
        "fromyaml" => ("fromyaml", super::yaml_text::from_yaml_text),
        "toyaml" => ("toyaml", super::yaml_text::to_yaml_text),
        "set" | "set_strict" => ("set", set),
        "zip" | "zip_strict" => ("zip", zip),
        "local_md5" => ("local_md5", local_md5),
        "diff_of_two_dicts" => ("diff_of_two_dicts", diff_of_two_dicts),
        "load_result" => ("load_result", load_result),
        "store_result" => ("store_result", store_result),
        "store_raw_result" => ("store_raw_result", store_raw_result),
        "load_agate_table" => ("load_agate_table", |_, _, _| Ok(TableObject::value(crate::adapter::Table::default()))),
        "render" => ("render", render),
        "write" => ("write", write),
        "submit_python_job" => {
            ("submit_python_job", |_, _, _| Err(refuse("unsupported", "python models are not supported")))
        }
        "try_or_compiler_error" => ("try_or_compiler_error", try_or_compiler_error),
        "debug" => ("debug", |_, _, _| Ok(Value::from(""))),
        _ => return None,
    };
    Some(scope.function(native.0, native.1))
}

fn fact(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    let invocation = &scope.project.invocation;
    Some(match name {
        "execute" => Value::from(scope.is_execute()),
        "target" => scope.once("target", || from_map(&scope.project.target)),
        "model" => scope.once("model", || from_map(&scope.model)),
        "graph" => scope.once("graph", || graph(scope)),
        "var" => Value::from_object(Var { scope: Arc::clone(scope) }),
        "flags" => Value::from_object(FlagsObject { scope: Arc::clone(scope) }),
        "exceptions" => Value::from_object(Exceptions { scope: Arc::clone(scope) }),
        "builtins" => dict([
            ("ref", scope.function("ref", reference)),
            ("source", scope.function("source", source)),
            ("config", super::config_object::lookup(scope, "config")?),
            ("metric", scope.function("metric", metric)),
        ]),
        "context" => Value::from_dyn_object(Arc::clone(scope)),
        "dbt_version" => Value::from(DBT_VERSION),
        "project_name" => Value::from(scope.project.project_name.as_str()),
        "invocation_id" => Value::from(invocation.id.as_str()),
        "invocation_args_dict" => from_map(&invocation.args),
        "dbt_metadata_envs" => from_map(&metadata_envs()),
        "thread_id" => Value::from(std::thread::current().name().unwrap_or("Thread-1")),
        "database" => text_of_model(scope, "database").unwrap_or_else(|| Value::from(scope.project.database.as_str())),
        "schema" => text_of_model(scope, "schema").unwrap_or_else(|| Value::from(scope.project.schema.as_str())),
        "connection_name" => text_of_model(scope, "unique_id").unwrap_or_else(|| Value::from("master")),
        "selected_resources" => match scope.run() {
            Some(run) => List::value(run.scope.selected.iter().map(|id| Value::from(&**id)).collect()),
            None => List::value(Vec::new()),
        },
        "sql" | "compiled_code" => {
            let text = scope.run().and_then(|run| run.scope.compiled.as_ref()).map(|compiled| compiled.text.as_str());
            Value::from(text?)
        }
        "pre_hooks" => hooks(scope, "pre-hook"),
        "post_hooks" => hooks(scope, "post-hook"),
        "results" => results(scope)?,
        "schemas" | "database_schemas" => schemas(scope, name == "database_schemas")?,
        "defer_relation" => Value::from(()),
        _ => return None,
    })
}

fn text_of_model(scope: &Scope, key: &str) -> Option<Value> {
    scope.model.get(key).filter(|value| !value.is_null()).map(from_json)
}

fn metadata_envs() -> JsonMap {
    let prefix = "DBT_ENV_CUSTOM_ENV_";
    let named = std::env::vars()
        .filter_map(|(name, value)| name.strip_prefix(prefix).map(|name| (name.to_string(), value.into())));
    named.collect()
}

/// `graph`: every node and source in manifest.json's shape. Made once per render: macros may change it.
fn graph(scope: &Scope) -> Value {
    let Some(run) = scope.run() else { return dict([("nodes", Dict::value([])), ("sources", Dict::value([]))]) };
    let manifest = &run.scope.manifest;
    let entries = |pairs: Vec<(String, JsonMap)>| {
        Dict::value(pairs.into_iter().map(|(id, json)| (Value::from(id), from_map(&json))))
    };
    let shape = crate::manifest::shape::graph(manifest);
    dict(shape.into_iter().map(|(name, pairs)| (name, entries(pairs))))
}

fn hooks(scope: &Arc<Scope>, key: &str) -> Value {
    let config = match scope.run().and_then(|run| run.scope.node.as_ref()) {
        Some(node) => node.config.values.get(key).cloned(),
        None => scope.config.get(key).cloned(),
    };
    from_json(&config.unwrap_or_else(|| Json::Array(Vec::new())))
}

fn results(scope: &Arc<Scope>) -> Option<Value> {
    let run = scope.run()?;
    let results = run.scope.results.as_ref()?;
    let manifest = &run.scope.manifest;
    Some(List::value(
        results
            .iter()
            .map(|result| super::result_object::ResultObject::value(Arc::clone(result), Arc::clone(manifest)))
            .collect(),
    ))
}

/// For on-run-end: the schemas that this run's models lie in.
fn schemas(scope: &Arc<Scope>, with_database: bool) -> Option<Value> {
    let run = scope.run()?;
    let results = run.scope.results.as_ref()?;
    let mut seen = indexmap::IndexSet::new();
    for result in results.iter().filter(|result| result.node.relation_name.is_some()) {
        seen.insert((result.node.database.clone().unwrap_or_default(), result.node.schema.clone()));
    }
    let one = |(database, schema): (String, String)| {
        if with_database {
            super::values::tuple([Value::from(database), Value::from(schema)])
        } else {
            Value::from(schema)
        }
    };
    Some(List::value(seen.into_iter().map(one).collect()))
}

/// `ref('model')`, `ref('package', 'model')`, `ref('model', v=2)`.
fn reference(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let (package, name) = match positional {
        [name] => (None, name),
        [package, name] => (Some(package), name),
        _ => return Err(refuse("invalid-ref", "`ref` takes a model's name, or a package's and a model's")),
    };
    let text = |value: &Value, what: &str| match value.as_str() {
        Some(text) => Ok(text.to_string()),
        None => Err(refuse("invalid-ref", format!("the {what} given to `ref` must be text, not {}", value.kind()))),
    };
    let name = text(name, "name")?;
    let package = package.filter(|package| !package.is_none()).map(|package| text(package, "package")).transpose()?;
    let version = kwargs
        .as_ref()
        .and_then(|kwargs| ["version", "v"].iter().find_map(|key| kwargs.get::<Option<Value>>(key).ok().flatten()));
    let version =
        version.filter(|version| !version.is_none() && !version.is_undefined()).map(|version| to_json(&version));
    if let Mode::Parse(_) = scope.mode {
        scope.note(|captured| captured.refs.push(RefCall { package, name, version, span: None }));
        return Ok(relation_of_model(scope).map_or_else(|| Value::from(""), RelationObject::value));
    }
    resolve_reference(scope, &name, package.as_deref(), version.as_ref())
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
        let mut relation = node_relation(target, scope.project.kind);
        relation.kind = Some(RelationKind::Cte);
        relation.identifier = Some(cte_name(&target.identifier()));
        return Ok(replaced(&relation));
    }
    Ok(limited(scope, node_relation(target, scope.project.kind)))
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

/// `--empty`: readers see no rows.
fn limited(scope: &Scope, relation: Relation) -> Value {
    if !scope.project.invocation.flags.empty {
        return RelationObject::value(relation);
    }
    let name = relation.identifier.clone().unwrap_or_default();
    let rendering = Some(format!("(select * from {relation} where false limit 0) _dbt_limit_subq_{name}"));
    Value::from_object(RelationObject { relation, rendering })
}

fn source(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
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
    let Some(found) = run.scope.manifest.find_source(&source, &table, &scope.package) else {
        return Err(refuse("unresolved-source", format!("no yml declares the table `{table}` of source `{source}`")));
    };
    if let Some(relation) = run.scope.replacements.get(&found.unique_id) {
        return Ok(replaced(relation));
    }
    Ok(limited(scope, source_relation(found, scope.project.kind)))
}

fn metric(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = split_kwargs(args);
    let names: Vec<String> = positional.iter().map(python_str).collect();
    scope.note(|captured| captured.metrics.push(names.clone()));
    Ok(Value::from(names.last().cloned().unwrap_or_default()))
}

fn doc(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
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

/// `var('name', default)`; `var.has_var('name')`.
struct Var {
    scope: Arc<Scope>,
}

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<function var>")
    }
}

impl Var {
    fn find(&self, name: &str) -> Option<Value> {
        let overridden = self.scope.run().and_then(|run| run.scope.overrides.as_ref()?.get("vars")?.get(name));
        overridden.or_else(|| self.scope.vars.get(name)).map(from_json)
    }
}

impl Object for Var {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let (positional, kwargs) = split_kwargs(args);
        let name = positional.first().map(python_str).ok_or_else(|| refuse("invalid-var", "`var` needs a name"))?;
        if let Some(value) = self.find(&name) {
            return Ok(value);
        }
        let named = kwargs.as_ref().and_then(|kwargs| kwargs.get::<Value>("default").ok());
        if let Some(default) = positional.get(1).cloned().or(named) {
            return Ok(default);
        }
        let known = self.scope.vars.keys().map(String::as_str);
        let mut problem =
            Diagnostic::error("undefined-var", format!("var `{name}` is required here and nothing sets it"));
        problem = match nearest(&name, known) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!(
                "set it under `vars:` in dbt_project.yml, with `--vars '{{{name}: …}}'`, or give `var` a default"
            )),
        };
        Err(Raised::error(problem))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match (method, args.first()) {
            ("has_var", Some(name)) => Ok(Value::from(self.find(&python_str(name)).is_some())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

fn env_var(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let name = arguments.text(0, "var")?;
    let default = arguments.get(1, "default").map(|value| python_str(&value));
    let overridden = scope.run().and_then(|run| run.scope.overrides.as_ref()?.get("env_vars")?.get(&name));
    if let Some(value) = overridden {
        return Ok(from_json(value));
    }
    read_env_var(&name, default, false).map(Value::from).map_err(Raised::error)
}

/// An environment variable as `env_var` gives it.
///
/// # Errors
/// It is not set and there is no default; or it is a secret and this place may not read secrets.
pub(super) fn read_env_var(name: &str, default: Option<String>, may_read_secrets: bool) -> Result<String, Diagnostic> {
    if name.starts_with("DBT_ENV_SECRET") && !may_read_secrets {
        return Err(Diagnostic::error(
            "secret-env-var",
            format!("the secret `{name}` can only be read in profiles.yml and packages.yml"),
        )
        .help("secrets would end up in compiled SQL otherwise; use another variable"));
    }
    match std::env::var(name).ok().or(default) {
        Some(value) => Ok(value),
        None => Err(Diagnostic::error(
            "undefined-env-var",
            format!("the environment variable `{name}` is required here and not set"),
        )
        .help(format!("set it, or give `env_var('{name}', …)` a default"))),
    }
}

fn log(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let message = arguments.get(0, "msg").map(|value| python_str(&value)).unwrap_or_default();
    let level = if arguments.flag(1, "info") { Level::Info } else { Level::Debug };
    if let Some(run) = scope.run() {
        let node = run.scope.node.as_ref().map(|node| node.unique_id.clone());
        run.scope.events.send(Event::Log { level, node, message });
    }
    Ok(Value::from(""))
}

fn print(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let message = args.first().map(python_str).unwrap_or_default();
    if let Some(run) = scope.run() {
        run.scope.events.send(Event::Print { message });
    }
    Ok(Value::from(""))
}

fn from_json_text(_: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let parsed = serde_json::from_str::<Json>(&arguments.text(0, "string")?);
    Ok(parsed.map_or_else(|_| arguments.get(1, "default").unwrap_or_else(|| Value::from(())), |json| from_json(&json)))
}

fn to_json_text(_: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let sorted =
        kwargs.as_ref().is_some_and(|kwargs| kwargs.get::<Option<bool>>("sort_keys").ok().flatten() == Some(true));
    let json = positional.first().map(to_json).unwrap_or(Json::Null);
    Ok(Value::from(super::yaml_text::python_json(&json, sorted)))
}

/// Python's `set`: each item once, printed as a list.
fn set(_: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = split_kwargs(args);
    let Some(first) = positional.first() else { return Ok(List::value(Vec::new())) };
    match first.try_iter() {
        Ok(items) => {
            let unique: indexmap::IndexSet<Value> = items.collect();
            Ok(List::value(unique.into_iter().collect()))
        }
        Err(_) => Ok(positional.get(1).cloned().unwrap_or_else(|| Value::from(()))),
    }
}

fn zip(_: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = split_kwargs(args);
    let lists: Vec<Vec<Value>> =
        positional.iter().map(|list| Ok(list.try_iter()?.collect())).collect::<Result<_, Error>>()?;
    let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
    let row = |at: usize| {
        Value::from(minijinja::value::Tuple::from(lists.iter().map(|list| list[at].clone()).collect::<Vec<_>>()))
    };
    Ok(List::value((0..shortest).map(row).collect()))
}

fn local_md5(_: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    use md5::{Digest, Md5};
    let text = args.first().map(python_str).unwrap_or_default();
    let digest = Md5::digest(text.as_bytes());
    Ok(Value::from(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// Entries of the first dict of lists that the second has not, letters' case aside.
fn diff_of_two_dicts(_: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [left, right] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
    let lower = |value: &Value| python_str(value).to_lowercase();
    let right: Vec<(String, Vec<String>)> = pairs(right)?
        .into_iter()
        .map(|(key, values)| Ok((lower(&key), values.try_iter()?.map(|value| lower(&value)).collect())))
        .collect::<Result<_, Error>>()?;
    let mut only_left = Vec::new();
    for (key, values) in pairs(left)? {
        let known = right.iter().find(|(other, _)| *other == lower(&key)).map_or(&[][..], |(_, values)| values);
        let missing: Vec<Value> = values.try_iter()?.filter(|value| !known.contains(&lower(value))).collect();
        if !missing.is_empty() {
            only_left.push((key, List::value(missing)));
        }
    }
    Ok(Dict::value(only_left))
}

/// `load_result('main')`: what a statement gave, under `response`, `data` and `table`.
fn load_result(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = args.first().map(python_str).unwrap_or_default();
    Ok(scope.stored(&name).map_or_else(|| Value::from(()), |stored| stored.value))
}

fn store_result(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let name = arguments.text(0, "name")?;
    let response = arguments.get(1, "response").unwrap_or_else(|| Value::from(()));
    let table = arguments.get(2, "agate_table").unwrap_or_else(|| TableObject::value(crate::adapter::Table::default()));
    let rows = table.get_attr("rows").unwrap_or_default();
    let answer = Answer {
        response: response
            .downcast_object_ref::<super::adapter_object::ResponseObject>()
            .map(|object| object.0.clone())
            .unwrap_or_default(),
        table: table.downcast_object_ref::<TableObject>().map(|object| object.table().clone()).unwrap_or_default(),
    };
    let value = dict([("response", response), ("data", rows), ("table", table)]);
    scope.store(&name, StoredResult { value, answer });
    Ok(Value::from(""))
}

/// `store_raw_result(name, message=, code=, rows_affected=, agate_table=)`.
fn store_raw_result(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let response = crate::adapter::Response {
        message: arguments.get(1, "message").map(|value| python_str(&value)).unwrap_or_default(),
        code: arguments.get(2, "code").map(|value| python_str(&value)),
        rows_affected: arguments
            .get(3, "rows_affected")
            .and_then(|value| value.as_i64().or_else(|| python_str(&value).parse().ok())),
        ..crate::adapter::Response::default()
    };
    let table = arguments.get(4, "agate_table").unwrap_or_else(|| TableObject::value(crate::adapter::Table::default()));
    let answer = Answer { response: response.clone(), table: crate::adapter::Table::default() };
    let rows = table.get_attr("rows").unwrap_or_default();
    let value =
        dict([("response", super::adapter_object::response_value(&response)), ("data", rows), ("table", table)]);
    scope.store(&arguments.text(0, "name")?, StoredResult { value, answer });
    Ok(Value::from(""))
}

/// `render(text)`: the text as a template of its own, in the same context.
fn render(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let text = args.first().map(python_str).unwrap_or_default();
    scope.engine.render_text(scope, &text).map(Value::from).map_err(|problem| Raised::error(*problem))
}

/// `write(text)`: what goes below `target/run`.
fn write(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    if let Some(run) = scope.run() {
        let text = args.first().map(python_str);
        *run.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = text;
    }
    Ok(Value::from(""))
}

fn try_or_compiler_error(_: &Arc<Scope>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [message, function, rest @ ..] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
    function.call(state, rest).map_err(|_| refuse("compiler-error", python_str(message)))
}

/// `flags.FULL_REFRESH`, `flags.WHICH`.
struct FlagsObject {
    scope: Arc<Scope>,
}

impl fmt::Debug for FlagsObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<flags>")
    }
}

impl Object for FlagsObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let invocation = &self.scope.project.invocation;
        let flags = &invocation.flags;
        let name = key.as_str()?;
        Some(match name {
            "WHICH" => Value::from(invocation.command.as_str()),
            "FULL_REFRESH" => Value::from(flags.full_refresh),
            "STORE_FAILURES" => Value::from(flags.store_failures),
            "FAIL_FAST" => Value::from(flags.fail_fast),
            "EMPTY" => Value::from(flags.empty),
            "QUIET" => Value::from(flags.quiet),
            "WARN_ERROR" => Value::from(flags.warn_error),
            "PRINT" | "USE_COLORS" | "VERSION_CHECK" | "PARTIAL_PARSE" | "STATIC_PARSER" | "INTROSPECT"
            | "WRITE_JSON" => Value::from(true),
            _ => invocation.args.get(&name.to_lowercase()).map(from_json)?,
        })
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// `exceptions.raise_compiler_error(…)` and its kin.
struct Exceptions {
    scope: Arc<Scope>,
}

impl fmt::Debug for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<exceptions>")
    }
}

impl Object for Exceptions {
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let (positional, _) = split_kwargs(args);
        let text = |at: usize| positional.get(at).map(python_str).unwrap_or_default();
        let problem = match method {
            "warn" => {
                if let Some(run) = self.scope.run() {
                    let warning = Diagnostic::warning("project-warning", text(0));
                    run.scope.events.send(Event::Diagnosed(Box::new(warning)));
                }
                return Ok(Value::from(""));
            }
            "raise_compiler_error" => refuse("compiler-error", text(0)),
            "raise_not_implemented" => refuse("not-implemented", format!("not implemented: {}", text(0))),
            "raise_fail_fast_error" => refuse("fail-fast", text(0)),
            "missing_config" => refuse("missing-config", format!("config `{}` is required here and not set", text(1))),
            "missing_relation" => refuse("missing-relation", format!("relation {} does not exist", text(0))),
            "missing_materialization" => {
                refuse("missing-materialization", format!("no materialization `{}` is defined", text(1)))
            }
            "raise_ambiguous_alias" | "raise_ambiguous_catalog_match" => {
                refuse("ambiguous", format!("{} is ambiguous", text(0)))
            }
            "raise_cache_inconsistent" => refuse("cache", text(0)),
            "raise_dataclass_not_dict"
            | "raise_dep_not_found"
            | "raise_dependency_error"
            | "raise_duplicate_patch_name"
            | "raise_duplicate_resource_name"
            | "raise_invalid_property_yml_version" => refuse("compiler-error", text(0)),
            "relation_wrong_type" => refuse(
                "relation-type",
                format!("{} exists and is not a {}; drop it, or run with `--full-refresh`", text(0), text(1)),
            ),
            "raise_contract_error" => contract_error(
                &positional.first().cloned().unwrap_or_default(),
                &positional.get(1).cloned().unwrap_or_default(),
            ),
            "column_type_missing" => refuse(
                "contract",
                format!("a contract needs a `data_type` for each column; it is missing for {}", text(0)),
            ),
            "warn_snapshot_timestamp_data_types" => return Ok(Value::from("")),
            _ if method.starts_with("raise_") => refuse("compiler-error", text(0)),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        };
        Err(problem)
    }
}

/// Columns of the yml beside those of the query, where they differ.
fn contract_error(yaml_columns: &Value, sql_columns: &Value) -> Error {
    let read = |columns: &Value| -> Vec<(String, String)> {
        let field =
            |column: &Value, name: &str| column.get_attr(name).map(|value| python_str(&value)).unwrap_or_default();
        let items = columns.try_iter().into_iter().flatten();
        items.map(|column| (field(&column, "name"), field(&column, "data_type"))).collect()
    };
    let (declared, found) = (read(yaml_columns), read(sql_columns));
    let mut notes = Vec::new();
    for (name, data_type) in &declared {
        match found.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            None => notes.push(format!("column `{name}` is declared: missing in definition, the model's query")),
            Some((_, other)) if !other.eq_ignore_ascii_case(data_type) => {
                notes.push(format!("column `{name}` is declared {data_type} and is {other}: data type mismatch"));
            }
            Some(_) => {}
        }
    }
    for (name, data_type) in &found {
        if !declared.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            notes.push(format!(
                "column `{name}` ({data_type}) is in the query: missing in contract, the yml's `columns:`"
            ));
        }
    }
    let mut problem = Diagnostic::error("contract", "this model breaks its contract")
        .help("change the query or the `columns:` of the yml so that they agree");
    problem.notes = notes;
    Raised::error(problem)
}

/// `adapter.config`: what macros read of the project.
pub(super) fn adapter_config(scope: &Arc<Scope>) -> Value {
    let target = &scope.project;
    let settings = |name: &str| target.target_settings.get(name).map_or_else(|| Value::from(()), from_json);
    let credentials = dict([
        ("database", Value::from(target.database.as_str())),
        ("schema", Value::from(target.schema.as_str())),
        ("type", Value::from(target.kind.name())),
        ("location", settings("location")),
        ("priority", settings("priority")),
    ]);
    dict([
        ("project_name", Value::from(target.project_name.as_str())),
        ("credentials", credentials),
        ("profile_name", Value::from(target.profile_name.as_str())),
        ("target_name", Value::from(target.target_name.as_str())),
        ("threads", Value::from(target.threads)),
    ])
}

/// Whether a value is a sequence of texts or one text: `unique_key`, `cluster_by`.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().into_iter().flatten().map(|item| python_str(&item)).collect()
        }
        ValueKind::None | ValueKind::Undefined => Vec::new(),
        _ => vec![python_str(value)],
    }
}
