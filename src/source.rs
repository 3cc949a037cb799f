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
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    pub fn new(path: impl Into<String>, absolute: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), absolute: absolute.into(), text: text.into(), line_starts: OnceLock::new() })
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

    /// Line and column of the start, both from 1.
    pub fn line_column(&self) -> (usize, usize) {
        self.file.line_column(self.start as usize)
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
}
