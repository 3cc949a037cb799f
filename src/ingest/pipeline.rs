//! What a pipeline is, once its YAML was read and checked: inert facts, every name resolved to a position.
//!
//! Columns are referred to by their position in [`Pipeline::columns`], so that nothing is looked up per row.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::dates::DateFormat;
use super::types::{Type, Value};
use crate::manifest::{JsonMap, UniqueId};
use crate::relation::{Relation, SchemaName};
use crate::source::Span;

/// Raised when the same declaration begins to give other rows: every load is then made anew.
const RULES_VERSION: u32 = 1;

/// One declared pipeline: what is read, how it is judged, what is kept, where it lands.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub name: String,
    pub description: String,
    /// Its name, as written.
    pub span: Span,
    pub from: From,
    pub columns: Vec<InputColumn>,
    pub checks: Vec<Check>,
    pub filters: Vec<Filter>,
    pub output: Vec<OutputColumn>,
    pub into: Destination,
    pub contract: Contract,
    pub bad_rows: BadRows,
}

#[derive(Clone, Debug)]
pub struct From {
    pub place: Place,
    pub format: Format,
    /// The place, as written.
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Absolute, or below the project's root.
    Path(String),
    Url(String),
    Socrata(Socrata),
    /// What another pipeline wrote into the lake.
    Pipeline(String),
}

/// A resource of a Socrata portal, read page by page.
#[derive(Clone, Debug, PartialEq)]
pub struct Socrata {
    /// `https://data.lacity.org/resource/2nrs-mtv8.csv`.
    pub url: String,
    pub page_rows: u64,
    /// The environment variable that holds the app token; sent as `X-App-Token` when it is set.
    pub app_token_env: String,
    /// `$where` of the query.
    pub filter: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv { delimiter: u8, header: HeaderMatch },
    Parquet,
}

/// How names in the header find their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderMatch {
    /// Blanks around a name, letters' case and punctuation may differ; a difference is a warning.
    Loose,
    /// Byte for byte.
    Exact,
}

#[derive(Clone, Debug)]
pub struct InputColumn {
    pub name: String,
    /// Names the column may have in the input; empty: its own name, however the header spells it.
    pub from: Vec<String>,
    pub kind: Type,
    pub formats: Vec<DateFormat>,
    pub is_required: bool,
    pub is_trimmed: bool,
    pub span: Span,
}

/// A rule that a row must keep; a row that breaks it goes to quarantine under `code`.
#[derive(Clone, Debug)]
pub struct Check {
    /// `vict_age:range`, `row:coordinates`.
    pub code: String,
    /// Only a row for which this is false breaks the rule: an unknown answer (null) does not.
    pub holds: Condition,
}

/// A named reason to leave a row out.
#[derive(Clone, Debug)]
pub struct Filter {
    pub name: String,
    /// Only a row for which this is true stays.
    pub keeps: Condition,
}

/// A statement about a row: true, false, or unknown where a value is null.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// Never unknown.
    Present(usize),
    /// Unknown becomes false, so that `drop_when` drops only what it is sure of.
    Surely(Box<Condition>),
    Compare {
        column: usize,
        by: Comparison,
        with: Operand,
    },
    In {
        column: usize,
        values: Vec<Value>,
    },
    Matches {
        column: usize,
        pattern: Pattern,
    },
    StartsWith {
        column: usize,
        prefix: String,
    },
    /// Characters, not bytes.
    LengthAtMost {
        column: usize,
        length: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Value(Value),
    Column(usize),
}

/// A regular expression that must match the whole text.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub text: String,
    pub regex: Arc<fancy_regex::Regex>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    pub kind: Type,
    pub value: OutputValue,
}

/// Where a column of the output comes from. A null gives a null, but for `YesNo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputValue {
    Column(usize),
    /// Whole days from the first to the second.
    DaysBetween(usize, usize),
    /// The text up to the first blank, comma or hyphen.
    FirstWord(usize),
    /// `Y` where there is a value, else `N`.
    YesNo(usize),
    /// 2130 → 21.
    HourOfHhmm(usize),
    /// The first day of the month.
    MonthOf(usize),
    YearOf(usize),
    Upper(usize),
    Lower(usize),
}

#[derive(Clone, Debug)]
pub struct Destination {
    /// A folder (below the project's root when relative) or `gs://bucket/prefix`.
    pub lake: Option<String>,
    pub table: Option<RawTable>,
    /// The lake as written, or the whole of `into` where none is.
    pub lake_span: Span,
    /// The table as written, or the whole of `into` where none is.
    pub table_span: Span,
}

/// A raw table, declared as a source.
#[derive(Clone, Debug)]
pub struct RawTable {
    pub source: UniqueId,
    /// As people write it: `staging.crime_victim`.
    pub label: String,
    pub relation: Relation,
    pub description: String,
    pub partition_by: Option<JsonMap>,
    pub cluster_by: Vec<String>,
    pub labels: std::collections::BTreeMap<String, String>,
}

/// What to do when the input's columns are not the declared ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    pub new_column: OnDrift,
    /// Of columns that are not `required`; a required one is always an error.
    pub missing_column: OnDrift,
    /// Fewest rows that must be left to load. With 0 the input may be empty, too.
    pub min_rows: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDrift {
    Ignore,
    Warn,
    Fail,
}

/// How many rows may go to quarantine before the load fails, and where they are kept.
#[derive(Clone, Debug)]
pub struct BadRows {
    /// Share of the rows read, from 0 to 1.
    pub max_share: f64,
    pub max_rows: Option<u64>,
    /// Schema of the quarantine table.
    pub schema: SchemaName,
    pub span: Span,
}

impl Pipeline {
    /// `lake/raw/crimes`, `staging.crime_victim`.
    pub fn destination(&self) -> String {
        match (&self.into.table, &self.into.lake) {
            (Some(table), _) => table.label.clone(),
            (None, Some(lake)) => lake.clone(),
            (None, None) => String::new(),
        }
    }

    /// The place it reads from, as people write it.
    pub fn origin(&self) -> String {
        match &self.from.place {
            Place::Path(path) => path.clone(),
            Place::Url(url) => url.clone(),
            Place::Socrata(socrata) => socrata.url.clone(),
            Place::Pipeline(name) => name.clone(),
        }
    }

    /// Name of the other pipeline it reads from.
    pub fn upstream(&self) -> Option<&str> {
        match &self.from.place {
            Place::Pipeline(name) => Some(name),
            Place::Path(_) | Place::Url(_) | Place::Socrata(_) => None,
        }
    }

    /// A digest of everything that decides what the rows become: equal input under an equal fingerprint gives
    /// equal bytes. Places are left out, so that a moved file or bucket is not a new load.
    pub fn fingerprint(&self) -> String {
        let columns = self.columns.iter().map(|column| {
            let formats: Vec<_> = column.formats.iter().map(|format| format.text.as_str()).collect();
            let InputColumn { name, from, kind, is_required, is_trimmed, .. } = column;
            format!("{name:?} {from:?} {kind} {formats:?} {is_required} {is_trimmed}\n")
        });
        let checks = self.checks.iter().map(|check| format!("{} {}\n", check.code, check.holds.canonical()));
        let filters = self.filters.iter().map(|filter| format!("{} {}\n", filter.name, filter.keeps.canonical()));
        let output = self.output.iter().map(|column| format!("{column:?}\n"));
        let text: String = [format!("{RULES_VERSION} {} {:?} {:?}\n", self.name, self.from.format, self.contract)]
            .into_iter()
            .chain(columns)
            .chain(checks)
            .chain(filters)
            .chain(output)
            .collect();
        hex(&Sha256::digest(text))
    }

    /// A digest of the names and types that come out.
    pub fn schema_hash(&self) -> String {
        let text: String = self.output.iter().map(|column| format!("{:?} {}\n", column.name, column.kind)).collect();
        hex(&Sha256::digest(text))[..16].to_string()
    }
}

impl Condition {
    /// One spelling per meaning, for the fingerprint.
    fn canonical(&self) -> String {
        match self {
            Self::Matches { column, pattern } => format!("Matches({column}, {:?})", pattern.text),
            Self::All(parts) => format!("All({:?})", parts.iter().map(Self::canonical).collect::<Vec<_>>()),
            Self::Any(parts) => format!("Any({:?})", parts.iter().map(Self::canonical).collect::<Vec<_>>()),
            Self::Not(inner) => format!("Not({})", inner.canonical()),
            Self::Surely(inner) => format!("Surely({})", inner.canonical()),
            Self::Present(_)
            | Self::Compare { .. }
            | Self::In { .. }
            | Self::StartsWith { .. }
            | Self::LengthAtMost { .. } => format!("{self:?}"),
        }
    }
}

/// Lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
