//! Splits a macro file into its blocks: `macro`, `test`, `materialization`, `snapshot`.
//!
//! Each block becomes a template of its own, so that one render loads only what it calls.

use std::sync::Arc;

use minijinja::machinery::Token;

use super::rewrite::{
    LexError, Lexeme, Replacement, Rewritten, apply, expressions, lex, line_ends, plain_blanks, rewrite,
};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

/// One block of a macro file.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub kind: BlockKind,
    /// With dbt's prefix: `test_unique`, `materialization_table_duckdb`.
    pub name: String,
    pub name_range: (usize, usize),
    /// Tags included.
    pub range: (usize, usize),
    pub signature: Vec<(String, Option<String>)>,
    pub argument_ranges: Vec<(usize, usize)>,
    pub uses: Uses,
    /// What the block's tags and expressions call, each once: macros are among them.
    pub called_names: Vec<String>,
    /// Names in `adapter.dispatch('name', 'package')`.
    pub dispatches: Vec<(String, Option<String>)>,
    pub supported_languages: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    Macro,
    Test,
    Materialization,
    Snapshot,
}

/// Names a macro body may use that its caller must hand over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    pub varargs: bool,
    pub kwargs: bool,
    pub caller: bool,
}

/// Blocks of a file at top level, and the problems found on the way.
pub(super) fn split(file: &Arc<SourceFile>) -> (Vec<Block>, Vec<Diagnostic>) {
    let text = plain_blanks(&file.text);
    let lexemes = match lex(&text) {
        Ok(lexemes) => lexemes,
        Err(error) => return (Vec::new(), vec![syntax_error(file, &error)]),
    };
    let mut blocks = Vec::new();
    let mut problems = Vec::new();
    let mut at = 0;
    while at < lexemes.len() {
        let Some(kind) = opening(&lexemes, at) else {
            at += 1;
            continue;
        };
        match Block::read(&text, &lexemes, at, kind) {
            Ok((block, next)) => {
                blocks.push(block);
                at = next;
            }
            Err(error) => {
                problems.push(syntax_error(file, &error));
                at += 1;
            }
        }
    }
    (blocks, problems)
}

pub(super) fn syntax_error(file: &Arc<SourceFile>, error: &LexError) -> Diagnostic {
    let span = Span::new(file, error.start..error.end.max(error.start + 1).min(file.text.len().max(error.start)));
    Diagnostic::error("jinja-syntax", format!("this is not valid Jinja: {}", error.message)).at(span, "")
}

/// The kind of block whose opening tag begins at token `at`.
fn opening(lexemes: &[Lexeme<'_>], at: usize) -> Option<BlockKind> {
    if !matches!(lexemes[at].token, Token::BlockStart) {
        return None;
    }
    match lexemes.get(at + 1)?.token {
        Token::Ident("macro") => Some(BlockKind::Macro),
        Token::Ident("test" | "data_test") => Some(BlockKind::Test),
        Token::Ident("materialization") => Some(BlockKind::Materialization),
        Token::Ident("snapshot") => Some(BlockKind::Snapshot),
        _ => None,
    }
}

impl BlockKind {
    fn is_end(self, tag: &str) -> bool {
        match self {
            Self::Macro => tag == "endmacro",
            Self::Test => tag == "endtest" || tag == "enddata_test",
            Self::Materialization => tag == "endmaterialization",
            Self::Snapshot => tag == "endsnapshot",
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Macro => "macro",
            Self::Test => "test",
            Self::Materialization => "materialization",
            Self::Snapshot => "snapshot",
        }
    }
}

impl Block {
    /// Reads the block that opens at token `at`; also gives the token after it.
    fn read(text: &str, lexemes: &[Lexeme<'_>], at: usize, kind: BlockKind) -> Result<(Self, usize), LexError> {
        let head_end = position(lexemes, at, |token| matches!(token, Token::BlockEnd))
            .ok_or_else(|| error_at("the tag is not closed", &lexemes[at]))?;
        let head = &lexemes[at + 2..head_end];
        let name_lexeme = head.first().ok_or_else(|| error_at("a name is missing", &lexemes[at + 1]))?;
        let Token::Ident(plain_name) = name_lexeme.token else {
            return Err(error_at("a name is expected here", name_lexeme));
        };
        let close_end = closing(lexemes, head_end + 1, kind).ok_or_else(|| {
            error_at(&format!("`{} {plain_name}` has no `end{}`", kind.tag(), kind.tag()), name_lexeme)
        })?;
        let head_arguments = match kind {
            BlockKind::Macro | BlockKind::Test => signature(text, &head[1..])?,
            BlockKind::Materialization | BlockKind::Snapshot => Vec::new(),
        };
        let inside = &lexemes[at..=close_end];
        let (name, supported_languages) = match kind {
            BlockKind::Macro | BlockKind::Snapshot => (plain_name.to_string(), None),
            BlockKind::Test => (format!("test_{plain_name}"), None),
            BlockKind::Materialization => materialization_name(plain_name, &head[1..]),
        };
        let block = Self {
            kind,
            name,
            name_range: (name_lexeme.start, name_lexeme.end),
            range: (lexemes[at].start, lexemes[close_end].end),
            signature: head_arguments.iter().map(|(name, default, _)| (name.clone(), default.clone())).collect(),
            argument_ranges: head_arguments.iter().map(|(_, _, range)| *range).collect(),
            uses: {
                let is_argument = |word: &str| head_arguments.iter().any(|(name, _, _)| name == word);
                let uses = uses(inside);
                // An argument of that name is an argument like others.
                Uses {
                    varargs: uses.varargs && !is_argument("varargs"),
                    kwargs: uses.kwargs && !is_argument("kwargs"),
                    caller: uses.caller,
                }
            },
            called_names: called_names(inside),
            dispatches: dispatches(inside),
            supported_languages,
        };
        Ok((block, close_end + 1))
    }

    /// The block as a macro minijinja can load, under a private name: calls of its own name go through the handle.
    pub fn template(&self, file: &SourceFile) -> Result<Rewritten, LexError> {
        let (start, end) = self.range;
        let text: &str = &plain_blanks(&file.text[start..end]);
        let lexemes = lex(text)?;
        let head_end = position(&lexemes, 0, |token| matches!(token, Token::BlockEnd)).unwrap_or(0);
        let mut replacements = Vec::new();
        let arguments: Vec<String> = self
            .signature
            .iter()
            .map(|(name, default)| match default {
                Some(default) if self.reads_arguments(default) => format!("{name}={UNSET}"),
                Some(default) => format!("{name}={}", rewritten_expression(default)),
                None => name.clone(),
            })
            .chain(self.uses.varargs.then(|| "varargs=none".to_string()))
            .chain(self.uses.kwargs.then(|| "kwargs=none".to_string()))
            .collect();
        replacements.push(Replacement {
            start: lexemes[1].start,
            end: lexemes[head_end].start,
            with: format!("macro {PRIVATE_NAME}({}) ", arguments.join(", ")),
        });
        let head_close = &lexemes[head_end];
        let trim = if text[..head_close.end].ends_with("-%}") { "-" } else { "" };
        if let Some(with) = self.late_defaults(trim) {
            replacements.push(Replacement { start: head_close.end, end: head_close.end, with });
        }
        expressions(&lexemes[head_end..], &mut replacements);
        if let Some(close) =
            lexemes.iter().rev().find(|lexeme| matches!(lexeme.token, Token::Ident(tag) if self.kind.is_end(tag)))
        {
            let name_after = text[close.end..].find(['-', '%']).map_or(close.end, |at| close.end + at);
            replacements.push(Replacement { start: close.start, end: name_after, with: "endmacro ".to_string() });
        }
        line_ends(text, &mut replacements);
        Ok(apply(text, replacements))
    }
}

/// A name that nothing defines: the default of an argument that gets its own one later.
const UNSET: &str = "__unset";

impl Block {
    /// Whether a default is made of the macro's other arguments.
    fn reads_arguments(&self, default: &str) -> bool {
        let wrapped = format!("{{{{ {default} }}}}");
        let lexemes = lex(&wrapped).unwrap_or_default();
        lexemes.iter().enumerate().any(|(at, lexeme)| {
            let is_attribute = at > 0 && matches!(lexemes[at - 1].token, Token::Dot);
            let is_argument = |name: &str| self.signature.iter().any(|(argument, _)| argument == name);
            matches!(lexeme.token, Token::Ident(name) if !is_attribute && is_argument(name))
        })
    }

    /// Defaults that read other arguments are set when the arguments are there, the first first, as in Jinja2;
    /// minijinja would look at the last one first.
    fn late_defaults(&self, trim: &str) -> Option<String> {
        let late = self.signature.iter().filter_map(|(name, default)| Some((name, default.as_ref()?)));
        let set = late.filter(|(_, default)| self.reads_arguments(default)).map(|(name, default)| {
            let value = rewritten_expression(default);
            format!("{{% if {name} is undefined %}}{{% set {name} = {value} %}}{{% endif %}}")
        });
        let set: String = set.collect();
        Some(format!("{}{trim}%}}", set.strip_suffix("%}")?))
    }
}

/// What every block's macro is called inside its own template. No leading underscore: Jinja does not export those.
pub(super) const PRIVATE_NAME: &str = "tamis_body";

fn rewritten_expression(expression: &str) -> String {
    let wrapped = format!("{{{{ {expression} }}}}");
    let Ok(Rewritten { text, .. }) = rewrite(&wrapped) else { return expression.to_string() };
    text.trim_start_matches("{{").trim_end_matches("}}").trim().to_string()
}

fn position(lexemes: &[Lexeme<'_>], from: usize, is_it: impl Fn(&Token<'_>) -> bool) -> Option<usize> {
    lexemes[from..].iter().position(|lexeme| is_it(&lexeme.token)).map(|at| from + at)
}

/// Token `%}` of the tag that closes a block of this kind, nested ones skipped.
fn closing(lexemes: &[Lexeme<'_>], from: usize, kind: BlockKind) -> Option<usize> {
    let mut depth = 0;
    let mut at = from;
    while at + 1 < lexemes.len() {
        if matches!(lexemes[at].token, Token::BlockStart)
            && let Token::Ident(tag) = lexemes[at + 1].token
        {
            if tag == kind.tag() {
                depth += 1;
            } else if kind.is_end(tag) {
                if depth == 0 {
                    return position(lexemes, at, |token| matches!(token, Token::BlockEnd));
                }
                depth -= 1;
            }
        }
        at += 1;
    }
    None
}

type Argument = (String, Option<String>, (usize, usize));

/// Arguments between the parentheses of a macro's head.
fn signature(text: &str, head: &[Lexeme<'_>]) -> Result<Vec<Argument>, LexError> {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut depth = 0;
    let mut default_start = None;
    for lexeme in head {
        match lexeme.token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                depth -= 1;
                if depth == 0 {
                    close_default(text, &mut arguments, &mut default_start, lexeme.start);
                }
            }
            Token::Comma if depth == 1 => close_default(text, &mut arguments, &mut default_start, lexeme.start),
            Token::Assign if depth == 1 => default_start = Some(lexeme.end),
            Token::Ident(name) if depth == 1 && default_start.is_none() => {
                arguments.push((name.to_string(), None, (lexeme.start, lexeme.end)));
            }
            _ if depth == 1 && default_start.is_none() => {
                return Err(error_at("an argument's name is expected here", lexeme));
            }
            _ => {}
        }
    }
    Ok(arguments)
}

fn close_default(text: &str, arguments: &mut [Argument], default_start: &mut Option<usize>, end: usize) {
    if let (Some(start), Some(argument)) = (default_start.take(), arguments.last_mut()) {
        argument.1 = Some(text[start..end].trim().to_string());
    }
}

/// `materialization_<name>_<adapter or default>`, and the languages it takes.
fn materialization_name(name: &str, head: &[Lexeme<'_>]) -> (String, Option<Vec<String>>) {
    let mut adapter = "default".to_string();
    let mut languages = vec!["sql".to_string()];
    for (at, lexeme) in head.iter().enumerate() {
        match lexeme.token {
            Token::Ident("adapter") => {
                if let Some(text) = head.get(at + 2).and_then(|lexeme| string(&lexeme.token)) {
                    adapter = text.to_string();
                }
            }
            Token::Ident("supported_languages") => {
                languages = head[at + 1..]
                    .iter()
                    .map_while(|lexeme| match &lexeme.token {
                        Token::Assign | Token::BracketOpen | Token::Comma => Some(None),
                        token => string(token).map(Some),
                    })
                    .flatten()
                    .map(str::to_string)
                    .collect();
            }
            _ => {}
        }
    }
    (format!("materialization_{name}_{adapter}"), Some(languages))
}

pub(super) fn string<'a>(token: &'a Token<'_>) -> Option<&'a str> {
    match token {
        Token::Str(text) => Some(text),
        Token::String(text) => Some(text),
        _ => None,
    }
}

fn uses(lexemes: &[Lexeme<'_>]) -> Uses {
    let mut uses = Uses::default();
    for lexeme in lexemes {
        match lexeme.token {
            Token::Ident("varargs") => uses.varargs = true,
            Token::Ident("kwargs") => uses.kwargs = true,
            Token::Ident("caller") => uses.caller = true,
            _ => {}
        }
    }
    uses
}

/// Names that are called: `x` for `x(…)`, `package.x` for `package.x(…)`; each once.
fn called_names(lexemes: &[Lexeme<'_>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, lexeme) in lexemes.iter().enumerate() {
        let Token::Ident(name) = lexeme.token else { continue };
        let is_called = lexemes.get(at + 1).is_some_and(|next| matches!(next.token, Token::ParenOpen));
        if !is_called {
            continue;
        }
        let token = |back: usize| at.checked_sub(back).map(|at| &lexemes[at].token);
        let called = match (token(3), token(2), token(1)) {
            (Some(Token::Dot), Some(Token::Ident(_)), Some(Token::Dot)) => continue,
            (_, Some(Token::Ident(package)), Some(Token::Dot)) => format!("{package}.{name}"),
            // Neither a method of what another call gave, nor a filter or a test, nor the name of the block itself.
            (_, _, Some(Token::Dot | Token::Pipe | Token::Ident("is" | "macro" | "test" | "data_test"))) => continue,
            (_, Some(Token::Ident("is")), Some(Token::Ident("not"))) => continue,
            _ => name.to_string(),
        };
        if !names.contains(&called) {
            names.push(called);
        }
    }
    names
}

/// Literal names given to `adapter.dispatch`.
fn dispatches(lexemes: &[Lexeme<'_>]) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for (at, lexeme) in lexemes.iter().enumerate() {
        if !matches!(lexeme.token, Token::Ident("dispatch")) {
            continue;
        }
        let arguments = &lexemes[(at + 1).min(lexemes.len())..(at + 8).min(lexemes.len())];
        let until_close = arguments.iter().take_while(|lexeme| !matches!(lexeme.token, Token::ParenClose));
        let mut texts = until_close.filter_map(|lexeme| string(&lexeme.token));
        if let Some(name) = texts.next() {
            found.push((name.to_string(), texts.next().map(str::to_string)));
        }
    }
    found
}

fn error_at(message: &str, lexeme: &Lexeme<'_>) -> LexError {
    LexError { message: message.to_string(), start: lexeme.start, end: lexeme.end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<Block> {
        let (blocks, problems) = split(&SourceFile::in_memory("macros/a.sql", text));
        assert!(problems.is_empty(), "{problems:?}");
        blocks
    }

    #[test]
    fn blocks_carry_dbt_names_and_signatures() {
        let text = "{% macro a(x, y=['b', f(1, 2)]) %}1{% endmacro %} text
            {% test positive(model, column_name) %}{% macro inner() %}{% endmacro %}{% endtest %}
            {%- materialization table, adapter='duckdb', supported_languages=['sql', 'python'] -%}m{%- endmaterialization -%}";
        let found = blocks(text);
        let names: Vec<_> = found.iter().map(|block| block.name.as_str()).collect();
        assert_eq!(names, ["a", "test_positive", "materialization_table_duckdb"]);
        assert_eq!(found[0].signature, [("x".into(), None), ("y".into(), Some("['b', f(1, 2)]".into()))]);
        assert_eq!(found[2].supported_languages, Some(vec!["sql".into(), "python".into()]));
    }

    #[test]
    fn a_block_becomes_a_macro_with_a_private_name() {
        let text = "{% test t(model, x=[]) -%} {{ kwargs }} {% do y.append([1]) %}{%- endtest %}";
        let found = blocks(text);
        let template = found[0].template(&SourceFile::in_memory("m", text)).expect("it was lexed before");
        assert_eq!(
            template.text,
            "{% macro tamis_body(model, x=__list([]), kwargs=none) -%} {{ kwargs }} {% set __done = y.append(__list([1])) %}{%- endmacro %}"
        );
    }

    #[test]
    fn a_default_may_read_other_arguments() {
        let file = SourceFile::in_memory("a.sql", "{% macro m(a, b=a['x'] -1, c=2) -%}\n{{ b }}{% endmacro %}");
        let (blocks, _) = split(&file);
        assert_eq!(
            blocks[0].template(&file).expect("test text is Jinja").text,
            "{% macro tamis_body(a, b=__unset, c=2) -%}{% if b is undefined %}{% set b = __sub(a['x'] ,1) %}{% endif -%}\n\
             {{ b }}{% endmacro %}"
        );
    }

    #[test]
    fn a_macro_without_an_end_is_an_error() {
        let (_, problems) = split(&SourceFile::in_memory("macros/a.sql", "{% macro a() %}"));
        assert_eq!(problems[0].message, "this is not valid Jinja: `macro a` has no `endmacro`");
    }
}
