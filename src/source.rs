//! The texts Tamis reads, and where in them something stands.
//!
//! A [`Span`] holds its file, so a problem can be drawn anywhere without a table of files at hand.
//! Knows nothing of YAML, Jinja or SQL.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// One text file of a project, read whole, as UTF-8.
pub struct SourceFile {
    /// Path shown to people: relative to the project root, with forward slashes.
    pub path: String,
    /// Where it lies on disk; empty for texts that ship inside the binary or come from the command line.
    pub absolute: PathBuf,
    pub text: String,
    /// Where each byte stands in the author's file, for a text that is spelled otherwise there: folded YAML.
    written_in: Option<(Arc<SourceFile>, Vec<u32>)>,
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    pub fn new(path: impl Into<String>, absolute: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            absolute: absolute.into(),
            text: text.into(),
            written_in: None,
            line_starts: OnceLock::new(),
        })
    }

    /// A text that stands in `file` within `range`, blanks and escapes aside; places in it are told as places there.
    pub fn respelled(file: &Arc<Self>, range: Range<usize>, text: &str) -> Option<Arc<Self>> {
        let places = aligned(file.text.get(range.clone())?, text)?;
        let places = places.into_iter().map(|place| range.start as u32 + place).collect();
        Some(Arc::new(Self {
            path: file.path.clone(),
            absolute: PathBuf::new(),
            text: text.to_string(),
            written_in: Some((Arc::clone(file), places)),
            line_starts: OnceLock::new(),
        }))
    }

    /// A text that is not on disk: a built-in macro, `--inline` SQL, a hook.
    pub fn in_memory(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Self::new(path, PathBuf::new(), text)
    }

    /// Whether the text is ours and lies in no file of the author's: a built-in macro, a statement.
    pub fn is_made_up(&self) -> bool {
        self.path.starts_with('<')
    }

    /// Reads `absolute`; `shown` is the path people see.
    ///
    /// # Errors
    /// The file cannot be read, or is not UTF-8 (`InvalidData`, with the byte offset in the message).
    pub fn read(shown: impl Into<String>, absolute: &Path) -> io::Result<Arc<Self>> {
        let bytes = std::fs::read(absolute)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            io::Error::new(io::ErrorKind::InvalidData, format!("not valid UTF-8 at byte {offset}"))
        })?;
        Ok(Self::new(shown, absolute, text))
    }

    /// Line and column of a byte offset, both counted from 1; the column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.floor_char_boundary(offset);
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start as usize <= offset) - 1;
        let column = self.text[starts[line] as usize..offset].chars().count() + 1;
        (line + 1, column)
    }

    /// Byte offset of a line and column, both counted from 1; past the end gives the end.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let starts = self.line_starts();
        let Some(&start) = starts.get(line.saturating_sub(1)) else { return self.text.len() };
        self.text[start as usize..]
            .char_indices()
            .nth(column.saturating_sub(1))
            .map_or(self.text.len(), |(at, _)| start as usize + at)
    }

    fn floor_char_boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let after_newline = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(after_newline.map(|(at, _)| at as u32 + 1)).collect()
        })
    }
}

/// For each byte of `text`, and its end, the place in `written`, which differs in blanks and backslashes only.
fn aligned(written: &str, text: &str) -> Option<Vec<u32>> {
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut rest = written.char_indices().peekable();
    for letter in text.chars() {
        if letter.is_whitespace() {
            let at = rest.peek().map_or(written.len(), |(at, _)| *at);
            places.extend(std::iter::repeat_n(at as u32, letter.len_utf8()));
            // A line break written as `\n`.
            let mut ahead = rest.clone();
            while ahead.next_if(|(_, blank)| blank.is_whitespace()).is_some() {}
            if let (Some((_, '\\')), Some((_, 'n' | 't' | 'r'))) = (ahead.next(), ahead.next()) {
                rest = ahead;
            }
            continue;
        }
        // A quote may be written twice, or behind a backslash.
        let at = loop {
            match rest.next()? {
                (at, found) if found == letter => break at,
                (_, found) if found.is_whitespace() || matches!(found, '\\' | '\'') => {}
                _ => return None,
            }
        };
        places.extend((0..letter.len_utf8()).map(|byte| (at + byte) as u32));
    }
    places.push(rest.peek().map_or(written.len(), |(at, _)| *at) as u32);
    Some(places)
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({})", self.path)
    }
}

/// A byte range of a [`SourceFile`].
#[derive(Clone)]
pub struct Span {
    pub file: Arc<SourceFile>,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        let start = file.floor_char_boundary(range.start);
        let end = file.floor_char_boundary(range.end.max(start));
        Self { file: Arc::clone(file), start: start as u32, end: end as u32 }
    }

    /// The first byte of a file, for problems of the file as a whole.
    pub fn start_of(file: &Arc<SourceFile>) -> Self {
        Self::new(file, 0..0)
    }

    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn text(&self) -> &str {
        &self.file.text[self.range()]
    }

    /// Where a text stands in a part of a file, blanks and escapes aside.
    pub fn find(file: &Arc<SourceFile>, range: Range<usize>, text: &str) -> Option<Self> {
        let within = file.text.get(range.clone())?;
        if let Some(at) = within.find(text) {
            let start = range.start + at;
            return Some(Self::new(file, start..start + text.len()));
        }
        let first = text.split_whitespace().next()?;
        let mut starts = within.match_indices(first).map(|(at, _)| range.start + at);
        let copy = starts.find_map(|start| SourceFile::respelled(file, start..range.end, text))?;
        Some(Self::new(&copy, 0..text.len()))
    }

    /// The same place in the file that the author wrote.
    pub fn as_written(&self) -> Self {
        let Some((file, places)) = &self.file.written_in else { return self.clone() };
        let place = |offset: u32| places.get(offset as usize).or(places.last()).map_or(0, |place| *place as usize);
        // The end is that of the last letter: behind it there may be blanks of YAML.
        let start = place(self.start);
        let end = if self.end > self.start { place(self.end - 1) + 1 } else { start };
        Self::new(file, start..end.max(start))
    }

    /// Line and column of the start, both from 1.
    pub fn line_column(&self) -> (usize, usize) {
        let written = self.as_written();
        written.file.line_column(written.start as usize)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Span {
    /// `path:line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.file.path)
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        self.file.path == other.file.path && self.range() == other.range()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let file = SourceFile::in_memory("a.sql", "select 1\nfrom é.x\n");
        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(9), (2, 1));
        assert_eq!(file.line_column(16), (2, 7));
        assert_eq!(file.line_column(999), (3, 1));
        assert_eq!(file.offset(2, 7), 16);
    }

    #[test]
    fn a_text_of_folded_or_quoted_yaml_is_told_where_it_is_written() {
        let told = |written: &str, text: &str, part: &str| {
            let file = SourceFile::in_memory("a.yml", written);
            let copy = SourceFile::respelled(&file, 3..written.len(), text)?;
            let at = copy.text.find(part)?;
            let span = Span::new(&copy, at..at + part.len()).as_written();
            Some(format!("{span} {}", span.text()))
        };
        assert_eq!(told("a: >\n  select\n    {{ x }}\n", "> select {{ x }}", "x").as_deref(), Some("a.yml:3:8 x"));
        assert_eq!(told("a: \"b \\\"c\\\" \\n d\"", "\"b \"c\" \n d", "d").as_deref(), Some("a.yml:1:16 d"));
        assert_eq!(told("a: 'it''s x'", "'it's x", "x").as_deref(), Some("a.yml:1:11 x"));
        assert_eq!(told("a: b", "c", "c"), None);
    }
}
