//! Renders the Jinja inside YAML values: `var`, `env_var`, `target`, filters; no macros.

use minijinja::machinery::Token;
use minijinja::value::{Object, Value, ValueKind};
use minijinja::{Environment, Error};

use std::sync::Arc;

use super::methods;
use super::rewrite::{lex, rewrite};
use super::values::{Dict, from_json, from_map, invalid, python_str, split_kwargs, to_json};
use super::variables::read_env_var;
use crate::manifest::{Json, JsonMap};
use crate::project::{YamlRenderer, YamlScope};

/// The renderer of YAML values; needs no project, so that profiles.yml can be read first.
pub struct YamlEngine {
    environment: Environment<'static>,
}

impl YamlEngine {
    pub fn new() -> Self {
        let mut environment = methods::environment();
        // As in dbt these give text; what the text must spell is looked at when the value is whole.
        for name in ["as_text", "as_bool", "as_number", "as_native"] {
            environment.add_filter(name, |value: Value| match value.is_none() {
                true => String::new(),
                false => python_str(&value),
            });
        }
        environment.set_formatter(|out, _, value| {
            if value.is_undefined() {
                return Err(Error::new(minijinja::ErrorKind::UndefinedError, "what is written here is not defined"));
            }
            out.write_str(&python_str(value)).map_err(Error::from)
        });
        Self { environment }
    }
}

impl Default for YamlEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl YamlRenderer for YamlEngine {
    fn render(&self, text: &str, scope: &YamlScope<'_>) -> Result<Json, String> {
        if !text.contains("{{") && !text.contains("{%") && !text.contains("{#") {
            return Ok(Json::from(text));
        }
        let rewritten = rewrite(text).map_err(|error| error.message)?;
        let vars = Arc::new(scope.vars.clone());
        let may_read_secrets = scope.may_read_secrets;
        let context = Dict::value([
            (Value::from("var"), Value::from_object(YamlVar { vars })),
            (
                Value::from("env_var"),
                Value::from_function(move |name: String, default: Option<Value>| -> Result<Value, Error> {
                    let default = default.filter(|default| !default.is_none());
                    read_env_var(&name, default, may_read_secrets).map_err(|problem| invalid(problem.message))
                }),
            ),
            (Value::from("target"), scope.target.map_or(Value::UNDEFINED, from_map)),
        ]);
        let environment: &Environment<'_> = &self.environment;
        let worded = |error: Error| error.detail().map_or_else(|| error.to_string(), str::to_string);
        // One expression alone keeps its type, as dbt's native rendering does.
        if let Some(expression) = only_expression(&rewritten.text) {
            let value = environment
                .compile_expression(expression)
                .and_then(|compiled| compiled.eval(context))
                .map_err(worded)?;
            if value.is_undefined() {
                return Err(format!("`{}` is not defined", expression.trim()));
            }
            return converted(&value, last_filter(&rewritten.text));
        }
        let template = environment.template_from_str(&rewritten.text).map_err(worded)?;
        let rendered = template.render(context).map_err(worded)?;
        Ok(Json::from(rendered))
    }
}

/// A value as the filter that gave it asks: a text that spells a Python literal becomes that, where a filter says so.
/// Source: dbt-common, `quoted_native_concat`.
fn converted(value: &Value, filter: Option<&str>) -> Result<Json, String> {
    let native = methods::native(value);
    let what = match filter {
        Some("as_bool") if native.kind() != ValueKind::Bool => "bool",
        Some("as_number") if !native.is_number() => "number",
        Some("as_bool" | "as_number" | "as_native") => return Ok(to_json(&native)),
        _ => return Ok(to_json(value)),
    };
    Err(format!("`{}` is not a {what}", python_str(value)))
}

/// The filter at the end of `{{ … | filter() }}`.
fn last_filter(text: &str) -> Option<&str> {
    let lexemes = lex(text).ok()?;
    let mut tokens = lexemes.iter().rev().map(|lexeme| &lexeme.token).filter(|token| {
        !matches!(token, Token::TemplateData(_) | Token::VariableEnd | Token::ParenOpen | Token::ParenClose)
    });
    match (tokens.next()?, tokens.next()?) {
        (Token::Ident(name), Token::Pipe) => Some(name),
        _ => None,
    }
}

/// The expression of a text that is `{{ expression }}` and nothing else.
fn only_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    let inner = inner.strip_suffix('-').unwrap_or(inner);
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner)
}

#[derive(Debug)]
struct YamlVar {
    vars: Arc<JsonMap>,
}

impl Object for YamlVar {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut minijinja::State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let (positional, kwargs) = split_kwargs(args);
        let name = positional.first().map(python_str).unwrap_or_default();
        if let Some(value) = self.vars.get(&name) {
            return Ok(from_json(value));
        }
        let named = kwargs.as_ref().and_then(|kwargs| kwargs.get::<Value>("default").ok());
        positional.get(1).cloned().or(named).ok_or_else(|| {
            let known = self.vars.keys().map(String::as_str);
            let hint = crate::diagnostic::nearest(&name, known)
                .map_or(String::new(), |near| format!(", did you mean `{near}`?"));
            invalid(format!("var `{name}` is required here and nothing sets it{hint}"))
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut minijinja::State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (method, args.first()) {
            ("has_var", Some(name)) => Ok(Value::from(self.vars.contains_key(&python_str(name)))),
            _ => Err(Error::from(minijinja::ErrorKind::UnknownMethod)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> Result<Json, String> {
        let vars =
            JsonMap::from_iter([("size".to_string(), Json::from(3)), ("list".to_string(), serde_json::json!(["a"]))]);
        let target = JsonMap::from_iter([("name".to_string(), Json::from("dev"))]);
        YamlEngine::new().render(text, &YamlScope { vars: &vars, target: Some(&target), may_read_secrets: false })
    }

    #[test]
    fn one_expression_keeps_its_type_and_text_stays_text() {
        assert_eq!(render("{{ var('size') }}"), Ok(Json::from(3)));
        assert_eq!(render("{{ var('list') }}"), Ok(serde_json::json!(["a"])));
        assert_eq!(render("{{ '5' | int }}"), Ok(Json::from(5)));
        assert_eq!(render("{{ target.name == 'dev' }}"), Ok(Json::from(true)));
        assert_eq!(render("x_{{ target.name }}"), Ok(Json::from("x_dev")));
        assert_eq!(render("plain"), Ok(Json::from("plain")));
        assert_eq!(render("{{ '5' | as_text }}"), Ok(Json::from("5")));
        assert_eq!(render("{{ '5' | as_number() }}"), Ok(Json::from(5)));
        // A filter holds before a comparison does.
        assert_eq!(render("{{ target.name == 'dev' | as_bool }}"), Ok(Json::from(true)));
        assert_eq!(render("{{ target.name in ['a', 'dev'] | as_bool() }}"), Ok(Json::from(true)));
        assert_eq!(render("{{ 'maybe' | as_bool }}"), Err("`maybe` is not a bool".to_string()));
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(
            render("{{ var('siz') }}"),
            Err("var `siz` is required here and nothing sets it, did you mean `size`?".to_string())
        );
        assert_eq!(
            render("{{ env_var('TAMIS_TEST_NOT_SET') }}"),
            Err("the environment variable `TAMIS_TEST_NOT_SET` is required here and not set".to_string())
        );
        assert!(render("{{ nothing }}").is_err());
    }
}
