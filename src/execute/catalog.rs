//! What the warehouse holds of a project's relations, by the macros that ask it.
//!
//! Source: dbt-adapters, `BaseAdapter.get_filtered_catalog`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::runner::NodeRunner;
use crate::adapter::{AdapterError, Session, Table};
use crate::diagnostic::Diagnostic;
use crate::event::EventSender;
use crate::jinja::{Argument, warehouse_diagnostic};
use crate::manifest::Json;
use crate::relation::{AdapterKind, Relation};
use crate::source::{SourceFile, Span};

/// Above this many relations whole schemas are asked for. Source: `BaseAdapter.MAX_SCHEMA_METADATA_RELATIONS`.
const RELATIONS_MAX: usize = 100;

impl NodeRunner {
    /// Tables of one row for each column of each relation that is there. What could not be asked is a problem.
    pub fn catalog(
        &self,
        relations: &[Relation],
        session: &Arc<Session>,
        events: &EventSender,
    ) -> (Vec<Table>, Vec<Diagnostic>) {
        let mut places: BTreeMap<(Option<String>, Option<String>), Vec<Relation>> = BTreeMap::new();
        for relation in relations {
            // Each dataset of BigQuery describes itself; DuckDB's databases describe all that is in them.
            let schema = match self.project.target.kind {
                AdapterKind::BigQuery => relation.schema.clone(),
                AdapterKind::DuckDb => None,
            };
            places.entry((relation.database.clone(), schema)).or_default().push(relation.clone());
        }
        let asks_for_each = relations.len() <= RELATIONS_MAX;
        let mut tables = Vec::new();
        let mut problems = Vec::new();
        for ((database, schema), relations) in places {
            let is_there = schema.is_none_or(|schema| match session.schemas(database.as_deref()) {
                Ok(schemas) => schemas.contains(&schema),
                Err(error) => {
                    problems.push(told(&error));
                    false
                }
            });
            if !is_there {
                continue;
            }
            match self.catalog_of(relations, asks_for_each, session, events) {
                Ok(table) => tables.extend(table),
                Err(problem) => problems.push(*problem),
            }
        }
        (tables, problems)
    }

    fn catalog_of(
        &self,
        relations: Vec<Relation>,
        asks_for_each: bool,
        session: &Arc<Session>,
        events: &EventSender,
    ) -> Result<Option<Table>, Box<Diagnostic>> {
        let Some(first) = relations.first().cloned() else { return Ok(None) };
        let information_schema = ("information_schema", Argument::InformationSchemaOf(first));
        let file = SourceFile::in_memory("<catalog>", "");
        let scope = self.scope(session, events, None, self.project.name(), Span::start_of(&file));
        let called = if asks_for_each {
            let arguments = vec![information_schema, ("relations", Argument::Relations(relations))];
            self.engine.call_with(&scope, "get_catalog_relations", arguments)?
        } else {
            let schemas: BTreeSet<String> =
                relations.iter().filter_map(|relation| Some(relation.schema.as_deref()?.to_lowercase())).collect();
            let schemas = Argument::Plain(Json::from(Vec::from_iter(schemas)));
            self.engine.call_with(&scope, "get_catalog", vec![information_schema, ("schemas", schemas)])?
        };
        Ok(called.table)
    }
}

fn told(error: &AdapterError) -> Diagnostic {
    warehouse_diagnostic(error, None, None)
}
