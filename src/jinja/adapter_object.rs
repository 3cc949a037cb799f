//! `adapter.*` as macros call it: dispatch, look-ups, DDL by macro, statements.
//!
//! While parsing there is no warehouse: look-ups answer "nothing", statements do nothing. While running, a
//! look-up that failed is an error, never "nothing".

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Kwargs, Object, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::column_object::{ColumnObject, column_class};
use super::errors::{Raised, adapter_failed};
use super::handle::MacroHandle;
use super::relation_object::{RelationObject, relation_argument, relation_class};
use super::scope::{Run, Scope};
use super::silent::is_undefined;
use super::table_object::TableObject;
use super::values::{Dict, List, from_map, invalid, pairs, python_str, split_kwargs, to_json, tuple};
use crate::adapter::{Answer, Fetch, Response};
use crate::diagnostic::Diagnostic;
use crate::manifest::JsonMap;
use crate::relation::{Relation, RelationKind, SchemaName, quoted};

pub(super) fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    (name == "adapter").then(|| Value::from_object(AdapterObject { scope: Arc::clone(scope) }))
}

struct AdapterObject {
    scope: Arc<Scope>,
}

impl fmt::Debug for AdapterObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<adapter {}>", self.scope.project.kind.name())
    }
}

/// Arguments of a call, by place or by name.
pub(super) struct Arguments<'a> {
    positional: &'a [Value],
    kwargs: Option<Kwargs>,
}

impl<'a> Arguments<'a> {
    pub fn new(args: &'a [Value]) -> Self {
        let (positional, kwargs) = split_kwargs(args);
        Self { positional, kwargs }
    }

    /// The value given, if it is not null.
    pub fn get(&self, at: usize, name: &str) -> Option<Value> {
        let named = self.kwargs.as_ref().and_then(|kwargs| kwargs.peek::<Option<Value>>(name).ok().flatten());
        named.or_else(|| self.positional.get(at).cloned()).filter(|value| !value.is_none() && !is_undefined(value))
    }

    /// The value given at a place, null too.
    pub fn at(&self, at: usize) -> Option<Value> {
        self.positional.get(at).cloned()
    }

    /// The value given by name, null too.
    pub fn named(&self, name: &str) -> Option<Value> {
        self.kwargs.as_ref()?.peek::<Value>(name).ok()
    }

    pub fn required(&self, at: usize, name: &str) -> Result<Value, Error> {
        self.get(at, name)
            .ok_or_else(|| Error::new(ErrorKind::MissingArgument, format!("argument `{name}` is missing")))
    }

    pub fn text(&self, at: usize, name: &str) -> Result<String, Error> {
        self.required(at, name).map(|value| python_str(&value))
    }

    pub fn relation(&self, at: usize, name: &str) -> Result<Relation, Error> {
        relation_argument(&self.required(at, name)?)
    }

    pub fn flag(&self, at: usize, name: &str) -> bool {
        self.get(at, name).is_some_and(|value| value.is_true())
    }
}

impl Object for AdapterObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "Relation" => Some(relation_class(&self.scope)),
            "Column" => Some(column_class(&self.scope)),
            "config" => Some(super::functions::adapter_config(&self.scope)),
            "behavior" => Some(Value::from_object(Behavior)),
            _ => None,
        }
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        if let Some(result) = self.without_warehouse(method, &arguments)? {
            return Ok(result);
        }
        let Some(run) = self.scope.run() else { return Ok(while_parsing(method)) };
        let call = Call { scope: &self.scope, run, arguments: &arguments };
        if let Some(value) = call.look_up(method)? {
            return Ok(value);
        }
        if let Some(value) = call.change(state, method)? {
            return Ok(value);
        }
        let of_warehouse = super::bigquery_object::method(&self.scope, run, method, &arguments)?;
        of_warehouse
            .ok_or_else(|| Error::new(ErrorKind::UnknownMethod, format!("the adapter has no method `{method}`")))
    }
}

/// `adapter.behavior`, and each flag below it: all have dbt's default, off.
#[derive(Debug)]
struct Behavior;

impl Object for Behavior {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "no_warn" | "setting" => Some(Value::from(false)),
            _ => Some(Value::from_object(Self)),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }
}

/// What a method gives while parsing, as dbt's parse-time adapter does.
fn while_parsing(method: &str) -> Value {
    match method {
        "get_columns_in_relation"
        | "get_missing_columns"
        | "list_relations"
        | "list_relations_without_caching"
        | "get_column_schema_from_query"
        | "list_schemas"
        | "get_partitions_metadata" => List::value(Vec::new()),
        "execute" => tuple([Value::from(""), TableObject::value(crate::adapter::Table::default())]),
        "get_relation" | "load_dataframe" | "get_bq_table" | "parse_partition_by" => Value::from(()),
        _ => Value::from(""),
    }
}

impl AdapterObject {
    /// Methods that need no warehouse and work while parsing too.
    fn without_warehouse(&self, method: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Error> {
        let kind = self.scope.project.kind;
        Ok(Some(match method {
            "dispatch" => self.dispatch(arguments)?,
            "type" => Value::from(kind.name()),
            "quote" => Value::from(quoted(&arguments.text(0, "identifier")?, kind.quote())),
            "quote_as_configured" => Value::from(quoted(&arguments.text(0, "identifier")?, kind.quote())),
            "quote_seed_column" => {
                let column = arguments.text(0, "column")?;
                let is_quoted = arguments.get(1, "quote_config").is_none_or(|quote| quote.is_true());
                Value::from(if is_quoted { quoted(&column, kind.quote()) } else { column })
            }
            "location_exists" | "external_root" | "is_ducklake" | "is_motherduck" => Value::from(false),
            "catalog_supports_foreign_keys" => Value::from(true),
            "escape_sql_string" => Value::from(arguments.text(0, "text")?.replace('\'', "''")),
            "get_incremental_strategy_macro" => self.incremental_strategy(arguments)?,
            "render_raw_columns_constraints" => {
                super::constraints::of_columns(&self.scope, &arguments.required(0, "raw_columns")?)?
            }
            "render_raw_model_constraints" => {
                super::constraints::of_model(&self.scope, &arguments.required(0, "raw_constraints")?)?
            }
            "build_catalog_relation" => {
                dict([("table_format", Value::from("default")), ("catalog_name", Value::from(()))])
            }
            "get_hard_deletes_behavior" => hard_deletes(&arguments.required(0, "config")?)?,
            "disable_transactions" => Value::from(
                self.scope.project.target_settings.get("disable_transactions").is_some_and(|value| value == true),
            ),
            "valid_incremental_strategies" => valid_strategies(kind),
            "supports" | "has_feature" => Value::from(true),
            "warn_once" => Value::from(""),
            "convert_type" | "convert_text_type" | "get_rows_different_sql" => return Ok(None),
            _ => return Ok(None),
        }))
    }

    /// The macro of an incremental strategy: `get_incremental_delete_insert_sql`.
    fn incremental_strategy(&self, arguments: &Arguments<'_>) -> Result<Value, Error> {
        let strategy = arguments.text(1, "strategy")?;
        let name = format!("get_incremental_{}_sql", strategy.replace('+', "_"));
        match self.scope.library().resolve(&name, &self.scope.package) {
            Some(entry) => Ok(MacroHandle::value(&self.scope, entry)),
            None => Err(refuse(
                "unknown-strategy",
                format!("`incremental_strategy: {strategy}` is unknown: there is no macro `{name}`"),
            )),
        }
    }

    fn dispatch(&self, arguments: &Arguments<'_>) -> Result<Value, Error> {
        let name = arguments.text(0, "macro_name")?;
        let namespace = arguments.get(1, "macro_namespace").map(|value| python_str(&value));
        if let Some((package, name)) = name.split_once('.') {
            return Err(invalid(format!(
                "`adapter.dispatch('{package}.{name}')` has a dot in the macro's name, write `adapter.dispatch('{name}', '{package}')`"
            )));
        }
        match self.scope.library().dispatch(&name, namespace.as_deref(), &self.scope.package) {
            Ok(entry) => Ok(MacroHandle::value(&self.scope, entry)),
            Err(tried) => Err(invalid(format!("no macro `{name}` to dispatch to, searched for: {}", tried.join(", ")))),
        }
    }
}

/// What a snapshot does with rows that are gone: `ignore`, `invalidate` or `new_record`.
fn hard_deletes(config: &Value) -> Result<Value, Error> {
    let read = |name: &str| super::config_object::find_in(config, name);
    let chosen = read("hard_deletes").map(|value| python_str(&value));
    let invalidates = read("invalidate_hard_deletes").is_some_and(|value| value.is_true());
    match chosen.as_deref() {
        None => Ok(Value::from(if invalidates { "invalidate" } else { "ignore" })),
        Some(_) if invalidates => {
            Err(refuse("invalid-config", "set `hard_deletes` or `invalidate_hard_deletes`, not both"))
        }
        Some(known @ ("ignore" | "invalidate" | "new_record")) => Ok(Value::from(known)),
        Some(other) => Err(refuse(
            "invalid-config",
            format!("`hard_deletes: {other}` is not one of ignore, invalidate, new_record"),
        )),
    }
}

fn valid_strategies(kind: crate::relation::AdapterKind) -> Value {
    let names: &[&str] = match kind {
        crate::relation::AdapterKind::DuckDb => &["append", "delete+insert", "merge", "microbatch"],
        crate::relation::AdapterKind::BigQuery => &["merge", "insert_overwrite", "microbatch"],
    };
    List::value(names.iter().map(|name| Value::from(*name)).collect())
}

/// One call of a method while running.
struct Call<'a> {
    scope: &'a Arc<Scope>,
    run: &'a Run,
    arguments: &'a Arguments<'a>,
}

impl Call<'_> {
    /// Methods that only read.
    fn look_up(&self, method: &str) -> Result<Option<Value>, Error> {
        let Self { arguments, run, scope } = self;
        let session = &run.scope.session;
        let kind = scope.project.kind;
        let failed = |error| adapter_failed(scope, error, None);
        Ok(Some(match method {
            "get_relation" => {
                let schema = SchemaName {
                    database: arguments.get(0, "database").map(|value| python_str(&value)),
                    schema: arguments.text(1, "schema")?,
                };
                let identifier = arguments.text(2, "identifier")?;
                let found = session.relation(&schema, &identifier).map_err(failed)?;
                found.map_or_else(|| Value::from(()), RelationObject::value)
            }
            "list_relations" | "list_relations_without_caching" => {
                let schema = self.schema_argument()?;
                let relations = session.relations(&schema).map_err(failed)?;
                List::value(relations.into_iter().map(RelationObject::value).collect())
            }
            "get_columns_in_relation" => {
                let relation = arguments.relation(0, "relation")?;
                // A relation that is known not to be there has no columns, as in dbt: packages ask so before the first run.
                match session.columns(&relation) {
                    Err(error) if error.kind == crate::adapter::ErrorKind::NotFound => List::value(Vec::new()),
                    columns => ColumnObject::list(columns.map_err(failed)?, kind),
                }
            }
            "get_missing_columns" => {
                let from = session.columns(&arguments.relation(0, "from_relation")?).map_err(failed)?;
                let to = session.columns(&arguments.relation(1, "to_relation")?).map_err(failed)?;
                let missing = from.into_iter().filter(|column| !to.iter().any(|other| other.name == column.name));
                ColumnObject::list(missing.collect(), kind)
            }
            "check_schema_exists" => {
                let database = arguments.text(0, "database")?;
                let wanted = arguments.text(1, "schema")?;
                let schemas = session.schemas(Some(&database)).map_err(failed)?;
                Value::from(schemas.iter().any(|schema| schema.eq_ignore_ascii_case(&wanted)))
            }
            "list_schemas" => {
                let database = arguments.get(0, "database").map(|value| python_str(&value));
                let schemas = session.schemas(database.as_deref()).map_err(failed)?;
                List::value(schemas.into_iter().map(Value::from).collect())
            }
            "already_exists" => {
                let schema =
                    SchemaName { database: Some(scope.project.database.clone()), schema: arguments.text(0, "schema")? };
                Value::from(session.relation(&schema, &arguments.text(1, "identifier")?).map_err(failed)?.is_some())
            }
            "get_column_schema_from_query" => {
                let answer =
                    session.execute(&arguments.text(0, "sql")?, Fetch::Rows { limit: Some(0) }).map_err(failed)?;
                let types = answer.table.types.iter().map(String::as_str).chain(std::iter::repeat(""));
                let columns = answer.table.columns.iter().zip(types).map(|(name, data_type)| crate::relation::Column {
                    name: name.clone(),
                    data_type: data_type.to_string(),
                    is_nullable: true,
                });
                ColumnObject::list(columns.collect(), kind)
            }
            "existing_key_constraint_types" => {
                let relation = arguments.relation(0, "relation")?;
                let text = |part: &Option<String>| part.clone().unwrap_or_default().replace('\'', "''");
                let sql = format!(
                    "select distinct constraint_type from duckdb_constraints() where database_name = '{}' and schema_name = '{}' and table_name = '{}'",
                    text(&relation.database),
                    text(&relation.schema),
                    text(&relation.identifier)
                );
                let answer = session.execute(&sql, Fetch::Rows { limit: None }).map_err(failed)?;
                let kinds = answer.table.rows.iter().map(|row| row[0].text().to_lowercase().replace(' ', "_"));
                List::value(kinds.filter(|kind| kind != "not_null" && kind != "check").map(Value::from).collect())
            }
            "standardize_grants_dict" => standardize_grants(&arguments.required(0, "grants_table")?)?,
            _ => return Ok(None),
        }))
    }

    /// Methods that change the warehouse, or what is known of it.
    fn change(&self, state: &mut State<'_, '_>, method: &str) -> Result<Option<Value>, Error> {
        let Self { arguments, run, .. } = self;
        let cache = &run.scope.session.warehouse().cache;
        Ok(Some(match method {
            "execute" => self.execute()?,
            "ensure_transaction" | "begin" => {
                run.scope.session.begin().map_err(|error| adapter_failed(self.scope, error, None))?;
                Value::from("")
            }
            "commit" => {
                run.scope.session.commit().map_err(|error| adapter_failed(self.scope, error, None))?;
                Value::from("")
            }
            "cache_renamed_done"
            | "pre_model_hook"
            | "post_model_hook"
            | "store_relation"
            | "expand_target_column_types" => Value::from(""),
            "cache_added" => {
                cache.add(&arguments.relation(0, "relation")?);
                Value::from("")
            }
            "cache_dropped" => {
                cache.remove(&arguments.relation(0, "relation")?);
                Value::from("")
            }
            "cache_renamed" => {
                let from = arguments.relation(0, "from_relation")?;
                let to = arguments.relation(1, "to_relation")?;
                cache.remove(&from);
                cache.add(&Relation { kind: from.kind.or(to.kind), ..to });
                Value::from("")
            }
            "create_schema" => {
                let relation = arguments.relation(0, "relation")?;
                self.call_macro(state, "create_schema", &[RelationObject::value(relation.without_identifier())])?;
                cache.forget_schema(&relation.schema_name());
                Value::from("")
            }
            "drop_schema" => {
                let relation = arguments.relation(0, "relation")?;
                self.call_macro(state, "drop_schema", &[RelationObject::value(relation.without_identifier())])?;
                cache.forget_schema(&relation.schema_name());
                Value::from("")
            }
            "drop_relation" => {
                let relation = arguments.relation(0, "relation")?;
                self.call_macro(state, "drop_relation", &[RelationObject::value(relation.clone())])?;
                cache.remove(&relation);
                Value::from("")
            }
            "truncate_relation" => {
                let relation = arguments.relation(0, "relation")?;
                self.call_macro(state, "truncate_relation", &[RelationObject::value(relation)])?;
                Value::from("")
            }
            "rename_relation" => {
                let from = arguments.relation(0, "from_relation")?;
                let to = arguments.relation(1, "to_relation")?;
                let both = [RelationObject::value(from.clone()), RelationObject::value(to.clone())];
                self.call_macro(state, "rename_relation", &both)?;
                cache.remove(&from);
                cache.add(&Relation { kind: from.kind.or(to.kind), ..to });
                Value::from("")
            }
            "load_seed" => self.load_seed()?,
            _ => return Ok(None),
        }))
    }

    fn call_macro(&self, state: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        let entry = self.scope.library().resolve(name, &self.scope.package);
        let entry = entry.ok_or_else(|| invalid(format!("there is no macro `{name}`")))?;
        MacroHandle::value(self.scope, entry).call(state, args)
    }

    fn schema_argument(&self) -> Result<SchemaName, Error> {
        let first = self.arguments.required(0, "schema_relation")?;
        if let Ok(relation) = relation_argument(&first) {
            return Ok(relation.schema_name());
        }
        Ok(SchemaName { database: Some(python_str(&first)), schema: self.arguments.text(1, "schema")? })
    }

    /// `adapter.execute(sql, auto_begin=false, fetch=false, limit=none)` → response, table.
    fn execute(&self) -> Result<Value, Error> {
        let Self { arguments, run, scope } = self;
        let sql = arguments.text(0, "sql")?;
        let limit = arguments.get(3, "limit").and_then(|limit| limit.as_usize());
        let fetch = if arguments.flag(2, "fetch") { Fetch::Rows { limit } } else { Fetch::Nothing };
        if arguments.flag(1, "auto_begin") {
            run.scope.session.begin().map_err(|error| adapter_failed(scope, error, None))?;
        }
        let answer = run.scope.session.execute(&sql, fetch);
        let answer = answer.map_err(|error| adapter_failed(scope, error, Some(&sql)))?;
        Ok(tuple([response_value(&answer.response), TableObject::value(answer.table)]))
    }

    /// `adapter.load_seed(relation)`: the node's CSV becomes the table in one step; gives the row count.
    fn load_seed(&self) -> Result<Value, Error> {
        let relation = self.arguments.relation(0, "relation")?;
        let loader = self.run.scope.seed_loader.as_ref().ok_or_else(|| invalid("only seeds can be loaded"))?;
        let answer: Answer = loader.load(&self.run.scope, &relation).map_err(|problem| Raised::error(*problem))?;
        self.run.scope.session.warehouse().cache.add(&relation.with_kind(RelationKind::Table));
        self.scope.store("load_seed", super::scope::StoredResult { value: Value::from(()), answer: answer.clone() });
        Ok(Value::from(answer.response.rows_affected.unwrap_or(0)))
    }
}

/// A response with dbt's fields; prints as its message.
pub(super) fn response_value(response: &Response) -> Value {
    Value::from_object(ResponseObject(response.clone()))
}

pub(super) struct ResponseObject(pub Response);

impl fmt::Debug for ResponseObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Object for ResponseObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let fields = response_fields(&self.0);
        fields.get(key.as_str()?).map(super::values::from_json)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// dbt's `adapter_response`, fields that are not known left out.
pub fn response_fields(response: &Response) -> JsonMap {
    let mut fields = JsonMap::new();
    fields.insert("_message".to_string(), response.message.clone().into());
    let texts = [
        ("code", &response.code),
        ("location", &response.location),
        ("project_id", &response.project_id),
        ("job_id", &response.job_id),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            fields.insert(name.to_string(), value.clone().into());
        }
    }
    let numbers = [
        ("rows_affected", response.rows_affected),
        ("bytes_processed", response.bytes_processed),
        ("bytes_billed", response.bytes_billed),
        ("slot_ms", response.slot_ms),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            fields.insert(name.to_string(), value.into());
        }
    }
    fields
}

/// Grants as the warehouse lists them → `{privilege: [grantee, …]}`.
fn standardize_grants(table: &Value) -> Result<Value, Error> {
    let table = table.downcast_object_ref::<TableObject>().ok_or_else(|| invalid("a result table is expected here"))?;
    let (Some(grantee), Some(privilege)) = (table.table().column("grantee"), table.table().column("privilege_type"))
    else {
        return Err(invalid("the grants have no columns `grantee` and `privilege_type`"));
    };
    let mut grants = JsonMap::new();
    for row in &table.table().rows {
        let list = grants.entry(row[privilege].text()).or_insert_with(|| serde_json::Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            list.push(row[grantee].text().into());
        }
    }
    Ok(from_map(&grants))
}

/// Checks a map argument and gives its entries as plain data.
pub(super) fn map_argument(value: &Value, name: &str) -> Result<JsonMap, Error> {
    if value.kind() != ValueKind::Map {
        return Err(invalid(format!("argument `{name}` must be a dict, not {}", value.kind())));
    }
    Ok(pairs(value)?.into_iter().map(|(key, value)| (python_str(&key), to_json(&value))).collect())
}

/// A dict of texts.
pub(super) fn dict(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Dict::value(entries.into_iter().map(|(key, value)| (Value::from(key), value)))
}

/// A compiler error of our own, with a code.
pub(super) fn refuse(code: &'static str, message: impl Into<String>) -> Error {
    Raised::error(Diagnostic::error(code, message))
}
