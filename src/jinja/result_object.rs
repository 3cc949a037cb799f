//! `results` of on-run-end hooks: how each node went, with dbt's names.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind, State};

use super::values::{List, from_json, from_map};
use crate::event::RunResult;
use crate::manifest::{Json, JsonMap, Manifest, shape};

pub(super) struct ResultObject {
    result: Arc<RunResult>,
    manifest: Arc<Manifest>,
}

impl ResultObject {
    pub fn value(result: Arc<RunResult>, manifest: Arc<Manifest>) -> Value {
        Value::from_object(Self { result, manifest })
    }

    fn node(&self) -> JsonMap {
        let id = &self.result.node.unique_id;
        if let Some(node) = self.manifest.nodes.get(id) {
            let mut json = shape::node_json(node);
            if let Some(code) = &self.result.compiled_code {
                json.insert("compiled_code".to_string(), code.to_string().into());
                json.insert("compiled".to_string(), true.into());
            }
            return json;
        }
        self.manifest.unit_tests.get(id).map(|test| shape::unit_test_json(test)).unwrap_or_default()
    }

    fn field(&self, name: &str) -> Option<Json> {
        let result = &self.result;
        Some(match name {
            "status" => result.status.name().into(),
            "message" => result.message.clone().into(),
            "failures" => result.failures.into(),
            "unique_id" => result.node.unique_id.to_string().into(),
            "execution_time" => (result.elapsed_ms / 1e3).into(),
            "thread_id" => format!("Thread-{}", result.worker).into(),
            "adapter_response" => Json::Object(result.adapter_response.clone()),
            "batch_results" => result.batch_results.clone().unwrap_or(Json::Null),
            "timing" => result.timing.iter().map(timing).collect(),
            _ => return None,
        })
    }
}

fn timing(timing: &crate::event::Timing) -> Json {
    let time = |seconds: f64| {
        let at = chrono::DateTime::from_timestamp_micros((seconds * 1e6) as i64).unwrap_or_default();
        at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
    };
    serde_json::json!({"name": timing.name, "started_at": time(timing.started_at), "completed_at": time(timing.completed_at)})
}

impl fmt::Debug for ResultObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunResult({}, {})", self.result.node.unique_id, self.result.status.name())
    }
}

impl Object for ResultObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "node" => Some(from_map(&self.node())),
            "timing" => self.field("timing").map(|json| match json {
                Json::Array(items) => List::value(items.iter().map(from_json).collect()),
                other => from_json(&other),
            }),
            name => self.field(name).map(|json| from_json(&json)),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, _: &[Value]) -> Result<Value, Error> {
        if method != "to_dict" {
            return Err(Error::from(ErrorKind::UnknownMethod));
        }
        let names = ["status", "timing", "thread_id", "execution_time", "adapter_response", "message", "failures"];
        let fields = names.iter().filter_map(|name| Some((name.to_string(), self.field(name)?)));
        let mut map: JsonMap = fields.collect();
        map.insert("node".to_string(), Json::Object(self.node()));
        map.insert("unique_id".to_string(), self.result.node.unique_id.to_string().into());
        Ok(from_map(&map))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", **self)
    }
}
