//! `modules.re`: Python's regular expressions, with look-around.

use std::fmt;
use std::sync::Arc;

use fancy_regex::{Captures, Regex};
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::adapter_object::Arguments;
use super::values::{Dict, List, invalid, python_repr, python_str, tuple, tuple_of};

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

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        if method == "escape" {
            return Ok(Value::from(escaped(&arguments.text(0, "pattern")?)));
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
        pattern.apply(state, method, args.get(1..).unwrap_or_default())
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
    fn apply(&self, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new(args);
        let nothing = || Value::from(());
        match method {
            "search" => {
                let text = arguments.text(0, "string")?;
                let found = self.0.captures(&text).map_err(failed)?;
                Ok(found.map_or_else(nothing, |captures| Match::value(&self.0, &text, &captures)))
            }
            "match" | "fullmatch" => {
                let text = arguments.text(0, "string")?;
                let end = if method == "fullmatch" { "\\z" } else { "" };
                let anchored = Regex::new(&format!("\\A(?:{}){end}", self.0.as_str())).map_err(failed)?;
                let found = anchored.captures(&text).map_err(failed)?;
                Ok(found.map_or_else(nothing, |captures| Match::value(&anchored, &text, &captures)))
            }
            "findall" | "finditer" => {
                let text = arguments.text(0, "string")?;
                let mut all = Vec::new();
                for captures in self.0.captures_iter(&text) {
                    let captures = captures.map_err(failed)?;
                    all.push(if method == "finditer" {
                        Match::value(&self.0, &text, &captures)
                    } else {
                        found(&captures)
                    });
                }
                Ok(List::value(all))
            }
            "sub" | "subn" => {
                let replacement = arguments.required(0, "repl")?;
                let text = arguments.text(1, "string")?;
                let count = arguments.get(2, "count").and_then(|count| count.as_usize()).filter(|count| *count > 0);
                let (replaced, made) = self.replaced(state, text, &replacement, count)?;
                Ok(match method {
                    "subn" => tuple([Value::from(replaced), Value::from(made)]),
                    _ => Value::from(replaced),
                })
            }
            "split" => {
                let text = arguments.text(0, "string")?;
                let most = arguments.get(1, "maxsplit").and_then(|most| most.as_usize()).filter(|most| *most > 0);
                self.split(&text, most)
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    /// The text with matches replaced, by a text with groups or by what a macro makes of each match; and how many.
    fn replaced(
        &self,
        state: &mut State<'_, '_>,
        text: String,
        replacement: &Value,
        count: Option<usize>,
    ) -> Result<(String, usize), Error> {
        let template = replacement.as_str().map(replacement_parts);
        let (mut out, mut at, mut made) = (String::new(), 0, 0);
        for captures in self.0.captures_iter(&text).take(count.unwrap_or(usize::MAX)) {
            let captures = captures.map_err(failed)?;
            let Some(whole) = captures.get(0) else { continue };
            out.push_str(&text[at..whole.start()]);
            match &template {
                Some(parts) => out.extend(parts.iter().map(|part| match part {
                    Part::Text(text) => text.as_str(),
                    Part::Numbered(number) => captures.get(*number).map_or("", |group| group.as_str()),
                    Part::Named(name) => captures.name(name).map_or("", |group| group.as_str()),
                })),
                None => {
                    let found = Match::value(&self.0, &text, &captures);
                    out.push_str(&python_str(&replacement.call(state, &[found])?));
                }
            }
            (at, made) = (whole.end(), made + 1);
        }
        out.push_str(&text[at..]);
        Ok((out, made))
    }

    /// The text between matches, and the groups of the matches with it.
    fn split(&self, text: &str, most: Option<usize>) -> Result<Value, Error> {
        let (mut parts, mut at) = (Vec::new(), 0);
        for captures in self.0.captures_iter(text).take(most.unwrap_or(usize::MAX)) {
            let captures = captures.map_err(failed)?;
            let Some(whole) = captures.get(0) else { continue };
            parts.push(Value::from(&text[at..whole.start()]));
            let group =
                |group: usize| captures.get(group).map_or_else(|| Value::from(()), |found| found.as_str().into());
            parts.extend((1..captures.len()).map(group));
            at = whole.end();
        }
        parts.push(Value::from(&text[at..]));
        Ok(List::value(parts))
    }
}

/// Python's `re.escape`: a backslash before what may mean something in a pattern.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
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

/// What a match is replaced by: texts, and groups by number or name.
enum Part {
    Text(String),
    Numbered(usize),
    Named(String),
}

/// Python writes groups as `\1` and `\g<name>`.
fn replacement_parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let follower = letters.peek().copied();
        let group = match (letter, follower) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                let mut number = String::new();
                // Two digits at most name a group.
                while let Some(digit) = letters.next_if(|c| c.is_ascii_digit() && number.len() < 2) {
                    number.push(digit);
                }
                number
            }
            ('\\', Some('g')) => {
                letters.next();
                letters.by_ref().skip_while(|c| *c == '<').take_while(|c| *c != '>').collect()
            }
            ('\\', Some(escaped @ ('n' | 't' | 'r' | '\\'))) => {
                letters.next();
                literal.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
                continue;
            }
            _ => {
                literal.push(letter);
                continue;
            }
        };
        parts.push(Part::Text(std::mem::take(&mut literal)));
        parts.push(group.parse().map_or_else(|_| Part::Named(group.clone()), Part::Numbered));
    }
    parts.push(Part::Text(literal));
    parts
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "pattern").then(|| Value::from(self.0.as_str()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "re.compile({})", python_repr(&Value::from(self.0.as_str())))
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        self.apply(state, method, args)
    }
}

/// A match: its groups by number and name, with places counted in letters.
#[derive(Debug)]
struct Match {
    text: String,
    groups: Vec<Option<(String, usize, usize)>>,
    names: Vec<Option<String>>,
}

impl Match {
    fn value(regex: &Regex, text: &str, captures: &Captures<'_, String>) -> Value {
        let place = |byte: usize| text[..byte].chars().count();
        let groups = (0..captures.len()).map(|at| {
            captures.get(at).map(|group| (group.as_str().to_string(), place(group.start()), place(group.end())))
        });
        let names = regex.capture_names().map(|name| name.map(str::to_string));
        Value::from_object(Self { text: text.to_string(), groups: groups.collect(), names: names.collect() })
    }

    fn position(&self, key: &Value) -> Result<usize, Error> {
        let at = match key.as_str() {
            Some(name) => self.names.iter().position(|known| known.as_deref() == Some(name)),
            None => key.as_usize(),
        };
        at.filter(|at| *at < self.groups.len()).ok_or_else(|| invalid("no such group"))
    }

    fn group(&self, key: &Value) -> Result<Value, Error> {
        let at = self.position(key)?;
        Ok(self.text_of(at, &Value::from(())))
    }

    fn text_of(&self, at: usize, default: &Value) -> Value {
        let group = self.groups.get(at).and_then(Option::as_ref);
        group.map_or_else(|| default.clone(), |(text, _, _)| Value::from(text.as_str()))
    }

    /// Start and end of a group; -1 where it took no part.
    fn span(&self, at: usize) -> (i64, i64) {
        let group = self.groups.get(at).and_then(Option::as_ref);
        group.map_or((-1, -1), |(_, start, end)| (*start as i64, *end as i64))
    }
}

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("string") => Some(Value::from(self.text.as_str())),
            Some("lastindex") => {
                let last = (1..self.groups.len()).rev().find(|at| self.groups[*at].is_some());
                Some(last.map_or_else(|| Value::from(()), Value::from))
            }
            _ => self.group(key).ok(),
        }
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let first = || self.position(&args.first().cloned().unwrap_or_else(|| Value::from(0)));
        let default = args.first().cloned().unwrap_or_else(|| Value::from(()));
        Ok(match method {
            "group" if args.len() <= 1 => self.text_of(first()?, &Value::from(())),
            "group" => tuple_of(args.iter().map(|key| self.group(key)).collect::<Result<_, Error>>()?),
            "groups" => tuple_of((1..self.groups.len()).map(|at| self.text_of(at, &default)).collect()),
            "groupdict" => {
                let named = self.names.iter().enumerate().filter_map(|(at, name)| Some((at, name.as_deref()?)));
                Dict::value(named.map(|(at, name)| (Value::from(name), self.text_of(at, &default))))
            }
            "start" => Value::from(self.span(first()?).0),
            "end" => Value::from(self.span(first()?).1),
            "span" => {
                let (start, end) = self.span(first()?);
                tuple([Value::from(start), Value::from(end)])
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = self.span(0);
        let text = python_repr(&self.text_of(0, &Value::from("")));
        write!(f, "<re.Match object; span=({start}, {end}), match={text}>")
    }
}
