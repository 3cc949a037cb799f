//! Splits delimited text into records, with the place of every value.
//!
//! Quotes are double quotes, doubled inside a quoted value (RFC 4180). Strict about quotes, because warehouses are;
//! says nothing about how many values a record should have.

use std::borrow::Cow;
use std::ops::Range;

/// One value: unquoted, and where it stands, quotes included.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    pub value: Cow<'a, str>,
    pub range: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Problem {
    Unclosed(Range<usize>),
    AfterQuote(Range<usize>),
}

/// Records in order. Empty lines are passed over, unless records have one value: then they are a null.
pub(super) struct Records<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    /// Values of the first record, once it was read.
    width: Option<usize>,
    is_broken: bool,
}

impl<'a> Records<'a> {
    /// `delimiter` is an ASCII character.
    pub fn new(text: &'a str, delimiter: char) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at, delimiter: delimiter as u8, width: None, is_broken: false }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn ends_value(&self, at: usize) -> bool {
        self.byte(at).is_none_or(|byte| byte == self.delimiter || byte == b'\n' || byte == b'\r')
    }

    /// Steps over `\n`, `\r\n` or `\r`.
    fn skip_line_end(&mut self) {
        if self.byte(self.at) == Some(b'\r') {
            self.at += 1;
        }
        if self.byte(self.at) == Some(b'\n') {
            self.at += 1;
        }
    }

    fn field(&mut self) -> Result<Field<'a>, Problem> {
        let start = self.at;
        if self.byte(start) == Some(b'"') {
            return self.quoted_field();
        }
        while !self.ends_value(self.at) {
            self.at += 1;
        }
        Ok(Field { value: Cow::Borrowed(&self.text[start..self.at]), range: start..self.at })
    }

    fn quoted_field(&mut self) -> Result<Field<'a>, Problem> {
        let start = self.at;
        let mut has_doubled = false;
        self.at += 1;
        loop {
            match self.byte(self.at) {
                None => return Err(Problem::Unclosed(start..self.at)),
                Some(b'"') if self.byte(self.at + 1) == Some(b'"') => {
                    has_doubled = true;
                    self.at += 2;
                }
                Some(b'"') => break,
                Some(_) => self.at += 1,
            }
        }
        let inner = &self.text[start + 1..self.at];
        self.at += 1;
        let end = self.at;
        if !self.ends_value(end) {
            while !self.ends_value(self.at) {
                self.at += 1;
            }
            return Err(Problem::AfterQuote(end..self.at));
        }
        let value = if has_doubled { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) };
        Ok(Field { value, range: start..end })
    }

    fn record(&mut self) -> Result<Vec<Field<'a>>, Problem> {
        let mut fields = Vec::with_capacity(self.width.unwrap_or_default());
        loop {
            fields.push(self.field()?);
            if self.byte(self.at) != Some(self.delimiter) {
                break;
            }
            self.at += 1;
        }
        self.skip_line_end();
        self.width.get_or_insert(fields.len());
        Ok(fields)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Vec<Field<'a>>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.width != Some(1) && matches!(self.byte(self.at), Some(b'\n' | b'\r')) {
            self.skip_line_end();
        }
        if self.is_broken || self.at >= self.text.len() {
            return None;
        }
        let record = self.record();
        self.is_broken = record.is_err();
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Vec<String>> {
        let record = |record: Result<Vec<Field<'_>>, Problem>| {
            record.unwrap().into_iter().map(|field| field.value.into_owned()).collect()
        };
        Records::new(text, ',').map(record).collect()
    }

    #[test]
    fn values_are_unquoted_and_lines_may_end_in_any_way() {
        assert_eq!(values("a,\"b\"\"c\"\r\n\r\nd,\r,\"\"\n"), [["a", "b\"c"], ["d", ""], ["", ""]]);
        assert_eq!(values("a\n1\n\n\"\"\n"), [["a"], ["1"], [""], [""]]);
        assert_eq!(values("5\" pipe,x"), [["5\" pipe", "x"]]);
        assert!(values("\n\n").is_empty());
    }
}
