//! Judges a chunk of rows: which go to quarantine, which a filter drops, and what the others become.
//!
//! The same for CSV and for Parquet. Every row that comes in is counted once on its way out.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::{Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;

use super::chunk::{Chunk, RawRows};
use super::derive;
use super::pipeline::{Condition, Pipeline};
use super::typed::split_row;
use crate::manifest::Json;

/// A row in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub line: u64,
    /// `time_occ:range`, `line:stray_quote`: values that could not be typed, then rules that were broken.
    pub reasons: Vec<String>,
    /// JSON: the cells of the row in the file's order, or the text of a line that is no row.
    pub cells: String,
}

/// Where the rows went. `read == loaded + dropped + quarantined`, always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub read: u64,
    pub loaded: u64,
    /// By filter, in declared order.
    pub dropped: Vec<u64>,
    pub quarantined: u64,
    pub reasons: BTreeMap<String, u64>,
}

impl Counts {
    pub fn new(pipeline: &Pipeline) -> Self {
        Self { dropped: vec![0; pipeline.filters.len()], ..Self::default() }
    }

    pub fn add_up(&self) -> bool {
        self.read == self.loaded + self.dropped.iter().sum::<u64>() + self.quarantined
    }

    /// Most frequent first; equal counts by name.
    pub fn reasons_by_count(&self) -> Vec<(String, u64)> {
        let mut reasons: Vec<_> = self.reasons.iter().map(|(reason, count)| (reason.clone(), *count)).collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reasons
    }
}

/// The columns that come out of a pipeline.
pub fn output_schema(pipeline: &Pipeline) -> SchemaRef {
    let fields = pipeline.output.iter().map(|column| Field::new(&column.name, column.kind.arrow(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Splits a chunk into the rows that stay, transformed, and those that are kept in quarantine.
pub fn transform(
    pipeline: &Pipeline,
    schema: &SchemaRef,
    chunk: &Chunk,
    counts: &mut Counts,
) -> (RecordBatch, Vec<Reject>) {
    let reasons = reasons_by_row(pipeline, chunk);
    let mut rejects = rejects(chunk, &reasons);
    for reason in rejects.iter().flat_map(|reject| &reject.reasons) {
        *counts.reasons.entry(reason.clone()).or_default() += 1;
    }
    let mut keeps = vec![true; chunk.batch.num_rows()];
    for row in reasons.keys() {
        keeps[*row as usize] = false;
    }
    counts.read += (chunk.batch.num_rows() + chunk.broken.len()) as u64;
    counts.quarantined += rejects.len() as u64;
    for (filter, dropped) in pipeline.filters.iter().zip(&mut counts.dropped) {
        for (keep, truth) in keeps.iter_mut().zip(filter.keeps.evaluate(&chunk.batch)) {
            if *keep && truth != Some(true) {
                *keep = false;
                *dropped += 1;
            }
        }
    }
    let kept = if keeps.iter().all(|keep| *keep) {
        chunk.batch.clone()
    } else {
        filter_record_batch(&chunk.batch, &BooleanArray::from(keeps)).expect("one answer per row")
    };
    counts.loaded += kept.num_rows() as u64;
    let arrays = pipeline.output.iter().map(|column| derive::value(column.value, &kept)).collect();
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(kept.num_rows()));
    let batch = RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
        .expect("output types were settled when the pipeline was read");
    rejects.sort_by_key(|reject| reject.line);
    (batch, rejects)
}

fn reasons_by_row(pipeline: &Pipeline, chunk: &Chunk) -> BTreeMap<u32, Vec<String>> {
    let mut reasons: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for fault in &chunk.faults {
        let column = &pipeline.columns[fault.column as usize].name;
        reasons.entry(fault.row).or_default().push(format!("{column}:{}", fault.reason.name()));
    }
    for check in &pipeline.checks {
        // A value that could not be typed is null in the batch, but it was not missing.
        let has_fault = |row: u32| match check.holds {
            Condition::Present(column) => {
                chunk.faults.iter().any(|fault| fault.row == row && fault.column as usize == column)
            }
            _ => false,
        };
        if let Condition::Present(column) = check.holds
            && chunk.batch.column(column).null_count() == 0
        {
            continue;
        }
        for (row, truth) in (0..).zip(check.holds.evaluate(&chunk.batch)) {
            if truth == Some(false) && !has_fault(row) {
                reasons.entry(row).or_default().push(check.code.clone());
            }
        }
    }
    reasons
}

fn rejects(chunk: &Chunk, reasons: &BTreeMap<u32, Vec<String>>) -> Vec<Reject> {
    let rows = reasons.iter().map(|(row, reasons)| Reject {
        line: chunk.lines[*row as usize],
        reasons: reasons.clone(),
        cells: cells(chunk, *row as usize).to_string(),
    });
    let broken = chunk.broken.iter().map(|record| Reject {
        line: record.line,
        reasons: vec![format!("line:{}", record.fault.name())],
        cells: Json::from(record.text.as_str()).to_string(),
    });
    rows.chain(broken).collect()
}

fn cells(chunk: &Chunk, row: usize) -> Json {
    match &chunk.raw {
        RawRows::Csv { text, ends, delimiter } => {
            let start = if row == 0 { 0 } else { ends[row - 1] };
            split_row(&text[start..ends[row]], *delimiter).into_iter().map(Json::from).collect()
        }
        RawRows::Typed => chunk
            .batch
            .columns()
            .iter()
            .map(|array| {
                let text = arrow_cast::display::array_value_to_string(array, row).unwrap_or_default();
                if array.is_null(row) { Json::Null } else { Json::from(text) }
            })
            .collect(),
    }
}
