//! A resource of the graph, whichever map of the manifest it stands in, and what all kinds of them have.

use super::ResourceType;
use super::pattern::matches;
use crate::manifest::{Exposure, Manifest, Node, NodeConfig, NodeKind, OtherResource, SourceTable, UniqueId, UnitTest};

#[derive(Clone, Copy)]
pub(super) enum Resource<'a> {
    Node(&'a Node),
    Source(&'a SourceTable),
    UnitTest(&'a UnitTest),
    Exposure(&'a Exposure),
    Other(&'a OtherResource),
}

impl<'a> Resource<'a> {
    pub fn find(manifest: &'a Manifest, id: &UniqueId) -> Option<Self> {
        if let Some(node) = manifest.nodes.get(id) {
            Some(Self::Node(node))
        } else if let Some(table) = manifest.sources.get(id) {
            Some(Self::Source(table))
        } else if let Some(test) = manifest.unit_tests.get(id) {
            Some(Self::UnitTest(test))
        } else if let Some(exposure) = manifest.exposures.get(id) {
            Some(Self::Exposure(exposure))
        } else {
            manifest.others.get(id).map(|other| Self::Other(other))
        }
    }

    pub fn kind(self) -> Option<ResourceType> {
        ResourceType::from_name(match self {
            Self::Node(node) => node.kind.resource_type(),
            Self::Source(_) => "source",
            Self::UnitTest(_) => "unit_test",
            Self::Exposure(_) => "exposure",
            Self::Other(other) => other.resource_type,
        })
    }

    pub fn config(self) -> &'a NodeConfig {
        match self {
            Self::Node(node) => &node.config,
            Self::Source(table) => &table.config,
            Self::UnitTest(test) => &test.config,
            Self::Exposure(exposure) => &exposure.config,
            Self::Other(other) => &other.config,
        }
    }

    pub fn name(self) -> &'a str {
        match self {
            Self::Node(node) => &node.name,
            Self::Source(table) => &table.name,
            Self::UnitTest(test) => &test.name,
            Self::Exposure(exposure) => &exposure.name,
            Self::Other(other) => &other.name,
        }
    }

    pub fn package_name(self) -> &'a str {
        match self {
            Self::Node(node) => &node.package_name,
            Self::Source(table) => &table.package_name,
            Self::UnitTest(test) => &test.package_name,
            Self::Exposure(exposure) => &exposure.package_name,
            Self::Other(other) => &other.package_name,
        }
    }

    pub fn fqn(self) -> &'a [String] {
        match self {
            Self::Node(node) => &node.fqn,
            Self::Source(table) => &table.fqn,
            Self::UnitTest(test) => &test.fqn,
            Self::Exposure(exposure) => &exposure.fqn,
            Self::Other(other) => &other.fqn,
        }
    }

    pub fn original_file_path(self) -> &'a str {
        match self {
            Self::Node(node) => &node.original_file_path,
            Self::Source(table) => &table.original_file_path,
            Self::UnitTest(test) => &test.original_file_path,
            Self::Exposure(exposure) => &exposure.original_file_path,
            Self::Other(other) => &other.original_file_path,
        }
    }

    pub fn has_tag(self, pattern: &str) -> bool {
        let is_match = |tags: &[String]| tags.iter().any(|tag| matches(pattern, tag));
        match self {
            Self::Node(node) => is_match(&node.tags),
            Self::Source(table) => is_match(&table.tags),
            Self::UnitTest(test) => is_match(&test.config.tags()),
            Self::Exposure(exposure) => is_match(&exposure.tags),
            Self::Other(other) => is_match(&other.tags),
        }
    }

    pub fn is_versioned(self) -> bool {
        matches!(self, Self::Node(Node { kind: NodeKind::Model(model), .. }) if model.version.is_some())
    }
}
