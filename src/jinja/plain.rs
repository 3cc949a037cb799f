//! Reads what a text refers to without rendering it, where it uses nothing but plain `ref`, `source`, `function`,
//! `config` and `var` with literal arguments; and finds the places of references in texts that had to be rendered.

use minijinja::machinery::Token;

use super::Captured;
use super::blocks::string;
use super::rewrite::{Lexeme, lex};
use crate::manifest::{Json, JsonMap, RefCall, SourceCall};
use crate::project::has_jinja;
use crate::source::Span;

/// What the text refers to, or `None` where it must be rendered to know.
pub(super) fn capture(
    code: &Span,
    vars: &JsonMap,
    is_hidden: &dyn Fn(&str) -> bool,
    is_model: bool,
) -> Option<Captured> {
    let text = code.text();
    if !has_jinja(text) {
        return Some(Captured::default());
    }
    let lexemes = lex(text).ok()?;
    let mut captured = Captured::default();
    let mut is_rendered_by_dbt = !is_model || ["ref", "source", "config"].into_iter().any(is_hidden);
    let mut at = 0;
    while at < lexemes.len() {
        match lexemes[at].token {
            Token::TemplateData(_) => at += 1,
            Token::VariableStart => {
                let next = expression(&lexemes, at + 1, code, vars, is_hidden, &mut captured)?;
                is_rendered_by_dbt |= is_beyond_the_extractor(&lexemes[at + 1..next]);
                at = next;
            }
            _ => return None,
        }
    }
    if !is_rendered_by_dbt {
        without_repeated_sources(&mut captured);
    }
    Some(captured)
}

/// Whether a call, from its name to its `}}`, makes dbt render the text.
/// Source: dbt-extractor 0.6, which knows no `var` and no `function`, and in a `config` only texts, lists, maps, `True` and `False`.
fn is_beyond_the_extractor(call: &[Lexeme<'_>]) -> bool {
    let is_unknown = |lexeme: &Lexeme<'_>| {
        matches!(
            lexeme.token,
            Token::Int(_)
                | Token::Int128(_)
                | Token::Float(_)
                | Token::ParenOpen
                | Token::Ident("true" | "false" | "none" | "None")
        )
    };
    match call {
        [Lexeme { token: Token::Ident("var" | "function"), .. }, ..] => true,
        [Lexeme { token: Token::Ident("config"), .. }, _, arguments @ ..] => arguments.iter().any(is_unknown),
        _ => false,
    }
}

/// Where dbt reads a text without rendering it, too, it notes each source once: it gets them as a set.
fn without_repeated_sources(captured: &mut Captured) {
    let mut seen = std::collections::HashSet::new();
    captured.sources.retain(|call| seen.insert((call.source.clone(), call.table.clone())));
}

/// Reads `name(arguments) }}`; gives the token after it.
fn expression(
    lexemes: &[Lexeme<'_>],
    at: usize,
    code: &Span,
    vars: &JsonMap,
    is_hidden: &dyn Fn(&str) -> bool,
    captured: &mut Captured,
) -> Option<usize> {
    let Token::Ident(name) = lexemes.get(at)?.token else { return None };
    if !matches!(lexemes.get(at + 1)?.token, Token::ParenOpen) || is_hidden(name) {
        return None;
    }
    let call = arguments(lexemes, at + 2)?;
    if !matches!(lexemes.get(call.next)?.token, Token::VariableEnd) {
        return None;
    }
    let base = code.start as usize;
    let span = Some(Span::new(&code.file, base + lexemes[at].start..base + lexemes[call.next - 1].end));
    match name {
        "ref" => captured.refs.push(call.as_ref(span)?),
        "function" => captured.functions.push(call.as_function(span)?),
        "source" => {
            let [Json::String(source), Json::String(table)] = call.positional.as_slice() else { return None };
            if !call.named.is_empty() {
                return None;
            }
            captured.sources.push(SourceCall { source: source.clone(), table: table.clone(), span });
        }
        "config" => {
            if !call.positional.is_empty()
                || call.named.contains_key("pre_hook")
                || call.named.contains_key("post_hook")
            {
                return None;
            }
            captured.configs.push(call.named);
        }
        "var" => {
            let [Json::String(name), rest @ ..] = call.positional.as_slice() else { return None };
            // A var that is missing is an error that the render words; one may be Jinja itself.
            let is_jinja = |value: &Json| value.as_str().is_some_and(|text| text.contains("{{") || text.contains("{%"));
            let value = vars.get(name).or(rest.first());
            if !call.named.is_empty() || value.is_none_or(is_jinja) {
                return None;
            }
        }
        _ => return None,
    }
    Some(call.next + 1)
}

struct Call {
    positional: Vec<Json>,
    named: JsonMap,
    /// The token after `)`.
    next: usize,
}

impl Call {
    fn as_ref(&self, span: Option<Span>) -> Option<RefCall> {
        let (package, name) = match self.positional.as_slice() {
            [Json::String(name)] => (None, name.clone()),
            [Json::String(package), Json::String(name)] => (Some(package.clone()), name.clone()),
            _ => return None,
        };
        let version = match self.named.len() {
            0 => None,
            1 => Some(self.named.get("v").or_else(|| self.named.get("version"))?.clone()),
            _ => return None,
        };
        Some(RefCall { package, name, version, span })
    }

    /// A `function` has no versions.
    fn as_function(&self, span: Option<Span>) -> Option<RefCall> {
        self.as_ref(span).filter(|_| self.named.is_empty())
    }
}

/// Literal arguments up to the closing parenthesis; `at` is the token after the opening one.
fn arguments(lexemes: &[Lexeme<'_>], mut at: usize) -> Option<Call> {
    let (mut positional, mut named) = (Vec::new(), JsonMap::new());
    loop {
        if matches!(lexemes.get(at)?.token, Token::ParenClose) {
            return Some(Call { positional, named, next: at + 1 });
        }
        let key = match (&lexemes[at].token, &lexemes.get(at + 1)?.token) {
            (Token::Ident(name), Token::Assign) => Some(name.to_string()),
            _ => None,
        };
        let (value, next) = literal(lexemes, if key.is_some() { at + 2 } else { at }, 0)?;
        match key {
            Some(key) => {
                named.insert(key, value);
            }
            None if named.is_empty() => positional.push(value),
            None => return None,
        }
        at = match lexemes.get(next)?.token {
            Token::Comma => next + 1,
            Token::ParenClose => next,
            _ => return None,
        };
    }
}

/// Deepest nesting of literals that is read here; deeper ones are rendered.
const DEPTH_MAX: usize = 16;

fn literal(lexemes: &[Lexeme<'_>], at: usize, depth: usize) -> Option<(Json, usize)> {
    if depth > DEPTH_MAX {
        return None;
    }
    let simple = match &lexemes.get(at)?.token {
        Token::Ident("true" | "True") => Json::Bool(true),
        Token::Ident("false" | "False") => Json::Bool(false),
        Token::Ident("none" | "None") => Json::Null,
        Token::Int(value) => Json::from(i64::try_from(*value).ok()?),
        Token::Float(value) => Json::from(*value),
        Token::BracketOpen => return list(lexemes, at + 1, depth),
        Token::BraceOpen => return dict(lexemes, at + 1, depth),
        token => Json::from(string(token)?),
    };
    // Adjacent strings are one string in Jinja; such rarities are rendered.
    let next = &lexemes.get(at + 1)?.token;
    matches!(next, Token::Comma | Token::ParenClose | Token::BracketClose | Token::BraceClose | Token::Colon)
        .then_some((simple, at + 1))
}

fn list(lexemes: &[Lexeme<'_>], mut at: usize, depth: usize) -> Option<(Json, usize)> {
    let mut items = Vec::new();
    loop {
        if matches!(lexemes.get(at)?.token, Token::BracketClose) {
            return Some((Json::Array(items), at + 1));
        }
        let (item, next) = literal(lexemes, at, depth + 1)?;
        items.push(item);
        at = match lexemes.get(next)?.token {
            Token::Comma => next + 1,
            Token::BracketClose => next,
            _ => return None,
        };
    }
}

fn dict(lexemes: &[Lexeme<'_>], mut at: usize, depth: usize) -> Option<(Json, usize)> {
    let mut entries = JsonMap::new();
    loop {
        if matches!(lexemes.get(at)?.token, Token::BraceClose) {
            return Some((Json::Object(entries), at + 1));
        }
        let (Json::String(key), colon) = literal(lexemes, at, depth + 1)? else { return None };
        if !matches!(lexemes.get(colon)?.token, Token::Colon) {
            return None;
        }
        let (value, next) = literal(lexemes, colon + 1, depth + 1)?;
        entries.insert(key, value);
        at = match lexemes.get(next)?.token {
            Token::Comma => next + 1,
            Token::BraceClose => next,
            _ => return None,
        };
    }
}

/// Finds in the text where the captured references were written with literal names.
pub(super) fn place(captured: &mut Captured, code: &Span, lexemes: &[Lexeme<'_>]) {
    let base = code.start as usize;
    for at in 0..lexemes.len() {
        let Token::Ident(name @ ("ref" | "function" | "source")) = lexemes[at].token else { continue };
        let Some(call) = lexemes
            .get(at + 1)
            .filter(|next| matches!(next.token, Token::ParenOpen))
            .and_then(|_| arguments(lexemes, at + 2))
        else {
            continue;
        };
        let span = Span::new(&code.file, base + lexemes[at].start..base + lexemes[call.next - 1].end);
        let calls = match name {
            "ref" => Some(&mut captured.refs),
            "function" => Some(&mut captured.functions),
            _ => None,
        };
        if let Some(calls) = calls {
            let Some(found) = call.as_ref(None) else { continue };
            let same = |other: &&mut RefCall| {
                other.span.is_none() && other.name == found.name && other.package == found.package
            };
            if let Some(reference) = calls.iter_mut().find(same) {
                reference.span = Some(span);
            }
        } else if let [Json::String(source), Json::String(table)] = call.positional.as_slice() {
            let same =
                |other: &&mut SourceCall| other.span.is_none() && other.source == *source && other.table == *table;
            if let Some(reference) = captured.sources.iter_mut().find(same) {
                reference.span = Some(span);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn read(text: &str) -> Option<Captured> {
        let file = SourceFile::in_memory("models/a.sql", text);
        let vars = JsonMap::from_iter([("known".to_string(), Json::from(1))]);
        capture(&Span::new(&file, 0..text.len()), &vars, &|name| name == "hidden", true)
    }

    #[test]
    fn plain_references_are_read_without_rendering() {
        let text = "{{ config(materialized='table', tags=['a', 'b'], meta={'x': 1}) }}
            select * from {{ ref('a') }} join {{ ref('p', 'b', v=2) }} join {{ source('s', 't') }} where x > {{ var('known') }} {# no #}";
        let captured = read(text).expect("all plain");
        let refs: Vec<_> = captured
            .refs
            .iter()
            .map(|call| (call.package.as_deref(), call.name.as_str(), call.version.clone()))
            .collect();
        assert_eq!(refs, [(None, "a", None), (Some("p"), "b", Some(Json::from(2)))]);
        assert_eq!(captured.refs[0].span.as_ref().map(|span| span.text()), Some("ref('a')"));
        assert_eq!(captured.sources[0].table, "t");
        assert_eq!(captured.configs[0]["tags"], serde_json::json!(["a", "b"]));
    }

    #[test]
    fn sources_are_noted_once_where_dbt_does_not_render_either() {
        let count = |config: &str| {
            let text = format!("{{{{ config({config}) }}}} {{{{ source('s', 't') }}}} {{{{ source('s', 't') }}}}");
            read(&text).expect("all plain").sources.len()
        };
        for config in ["a='x'", "a=True", "a=[]", "a={'b': ['c']}"] {
            assert_eq!(count(config), 1, "{config}");
        }
        for config in ["a=1", "a=true", "a=none", "a=[1.5]"] {
            assert_eq!(count(config), 2, "{config}");
        }
    }

    #[test]
    fn anything_else_is_left_to_the_render() {
        for text in [
            "{{ ref('a') | upper }}",
            "{% if x %}{% endif %}",
            "{{ my_macro() }}",
            "{{ ref(name) }}",
            "{{ var('unknown') }}",
            "{{ hidden('x') }}",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
