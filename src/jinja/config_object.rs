//! `config`: called to configure a node, asked for what is configured.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::{Arguments, map_argument, refuse};
use super::scope::Scope;
use super::silent::is_undefined;
use super::values::{from_json, invalid, kwargs_json, python_str, split_kwargs};
use crate::manifest::{Json, JsonMap};

pub(super) fn lookup(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    (name == "config").then(|| Value::from_object(ConfigObject { scope: Arc::clone(scope) }))
}

struct ConfigObject {
    scope: Arc<Scope>,
}

impl fmt::Debug for ConfigObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<config>")
    }
}

impl Object for ConfigObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        // dbt offers the node itself here, and packages read `config.model`.
        (key.as_str()? == "model").then(|| super::functions::lookup(&self.scope, "model")).flatten()
    }

    /// `config(materialized='table')` or `config({'materialized': 'table'})`: noted while parsing, empty text always.
    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let (positional, kwargs) = split_kwargs(args);
        let mut given = match (positional, &kwargs) {
            ([only], None) if only.kind() == ValueKind::Map => map_argument(only, "config")?,
            ([], Some(kwargs)) => kwargs_json(kwargs),
            ([], None) => JsonMap::new(),
            _ => return Err(refuse("invalid-config", "`config` takes either one dict or named values")),
        };
        rename_hooks(&mut given)?;
        self.scope.note(|captured| captured.configs.push(given));
        Ok(Value::from(""))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        if !self.scope.is_execute() {
            return Ok(match method {
                "set" => {
                    let (name, value) = (arguments.text(0, "name")?, arguments.get(1, "value").unwrap_or_default());
                    let mut given = JsonMap::new();
                    given.insert(name, super::values::to_json(&value));
                    rename_hooks(&mut given)?;
                    self.scope.note(|captured| captured.configs.push(given));
                    Value::from("")
                }
                "persist_relation_docs" | "persist_column_docs" => Value::from(false),
                "get" | "require" | "meta_get" | "meta_require" => Value::from(""),
                _ => return Err(Error::from(ErrorKind::UnknownMethod)),
            });
        }
        let default = || arguments.get(1, "default").unwrap_or_else(|| Value::from(()));
        match method {
            "set" => Ok(Value::from("")),
            "get" => Ok(self.find(&arguments.text(0, "name")?).map_or_else(default, |json| from_json(&json))),
            "require" => {
                let name = arguments.text(0, "name")?;
                self.find(&name).map(|json| from_json(&json)).ok_or_else(|| self.missing(&name))
            }
            "meta_get" => Ok(self.find_meta(&arguments.text(0, "name")?).map_or_else(default, |json| from_json(&json))),
            "meta_require" => {
                let name = arguments.text(0, "name")?;
                self.find_meta(&name).map(|json| from_json(&json)).ok_or_else(|| self.missing(&name))
            }
            "persist_relation_docs" => self.persist_docs("relation"),
            "persist_column_docs" => self.persist_docs("columns"),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

impl ConfigObject {
    fn values(&self) -> &JsonMap {
        match self.scope.run().and_then(|run| run.scope.node.as_ref()) {
            Some(node) => &node.config.values,
            None => &self.scope.config,
        }
    }

    /// dbt's `config.get` gives the default only where the key is absent; a key that is null stays null.
    fn find(&self, name: &str) -> Option<Json> {
        let values = self.values();
        let found = values.get(name).or_else(|| match name {
            "pre_hook" => values.get("pre-hook"),
            "post_hook" => values.get("post-hook"),
            _ => None,
        });
        match found {
            None if name == "snapshot_table_column_names" => snapshot_columns(values),
            found => found.cloned(),
        }
    }

    fn find_meta(&self, name: &str) -> Option<Json> {
        self.values().get("meta")?.get(name).cloned()
    }

    fn missing(&self, name: &str) -> Error {
        refuse("missing-config", format!("config `{name}` is required here and not set"))
    }

    fn persist_docs(&self, what: &str) -> Result<Value, Error> {
        match self.find("persist_docs") {
            None | Some(Json::Null) => Ok(Value::from(false)),
            Some(Json::Object(map)) => Ok(map.get(what).map_or_else(|| Value::from(false), from_json)),
            Some(other) => {
                Err(invalid(format!("config `persist_docs` must be a dict, not {}", python_str(&from_json(&other)))))
            }
        }
    }
}

/// What `config.get` would answer for a config object that was handed to us.
pub(super) fn find_in(config: &Value, name: &str) -> Option<Value> {
    let found = match config.downcast_object_ref::<ConfigObject>() {
        Some(config) => config.find(name).map(|json| from_json(&json)),
        None => config.get_attr(name).ok(),
    };
    found.filter(|value| !is_undefined(value) && !value.is_none())
}

/// Source: dbt-core 1.12, `SnapshotConfig.snapshot_table_column_names`.
const SNAPSHOT_COLUMNS: [&str; 5] =
    ["dbt_valid_from", "dbt_valid_to", "dbt_updated_at", "dbt_scd_id", "dbt_is_deleted"];

/// The names of a snapshot's own columns, those that `snapshot_meta_column_names` changes among them.
fn snapshot_columns(values: &JsonMap) -> Option<Json> {
    let given = values.get("snapshot_meta_column_names")?.as_object()?;
    let name = |column: &&str| given.get(*column).and_then(Json::as_str).unwrap_or(column).into();
    Some(SNAPSHOT_COLUMNS.iter().map(|column| (column.to_string(), name(column))).collect::<JsonMap>().into())
}

/// `pre_hook` is dbt's other spelling of `pre-hook`.
fn rename_hooks(given: &mut JsonMap) -> Result<(), Error> {
    for (old, new) in [("pre_hook", "pre-hook"), ("post_hook", "post-hook")] {
        if let Some(value) = given.shift_remove(old) {
            if given.contains_key(new) {
                return Err(refuse(
                    "invalid-config",
                    format!("`{old}` and `{new}` are the same config, and both are set"),
                ));
            }
            given.insert(new.to_string(), value);
        }
    }
    Ok(())
}
