//! Types CSV records into arrow columns, one pass, every fault kept.
//!
//! Knows the declared columns and nothing of rules between them: those look at whole columns afterwards.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int32Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field as ArrowField, Schema, SchemaRef};

use super::chunk::{BrokenRecord, CHUNK_ROWS, Chunk, RawRows, Reader, ValueFault};
use super::csv::{Field, LineFault, Record, Records};
use super::dates::{self, DateFormat};
use super::header::{Positions, match_header};
use super::pipeline::{Contract, HeaderMatch, InputColumn};
use super::types::{self, Reason, Type};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Reads typed rows from CSV text.
pub struct CsvReader<R> {
    records: Records<R>,
    schema: SchemaRef,
    columns: Vec<ColumnReader>,
    width: usize,
    delimiter: u8,
    /// Room for the raw text of a chunk, from what the last one took.
    text_bytes: usize,
    warnings: Vec<Diagnostic>,
}

struct ColumnReader {
    /// Field of the record; `None`: the file has no such column, and each value is null.
    position: Option<usize>,
    is_trimmed: bool,
    formats: Vec<DateFormat>,
    kind: Type,
    builder: Builder,
}

impl<R: Read> CsvReader<R> {
    /// Reads the header and finds the columns in it.
    ///
    /// # Errors
    /// There is no header, it is broken, or the contract refuses it.
    pub fn open(
        input: R,
        delimiter: u8,
        how: HeaderMatch,
        columns: &[InputColumn],
        contract: Contract,
        from: &Span,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut records = Records::new(input, delimiter);
        let names = header_names(&mut records, delimiter).map_err(|problem| vec![*problem])?;
        let (positions, problems) = match_header(&names, columns, how, contract, from);
        let Some(Positions { columns: positions, width }) = positions else { return Err(problems) };
        let schema = input_schema(columns);
        let columns = columns.iter().zip(positions).map(|(column, position)| ColumnReader {
            position,
            is_trimmed: column.is_trimmed,
            formats: column.formats.clone(),
            kind: column.kind,
            builder: Builder::new(column.kind, CHUNK_ROWS * 8),
        });
        Ok(Self { records, schema, columns: columns.collect(), width, delimiter, text_bytes: 0, warnings: problems })
    }
}

/// The declared columns as arrow sees them.
pub fn input_schema(columns: &[InputColumn]) -> SchemaRef {
    let fields = columns.iter().map(|column| ArrowField::new(&column.name, column.kind.arrow(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn header_names<R: Read>(records: &mut Records<R>, delimiter: u8) -> Result<Vec<String>, Box<Diagnostic>> {
    records.skip_byte_order_mark().map_err(|error| unreadable(&error, 1))?;
    let record = records.next().map_err(|error| unreadable(&error, 1))?;
    let Some(record) = record else {
        return Err(Box::new(Diagnostic::error("empty-input", "the file is empty: it has no header line")));
    };
    let broken = |fault: LineFault| {
        let message = format!("the header line is not good CSV: `{}`", fault.name());
        Box::new(Diagnostic::error("broken-header", message))
    };
    if let Some(fault) = record.fault {
        return Err(broken(fault));
    }
    let text = std::str::from_utf8(record.raw).map_err(|_| broken(LineFault::NotUtf8))?;
    let names: Vec<String> = record.fields.iter().map(|field| field_text(text, *field).into_owned()).collect();
    if let [name] = names.as_slice()
        && let Some(other) = [',', ';', '\t', '|'].into_iter().find(|other| name.contains(*other))
        && delimiter != other as u8
    {
        let message = format!("the header line is one single field, `{}`", excerpt(name));
        let help = format!("the file seems to be split at another character: `delimiter: {:?}`", other.to_string());
        return Err(Box::new(Diagnostic::error("broken-header", message).help(help)));
    }
    Ok(names)
}

impl<R: Read> Reader for CsvReader<R> {
    fn next(&mut self) -> Result<Option<Chunk>, Box<Diagnostic>> {
        let mut lines = Vec::with_capacity(CHUNK_ROWS);
        let mut ends = Vec::with_capacity(CHUNK_ROWS);
        let mut text = String::with_capacity(self.text_bytes);
        let mut faults = Vec::new();
        let mut broken: Vec<BrokenRecord> = Vec::new();
        let mut last_line = 0;
        while lines.len() + broken.len() < CHUNK_ROWS {
            let record = self.records.next().map_err(|error| unreadable(&error, last_line + 1))?;
            let Some(record) = record else { break };
            last_line = record.line;
            match well_formed(&record, self.width) {
                Ok(row) => {
                    let number = lines.len() as u32;
                    for (at, column) in (0..).zip(&mut self.columns) {
                        let value = column.position.map_or(Cow::Borrowed(""), |at| field_text(row, record.fields[at]));
                        if let Err(reason) = column.append(&value) {
                            faults.push(ValueFault { row: number, column: at, reason });
                        }
                    }
                    lines.push(record.line);
                    text.push_str(row);
                    ends.push(text.len());
                }
                Err(fault) => {
                    let text = String::from_utf8_lossy(record.raw).replace('\0', "\u{fffd}");
                    broken.push(BrokenRecord { line: record.line, fault, text });
                }
            }
        }
        if lines.is_empty() && broken.is_empty() {
            return Ok(None);
        }
        let arrays = self.columns.iter_mut().map(ColumnReader::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .expect("every record appends one value to every builder");
        self.text_bytes = text.len() + text.len() / 8;
        let raw = RawRows::Csv { text, ends, delimiter: self.delimiter };
        Ok(Some(Chunk { batch, lines, faults, raw, broken }))
    }

    fn warnings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings)
    }
}

fn well_formed<'r>(record: &Record<'r>, width: usize) -> Result<&'r str, LineFault> {
    if let Some(fault) = record.fault {
        return Err(fault);
    }
    match record.fields.len().cmp(&width) {
        std::cmp::Ordering::Less => return Err(LineFault::TooFewFields),
        std::cmp::Ordering::Greater => return Err(LineFault::TooManyFields),
        std::cmp::Ordering::Equal => {}
    }
    std::str::from_utf8(record.raw).map_err(|_| LineFault::NotUtf8)
}

/// The text of a field, doubled quotes made single.
fn field_text(row: &str, field: Field) -> Cow<'_, str> {
    let text = &row[field.start as usize..field.end as usize];
    if field.is_escaped { Cow::Owned(text.replace("\"\"", "\"")) } else { Cow::Borrowed(text) }
}

/// The cells of one record, for the quarantine. The record was well formed when it was read.
pub fn split_row(row: &str, delimiter: u8) -> Vec<String> {
    let mut records = Records::new(row.as_bytes(), delimiter);
    match records.next() {
        Ok(Some(record)) => record.fields.iter().map(|field| field_text(row, *field).into_owned()).collect(),
        Ok(None) | Err(_) => vec![row.to_string()],
    }
}

/// An error of the input, in words that name the cause.
fn unreadable(error: &std::io::Error, line: u64) -> Box<Diagnostic> {
    use std::io::ErrorKind;
    let problem = match error.kind() {
        ErrorKind::UnexpectedEof => Diagnostic::error("truncated-input", "the gzip file ends too early")
            .help("the file was cut while it was copied or downloaded: fetch it again"),
        ErrorKind::InvalidInput => {
            Diagnostic::error("broken-input", format!("the gzip file is damaged: {error}")).help("fetch the file again")
        }
        ErrorKind::InvalidData => Diagnostic::error("broken-input", format!("the file cannot be read: {error}")),
        _ => Diagnostic::error("unreadable-input", format!("the file cannot be read: {error}")),
    };
    Box::new(problem.note(format!("it could be read up to line {line}")))
}

/// The first part of a long text.
pub fn excerpt(text: &str) -> String {
    const CHARACTERS: usize = 60;
    let mut shown: String = text.chars().take(CHARACTERS).collect();
    if text.chars().nth(CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

impl ColumnReader {
    /// Appends the value, or a null when it is blank or wrong.
    fn append(&mut self, text: &str) -> Result<(), Reason> {
        // The common blank is the empty field; only then are the characters looked at.
        if text.is_empty() || text.as_bytes()[0].is_ascii_whitespace() && text.trim().is_empty() {
            self.builder.append_null();
            return Ok(());
        }
        let text = if self.is_trimmed { text.trim() } else { text };
        let outcome = self.builder.append(text, &self.formats);
        if outcome.is_err() {
            self.builder.append_null();
        }
        outcome
    }
}

impl ColumnReader {
    /// The column so far. A finished builder has no room left, so the next one is made as large as this one got.
    fn finish(&mut self) -> ArrayRef {
        let array = self.builder.finish();
        let text_bytes = array.as_string_opt::<i32>().map_or(0, |texts| texts.value_data().len());
        self.builder = Builder::new(self.kind, text_bytes + text_bytes / 8);
        array
    }
}

enum Builder {
    Varchar(StringBuilder),
    Integer(Int32Builder),
    BigInt(Int64Builder),
    Double(Float64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Boolean(BooleanBuilder),
    Hhmm(Int32Builder),
}

impl Builder {
    /// `text_bytes`: room for texts, where the type is one.
    fn new(kind: Type, text_bytes: usize) -> Self {
        match kind {
            Type::Varchar => Self::Varchar(StringBuilder::with_capacity(CHUNK_ROWS, text_bytes)),
            Type::Integer => Self::Integer(Int32Builder::with_capacity(CHUNK_ROWS)),
            Type::BigInt => Self::BigInt(Int64Builder::with_capacity(CHUNK_ROWS)),
            Type::Double => Self::Double(Float64Builder::with_capacity(CHUNK_ROWS)),
            Type::Decimal { precision, scale } => {
                let builder = Decimal128Builder::with_capacity(CHUNK_ROWS).with_data_type(kind.arrow());
                Self::Decimal(builder, precision, scale)
            }
            Type::Date => Self::Date(Date32Builder::with_capacity(CHUNK_ROWS)),
            Type::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::with_capacity(CHUNK_ROWS)),
            Type::Boolean => Self::Boolean(BooleanBuilder::with_capacity(CHUNK_ROWS)),
            Type::Hhmm => Self::Hhmm(Int32Builder::with_capacity(CHUNK_ROWS)),
        }
    }

    /// Appends nothing when the text is wrong.
    fn append(&mut self, text: &str, formats: &[DateFormat]) -> Result<(), Reason> {
        match self {
            Self::Varchar(builder) => builder.append_value(text),
            Self::Integer(builder) => builder.append_value(types::read_integer(text)?),
            Self::BigInt(builder) => builder.append_value(types::read_whole(text)?),
            Self::Double(builder) => builder.append_value(types::read_double(text)?),
            Self::Decimal(builder, precision, scale) => {
                builder.append_value(types::read_decimal(text, *precision, *scale)?);
            }
            Self::Date(builder) => builder.append_value(dates::read_date(text, formats)?),
            Self::Timestamp(builder) => builder.append_value(dates::read_timestamp(text, formats)?),
            Self::Boolean(builder) => builder.append_value(types::read_boolean(text)?),
            Self::Hhmm(builder) => builder.append_value(types::read_hhmm(text)?),
        }
        Ok(())
    }

    fn append_null(&mut self) {
        match self {
            Self::Varchar(builder) => builder.append_null(),
            Self::Integer(builder) | Self::Hhmm(builder) => builder.append_null(),
            Self::BigInt(builder) => builder.append_null(),
            Self::Double(builder) => builder.append_null(),
            Self::Decimal(builder, _, _) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::Boolean(builder) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Varchar(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) | Self::Hhmm(builder) => Arc::new(builder.finish()),
            Self::BigInt(builder) => Arc::new(builder.finish()),
            Self::Double(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, _, _) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
        }
    }
}
