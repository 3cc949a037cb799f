//! Rows as people and programs read them: a text table, or JSON objects.

use crate::adapter::{Cell, Table};
use crate::manifest::{Json, JsonMap};

/// A table with bars between its columns; numbers stand right.
///
/// ```text
/// | id | name |
/// | -- | ---- |
/// |  1 | a    |
/// ```
pub fn text_table(table: &Table) -> String {
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count());
        cells.chain([table.columns[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..table.columns.len()).map(width).collect();
    let is_number: Vec<_> = (0..table.columns.len()).map(|column| is_number_column(table, column)).collect();
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let header = table.columns.iter().zip(&widths).map(|(name, width)| format!("{name:<width$}")).collect();
    let rule = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut lines = vec![line(header), line(rule)];
    for row in &rows {
        let cells = row.iter().zip(&widths).zip(&is_number).map(|((text, width), is_number)| {
            if *is_number { format!("{text:>width$}") } else { format!("{text:<width$}") }
        });
        lines.push(line(cells.collect()));
    }
    lines.join("\n")
}

/// One object for each row.
pub fn json_rows(table: &Table) -> Json {
    let object = |row: &Vec<Cell>| table.columns.iter().cloned().zip(row.iter().map(json)).collect::<JsonMap>();
    table.rows.iter().map(|row| Json::Object(object(row))).collect()
}

fn is_number_column(table: &Table, column: usize) -> bool {
    let mut cells = table.rows.iter().filter_map(|row| row.get(column)).filter(|cell| **cell != Cell::Null).peekable();
    cells.peek().is_some() && cells.all(|cell| matches!(cell, Cell::Int(_) | Cell::Float(_) | Cell::Decimal(_)))
}

/// On one line, whatever is in it.
fn shown(cell: &Cell) -> String {
    cell.text().replace('\r', "\\r").replace('\n', "\\n").replace('\t', "\\t")
}

fn json(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(value) => Json::from(*value),
        Cell::Int(value) => Json::from(*value),
        Cell::Float(value) => Json::from(*value),
        // A number as far as JSON's readers can hold it; past that, the digits themselves.
        Cell::Decimal(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => Json::from(whole),
            (Err(_), Ok(number)) if text.contains('.') => Json::from(number),
            _ => Json::from(text.as_str()),
        },
        Cell::Text(text) | Cell::Date(text) | Cell::Timestamp(text) | Cell::Time(text) => Json::from(text.as_str()),
        Cell::Bytes(_) => Json::from(cell.text()),
        Cell::List(items) => items.iter().map(json).collect(),
        Cell::Struct(fields) => Json::Object(fields.iter().map(|(name, cell)| (name.clone(), json(cell))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn table() -> Table {
        Table {
            columns: vec!["id".into(), "name".into(), "share".into()],
            types: vec!["BIGINT".into(), "VARCHAR".into(), "DECIMAL(9,2)".into()],
            rows: vec![
                vec![Cell::Int(1), Cell::Text("née\nb".into()), Cell::Decimal("0.50".into())],
                vec![Cell::Int(20), Cell::Null, Cell::Null],
            ],
        }
    }

    #[test]
    fn numbers_stand_right_and_every_row_is_one_line() {
        assert_snapshot!(text_table(&table()), @r"
        | id | name   | share |
        | -- | ------ | ----- |
        |  1 | née\nb |  0.50 |
        | 20 |        |       |
        ");
    }

    #[test]
    fn a_table_without_rows_shows_its_columns() {
        assert_snapshot!(text_table(&Table { rows: Vec::new(), ..table() }), @"
        | id | name | share |
        | -- | ---- | ----- |
        ");
    }

    #[test]
    fn json_keeps_numbers_and_nulls() {
        assert_snapshot!(json_rows(&table()), @r#"[{"id":1,"name":"née\nb","share":0.5},{"id":20,"name":null,"share":null}]"#);
    }
}
