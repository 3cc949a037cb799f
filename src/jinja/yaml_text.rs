//! YAML and JSON texts inside Jinja: `fromyaml`, `toyaml`, Python's spelling of JSON.

use std::io::Write;

use minijinja::Error;
use minijinja::value::Value;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::adapter_object::Arguments;
use super::values::{from_json, split_kwargs, to_json};
use crate::manifest::Json;
use crate::project::yaml::YamlFile;
use crate::source::SourceFile;

pub(super) fn from_yaml_text(args: &[Value]) -> Result<Value, Error> {
    let arguments = Arguments::new(args);
    let mut text = arguments.text(0, "value")?;
    if text.ends_with('\n') {
        // A file is read without the line ends at its end, a text with them: something has to come after them.
        text.push('#');
    }
    let file = SourceFile::in_memory("<fromyaml>", text);
    let default = || arguments.get(1, "default").unwrap_or_else(|| Value::from(()));
    Ok(YamlFile::parse(&file).map_or_else(|_| default(), |parsed| from_json(&parsed.root.to_json())))
}

pub(super) fn to_yaml_text(args: &[Value]) -> Result<Value, Error> {
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
pub(crate) fn python_json(json: &Json, is_sorted: bool) -> String {
    python_json_indented(json, is_sorted, None)
}

/// The same, each value on a line of its own where there is an indent.
pub(super) fn python_json_indented(json: &Json, is_sorted: bool, indent: Option<usize>) -> String {
    let mut json = json.clone();
    if is_sorted {
        json.sort_all_objects();
    }
    let blanks = " ".repeat(indent.unwrap_or(0).min(INDENT_MAX));
    let pretty = indent.map(|_| PrettyFormatter::with_indent(blanks.as_bytes()));
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, PythonFormatter { pretty });
    match json.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Widest indent of JSON: a typo must not fill the memory.
const INDENT_MAX: usize = 64;

struct PythonFormatter<'a> {
    pretty: Option<PrettyFormatter<'a>>,
}

/// Hands a call to the pretty formatter, or to what stands in its place.
macro_rules! pretty_or {
    ($name:ident ( $($argument:ident : $kind:ty),* ) $otherwise:expr) => {
        fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)*) -> std::io::Result<()> {
            match &mut self.pretty {
                Some(pretty) => pretty.$name(writer $(, $argument)*),
                None => writer.write_all($otherwise),
            }
        }
    };
}

impl Formatter for PythonFormatter<'_> {
    pretty_or!(begin_array() b"[");
    pretty_or!(end_array() b"]");
    pretty_or!(begin_array_value(is_first: bool) if is_first { b"" } else { b", " });
    pretty_or!(end_array_value() b"");
    pretty_or!(begin_object() b"{");
    pretty_or!(end_object() b"}");
    pretty_or!(begin_object_key(is_first: bool) if is_first { b"" } else { b", " });
    pretty_or!(begin_object_value() b": ");
    pretty_or!(end_object_value() b"");

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> std::io::Result<()> {
        writer.write_all(super::values::python_float(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> std::io::Result<()> {
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
