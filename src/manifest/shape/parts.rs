//! Pieces that several resources are made of: columns, calls, dependencies, fixtures, thresholds.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{CompiledCode, NULL, Shape, put};
use crate::manifest::contract::{column_constraints, contract_checksum};
use crate::manifest::{
    ColumnFacts, Fixture, Freshness, FreshnessThreshold, FunctionFacts, FunctionOverload, Json, JsonMap, Node, RefCall,
    SourceCall, UniqueId,
};

impl Serialize for Shape<'_, Freshness> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        put!(map;
            "warn_after" => Threshold(self.0.warn_after.as_ref()),
            "error_after" => Threshold(self.0.error_after.as_ref()),
            "filter" => self.0.filter,
        );
        map.end()
    }
}

/// An absent threshold is written with null parts, as dbt does.
pub(super) struct Threshold<'a>(pub Option<&'a FreshnessThreshold>);

impl Serialize for Threshold<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        put!(map;
            "count" => self.0.map(|threshold| threshold.count),
            "period" => self.0.map(|threshold| &threshold.period),
        );
        map.end()
    }
}

pub(super) struct FixtureShape<'a> {
    pub fixture: &'a Fixture,
    pub is_given: bool,
}

impl Serialize for FixtureShape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.is_given {
            put!(map; "input" => self.fixture.input);
        }
        put!(map;
            "rows" => self.fixture.rows,
            "format" => self.fixture.format.name(),
            "fixture" => self.fixture.fixture,
        );
        map.end()
    }
}

/// Ids as a list of texts.
pub struct Ids<'a>(pub &'a [UniqueId]);

impl Serialize for Ids<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|id| &**id))
    }
}

pub(super) struct Dependencies<'a> {
    pub macros: &'a [UniqueId],
    pub nodes: &'a [UniqueId],
}

impl Serialize for Dependencies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        put!(map; "macros" => Ids(self.macros), "nodes" => Ids(self.nodes));
        map.end()
    }
}

pub(super) struct MacrosOnly<'a>(pub &'a [UniqueId]);

impl Serialize for MacrosOnly<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        put!(map; "macros" => Ids(self.0));
        map.end()
    }
}

pub(super) struct Checksum<'a>(pub &'a str);

impl Serialize for Checksum<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        put!(map; "name" => if self.0.is_empty() { "none" } else { "sha256" }, "checksum" => self.0);
        map.end()
    }
}

pub(super) struct Refs<'a>(pub &'a [RefCall]);

impl Serialize for Refs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Shape))
    }
}

impl Serialize for Shape<'_, RefCall> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        put!(map; "name" => self.0.name, "package" => self.0.package, "version" => self.0.version);
        map.end()
    }
}

/// Calls of functions: `[name]` or `[package, name]`.
pub(super) struct Functions<'a>(pub &'a [RefCall]);

impl Serialize for Functions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|call| call.package.iter().chain([&call.name]).collect::<Vec<_>>()))
    }
}

/// What a function returns; dbt's own word where no yml says it.
pub(super) struct Returns<'a>(pub Option<&'a Json>);

impl Serialize for Returns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(returns) => returns.serialize(serializer),
            None => {
                let mut map = serializer.serialize_map(Some(2))?;
                put!(map; "data_type" => "INVALID_TYPE", "description" => NULL);
                map.end()
            }
        }
    }
}

pub(super) struct Overloads<'a> {
    pub function: &'a FunctionFacts,
    pub compiled: Option<&'a CompiledCode>,
}

impl Serialize for Overloads<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let compiled = |at: usize| self.compiled.and_then(|compiled| compiled.overloads.get(at).map(String::as_str));
        let overloads = self.function.overloads.iter().enumerate();
        serializer.collect_seq(overloads.map(|(at, overload)| Overload(overload, compiled(at))))
    }
}

struct Overload<'a>(&'a FunctionOverload, Option<&'a str>);

impl Serialize for Overload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let overload = self.0;
        let mut map = serializer.serialize_map(Some(6))?;
        put!(map;
            "defined_in" => overload.defined_in,
            "arguments" => overload.arguments,
            "returns" => overload.returns,
            "description" => overload.description,
            "raw_body" => overload.code.text().trim(),
            "compiled_body" => self.1,
        );
        map.end()
    }
}

pub(super) struct Sources<'a>(pub &'a [SourceCall]);

impl Serialize for Sources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|call| [&call.source, &call.table]))
    }
}

pub(super) struct Inlined<'a>(pub &'a [(UniqueId, String)]);

impl Serialize for Inlined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(id, sql)| [("id", &**id), ("sql", sql.as_str())]).map(PairMap))
    }
}

pub(super) struct PairMap<'a>(pub [(&'a str, &'a str); 2]);

impl Serialize for PairMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

pub(super) struct TestMetadata<'a> {
    pub name: &'a str,
    pub kwargs: &'a JsonMap,
    pub namespace: Option<&'a str>,
}

impl Serialize for TestMetadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        put!(map; "name" => self.name, "kwargs" => self.kwargs, "namespace" => self.namespace);
        map.end()
    }
}

pub(super) struct Contract<'a>(pub &'a Node);

impl Serialize for Contract<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = self.0.config.get("contract");
        let flag = |key: &str, default: bool| {
            contract.and_then(|contract| contract.get(key)).and_then(Json::as_bool).unwrap_or(default)
        };
        let mut map = serializer.serialize_map(Some(3))?;
        put!(map;
            "enforced" => flag("enforced", false),
            "alias_types" => flag("alias_types", true),
            "checksum" => contract_checksum(self.0),
        );
        map.end()
    }
}

pub(super) struct Columns<'a>(pub &'a indexmap::IndexMap<String, ColumnFacts>);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, column)| (name, Shape(column))))
    }
}

impl Serialize for Shape<'_, ColumnFacts> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let column = self.0;
        let extra = |key: &str| column.extra.get(key).unwrap_or(&NULL);
        let mut map = serializer.serialize_map(None)?;
        put!(map;
            "name" => column.name,
            "description" => column.description,
            "meta" => column.meta,
            "data_type" => column.data_type,
            "constraints" => column_constraints(&column.constraints),
            "quote" => column.quote,
            "config" => ColumnConfig(column),
            "tags" => column.tags,
            "granularity" => column.granularity,
            "dimension" => extra("dimension"),
            "entity" => extra("entity"),
            "doc_blocks" => Ids(&column.doc_blocks),
        );
        let is_written = |key: &str| ["config", "dimension", "entity", "doc_blocks"].contains(&key);
        for (key, value) in column.extra.iter().filter(|(key, _)| !is_written(key)) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

pub(super) struct ColumnConfig<'a>(pub &'a ColumnFacts);

impl Serialize for ColumnConfig<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put!(map; "meta" => self.0.meta, "tags" => self.0.tags);
        let further = self.0.extra.get("config").and_then(Json::as_object).into_iter().flatten();
        for (key, value) in further.filter(|(key, _)| *key != "meta" && *key != "tags") {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
