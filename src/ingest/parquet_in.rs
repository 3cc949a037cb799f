//! Reads typed rows from Parquet files, the declared columns only.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, SchemaRef, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::chunk::{CHUNK_ROWS, Chunk, RawRows, Reader};
use super::header::snake_case;
use super::pipeline::InputColumn;
use super::typed::input_schema;
use crate::diagnostic::{Diagnostic, nearest};

pub struct ParquetReader {
    files: std::vec::IntoIter<PathBuf>,
    current: Option<Open>,
    columns: Vec<InputColumn>,
    schema: SchemaRef,
    rows: u64,
}

struct Open {
    path: PathBuf,
    batches: ParquetRecordBatchReader,
    /// For each declared column, its position in the batches.
    positions: Vec<usize>,
}

impl ParquetReader {
    pub fn new(files: Vec<PathBuf>, columns: &[InputColumn]) -> Self {
        let schema = input_schema(columns);
        Self { files: files.into_iter(), current: None, columns: columns.to_vec(), schema, rows: 0 }
    }

    fn typed(&self, batch: &RecordBatch, open: &Open) -> Result<RecordBatch, Box<Diagnostic>> {
        let arrays: Result<Vec<ArrayRef>, _> = self
            .columns
            .iter()
            .zip(&open.positions)
            .map(|(column, position)| cast(batch.column(*position), &column.kind.arrow()))
            .collect();
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        arrays
            .and_then(|arrays| RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options))
            .map_err(|error| broken(&open.path, &error))
    }
}

impl Reader for ParquetReader {
    fn next(&mut self) -> Result<Option<Chunk>, Box<Diagnostic>> {
        loop {
            let open = match self.current.take() {
                Some(open) => open,
                None => match self.files.next() {
                    Some(path) => open_file(path, &self.columns)?,
                    None => return Ok(None),
                },
            };
            let open = self.current.insert(open);
            let Some(batch) = open.batches.next() else {
                self.current = None;
                continue;
            };
            let batch = batch.map_err(|error| broken(&open.path, &error))?;
            let Some(open) = &self.current else { continue };
            let batch = self.typed(&batch, open)?;
            let first = self.rows + 1;
            self.rows += batch.num_rows() as u64;
            let lines = (first..=self.rows).collect();
            return Ok(Some(Chunk { batch, lines, faults: Vec::new(), raw: RawRows::Typed, broken: Vec::new() }));
        }
    }
}

fn open_file(path: PathBuf, columns: &[InputColumn]) -> Result<Open, Box<Diagnostic>> {
    let file = File::open(&path).map_err(|error| broken(&path, &error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| broken(&path, &error))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut wanted = Vec::new();
    for column in columns {
        let Some(at) = position(&names, column) else { return Err(missing(column, &names)) };
        let found = builder.schema().field(at).data_type();
        if !is_lossless(found, &column.kind.arrow()) {
            let message = format!("column `{}` is {found} in the file, and {} here", names[at], column.kind);
            let problem = Diagnostic::error("wrong-type", message).at(column.span.clone(), "declared here");
            return Err(Box::new(problem.note(format!("in {}", path.display()))));
        }
        wanted.push(at);
    }
    let mut read = wanted.clone();
    read.sort_unstable();
    read.dedup();
    let positions = wanted.iter().map(|at| read.partition_point(|other| other < at)).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), read);
    let batches = builder.with_batch_size(CHUNK_ROWS).with_projection(mask).build();
    let batches = batches.map_err(|error| broken(&path, &error))?;
    Ok(Open { path, batches, positions })
}

fn position(names: &[String], column: &InputColumn) -> Option<usize> {
    let is_wanted = |name: &String| {
        if column.from.is_empty() { snake_case(name) == snake_case(&column.name) } else { column.from.contains(name) }
    };
    names
        .iter()
        .position(|name| *name == column.name && column.from.is_empty())
        .or_else(|| names.iter().position(is_wanted))
}

/// Whether every value of the file's type is one of the declared type.
fn is_lossless(found: &DataType, declared: &DataType) -> bool {
    use DataType::{
        Date32, Date64, Decimal32, Decimal64, Decimal128, Dictionary, Int8, Int16, Int32, Int64, LargeUtf8, Timestamp,
        UInt8, UInt16, UInt32, Utf8, Utf8View,
    };
    match (found, declared) {
        (found, declared) if found == declared => true,
        (LargeUtf8 | Utf8View, Utf8) => true,
        (Dictionary(_, values), Utf8) => is_lossless(values, &Utf8),
        (Int8 | Int16 | UInt8 | UInt16, Int32 | Int64) | (Int32 | UInt32, Int64) => true,
        (DataType::Float32, DataType::Float64) => true,
        (Date64, Date32) => true,
        (Timestamp(TimeUnit::Millisecond | TimeUnit::Second, None), Timestamp(TimeUnit::Microsecond, None)) => true,
        (Decimal32(p, s) | Decimal64(p, s) | Decimal128(p, s), Decimal128(precision, scale)) => {
            s == scale && p <= precision
        }
        _ => false,
    }
}

fn missing(column: &InputColumn, names: &[String]) -> Box<Diagnostic> {
    let wanted = column.from.first().unwrap_or(&column.name);
    let problem = Diagnostic::error("missing-column", format!("the file has no column `{wanted}`"))
        .at(column.span.clone(), "declared here");
    Box::new(match nearest(wanted, names.iter().map(String::as_str)) {
        Some(name) => problem.help(format!("the file has `{name}`: write `from: \"{name}\"` if that is it")),
        None => problem,
    })
}

fn broken(path: &std::path::Path, error: &dyn std::fmt::Display) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("broken-input", format!("cannot read {}: {error}", path.display())))
}
