//! A few thousand rows on their way through a pipeline: typed columns, where each row came from, what is wrong.

use arrow_array::RecordBatch;

use super::csv::LineFault;
use super::types::Reason;
use crate::diagnostic::Diagnostic;

/// Rows typed at a time: large enough to work by column, small enough to stay in the processor's cache.
pub const CHUNK_ROWS: usize = 8192;

/// What a reader hands out.
pub struct Chunk {
    /// The declared columns, one row per well-formed record. A value that could not be typed is null here and stands
    /// in `faults`.
    pub batch: RecordBatch,
    /// Line (CSV) or number (Parquet) of each row, from 1.
    pub lines: Vec<u64>,
    /// In order of rows, then columns.
    pub faults: Vec<ValueFault>,
    pub raw: RawRows,
    /// Records that are no rows at all.
    pub broken: Vec<BrokenRecord>,
}

#[derive(Clone, Copy, Debug)]
pub struct ValueFault {
    pub row: u32,
    pub column: u32,
    pub reason: Reason,
}

pub struct BrokenRecord {
    pub line: u64,
    pub fault: LineFault,
    /// The text of the line, as far as it can be read as text.
    pub text: String,
}

/// The rows as they stood in the input, kept until it is known which of them are bad.
pub enum RawRows {
    /// CSV text of the rows, one after the other, with the end of each.
    Csv { text: String, ends: Vec<usize>, delimiter: u8 },
    /// The batch itself is what was read.
    Typed,
}

/// Hands out the rows of an input, chunk by chunk.
pub trait Reader {
    /// `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read to its end. The place in the YAML is added by the caller.
    fn next(&mut self) -> Result<Option<Chunk>, Box<Diagnostic>>;

    /// What was to be said about the header; asked once, after the reader was opened.
    fn warnings(&mut self) -> Vec<Diagnostic> {
        Vec::new()
    }
}
