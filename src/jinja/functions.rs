//! The names of dbt's context that are plain functions and facts: `ref`, `source`, `var`, `env_var`, `log`, …

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::{Arguments, dict, refuse};
use super::errors::Raised;
use super::handle::return_value;
use super::references::{doc, function_call, metric, reference, source};
use super::relation_object::RelationObject;
use super::scope::{Scope, StoredResult};
use super::table_object::TableObject;
use super::values::{Dict, List, from_json, from_map, python_str};
use crate::adapter::Answer;
use crate::event::{Event, Level};
use crate::manifest::{Json, JsonMap};
use crate::project::Invocation;

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
    function(scope, name).or_else(|| super::common_functions::lookup(name)).or_else(|| fact(scope, name))
}

fn function(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    let native: (&'static str, super::scope::Native) = match name {
        "ref" => ("ref", reference),
        "source" => ("source", source),
        "metric" => ("metric", metric),
        "function" => ("function", function_call),
        "doc" => ("doc", doc),
        "env_var" => ("env_var", super::variables::env_var),
        "return" => ("return", |_, _, args| Err(return_value(args))),
        "log" => ("log", log),
        "print" => ("print", print),
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
        "target" => scope.once("target", || {
            let project = Arc::clone(&scope.project);
            Dict::late(move || from_map(&project.target))
        }),
        "model" => scope.once("model", || {
            // The scope holds this value, which must not hold the scope for ever.
            let scope = Arc::downgrade(scope);
            Dict::late(move || scope.upgrade().map_or_else(|| Dict::value([]), |scope| from_map(scope.model())))
        }),
        "graph" => scope.once("graph", || graph(scope)),
        "var" => Value::from_object(super::variables::Var { scope: Arc::clone(scope) }),
        "flags" => scope.once("flags", || flags(invocation)),
        "exceptions" => Value::from_object(super::exceptions::Exceptions { scope: Arc::clone(scope) }),
        "builtins" => dict([
            ("ref", scope.function("ref", reference)),
            ("source", scope.function("source", source)),
            ("config", super::config_object::lookup(scope, "config")?),
            ("metric", scope.function("metric", metric)),
            ("function", scope.function("function", function_call)),
        ]),
        "context" => Value::from_dyn_object(Arc::clone(scope)),
        "dbt_version" => Value::from(DBT_VERSION),
        "project_name" => Value::from(scope.project.project_name.as_str()),
        "invocation_id" => {
            super::outside::ask_the_time();
            Value::from(invocation.id.as_str())
        }
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
        "defer_relation" => defer_relation(scope),
        "source_node" => {
            scope.run()?.scope.source.as_ref()?;
            from_map(scope.model())
        }
        _ => return None,
    })
}

/// Where the earlier run of `--state` has the node.
fn defer_relation(scope: &Scope) -> Value {
    let relation = scope.run().and_then(|run| {
        let node = run.scope.node.as_ref()?;
        run.scope.deferral.relations.get(&node.unique_id)
    });
    relation.map_or_else(|| Value::from(()), |relation| RelationObject::value(relation.clone()))
}

/// Where a node is at hand its facts are taken from there: its JSON is made for who asks for it alone.
fn text_of_model(scope: &Scope, key: &str) -> Option<Value> {
    match (scope.run().and_then(|run| run.scope.node.as_ref()), key) {
        (Some(node), "database") => node.database.as_deref().map(Value::from),
        (Some(node), "schema") => Some(Value::from(node.schema.as_str())),
        (Some(node), "unique_id") => Some(Value::from(&*node.unique_id)),
        (_, key) => scope.model().get(key).filter(|value| !value.is_null()).map(from_json),
    }
}

fn metadata_envs() -> JsonMap {
    let prefix = "DBT_ENV_CUSTOM_ENV_";
    let named = std::env::vars()
        .filter_map(|(name, value)| name.strip_prefix(prefix).map(|name| (name.to_string(), value.into())));
    named.collect()
}

/// `graph`: every node and source in manifest.json's shape. Made once and shared by all renders, as in dbt.
fn graph(scope: &Scope) -> Value {
    match scope.run() {
        Some(run) => scope.engine.graph.get_or_init(|| graph_of(run)).clone(),
        None => dict([("nodes", Dict::value([])), ("sources", Dict::value([]))]),
    }
}

fn graph_of(run: &super::scope::Run) -> Value {
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
        *super::values::lock(&run.written) = text;
    }
    Ok(Value::from(""))
}

fn try_or_compiler_error(_: &Arc<Scope>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [message, function, rest @ ..] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
    function.call(state, rest).map_err(|_| refuse("compiler-error", python_str(message)))
}

/// `flags.FULL_REFRESH`, `flags.WHICH`.
pub(super) fn flags(invocation: &Invocation) -> Value {
    Value::from_object(FlagsObject { invocation: invocation.clone() })
}

struct FlagsObject {
    invocation: Invocation,
}

impl fmt::Debug for FlagsObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<flags>")
    }
}

impl Object for FlagsObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let invocation = &self.invocation;
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
