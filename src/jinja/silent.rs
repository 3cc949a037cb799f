//! Undefined values while parsing: everything may be asked of them, and nothing comes of it.
//!
//! A text is parsed without the warehouse, so half of what it calls gives nothing then. dbt therefore lets attributes
//! and calls of undefined values pass until the text is compiled; so do we, and tell of names that nothing defines.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use minijinja::machinery::Token;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Environment, Error, ErrorKind, State};

use super::methods;
use super::rewrite::Lexeme;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What a name that nothing defines gives while parsing.
struct Silent;

impl fmt::Debug for Silent {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl Object for Silent {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::from_dyn_object(Arc::clone(self)))
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(Value::from_dyn_object(Arc::clone(self)))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, _: &str, _: &[Value]) -> Result<Value, Error> {
        Ok(Value::from_dyn_object(Arc::clone(self)))
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

pub(super) fn value() -> Value {
    Value::from_object(Silent)
}

/// Whether a value counts as undefined: minijinja's own, or what stands for it while parsing.
pub(super) fn is_undefined(value: &Value) -> bool {
    value.is_undefined() || value.downcast_object_ref::<Silent>().is_some()
}

/// Makes an environment let pass what dbt lets pass while parsing.
pub(super) fn silence(environment: &mut Environment<'static>) {
    environment.set_unknown_method_callback(|state, value, method, args| {
        if value.is_none() || is_undefined(value) {
            return Ok(self::value());
        }
        // `builtins.ref(…)`: minijinja calls what lies under the name once this has found no method.
        let has_item = || value.as_object().is_some_and(|object| object.get_value(&Value::from(method)).is_some());
        methods::call(state, value, method, args).or_else(|error| match error.kind() {
            ErrorKind::UnknownMethod if !has_item() => Ok(self::value()),
            _ => Err(error),
        })
    });
}

/// Makes an environment see that a [`value`] is nothing.
pub(super) fn know_undefined(environment: &mut Environment<'static>) {
    environment.add_test("defined", |value: &Value| !is_undefined(value));
    environment.add_test("undefined", |value: &Value| is_undefined(value));
}

/// Warns of names in a text that nothing defines: called while running they are errors, printed they are nothing.
/// `undeclared` says which names the text itself does not set; it costs a parse, and few texts need it.
pub(super) fn unknown_names(
    scope: &Arc<Scope>,
    code: &Span,
    lexemes: &[Lexeme<'_>],
    undeclared: impl FnOnce() -> HashSet<String>,
) -> Vec<Diagnostic> {
    let mut unknown: HashSet<&str> = lexemes
        .iter()
        .enumerate()
        .filter_map(|(at, _)| name_at(lexemes, at))
        .filter(|name| !is_word_of_jinja(name) && !scope.knows(name))
        .collect();
    for words in lexemes.windows(2) {
        match (&words[0].token, &words[1].token) {
            // `x is defined` knows that there may be no such name; what is set on one path only may be missing on others.
            (Token::Ident(name), Token::Ident("is")) | (Token::Ident("set" | "for"), Token::Ident(name)) => {
                unknown.remove(name)
            }
            _ => false,
        };
    }
    if unknown.is_empty() {
        return Vec::new();
    }
    let undeclared = undeclared();
    unknown.retain(|name| undeclared.contains(*name));
    let mut problems = Vec::new();
    for (at, lexeme) in lexemes.iter().enumerate() {
        let Some(name) = name_at(lexemes, at).filter(|name| unknown.remove(name)) else { continue };
        let base = code.start as usize;
        let span = Span::new(&code.file, base + lexeme.start..base + lexeme.end);
        let names = scope.names();
        let known = names.iter().map(String::as_str);
        problems.push(
            Diagnostic::warning("undefined", format!("`{name}` is not defined")).at(span, "").suggest(name, known),
        );
    }
    problems
}

/// The name at a token, unless it is an attribute, a filter, or the key of an argument.
fn name_at<'t>(lexemes: &[Lexeme<'t>], at: usize) -> Option<&'t str> {
    let Token::Ident(name) = lexemes[at].token else { return None };
    let before = at.checked_sub(1).map(|before| &lexemes[before].token);
    let after = lexemes.get(at + 1).map(|after| &after.token);
    let is_part = matches!(before, Some(Token::Dot | Token::Pipe)) || matches!(after, Some(Token::Assign));
    (!is_part).then_some(name)
}

fn is_word_of_jinja(name: &str) -> bool {
    let words = [
        "and",
        "as",
        "block",
        "break",
        "call",
        "continue",
        "do",
        "elif",
        "else",
        "endblock",
        "endcall",
        "endfilter",
        "endfor",
        "endif",
        "endmacro",
        "endset",
        "endwith",
        "false",
        "False",
        "filter",
        "for",
        "from",
        "if",
        "import",
        "in",
        "include",
        "is",
        "loop",
        "macro",
        "none",
        "None",
        "not",
        "or",
        "recursive",
        "set",
        "true",
        "True",
        "with",
    ];
    words.contains(&name)
}
