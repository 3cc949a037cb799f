//! `var` and `env_var`: values a project is given from outside.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::{Arguments, refuse};
use super::errors::Raised;
use super::outside;
use super::scope::Scope;
use super::values::{from_json, python_str, split_kwargs};
use crate::diagnostic::{Diagnostic, nearest};

/// `var('name', default)`; `var.has_var('name')`.
pub(super) struct Var {
    pub scope: Arc<Scope>,
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

impl Var {
    /// A text with Jinja in it is rendered where it is used.
    fn rendered(&self, value: Value) -> Result<Value, Error> {
        match value.as_str() {
            Some(text) if text.contains("{{") || text.contains("{%") => {
                let rendered = self.scope.engine.render_text(&self.scope, text);
                rendered.map(Value::from).map_err(|problem| Raised::error(*problem))
            }
            _ => Ok(value),
        }
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
            return self.rendered(value);
        }
        let named = kwargs.as_ref().and_then(|kwargs| kwargs.get::<Value>("default").ok());
        if let Some(default) = positional.get(1).cloned().or(named) {
            return Ok(default);
        }
        // As in dbt, a var may be missing while the project is read: who never runs the model never needs it.
        if !self.scope.is_execute() {
            return Ok(Value::from(()));
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

pub(super) fn env_var(scope: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let name = arguments.text(0, "var")?;
    let default = arguments.get(1, "default");
    let overridden = scope.run().and_then(|run| run.scope.overrides.as_ref()?.get("env_vars")?.get(&name));
    if let Some(value) = overridden {
        return Ok(from_json(value));
    }
    read_env_var(&name, default, false).map_err(|problem| Raised::error(*problem))
}

/// An environment variable as `env_var` gives it: its text, or the default as it is.
///
/// # Errors
/// It is not set and there is no default; or it is a secret and this place may not read secrets.
pub(super) fn read_env_var(
    name: &str,
    default: Option<Value>,
    may_read_secrets: bool,
) -> Result<Value, Box<Diagnostic>> {
    if name.starts_with("DBT_ENV_SECRET") && !may_read_secrets {
        return Err(Box::new(
            Diagnostic::error(
                "secret-env-var",
                format!("the secret `{name}` can only be read in profiles.yml and packages.yml"),
            )
            .help("secrets would end up in compiled SQL otherwise; use another variable"),
        ));
    }
    outside::read_variable(name);
    match std::env::var(name).ok().map(Value::from).or(default) {
        Some(value) => Ok(value),
        None => Err(Box::new(
            Diagnostic::error(
                "undefined-env-var",
                format!("the environment variable `{name}` is required here and not set"),
            )
            .help(format!("set it, or give `env_var('{name}', …)` a default")),
        )),
    }
}
