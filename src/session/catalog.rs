//! catalog.json: what the warehouse holds of the project's nodes and sources.

use std::sync::Arc;

use super::attend::attend;
use super::{Exit, Session};
use crate::adapter;
use crate::artifacts::Metadata;
use crate::artifacts::catalog::{self, Catalog};
use crate::event::Event;
use crate::execute::Interrupt;
use crate::graph::Selection;
use crate::jinja::{node_relation, source_relation};
use crate::manifest::{NodeKind, UniqueId};
use crate::relation::Relation;
use crate::report::Reporter;

impl Session {
    /// Asks for what is `selected`, for everything where that is `None`, and writes what is there.
    ///
    /// # Errors
    /// The warehouse cannot be opened, or the file not be written.
    pub fn write_catalog(
        &self,
        selected: Option<&Selection>,
        interrupt: &Interrupt,
        reporter: &mut Reporter,
    ) -> Result<Exit, Exit> {
        let relations = self.relations_of(selected);
        let (tables, problems) = if relations.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let warehouse = self.open_warehouse(reporter)?;
            let on_interrupt = Arc::clone(&warehouse);
            interrupt.listen(move || on_interrupt.adapter.cancel());
            let runner = self.runner();
            let found = attend(reporter, |events| {
                let session = adapter::Session::new(warehouse, events.clone());
                runner.catalog(
                    &relations.iter().map(|(_, relation)| relation.clone()).collect::<Vec<_>>(),
                    &session,
                    &events,
                )
            });
            interrupt.forget_listener();
            found
        };
        let mut catalog = Catalog::of(&relations, &tables);
        catalog.errors = problems.iter().map(|problem| problem.message.clone()).collect();
        let is_whole = problems.is_empty();
        for problem in problems {
            reporter.tell(&Event::Diagnosed(Box::new(problem)));
        }
        let path = self.project.target_path.join("catalog.json");
        let written = catalog::write(&path, &Metadata::of(&self.project), &catalog);
        self.wrote(&path, written, reporter)?;
        Ok(if is_whole { Exit::Fine } else { Exit::Failed })
    }

    /// Nodes and sources that are something in a warehouse.
    fn relations_of(&self, selected: Option<&Selection>) -> Vec<(UniqueId, Relation)> {
        let (kind, quoting) = (self.project.target.kind, self.project.quoting());
        let is_selected = |id: &UniqueId| selected.is_none_or(|selected| selected.contains(id));
        let nodes = self.manifest.nodes.iter().filter(|(_, node)| match &node.kind {
            NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot => !node.is_ephemeral(),
            NodeKind::DataTest(_) | NodeKind::Analysis | NodeKind::Hook(_) | NodeKind::Function(_) => false,
        });
        let nodes = nodes.map(|(id, node)| (id.clone(), node_relation(node, kind, quoting)));
        let sources = self.manifest.sources.iter();
        let sources = sources.map(|(id, table)| (id.clone(), source_relation(table, kind)));
        nodes.chain(sources).filter(|(id, _)| is_selected(id)).collect()
    }
}
