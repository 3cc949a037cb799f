//! SQL as a row of pieces: quoted text, comments, brackets, words. Splits statements, finds what never closes.
//!
//! Knows the quotes of both warehouses and nothing of grammar, so it reads any SQL, in one pass.

use std::ops::Range;

use crate::diagnostic::nearest;
use crate::relation::AdapterKind;

/// A slip that no warehouse takes.
#[derive(Debug)]
pub(super) struct Problem {
    pub message: String,
    pub range: Range<usize>,
    pub help: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PieceKind {
    Comment,
    /// A string or a quoted identifier.
    Quoted,
    Word,
    Open,
    Close,
    Semicolon,
    Other,
    Unclosed(&'static str),
}

#[derive(Clone, Debug)]
struct Piece {
    kind: PieceKind,
    range: Range<usize>,
}

struct Pieces<'a> {
    sql: &'a str,
    at: usize,
    kind: AdapterKind,
}

/// The statements of `sql`, without the semicolons between them. Pieces of nothing but comments are left out.
/// Semicolons inside BigQuery's scripting blocks split too.
pub fn split_statements(sql: &str, kind: AdapterKind) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut start, mut has_code) = (0, false);
    for piece in pieces(sql, kind) {
        match piece.kind {
            PieceKind::Semicolon => {
                if has_code {
                    statements.push(sql[start..piece.range.start].trim());
                }
                (start, has_code) = (piece.range.end, false);
            }
            PieceKind::Comment => {}
            PieceKind::Quoted
            | PieceKind::Word
            | PieceKind::Open
            | PieceKind::Close
            | PieceKind::Other
            | PieceKind::Unclosed(_) => has_code = true,
        }
    }
    if has_code {
        statements.push(sql[start..].trim());
    }
    statements
}

/// Quotes, comments and brackets that do not close; a first word that begins no statement.
pub(super) fn problems(sql: &str, kind: AdapterKind) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut open: Vec<Range<usize>> = Vec::new();
    let mut is_first = true;
    for piece in pieces(sql, kind) {
        let text = &sql[piece.range.clone()];
        match piece.kind {
            PieceKind::Open => open.push(piece.range),
            PieceKind::Close => match open.pop() {
                Some(range) if closes(&sql[range.clone()], text) => {}
                Some(range) => {
                    problems.push(Problem {
                        message: format!("`{}` is closed by `{text}`", &sql[range]),
                        range: piece.range,
                        help: "check the brackets before this place".to_string(),
                    });
                    return problems;
                }
                None => {
                    problems.push(Problem {
                        message: format!("`{text}` closes nothing"),
                        range: piece.range,
                        help: format!("remove `{text}`, or open it before"),
                    });
                    return problems;
                }
            },
            PieceKind::Unclosed(what) => {
                let range = piece.range.start..first_line_end(sql, &piece.range);
                problems.push(Problem {
                    message: format!("{what} is never closed"),
                    range,
                    help: format!("close the {what}"),
                });
                return problems;
            }
            PieceKind::Word if is_first => problems.extend(false_start(text, piece.range)),
            PieceKind::Comment | PieceKind::Quoted | PieceKind::Word | PieceKind::Semicolon | PieceKind::Other => {}
        }
        is_first = is_first && piece.kind == PieceKind::Comment || piece.kind == PieceKind::Semicolon;
    }
    if let Some(range) = open.pop() {
        let text = &sql[range.clone()];
        problems.push(Problem { message: format!("`{text}` is never closed"), range, help: format!("close `{text}`") });
    }
    problems
}

fn closes(open: &str, close: &str) -> bool {
    matches!((open, close), ("(", ")") | ("[", "]") | ("{", "}"))
}

fn first_line_end(sql: &str, range: &Range<usize>) -> usize {
    sql[range.clone()].find('\n').map_or(range.end, |length| range.start + length)
}

/// Words that begin a statement on one of the warehouses.
const STARTS: &str = "abort alter analyze assert attach begin break call case checkpoint comment commit continue copy \
    create deallocate declare delete desc describe detach drop else end execute explain export for force from grant \
    graph if import insert install iterate leave load loop merge pivot pragma prepare raise repeat replace reset return \
    revoke rollback select set show start summarize table truncate undrop unpivot update use vacuum values while with";

/// Told only when a known word is near: an unknown one may belong to an extension.
fn false_start(word: &str, range: Range<usize>) -> Option<Problem> {
    let lower = word.to_lowercase();
    if STARTS.split_whitespace().any(|start| start == lower) {
        return None;
    }
    let near = nearest(&lower, STARTS.split_whitespace())?;
    Some(Problem { message: format!("`{word}` begins no statement"), range, help: format!("did you mean `{near}`?") })
}

fn pieces(sql: &str, kind: AdapterKind) -> Pieces<'_> {
    Pieces { sql, at: 0, kind }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let rest = &self.sql[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        let rest = &self.sql[self.at..];
        let first = rest.chars().next()?;
        let start = self.at;
        let kind = match first {
            '-' if rest.starts_with("--") => self.line_comment(),
            '#' if self.kind == AdapterKind::BigQuery => self.line_comment(),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '\'' | '"' => self.quoted(first, self.kind == AdapterKind::BigQuery),
            '`' if self.kind == AdapterKind::BigQuery => self.quoted(first, true),
            '$' if self.kind == AdapterKind::DuckDb => self.dollar_quoted(),
            '(' | '[' | '{' => self.one(first, PieceKind::Open),
            ')' | ']' | '}' => self.one(first, PieceKind::Close),
            ';' => self.one(first, PieceKind::Semicolon),
            _ if is_word(first) => self.word(),
            _ => self.one(first, PieceKind::Other),
        };
        Some(Piece { kind, range: start..self.at })
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

impl Pieces<'_> {
    fn rest(&self) -> &str {
        &self.sql[self.at..]
    }

    fn one(&mut self, letter: char, kind: PieceKind) -> PieceKind {
        self.at += letter.len_utf8();
        kind
    }

    fn word(&mut self) -> PieceKind {
        let length = self.rest().find(|letter| !is_word(letter)).unwrap_or(self.rest().len());
        let is_escaped = self.kind == AdapterKind::DuckDb && self.rest()[..length].eq_ignore_ascii_case("e");
        self.at += length;
        // `E'it\'s'` knows backslashes, which DuckDB's plain strings do not.
        if is_escaped && self.rest().starts_with('\'') { self.quoted('\'', true) } else { PieceKind::Word }
    }

    fn line_comment(&mut self) -> PieceKind {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        PieceKind::Comment
    }

    fn block_comment(&mut self) -> PieceKind {
        // DuckDB's comments nest, as PostgreSQL's do.
        let nests = self.kind == AdapterKind::DuckDb;
        let mut depth = 0;
        let bytes = self.sql.as_bytes();
        while self.at < bytes.len() {
            match (bytes[self.at], bytes.get(self.at + 1)) {
                (b'/', Some(b'*')) if depth == 0 || nests => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return PieceKind::Comment;
                    }
                }
                _ => self.at += 1,
            }
        }
        PieceKind::Unclosed("comment")
    }

    /// A quoted text that begins here. Doubled quotes, or a backslash where the dialect has it, keep it open;
    /// BigQuery's tripled quotes hold line breaks and single quotes.
    fn quoted(&mut self, quote: char, has_escapes: bool) -> PieceKind {
        let bytes = self.sql.as_bytes();
        let quote = quote as u8;
        let is_bigquery = self.kind == AdapterKind::BigQuery;
        let is_triple = is_bigquery && quote != b'`' && bytes[self.at..].starts_with(&[quote; 3]);
        let close: &[u8] = if is_triple { &[quote; 3] } else { &[quote] };
        self.at += close.len();
        let what = if quote == b'`' || (quote == b'"' && !is_bigquery) { "quoted name" } else { "string" };
        while self.at < bytes.len() {
            let byte = bytes[self.at];
            if byte == b'\\' && has_escapes {
                self.at = (self.at + 2).min(bytes.len());
                continue;
            }
            if bytes[self.at..].starts_with(close) {
                self.at += close.len();
                if !is_bigquery && bytes.get(self.at) == Some(&quote) {
                    self.at += 1;
                    continue;
                }
                return PieceKind::Quoted;
            }
            if byte == b'\n' && is_bigquery && !is_triple {
                return PieceKind::Unclosed(what);
            }
            self.at += 1;
        }
        // A backslash may have stepped into a character.
        while !self.sql.is_char_boundary(self.at) {
            self.at += 1;
        }
        PieceKind::Unclosed(what)
    }

    /// `$$ … $$` or `$tag$ … $tag$`; `$1` is a parameter.
    fn dollar_quoted(&mut self) -> PieceKind {
        let rest = self.rest();
        let tag_end = rest[1..].find('$').map(|length| length + 2).filter(|&end| {
            let tag = &rest[1..end - 1];
            tag.chars().all(is_word) && !tag.starts_with(|letter: char| letter.is_ascii_digit())
        });
        let Some(tag_end) = tag_end else { return self.one('$', PieceKind::Other) };
        let (tag, body) = rest.split_at(tag_end);
        match body.find(tag) {
            Some(length) => {
                self.at += tag_end + length + tag_end;
                PieceKind::Quoted
            }
            None => {
                self.at = self.sql.len();
                PieceKind::Unclosed("string")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AdapterKind::{BigQuery, DuckDb};

    fn wrong(sql: &str, kind: AdapterKind) -> Vec<String> {
        let problems = problems(sql, kind);
        problems.iter().map(|problem| format!("{} @ {:?}", problem.message, &sql[problem.range.clone()])).collect()
    }

    #[test]
    fn statements_are_split_at_semicolons_that_are_code() {
        let sql = "select ';', \"a;b\" -- ; no\n; /* ; /* ; */ */ insert into t values ($$;$$, $x$;$$;$x$, e'\\';');;\n-- end";
        assert_eq!(
            split_statements(sql, DuckDb),
            ["select ';', \"a;b\" -- ; no", "/* ; /* ; */ */ insert into t values ($$;$$, $x$;$$;$x$, e'\\';')",]
        );
        let sql = "select '''it's; \n''', r\"\\\";\", `a;b` # ; no\n; select 1;";
        assert_eq!(split_statements(sql, BigQuery), ["select '''it's; \n''', r\"\\\";\", `a;b` # ; no", "select 1"]);
        assert!(split_statements(" -- nothing\n ; ", DuckDb).is_empty());
        // A backslash means nothing to DuckDB, a hash names a column by its number, a quote doubles itself.
        assert_eq!(split_statements("select '\\'; select #1, 'a'';'", DuckDb), ["select '\\'", "select #1, 'a'';'"]);
    }

    #[test]
    fn what_does_not_close_is_pointed_at() {
        assert_eq!(wrong("select (1 + [2)", DuckDb), ["`[` is closed by `)` @ \")\""]);
        assert_eq!(wrong("select 1)", DuckDb), ["`)` closes nothing @ \")\""]);
        assert_eq!(wrong("select f(a, (b)\nfrom t", DuckDb), ["`(` is never closed @ \"(\""]);
        assert_eq!(wrong("select 'x\nfrom t", BigQuery), ["string is never closed @ \"'x\""]);
        assert_eq!(wrong("select `x\nfrom t", BigQuery), ["quoted name is never closed @ \"`x\""]);
        assert_eq!(wrong("select 'x\ny', '(', \"]\"", DuckDb), Vec::<String>::new());
        assert_eq!(wrong("select 1 /* é", DuckDb), ["comment is never closed @ \"/* é\""]);
        assert_eq!(wrong("select '\\", BigQuery), ["string is never closed @ \"'\\\\\""]);
        assert_eq!(wrong("select $a$ x", DuckDb), ["string is never closed @ \"$a$ x\""]);
    }

    #[test]
    fn a_misspelt_first_word_is_told_and_an_unknown_one_is_not() {
        assert_eq!(
            wrong("-- a model\nslect 1; with a as (select 1) from a", DuckDb),
            ["`slect` begins no statement @ \"slect\""]
        );
        assert_eq!(wrong("wiht a as (select 1) select * from a", BigQuery), ["`wiht` begins no statement @ \"wiht\""]);
        assert_eq!(wrong("(select 1) union all (select 2)", DuckDb), Vec::<String>::new());
        assert_eq!(wrong("frobnicate the table", DuckDb), Vec::<String>::new());
    }
}
