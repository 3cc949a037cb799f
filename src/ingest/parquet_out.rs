//! Writes Parquet files whose bytes depend on nothing but their rows: rows of the lake, rows of the quarantine.
//!
//! No timestamps, no library version, fixed row groups: the same rows give the same file on every machine.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use sha2::{Digest, Sha256};

use super::pipeline::hex;
use super::transform::Reject;
use super::types::Type;

/// Rows of a row group: what a writer holds in memory, and what a reader can skip.
const ROW_GROUP_ROWS: usize = 1 << 17;
/// Batches that may wait for the writer; more would only hold memory.
const BATCHES_WAITING: usize = 2;
/// Quarantined rows held before they are written.
const REJECTS_HELD: usize = 1024;

/// A finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub path: PathBuf,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// Writes batches on a thread of its own, so that encoding overlaps reading.
pub struct ParquetFile {
    path: PathBuf,
    sender: Option<SyncSender<RecordBatch>>,
    writer: Option<JoinHandle<io::Result<Written>>>,
}

impl ParquetFile {
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, schema: &SchemaRef) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let output = Digested { output: BufWriter::new(File::create(path)?), digest: Sha256::new(), bytes: 0 };
        let (sender, receiver) = sync_channel(BATCHES_WAITING);
        let (schema, to) = (Arc::clone(schema), path.to_path_buf());
        let writer = std::thread::Builder::new()
            .name("parquet".into())
            .spawn(move || write_all(&to, output, &schema, &receiver).map_err(io::Error::other))?;
        Ok(Self { path: path.to_path_buf(), sender: Some(sender), writer: Some(writer) })
    }

    /// # Errors
    /// The disk is full, or the like.
    pub fn write(&mut self, batch: RecordBatch) -> io::Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        match self.sender.as_ref().map(|sender| sender.send(batch)) {
            Some(Ok(())) => Ok(()),
            // The writer hung up: it has the reason.
            Some(Err(_)) | None => Err(self.join().err().unwrap_or_else(|| io::Error::other("the writer stopped"))),
        }
    }

    /// Ends the file and brings it to the disk.
    ///
    /// # Errors
    /// As `write`.
    pub fn finish(mut self) -> io::Result<Written> {
        self.join()
    }

    fn join(&mut self) -> io::Result<Written> {
        self.sender = None;
        match self.writer.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) => Err(io::Error::other("the Parquet writer panicked")),
            None => Err(io::Error::other("the writer stopped")),
        }
    }
}

impl Drop for ParquetFile {
    /// A file that was not finished is nothing anyone should find.
    fn drop(&mut self) {
        if self.writer.is_some() {
            let _ = self.join();
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn write_all(
    path: &Path,
    output: Digested<BufWriter<File>>,
    schema: &SchemaRef,
    batches: &Receiver<RecordBatch>,
) -> Result<Written, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("tamis".to_string())
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(output, Arc::clone(schema), options)?;
    for batch in batches {
        writer.write(&batch)?;
    }
    writer.flush()?;
    // What the footer says, not what was sent: the two are compared before anything is loaded.
    let rows = writer.flushed_row_groups().iter().map(|group| group.num_rows() as u64).sum();
    let Digested { output, digest, bytes } = writer.into_inner()?;
    let file = output.into_inner().map_err(|error| ParquetError::External(Box::new(error)))?;
    file.sync_all()?;
    Ok(Written { path: path.to_path_buf(), rows, bytes, sha256: hex(&digest.finalize()) })
}

struct Digested<W> {
    output: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.output.write(bytes)?;
        self.digest.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Keeps quarantined rows in a Parquet file; there is none when there are none.
pub struct QuarantineFile {
    path: PathBuf,
    held: Vec<Reject>,
    file: Option<ParquetFile>,
}

impl QuarantineFile {
    pub fn new(path: PathBuf) -> Self {
        Self { path, held: Vec::new(), file: None }
    }

    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, rejects: Vec<Reject>) -> io::Result<()> {
        self.held.extend(rejects);
        if self.held.len() >= REJECTS_HELD { self.write_held() } else { Ok(()) }
    }

    fn write_held(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            // The load id is a digest of the whole input, so it is not known before the end.
            none => none.insert(ParquetFile::create(&self.path.with_extension("part"), &rejects_schema())?),
        };
        let batch = rejects_batch(&self.held);
        self.held.clear();
        file.write(batch)
    }

    /// Ends the file, each row marked with the load it was found in.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self, load_id: &str) -> io::Result<Option<Written>> {
        if !self.held.is_empty() {
            self.write_held()?;
        }
        let Some(file) = self.file.take() else { return Ok(None) };
        let part = file.finish()?.path;
        let written = mark_with_load(&part, &self.path, load_id)?;
        std::fs::remove_file(part)?;
        Ok(Some(written))
    }
}

fn mark_with_load(from: &Path, to: &Path, load_id: &str) -> io::Result<Written> {
    let batches = ParquetRecordBatchReaderBuilder::try_new(File::open(from)?).and_then(|builder| builder.build());
    let mut file = ParquetFile::create(to, &quarantine_schema())?;
    for batch in batches.map_err(io::Error::other)? {
        let batch = batch.map_err(io::Error::other)?;
        let load_ids: ArrayRef = Arc::new(StringArray::from(vec![load_id; batch.num_rows()]));
        let arrays = [&[load_ids], batch.columns()].concat();
        file.write(RecordBatch::try_new(quarantine_schema(), arrays).map_err(io::Error::other)?)?;
    }
    file.finish()
}

/// Columns of a quarantine file, and of the quarantine table.
pub const QUARANTINE_COLUMNS: [(&str, Type); 4] =
    [("load_id", Type::Varchar), ("line", Type::BigInt), ("reasons", Type::Varchar), ("cells", Type::Varchar)];

fn quarantine_schema() -> SchemaRef {
    schema_of(&QUARANTINE_COLUMNS)
}

fn rejects_schema() -> SchemaRef {
    schema_of(&QUARANTINE_COLUMNS[1..])
}

fn schema_of(columns: &[(&str, Type)]) -> SchemaRef {
    let fields = columns.iter().map(|(name, kind)| Field::new(*name, kind.arrow(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn rejects_batch(rejects: &[Reject]) -> RecordBatch {
    let lines: Int64Array = rejects.iter().map(|reject| Some(reject.line as i64)).collect();
    let reasons: StringArray = rejects.iter().map(|reject| Some(reject.reasons.join(" "))).collect();
    let cells: StringArray = rejects.iter().map(|reject| Some(reject.cells.as_str())).collect();
    let arrays: Vec<ArrayRef> = vec![Arc::new(lines), Arc::new(reasons), Arc::new(cells)];
    RecordBatch::try_new(rejects_schema(), arrays).expect("three columns of equal length")
}
