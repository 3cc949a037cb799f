//! `modules.re`: Python's regular expressions, with look-around.

use std::fmt;
use std::sync::Arc;

use fancy_regex::{Captures, Regex};
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::values::{List, invalid};

/// The module itself.
#[derive(Debug)]
pub(super) struct Re;

impl Object for Re {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(Value::from(match key.as_str()? {
            "IGNORECASE" | "I" => 2,
            "MULTILINE" | "M" => 8,
            "DOTALL" | "S" => 16,
            "VERBOSE" | "X" => 64,
            _ => return None,
        }))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        if method == "escape" {
            return Ok(Value::from(fancy_regex::escape(&arguments.text(0, "pattern")?).into_owned()));
        }
        let flags_at = match method {
            "sub" | "subn" => 4,
            "split" => 3,
            "compile" => 1,
            _ => 2,
        };
        let flags = arguments.get(flags_at, "flags").and_then(|flags| flags.as_i64()).unwrap_or(0);
        let pattern = compile(&arguments.text(0, "pattern")?, flags)?;
        if method == "compile" {
            return Ok(Value::from_object(pattern));
        }
        pattern.apply(method, args.get(1..).unwrap_or_default())
    }
}

#[derive(Debug)]
struct Pattern(Regex);

fn compile(pattern: &str, flags: i64) -> Result<Pattern, Error> {
    let letters: String = [(2, 'i'), (8, 'm'), (16, 's'), (64, 'x')]
        .iter()
        .filter(|(bit, _)| flags & bit != 0)
        .map(|(_, letter)| letter)
        .collect();
    let prefix = if letters.is_empty() { String::new() } else { format!("(?{letters})") };
    let pattern = format!("{prefix}{}", pattern.replace("\\Z", "\\z"));
    Regex::new(&pattern)
        .map(Pattern)
        .map_err(|error| invalid(format!("`{pattern}` is not a regular expression: {error}")))
}

fn failed(error: fancy_regex::Error) -> Error {
    invalid(format!("the regular expression gave up: {error}"))
}

impl Pattern {
    fn apply(&self, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        let nothing = || Value::from(());
        match method {
            "search" => {
                let text = arguments.text(0, "string")?;
                let found = self.0.captures(&text).map_err(failed)?;
                Ok(found.map_or_else(nothing, |captures| Match::value(&self.0, &captures)))
            }
            "match" | "fullmatch" => {
                let text = arguments.text(0, "string")?;
                let end = if method == "fullmatch" { "\\z" } else { "" };
                let anchored = Regex::new(&format!("\\A(?:{}){end}", self.0.as_str())).map_err(failed)?;
                let found = anchored.captures(&text).map_err(failed)?;
                Ok(found.map_or_else(nothing, |captures| Match::value(&anchored, &captures)))
            }
            "findall" | "finditer" => {
                let text = arguments.text(0, "string")?;
                let mut all = Vec::new();
                for captures in self.0.captures_iter(&text) {
                    let captures = captures.map_err(failed)?;
                    all.push(if method == "finditer" { Match::value(&self.0, &captures) } else { found(&captures) });
                }
                Ok(List::value(all))
            }
            "sub" | "subn" => {
                let replacement = python_replacement(&arguments.text(0, "repl")?);
                let text = arguments.text(1, "string")?;
                let count = arguments.get(2, "count").and_then(|count| count.as_usize()).unwrap_or(0);
                let replaced = self.0.try_replacen(&text, count, replacement.as_str()).map_err(failed)?;
                Ok(Value::from(replaced.into_owned()))
            }
            "split" => {
                let text = arguments.text(0, "string")?;
                let parts: Result<Vec<&str>, _> = self.0.split(&text).collect();
                Ok(List::value(parts.map_err(failed)?.into_iter().map(Value::from).collect()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// `findall` gives the only group, a tuple of groups, or the whole match.
fn found(captures: &Captures<'_, String>) -> Value {
    let text = |at: usize| captures.get(at).map_or("", |group| group.as_str());
    match captures.len() {
        1 => Value::from(text(0)),
        2 => Value::from(text(1)),
        count => {
            Value::from(minijinja::value::Tuple::from((1..count).map(|at| Value::from(text(at))).collect::<Vec<_>>()))
        }
    }
}

/// Python writes groups as `\1` and `\g<name>`; the crate as `${1}`.
fn python_replacement(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek().copied()) {
            ('$', _) => out.push_str("$$"),
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                characters.next();
                out.push_str(&format!("${{{digit}}}"));
            }
            ('\\', Some('g')) => {
                characters.next();
                let name: String = characters.by_ref().skip_while(|c| *c == '<').take_while(|c| *c != '>').collect();
                out.push_str(&format!("${{{name}}}"));
            }
            ('\\', Some('n')) => {
                characters.next();
                out.push('\n');
            }
            ('\\', Some('\\')) => {
                characters.next();
                out.push('\\');
            }
            _ => out.push(character),
        }
    }
    out
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "pattern").then(|| Value::from(self.0.as_str()))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        self.apply(method, args)
    }
}

/// A match: its groups by number and name.
#[derive(Debug)]
struct Match {
    groups: Vec<Option<(String, usize, usize)>>,
    names: Vec<Option<String>>,
}

impl Match {
    fn value(regex: &Regex, captures: &Captures<'_, String>) -> Value {
        let groups = (0..captures.len())
            .map(|at| captures.get(at).map(|group| (group.as_str().to_string(), group.start(), group.end())));
        let names = regex.capture_names().map(|name| name.map(str::to_string));
        Value::from_object(Self { groups: groups.collect(), names: names.collect() })
    }

    fn group(&self, key: &Value) -> Result<Value, Error> {
        let at = match key.as_str() {
            Some(name) => self.names.iter().position(|known| known.as_deref() == Some(name)),
            None => key.as_usize(),
        };
        let group = at.and_then(|at| self.groups.get(at)).ok_or_else(|| invalid("no such group"))?;
        Ok(group.as_ref().map_or_else(|| Value::from(()), |(text, _, _)| Value::from(text.as_str())))
    }
}

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.group(key).ok()
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let first = args.first().cloned().unwrap_or_else(|| Value::from(0));
        let edge = |value: &Value| value.as_usize().and_then(|at| self.groups.get(at)).and_then(Option::as_ref);
        match method {
            "group" if args.len() <= 1 => self.group(&first),
            "group" => {
                let groups: Result<Vec<Value>, Error> = args.iter().map(|key| self.group(key)).collect();
                Ok(Value::from(minijinja::value::Tuple::from(groups?)))
            }
            "groups" => {
                let groups: Result<Vec<Value>, Error> =
                    (1..self.groups.len()).map(|at| self.group(&Value::from(at))).collect();
                Ok(Value::from(minijinja::value::Tuple::from(groups?)))
            }
            "start" => Ok(edge(&first).map_or(Value::from(-1), |(_, start, _)| Value::from(*start))),
            "end" => Ok(edge(&first).map_or(Value::from(-1), |(_, _, end)| Value::from(*end))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<match>")
    }
}
