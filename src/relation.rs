//! Names of things in a warehouse: its kind, relations and their columns.
//!
//! Text only: whether a relation exists is the adapter's to say.

use std::fmt;

/// The warehouses Tamis knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdapterKind {
    DuckDb,
    BigQuery,
}

impl AdapterKind {
    /// The profile's `type`, and the prefix of dispatched macros.
    pub fn name(self) -> &'static str {
        match self {
            Self::DuckDb => "duckdb",
            Self::BigQuery => "bigquery",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::DuckDb, Self::BigQuery].into_iter().find(|kind| kind.name() == name)
    }

    /// The quote round identifiers.
    pub fn quote(self) -> char {
        match self {
            Self::DuckDb => '"',
            Self::BigQuery => '`',
        }
    }
}

/// Which parts of a relation's name are written in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quoting {
    pub database: bool,
    pub schema: bool,
    pub identifier: bool,
}

impl Quoting {
    pub const ALL: Self = Self { database: true, schema: true, identifier: true };
}

/// Which parts of a relation's name are written at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Include {
    pub database: bool,
    pub schema: bool,
    pub identifier: bool,
}

impl Include {
    pub const ALL: Self = Self { database: true, schema: true, identifier: true };
}

/// What a relation is, in dbt's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RelationKind {
    Table,
    View,
    MaterializedView,
    /// Inlined into its readers; no such thing in the warehouse.
    Cte,
    External,
    Function,
}

impl RelationKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::MaterializedView => "materialized_view",
            Self::Cte => "cte",
            Self::External => "external",
            Self::Function => "function",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Table, Self::View, Self::MaterializedView, Self::Cte, Self::External, Self::Function]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A named thing in a warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Relation {
    pub database: Option<String>,
    pub schema: Option<String>,
    pub identifier: Option<String>,
    /// `None`: not known.
    pub kind: Option<RelationKind>,
    pub quoting: Quoting,
    pub include: Include,
    /// `"` on DuckDB, a back-tick on BigQuery.
    pub quote: char,
    /// What is read instead of a relation of this name: a file, or a call of a function.
    pub external: Option<String>,
}

impl Relation {
    pub fn new(
        database: Option<impl Into<String>>,
        schema: impl Into<String>,
        identifier: impl Into<String>,
        quoting: Quoting,
        quote: char,
    ) -> Self {
        Self {
            database: database.map(Into::into),
            schema: Some(schema.into()),
            identifier: Some(identifier.into()),
            kind: None,
            quoting,
            include: Include::ALL,
            quote,
            external: None,
        }
    }

    #[must_use]
    pub fn with_kind(mut self, kind: RelationKind) -> Self {
        self.kind = Some(kind);
        self
    }

    #[must_use]
    pub fn with_identifier(&self, identifier: impl Into<String>) -> Self {
        Self { identifier: Some(identifier.into()), ..self.clone() }
    }

    /// Only the schema's part of the name.
    #[must_use]
    pub fn without_identifier(&self) -> Self {
        let include = Include { identifier: false, ..self.include };
        Self { identifier: None, kind: None, include, ..self.clone() }
    }

    pub fn schema_name(&self) -> SchemaName {
        SchemaName { database: self.database.clone(), schema: self.schema.clone().unwrap_or_default() }
    }

    fn parts(&self) -> impl Iterator<Item = String> {
        let Self { quoting, include, .. } = *self;
        [
            (&self.database, include.database, quoting.database),
            (&self.schema, include.schema, quoting.schema),
            (&self.identifier, include.identifier, quoting.identifier),
        ]
        .into_iter()
        .filter_map(|(part, is_included, is_quoted)| {
            let part = part.as_deref().filter(|part| is_included && !part.is_empty())?;
            Some(if is_quoted { quoted(part, self.quote) } else { part.to_string() })
        })
        .collect::<Vec<_>>()
        .into_iter()
    }
}

/// `name` in quotes, with the quotes inside it doubled (DuckDB) or escaped (BigQuery).
pub fn quoted(name: &str, quote: char) -> String {
    match quote {
        '`' => format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`")),
        _ => format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}"))),
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(external) = &self.external {
            return f.write_str(external);
        }
        for (index, part) in self.parts().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(&part)?;
        }
        Ok(())
    }
}

/// A schema (BigQuery: a dataset) by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaName {
    pub database: Option<String>,
    pub schema: String,
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.database {
            Some(database) => write!(f, "{database}.{}", self.schema),
            None => f.write_str(&self.schema),
        }
    }
}

/// A column as the warehouse describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// The warehouse's own spelling: `BIGINT`, `INT64`, `STRUCT<a INT64>`.
    pub data_type: String,
    pub is_nullable: bool,
}

/// Fields of a nested type, `STRUCT<a INT64, b ARRAY<STRING>>` or an array of one; none for plain types.
pub fn struct_fields(data_type: &str) -> Vec<Column> {
    let text = data_type.trim();
    let inner = |text: &str, name: &str| -> Option<String> {
        let head = text.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name))?;
        text[head.len()..].trim().strip_prefix('<')?.strip_suffix('>').map(|inner| inner.trim().to_string())
    };
    let text = inner(text, "ARRAY").unwrap_or_else(|| text.to_string());
    let Some(body) = inner(&text, "STRUCT") else { return Vec::new() };
    let fields = split_at_depth_zero(&body).into_iter().filter_map(|field| {
        let (name, data_type) = field.trim().split_once(char::is_whitespace)?;
        let name = name.trim_matches('`').to_string();
        Some(Column { name, data_type: data_type.trim().to_string(), is_nullable: true })
    });
    fields.collect()
}

fn split_at_depth_zero(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (at, character) in text.char_indices() {
        match character {
            '<' | '(' => depth += 1,
            '>' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_types_show_their_fields() {
        let fields = struct_fields("ARRAY<STRUCT<a INT64, b STRUCT<c NUMERIC(3,2)>>>");
        let shown: Vec<_> = fields.iter().map(|field| format!("{}: {}", field.name, field.data_type)).collect();
        assert_eq!(shown, ["a: INT64", "b: STRUCT<c NUMERIC(3,2)>"]);
        assert!(struct_fields("ARRAY<STRING>").is_empty());
    }

    #[test]
    fn a_relation_is_written_with_its_own_quotes_and_parts() {
        let mut relation = Relation::new(Some("db"), "main", "a\"b", Quoting::ALL, '"');
        assert_eq!(relation.to_string(), r#""db"."main"."a""b""#);
        relation.include.database = false;
        relation.quoting = Quoting { schema: false, ..Quoting::ALL };
        assert_eq!(relation.to_string(), r#"main."a""b""#);
    }
}
