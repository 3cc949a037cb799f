//! Splits bytes into CSV records, strictly by RFC 4180, with true line numbers.
//!
//! A record that breaks the rules is handed out too, with its fault, and reading goes on at the next line: one bad
//! line costs one line. Knows nothing of columns or types.

use std::io::{self, Read};

/// Longest record. A quote that is opened and never closed would otherwise swallow the rest of the file.
const RECORD_BYTES_MAX: usize = 1 << 20;
const BUFFER_BYTES: usize = 1 << 18;

/// Why a record is no row. The names are stable: they are read by people and queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineFault {
    TooFewFields,
    TooManyFields,
    /// A quote inside a field that did not begin with one, or text behind a closing quote.
    StrayQuote,
    /// A quote that is opened and never closed.
    UnclosedQuote,
    /// A carriage return without a line feed.
    BareCarriageReturn,
    NotUtf8,
    NulByte,
    TooLong,
    /// An empty line with more lines behind it.
    Empty,
}

impl LineFault {
    pub fn name(self) -> &'static str {
        match self {
            Self::TooFewFields => "too_few_fields",
            Self::TooManyFields => "too_many_fields",
            Self::StrayQuote => "stray_quote",
            Self::UnclosedQuote => "unclosed_quote",
            Self::BareCarriageReturn => "bare_carriage_return",
            Self::NotUtf8 => "not_utf8",
            Self::NulByte => "nul_byte",
            Self::TooLong => "too_long",
            Self::Empty => "empty",
        }
    }
}

/// Where a field lies in its record, quotes off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field {
    pub start: u32,
    pub end: u32,
    /// Holds doubled quotes.
    pub is_escaped: bool,
}

/// One record, well formed or not.
pub struct Record<'r> {
    /// Number of its first line, from 1.
    pub line: u64,
    /// The bytes as they stand in the file, without the line end.
    pub raw: &'r [u8],
    /// Empty when there is a fault.
    pub fields: &'r [Field],
    pub fault: Option<LineFault>,
}

/// A strict reader of records.
pub struct Records<R> {
    input: R,
    delimiter: u8,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    is_at_end: bool,
    line: u64,
    fields: Vec<Field>,
    /// Empty lines met since the last record: the file's end if nothing follows, faults if something does.
    empty_lines: u64,
}

impl<R: Read> Records<R> {
    pub fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            delimiter,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            is_at_end: false,
            line: 1,
            fields: Vec::new(),
            empty_lines: 0,
        }
    }

    /// The next record; `None` at the end of the input.
    ///
    /// # Errors
    /// The input cannot be read further: it was cut, or its gzip is broken.
    pub fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        let found = loop {
            if self.start == self.end && self.is_at_end {
                return Ok(None);
            }
            let window = &self.buffer[self.start..self.end];
            let is_empty_line = match window {
                [b'\n', ..] => Some(1),
                [b'\r', b'\n', ..] => Some(2),
                _ => None,
            };
            if let Some(length) = is_empty_line {
                self.empty_lines += 1;
                self.start += length;
                continue;
            }
            match scan(window, self.delimiter, self.is_at_end, &mut self.fields) {
                Some(found) => break found,
                None => self.fill()?,
            }
        };
        if self.empty_lines > 0 {
            // Something follows, so the empty lines are records with a fault; the found one is scanned again later.
            let line = self.line;
            self.empty_lines -= 1;
            self.line += 1;
            return Ok(Some(Record { line, raw: &[], fields: &[], fault: Some(LineFault::Empty) }));
        }
        let (start, line) = (self.start, self.line);
        self.start += found.length;
        self.line += found.newlines;
        let raw = &self.buffer[start..start + found.content];
        let fault = found.fault.or_else(|| raw.contains(&0).then_some(LineFault::NulByte));
        let fields: &[Field] = if fault.is_some() { &[] } else { &self.fields };
        Ok(Some(Record { line, raw, fields, fault }))
    }

    /// Skips a byte order mark; call before the first record.
    ///
    /// # Errors
    /// The input cannot be read, or is UTF-16 (`InvalidData`).
    pub fn skip_byte_order_mark(&mut self) -> io::Result<()> {
        while self.end < 3 && !self.is_at_end {
            self.fill()?;
        }
        match &self.buffer[..self.end] {
            [0xEF, 0xBB, 0xBF, ..] => self.start = 3,
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is UTF-16 text, not UTF-8"));
            }
            _ => {}
        }
        Ok(())
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.is_at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

/// One record at the start of a window.
struct Found {
    /// With the line end.
    length: usize,
    /// Without it.
    content: usize,
    newlines: u64,
    fault: Option<LineFault>,
}

/// Finds the first record of `window`; `None` when more bytes are needed to know where it ends.
fn scan(window: &[u8], delimiter: u8, is_at_end: bool, fields: &mut Vec<Field>) -> Option<Found> {
    fields.clear();
    let mut at = 0;
    let mut newlines = 0;
    loop {
        let (start, end, is_escaped);
        if window.get(at) == Some(&b'"') {
            start = at + 1;
            match quoted_field(window, start, is_at_end) {
                Quoted::Closed { at: quote, is_escaped: escaped, newlines: inside } => {
                    (end, is_escaped) = (quote, escaped);
                    newlines += inside;
                    at = quote + 1;
                }
                Quoted::NeedsMore if window.len() < RECORD_BYTES_MAX => return None,
                // Only its first line is given up: what follows may be whole again.
                Quoted::NeedsMore => return Some(first_line(window, LineFault::TooLong)),
                Quoted::Unclosed => return Some(first_line(window, LineFault::UnclosedQuote)),
            }
        } else {
            start = at;
            while at < window.len() && !is_special(window[at], delimiter) {
                at += 1;
            }
            (end, is_escaped) = (at, false);
        }
        fields.push(Field { start: start as u32, end: end as u32, is_escaped });
        match window.get(at) {
            None if is_at_end => return Some(Found { length: at, content: at, newlines, fault: None }),
            None if window.len() < RECORD_BYTES_MAX => return None,
            None => return Some(first_line(window, LineFault::TooLong)),
            Some(&byte) if byte == delimiter => at += 1,
            Some(b'\n') => return Some(Found { length: at + 1, content: at, newlines: newlines + 1, fault: None }),
            Some(b'\r') => match window.get(at + 1) {
                Some(b'\n') => {
                    return Some(Found { length: at + 2, content: at, newlines: newlines + 1, fault: None });
                }
                None if is_at_end => return Some(Found { length: at + 1, content: at, newlines, fault: None }),
                None => return None,
                Some(_) => return rest_of_line(window, at, newlines, is_at_end, LineFault::BareCarriageReturn),
            },
            Some(_) => return rest_of_line(window, at, newlines, is_at_end, LineFault::StrayQuote),
        }
    }
}

fn is_special(byte: u8, delimiter: u8) -> bool {
    byte == delimiter || matches!(byte, b'\n' | b'"' | b'\r')
}

enum Quoted {
    Closed { at: usize, is_escaped: bool, newlines: u64 },
    NeedsMore,
    Unclosed,
}

/// Finds the closing quote of a field whose text begins at `at`.
fn quoted_field(window: &[u8], mut at: usize, is_at_end: bool) -> Quoted {
    let mut is_escaped = false;
    let mut newlines = 0;
    loop {
        match window.get(at) {
            None if is_at_end => return Quoted::Unclosed,
            None => return Quoted::NeedsMore,
            Some(b'"') => match window.get(at + 1) {
                Some(b'"') => {
                    is_escaped = true;
                    at += 2;
                }
                Some(_) => return Quoted::Closed { at, is_escaped, newlines },
                None if is_at_end => return Quoted::Closed { at, is_escaped, newlines },
                None => return Quoted::NeedsMore,
            },
            Some(b'\n') => {
                newlines += 1;
                at += 1;
            }
            Some(_) => at += 1,
        }
    }
}

/// A faulty record goes to the end of the line its fault stands in.
fn rest_of_line(window: &[u8], at: usize, newlines: u64, is_at_end: bool, fault: LineFault) -> Option<Found> {
    match window[at..].iter().position(|byte| *byte == b'\n') {
        Some(newline) => {
            let end = at + newline;
            Some(Found { length: end + 1, content: end, newlines: newlines + 1, fault: Some(fault) })
        }
        None if is_at_end || window.len() >= RECORD_BYTES_MAX => {
            Some(Found { length: window.len(), content: window.len(), newlines, fault: Some(fault) })
        }
        None => None,
    }
}

fn first_line(window: &[u8], fault: LineFault) -> Found {
    match window.iter().position(|byte| *byte == b'\n') {
        Some(end) => Found { length: end + 1, content: end, newlines: 1, fault: Some(fault) },
        None => Found { length: window.len(), content: window.len(), newlines: 0, fault: Some(fault) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time, so that every cut of the input is met.
    struct Drip<'t>(&'t [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            into[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn split(input: impl Read) -> Vec<String> {
        let mut records = Records::new(input, b',');
        records.skip_byte_order_mark().expect("readable");
        let mut shown = Vec::new();
        while let Some(record) = records.next().expect("readable") {
            let text = String::from_utf8_lossy(record.raw).into_owned();
            let fields: Vec<_> =
                record.fields.iter().map(|field| &text[field.start as usize..field.end as usize]).collect();
            shown.push(match record.fault {
                None => format!("{}: {}", record.line, fields.join("|")),
                Some(fault) => format!("{}! {} {text}", record.line, fault.name()),
            });
        }
        shown
    }

    fn records(text: &str) -> Vec<String> {
        let whole = split(text.as_bytes());
        assert_eq!(split(Drip(text.as_bytes())), whole, "cut into single bytes");
        whole
    }

    #[test]
    fn records_carry_the_number_of_their_first_line() {
        let text = "\u{feff}a,b\n1,\"two\nlines\"\r\n3,\"x\"\"y\"\n,";
        assert_eq!(records(text), ["1: a|b", "2: 1|two\nlines", "4: 3|x\"\"y", "5: |"]);
    }

    #[test]
    fn a_fault_costs_its_own_line_only() {
        assert_eq!(records("a,5\" PIPE,c\n1,2,3\n"), ["1! stray_quote a,5\" PIPE,c", "2: 1|2|3"]);
        assert_eq!(records("a,\"b\"c,d\n1,2,3\n"), ["1! stray_quote a,\"b\"c,d", "2: 1|2|3"]);
        assert_eq!(records("a\rb\n1\n"), ["1! bare_carriage_return a\rb", "2: 1"]);
        assert_eq!(records("a\0b\n1\n"), ["1! nul_byte a\0b", "2: 1"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_one_line() {
        assert_eq!(records("a,\"b\n1,2\n3,4\n"), ["1! unclosed_quote a,\"b", "2: 1|2", "3: 3|4"]);
        let long = format!("a,\"b\n{}", "1,2\n".repeat(RECORD_BYTES_MAX / 4 + 10));
        let shown = split(long.as_bytes());
        assert_eq!(shown[0], "1! too_long a,\"b");
        assert_eq!(shown.len(), RECORD_BYTES_MAX / 4 + 11);
    }

    #[test]
    fn empty_lines_are_faults_unless_they_end_the_file() {
        assert_eq!(records("a,b\n\n\r\n1,2\n\n\n"), ["1: a|b", "2! empty ", "3! empty ", "4: 1|2"]);
        assert_eq!(records(""), [] as [&str; 0]);
        assert_eq!(records("\n\n"), [] as [&str; 0]);
    }

    #[test]
    fn text_in_utf16_is_refused_by_name() {
        let mut records = Records::new(&b"\xFF\xFEa\0"[..], b',');
        let error = records.skip_byte_order_mark().unwrap_err();
        assert_eq!(error.to_string(), "it is UTF-16 text, not UTF-8");
    }
}
