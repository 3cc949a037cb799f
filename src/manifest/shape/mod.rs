//! manifest.json's shape of each resource: dbt's keys in dbt's order.
//!
//! `artifacts` streams these to disk, `jinja` shows them as `model` and `graph`. Everything a
//! resource says about itself is here; what takes the whole manifest to know comes in as a field.
//! Source: dbt-core 1.12, manifest schema v12, written with null values kept.

mod parts;

pub use parts::Ids;

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::contract::model_constraints;
use super::{
    Doc, Exposure, Group, Json, JsonMap, Macro, Node, NodeKind, OtherResource, SourceTable, UniqueId, UnitTest,
};
use parts::{
    Checksum, Columns, Contract, Dependencies, FixtureShape, Functions, Inlined, MacrosOnly, Overloads, Refs, Returns,
    Sources, TestMetadata,
};

/// A node's SQL as it was sent to the warehouse.
#[derive(Clone, Debug, Default)]
pub struct CompiledCode {
    /// `None` where it could not be compiled.
    pub code: Option<Arc<str>>,
    /// Path of the compiled file, relative to the project root.
    pub path: Option<String>,
    /// Ephemeral parents inlined as CTEs: id and SQL.
    pub inlined: Vec<(UniqueId, String)>,
    /// Bodies of a function's overloads, in their order.
    pub overloads: Vec<String>,
    /// Macros that were called while it was compiled; with those called while it was parsed they are its dependencies.
    pub macros: Vec<UniqueId>,
}

/// A node, and what others know about it.
#[derive(Clone, Copy)]
pub struct NodeShape<'a> {
    pub node: &'a Node,
    pub compiled: Option<&'a CompiledCode>,
    /// Columns of the primary key, as its constraints and tests tell.
    pub primary_key: &'a [String],
}

impl<'a> NodeShape<'a> {
    /// A node on its own, before it was compiled.
    pub fn of(node: &'a Node) -> Self {
        Self { node, compiled: None, primary_key: &[] }
    }
}

/// The node in manifest.json's shape, as a JSON object.
pub fn node_json(node: &Node) -> JsonMap {
    to_map(&NodeShape::of(node))
}

/// dbt's `graph` of the Jinja context: resources by kind and unique id, each in manifest.json's shape.
pub fn graph(manifest: &super::Manifest) -> [(&'static str, Vec<(String, JsonMap)>); 9] {
    let (functions, nodes): (Vec<_>, Vec<_>) =
        manifest.nodes.iter().partition(|(_, node)| matches!(node.kind, NodeKind::Function(_)));
    let shaped = |nodes: Vec<(&UniqueId, &Arc<Node>)>| {
        nodes.into_iter().map(|(id, node)| (id.to_string(), node_json(node))).collect::<Vec<_>>()
    };
    let sources = manifest.sources.iter().map(|(id, table)| (id.to_string(), source_json(table)));
    let exposures = manifest.exposures.iter().map(|(id, exposure)| (id.to_string(), exposure_json(exposure)));
    let groups = manifest.groups.iter().map(|(id, group)| (id.to_string(), group_json(group)));
    let unit_tests = manifest.unit_tests.iter().map(|(id, test)| (id.to_string(), unit_test_json(test)));
    let others = |kind: &str| {
        let of_kind = manifest.others.iter().filter(|(_, other)| other.resource_type == kind);
        of_kind.map(|(id, other)| (id.to_string(), other_json(other))).collect()
    };
    [
        ("metrics", others("metric")),
        ("semantic_models", others("semantic_model")),
        ("saved_queries", others("saved_query")),
        ("functions", shaped(functions)),
        ("unit_tests", unit_tests.collect()),
        ("nodes", shaped(nodes)),
        ("sources", sources.collect()),
        ("exposures", exposures.collect()),
        ("groups", groups.collect()),
    ]
}

pub fn source_json(table: &SourceTable) -> JsonMap {
    to_map(&Shape(table))
}

pub fn unit_test_json(test: &UnitTest) -> JsonMap {
    to_map(&Shape(test))
}

pub fn exposure_json(exposure: &Exposure) -> JsonMap {
    to_map(&Shape(exposure))
}

pub fn group_json(group: &Group) -> JsonMap {
    to_map(&Shape(group))
}

pub fn macro_json(macro_: &Macro) -> JsonMap {
    to_map(&Shape(macro_))
}

pub fn other_json(other: &OtherResource) -> JsonMap {
    to_map(&Shape(other))
}

fn to_map(value: &impl Serialize) -> JsonMap {
    match serde_json::to_value(value) {
        Ok(Json::Object(map)) => map,
        Ok(_) | Err(_) => unreachable!("every shape is an object with text keys"),
    }
}

/// A resource written as manifest.json writes it.
pub struct Shape<'a, T>(pub &'a T);

/// `put!(map; "key" => value, …)`: entries in order.
macro_rules! put {
    ($map:ident; $($key:literal => $value:expr),+ $(,)?) => {
        {
            $($map.serialize_entry($key, &$value)?;)+
        }
    };
}

use put;

const NULL: Json = Json::Null;

impl Serialize for NodeShape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let node = self.node;
        let mut map = serializer.serialize_map(None)?;
        if let NodeKind::Function(function) = &node.kind {
            put!(map; "returns" => Returns(function.returns.as_ref()));
        }
        put!(map;
            "database" => node.database,
            "schema" => node.schema,
            "name" => node.name,
            "resource_type" => node.kind.resource_type(),
            "package_name" => node.package_name,
            "path" => node.path,
            "original_file_path" => node.original_file_path,
            "unique_id" => *node.unique_id,
            "fqn" => node.fqn,
            "alias" => node.alias,
            "checksum" => Checksum(&node.checksum),
            "config" => *node.config.values,
            "tags" => node.tags,
            "description" => node.description,
            "columns" => Columns(&node.columns),
            "meta" => node.meta,
            "group" => node.group,
            "docs" => *node.docs,
            "patch_path" => node.patch_path,
            "build_path" => NULL,
            "unrendered_config" => node.unrendered_config,
            "created_at" => node.created_at,
            "relation_name" => node.relation_name,
            "raw_code" => node.raw_code(),
            "doc_blocks" => Ids(&node.doc_blocks),
        );
        if let NodeKind::Seed(seed) = &node.kind {
            put!(map; "root_path" => seed.root_path, "depends_on" => MacrosOnly(&node.depends_on.macros));
            return map.end();
        }
        put!(map;
            "language" => node.language(),
            "refs" => Refs(&node.refs),
            "sources" => Sources(&node.sources),
            "metrics" => node.metrics,
            "functions" => Functions(&node.functions),
            "depends_on" => Dependencies { macros: &self.called_macros(), nodes: &node.depends_on.nodes },
        );
        self.put_compiled(&mut map)?;
        self.put_kind(&mut map)?;
        map.end()
    }
}

impl NodeShape<'_> {
    fn called_macros(&self) -> Vec<UniqueId> {
        let mut macros = self.node.depends_on.macros.clone();
        let later = self.compiled.iter().flat_map(|compiled| &compiled.macros);
        macros.extend(later.filter(|id| !self.node.depends_on.macros.contains(id)).cloned());
        macros
    }

    fn put_compiled<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let code = self.compiled.and_then(|compiled| compiled.code.as_deref().map(|code| (compiled, code)));
        match code {
            None => put!(map; "compiled_path" => NULL),
            Some((compiled, code)) => put!(map;
                "compiled_path" => compiled.path,
                "compiled" => true,
                "compiled_code" => code,
                "extra_ctes_injected" => true,
                "extra_ctes" => Inlined(&compiled.inlined),
            ),
        }
        put!(map; "contract" => Contract(self.node));
        Ok(())
    }

    fn put_kind<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match &self.node.kind {
            NodeKind::Model(model) => put!(map;
                "access" => model.access.name(),
                "constraints" => model_constraints(&model.constraints),
                "version" => model.version,
                "latest_version" => model.latest_version,
                "deprecation_date" => model.deprecation_date,
                "primary_key" => self.primary_key,
                "time_spine" => model.time_spine,
            ),
            NodeKind::DataTest(test) => {
                if let Some(scope) = &test.generic {
                    put!(map;
                        "column_name" => scope.column_name,
                        "file_key_name" => scope.file_key_name,
                        "attached_node" => scope.attached_node.as_deref(),
                        "test_metadata" => TestMetadata {
                            name: &scope.name, kwargs: &scope.kwargs, namespace: scope.namespace.as_deref(),
                        },
                    );
                }
            }
            NodeKind::Hook(hook) => put!(map; "index" => hook.index),
            NodeKind::Function(function) => put!(map;
                "arguments" => function.arguments,
                "overloads" => Overloads { function, compiled: self.compiled },
            ),
            NodeKind::Seed(_) | NodeKind::Snapshot | NodeKind::Analysis => {}
        }
        Ok(())
    }
}

impl Serialize for Shape<'_, SourceTable> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table = self.0;
        let mut map = serializer.serialize_map(None)?;
        put!(map;
            "database" => table.database,
            "schema" => table.schema,
            "name" => table.name,
            "resource_type" => "source",
            "package_name" => table.package_name,
            "path" => table.path,
            "original_file_path" => table.original_file_path,
            "unique_id" => *table.unique_id,
            "fqn" => table.fqn,
            "source_name" => table.source_name,
            "source_description" => table.source_description,
            "loader" => table.loader,
            "identifier" => table.identifier,
            "quoting" => table.quoting,
            "loaded_at_field" => table.loaded_at_field,
            "loaded_at_query" => table.loaded_at_query,
            "freshness" => table.freshness.as_ref().map(Shape),
            "external" => table.external,
            "description" => table.description,
            "columns" => Columns(&table.columns),
            "meta" => table.meta,
            "source_meta" => table.source_meta,
            "tags" => table.tags,
            "config" => *table.config.values,
            "patch_path" => table.patch_path,
            "unrendered_config" => table.unrendered_config,
            "relation_name" => table.relation_name,
            "created_at" => table.created_at,
            "unrendered_database" => table.unrendered_database,
            "unrendered_schema" => table.unrendered_schema,
            "doc_blocks" => Ids(&table.doc_blocks),
        );
        map.end()
    }
}

impl Serialize for Shape<'_, UnitTest> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let test = self.0;
        let given: Vec<_> = test.given.iter().map(|fixture| FixtureShape { fixture, is_given: true }).collect();
        let mut map = serializer.serialize_map(None)?;
        put!(map;
            "model" => test.model,
            "given" => given,
            "expect" => FixtureShape { fixture: &test.expect, is_given: false },
            "name" => test.name,
            "resource_type" => "unit_test",
            "package_name" => test.package_name,
            "path" => test.path,
            "original_file_path" => test.original_file_path,
            "unique_id" => *test.unique_id,
            "fqn" => test.fqn,
            "description" => test.description,
            "overrides" => Some(&test.overrides).filter(|overrides| !overrides.is_empty()),
            "depends_on" => Dependencies { macros: &test.depends_on.macros, nodes: &test.depends_on.nodes },
            "config" => *test.config.values,
            "checksum" => test.checksum,
            "schema" => test.schema,
            "created_at" => test.created_at,
            "versions" => test.versions,
            "version" => test.version,
        );
        map.end()
    }
}

impl Serialize for Shape<'_, Exposure> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let exposure = self.0;
        let mut map = serializer.serialize_map(None)?;
        put!(map;
            "name" => exposure.name,
            "resource_type" => "exposure",
            "package_name" => exposure.package_name,
            "path" => exposure.path,
            "original_file_path" => exposure.original_file_path,
            "unique_id" => *exposure.unique_id,
            "fqn" => exposure.fqn,
            "type" => exposure.kind,
            "owner" => exposure.owner,
            "description" => exposure.description,
            "label" => exposure.label,
            "maturity" => exposure.maturity,
            "meta" => exposure.meta,
            "tags" => exposure.tags,
            "config" => *exposure.config.values,
            "unrendered_config" => exposure.unrendered_config,
            "url" => exposure.url,
            "depends_on" => Dependencies { macros: &exposure.depends_on.macros, nodes: &exposure.depends_on.nodes },
            "refs" => Refs(&exposure.refs),
            "sources" => Sources(&exposure.sources),
            "metrics" => exposure.metrics,
            "created_at" => exposure.created_at,
        );
        map.end()
    }
}

impl Serialize for Shape<'_, Group> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let group = self.0;
        let mut map = serializer.serialize_map(None)?;
        put!(map;
            "name" => group.name,
            "resource_type" => "group",
            "package_name" => group.package_name,
            "path" => group.path,
            "original_file_path" => group.original_file_path,
            "unique_id" => *group.unique_id,
            "owner" => group.owner,
            "description" => group.description,
            "config" => group.config,
        );
        map.end()
    }
}

impl Serialize for Shape<'_, Doc> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let doc = self.0;
        let mut map = serializer.serialize_map(None)?;
        put!(map;
            "name" => doc.name,
            "resource_type" => "doc",
            "package_name" => doc.package_name,
            "path" => doc.path,
            "original_file_path" => doc.original_file_path,
            "unique_id" => *doc.unique_id,
            "block_contents" => doc.contents,
        );
        map.end()
    }
}

impl Serialize for Shape<'_, Macro> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let macro_ = self.0;
        let arguments: Vec<_> = macro_.arguments.iter().map(Shape).collect();
        let mut map = serializer.serialize_map(None)?;
        put!(map;
            "name" => macro_.name,
            "resource_type" => "macro",
            "package_name" => macro_.package_name,
            "path" => macro_.path,
            "original_file_path" => macro_.original_file_path,
            "unique_id" => *macro_.unique_id,
            "macro_sql" => macro_.block.text(),
            "depends_on" => MacrosOnly(&macro_.depends_on),
            "description" => macro_.description,
            "meta" => macro_.meta,
            "docs" => macro_.docs,
            "config" => macro_.config,
            "patch_path" => macro_.patch_path,
            "arguments" => arguments,
            "created_at" => macro_.created_at,
            "supported_languages" => macro_.supported_languages,
        );
        map.end()
    }
}

impl Serialize for Shape<'_, super::MacroArgument> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        put!(map; "name" => self.0.name, "type" => self.0.kind, "description" => self.0.description);
        map.end()
    }
}

impl Serialize for Shape<'_, OtherResource> {
    /// The body says everything; what it leaves out and we know comes first.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let other = self.0;
        let mut map = serializer.serialize_map(None)?;
        macro_rules! put_missing {
            ($($key:literal => $value:expr),+ $(,)?) => {
                $(if !other.body.contains_key($key) { put!(map; $key => $value); })+
            };
        }
        put_missing!(
            "name" => other.name,
            "resource_type" => other.resource_type,
            "package_name" => other.package_name,
            "path" => other.path,
            "original_file_path" => other.original_file_path,
            "unique_id" => *other.unique_id,
            "fqn" => other.fqn,
            "config" => *other.config.values,
            "refs" => Refs(&other.refs),
            "depends_on" => Dependencies { macros: &other.depends_on.macros, nodes: &other.depends_on.nodes },
            "created_at" => other.created_at,
        );
        for (key, value) in &other.body {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
