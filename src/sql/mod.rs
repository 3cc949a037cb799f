//! What SQL says, read without a warehouse: statements, the tables a query reads from, slips that are certain.
//!
//! Nothing in here stops a run. Parsers know less SQL than warehouses do, so a query that cannot be read is simply
//! not commented on; only what no warehouse would take is called wrong.

mod references;
mod scan;
mod walk;

pub use references::{SqlParseError, TableReference, table_references};
pub use scan::split_statements;

use std::ops::Range;

use crate::relation::AdapterKind;

/// Something in compiled SQL that its author should see: a warning, never an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `hard-coded-relation` or `sql-syntax`.
    pub code: &'static str,
    pub message: String,
    /// Bytes of the compiled SQL.
    pub range: Range<usize>,
    pub help: Option<String>,
}

/// Looks over the compiled SQL of a model.
///
/// `sql-syntax`: quotes and brackets that do not close, a first word that begins no statement, GoogleSQL that the
/// parser does not understand.
/// `hard-coded-relation`: a table that neither the SQL itself (as a common table expression) nor `known` knows.
/// `known` is asked with the parts of a name, unquoted, in their own spelling, as many as were written.
pub fn check(compiled: &str, kind: AdapterKind, known: &dyn Fn(&[String]) -> bool) -> Vec<Finding> {
    let problems = scan::problems(compiled, kind);
    if !problems.is_empty() {
        let finding = |problem: scan::Problem| Finding {
            code: "sql-syntax",
            message: problem.message,
            range: problem.range,
            help: Some(problem.help),
        };
        return problems.into_iter().map(finding).collect();
    }
    let references = match table_references(compiled, kind) {
        Ok(references) => references,
        Err(error) => return unread(compiled, kind, error).into_iter().collect(),
    };
    let hard_coded =
        references.into_iter().filter(|reference| !is_system(&reference.parts) && !known(&reference.parts));
    hard_coded
        .map(|reference| Finding {
            code: "hard-coded-relation",
            message: format!(
                "`{}` is read directly, so nothing ensures that it is built first",
                reference.parts.join(".")
            ),
            range: reference.range,
            help: Some("use `ref` for a model, seed or snapshot, or declare a source and use `source`".to_string()),
        })
        .collect()
}

/// Whether a query that the parser does not understand is worth a word. DuckDB is asked itself at the first run, and
/// knows much that the parser does not. GoogleSQL is read nearly whole, and BigQuery may be far away.
fn unread(compiled: &str, kind: AdapterKind, error: SqlParseError) -> Option<Finding> {
    match kind {
        AdapterKind::DuckDb => return None,
        AdapterKind::BigQuery => {}
    }
    let offset = error.offset?;
    let words: Vec<String> =
        compiled.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_lowercase).collect();
    // Forms of GoogleSQL that the parser is known to lack.
    const UNREAD: [&str; 5] = ["model", "graph_table", "match_recognize", "graph", "connection"];
    let is_query = words.iter().find(|word| !word.is_empty()).is_some_and(|word| word == "select" || word == "with");
    if !is_query || words.iter().any(|word| UNREAD.contains(&word.as_str())) {
        return None;
    }
    let rest = &compiled[offset..];
    let word = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
    let length = word.max(rest.chars().next().map_or(0, char::len_utf8));
    Some(Finding {
        code: "sql-syntax",
        message: format!("this does not look like GoogleSQL: {}", error.message),
        range: offset..offset + length,
        help: None,
    })
}

/// What a warehouse says of itself is no one's model.
fn is_system(parts: &[String]) -> bool {
    const SCHEMAS: [&str; 3] = ["information_schema", "pg_catalog", "system"];
    let Some((name, qualifiers)) = parts.split_last() else { return true };
    let name = name.to_lowercase();
    qualifiers.iter().any(|part| SCHEMAS.contains(&part.to_lowercase().as_str()))
        || name.starts_with("information_schema.")
        || name.starts_with("duckdb_")
        || name.starts_with("__tables")
        || (qualifiers.is_empty() && ["sqlite_master", "dual"].contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use AdapterKind::{BigQuery, DuckDb};

    fn findings(sql: &str, kind: AdapterKind) -> Vec<String> {
        let known = |parts: &[String]| parts.last().is_some_and(|name| name.starts_with("stg_"));
        let findings = check(sql, kind, &known);
        findings.iter().map(|finding| format!("{} {:?}", finding.code, &sql[finding.range.clone()])).collect()
    }

    #[test]
    fn a_table_that_is_neither_known_nor_a_cte_is_hard_coded() {
        let sql =
            "with a as (select * from raw.orders) select * from a join main.stg_b using (id) join RAW.c using (id)";
        assert_eq!(findings(sql, DuckDb), [r#"hard-coded-relation "raw.orders""#, r#"hard-coded-relation "RAW.c""#]);
        let sql =
            "select * from `crime-data-la.core.fact` f, f.items, unnest(f.more) where x in (select y from d.stg_y)";
        assert_eq!(findings(sql, BigQuery), [r#"hard-coded-relation "`crime-data-la.core.fact`""#]);
    }

    #[test]
    fn what_the_warehouse_says_of_itself_files_and_functions_are_no_relations() {
        assert!(
            findings("select * from information_schema.tables, duckdb_tables(), range(3), 'x.csv'", DuckDb).is_empty()
        );
        assert!(findings("select * from `p.d.INFORMATION_SCHEMA.TABLES`", BigQuery).is_empty());
        assert!(
            findings("select * from p.d.INFORMATION_SCHEMA.COLUMNS, `region-us`.INFORMATION_SCHEMA.JOBS", BigQuery)
                .is_empty()
        );
    }

    #[test]
    fn only_what_is_certainly_wrong_is_called_wrong() {
        assert_eq!(findings("select count(* from raw.t", DuckDb), [r#"sql-syntax "(""#]);
        assert_eq!(findings("select 'its from raw.t", DuckDb), [r#"sql-syntax "'its from raw.t""#]);
        assert_eq!(findings("slect 1", BigQuery), [r#"sql-syntax "slect""#]);
        assert_eq!(findings("select a, b from from raw.t", BigQuery), [r#"sql-syntax ".""#]);
        assert_eq!(findings("select a, b where = 'é' from raw.t", BigQuery), [r#"sql-syntax "=""#]);
        // Not understood here, and not commented on.
        assert!(findings("select * from ml.predict(model d.m, (select 1))", BigQuery).is_empty());
        assert!(findings("from raw.t select x ??? y", DuckDb).is_empty());
    }
}
