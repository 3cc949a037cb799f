//! Columns as Jinja sees them: `adapter.get_columns_in_relation(…)`, `api.Column`.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::modules::BoundMethod;
use super::relation_object::text_at;
use super::scope::Scope;
use super::values::{List, python_str, split_kwargs};
use crate::relation::{AdapterKind, Column, quoted};

pub(super) fn column_class(scope: &Arc<Scope>) -> Value {
    Value::from_object(ColumnClass { kind: scope.project.kind })
}

/// A column with dbt's questions about types.
#[derive(Clone)]
pub(super) struct ColumnObject {
    pub column: Column,
    pub kind: AdapterKind,
}

impl ColumnObject {
    pub fn value(column: Column, kind: AdapterKind) -> Value {
        Value::from_object(Self { column, kind })
    }

    pub fn list(columns: Vec<Column>, kind: AdapterKind) -> Value {
        List::value(columns.into_iter().map(|column| Self::value(column, kind)).collect())
    }

    fn base_type(&self) -> String {
        let text = self.column.data_type.split(['(', '<']).next().unwrap_or_default();
        text.trim().to_lowercase()
    }

    fn is_string(&self) -> bool {
        matches!(self.base_type().as_str(), "text" | "character varying" | "character" | "varchar" | "string")
    }

    fn is_integer(&self) -> bool {
        matches!(
            self.base_type().as_str(),
            "tinyint"
                | "smallint"
                | "integer"
                | "bigint"
                | "hugeint"
                | "utinyint"
                | "usmallint"
                | "uinteger"
                | "ubigint"
                | "int64"
                | "int"
                | "int8"
                | "int4"
                | "int2"
        )
    }

    fn is_float(&self) -> bool {
        matches!(
            self.base_type().as_str(),
            "float" | "double" | "real" | "float64" | "float4" | "float8" | "double precision"
        )
    }

    fn is_numeric(&self) -> bool {
        matches!(self.base_type().as_str(), "numeric" | "decimal" | "bignumeric")
    }

    fn fields(&self) -> Vec<Column> {
        crate::relation::struct_fields(&self.column.data_type)
    }
}

impl fmt::Debug for ColumnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Column {} ({})>", self.column.name, self.column.data_type)
    }
}

impl Object for ColumnObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "name" | "column" => Value::from(self.column.name.as_str()),
            // DuckDB's types are one text, precision and fields included; BigQuery's name comes without them.
            "dtype" => Value::from(match self.kind {
                AdapterKind::DuckDb => self.column.data_type.as_str(),
                AdapterKind::BigQuery => self.column.data_type.split('(').next().unwrap_or_default(),
            }),
            "data_type" | "expanded_data_type" => Value::from(self.column.data_type.as_str()),
            "quoted" => Value::from(quoted(&self.column.name, self.kind.quote())),
            "mode" => Value::from(if self.column.data_type.starts_with("ARRAY<") { "REPEATED" } else { "NULLABLE" }),
            "fields" => Self::list(self.fields(), self.kind),
            "char_size" | "numeric_precision" | "numeric_scale" => Value::from(()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        Ok(match method {
            "is_string" => Value::from(self.is_string()),
            "is_number" => Value::from(self.is_integer() || self.is_float() || self.is_numeric()),
            "is_integer" => Value::from(self.is_integer()),
            "is_float" => Value::from(self.is_float()),
            "is_numeric" => Value::from(self.is_numeric()),
            "string_size" => Value::from(256),
            "can_expand_to" => Value::from(false),
            "literal" => Value::from(format!("{}::{}", text_at(args, 0)?, self.column.data_type)),
            "string_type" => Value::from(string_type(args.first())),
            "flatten" => Self::list(flattened(&self.column), self.kind),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some((&self.column.name, &self.column.data_type).cmp(&(&other.column.name, &other.column.data_type)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", **self)
    }
}

/// Nested fields by their dotted names; a plain column is itself.
fn flattened(column: &Column) -> Vec<Column> {
    let fields = crate::relation::struct_fields(&column.data_type);
    if fields.is_empty() || column.data_type.starts_with("ARRAY<") {
        return vec![column.clone()];
    }
    let nested = fields.iter().flat_map(flattened);
    nested.map(|field| Column { name: format!("{}.{}", column.name, field.name), ..field }).collect()
}

struct ColumnClass {
    kind: AdapterKind,
}

impl fmt::Debug for ColumnClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class Column>")
    }
}

impl ColumnClass {
    fn create(&self, args: &[Value]) -> Result<Value, Error> {
        let (positional, kwargs) = split_kwargs(args);
        let part = |at: usize, names: &[&str]| {
            let named = names.iter().find_map(|name| kwargs.as_ref()?.get::<Option<Value>>(name).ok().flatten());
            named.or_else(|| positional.get(at).cloned())
        };
        let name = part(0, &["column", "name"]).ok_or_else(|| Error::from(ErrorKind::MissingArgument))?;
        let data_type = part(1, &["dtype", "label_or_dtype", "data_type"]).unwrap_or_default();
        let column = Column {
            name: python_str(&name),
            data_type: translate_type(self.kind, &python_str(&data_type)),
            is_nullable: true,
        };
        Ok(ColumnObject::value(column, self.kind))
    }
}

impl Object for ColumnClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    /// Packages ask whether a method is defined before they call it.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let is_method = matches!(name, "create" | "translate_type" | "string_type" | "numeric_type");
        is_method.then(|| BoundMethod::value(Value::from_dyn_object(Arc::clone(self)), name))
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.create(args)
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match method {
            "create" => self.create(args),
            "translate_type" => Ok(Value::from(translate_type(self.kind, &text_at(args, 0)?))),
            "string_type" => Ok(Value::from(string_type(args.first()))),
            // BigQuery's `numeric` has a precision of its own.
            "numeric_type" if self.kind == AdapterKind::BigQuery => Ok(Value::from(text_at(args, 0)?)),
            "numeric_type" => Ok(Value::from(match (args.first(), args.get(1), args.get(2)) {
                (Some(name), Some(precision), Some(scale)) if !precision.is_none() && !scale.is_none() => {
                    format!("{}({precision},{scale})", python_str(name))
                }
                (Some(name), _, _) => python_str(name),
                (None, _, _) => return Err(Error::from(ErrorKind::MissingArgument)),
            })),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// dbt's type labels in the warehouse's words; a name that is no label is a type already.
/// Source: dbt-adapters, `TYPE_LABELS` of each adapter's column class.
fn translate_type(kind: AdapterKind, label: &str) -> String {
    let translated = match (kind, label.to_uppercase().as_str()) {
        (AdapterKind::BigQuery, "TEXT") => "STRING",
        (AdapterKind::BigQuery, "FLOAT") => "FLOAT64",
        (AdapterKind::BigQuery, "INTEGER") => "INT64",
        (AdapterKind::DuckDb, "STRING") => "TEXT",
        _ => return label.to_string(),
    };
    translated.to_string()
}

/// A text type of a width, in dbt's words, which both warehouses understand or never see.
fn string_type(size: Option<&Value>) -> String {
    format!("character varying({})", size.map_or_else(|| "256".to_string(), python_str))
}
