//! YAML and JSON texts inside Jinja: `fromyaml`, `toyaml`, Python's spelling of JSON.

use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Error, State};
use serde::Serialize;

use super::adapter_object::Arguments;
use super::scope::Scope;
use super::values::{from_json, split_kwargs, to_json};
use crate::manifest::Json;

pub(super) fn from_yaml_text(_: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let parsed = serde_yaml::from_str::<Json>(&arguments.text(0, "value")?);
    Ok(parsed.map_or_else(|_| arguments.get(1, "default").unwrap_or_else(|| Value::from(())), |json| from_json(&json)))
}

pub(super) fn to_yaml_text(_: &Arc<Scope>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let (positional, kwargs) = split_kwargs(args);
    let is_sorted =
        kwargs.as_ref().is_some_and(|kwargs| kwargs.get::<Option<bool>>("sort_keys").ok().flatten() == Some(true));
    let mut json = positional.first().map(to_json).unwrap_or(Json::Null);
    if is_sorted {
        json.sort_all_objects();
    }
    let text = serde_yaml::to_string(&json).map_err(|error| super::values::invalid(error.to_string()))?;
    Ok(Value::from(text))
}

/// JSON as Python's `json.dumps` writes it: a space after `,` and `:`, everything past ASCII escaped.
pub(super) fn python_json(json: &Json, is_sorted: bool) -> String {
    let mut json = json.clone();
    if is_sorted {
        json.sort_all_objects();
    }
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, PythonFormatter);
    match json.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

struct PythonFormatter;

impl serde_json::ser::Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_f64<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, value: f64) -> std::io::Result<()> {
        writer.write_all(super::values::python_float(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        for character in fragment.chars() {
            if character.is_ascii() {
                writer.write_all(&[character as u8])?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_spelled_as_python_spells_it() {
        let json = serde_json::json!({"b": [1, 2.0, "é"], "a": {"c": null}});
        assert_eq!(python_json(&json, false), r#"{"b": [1, 2.0, "\u00e9"], "a": {"c": null}}"#);
        assert_eq!(python_json(&json, true), r#"{"a": {"c": null}, "b": [1, 2.0, "\u00e9"]}"#);
    }
}
