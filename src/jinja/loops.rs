//! Loops with a condition, and loops over letters.
//!
//! `{% for x in list if y %}`: Jinja2 asks the condition before each turn, so that a turn can change the answer for the
//! next one; minijinja asks it of all items before the first turn. Where the body does not ask about the loop itself, an
//! `if` inside it is the same. Where it does, what it goes through is handed to `__turns`: minijinja does not know which
//! letter of a text is the last one.

use minijinja::machinery::Token;

use super::rewrite::{Lexeme, Replacement};

enum Open {
    For(Loop),
    If,
}

struct Loop {
    /// What it goes through: the first token, and the one after the last.
    items: (usize, usize),
    /// The token `if` of its head.
    condition: Option<usize>,
    /// Whether its body reads `loop`.
    asks: bool,
    /// Whether it has an `else`, or calls itself.
    is_more: bool,
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
                    outer.is_more = true;
                }
            }
            "endfor" if is_tag => {
                if let Some(Open::For(closed)) = open.pop() {
                    close(lexemes, at, &closed, into);
                }
            }
            "loop" => {
                let nearest = open.iter_mut().rev().find_map(|it| match it {
                    Open::For(it) => Some(it),
                    Open::If => None,
                });
                if let Some(nearest) = nearest {
                    nearest.asks = true;
                }
            }
            _ => {}
        }
    }
}

/// What becomes of a loop that ends at a token.
fn close(lexemes: &[Lexeme<'_>], at: usize, closed: &Loop, into: &mut Vec<Replacement>) {
    let (first, after) = closed.items;
    if closed.asks && first < after {
        // Outermost: before whatever was noted at the same place.
        let start = lexemes[first].start;
        into.insert(0, Replacement { start, end: start, with: "__turns(".to_string() });
        let end = lexemes[after - 1].end;
        into.push(Replacement { start: end, end, with: ")".to_string() });
    }
    if let Some(condition) = closed.condition.filter(|_| !closed.asks && !closed.is_more) {
        let Lexeme { start, end, .. } = lexemes[condition];
        into.push(Replacement { start, end, with: "%}{% if".to_string() });
        let Lexeme { start, end, .. } = lexemes[at];
        into.push(Replacement { start, end, with: "endif %}{% endfor".to_string() });
    }
}

/// What is between `for` and the end of its tag.
fn head(lexemes: &[Lexeme<'_>], from: usize) -> Loop {
    let mut found = Loop { items: (from, from), condition: None, asks: false, is_more: false };
    let (mut depth, mut items, mut is_list) = (0, None, false);
    for (at, lexeme) in lexemes.iter().enumerate().skip(from) {
        match lexeme.token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth -= 1,
            Token::Ident("in") if depth == 0 && items.is_none() => items = Some(at + 1),
            Token::Ident("if") if depth == 0 && found.condition.is_none() => found.condition = Some(at),
            Token::Ident("recursive") if depth == 0 => found.is_more = true,
            Token::Comma if depth == 0 && items.is_some() => is_list = true,
            Token::BlockEnd => {
                let after = found.condition.unwrap_or(at);
                found.items = items.filter(|_| !is_list && !found.is_more).map_or((at, at), |first| (first, after));
                break;
            }
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
        insta::assert_snapshot!(rewritten(nested), @"{% for x in a %}{% if x %}{% for y in __turns(x) %}{{ loop.index }}{% else %}{% endfor %}{% if y %}{% else %}{% endif %}{% endif %}{% endfor %}");
    }

    #[test]
    fn what_a_loop_that_counts_its_turns_goes_through_is_handed_over() {
        insta::assert_snapshot!(rewritten("{% for x, y in a[0].b() if x %}{% if y %}{{ loop.last }}{% endif %}{% endfor %}"), @"{% for x, y in __turns(a[0].b()) if x %}{% if y %}{{ loop.last }}{% endif %}{% endfor %}");
    }

    #[test]
    fn other_loops_are_left_alone() {
        for text in [
            "{% for x in a, b %}{{ loop.last }}{% endfor %}",
            "{% for x in a if x %}{% else %}{% endfor %}",
            "{% for x in a if x recursive %}{{ loop(x) }}{% endfor %}",
            "{% for x in (a if b else c) %}{% endfor %}",
            "{% for x in a if x %}",
        ] {
            assert_eq!(rewritten(text), text);
        }
    }
}
