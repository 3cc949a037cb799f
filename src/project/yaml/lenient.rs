//! Four liberties that libyaml, which dbt reads with, allows and the parser does not.
//!
//! A quoted text or a `[…]` may go on at the left margin, a tab may follow a colon, `#` may touch a closing quote.
//! Such a place gets spaces inserted where they mean nothing, and the file is read again; positions stay those of
//! the file as written.

use std::borrow::Cow;
use std::collections::HashSet;

/// Most places that are mended in one file; each costs another reading.
const MENDED_MAX: usize = 200;

/// A text with spaces inserted, and where.
pub(super) struct Mended<'t> {
    pub text: Cow<'t, str>,
    /// Offset in `text` behind each insertion, and how many bytes were inserted up to there. In order.
    insertions: Vec<(usize, usize)>,
    tried: HashSet<usize>,
}

impl<'t> Mended<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text: Cow::Borrowed(text), insertions: Vec::new(), tried: HashSet::new() }
    }

    /// The place in the file as written; inside an insertion, the place it was made at.
    pub fn original(&self, offset: usize) -> usize {
        let index = self.insertions.partition_point(|(behind, _)| *behind <= offset);
        let before = index.checked_sub(1).map_or(0, |index| self.insertions[index].1);
        let next_start = self.insertions.get(index).map_or(usize::MAX, |(behind, total)| behind - (total - before));
        offset.min(next_start) - before
    }

    /// Mends what the parser stumbled over at `at`; false when it is no liberty, but a mistake.
    pub fn mend(&mut self, at: usize, info: &str) -> bool {
        let spaces = match info {
            "invalid indentation in quoted scalar" => self.lines_of_quoted(at),
            "invalid indentation" | "tabs disallowed within this context (block indentation)" => self.lines_of_flow(at),
            "comments must be separated from other tokens by whitespace" => vec![(at, 1)],
            "':' must be followed by a valid YAML whitespace" => self.behind_colon(at),
            _ => return false,
        };
        let Some(&(first, _)) = spaces.first() else { return false };
        if self.tried.len() >= MENDED_MAX || !self.tried.insert(self.original(first)) {
            return false;
        }
        self.insert(&spaces);
        true
    }

    /// Every line on which the quoted text that starts at `start` goes on, indented beyond its opening quote.
    fn lines_of_quoted(&self, start: usize) -> Vec<(usize, usize)> {
        let width = self.column(start) + 1;
        let end = quoted_end(self.text.as_bytes(), start);
        self.line_starts(start, end).map(|line| (line, width)).collect()
    }

    /// Every line on which the `[…]` or `{…}` round `at` goes on.
    fn lines_of_flow(&self, at: usize) -> Vec<(usize, usize)> {
        let Some(start) = self.text.get(..at).and_then(|before| before.rfind(['[', '{'])) else { return Vec::new() };
        let width = self.column(start) + 1;
        let end = flow_end(self.text.as_bytes(), start);
        self.line_starts(start, end).map(|line| (line, width)).collect()
    }

    fn behind_colon(&self, at: usize) -> Vec<(usize, usize)> {
        let before = self.text.get(..at).unwrap_or_default().trim_end_matches('\t');
        if before.ends_with(':') && before.len() < at { vec![(before.len(), 1)] } else { Vec::new() }
    }

    fn line_starts(&self, start: usize, end: usize) -> impl Iterator<Item = usize> {
        let bytes = self.text.as_bytes();
        (start..end.min(bytes.len())).filter(move |at| bytes[*at] == b'\n').map(|at| at + 1)
    }

    fn column(&self, at: usize) -> usize {
        at - self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    fn insert(&mut self, spaces: &[(usize, usize)]) {
        let text = std::mem::take(&mut self.text);
        let mut mended = String::with_capacity(text.len() + spaces.iter().map(|(_, width)| width).sum::<usize>());
        let mut added: Vec<(usize, usize)> = self.insertions.iter().map(|(behind, _)| (*behind, 0)).collect();
        let mut before = 0;
        for (index, (_, total)) in self.insertions.iter().enumerate() {
            added[index].1 = total - before;
            before = *total;
        }
        let mut from = 0;
        for &(at, width) in spaces {
            mended.push_str(&text[from..at]);
            mended.extend(std::iter::repeat_n(' ', width));
            from = at;
        }
        mended.push_str(&text[from..]);
        self.insertions = rebased(&added, spaces);
        self.text = Cow::Owned(mended);
    }
}

/// Old insertions (offset behind, width) and new ones (offset in the old text, width), as offsets in the new text
/// with running totals.
fn rebased(old: &[(usize, usize)], new: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut all: Vec<(usize, usize)> = old.iter().chain(new).copied().collect();
    all.sort_unstable();
    let (mut shift, mut total) = (0, 0);
    let mut new = new.iter().copied().peekable();
    let mut insertions = Vec::with_capacity(all.len());
    for (at, width) in all {
        if new.next_if_eq(&(at, width)).is_some() {
            shift += width;
        }
        total += width;
        insertions.push((at + shift, total));
    }
    insertions
}

/// Offset behind the closing quote, or the end of the text.
pub(super) fn quoted_end(bytes: &[u8], start: usize) -> usize {
    let Some(&quote) = bytes.get(start) else { return start };
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Offset behind the bracket that closes the one at `start`, or the end of the text.
pub(super) fn flow_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    let mut at = start;
    // A quote inside a word, as in `it's`, opens nothing.
    let mut may_open_quote = true;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' | b'\'' if may_open_quote => {
                at = quoted_end(bytes, at);
                may_open_quote = false;
                continue;
            }
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
        may_open_quote = matches!(byte, b'[' | b'{' | b',' | b':') || (may_open_quote && byte.is_ascii_whitespace());
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_stay_those_of_the_file_as_written() {
        let mut mended = Mended::new("a: [\n1,\n2]\nb: 'x\ny'\nc: d");
        assert!(mended.mend(5, "invalid indentation"));
        let quote = mended.text.find('\'').unwrap();
        assert!(mended.mend(quote, "invalid indentation in quoted scalar"));
        assert_eq!(mended.text, "a: [\n    1,\n    2]\nb: 'x\n    y'\nc: d");
        for letter in ["1", "2", "b", "x", "y", "c", "d"] {
            let original = "a: [\n1,\n2]\nb: 'x\ny'\nc: d".find(letter).unwrap();
            assert_eq!(mended.original(mended.text.find(letter).unwrap()), original, "{letter}");
        }
        assert!(!mended.mend(quote, "invalid indentation in quoted scalar"), "the same place is not mended twice");
    }

    #[test]
    fn brackets_and_quotes_are_matched() {
        assert_eq!(flow_end(b"[a, {b: ']'}, it's] x", 0), 19);
        assert_eq!(quoted_end(b"'it''s' x", 0), 7);
        assert_eq!(quoted_end(br#""a\"b" x"#, 0), 6);
        assert_eq!(quoted_end(b"'open", 0), 5);
    }
}
