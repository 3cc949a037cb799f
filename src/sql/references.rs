//! The tables a statement reads from, by name and place.

use std::ops::Range;
use std::thread;

use sqlparser::ast::{Ident, Statement};
use sqlparser::dialect::{BigQueryDialect, Dialect, DuckDbDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, TokenWithSpan, Tokenizer};

use super::walk::{FoundTable, tables};
use crate::relation::AdapterKind;

/// A table as a statement names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReference {
    /// `["raw", "orders"]`: unquoted, as many parts as were written.
    pub parts: Vec<String>,
    /// Bytes of the name in the SQL, quotes included.
    pub range: Range<usize>,
}

/// The parser did not understand the SQL; the warehouse may well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlParseError {
    pub message: String,
    pub offset: Option<usize>,
}

/// Longer texts are not read: generated SQL of this size is nobody's to correct by hand.
const TOKENS_MAX: usize = 100_000;
/// Brackets inside brackets that are followed.
const DEPTH_MAX: usize = 120;
/// A chain such as `a + b + c …` is a tree as deep as it is long, and is dropped level by level.
const STACK_PER_TOKEN: usize = 1024;
const STACK_BASE: usize = 16 << 20;

/// Tables that the statements of `sql` read from, in order of their places. Common table expressions, table
/// functions, files, and arrays of a table in reach (BigQuery) are none.
///
/// # Errors
/// The text is not understood, or is too long. Never a reason to stop.
pub fn table_references(sql: &str, kind: AdapterKind) -> Result<Vec<TableReference>, SqlParseError> {
    let failed = |message: &str| SqlParseError { message: message.to_string(), offset: None };
    let dialect: &(dyn Dialect + Sync) = match kind {
        AdapterKind::DuckDb => &DuckDbDialect {},
        AdapterKind::BigQuery => &BigQueryDialect {},
    };
    let lines = Lines::new(sql);
    let tokens = Tokenizer::new(dialect, sql)
        .tokenize_with_location()
        .map_err(|error| SqlParseError { message: error.message.clone(), offset: lines.offset(error.location) })?;
    if tokens.len() > TOKENS_MAX {
        return Err(failed("the statement is too long to be looked into"));
    }
    let stack = STACK_BASE + tokens.len() * STACK_PER_TOKEN;
    let found = thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(stack).spawn_scoped(scope, || read(tokens, dialect, kind));
        match worker.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(found)) => found,
            Ok(Err(_)) | Err(_) => Err(ParserError::ParserError("the statement could not be looked into".to_string())),
        }
    });
    match found {
        Ok(found) => {
            let mut references: Vec<_> = found.iter().filter_map(|table| reference(table, &lines)).collect();
            references.sort_by_key(|reference| reference.range.start);
            Ok(references)
        }
        Err(ParserError::RecursionLimitExceeded) => Err(failed("the statement is too deep to be looked into")),
        Err(ParserError::TokenizerError(message) | ParserError::ParserError(message)) => Err(located(&message, &lines)),
    }
}

fn read(tokens: Vec<TokenWithSpan>, dialect: &dyn Dialect, kind: AdapterKind) -> Result<Vec<FoundTable>, ParserError> {
    let mut parser = Parser::new(dialect).with_recursion_limit(DEPTH_MAX).with_tokens_with_locations(tokens);
    let statements: Vec<Statement> = parser.parse_statements()?;
    Ok(tables(&statements, kind))
}

fn reference(table: &FoundTable, lines: &Lines<'_>) -> Option<TableReference> {
    let (first, last) = (table.idents.first()?, table.idents.last()?);
    let start = lines.offset(first.span.start)?;
    let end = lines.offset(last.span.end)?.max(start);
    Some(TableReference { parts: parts(&table.idents), range: start..end })
}

/// BigQuery quotes whole names: `` `project.dataset.table` `` has three parts.
pub(super) fn parts(idents: &[Ident]) -> Vec<String> {
    let split = |ident: &Ident| match ident.quote_style {
        Some('`') => ident.value.split('.').map(str::to_string).collect::<Vec<_>>(),
        Some(_) | None => vec![ident.value.clone()],
    };
    idents.iter().flat_map(split).collect()
}

/// `Expected: …, found: x at Line: 1, Column: 16` as message and offset.
fn located(message: &str, lines: &Lines<'_>) -> SqlParseError {
    let place = message.rsplit_once(" at Line: ").and_then(|(text, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((text, Location { line: line.parse().ok()?, column: column.parse().ok()? }))
    });
    let (text, offset) = match place {
        Some((text, location)) => (text, lines.offset(location)),
        None if message.ends_with("found: EOF") => (message, Some(lines.sql.trim_end().len())),
        None => (message, None),
    };
    let text = text.strip_prefix("Expected: ").map_or_else(|| text.to_string(), |rest| format!("expected {rest}"));
    SqlParseError { message: text.replace(", found: ", ", found "), offset }
}

/// From lines and columns, which count characters, to bytes.
struct Lines<'a> {
    sql: &'a str,
    starts: Vec<usize>,
    /// Then a character is a byte, and a long line needs no counting.
    is_ascii: bool,
}

impl<'a> Lines<'a> {
    fn new(sql: &'a str) -> Self {
        let after = sql.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { sql, starts: std::iter::once(0).chain(after).collect(), is_ascii: sql.is_ascii() }
    }

    /// `None` for a place that the parser does not know.
    fn offset(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let start = *self.starts.get(line)?;
        if self.is_ascii {
            return Some((start + column).min(self.sql.len()));
        }
        Some(self.sql[start..].char_indices().nth(column).map_or(self.sql.len(), |(at, _)| start + at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AdapterKind::{BigQuery, DuckDb};

    fn names(sql: &str, kind: AdapterKind) -> Vec<String> {
        let references = table_references(sql, kind).unwrap();
        references
            .iter()
            .map(|reference| format!("{} {:?}", reference.parts.join("|"), &sql[reference.range.clone()]))
            .collect()
    }

    #[test]
    fn tables_are_found_wherever_a_query_may_stand() {
        let sql = "select (select max(x) from d.a), case when exists (select 1 from d.b) then 1 end,
            sum(z) filter (where z in (select z from d.c)) over (partition by (select 1 from d.d))
            from d.e left join (select * from d.f where y > all (select y from d.g)) f on f.id = (select id from d.h)
            where array(select x from d.i)[0] = 1 group by 1 having count(*) > (select 1 from d.j)
            qualify row_number() over (order by (select 1 from d.k)) = 1
            union all (select * from d.l) order by (select 1 from d.m) limit (select 1 from d.n)";
        let found = names(sql, DuckDb);
        let last: Vec<_> = found.iter().filter_map(|name| name.split(' ').next()?.split('|').next_back()).collect();
        assert_eq!(last.concat(), "abcdefghijklmn");
    }

    #[test]
    fn common_table_expressions_hide_tables_only_where_they_are_in_reach() {
        let sql = "with a as (select * from a), b as (select * from A join \"é\".c) select * from a, b, (with d as (select 1) select * from d), d";
        assert_eq!(names(sql, DuckDb), [r#"a "a""#, r#"é|c "\"é\".c""#, r#"d "d""#]);
        let sql = "with recursive t as (select 1 as n union all select n + 1 from t where n < 5) select * from t";
        assert!(names(sql, DuckDb).is_empty());
    }

    #[test]
    fn googlesql_names_arrays_and_scripts_are_understood() {
        let sql =
            "select * except (x), struct(1 as a), array_agg(y order by y limit 1) from `my-project.raw.orders_*` o,
            o.items as i, unnest(o.tags) tag with offset left join my-project.raw.customers using (id)
            where _table_suffix > '2020' and safe_cast(z as int64) = 1 and exists (select 1 from o.more)";
        assert_eq!(
            names(sql, BigQuery),
            [
                r#"my-project|raw|orders_* "`my-project.raw.orders_*`""#,
                r#"my-project|raw|customers "my-project.raw.customers""#,
            ]
        );
        let sql = "create or replace table d.t partition by date_trunc(a, month) cluster by b as select * from d.s; insert into d.t select * from d.u";
        assert_eq!(names(sql, BigQuery), [r#"d|s "d.s""#, r#"d|u "d.u""#]);
    }

    #[test]
    fn duckdbs_own_forms_are_understood_where_the_parser_can() {
        let sql =
            "from raw.t select a, list_transform(l, x -> x + 1), {'k': [1, 2]}, l[1:2], b::varchar where a in (1)";
        assert_eq!(names(sql, DuckDb), [r#"raw|t "raw.t""#]);
        for sql in [
            "select * exclude (a) from read_csv('x.csv'), 'y.parquet', range(3) r, raw.t qualify true",
            "select columns('x.*'), struct_pack(a := 1), {a: 1}, map {'a': 1}, a[-1] from raw.t",
            "with a as materialized (select 1) select * from a, (values (1, 2)) v(x, y) anti join raw.t using (x)",
            "select date_trunc('month', d)::date, interval 1 day, try_cast(a as int), from raw.t group by all",
        ] {
            assert_eq!(names(sql, DuckDb), [r#"raw|t "raw.t""#], "{sql}");
        }
        // DuckDB reads these; that the parser does not is no one's fault.
        for sql in ["pivot raw.t on a", "select [x for x in l] from raw.t", "select a ** 2, a // 2 from raw.t"] {
            assert!(table_references(sql, DuckDb).is_err(), "{sql}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_answer_and_not_a_panic() {
        let error = table_references("select a\nfrom t where a = = 1", DuckDb).unwrap_err();
        assert_eq!((error.message.is_empty(), error.offset.is_some()), (false, true));
        let error = table_references("select a, f(b ", BigQuery).unwrap_err();
        assert_eq!((error.message.as_str(), error.offset), ("expected ), found EOF", Some(13)));
        assert_eq!(table_references("", DuckDb), Ok(vec![]));
        assert!(table_references("select 'x", BigQuery).is_err());
    }

    #[test]
    fn deep_and_long_statements_do_not_overflow_the_stack() {
        let sum = format!("select {} from raw.t", vec!["1"; 20_000].join(" + "));
        assert_eq!(names(&sum, DuckDb), [r#"raw|t "raw.t""#]);
        let union = vec!["select 1 from raw.t"; 5_000].join(" union all ");
        assert_eq!(names(&union, DuckDb).len(), 5_000);
        for (open, close) in
            [("(", ")"), ("[", "]"), ("case when ", " then 1 end"), ("not ", ""), ("- ", ""), ("(select ", ")")]
        {
            let nested = format!("select {}1{}", open.repeat(5_000), close.repeat(5_000));
            let _ = table_references(&nested, DuckDb);
            let _ = table_references(&nested, BigQuery);
        }
        assert!(table_references(&"select 1;".repeat(50_000), DuckDb).is_err());
    }
}
