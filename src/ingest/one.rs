//! One run of one pipeline: find the input, type and judge its rows, publish in the lake, load into the warehouse.
//!
//! Nothing becomes visible before all of it is known to be right; each step can be repeated.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::bytes::{self, Meter};
use super::chunk::Reader;
use super::input::Input;
use super::lake::{Lake, LakeFile, LakeManifest, SourceRecord, data_folder, quarantine_folder};
use super::load::Loader;
use super::parquet_in::ParquetReader;
use super::parquet_out::{ParquetFile, QuarantineFile, Written};
use super::pipeline::{Format, Pipeline, hex};
use super::run::IngestContext;
use super::transform::{Counts, Reject, output_schema, transform};
use super::typed::{CsvReader, excerpt};
use crate::diagnostic::Diagnostic;
use crate::event::{Event, IngestReport};

/// Rows between two progress events.
const PROGRESS_ROWS: u64 = 50_000;
/// Bad rows shown in the message of a load that failed for them.
const EXAMPLES_MAX: usize = 3;
/// Hexadecimal digits of a load id.
const LOAD_ID_LENGTH: usize = 16;

/// Everything there is to say about a run that failed; at least one is an error.
pub struct Problems(Vec<Diagnostic>);

impl Problems {
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl From<Diagnostic> for Problems {
    fn from(problem: Diagnostic) -> Self {
        Self(vec![problem])
    }
}

impl From<Box<Diagnostic>> for Problems {
    fn from(problem: Box<Diagnostic>) -> Self {
        Self(vec![*problem])
    }
}

impl From<Vec<Diagnostic>> for Problems {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self(problems)
    }
}

pub struct OneRun<'a> {
    pipeline: &'a Pipeline,
    context: &'a IngestContext<'a>,
    stage: PathBuf,
    counts: Counts,
    source: SourceRecord,
    examples: Vec<Reject>,
}

impl<'a> OneRun<'a> {
    pub fn new(pipeline: &'a Pipeline, context: &'a IngestContext<'a>) -> Self {
        Self {
            pipeline,
            context,
            stage: context.stage(pipeline),
            counts: Counts::new(pipeline),
            source: SourceRecord::default(),
            examples: Vec::new(),
        }
    }

    /// # Errors
    /// Everything that is to be said, errors and warnings. The table and the lake's current load are as before.
    pub fn run(&mut self, all: &[Pipeline]) -> Result<IngestReport, Problems> {
        let input = Input::find(self.pipeline, all, self.context, &|bytes, total| self.progress(bytes, total))?;
        let lake = self.context.lake_of(self.pipeline)?;
        let before = LakeManifest::read(&*lake, &self.pipeline.into.lake_span)?;
        if let Some(current) = self.standing(&input, &*lake, before.as_ref())? {
            let is_unchanged = !self.load(&*lake, &current, IfLoaded::Keep)?;
            return Ok(IngestReport { is_unchanged, ..current.unchanged_report(self.pipeline.destination()) });
        }
        let (rows, rejects) = self.read(&input)?;
        let manifest = self.publish(&*lake, before.as_ref(), &rows, rejects)?;
        self.load(&*lake, &manifest, IfLoaded::Replace)?;
        Ok(self.report())
    }

    /// What is known so far.
    pub fn report(&self) -> IngestReport {
        IngestReport {
            pipeline: self.pipeline.name.clone(),
            into: self.pipeline.destination(),
            rows_read: self.counts.read,
            rows_loaded: self.counts.loaded,
            dropped: self.dropped(),
            rows_quarantined: self.counts.quarantined,
            reasons: self.counts.reasons_by_count(),
            bytes: self.source.bytes,
            elapsed_ms: 0.0,
            is_unchanged: false,
            problem: None,
        }
    }

    fn dropped(&self) -> Vec<(String, u64)> {
        let names = self.pipeline.filters.iter().map(|filter| filter.name.clone());
        names.zip(self.counts.dropped.iter().copied()).collect()
    }

    /// The lake's current load, if it was made of this very input by these very rules.
    fn standing(
        &self,
        input: &Input,
        lake: &dyn Lake,
        before: Option<&LakeManifest>,
    ) -> Result<Option<LakeManifest>, Box<Diagnostic>> {
        let Some(before) = before.filter(|_| !self.context.project.invocation.flags.full_refresh) else {
            return Ok(None);
        };
        // The size first: a file that changed mostly need not be hashed to know it.
        if before.fingerprint != self.pipeline.fingerprint() || before.source.bytes != input.bytes {
            return Ok(None);
        }
        let sha256 = self.digest(input)?;
        let names = lake.list(&data_folder(&before.load_id)).unwrap_or_default();
        let has_files = before.files.iter().all(|file| names.contains(&file.name));
        Ok((before.source.sha256 == sha256 && has_files).then(|| before.clone()))
    }

    /// Types and judges every row into files of the stage; nothing is published yet.
    fn read(&mut self, input: &Input) -> Result<(Written, QuarantineFile), Problems> {
        let (mut reader, meter) = self.open(input)?;
        for warning in reader.warnings() {
            self.context.events.send(Event::Diagnosed(Box::new(warning)));
        }
        let schema = output_schema(self.pipeline);
        let mut rows = self.staged(ParquetFile::create(&self.stage.join("rows.parquet"), &schema))?;
        let mut rejects = QuarantineFile::new(self.stage.join("quarantine.parquet"));
        let mut told = 0;
        while let Some(chunk) = reader.next()? {
            let (batch, bad) = transform(self.pipeline, &schema, &chunk, &mut self.counts);
            self.staged(rows.write(batch))?;
            let room = EXAMPLES_MAX - self.examples.len();
            self.examples.extend(bad.iter().take(room).cloned());
            self.staged(rejects.add(bad))?;
            if self.counts.read >= told + PROGRESS_ROWS {
                told = self.counts.read;
                self.progress(meter.bytes(), Some(input.bytes));
            }
            if self.context.interrupt.was_triggered() {
                return Err(Diagnostic::error("cancelled", "stopped: nothing was loaded").into());
            }
            if self.pipeline.bad_rows.max_rows.is_some_and(|most| self.counts.quarantined > most) {
                break;
            }
        }
        self.progress(meter.bytes(), Some(input.bytes));
        let sha256 = match (&input.sha256, self.pipeline.from.format) {
            (Some(sha256), _) => sha256.clone(),
            // A Parquet file is not read from end to end, so it is hashed on its own.
            (None, Format::Parquet) => self.digest(input)?,
            (None, Format::Csv { .. }) => meter.sha256(),
        };
        self.source = SourceRecord { from: input.from.clone(), bytes: input.bytes, sha256 };
        if let Some(problem) = self.too_many_bad_rows() {
            let kept = self.staged(rejects.finish("none"))?;
            let kept = kept.map(|kept| format!("all of them are kept in {}", self.shown(&kept.path)));
            return Err(kept.into_iter().fold(problem, Diagnostic::note).into());
        }
        let rows = self.staged(rows.finish())?;
        self.check_counts(&rows)?;
        Ok((rows, rejects))
    }

    fn open(&self, input: &Input) -> Result<(Box<dyn Reader>, Meter), Problems> {
        let columns = &self.pipeline.columns;
        let Format::Csv { delimiter, header } = self.pipeline.from.format else {
            return Ok((Box::new(ParquetReader::new(input.files.clone(), columns)), Meter::default()));
        };
        let file = input.files.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
        let (bytes, meter) = bytes::open(file).map_err(|error| {
            Diagnostic::error("unreadable-input", format!("cannot read {}: {error}", self.shown(file)))
        })?;
        let (contract, span) = (self.pipeline.contract, &self.pipeline.from.span);
        let reader = CsvReader::open(bytes, delimiter, header, columns, contract, span)?;
        Ok((Box::new(reader), meter))
    }

    fn digest(&self, input: &Input) -> Result<String, Box<Diagnostic>> {
        let unreadable = |error| Diagnostic::error("unreadable-input", format!("cannot read the input: {error}"));
        input.sha256().map_err(|error: io::Error| Box::new(unreadable(error)))
    }

    fn too_many_bad_rows(&self) -> Option<Diagnostic> {
        let limits = &self.pipeline.bad_rows;
        let Counts { read, quarantined, .. } = self.counts;
        let limit = match limits.max_rows {
            Some(most) if quarantined > most => format!("at most {most} are allowed"),
            Some(_) | None if quarantined as f64 > limits.max_share * read as f64 => {
                format!("at most {} % are allowed", round(limits.max_share * 100.0))
            }
            Some(_) | None => return None,
        };
        let share = round(100.0 * quarantined as f64 / read.max(1) as f64);
        let message = format!("{quarantined} of {read} rows ({share} %) cannot be loaded; {limit}");
        let reasons = self.counts.reasons_by_count();
        let reasons: Vec<_> = reasons.iter().take(5).map(|(reason, count)| format!("{reason} {count}")).collect();
        let examples = self
            .examples
            .iter()
            .map(|reject| format!("line {}: {}: {}", reject.line, reject.reasons.join(" "), excerpt(&reject.cells)));
        let problem = Diagnostic::error("too-many-bad-rows", message)
            .at(limits.span.clone(), "the limit")
            .note(format!("reasons: {}", reasons.join(", ")));
        let problem = examples.fold(problem, Diagnostic::note);
        Some(problem.note(format!("{} is as it was before", self.pipeline.destination())))
    }

    /// The last gate: every row that was read is accounted for, or nothing is loaded.
    fn check_counts(&self, rows: &Written) -> Result<(), Box<Diagnostic>> {
        let least = self.pipeline.contract.min_rows;
        if self.counts.read == 0 && least > 0 {
            return Err(Box::new(
                Diagnostic::error("empty-input", "the input has a header and no rows")
                    .note(format!("{} is as it was before", self.pipeline.destination()))
                    .help("where no rows are fine, say `contract: {min_rows: 0}`"),
            ));
        }
        if self.counts.loaded < least {
            return Err(Box::new(self.too_few_rows(least)));
        }
        if !self.counts.add_up() || rows.rows != self.counts.loaded {
            let message = format!(
                "{} rows were read, but {} were written, {} dropped and {} quarantined: nothing was loaded",
                self.counts.read,
                rows.rows,
                self.counts.dropped.iter().sum::<u64>(),
                self.counts.quarantined
            );
            return Err(Box::new(
                Diagnostic::error("counts-do-not-add-up", message).help("this is a fault of tamis: please report it"),
            ));
        }
        Ok(())
    }

    fn too_few_rows(&self, least: u64) -> Diagnostic {
        let Counts { read, loaded, .. } = self.counts;
        let message = match loaded {
            0 => format!("of {read} rows none is left to load"),
            _ => format!("only {loaded} rows are left to load; the contract wants {least}"),
        };
        let dropped = self.dropped().into_iter().filter(|(_, count)| *count > 0);
        let dropped: Vec<_> = dropped.map(|(name, count)| format!("{name} {count}")).collect();
        let mut problem = Diagnostic::error("too-few-rows", message);
        if loaded > 0 {
            problem = problem.note(format!("{read} were read"));
        }
        if !dropped.is_empty() {
            problem = problem.note(format!("dropped: {}", dropped.join(", ")));
        }
        let problem = problem.note(format!("{} is as it was before", self.pipeline.destination()));
        match loaded {
            0 => problem.help("correct the filters, or say `contract: {min_rows: 0}` where no rows are fine"),
            _ => problem,
        }
    }

    /// A digest of the input and the rules: the same load has the same id, wherever and whenever it is made.
    fn load_id(&self) -> String {
        let digest = Sha256::digest(format!("{} {}", self.source.sha256, self.pipeline.fingerprint()));
        hex(&digest)[..LOAD_ID_LENGTH].to_string()
    }

    /// Brings the files into the lake, then the manifest that makes them the current load.
    fn publish(
        &self,
        lake: &dyn Lake,
        before: Option<&LakeManifest>,
        rows: &Written,
        rejects: QuarantineFile,
    ) -> Result<LakeManifest, Box<Diagnostic>> {
        let load_id = self.load_id();
        let rejects = self.staged(rejects.finish(&load_id))?;
        let put = |written: &Written, folder: String| {
            let name = format!("{folder}/part-0.parquet");
            let Written { rows, bytes, sha256, .. } = written.clone();
            lake.put(&written.path, &name).map(|()| LakeFile { name, rows, bytes, sha256 })
        };
        let unwritable = |error: io::Error| {
            let message = format!("cannot write to the lake at {}: {error}", lake.address(""));
            let problem =
                Diagnostic::error("unwritable-lake", message).at(self.pipeline.into.lake_span.clone(), "the lake");
            Box::new(problem.note("the load before stays the current one"))
        };
        let files = vec![put(rows, data_folder(&load_id)).map_err(unwritable)?];
        let quarantine = rejects.iter().map(|rejects| put(rejects, quarantine_folder(&load_id)));
        let columns = self.pipeline.output.iter().map(|column| (column.name.clone(), column.kind.to_string()));
        let manifest = LakeManifest {
            format: LakeManifest::FORMAT,
            pipeline: self.pipeline.name.clone(),
            quarantine: quarantine.collect::<Result<_, _>>().map_err(unwritable)?,
            load_id,
            files,
            columns: columns.collect(),
            schema_hash: self.pipeline.schema_hash(),
            fingerprint: self.pipeline.fingerprint(),
            source: self.source.clone(),
            rows_read: self.counts.read,
            rows_loaded: self.counts.loaded,
            rows_dropped: self.dropped(),
            rows_quarantined: self.counts.quarantined,
            reasons: self.counts.reasons_by_count(),
            previous: Vec::new(),
        };
        manifest.publish(lake, before).map_err(unwritable)
    }

    /// Loads into the warehouse, if there is one; tells whether the table was replaced.
    fn load(&self, lake: &dyn Lake, manifest: &LakeManifest, when: IfLoaded) -> Result<bool, Box<Diagnostic>> {
        let Some(session) = &self.context.session else { return Ok(false) };
        let scratch = self.stage.join("input");
        let loader = Loader { session, invocation: &self.context.project.invocation, scratch: &scratch };
        let is_loaded = match (&self.pipeline.into.table, when) {
            (_, IfLoaded::Replace) => false,
            (Some(table), IfLoaded::Keep) => loader.holds(self.pipeline, table, &manifest.load_id)?,
            (None, IfLoaded::Keep) => loader.holds_quarantine(self.pipeline, manifest)?,
        };
        if is_loaded {
            return Ok(false);
        }
        loader.load_quarantine(self.pipeline, lake, manifest)?;
        let Some(table) = &self.pipeline.into.table else { return Ok(false) };
        loader.load(self.pipeline, table, lake, manifest)?;
        Ok(true)
    }

    fn progress(&self, read_bytes: u64, total_bytes: Option<u64>) {
        let (pipeline, rows) = (self.pipeline.name.clone(), self.counts.read);
        self.context.events.send(Event::IngestProgress { pipeline, read_bytes, total_bytes, rows });
    }

    fn staged<T>(&self, outcome: io::Result<T>) -> Result<T, Box<Diagnostic>> {
        outcome.map_err(|error| {
            let message = format!("cannot write to {}: {error}", self.shown(&self.stage));
            Box::new(Diagnostic::error("unwritable-stage", message).note("nothing was loaded"))
        })
    }

    /// A path below the project as people write it.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.context.project.root).unwrap_or(path).display().to_string()
    }
}

/// What to do when the table already holds the load.
#[derive(Clone, Copy)]
enum IfLoaded {
    Keep,
    Replace,
}

/// One decimal, none when it is zero.
fn round(percent: f64) -> String {
    let text = if percent < 0.1 { format!("{percent:.3}") } else { format!("{percent:.1}") };
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
