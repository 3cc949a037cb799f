//! Relations and columns as Jinja sees them: `this`, `ref(…)`, `api.Relation`, `api.Column`.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Kwargs, Object, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::dict;
use super::column_object::column_class;
use super::scope::Scope;
use super::silent::is_undefined;
use super::values::{List, invalid, pairs, python_str, split_kwargs};
use crate::manifest::{JsonMap, Node, SourceTable};
use crate::relation::{AdapterKind, Quoting, Relation, RelationKind, quoted};

pub(super) fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    match name {
        "this" => Some(this(scope)),
        "api" => Some(Value::from_object(Api { scope: Arc::clone(scope) })),
        _ => None,
    }
}

/// A relation that prints as its name.
#[derive(Clone)]
pub(super) struct RelationObject {
    pub relation: Relation,
    /// Printed in place of the name: `--empty`'s subquery, a CTE's name.
    pub rendering: Option<String>,
}

impl RelationObject {
    pub fn value(relation: Relation) -> Value {
        Value::from_object(Self { relation, rendering: None })
    }

    /// A CTE goes by its identifier alone.
    fn bare_text(&self) -> String {
        match (self.relation.kind, &self.relation.identifier) {
            (Some(RelationKind::Cte), Some(identifier)) => identifier.clone(),
            _ => self.relation.to_string(),
        }
    }

    fn text(&self) -> String {
        self.rendering.clone().unwrap_or_else(|| self.bare_text())
    }
}

impl fmt::Debug for RelationObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl RelationObject {
    /// What Python's `repr()` gives: `<DuckDBRelation "db"."schema"."name">`.
    pub(super) fn repr_text(&self) -> String {
        let class = if self.relation.quote == '`' { "BigQueryRelation" } else { "DuckDBRelation" };
        format!("<{class} {}>", self.text())
    }
}

fn optional(text: &Option<String>) -> Value {
    text.as_deref().map_or_else(|| Value::from(()), Value::from)
}

impl Object for RelationObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let Relation { database, schema, identifier, kind, .. } = &self.relation;
        Some(match key.as_str()? {
            "database" | "project" => optional(database),
            "schema" | "dataset" => optional(schema),
            "identifier" | "name" | "table" => optional(identifier),
            "type" => kind.map_or_else(|| Value::from(()), |kind| Value::from(kind.name())),
            "is_table" => Value::from(*kind == Some(RelationKind::Table)),
            "is_view" => Value::from(*kind == Some(RelationKind::View)),
            "is_cte" => Value::from(*kind == Some(RelationKind::Cte)),
            "is_function" => Value::from(*kind == Some(RelationKind::Function)),
            "is_materialized_view" => Value::from(*kind == Some(RelationKind::MaterializedView)),
            "is_pointer" | "is_dynamic_table" | "is_iceberg_format" => Value::from(false),
            "can_be_renamed" | "can_be_replaced" => {
                Value::from(matches!(kind, Some(RelationKind::Table | RelationKind::View)))
            }
            // What packages tell a relation by: `x is mapping and x.get('metadata', {}).get('type', '').endswith('Relation')`.
            "metadata" => {
                let class = if self.relation.quote == '`' { "BigQueryRelation" } else { "DuckDBRelation" };
                dict([("type", Value::from(class))])
            }
            "quote_character" => Value::from(self.relation.quote.to_string()),
            "View" => Value::from("view"),
            "Table" => Value::from("table"),
            "CTE" => Value::from("cte"),
            "MaterializedView" => Value::from("materialized_view"),
            "External" => Value::from("external"),
            "Function" => Value::from("function"),
            "include_policy" => {
                let include = self.relation.include;
                policy(include.database, include.schema, include.identifier)
            }
            "quote_policy" => {
                let quoting = self.relation.quoting;
                policy(quoting.database, quoting.schema, quoting.identifier)
            }
            "path" => dict([
                ("database", optional(database)),
                ("schema", optional(schema)),
                ("identifier", optional(identifier)),
            ]),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        // No entries: it prints as its name, not as a dict.
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let (positional, kwargs) = split_kwargs(args);
        let flag = |at: usize, name: &str| -> Option<bool> {
            let named = kwargs.as_ref().and_then(|kwargs| kwargs.peek::<Option<Value>>(name).ok().flatten());
            named.or_else(|| positional.get(at).cloned()).filter(|value| !value.is_none()).map(|value| value.is_true())
        };
        let mut changed = self.relation.clone();
        match method {
            "include" => {
                changed.include.database = flag(0, "database").unwrap_or(changed.include.database);
                changed.include.schema = flag(1, "schema").unwrap_or(changed.include.schema);
                changed.include.identifier = flag(2, "identifier").unwrap_or(changed.include.identifier);
            }
            "quote" => {
                changed.quoting.database = flag(0, "database").unwrap_or(changed.quoting.database);
                changed.quoting.schema = flag(1, "schema").unwrap_or(changed.quoting.schema);
                changed.quoting.identifier = flag(2, "identifier").unwrap_or(changed.quoting.identifier);
            }
            "get" => {
                let found = positional.first().and_then(|key| self.get_value(key));
                return Ok(found.unwrap_or_else(|| positional.get(1).cloned().unwrap_or_else(|| Value::from(()))));
            }
            "without_identifier" => changed = changed.without_identifier(),
            "incorporate" => incorporate(&mut changed, kwargs.as_ref())?,
            "replace" => replace_view(&mut changed, kwargs.as_ref())?,
            "replace_path" => replace_path(&mut changed, kwargs.as_ref())?,
            // The bare name: what `--empty` and samples put in its place is for queries, not for DDL.
            "render" => return Ok(Value::from(self.bare_text())),
            "quoted" => return Ok(Value::from(quoted(&text_at(positional, 0)?, changed.quote))),
            "information_schema" => return Ok(information_schema(&changed, positional.first())),
            "render_limited" => return Ok(Value::from(self.text())),
            "matches" => {
                let wanted = |at: usize, name: &str| {
                    let named = kwargs.as_ref().and_then(|kwargs| kwargs.peek::<Option<Value>>(name).ok().flatten());
                    named
                        .or_else(|| positional.get(at).cloned())
                        .filter(|value| !value.is_none())
                        .map(|value| python_str(&value))
                };
                let same = |part: &Option<String>, wanted: Option<String>| {
                    wanted.is_none_or(|wanted| part.as_deref().is_some_and(|part| part.eq_ignore_ascii_case(&wanted)))
                };
                let all = same(&changed.database, wanted(0, "database"))
                    && same(&changed.schema, wanted(1, "schema"))
                    && same(&changed.identifier, wanted(2, "identifier"));
                return Ok(Value::from(all));
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        }
        Ok(Self::value(changed))
    }

    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some(self.text().cmp(&other.text()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

fn policy(database: bool, schema: bool, identifier: bool) -> Value {
    let flag = |value: bool| Value::from(value);
    dict([("database", flag(database)), ("schema", flag(schema)), ("identifier", flag(identifier))])
}

pub(super) fn text_at(args: &[Value], at: usize) -> Result<String, Error> {
    args.get(at).map(python_str).ok_or_else(|| Error::from(ErrorKind::MissingArgument))
}

/// `incorporate(path={…}, type=…)`.
fn incorporate(relation: &mut Relation, kwargs: Option<&Kwargs>) -> Result<(), Error> {
    let Some(kwargs) = kwargs else { return Ok(()) };
    if let Some(kind) = kwargs.peek::<Option<Value>>("type")?.filter(|kind| !kind.is_none()) {
        relation.kind = RelationKind::from_name(&python_str(&kind));
    }
    if let Some(path) = kwargs.peek::<Option<Value>>("path")?.filter(|path| !path.is_none()) {
        for (key, value) in pairs(&path)? {
            set_part(relation, &python_str(&key), &value);
        }
    }
    Ok(())
}

fn replace_path(relation: &mut Relation, kwargs: Option<&Kwargs>) -> Result<(), Error> {
    let Some(kwargs) = kwargs else { return Ok(()) };
    let names: Vec<String> = kwargs.args().map(str::to_string).collect();
    for name in names {
        set_part(relation, &name, &kwargs.get::<Value>(&name)?);
    }
    Ok(())
}

fn set_part(relation: &mut Relation, part: &str, value: &Value) {
    let text = (!value.is_none()).then(|| python_str(value));
    match part {
        "database" => relation.database = text,
        "schema" => relation.schema = text,
        "identifier" => relation.identifier = text,
        _ => {}
    }
}

/// `relation.information_schema('COLUMNS')`: on BigQuery below the dataset, elsewhere below the database.
pub(super) fn information_schema(relation: &Relation, view: Option<&Value>) -> Value {
    let mut found = relation.clone();
    found.kind = Some(RelationKind::View);
    found.identifier = view.filter(|view| !view.is_none()).map(python_str);
    found.quoting.identifier = false;
    if relation.quote == '`' {
        let schema = relation.schema.clone().unwrap_or_default();
        let identifier = found.identifier.take().map_or(String::new(), |view| format!(".{view}"));
        found.identifier = Some(format!("INFORMATION_SCHEMA{identifier}"));
        found.schema = Some(schema);
    } else {
        found.schema = Some("INFORMATION_SCHEMA".to_string());
        found.quoting.schema = false;
    }
    RelationObject::value(found)
}

/// `information_schema.replace(information_schema_view='COLUMNS')`. On BigQuery `__TABLES__` lies in the dataset itself.
fn replace_view(relation: &mut Relation, kwargs: Option<&Kwargs>) -> Result<(), Error> {
    let Some(kwargs) = kwargs else { return Ok(()) };
    let view = python_str(&kwargs.get::<Value>("information_schema_view")?);
    let is_below_dataset = relation.quote == '`' && !view.starts_with("__TABLES__");
    relation.identifier = Some(if is_below_dataset { format!("INFORMATION_SCHEMA.{view}") } else { view });
    Ok(())
}

/// The relation of the node being rendered.
fn this(scope: &Arc<Scope>) -> Value {
    match relation_of_model(scope) {
        // What it is in the warehouse is not known before one looks, as in dbt.
        Some(relation) => {
            let kind = relation.kind.filter(|kind| *kind == RelationKind::Cte);
            RelationObject::value(Relation { kind, ..relation })
        }
        None => Value::from(()),
    }
}

pub(super) fn relation_of_model(scope: &Scope) -> Option<Relation> {
    if let Some(node) = scope.run().and_then(|run| run.scope.node.as_ref()) {
        if let Some(relation) = scope.run().and_then(|run| run.scope.replacements.get(&node.unique_id)) {
            return Some(relation.clone());
        }
        return Some(node_relation(node, scope.project.kind, scope.project.quoting));
    }
    if let Some(table) = scope.run().and_then(|run| run.scope.source.as_ref()) {
        return Some(source_relation(table, scope.project.kind));
    }
    let text = |key: &str| scope.model().get(key).and_then(|value| value.as_str()).map(str::to_string);
    let schema = text("schema")?;
    let identifier = text("alias").or_else(|| text("name"))?;
    Some(Relation::new(text("database"), schema, identifier, scope.project.quoting, scope.project.kind.quote()))
}

/// How a node is named in the warehouse, with its own quoting config over the project's.
pub fn node_relation(node: &Node, kind: AdapterKind, project: Quoting) -> Relation {
    let quoting = node.config.get("quoting").and_then(|quoting| quoting.as_object()).cloned().unwrap_or_default();
    let mut relation =
        Relation::new(node.database.clone(), &node.schema, &node.alias, quoting_of(&quoting, project), kind.quote());
    relation.kind = match node.config.materialization() {
        crate::manifest::Materialization::View => Some(RelationKind::View),
        crate::manifest::Materialization::MaterializedView => Some(RelationKind::MaterializedView),
        crate::manifest::Materialization::Table
        | crate::manifest::Materialization::Incremental
        | crate::manifest::Materialization::Seed
        | crate::manifest::Materialization::Snapshot => Some(RelationKind::Table),
        crate::manifest::Materialization::Ephemeral => Some(RelationKind::Cte),
        crate::manifest::Materialization::Function => Some(RelationKind::Function),
        crate::manifest::Materialization::Test
        | crate::manifest::Materialization::Unit
        | crate::manifest::Materialization::Custom(_) => None,
    };
    relation
}

/// How a function is named where it is called. The project's own quoting is not for functions, as in dbt.
pub fn function_relation(node: &Node, kind: AdapterKind) -> Relation {
    node_relation(node, kind, Quoting::ALL)
}

/// How a source's table is named in SQL. The project's own quoting is not for sources, as in dbt.
pub fn source_relation(source: &SourceTable, kind: AdapterKind) -> Relation {
    let quoting = quoting_of(&source.quoting, Quoting::ALL);
    let relation = Relation::new(source.database.clone(), &source.schema, &source.identifier, quoting, kind.quote());
    let is_external = source.config.get("external_location").or_else(|| source.meta.get("external_location")).is_some();
    let external = (kind == AdapterKind::DuckDb && is_external).then(|| source.relation_name.clone());
    Relation { external, ..relation }
}

fn quoting_of(quoting: &JsonMap, project: Quoting) -> Quoting {
    let is_quoted = |key: &str, default| quoting.get(key).and_then(serde_json::Value::as_bool).unwrap_or(default);
    Quoting {
        database: is_quoted("database", project.database),
        schema: is_quoted("schema", project.schema),
        identifier: is_quoted("identifier", project.identifier),
    }
}

/// `api`: `api.Relation`, `api.Column`.
struct Api {
    scope: Arc<Scope>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<api>")
    }
}

impl Object for Api {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "Relation" => Some(relation_class(&self.scope)),
            "Column" => Some(column_class(&self.scope)),
            _ => None,
        }
    }
}

pub(super) fn relation_class(scope: &Arc<Scope>) -> Value {
    Value::from_object(RelationClass { scope: Arc::clone(scope) })
}

struct RelationClass {
    scope: Arc<Scope>,
}

impl fmt::Debug for RelationClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class Relation>")
    }
}

impl Object for RelationClass {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(Value::from(match key.as_str()? {
            "View" => "view",
            "Table" => "table",
            "CTE" => "cte",
            "MaterializedView" => "materialized_view",
            "External" => "external",
            "Function" => "function",
            _ => return None,
        }))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match method {
            "create" => create_relation(&self.scope, args),
            "scd_args" => scd_args(args),
            "create_from" | "create_from_node" | "create_from_relation" => {
                let (positional, _) = split_kwargs(args);
                let node = positional.last().cloned().unwrap_or_default();
                let part = |name: &str| {
                    node.get_attr(name)
                        .ok()
                        .filter(|value| !is_undefined(value) && !value.is_none())
                        .map(|value| python_str(&value))
                };
                let identifier =
                    part("identifier").or_else(|| part("alias")).or_else(|| part("name")).unwrap_or_default();
                let relation = Relation::new(
                    part("database"),
                    part("schema").unwrap_or_default(),
                    identifier,
                    self.scope.project.quoting,
                    self.scope.project.kind.quote(),
                );
                Ok(RelationObject::value(relation))
            }
            "get_default_quote_policy" => Ok(policy(true, true, true)),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// `scd_args(primary_key, updated_at)`: what the id of a snapshot's row is made of, keys first.
fn scd_args(args: &[Value]) -> Result<Value, Error> {
    let (keys, updated_at) = match args {
        [keys, updated_at, ..] => (keys, updated_at),
        [] | [_] => return Err(Error::from(ErrorKind::MissingArgument)),
    };
    let mut parts = match keys.kind() {
        ValueKind::Seq | ValueKind::Iterable => keys.try_iter()?.collect(),
        _ => vec![keys.clone()],
    };
    parts.push(updated_at.clone());
    Ok(List::value(parts))
}

/// `api.Relation.create(database=, schema=, identifier=, type=, quote_policy=)`.
fn create_relation(scope: &Arc<Scope>, args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let part = |at: usize, name: &str| -> Option<String> {
        let named = kwargs.as_ref().and_then(|kwargs| kwargs.get::<Option<Value>>(name).ok().flatten());
        let value = named.or_else(|| positional.get(at).cloned())?;
        (!value.is_none() && !is_undefined(&value)).then(|| python_str(&value))
    };
    let mut relation = Relation {
        database: part(0, "database"),
        schema: part(1, "schema"),
        identifier: part(2, "identifier"),
        kind: part(3, "type").as_deref().and_then(RelationKind::from_name),
        quoting: scope.project.quoting,
        include: crate::relation::Include::ALL,
        quote: scope.project.kind.quote(),
        external: None,
    };
    let policy = kwargs.as_ref().and_then(|kwargs| kwargs.get::<Option<Value>>("quote_policy").ok().flatten());
    for (key, value) in policy.map(|policy| pairs(&policy)).transpose()?.unwrap_or_default() {
        match key.as_str() {
            Some("database") => relation.quoting.database = value.is_true(),
            Some("schema") => relation.quoting.schema = value.is_true(),
            Some("identifier") => relation.quoting.identifier = value.is_true(),
            _ => {}
        }
    }
    Ok(RelationObject::value(relation))
}

/// The relation a macro was given: one of ours, or an error that says what came instead.
pub(super) fn relation_argument(value: &Value) -> Result<Relation, Error> {
    match value.downcast_object_ref::<RelationObject>() {
        Some(object) => Ok(object.relation.clone()),
        None => Err(invalid(format!("a relation is expected here, not {}", value.kind()))),
    }
}
