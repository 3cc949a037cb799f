//! Takes a declared test apart: name, arguments, settings; and gives it its names and code.
//!
//! Source: dbt-core 1.12, `parser/generic_test_builders.py`.

use super::generic_test::TestTarget;
use super::scope::{Scope, has_jinja};
use super::test_names::generic_test_names;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap, python};
use crate::project::without_last_newline;
use crate::relation::quoted;
use crate::source::Span;

/// Settings that may stand among a test's arguments, as they could before `config:` was there.
const CONFIG_ARGUMENTS: [&str; 15] = [
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "sql_header",
    "meta",
    "database",
    "schema",
    "alias",
];

pub(crate) enum TestedThing<'t> {
    Node { name: &'t str, version: Option<&'t Json>, section: &'static str },
    Source { source: &'t str, table: &'t str },
}

/// A column whose test it is.
pub(crate) struct TestedColumn<'t> {
    pub name: &'t str,
    pub is_quoted: bool,
    pub tags: Vec<String>,
}

impl TestedColumn<'_> {
    pub(crate) fn written_name(scope: &Scope<'_>) -> impl Fn(&Self) -> String {
        let quote = scope.project.target.kind.quote();
        move |column| if column.is_quoted { quoted(column.name, quote) } else { column.name.to_string() }
    }
}

/// A test's parts, taken from what was written.
pub(crate) struct Parts {
    pub name: String,
    pub namespace: Option<String>,
    /// Arguments of the macro, `model` included.
    pub arguments: JsonMap,
    pub config: JsonMap,
    pub description: String,
    /// Names the file and the relation.
    pub short_name: String,
    pub full_name: String,
}

pub(crate) type Told<T> = Result<T, Box<Diagnostic>>;

/// Takes a written test apart.
pub(crate) fn parts(
    scope: &Scope<'_>,
    target: &TestTarget<'_>,
    written: &Json,
    span: &Span,
    column: Option<&TestedColumn<'_>>,
) -> Told<Parts> {
    let (full, mut arguments) = name_and_arguments(written, span)?;
    if let Some(column) = column {
        arguments.insert("column_name".to_string(), Json::from(TestedColumn::written_name(scope)(column)));
    }
    if scope.flag("require_generic_test_arguments_property", true)
        && let Some(nested) = arguments.shift_remove("arguments")
        && let Json::Object(nested) = nested
    {
        arguments.extend(nested);
    }
    if arguments.contains_key("model") {
        let message = format!("test `{full}` has an argument `model`, which is what the test stands on");
        return Err(malformed(message, span, "remove `model`"));
    }
    arguments.insert("model".to_string(), Json::from(model_text(&target.of)));
    let (namespace, name) = split_name(&full).ok_or_else(|| {
        malformed(format!("`{full}` cannot be the name of a test"), span, "write `name` or `package.name`")
    })?;
    let config = config_of(scope, target, &full, &mut arguments, span)?;
    let description = match arguments.shift_remove("description") {
        Some(Json::String(text)) => text,
        _ => String::new(),
    };
    let mut parts = Parts {
        name: name.to_string(),
        namespace: namespace.map(str::to_string),
        config,
        description,
        short_name: String::new(),
        full_name: String::new(),
        arguments: JsonMap::new(),
    };
    match arguments.shift_remove("name") {
        Some(own) => {
            parts.full_name = python::text(&own);
            parts.short_name.clone_from(&parts.full_name);
        }
        None => {
            let mut kind = parts.namespace.as_ref().map_or_else(String::new, |namespace| format!("{namespace}_"));
            let target_name = match &target.of {
                TestedThing::Node { name, version: Some(version), .. } => format!("{name}_v{}", python::text(version)),
                TestedThing::Node { name, version: None, .. } => (*name).to_string(),
                TestedThing::Source { source, table } => {
                    kind.push_str("source_");
                    format!("{source}_{table}")
                }
            };
            kind.push_str(&parts.name);
            (parts.short_name, parts.full_name) = generic_test_names(&kind, &target_name, &arguments);
            if parts.short_name != parts.full_name && !parts.config.contains_key("alias") {
                parts.config.insert("alias".to_string(), Json::from(parts.short_name.as_str()));
            }
        }
    }
    parts.arguments = arguments;
    Ok(parts)
}

/// `model` and `column_name`, which every test of a column has.
const GIVEN_ARGUMENTS: usize = 2;

/// `unique`, `{unique: {…}}`, or `{name: …, test_name: unique, …}`.
fn name_and_arguments(written: &Json, span: &Span) -> Told<(String, JsonMap)> {
    let map = match written {
        Json::String(name) => return Ok((name.clone(), JsonMap::with_capacity(GIVEN_ARGUMENTS))),
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => {
            return Err(malformed("a test is a name, or a name with arguments below it", span, "this is neither"));
        }
    };
    if let Some(name) = map.get("test_name") {
        let mut arguments = map.clone();
        arguments.shift_remove("test_name");
        let name = name.as_str().ok_or_else(|| malformed("`test_name` is not a text", span, "in this test"))?;
        return Ok((name.to_string(), arguments));
    }
    let mut entries = map.iter();
    let (Some((name, arguments)), None) = (entries.next(), entries.next()) else {
        let keys: Vec<_> = map.keys().map(|key| format!("`{key}`")).collect();
        let message = format!("a test has one name, and this one has {}: {}", keys.len(), keys.join(", "));
        let help = map.keys().next().map(|first| format!("indent what belongs to `{first}` below it"));
        let mut problem = malformed(message, span, "more than one key");
        problem.help = help;
        return Err(problem);
    };
    match arguments {
        Json::Object(written) => {
            let mut arguments = JsonMap::with_capacity(written.len() + GIVEN_ARGUMENTS);
            arguments.extend(written.iter().map(|(key, value)| (key.clone(), value.clone())));
            Ok((name.clone(), arguments))
        }
        Json::Null => Ok((name.clone(), JsonMap::with_capacity(GIVEN_ARGUMENTS))),
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            let message = format!("the arguments of test `{name}` have no names");
            Err(malformed(message, span, "write each as `name: value`"))
        }
    }
}

/// `(namespace, name)`; like dbt, whatever follows the name is left out of account.
fn split_name(full: &str) -> Option<(Option<&str>, &str)> {
    let identifier = |text: &str| {
        let is_first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        is_first.then_some(end)
    };
    let end = identifier(full)?;
    if let Some(rest) = full[end..].strip_prefix('.')
        && let Some(name_end) = identifier(rest)
    {
        return Some((Some(&full[..end]), &rest[..name_end]));
    }
    Some((None, &full[..end]))
}

fn model_text(of: &TestedThing<'_>) -> String {
    match of {
        TestedThing::Node { name, version: Some(version), .. } => {
            format!("{{{{ get_where_subquery(ref('{name}', version='{}')) }}}}", python::text(version))
        }
        TestedThing::Node { name, version: None, .. } => format!("{{{{ get_where_subquery(ref('{name}')) }}}}"),
        TestedThing::Source { source, table } => {
            format!("{{{{ get_where_subquery(source('{source}', '{table}')) }}}}")
        }
    }
}

/// Takes the settings out of a test's arguments, rendered.
fn config_of(
    scope: &Scope<'_>,
    target: &TestTarget<'_>,
    test: &str,
    arguments: &mut JsonMap,
    span: &Span,
) -> Told<JsonMap> {
    let is_setting = |key: &String| key == "config" || CONFIG_ARGUMENTS.contains(&key.as_str());
    if !arguments.keys().any(is_setting) {
        return Ok(JsonMap::new());
    }
    let config = arguments.shift_remove("config");
    let has_config = config.is_some();
    let mut nested = match config {
        None => JsonMap::new(),
        Some(Json::Object(nested)) => nested,
        Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => {
            return Err(malformed(format!("`config` of test `{test}` is not a map"), span, "in this test"));
        }
    };
    let mut config = JsonMap::new();
    for key in CONFIG_ARGUMENTS {
        // Beside a `config`, dbt does not see a value that is false or empty.
        let beside = arguments.shift_remove(key).filter(|value| !has_config || is_truthy(value));
        let below = nested.get(key).cloned();
        if beside.is_some() && below.is_some() {
            let message = format!("`{key}` of test `{test}` is written twice: beside `config` and in it");
            return Err(malformed(message, span, "in this test"));
        }
        let value = beside.or_else(|| {
            nested.shift_remove(key);
            below
        });
        if let Some(value) = value.filter(|value| !value.is_null()) {
            config.insert(key.to_string(), value);
        }
    }
    config.extend(nested.into_iter().filter(|(_, value)| !value.is_null()));
    for (key, value) in &mut config {
        let Json::String(text) = value else { continue };
        if has_jinja(text) {
            *value = scope.render(text, target.package).map_err(|message| {
                malformed(format!("`{key}` of test `{test}` cannot be rendered: {message}"), span, "in this test")
            })?;
        } else {
            // Every text is rendered, and Jinja takes one line end off the end of it.
            text.truncate(without_last_newline(text).len());
        }
    }
    config.retain(|_, value| !value.is_null());
    Ok(config)
}

fn is_truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(entries) => !entries.is_empty(),
    }
}

/// The code of the node: a call of the test's macro, and its settings.
pub(crate) fn raw_code(parts: &Parts) -> String {
    let name = match &parts.namespace {
        Some(namespace) => format!("{namespace}.test_{}", parts.name),
        None => format!("test_{}", parts.name),
    };
    let settings: Vec<_> = parts
        .config
        .iter()
        .map(|(key, value)| match value {
            Json::String(text) => format!("{key}=\"{}\"", text.replace('"', "\\\"")),
            value => format!("{key}={}", python::text(value)),
        })
        .collect();
    let config = if settings.is_empty() { String::new() } else { format!("{{{{ config({}) }}}}", settings.join(",")) };
    format!("{{{{ {name}(**_dbt_generic_test_kwargs) }}}}{config}")
}

fn malformed(message: impl Into<String>, span: &Span, label: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("invalid-test", message).at(span.clone(), label))
}
