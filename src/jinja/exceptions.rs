//! `exceptions.*`: how a macro refuses, and what is said then.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::refuse;
use super::errors::Raised;
use super::scope::Scope;
use super::values::{python_str, split_kwargs};
use crate::diagnostic::Diagnostic;
use crate::project::Judge;

/// `exceptions.raise_compiler_error(…)` and its kin.
pub(super) struct Exceptions {
    pub scope: Arc<Scope>,
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
        let (positional, kwargs) = split_kwargs(args);
        let text = |at: usize| positional.get(at).map(python_str).unwrap_or_default();
        let problem = match method {
            "warn" => {
                if let Some(run) = self.scope.run() {
                    let warning = Diagnostic::warning("project-warning", text(0));
                    let judge = Judge::new(&run.scope.project.invocation.flags);
                    judge.warn(warning, &run.scope.events).map_err(|problem| Raised::error(*problem))?;
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
            "column_type_missing" => {
                let named = kwargs.as_ref().and_then(|kwargs| kwargs.get::<Value>("column_names").ok());
                let names = named.or_else(|| positional.first().cloned()).unwrap_or_default();
                let names: Vec<_> = names.try_iter()?.map(|name| format!("`{}`", python_str(&name))).collect();
                let names = names.join(", ");
                refuse("contract", format!("a contract needs a `data_type` for each column; {names} has none"))
            }
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
