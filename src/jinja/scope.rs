//! What one render can see: the root object names are looked up in.
//!
//! Names are made on demand. A project's macros win over our own names, which win over built-in macros and
//! packages, as in dbt.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use minijinja::value::{Enumerator, Object, Value};
use minijinja::{Error, State};

use super::adapter_object::dict;
use super::handle::MacroHandle;
use super::library::MacroLibrary;
use super::values::{Dict, lock, pairs, python_str};
use super::{Captured, Engine, RunScope, adapter_object, config_object, functions, modules, relation_object, silent};
use crate::adapter::Answer;
use crate::manifest::{Json, JsonMap, UniqueId, shape};
use crate::project::{Package, Project};
use crate::relation::Quoting;

/// The world of one render.
pub(super) struct Scope {
    pub engine: Arc<Engine>,
    pub project: Arc<ProjectFacts>,
    pub package: String,
    pub vars: Arc<JsonMap>,
    /// Manifest shape of the node; while running it is made when it is asked for. See [`Self::model`].
    pub model: OnceLock<JsonMap>,
    /// Config known before the text's own calls.
    pub config: Arc<JsonMap>,
    pub mode: Mode,
    /// Values that are made once per render.
    cache: Mutex<BTreeMap<&'static str, Value>>,
    /// Macro calls that are under way.
    macro_depth: AtomicUsize,
    /// Names that `context.update(…)` gave.
    given: Mutex<BTreeMap<String, Value>>,
}

/// Facts of the project that do not change from render to render.
pub(super) struct ProjectFacts {
    pub project_name: String,
    pub target: JsonMap,
    pub target_settings: JsonMap,
    pub invocation: Arc<crate::project::Invocation>,
    pub kind: crate::relation::AdapterKind,
    pub database: String,
    pub schema: String,
    pub profile_name: String,
    pub target_name: String,
    pub threads: usize,
    pub quoting: Quoting,
    /// Name and version of each package, the root project first.
    pub packages: Vec<(String, Json)>,
}

impl ProjectFacts {
    pub fn new(project: &Project) -> Arc<Self> {
        let target = &project.target;
        Arc::new(Self {
            project_name: project.name().to_string(),
            target: target.context.clone(),
            target_settings: target.settings.clone(),
            invocation: Arc::clone(&project.invocation),
            kind: target.kind,
            database: target.database.clone(),
            schema: target.schema.clone(),
            profile_name: target.profile_name.clone(),
            target_name: target.name.clone(),
            threads: target.threads,
            quoting: project.quoting(),
            packages: project.packages.iter().map(version_of).collect(),
        })
    }
}

fn version_of(package: &Package) -> (String, Json) {
    (package.name.clone(), package.config.get("version").cloned().unwrap_or_default())
}

pub(super) enum Mode {
    /// `execute` is false; what is referred to is noted.
    Parse(Mutex<Captured>),
    /// `execute` is true; the warehouse is there.
    Run(Box<Run>),
}

/// The live half of a scope.
pub(super) struct Run {
    pub scope: RunScope,
    /// Results of `statement` blocks and `store_result`, by name.
    pub statements: Mutex<BTreeMap<String, StoredResult>>,
    /// Text handed to `write`.
    pub written: Mutex<Option<String>>,
}

#[derive(Clone)]
pub(super) struct StoredResult {
    pub value: Value,
    pub answer: Answer,
}

/// A native function: its scope and what it does.
pub(super) type Native = fn(&Arc<Scope>, &mut State<'_, '_>, &[Value]) -> Result<Value, Error>;

struct Function {
    scope: Arc<Scope>,
    name: &'static str,
    act: Native,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        (self.act)(&self.scope, state, args)
    }

    /// Packages look through `builtins.ref.config` at facts of the project.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let has_config = matches!(self.name, "ref" | "source") && key.as_str() == Some("config");
        has_config.then(|| self.scope.runtime_config())
    }
}

impl Scope {
    pub fn new(
        engine: &Arc<Engine>,
        project: &Arc<ProjectFacts>,
        package: &str,
        vars: &Arc<JsonMap>,
        mode: Mode,
    ) -> Self {
        Self {
            engine: Arc::clone(engine),
            project: Arc::clone(project),
            package: package.to_string(),
            vars: Arc::clone(vars),
            model: OnceLock::new(),
            config: Arc::default(),
            mode,
            cache: Mutex::default(),
            macro_depth: AtomicUsize::new(0),
            given: Mutex::default(),
        }
    }

    /// The node, or the source's table, in manifest.json's shape without what is not set; empty where there is none.
    pub fn model(&self) -> &JsonMap {
        self.model.get_or_init(|| {
            let Some(Run { scope, .. }) = self.run() else { return JsonMap::new() };
            let Some(node) = &scope.node else {
                let mut table = scope.source.as_ref().map(|table| shape::source_json(table)).unwrap_or_default();
                leave_out_unset(&mut table);
                return table;
            };
            let mut model = shape::node_json(node);
            leave_out_unset(&mut model);
            if let Some(compiled) = &scope.compiled {
                model.insert("compiled_code".to_string(), compiled.text.clone().into());
                model.insert("compiled".to_string(), true.into());
                put_overloads(&mut model, &compiled.overloads);
            }
            model
        })
    }

    pub fn library(&self) -> &MacroLibrary {
        &self.engine.library
    }

    pub fn is_execute(&self) -> bool {
        matches!(self.mode, Mode::Run(_))
    }

    pub fn run(&self) -> Option<&Run> {
        match &self.mode {
            Mode::Run(run) => Some(run),
            Mode::Parse(_) => None,
        }
    }

    /// Changes what has been captured; nothing to note while running.
    pub fn note(&self, change: impl FnOnce(&mut Captured)) {
        if let Mode::Parse(captured) = &self.mode {
            change(&mut lock(captured));
        }
    }

    /// Notes a macro the text itself calls; what that one calls in turn is its own dependency.
    pub fn entered_macro(&self, id: &UniqueId) {
        let is_direct = self.macro_depth.fetch_add(1, Ordering::Relaxed) == 0;
        let add = |macros: &mut Vec<UniqueId>| {
            if !macros.contains(id) {
                macros.push(id.clone());
            }
        };
        match &self.mode {
            Mode::Parse(captured) => {
                let mut captured = lock(captured);
                add(&mut captured.entered);
                if is_direct {
                    add(&mut captured.macros);
                }
            }
            Mode::Run(run) if is_direct => add(&mut lock(&run.scope.called_macros)),
            Mode::Run(_) => {}
        }
    }

    pub fn left_macro(&self) {
        self.macro_depth.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn take_captured(&self) -> Captured {
        match &self.mode {
            Mode::Parse(captured) => std::mem::take(&mut *lock(captured)),
            Mode::Run(_) => Captured::default(),
        }
    }

    pub fn store(&self, name: &str, result: StoredResult) {
        if let Mode::Run(run) = &self.mode {
            lock(&run.statements).insert(name.to_string(), result);
        }
    }

    pub fn stored(&self, name: &str) -> Option<StoredResult> {
        self.run().and_then(|run| lock(&run.statements).get(name).cloned())
    }

    pub fn function(self: &Arc<Self>, name: &'static str, act: Native) -> Value {
        Value::from_object(Function { scope: Arc::clone(self), name, act })
    }

    /// Facts of the project as dbt's `RuntimeConfig` has them, as far as packages ask for them.
    fn runtime_config(&self) -> Value {
        let facts = &self.project;
        let dependency = |(name, version): &(String, Json)| {
            let fields = [("project_name", Value::from(name.as_str())), ("version", super::values::from_json(version))];
            (Value::from(name.as_str()), dict(fields))
        };
        dict([
            ("project_name", Value::from(facts.project_name.as_str())),
            (
                "version",
                facts.packages.first().map_or_else(Value::default, |(_, version)| super::values::from_json(version)),
            ),
            ("profile_name", Value::from(facts.profile_name.as_str())),
            ("target_name", Value::from(facts.target_name.as_str())),
            ("threads", Value::from(facts.threads)),
            ("vars", super::values::from_map(&self.vars)),
            ("args", super::values::from_map(&facts.invocation.args)),
            ("dependencies", Dict::value(facts.packages.iter().map(dependency))),
        ])
    }

    /// A value made once per render and then shared: `model` and `graph` may be changed by macros.
    pub fn once(&self, name: &'static str, make: impl FnOnce() -> Value) -> Value {
        if let Some(value) = lock(&self.cache).get(name) {
            return value.clone();
        }
        let value = make();
        lock(&self.cache).entry(name).or_insert(value).clone()
    }

    /// One of our own names, macros aside: `builtins.ref` finds ours even where a macro `ref` hides it.
    pub fn builtin(self: &Arc<Self>, name: &str) -> Option<Value> {
        functions::lookup(self, name)
            .or_else(|| adapter_object::lookup(self, name))
            .or_else(|| config_object::lookup(self, name))
            .or_else(|| relation_object::lookup(self, name))
            .or_else(|| modules::lookup(self, name))
    }

    /// What a name means; while parsing, a name that nothing defines is silent.
    fn find(self: &Arc<Self>, name: &str) -> Option<Value> {
        self.known(name).or_else(|| {
            let is_silent = !self.is_execute() && !self.engine.has_global(name);
            is_silent.then(silent::value)
        })
    }

    /// Whether anything defines a name, now or when the run is over.
    pub fn knows(self: &Arc<Self>, name: &str) -> bool {
        let is_known_at_end = matches!(name, "results" | "schemas" | "database_schemas");
        is_known_at_end || self.engine.has_global(name) || self.known(name).is_some()
    }

    /// Names that a text may have meant.
    pub fn names(&self) -> Vec<String> {
        let own = functions::NAMES.iter().map(|name| name.to_string());
        own.chain(self.library().macros().map(|found| found.name.clone())).collect()
    }

    fn known(self: &Arc<Self>, name: &str) -> Option<Value> {
        if let Some(value) = lock(&self.given).get(name) {
            return Some(value.clone());
        }
        if let Some(entry) = self.library().of_project(name, &self.package) {
            return Some(self.macro_value(entry, name));
        }
        if let Some(value) = self.builtin(name) {
            return Some(value);
        }
        if let Some(entry) = self.library().built_in(name) {
            return Some(self.macro_value(entry, name));
        }
        self.library()
            .has_package(name)
            .then(|| Value::from_object(PackageNamespace { scope: Arc::clone(self), package: name.to_string() }))
    }

    fn macro_value(self: &Arc<Self>, entry: &Arc<super::library::Entry>, name: &str) -> Value {
        if let Some(value) = self.overridden_macro(name) {
            return value;
        }
        MacroHandle::by_name(self, entry)
    }

    /// A unit test's `overrides: macros:` puts a constant in the place of a macro.
    fn overridden_macro(self: &Arc<Self>, name: &str) -> Option<Value> {
        let overrides = self.run()?.scope.overrides.as_ref()?;
        let json = overrides.get("macros")?.get(name)?;
        Some(Value::from_object(Constant(super::values::from_json(json))))
    }
}

/// Gives the overloads of a function their compiled bodies.
fn put_overloads(model: &mut JsonMap, bodies: &[String]) {
    let overloads = model.get_mut("overloads").and_then(Json::as_array_mut).into_iter().flatten();
    for (overload, body) in overloads.zip(bodies) {
        overload["compiled_body"] = body.as_str().into();
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<context of package {}>", self.package)
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.find(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.find(key)
    }

    /// `context` is a dict to its users.
    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match (method, args) {
            ("get", [name, rest @ ..]) => Ok(self
                .known(&python_str(name))
                .unwrap_or_else(|| rest.first().cloned().unwrap_or_else(|| Value::from(())))),
            ("update", [given]) => {
                let given = pairs(given)?.into_iter().map(|(name, value)| (python_str(&name), value));
                lock(&self.given).extend(given);
                Ok(Value::from(()))
            }
            _ => match self.known(method) {
                Some(value) => value.call(state, args),
                None => Err(Error::from(minijinja::ErrorKind::UnknownMethod)),
            },
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(functions::NAMES.iter().map(|name| Value::from(*name)).collect())
    }
}

/// `dbt_utils` in `dbt_utils.star(…)`.
struct PackageNamespace {
    scope: Arc<Scope>,
    package: String,
}

impl fmt::Debug for PackageNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<macros of package {}>", self.package)
    }
}

impl Object for PackageNamespace {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let qualified = format!("{}.{name}", self.package);
        if let Some(value) = self.scope.overridden_macro(&qualified) {
            return Some(value);
        }
        self.scope.library().in_package(&self.package, name).map(|entry| MacroHandle::value(&self.scope, entry))
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match self.get_value(&Value::from(method)) {
            Some(handle) => handle.call(state, args),
            None if method == "get" && !args.is_empty() => {
                let found = self.get_value(&args[0]).or_else(|| args.get(1).cloned());
                Ok(found.unwrap_or_else(|| Value::from(())))
            }
            None if !self.scope.is_execute() => Ok(silent::value()),
            None => {
                let known = self.scope.library().names_in(&self.package);
                let hint = crate::diagnostic::nearest(method, known);
                let hint = hint.map_or(String::new(), |near| format!(", did you mean `{near}`?"));
                let message = format!("package `{}` has no macro `{method}`{hint}", self.package);
                Err(Error::new(minijinja::ErrorKind::UnknownFunction, message))
            }
        }
    }
}

/// A callable that always gives the same.
struct Constant(Value);

impl fmt::Debug for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Object for Constant {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(self.0.clone())
    }
}

/// Settings of dbt's own that may be unset. A package's own setting that is `none` stays.
const CAN_BE_UNSET: [&str; 33] = [
    "alias",
    "batch_size",
    "begin",
    "build_after",
    "concurrent_batches",
    "database",
    "dbt_valid_to_current",
    "enabled",
    "event_time",
    "expression",
    "freshness",
    "full_refresh",
    "group",
    "incremental_strategy",
    "index",
    "limit",
    "name",
    "node_color",
    "on_error",
    "package",
    "quote_columns",
    "schema",
    "static_analysis",
    "store_failures",
    "store_failures_as",
    "strategy",
    "target_database",
    "target_schema",
    "unique_key",
    "updated_at",
    "check_cols",
    "version",
    "where",
];

/// What is not set is missing in `model`, not none.
/// Source: dbt-core 1.12, `ProviderContext.ctx_model`, which asks for `omit_none`.
fn leave_out_unset(model: &mut JsonMap) {
    model.retain(|_, value| !value.is_null());
    for (key, value) in model.iter_mut() {
        match key.as_str() {
            "config" | "docs" | "contract" | "refs" | "constraints" => leave_out(value, &CAN_BE_UNSET),
            "columns" => {
                for column in value.as_object_mut().into_iter().flat_map(JsonMap::values_mut) {
                    leave_out(column, &[]);
                }
            }
            _ => {}
        }
    }
}

/// Takes out entries that are null, at every depth but in what people write freely; of all names where none are given.
fn leave_out(value: &mut Json, names: &[&str]) {
    match value {
        Json::Object(entries) => {
            entries.retain(|key, value| !value.is_null() || !(names.is_empty() || names.contains(&key.as_str())));
            let written_freely = |key: &str| matches!(key, "meta" | "grants" | "column_types" | "persist_docs");
            entries.iter_mut().filter(|(key, _)| !written_freely(key)).for_each(|(_, value)| leave_out(value, names));
        }
        Json::Array(items) => items.iter_mut().for_each(|item| leave_out(item, names)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}
