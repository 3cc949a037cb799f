//! Reads `ref('x')`, `source('a', 'b')` and `doc('x')` where they are written with plain literals, without Jinja.

use crate::manifest::{Json, JsonMap};

/// A call whose arguments are all literals.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LiteralCall<'t> {
    pub name: &'t str,
    pub positional: Vec<Json>,
    pub named: Vec<(&'t str, Json)>,
}

/// What a `ref` or `source` call names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    Ref { package: Option<String>, name: String, version: Option<Json> },
    Source { source: String, table: String },
}

/// The one call an expression consists of; `None` when it is anything else.
pub(crate) fn literal_call(expression: &str) -> Option<LiteralCall<'_>> {
    let mut reader = Reader { rest: expression.trim(), is_python: false };
    let name = reader.identifier()?;
    let call = arguments(&mut reader, name)?;
    reader.rest.trim().is_empty().then_some(call)
}

/// The arguments of a call in Python, from its opening parenthesis on; what follows the call does not matter.
pub(crate) fn literal_arguments<'t>(name: &'t str, text: &'t str) -> Option<LiteralCall<'t>> {
    arguments(&mut Reader { rest: text, is_python: true }, name)
}

fn arguments<'t>(reader: &mut Reader<'t>, name: &'t str) -> Option<LiteralCall<'t>> {
    reader.symbol('(')?;
    let mut call = LiteralCall { name, positional: Vec::new(), named: Vec::new() };
    while reader.symbol(')').is_none() {
        let before = reader.rest;
        if let (Some(key), Some(())) = (reader.identifier(), reader.symbol('=')) {
            call.named.push((key, reader.literal()?));
        } else {
            reader.rest = before;
            if !call.named.is_empty() {
                return None;
            }
            call.positional.push(reader.literal()?);
        }
        if reader.symbol(',').is_none() {
            reader.symbol(')')?;
            break;
        }
    }
    Some(call)
}

/// The model or source an expression names, with or without the `{{ }}` round it.
pub(crate) fn target(expression: &str) -> Option<Target> {
    let trimmed = expression.trim();
    let inner = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(trimmed);
    let call = literal_call(inner)?;
    let texts: Option<Vec<_>> = call.positional.iter().map(|value| value.as_str().map(str::to_string)).collect();
    let mut texts = texts?;
    match call.name {
        "ref" => {
            let mut version = None;
            for (key, value) in call.named {
                match key {
                    "v" | "version" if value.is_string() || value.is_number() => version = Some(value),
                    _ => return None,
                }
            }
            let name = texts.pop()?;
            let package = texts.pop();
            texts.is_empty().then_some(Target::Ref { package, name, version })
        }
        "source" if call.named.is_empty() => {
            let table = texts.pop()?;
            let source = texts.pop()?;
            texts.is_empty().then_some(Target::Source { source, table })
        }
        _ => None,
    }
}

struct Reader<'t> {
    rest: &'t str,
    /// Whether `#` begins a comment.
    is_python: bool,
}

impl<'t> Reader<'t> {
    /// What is left, from the next thing that counts on.
    fn next(&self) -> &'t str {
        let mut text = self.rest.trim_start();
        while self.is_python && text.starts_with('#') {
            text = text.find('\n').map_or("", |end| text[end..].trim_start());
        }
        text
    }

    fn identifier(&mut self) -> Option<&'t str> {
        let text = self.next();
        let is_first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        if !is_first {
            return None;
        }
        self.rest = &text[end..];
        Some(&text[..end])
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.rest = self.next().strip_prefix(symbol)?;
        Some(())
    }

    fn items(&mut self, close: char) -> Option<Json> {
        let mut items = Vec::new();
        while self.symbol(close).is_none() {
            items.push(self.literal()?);
            if self.symbol(',').is_none() {
                self.symbol(close)?;
                break;
            }
        }
        Some(Json::Array(items))
    }

    fn entries(&mut self) -> Option<Json> {
        let mut entries = JsonMap::new();
        while self.symbol('}').is_none() {
            let Json::String(key) = self.literal()? else { return None };
            self.symbol(':')?;
            entries.insert(key, self.literal()?);
            if self.symbol(',').is_none() {
                self.symbol('}')?;
                break;
            }
        }
        Some(Json::Object(entries))
    }

    fn literal(&mut self) -> Option<Json> {
        let text = self.next();
        let first = text.chars().next()?;
        if first == '\'' || first == '"' {
            let end = text[1..].find([first, '\\'])? + 1;
            // Escapes are rare and Jinja's business.
            if text[end..].starts_with('\\') {
                return None;
            }
            self.rest = &text[end + 1..];
            return Some(Json::from(&text[1..end]));
        }
        if let Some(close) = [('[', ']'), ('(', ')')].iter().find(|(open, _)| *open == first).map(|(_, close)| *close) {
            self.rest = &text[1..];
            return self.items(close);
        }
        if first == '{' {
            self.rest = &text[1..];
            return self.entries();
        }
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(text.len());
        let value = match &text[..end] {
            "true" | "True" => Json::Bool(true),
            "false" | "False" => Json::Bool(false),
            "none" | "None" => Json::Null,
            number => number
                .parse::<i64>()
                .map(Json::from)
                .ok()
                .or_else(|| number.parse::<f64>().ok().filter(|float| float.is_finite()).map(Json::from))?,
        };
        self.rest = &text[end..];
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(expression: &str) -> String {
        match target(expression) {
            Some(Target::Ref { package, name, version }) => format!("ref {package:?} {name} {version:?}"),
            Some(Target::Source { source, table }) => format!("source {source} {table}"),
            None => "-".to_string(),
        }
    }

    #[test]
    fn plain_refs_and_sources_are_read() {
        insta::assert_snapshot!(read("ref('x')"), @"ref None x None");
        insta::assert_snapshot!(read(" ref( \"p\" , 'x', v = 2 ) "), @r#"ref Some("p") x Some(Number(2))"#);
        insta::assert_snapshot!(read("{{ ref('x', version='1b') }}"), @r#"ref None x Some(String("1b"))"#);
        insta::assert_snapshot!(read("source('a', 'b')"), @"source a b");
    }

    #[test]
    fn what_needs_jinja_is_left_to_it() {
        for expression in
            ["ref(x)", "ref('a' ~ 'b')", "ref('x') | upper", "other('x')", "ref('x'", "ref('a\\'b')", "", "ref()"]
        {
            assert_eq!(read(expression), "-", "{expression}");
        }
    }
}
