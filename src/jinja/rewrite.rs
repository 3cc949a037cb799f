//! Turns dbt's Jinja into what stock minijinja reads, and remembers where every byte came from.
//!
//! Six things differ: arithmetic is Python's (`operators.rs`); the condition of a loop is asked turn by turn (`loops.rs`);
//! `do` takes any expression; dbt's own tags (`test`, `materialization`, `snapshot`) become macros; list and dict
//! literals become mutable objects, because packages call `.append` and `.update` on them; a macro that uses `varargs`
//! or `kwargs` gets them as two more arguments.

use std::borrow::Cow;

use minijinja::ErrorKind;
use minijinja::machinery::{Span as TokenSpan, Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// Text with insertions and replacements, and the way back to the original.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewritten {
    pub text: String,
    /// For each edit: where it ends in `text`, and the same place in the original.
    edits: Vec<Edit>,
}

#[derive(Clone, Copy, Debug)]
struct Edit {
    start: usize,
    end: usize,
    original_start: usize,
    original_end: usize,
}

impl Rewritten {
    /// The original offset of a byte of `text`; inside an edit, the start of what was edited.
    pub fn original(&self, offset: usize) -> usize {
        let index = self.edits.partition_point(|edit| edit.start <= offset);
        match index.checked_sub(1).map(|index| self.edits[index]) {
            None => offset,
            Some(edit) if offset < edit.end => edit.original_start,
            Some(edit) => edit.original_end + (offset - edit.end),
        }
    }
}

/// A piece of text to put in the place of `start..end` of the original.
#[derive(Debug)]
pub(super) struct Replacement {
    pub start: usize,
    pub end: usize,
    pub with: String,
}

/// Applies replacements to `original`; they must not overlap.
pub(super) fn apply(original: &str, mut replacements: Vec<Replacement>) -> Rewritten {
    replacements.sort_by_key(|replacement| (replacement.start, replacement.end));
    let mut text = String::with_capacity(original.len() + replacements.len() * 8);
    let mut edits = Vec::with_capacity(replacements.len());
    let mut at = 0;
    for Replacement { start, end, with } in replacements {
        text.push_str(&original[at..start]);
        let edit_start = text.len();
        text.push_str(&with);
        edits.push(Edit { start: edit_start, end: text.len(), original_start: start, original_end: end });
        at = end;
    }
    text.push_str(&original[at..]);
    Rewritten { text, edits }
}

/// A token with its bytes.
pub(super) struct Lexeme<'a> {
    pub token: Token<'a>,
    pub start: usize,
    pub end: usize,
}

/// A text that is not Jinja: what, and where.
#[derive(Debug)]
pub(super) struct LexError {
    pub message: String,
    pub start: usize,
    pub end: usize,
}

/// All tokens of a template.
///
/// # Errors
/// An unclosed tag, string or comment, or a character Jinja has no use for.
pub(super) fn lex(text: &str) -> Result<Vec<Lexeme<'_>>, LexError> {
    let mut lexemes = Vec::with_capacity(text.len() / 8);
    for item in tokenize(text, false, syntax()) {
        let (token, TokenSpan { start_offset, end_offset, .. }) = item.map_err(|error| lex_error(&error, text))?;
        lexemes.push(Lexeme { token, start: start_offset as usize, end: end_offset as usize });
    }
    match endless_chain(&lexemes) {
        Some(Lexeme { start, end, .. }) => {
            let message = format!("an expression has more than {CHAIN_LENGTH_MAX} parts in a row");
            Err(LexError { message, start: *start, end: *end })
        }
        None => Ok(lexemes),
    }
}

/// Most operators, attributes, filters and calls that follow each other, and most `elif` of a file: the template
/// engine goes through them one within the other, and its stack is not endless.
const CHAIN_LENGTH_MAX: usize = 2_000;

/// Where an expression is too long to be read; commas and colons begin a new one.
fn endless_chain<'l, 't>(lexemes: &'l [Lexeme<'t>]) -> Option<&'l Lexeme<'t>> {
    if lexemes.len() <= CHAIN_LENGTH_MAX {
        return None;
    }
    let mut depths = vec![0];
    let (mut branches, mut elses) = (0, 0);
    let mut previous = None;
    lexemes.iter().find(|lexeme| {
        // Arithmetic is done by calls that are not within each other, but for what lies very deep (`operators.rs`).
        let is_between = previous.replace(&lexeme.token).is_some_and(ends_value) && is_arithmetic(&lexeme.token);
        match lexeme.token {
            Token::BlockStart | Token::VariableStart => (depths, elses) = (vec![0], 0),
            Token::ParenClose | Token::BracketClose | Token::BraceClose if depths.len() > 1 => {
                depths.pop();
                return false;
            }
            Token::Ident("elif") => branches += 1,
            Token::Ident("else") => elses += 1,
            _ if is_between && depths.len() + elses < super::operators::DEPTH_MAX => return false,
            _ => {}
        }
        let Some(length) = depths.last_mut() else { return false };
        match lexeme.token {
            Token::Comma | Token::Colon => *length = 0,
            Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => {}
            Token::Ident(name) if !matches!(name, "not" | "and" | "or" | "if") => {}
            _ => *length += 1,
        }
        let is_too_long = *length > CHAIN_LENGTH_MAX || branches > CHAIN_LENGTH_MAX;
        if let Token::ParenOpen | Token::BracketOpen | Token::BraceOpen = lexeme.token {
            depths.push(0);
        }
        is_too_long
    })
}

fn ends_value(token: &Token<'_>) -> bool {
    match token {
        Token::Ident(name) => !super::operators::is_reserved(name),
        Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => true,
        Token::ParenClose | Token::BracketClose | Token::BraceClose => true,
        _ => false,
    }
}

fn is_arithmetic(token: &Token<'_>) -> bool {
    use Token::{Div, FloorDiv, Minus, Mod, Mul, Plus, Pow, Tilde};
    matches!(token, Plus | Minus | Tilde | Mul | Div | FloorDiv | Mod | Pow)
}

fn lex_error(error: &minijinja::Error, text: &str) -> LexError {
    let range = error.range().unwrap_or(text.len()..text.len());
    let message = match (error.kind(), error.detail()) {
        (ErrorKind::SyntaxError, Some(detail)) => detail.to_string(),
        _ => error.to_string(),
    };
    LexError { message, start: range.start.min(text.len()), end: range.end.min(text.len()) }
}

/// dbt's whitespace rules are Jinja's defaults, with the last newline kept off as Jinja does.
pub(super) fn syntax() -> SyntaxConfig {
    SyntaxConfig::default()
}

/// The text as stock minijinja reads it.
///
/// # Errors
/// The text is not Jinja.
pub(super) fn rewrite(text: &str) -> Result<Rewritten, LexError> {
    let text = plain_blanks(text);
    Ok(rewrite_lexed(&text, &lex(&text)?))
}

/// Blanks of other scripts inside tags become ASCII blanks of the same length: Python's Jinja takes a no-break space,
/// as editors and web pages leave it, for a blank.
pub(super) fn plain_blanks(text: &str) -> Cow<'_, str> {
    let is_odd = |letter: char| letter.is_whitespace() && !letter.is_ascii();
    if text.is_ascii() || !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = ["{{", "{%"].iter().filter_map(|open| rest.find(open)).min() {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let close = if rest.starts_with("{{") { "}}" } else { "%}" };
        let end = rest.find(close).map_or(rest.len(), |at| at + close.len());
        for letter in rest[..end].chars() {
            match is_odd(letter) {
                true => out.extend(std::iter::repeat_n(' ', letter.len_utf8())),
                false => out.push(letter),
            }
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The same, where the tokens are at hand.
pub(super) fn rewrite_lexed(text: &str, lexemes: &[Lexeme<'_>]) -> Rewritten {
    let mut replacements = Vec::new();
    expressions(lexemes, &mut replacements);
    line_ends(text, &mut replacements);
    apply(text, replacements)
}

/// Jinja2 reads every line end as `\n`.
pub(super) fn line_ends(text: &str, into: &mut Vec<Replacement>) {
    let others = into.len();
    for (start, _) in text.match_indices('\r') {
        let is_gone = into[..others].iter().any(|other| other.start <= start && start < other.end);
        if !is_gone {
            let with = if text[start + 1..].starts_with('\n') { "" } else { "\n" };
            into.push(Replacement { start, end: start + 1, with: with.to_string() });
        }
    }
}

/// Every rewriting an expression needs.
pub(super) fn expressions(lexemes: &[Lexeme<'_>], into: &mut Vec<Replacement>) {
    super::operators::rewrite(lexemes, into);
    super::loops::rewrite(lexemes, into);
    mutable_literals(lexemes, into);
    statements(lexemes, into);
    tuples(lexemes, into);
}

/// `{{ a, b }}` is a tuple in Jinja2; minijinja wants its parentheses.
fn tuples(lexemes: &[Lexeme<'_>], into: &mut Vec<Replacement>) {
    let (mut open, mut depth, mut has_comma) = (None, 0, false);
    for lexeme in lexemes {
        match lexeme.token {
            Token::VariableStart => (open, depth, has_comma) = (Some(lexeme.end), 0, false),
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth -= 1,
            Token::Comma => has_comma |= depth == 0,
            Token::VariableEnd if has_comma => {
                let Some(open) = open.take() else { continue };
                // Outermost: before whatever was noted at the same place.
                into.insert(0, Replacement { start: open, end: open, with: "(".to_string() });
                into.push(Replacement { start: lexeme.start, end: lexeme.start, with: ")".to_string() });
            }
            _ => {}
        }
    }
}

/// `{% do expression %}` of minijinja takes calls only; Jinja2's takes `x.append(1) if y`, too.
fn statements(lexemes: &[Lexeme<'_>], into: &mut Vec<Replacement>) {
    for words in lexemes.windows(2) {
        if let (Token::BlockStart, Token::Ident("do")) = (&words[0].token, &words[1].token) {
            let with = "set __done =".to_string();
            into.push(Replacement { start: words[1].start, end: words[1].end, with });
        }
    }
}

/// Wraps list and dict literals among `lexemes` so that they can be changed: `[a]` → `__list([a])`.
fn mutable_literals(lexemes: &[Lexeme<'_>], into: &mut Vec<Replacement>) {
    let mut open = Vec::new();
    let mut previous = None;
    for lexeme in lexemes {
        match lexeme.token {
            Token::BracketOpen | Token::BraceOpen => {
                let is_brace = matches!(lexeme.token, Token::BraceOpen);
                let is_literal = is_brace || !previous.is_some_and(ends_operand);
                if is_literal {
                    let with = if is_brace { "__dict({" } else { "__list([" };
                    into.push(Replacement { start: lexeme.start, end: lexeme.end, with: with.to_string() });
                }
                open.push(is_literal);
            }
            Token::BracketClose | Token::BraceClose if open.pop() == Some(true) => {
                let with = if matches!(lexeme.token, Token::BraceClose) { "})" } else { "])" };
                into.push(Replacement { start: lexeme.start, end: lexeme.end, with: with.to_string() });
            }
            _ => {}
        }
        previous = Some(&lexeme.token);
    }
}

/// Whether a `[` after this token is a subscript.
fn ends_operand(token: &Token<'_>) -> bool {
    match token {
        Token::Ident(name) => !matches!(
            *name,
            "in" | "if"
                | "elif"
                | "else"
                | "and"
                | "or"
                | "not"
                | "is"
                | "do"
                | "set"
                | "for"
                | "call"
                | "filter"
                | "with"
        ),
        Token::ParenClose | Token::BracketClose | Token::BraceClose | Token::Str(_) | Token::String(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(text: &str) -> Rewritten {
        super::rewrite(text).expect("test text is Jinja")
    }

    #[test]
    fn literals_become_mutable_and_subscripts_stay() {
        let text = "{% set x = [1, {'a': []}] %}{{ x[0] }}{% for y in [2] %}[literal]{% endfor %}";
        assert_eq!(
            rewrite(text).text,
            "{% set x = __list([1, __dict({'a': __list([])})]) %}{{ x[0] }}{% for y in __list([2]) %}[literal]{% endfor %}"
        );
    }

    #[test]
    fn blanks_of_other_scripts_are_blanks_in_tags() {
        assert_eq!(rewrite("a\u{a0}{{\u{a0}x }}\u{a0}").text, "a\u{a0}{{  x }}\u{a0}");
    }

    #[test]
    fn a_tuple_gets_its_parentheses() {
        assert_eq!(rewrite("{{ a, [1, 2] }}{{ f(a, b) }}").text, "{{( a, __list([1, 2]) )}}{{ f(a, b) }}");
    }

    #[test]
    fn every_byte_knows_where_it_came_from() {
        let text = "{% set x = [1] %}abc";
        let rewritten = rewrite(text);
        let at = rewritten.text.find("abc").expect("text is kept");
        assert_eq!(rewritten.original(at), text.find("abc").expect("there"));
        assert_eq!(
            rewritten.original(rewritten.text.find("__list").expect("there") + 2),
            text.find('[').expect("there")
        );
        assert_eq!(rewritten.original(3), 3);
    }

    #[test]
    fn what_is_too_long_for_the_stack_is_refused_with_its_place() {
        let refused = |text: &str| lex(text).map(|_| ()).map_err(|error| error.message);
        for (open, part, close) in [
            ("{{ x", ".a", " }}"),
            ("{{ x", "|upper", " }}"),
            ("{{ x", "()", " }}"),
            ("{{ ", "not ", "1 }}"),
            ("{{ ", "1 if 0 else ", "1 }}"),
            ("{{ ", "x and ", "1 }}"),
            ("{{ f(1, ", "-", "1) }}"),
            ("{% if 1 %}", "{% elif 1 %}", "{% endif %}"),
        ] {
            let text = |count: usize| format!("{open}{}{close}", part.repeat(count));
            assert_eq!(refused(&text(1_900)), Ok(()), "{part}");
            assert!(refused(&text(20_000)).is_err(), "{part}");
        }
        assert_eq!(refused(&format!("{{{{ [{}] }}}}", "x.a|upper, ".repeat(20_000))), Ok(()));
        assert_eq!(refused(&"{{ x.a|upper }}{% if x.b %}{% endif %}".repeat(20_000)), Ok(()));
    }

    #[test]
    fn an_unclosed_text_is_an_error_with_its_place() {
        // An unclosed tag is found by the parser, behind this.
        let error = lex("select {{ 'x").map(|_| ()).expect_err("not Jinja");
        assert!(error.end <= 12, "{error:?}");
    }
}
