//! Results as dbt's users know them: agate tables, with columns, rows and values.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::date_text::date_value;
use super::silent::is_undefined;
use super::values::{Dict, List, invalid, python_str, tuple, tuple_of};
use crate::adapter::{Cell, Table};

/// One value of a result in Jinja.
pub(super) fn cell_value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::from(()),
        Cell::Bool(value) => Value::from(*value),
        Cell::Int(value) => Value::from(*value),
        Cell::Float(value) => Value::from(*value),
        // agate holds numbers as decimals; whole ones and fractions print alike in dbt.
        Cell::Decimal(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(value), _) => Value::from(value),
            (Err(_), Ok(value)) => Value::from(value),
            (Err(_), Err(_)) => Value::from(text.as_str()),
        },
        Cell::Text(text) | Cell::Time(text) => Value::from(text.as_str()),
        Cell::Date(text) | Cell::Timestamp(text) => date_value(text).unwrap_or_else(|| Value::from(text.as_str())),
        Cell::Bytes(bytes) => Value::from_bytes(bytes.clone()),
        Cell::List(items) => List::value(items.iter().map(cell_value).collect()),
        Cell::Struct(fields) => {
            Dict::value(fields.iter().map(|(name, cell)| (Value::from(name.as_str()), cell_value(cell))))
        }
    }
}

pub(super) struct TableObject(Arc<Table>);

impl TableObject {
    pub fn value(table: Table) -> Value {
        Value::from_object(Self(Arc::new(table)))
    }

    pub fn table(&self) -> &Table {
        &self.0
    }
}

impl fmt::Debug for TableObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<table of {} rows>", self.0.rows.len())
    }
}

impl Object for TableObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let table = &self.0;
        match key.as_str() {
            Some("columns") => Some(Value::from_object(Columns(Arc::clone(table)))),
            Some("rows") => Some(Value::from_object(Rows(Arc::clone(table)))),
            Some("column_names") => {
                Some(tuple_of(table.columns.iter().map(|name| Value::from(name.as_str())).collect()))
            }
            Some("column_types") => {
                Some(List::value(table.types.iter().map(|name| Value::from(name.as_str())).collect()))
            }
            Some(_) => None,
            None => row(table, key.as_i64()?),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values((0..self.0.rows.len() as i64).filter_map(|at| row(&self.0, at)).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.rows.len())
    }

    // agate tables are always true in Python, empty ones too.
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match method {
            "print_table" | "print_csv" | "print_json" => Ok(Value::from("")),
            "select" => {
                let wanted: Vec<String> = match args.first() {
                    Some(names) if names.as_str().is_none() => {
                        names.try_iter()?.map(|name| python_str(&name)).collect()
                    }
                    Some(name) => vec![python_str(name)],
                    None => return Err(Error::from(ErrorKind::MissingArgument)),
                };
                select(&self.0, &wanted).map(Self::value)
            }
            "rename" => {
                let names = args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
                Ok(Self::value(Table { columns: renamed(&self.0.columns, names)?, ..(*self.0).clone() }))
            }
            "limit" => {
                let most = args.first().and_then(Value::as_usize).unwrap_or(usize::MAX);
                let rows = self.0.rows.iter().take(most).cloned().collect();
                Ok(Self::value(Table { rows, ..(*self.0).clone() }))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// New names of columns: a list of all of them, or a dict from old to new.
fn renamed(columns: &[String], names: &Value) -> Result<Vec<String>, Error> {
    if names.kind() == ValueKind::Map {
        let new = |name: &String| match names.get_item(&Value::from(name.as_str())) {
            Ok(new) if !is_undefined(&new) => python_str(&new),
            _ => name.clone(),
        };
        return Ok(columns.iter().map(new).collect());
    }
    let new: Vec<String> = names.try_iter()?.map(|name| python_str(&name)).collect();
    if new.len() != columns.len() {
        return Err(invalid(format!("`rename` needs {} names", columns.len())));
    }
    Ok(new)
}

fn select(table: &Table, wanted: &[String]) -> Result<Table, Error> {
    let at: Vec<usize> = wanted
        .iter()
        .map(|name| table.column(name).ok_or_else(|| invalid(format!("the table has no column `{name}`"))))
        .collect::<Result<_, _>>()?;
    Ok(Table {
        columns: at.iter().map(|at| table.columns[*at].clone()).collect(),
        types: at.iter().filter_map(|at| table.types.get(*at).cloned()).collect(),
        rows: table.rows.iter().map(|row| at.iter().map(|at| row[*at].clone()).collect()).collect(),
    })
}

fn row(table: &Arc<Table>, at: i64) -> Option<Value> {
    let at = usize::try_from(if at < 0 { at + table.rows.len() as i64 } else { at }).ok()?;
    (at < table.rows.len()).then(|| Value::from_object(Row { table: Arc::clone(table), at }))
}

struct Rows(Arc<Table>);

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} rows>", self.0.rows.len())
    }
}

impl Object for Rows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        row(&self.0, key.as_i64()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.rows.len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, _: &[Value]) -> Result<Value, Error> {
        match method {
            "values" => Ok(tuple_of((0..self.0.rows.len() as i64).filter_map(|at| row(&self.0, at)).collect())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// A row: a sequence of values that also answers to column names.
struct Row {
    table: Arc<Table>,
    at: usize,
}

impl Row {
    fn cells(&self) -> &[Cell] {
        &self.table.rows[self.at]
    }

    fn dict(&self) -> Value {
        let names = self.table.columns.iter().map(|name| Value::from(name.as_str()));
        Dict::value(names.zip(self.cells().iter().map(cell_value)))
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<row {}>", self.dict())
    }
}

impl Object for Row {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = match key.as_str() {
            Some(name) => {
                self.table.columns.iter().position(|column| column == name).or_else(|| self.table.column(name))?
            }
            None => {
                let at = key.as_i64()?;
                usize::try_from(if at < 0 { at + self.cells().len() as i64 } else { at }).ok()?
            }
        };
        self.cells().get(at).map(cell_value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.cells().len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match method {
            "values" => Ok(tuple_of(self.cells().iter().map(cell_value).collect())),
            "keys" => Ok(tuple_of(self.table.columns.iter().map(|name| Value::from(name.as_str())).collect())),
            "dict" => Ok(self.dict()),
            "items" => {
                let pairs = self.table.columns.iter().zip(self.cells());
                let pairs =
                    pairs.map(|(name, cell)| super::values::tuple([Value::from(name.as_str()), cell_value(cell)]));
                Ok(List::value(pairs.collect()))
            }
            "get" => {
                let default = args.get(1).cloned().unwrap_or_else(|| Value::from(()));
                let key = args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
                Ok(self.get_value(key).unwrap_or(default))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

struct Columns(Arc<Table>);

impl Columns {
    fn column(&self, key: &Value) -> Option<Value> {
        let at = match key.as_str() {
            Some(name) => self.0.column(name)?,
            None => {
                let at = key.as_i64()?;
                usize::try_from(if at < 0 { at + self.0.columns.len() as i64 } else { at }).ok()?
            }
        };
        (at < self.0.columns.len()).then(|| Value::from_object(ColumnValues { table: Arc::clone(&self.0), at }))
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} columns>", self.0.columns.len())
    }
}

impl Object for Columns {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.column(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.columns.len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match method {
            "get" => {
                let key = args.first().ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
                Ok(self.column(key).unwrap_or_else(|| Value::from(())))
            }
            "keys" => Ok(List::value(self.0.columns.iter().map(|name| Value::from(name.as_str())).collect())),
            "items" => {
                let names = self.0.columns.iter().map(|name| Value::from(name.as_str()));
                let pairs = names.map(|name| tuple([name.clone(), self.column(&name).unwrap_or_default()]));
                Ok(List::value(pairs.collect()))
            }
            "values" => {
                Ok(tuple_of((0..self.0.columns.len()).filter_map(|at| self.column(&Value::from(at))).collect()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// One column: its name, and its values.
struct ColumnValues {
    table: Arc<Table>,
    at: usize,
}

impl ColumnValues {
    fn values(&self) -> Vec<Value> {
        self.table.rows.iter().map(|row| cell_value(&row[self.at])).collect()
    }
}

impl fmt::Debug for ColumnValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<column {}>", self.table.columns[self.at])
    }
}

impl Object for ColumnValues {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("name") => Some(Value::from(self.table.columns[self.at].as_str())),
            Some("data_type") => self.table.types.get(self.at).map(|name| Value::from(name.as_str())),
            Some(_) => None,
            None => {
                let at = usize::try_from(key.as_i64()?).ok()?;
                self.table.rows.get(at).map(|row| cell_value(&row[self.at]))
            }
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, _: &[Value]) -> Result<Value, Error> {
        match method {
            "values" => Ok(tuple_of(self.values())),
            "values_distinct" => {
                let mut seen = indexmap::IndexSet::new();
                seen.extend(self.values());
                Ok(tuple_of(seen.into_iter().collect()))
            }
            "values_without_nulls" => {
                Ok(tuple_of(self.values().into_iter().filter(|value| !value.is_none()).collect()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
