//! catalog.json, version 1: what the warehouse holds, table by table.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::metadata::Metadata;
use super::write_json;
use crate::adapter::{Cell, Table};
use crate::manifest::{Json, UniqueId};
use crate::relation::Relation;

/// One table or view.
#[derive(Clone, Debug)]
pub struct CatalogTable {
    /// As the warehouse says it: `BASE TABLE`, `VIEW`, `table`.
    pub kind: String,
    pub database: Option<String>,
    pub schema: String,
    pub name: String,
    pub comment: Option<String>,
    pub owner: Option<String>,
    /// In the table's own order.
    pub columns: Vec<CatalogColumn>,
    pub stats: Vec<CatalogStat>,
    pub unique_id: Option<UniqueId>,
}

#[derive(Clone, Debug)]
pub struct CatalogColumn {
    pub name: String,
    pub data_type: String,
    /// From 1.
    pub index: usize,
    pub comment: Option<String>,
}

/// A fact about a table: rows, bytes, how it is partitioned.
#[derive(Clone, Debug)]
pub struct CatalogStat {
    pub id: String,
    pub label: String,
    pub value: Json,
    pub description: String,
}

/// Tables by the id of the node or source they belong to.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub nodes: BTreeMap<UniqueId, CatalogTable>,
    pub sources: BTreeMap<UniqueId, CatalogTable>,
    pub errors: Vec<String>,
}

impl Catalog {
    /// Finds the rows of each relation in what the warehouse's macros gave: one row for each column.
    ///
    /// Source: dbt-core 1.12, `Catalog.make_unique_id_map`: names are compared without regard to their case.
    pub fn of(relations: &[(UniqueId, Relation)], rows: &[Table]) -> Self {
        let mut found: HashMap<Key, CatalogTable> = HashMap::new();
        for table in rows {
            add_rows(table, &mut found);
        }
        let mut catalog = Self::default();
        for (id, relation) in relations {
            let Some(table) = found.get(&key(&relation.database, &relation.schema, &relation.identifier)) else {
                continue;
            };
            let table = CatalogTable { unique_id: Some(id.clone()), ..table.clone() };
            let tables = if id.resource_type() == "source" { &mut catalog.sources } else { &mut catalog.nodes };
            tables.insert(id.clone(), table);
        }
        catalog
    }
}

/// Database, schema and name in small letters.
type Key = [String; 3];

fn key(database: &Option<String>, schema: &Option<String>, name: &Option<String>) -> Key {
    [database, schema, name].map(|part| part.as_deref().unwrap_or_default().to_lowercase())
}

fn add_rows(rows: &Table, found: &mut HashMap<Key, CatalogTable>) {
    for row in &rows.rows {
        let cell = |name: &str| rows.column(name).and_then(|at| row.get(at)).filter(|cell| **cell != Cell::Null);
        let text = |name: &str| cell(name).map(Cell::text);
        let place = key(&text("table_database"), &text("table_schema"), &text("table_name"));
        let table = found.entry(place).or_insert_with(|| CatalogTable {
            kind: text("table_type").unwrap_or_default(),
            database: text("table_database"),
            schema: text("table_schema").unwrap_or_default(),
            name: text("table_name").unwrap_or_default(),
            comment: text("table_comment"),
            owner: text("table_owner"),
            columns: Vec::new(),
            stats: stats(rows, row),
            unique_id: None,
        });
        table.columns.push(CatalogColumn {
            name: text("column_name").unwrap_or_default(),
            data_type: text("column_type").unwrap_or_default(),
            index: cell("column_index").and_then(Cell::as_i64).and_then(|at| usize::try_from(at).ok()).unwrap_or(0),
            comment: text("column_comment"),
        });
    }
}

/// Columns `stats__num_rows__value` and their like; those that the row itself does not include are left out.
fn stats(rows: &Table, row: &[Cell]) -> Vec<CatalogStat> {
    let cell = |id: &str, part: &str| rows.column(&format!("stats__{id}__{part}")).and_then(|at| row.get(at));
    let ids = rows.columns.iter().filter_map(|name| name.strip_prefix("stats__")?.strip_suffix("__value"));
    let included = ids.filter(|id| cell(id, "include") == Some(&Cell::Bool(true)));
    let text = |id: &str, part: &str| cell(id, part).map(Cell::text).unwrap_or_default();
    let stats = included.map(|id| CatalogStat {
        id: id.to_string(),
        label: text(id, "label"),
        value: cell(id, "value").map_or(Json::Null, stat_value),
        description: text(id, "description"),
    });
    stats.collect()
}

fn stat_value(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(value) => Json::from(*value),
        Cell::Int(value) => Json::from(*value),
        Cell::Float(value) => Json::from(*value),
        Cell::Decimal(_)
        | Cell::Text(_)
        | Cell::Date(_)
        | Cell::Timestamp(_)
        | Cell::Time(_)
        | Cell::Bytes(_)
        | Cell::List(_)
        | Cell::Struct(_) => Json::from(cell.text()),
    }
}

/// # Errors
/// The file cannot be written; the old one stands then.
pub fn write(path: &Path, metadata: &Metadata, catalog: &Catalog) -> io::Result<()> {
    write_json(path, &CatalogJson { metadata, catalog })
}

struct CatalogJson<'a> {
    metadata: &'a Metadata,
    catalog: &'a Catalog,
}

impl Serialize for CatalogJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let errors = Some(&self.catalog.errors).filter(|errors| !errors.is_empty());
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("metadata", &self.metadata.common("catalog/v1"))?;
        map.serialize_entry("nodes", &Tables(&self.catalog.nodes))?;
        map.serialize_entry("sources", &Tables(&self.catalog.sources))?;
        map.serialize_entry("errors", &errors)?;
        map.end()
    }
}

struct Tables<'a>(&'a BTreeMap<UniqueId, CatalogTable>);

impl Serialize for Tables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, table)| (&**id, TableJson(table))))
    }
}

struct TableJson<'a>(&'a CatalogTable);

impl Serialize for TableJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table = self.0;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("metadata", &TableMetadata(table))?;
        map.serialize_entry("columns", &Columns(&table.columns))?;
        map.serialize_entry("stats", &Stats(&table.stats))?;
        map.serialize_entry("unique_id", &table.unique_id.as_deref())?;
        map.end()
    }
}

struct TableMetadata<'a>(&'a CatalogTable);

impl Serialize for TableMetadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table = self.0;
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry("type", &table.kind)?;
        map.serialize_entry("schema", &table.schema)?;
        map.serialize_entry("name", &table.name)?;
        map.serialize_entry("database", &table.database)?;
        map.serialize_entry("comment", &table.comment)?;
        map.serialize_entry("owner", &table.owner)?;
        map.end()
    }
}

struct Columns<'a>(&'a [CatalogColumn]);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|column| (&column.name, ColumnJson(column))))
    }
}

struct ColumnJson<'a>(&'a CatalogColumn);

impl Serialize for ColumnJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("type", &self.0.data_type)?;
        map.serialize_entry("index", &self.0.index)?;
        map.serialize_entry("name", &self.0.name)?;
        map.serialize_entry("comment", &self.0.comment)?;
        map.end()
    }
}

struct Stats<'a>(&'a [CatalogStat]);

impl Serialize for Stats<'_> {
    /// `has_stats` tells readers whether there is more than itself.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let has_stats = CatalogStat {
            id: "has_stats".to_string(),
            label: "Has Stats?".to_string(),
            value: Json::Bool(!self.0.is_empty()),
            description: "Indicates whether there are statistics for this table".to_string(),
        };
        let all = self.0.iter().map(|stat| (stat, true)).chain([(&has_stats, false)]);
        serializer.collect_map(all.map(|(stat, include)| (&stat.id, StatJson { stat, include })))
    }
}

struct StatJson<'a> {
    stat: &'a CatalogStat,
    include: bool,
}

impl Serialize for StatJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("id", &self.stat.id)?;
        map.serialize_entry("label", &self.stat.label)?;
        map.serialize_entry("value", &self.stat.value)?;
        map.serialize_entry("include", &self.include)?;
        map.serialize_entry("description", &self.stat.description)?;
        map.end()
    }
}
