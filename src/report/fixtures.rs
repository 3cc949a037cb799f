//! Results to tell of, for the tests of this room.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::event::{NodeInfo, NodeStatus, RunResult, Timing};
use crate::manifest::JsonMap;

pub fn node(resource_type: &str, materialized: &str, name: &str, label: &str) -> Arc<NodeInfo> {
    let id = format!("{resource_type}.shop.{name}");
    let schema = label.split_once('.').map_or("", |(schema, _)| schema);
    Arc::new(NodeInfo {
        path: format!("models/{name}.sql"),
        node_path: format!("{name}.sql"),
        label: label.to_string(),
        schema: schema.to_string(),
        ..NodeInfo::without_relation(&id, name, resource_type, materialized)
    })
}

pub fn result(node: Arc<NodeInfo>, status: NodeStatus, rows: Option<i64>) -> RunResult {
    let mut adapter_response = JsonMap::new();
    adapter_response.insert("_message".into(), "OK".into());
    if let Some(rows) = rows {
        adapter_response.insert("rows_affected".into(), rows.into());
    }
    RunResult {
        node,
        status,
        timing: vec![Timing { name: "execute", started_at: 1_767_225_600.0, completed_at: 1_767_225_600.25 }],
        worker: 1,
        elapsed_ms: 250.0,
        adapter_response,
        message: None,
        failures: None,
        compiled_code: None,
        compiled_overloads: Vec::new(),
        called_macros: Vec::new(),
        compiled_path: None,
        problem: None,
        batch_results: None,
    }
}

pub fn failed(node: Arc<NodeInfo>, failures: i64, problem: Option<Diagnostic>) -> RunResult {
    RunResult {
        failures: Some(failures),
        message: Some(format!("Got {failures} results, configured to fail if != 0")),
        problem: problem.map(Box::new),
        ..result(node, NodeStatus::Fail, None)
    }
}
