//! Loops with a condition: `{% for x in list if y %}`.
//!
//! Jinja2 asks the condition before each turn, so that a turn can change the answer for the next one; minijinja asks it
//! of all items before the first turn. Where the body does not ask about the loop itself, an `if` inside it is the same.

use minijinja::machinery::Token;

use super::rewrite::{Lexeme, Replacement};

enum Open {
    For(Loop),
    If,
}

struct Loop {
    /// The token `if` of its head.
    condition: Option<usize>,
    /// Whether its body reads `loop`, or it has an `else`, or calls itself.
    knows_itself: bool,
}

/// Puts the conditions of loops into their bodies.
pub(super) fn rewrite(lexemes: &[Lexeme<'_>], into: &mut Vec<Replacement>) {
    if !lexemes.iter().any(|lexeme| matches!(lexeme.token, Token::Ident("endfor"))) {
        return;
    }
    let mut open = Vec::new();
    for at in 0..lexemes.len() {
        let Token::Ident(name) = lexemes[at].token else { continue };
        let is_tag = at > 0 && matches!(lexemes[at - 1].token, Token::BlockStart);
        match name {
            "for" if is_tag => open.push(Open::For(head(lexemes, at + 1))),
            "if" if is_tag => open.push(Open::If),
            "endif" if is_tag => {
                open.pop();
            }
            "else" if is_tag => {
                if let Some(Open::For(outer)) = open.last_mut() {
                    outer.knows_itself = true;
                }
            }
            "endfor" if is_tag => {
                if let Some(Open::For(Loop { condition: Some(condition), knows_itself: false })) = open.pop() {
                    let Lexeme { start, end, .. } = lexemes[condition];
                    into.push(Replacement { start, end, with: "%}{% if".to_string() });
                    let Lexeme { start, end, .. } = lexemes[at];
                    into.push(Replacement { start, end, with: "endif %}{% endfor".to_string() });
                }
            }
            "loop" => {
                let nearest = open.iter_mut().rev().find_map(|it| match it {
                    Open::For(it) => Some(it),
                    Open::If => None,
                });
                if let Some(nearest) = nearest {
                    nearest.knows_itself = true;
                }
            }
            _ => {}
        }
    }
}

/// What is between `for` and the end of its tag.
fn head(lexemes: &[Lexeme<'_>], from: usize) -> Loop {
    let mut found = Loop { condition: None, knows_itself: false };
    let mut depth = 0;
    for (at, lexeme) in lexemes.iter().enumerate().skip(from) {
        match lexeme.token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth -= 1,
            Token::Ident("if") if depth == 0 && found.condition.is_none() => found.condition = Some(at),
            Token::Ident("recursive") if depth == 0 => found.knows_itself = true,
            Token::BlockEnd => break,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::rewrite::{apply, lex};
    use super::*;

    fn rewritten(text: &str) -> String {
        let mut replacements = Vec::new();
        rewrite(&lex(text).unwrap(), &mut replacements);
        apply(text, replacements).text
    }

    #[test]
    fn a_condition_is_asked_before_each_turn() {
        insta::assert_snapshot!(rewritten("{%- for x in a if f(x if y) -%} b {%- endfor %}"), @"{%- for x in a %}{% if f(x if y) -%} b {%- endif %}{% endfor %}");
        let nested = "{% for x in a if x %}{% for y in x %}{{ loop.index }}{% else %}{% endfor %}{% if y %}{% else %}{% endif %}{% endfor %}";
        insta::assert_snapshot!(rewritten(nested), @"{% for x in a %}{% if x %}{% for y in x %}{{ loop.index }}{% else %}{% endfor %}{% if y %}{% else %}{% endif %}{% endif %}{% endfor %}");
    }

    #[test]
    fn a_loop_that_counts_its_turns_is_left_alone() {
        for text in [
            "{% for x in a if x %}{{ loop.last }}{% endfor %}",
            "{% for x in a if x %}{% if y %}{{ loop.last }}{% endif %}{% endfor %}",
            "{% for x in a if x %}{% else %}{% endfor %}",
            "{% for x in a if x recursive %}{{ loop(x) }}{% endfor %}",
            "{% for x in (a if b else c) %}{% endfor %}",
            "{% for x in a if x %}",
        ] {
            assert_eq!(rewritten(text), text);
        }
    }
}
