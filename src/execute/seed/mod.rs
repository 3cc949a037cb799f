//! Seeds: CSV files of the project that become tables.
//!
//! Reads a file once to check its shape and to find a type for every column, by dbt's rules, over all rows. The
//! warehouse reads the rows themselves. `csv` splits the text, `infer` finds the types.

mod csv;
mod infer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::adapter::{Disposition, JobContext, LoadRequest, LoadSource};
use crate::diagnostic::Diagnostic;
use crate::manifest::JsonMap;
use crate::relation::{AdapterKind, Column, Relation};
use crate::source::{SourceFile, Span};
use csv::{Field, Records};
use infer::Guess;

/// A seed file that was read and found in order.
#[derive(Clone, Debug)]
pub struct Seed {
    pub path: PathBuf,
    pub delimiter: char,
    /// In the file's order, with types of the warehouse.
    pub columns: Vec<Column>,
    pub row_count: usize,
    /// `column_types` that name no column.
    pub warnings: Vec<Diagnostic>,
}

impl Seed {
    /// What fills `into` with the rows of the file, in place of what it held.
    pub fn load_request(&self, into: Relation, job: JobContext) -> LoadRequest {
        LoadRequest {
            into,
            from: LoadSource::Csv { path: self.path.clone(), delimiter: self.delimiter },
            columns: self.columns.clone(),
            disposition: Disposition::Replace,
            partition_by: None,
            cluster_by: Vec::new(),
            labels: job.labels.clone(),
            description: None,
            together_with: Vec::new(),
            job,
        }
    }
}

/// Where a value stands in a seed's file: `row` counts from 1, below the header.
pub fn place_of(path: &Path, shown: &str, delimiter: char, row: usize, column: &str) -> Option<Span> {
    let file = read_text(path, shown).ok()?;
    let mut records = Records::new(&file.text, delimiter);
    let header = records.next()?.ok()?;
    let at = header.iter().position(|field| field.value == column)?;
    let record = records.nth(row.checked_sub(1)?)?.ok()?;
    Some(span_of(&file, record.get(at)?))
}

/// Most rows of one kind that are pointed at in one message.
const SHOWN_ROWS_MAX: usize = 3;

/// Reads the seed at `path`; `shown` is its name for people. `column_types` is the config of that name.
///
/// Blank values are null. dbt's `quote_columns` makes no difference here: names are quoted always.
///
/// # Errors
/// The file cannot be read or is not UTF-8, the header has empty or repeated names, rows have too few or too many
/// values, a quote is not closed.
pub fn read_seed(
    path: &Path,
    shown: &str,
    delimiter: &str,
    column_types: &JsonMap,
    kind: AdapterKind,
) -> Result<Seed, Box<Diagnostic>> {
    let file = read_text(path, shown)?;
    let delimiter = one_character(delimiter, &file)?;
    let mut records = Records::new(&file.text, delimiter);
    let header = match records.next() {
        None => {
            return Err(Box::new(
                Diagnostic::error("seed-header", format!("seed `{shown}` is empty"))
                    .at(Span::start_of(&file), "a header line is expected here")
                    .help("begin the file with a line of column names"),
            ));
        }
        Some(header) => header.map_err(|problem| quote_problem(&file, &problem))?,
    };
    check_header(&file, &header)?;
    let mut guesses = vec![Guess::default(); header.len()];
    let mut row_count = 0;
    let mut ragged = Vec::new();
    let mut ragged_count = 0;
    for record in records {
        let record = record.map_err(|problem| quote_problem(&file, &problem))?;
        row_count += 1;
        if record.len() != header.len() {
            ragged_count += 1;
            if ragged.len() < SHOWN_ROWS_MAX {
                ragged.push(record);
            }
            continue;
        }
        for (guess, field) in guesses.iter_mut().zip(&record) {
            guess.see(&field.value);
        }
    }
    if ragged_count > 0 {
        return Err(ragged_problem(&file, header.len(), &ragged, ragged_count));
    }
    let (columns, warnings) = typed_columns(&file, &header, &guesses, column_types, kind)?;
    Ok(Seed { path: path.to_path_buf(), delimiter, columns, row_count, warnings })
}

fn read_text(path: &Path, shown: &str) -> Result<Arc<SourceFile>, Box<Diagnostic>> {
    let bytes = std::fs::read(path).map_err(|error| {
        Box::new(Diagnostic::error("unreadable-file", format!("seed `{shown}` cannot be read: {error}")))
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(shown, path, text)),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            // Up to the broken byte the text is the same, so the place is true.
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = SourceFile::new(shown, path, text);
            let end = offset + '\u{fffd}'.len_utf8();
            Err(Box::new(
                Diagnostic::error("not-utf8", format!("seed `{shown}` is not valid UTF-8"))
                    .at(Span::new(&file, offset..end), "this byte belongs to another encoding")
                    .help("save the file as UTF-8"),
            ))
        }
    }
}

fn one_character(delimiter: &str, file: &Arc<SourceFile>) -> Result<char, Box<Diagnostic>> {
    let mut characters = delimiter.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if character.is_ascii() && !['"', '\n', '\r'].contains(&character) => Ok(character),
        (Some('\\'), Some('t')) => Ok('\t'),
        _ => Err(Box::new(
            Diagnostic::error("seed-delimiter", format!("`{delimiter}` cannot separate the columns of a seed"))
                .at(Span::start_of(file), "the file it is set for")
                .help("set `delimiter` to one character, such as \";\" or \"\\t\""),
        )),
    }
}

fn span_of(file: &Arc<SourceFile>, field: &Field<'_>) -> Span {
    Span::new(file, field.range.clone())
}

/// What separates the columns of files that are not separated as `delimiter` says.
const LIKELY_DELIMITERS: [char; 4] = [',', ';', '|', '\t'];

fn check_header(file: &Arc<SourceFile>, header: &[Field<'_>]) -> Result<(), Box<Diagnostic>> {
    if let [only] = header
        && let Some(found) = LIKELY_DELIMITERS.iter().find(|delimiter| only.value.contains(**delimiter))
        && !file.text[only.range.clone()].starts_with('"')
    {
        return Err(Box::new(
            Diagnostic::error("seed-header", format!("seed `{}` would have one column only", file.path))
                .at(span_of(file, only), "a name with a delimiter in it")
                .help(format!("set `delimiter: {:?}` for this seed, or put the name in quotes", found.to_string())),
        ));
    }
    for (index, field) in header.iter().enumerate() {
        if field.value.trim().is_empty() {
            let problem =
                Diagnostic::error("seed-header", format!("column {} of seed `{}` has no name", index + 1, file.path))
                    .at(span_of(file, field), "a name is expected here");
            let is_last = index > 0 && index + 1 == header.len();
            return Err(Box::new(problem.help(if is_last {
                "name the column, or remove the delimiter at the end of each line"
            } else {
                "name the column"
            })));
        }
        // Both warehouses take names that differ in case only for the same.
        let twin = header[..index].iter().find(|other| other.value.to_lowercase() == field.value.to_lowercase());
        if let Some(twin) = twin {
            return Err(Box::new(
                Diagnostic::error(
                    "seed-header",
                    format!("seed `{}` has two columns named `{}`", file.path, field.value),
                )
                .at(span_of(file, field), "this name was taken")
                .at(span_of(file, twin), "by this column")
                .help("rename one of the two"),
            ));
        }
    }
    Ok(())
}

fn quote_problem(file: &Arc<SourceFile>, problem: &csv::Problem) -> Box<Diagnostic> {
    let (message, label, help) = match problem {
        csv::Problem::Unclosed(_) => (
            "has a quote that is never closed",
            "this value runs to the end of the file",
            "close the quote; a quote inside a value is written twice",
        ),
        csv::Problem::AfterQuote(_) => (
            "has text behind a closing quote",
            "the value ended before this",
            "put the whole value in quotes; a quote inside a value is written twice",
        ),
    };
    let (csv::Problem::Unclosed(range) | csv::Problem::AfterQuote(range)) = problem;
    Box::new(
        Diagnostic::error("seed-quote", format!("seed `{}` {message}", file.path))
            .at(Span::new(file, range.clone()), label)
            .help(help),
    )
}

fn ragged_problem(file: &Arc<SourceFile>, columns: usize, rows: &[Vec<Field<'_>>], count: usize) -> Box<Diagnostic> {
    let message = match count {
        1 => format!("a row of seed `{}` does not have {columns} values, as its header has", file.path),
        _ => format!("{count} rows of seed `{}` do not have {columns} values, as its header has", file.path),
    };
    let mut problem = Diagnostic::error("seed-row", message);
    for row in rows {
        let range = row.first().map_or(0, |field| field.range.start)..row.last().map_or(0, |field| field.range.end);
        let values = if row.len() == 1 { "1 value".to_string() } else { format!("{} values", row.len()) };
        problem = problem.at(Span::new(file, range), values);
    }
    if count > rows.len() {
        let more = count - rows.len();
        let rows = if more == 1 { "row is" } else { "rows are" };
        problem = problem.note(format!("{more} more {rows} like this"));
    }
    Box::new(problem.help("add the missing values, and put values that hold the delimiter in quotes"))
}

fn typed_columns(
    file: &Arc<SourceFile>,
    header: &[Field<'_>],
    guesses: &[Guess],
    column_types: &JsonMap,
    kind: AdapterKind,
) -> Result<(Vec<Column>, Vec<Diagnostic>), Box<Diagnostic>> {
    let mut columns = Vec::new();
    for (field, guess) in header.iter().zip(guesses) {
        let name = field.value.as_ref();
        let chosen = column_types.iter().find(|(column, _)| *column == name);
        let chosen = chosen.or_else(|| column_types.iter().find(|(column, _)| column.eq_ignore_ascii_case(name)));
        let data_type = match chosen {
            None => guess.type_name(kind).to_string(),
            Some((_, data_type)) => data_type.as_str().map(str::to_string).ok_or_else(|| {
                Diagnostic::error("seed-column-type", format!("`column_types` gives no type name for column `{name}`"))
                    .at(span_of(file, field), "this column")
                    .help(format!("write a type, such as `{name}: {}`", guess.type_name(kind)))
            })?,
        };
        columns.push(Column { name: name.to_string(), data_type, is_nullable: true });
    }
    let names = || header.iter().map(|field| field.value.as_ref());
    let line = header.first().map_or(0, |field| field.range.start)..header.last().map_or(0, |field| field.range.end);
    let is_unknown = |column: &&String| !names().any(|name| name.eq_ignore_ascii_case(column));
    let warnings = column_types.keys().filter(is_unknown).map(|column| {
        Diagnostic::warning(
            "unused-column-type",
            format!("`column_types` names `{column}`, which seed `{}` does not have", file.path),
        )
        .at(Span::new(file, line.clone()), "the columns it has")
        .suggest(column, names())
    });
    Ok((columns, warnings.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use serde_json::json;

    fn read_with(
        bytes: &[u8],
        delimiter: &str,
        column_types: serde_json::Value,
        kind: AdapterKind,
    ) -> Result<Seed, Box<Diagnostic>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("codes.csv");
        std::fs::write(&path, bytes).unwrap();
        let column_types = column_types.as_object().cloned().unwrap_or_default();
        read_seed(&path, "seeds/codes.csv", delimiter, &column_types, kind)
    }

    fn columns(seed: &Seed) -> String {
        let columns = seed.columns.iter().map(|column| format!("{} {}", column.name, column.data_type));
        columns.collect::<Vec<_>>().join(", ")
    }

    fn types(text: &str) -> String {
        columns(&read_with(text.as_bytes(), ",", json!({}), AdapterKind::DuckDb).unwrap())
    }

    /// `code at path:line:column: message / label / help`.
    fn refused(bytes: &[u8]) -> String {
        let problem = read_with(bytes, ",", json!({}), AdapterKind::DuckDb).expect_err("the file is wrong");
        drawn(&problem)
    }

    fn drawn(problem: &Diagnostic) -> String {
        let mut lines = vec![format!("{}: {}", problem.code, problem.message)];
        lines.extend(
            problem.labels.iter().map(|label| format!("  {} {:?} {}", label.span, label.span.text(), label.text)),
        );
        lines.extend(problem.notes.iter().map(|note| format!("  note: {note}")));
        lines.extend(problem.help.iter().map(|help| format!("  help: {help}")));
        lines.join("\n")
    }

    #[test]
    fn types_are_found_over_the_whole_file() {
        assert_eq!(types("a,b\n1,x\n2,y\n"), "a integer, b text");
        let mut long = "a\n".to_string() + &"1\n".repeat(5000);
        assert_eq!(types(&long), "a integer");
        long.push_str("x\n");
        assert_eq!(types(&long), "a text");
    }

    #[test]
    fn each_warehouse_has_its_own_names() {
        let text = "i,big,huge,n,d,ts,iso,b,t,nothing\n\
            1,3000000000,99999999999999999999,1.5,2020-01-02,2020-01-02 03:04:05,2020-01-02T03:04:05Z,TRUE,a,\n\
            -2,1,1,2,2020-1-2,,,false,null,null\n";
        let seed = |kind| columns(&read_with(text.as_bytes(), ",", json!({}), kind).unwrap());
        assert_snapshot!(seed(AdapterKind::DuckDb), @"i integer, big bigint, huge hugeint, n float8, d date, ts timestamp without time zone, iso timestamp without time zone, b boolean, t text, nothing integer");
        assert_snapshot!(seed(AdapterKind::BigQuery), @"i int64, big int64, huge bignumeric, n float64, d date, ts datetime, iso datetime, b bool, t string, nothing int64");
    }

    #[test]
    fn a_header_alone_and_delimiters_of_ones_own_are_fine() {
        assert_eq!(types("\u{feff}a,b"), "a integer, b integer");
        assert_eq!(types("\"a;b\"\n1\n"), "a;b integer");
        let seed = read_with(b"a;b\n1;\"x;y\"\n", ";", json!({}), AdapterKind::DuckDb).unwrap();
        assert_eq!((columns(&seed).as_str(), seed.row_count, seed.delimiter), ("a integer, b text", 1, ';'));
        assert_eq!(read_with(b"a\tb\n1\t2\n", "\\t", json!({}), AdapterKind::DuckDb).unwrap().delimiter, '\t');
        let problem = read_with(b"a\n", "||", json!({}), AdapterKind::DuckDb).unwrap_err();
        assert_snapshot!(drawn(&problem), @r#"
        seed-delimiter: `||` cannot separate the columns of a seed
          seeds/codes.csv:1:1 "" the file it is set for
          help: set `delimiter` to one character, such as ";" or "\t"
        "#);
    }

    #[test]
    fn column_types_win_and_unknown_ones_are_told() {
        let wanted = json!({ "id": "varchar(5)", "DAY": "timestamp", "nmae": "text" });
        let seed = read_with(b"id,day,name\n007,2020-01-01,x\n", ",", wanted, AdapterKind::DuckDb).unwrap();
        assert_eq!(columns(&seed), "id varchar(5), day timestamp, name text");
        assert_snapshot!(drawn(&seed.warnings[0]), @r#"
        unused-column-type: `column_types` names `nmae`, which seed `seeds/codes.csv` does not have
          seeds/codes.csv:1:1 "id,day,name" the columns it has
          help: did you mean `name`?
        "#);
        let problem = read_with(b"id\n1\n", ",", json!({ "id": 5 }), AdapterKind::DuckDb).unwrap_err();
        assert_snapshot!(drawn(&problem), @r#"
        seed-column-type: `column_types` gives no type name for column `id`
          seeds/codes.csv:1:1 "id" this column
          help: write a type, such as `id: integer`
        "#);
    }

    #[test]
    fn quoted_values_may_hold_line_breaks_quotes_and_delimiters() {
        let seed =
            read_with(b"a,b\r\n1,\"x\r\n\"\"y\"\", z\"\r\n2,w\r\n\r\n", ",", json!({}), AdapterKind::DuckDb).unwrap();
        assert_eq!((columns(&seed).as_str(), seed.row_count), ("a integer, b text", 2));
    }

    #[test]
    fn a_broken_file_is_refused_with_its_place() {
        let said = [
            refused(b""),
            refused(b"a,,c\n1,2,3\n"),
            refused(b"a,b,\n1,2,\n"),
            refused(b"a,b,A\n1,2,3\n"),
            refused(b"a;b;c\n1;2;3\n"),
            refused(b"a,b\n1,2\n3\n4,5,6\n7,8\n9\n\"x\ny\",1,2\n"),
            refused(b"a,b\n1,\"x\n2,y\n"),
            refused(b"a,b\n1,\"x\" y\n"),
            refused(b"a,b\n1,caf\xe9\n"),
        ];
        assert_snapshot!(said.join("\n"), @r#"
        seed-header: seed `seeds/codes.csv` is empty
          seeds/codes.csv:1:1 "" a header line is expected here
          help: begin the file with a line of column names
        seed-header: column 2 of seed `seeds/codes.csv` has no name
          seeds/codes.csv:1:3 "" a name is expected here
          help: name the column
        seed-header: column 3 of seed `seeds/codes.csv` has no name
          seeds/codes.csv:1:5 "" a name is expected here
          help: name the column, or remove the delimiter at the end of each line
        seed-header: seed `seeds/codes.csv` has two columns named `A`
          seeds/codes.csv:1:5 "A" this name was taken
          seeds/codes.csv:1:1 "a" by this column
          help: rename one of the two
        seed-header: seed `seeds/codes.csv` would have one column only
          seeds/codes.csv:1:1 "a;b;c" a name with a delimiter in it
          help: set `delimiter: ";"` for this seed, or put the name in quotes
        seed-row: 4 rows of seed `seeds/codes.csv` do not have 2 values, as its header has
          seeds/codes.csv:3:1 "3" 1 value
          seeds/codes.csv:4:1 "4,5,6" 3 values
          seeds/codes.csv:6:1 "9" 1 value
          note: 1 more row is like this
          help: add the missing values, and put values that hold the delimiter in quotes
        seed-quote: seed `seeds/codes.csv` has a quote that is never closed
          seeds/codes.csv:2:3 "\"x\n2,y\n" this value runs to the end of the file
          help: close the quote; a quote inside a value is written twice
        seed-quote: seed `seeds/codes.csv` has text behind a closing quote
          seeds/codes.csv:2:6 " y" the value ended before this
          help: put the whole value in quotes; a quote inside a value is written twice
        not-utf8: seed `seeds/codes.csv` is not valid UTF-8
          seeds/codes.csv:2:6 "�" this byte belongs to another encoding
          help: save the file as UTF-8
        "#);
        let missing = read_seed(Path::new("/nope.csv"), "seeds/nope.csv", ",", &JsonMap::new(), AdapterKind::DuckDb);
        assert_snapshot!(drawn(&missing.unwrap_err()), @"unreadable-file: seed `seeds/nope.csv` cannot be read: No such file or directory (os error 2)");
    }
}
