//! Renders the Jinja inside YAML values: `var`, `env_var`, `target`, functions of texts and lists, filters; no macros.

use minijinja::machinery::Token;
use minijinja::value::{Object, Value, ValueKind};
use minijinja::{Environment, Error, State, UndefinedBehavior};

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::functions::flags;
use super::methods;
use super::operators::is_reserved;
use super::rewrite::{lex, rewrite};
use super::values::{Dict, from_json, from_map, invalid, lock, python_str, split_kwargs, to_json};
use super::variables::read_env_var;
use crate::manifest::{Json, JsonMap};
use crate::project::{YamlRenderer, YamlScope, has_jinja};

/// The renderer of YAML values; needs no project, so that profiles.yml can be read first.
pub struct YamlEngine {
    environment: Environment<'static>,
}

impl YamlEngine {
    pub fn new() -> Self {
        let mut environment = methods::environment();
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        for (name, meant) in [
            ("as_text", Meant::Text),
            ("as_bool", Meant::Bool),
            ("as_number", Meant::Number),
            ("as_native", Meant::Native),
        ] {
            environment.add_filter(name, move |state: &State<'_, '_>, value: Value| {
                let text = if value.is_none() { String::new() } else { python_str(&value) };
                if let Some(written) = state.lookup(WRITTEN)
                    && let Some(written) = written.downcast_object_ref::<Written>()
                {
                    lock(&written.meant).insert(text.clone(), meant);
                }
                text
            });
        }
        environment.set_formatter(|out, state, value| {
            // What is not defined is written as nothing.
            let nothing = Value::from("");
            let value = if value.is_undefined() { &nothing } else { value };
            let at =
                state.lookup(WRITTEN).and_then(|written| Some(written.downcast_object_ref::<Written>()?.add(value)));
            match at {
                Some(at) => write!(out, "{MARK}{at}{MARK}").map_err(Error::from),
                None => out.write_str(&python_str(value)).map_err(Error::from),
            }
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
        if !has_jinja(text) {
            return Ok(Json::from(text));
        }
        if ["run_started_at", "invocation_id", "modules"].iter().any(|name| text.contains(name)) {
            super::outside::ask_the_time();
        }
        let rewritten = rewrite(text).map_err(|error| error.message)?;
        let vars = Arc::new(scope.vars.clone());
        let may_read_secrets = scope.may_read_secrets;
        let written = Arc::new(Written::default());
        let context = Dict::value(super::common_functions::all().chain([
            (Value::from(WRITTEN), Value::from_dyn_object(Arc::clone(&written))),
            (Value::from("var"), Value::from_object(YamlVar { vars })),
            (
                Value::from("env_var"),
                Value::from_function(move |name: String, default: Option<Value>| -> Result<Value, Error> {
                    let default = default.filter(|default| !default.is_none());
                    read_env_var(&name, default, may_read_secrets).map_err(|problem| invalid(problem.message))
                }),
            ),
            (Value::from("target"), scope.target.map_or(Value::UNDEFINED, from_map)),
            (Value::from("project_name"), scope.project_name.map_or(Value::UNDEFINED, Value::from)),
            (Value::from("dbt_version"), Value::from(super::DBT_VERSION)),
            (Value::from("modules"), super::modules::modules()),
            (Value::from("flags"), flags_in(text, scope)),
            (Value::from("run_started_at"), scope.invocation.map_or(Value::UNDEFINED, super::modules::run_started_at)),
            (Value::from("invocation_id"), scope.invocation.map_or(Value::UNDEFINED, |it| Value::from(it.id.as_str()))),
        ]));
        let environment: &Environment<'_> = &self.environment;
        let worded = |error: Error| error.detail().map_or_else(|| error.to_string(), str::to_string);
        let template = environment.template_from_str(&rewritten.text).map_err(worded)?;
        let rendered = template.render(context).map_err(worded)?;
        match written.only(&rendered) {
            Some(value) if value.as_str().is_some() || !is_constant(text) => written.converted(&value),
            Some(_) | None => Ok(Json::from(written.filled(&rendered))),
        }
    }
}

/// Filters whose answer Jinja2 does not work out before it renders.
const LATE_FILTERS: [&str; 11] = [
    "as_bool",
    "as_native",
    "as_number",
    "as_text",
    "map",
    "random",
    "reject",
    "rejectattr",
    "select",
    "selectattr",
    "xmlattr",
];

/// Whether all that a text writes is known before it is rendered: `{{ 1 }}`, `{{ [2] | length }}`.
///
/// Jinja2 makes text of such values at once, and their type is lost.
fn is_constant(text: &str) -> bool {
    let Ok(lexemes) = lex(text) else { return false };
    let mut is_inside = false;
    let mut before = &Token::BlockEnd;
    for (index, lexeme) in lexemes.iter().enumerate() {
        let next = lexemes.get(index + 1).map(|lexeme| &lexeme.token);
        let is_known = match &lexeme.token {
            Token::VariableStart => {
                is_inside = true;
                true
            }
            Token::VariableEnd => {
                is_inside = false;
                true
            }
            Token::Ident(name) => match before {
                Token::Pipe => !LATE_FILTERS.contains(name),
                Token::Ident("is") => true,
                _ if is_reserved(name) || matches!(next, Some(Token::Assign)) => true,
                _ => matches!(*name, "true" | "false" | "none" | "True" | "False" | "None"),
            },
            // A method is called late.
            Token::Dot => false,
            _ => true,
        };
        if is_inside && !is_known {
            return false;
        }
        before = &lexeme.token;
    }
    true
}

/// `flags`, where a text asks for them; there are none while profiles.yml is read.
fn flags_in(text: &str, scope: &YamlScope<'_>) -> Value {
    let asked = scope.invocation.filter(|_| text.contains("flags"));
    asked.map_or_else(|| Dict::value([]), flags)
}

/// The name under which the values that a text writes are kept.
const WRITTEN: &str = "__written";

/// Stands on both sides of the number of a written value; no YAML holds this letter.
const MARK: char = '\0';

/// Values that a text writes: where it writes one and nothing else, the value keeps its type.
/// Source: dbt-common, `quoted_native_concat`.
#[derive(Debug, Default)]
struct Written {
    values: Mutex<Vec<Value>>,
    /// What the filters were told of texts. dbt's filters give texts, too: `false | as_bool` is the text `False`, which
    /// is true in an `and`, and becomes a bool only as a whole value.
    meant: Mutex<HashMap<String, Meant>>,
}

/// What a text is to become.
#[derive(Clone, Copy, Debug)]
enum Meant {
    Text,
    Bool,
    Number,
    Native,
}

impl Object for Written {}

impl Written {
    fn add(&self, value: &Value) -> usize {
        let mut values = lock(&self.values);
        values.push(value.clone());
        values.len() - 1
    }

    fn only(&self, rendered: &str) -> Option<Value> {
        let values = lock(&self.values);
        (rendered == format!("{MARK}0{MARK}") && values.len() == 1).then(|| values[0].clone())
    }

    /// A whole value, as the filter that gave it asks.
    fn converted(&self, value: &Value) -> Result<Json, String> {
        let meant = value.as_str().and_then(|text| lock(&self.meant).get(text).copied());
        let native = methods::native(value);
        let what = match meant {
            Some(Meant::Bool) if native.kind() != ValueKind::Bool => "bool",
            Some(Meant::Number) if !native.is_number() => "number",
            Some(Meant::Bool | Meant::Number | Meant::Native) => return Ok(to_json(&native)),
            Some(Meant::Text) | None => return Ok(to_json(value)),
        };
        Err(format!("`{}` is not a {what}", python_str(value)))
    }

    fn filled(&self, rendered: &str) -> String {
        let values = lock(&self.values);
        let part = |(index, part): (usize, &str)| match index % 2 {
            1 => part.parse().ok().and_then(|at: usize| values.get(at)).map_or_else(String::new, python_str),
            _ => part.to_string(),
        };
        rendered.split(MARK).enumerate().map(part).collect()
    }
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
        YamlEngine::new().render(text, &scope(&vars, &target))
    }

    fn scope<'a>(vars: &'a JsonMap, target: &'a JsonMap) -> YamlScope<'a> {
        YamlScope { vars, target: Some(target), may_read_secrets: false, project_name: Some("shop"), invocation: None }
    }

    #[test]
    fn one_expression_keeps_its_type_and_text_stays_text() {
        assert_eq!(render("{{ var('size') }}"), Ok(Json::from(3)));
        assert_eq!(render("{{ var('list') }}"), Ok(serde_json::json!(["a"])));
        assert_eq!(render("{{ target.name == 'dev' }}"), Ok(Json::from(true)));
        assert_eq!(render("x_{{ target.name }}"), Ok(Json::from("x_dev")));
        assert_eq!(render("{% if true -%} {{ 'true' | as_bool }} {%- endif %}"), Ok(Json::from(true)));
        assert_eq!(render("{{ 5 }} "), Ok(Json::from("5 ")));
        assert_eq!(render("{{ target.name | length }}\n"), Ok(Json::from(3)));
        assert_eq!(render("{% if true %}{{ 5 }}{% endif %}!"), Ok(Json::from("5!")));
        assert_eq!(render("plain"), Ok(Json::from("plain")));
        assert_eq!(render("{{ project_name }}_x"), Ok(Json::from("shop_x")));
        assert_eq!(render("{{ modules.datetime.date(2026, 1, 2).isoformat() }}"), Ok(Json::from("2026-01-02")));
        assert_eq!(render("{{ '5' | as_text }}"), Ok(Json::from("5")));
        assert_eq!(render("{{ '5' | as_number() }}"), Ok(Json::from(5)));
        // A filter holds before a comparison does.
        assert_eq!(render("{{ target.name == 'dev' | as_bool }}"), Ok(Json::from(true)));
        assert_eq!(render("{{ target.name in ['a', 'dev'] | as_bool() }}"), Ok(Json::from(true)));
        assert_eq!(render("{{ (false | as_bool) and (true | as_bool) }}"), Ok(Json::from(true)));
        assert_eq!(render("{{ 'maybe' | as_bool }}"), Err("`maybe` is not a bool".to_string()));
    }

    #[test]
    fn functions_of_texts_and_lists_are_there() {
        assert_eq!(render("{{ fromyaml('a: [1]').a }}"), Ok(serde_json::json!([1])));
        assert_eq!(render("{{ fromjson('[1]') }} {{ tojson([1]) }}"), Ok(Json::from("[1] [1]")));
        assert_eq!(render("{{ zip([1], [2]) | list }}"), Ok(serde_json::json!([[1, 2]])));
        assert_eq!(render("{% set x = local_md5('a') %}{{ x[:4] }}"), Ok(Json::from("0cc1")));
    }

    #[test]
    fn what_is_not_defined_is_written_as_nothing() {
        assert_eq!(render("{{ target.warehouse }}"), Ok(Json::from("")));
        assert_eq!(render("x{{ nothing }}y"), Ok(Json::from("xy")));
    }

    #[test]
    fn what_is_known_before_becomes_text() {
        for (expression, text) in [
            ("1", "1"),
            ("true", "True"),
            ("none", "None"),
            ("'5' | int", "5"),
            ("1 + 2", "3"),
            ("[1, 'a']", "[1, 'a']"),
            ("1 if true else 2", "1"),
            ("[3, 1] | sort", "[1, 3]"),
            ("1e3", "1000.0"),
            ("-1", "-1"),
            ("1 is odd", "True"),
            ("none | default(3)", "None"),
        ] {
            assert_eq!(render(&format!("{{{{ {expression} }}}}")), Ok(Json::from(text)), "{expression}");
        }
        assert_eq!(render("{% if true %}{{ 5 }}{% endif %}"), Ok(Json::from("5")));
        assert_eq!(render("{% set a = 1 %}{{ a }}"), Ok(Json::from(1)));
        assert_eq!(render("{{ 1 if var('size') else 2 }}"), Ok(Json::from(1)));
        assert_eq!(render("{{ [var('size')] }}"), Ok(serde_json::json!([3])));
        assert_eq!(render("{{ '1,2'.split(',') }}"), Ok(serde_json::json!(["1", "2"])));
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
        assert!(render("{{ nothing() }}").is_err());
        assert!(render("{{ nothing.more }}").is_err());
    }
}
