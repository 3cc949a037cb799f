//! Datasets and tables: listed, described, changed without SQL.
//!
//! An absent dataset has no tables; a listing that was refused is an error, because "nothing there" leads
//! to replacing what is there.

use std::time::Duration;

use serde_json::json;

use super::answer::explain;
use super::clock::Signal;
use super::error::ApiError;
use super::jobs::Jobs;
use super::schema;
use super::transport::{Body, Call, percent};
use crate::adapter::{AdapterError, ErrorKind};
use crate::manifest::{Json, JsonMap};
use crate::relation::{Column, Quoting, Relation, RelationKind, SchemaName};

const LIST_PAGE: usize = 1000;
/// Times a change is made again because somebody else changed the table in between.
const CHANGES_MAX: u32 = 5;

impl Jobs {
    /// # Errors
    /// The listing was refused, or the project is not there.
    pub fn datasets(&self, project: Option<&str>) -> Result<Vec<String>, AdapterError> {
        let path = format!("/bigquery/v2/projects/{}/datasets", percent(project.unwrap_or(&self.settings.project)));
        let datasets =
            self.list(&path, "datasets").map_err(|error| named(error, "list the datasets", &path_name(&path)))?;
        Ok(datasets
            .iter()
            .filter_map(|dataset| dataset["datasetReference"]["datasetId"].as_str())
            .map(str::to_string)
            .collect())
    }

    /// # Errors
    /// The listing was refused, or the project is not there. A dataset that is not there has no relations.
    pub fn relations(&self, schema: &SchemaName) -> Result<Vec<Relation>, AdapterError> {
        let path = format!("{}/tables", self.dataset_path(schema.database.as_deref(), &schema.schema));
        let tables = match self.list(&path, "tables") {
            Ok(tables) => tables,
            Err(error) if is_no_dataset(&error) => return Ok(Vec::new()),
            Err(error) => return Err(named(error, "list the tables of", &schema.to_string())),
        };
        let project = schema.database.as_ref().unwrap_or(&self.settings.project);
        let relation = |table: &Json| {
            let name = table["tableReference"]["tableId"].as_str()?;
            let relation = Relation::new(Some(project.clone()), schema.schema.clone(), name, Quoting::ALL, '`');
            Some(relation.with_kind(kind(table["type"].as_str().unwrap_or_default())))
        };
        Ok(tables.iter().filter_map(relation).collect())
    }

    /// # Errors
    /// `NotFound` when there is no such table.
    pub fn columns(&self, relation: &Relation) -> Result<Vec<Column>, AdapterError> {
        Ok(schema::columns(&self.resource(relation)?["schema"]["fields"]))
    }

    /// The body of `tables.get`; without an identifier, of `datasets.get`.
    ///
    /// # Errors
    /// `NotFound` when there is no such thing.
    pub fn describe(&self, relation: &Relation) -> Result<JsonMap, AdapterError> {
        Ok(self.resource(relation)?.as_object().cloned().unwrap_or_default())
    }

    /// Rows of a table that a statement just made; `None` when that cannot be told, which is no reason to fail.
    pub fn row_count(&self, table: &Json) -> Option<i64> {
        let part = |key: &str| table[key].as_str().map(percent);
        let path = format!(
            "/bigquery/v2/projects/{}/datasets/{}/tables/{}",
            part("projectId")?,
            part("datasetId")?,
            part("tableId")?
        );
        let reply = self.transport.send_retrying(&Call::get(path), self.read_retry(), &Signal::default()).ok()?;
        super::answer::number(&reply.json()["numRows"])
    }

    /// Changes a table's (or dataset's) metadata: reads it, lays `patch` over it, and writes it back only if nobody
    /// changed it in between. Columns are matched by name at every depth: what the patch does not mention, such as
    /// policy tags, stays. Columns that are not there yet are added at the end. Entries of a dataset's `access` are
    /// added to those that are there.
    ///
    /// # Errors
    /// BigQuery refuses, or others kept changing the table.
    pub fn patch(&self, relation: &Relation, patch: &JsonMap) -> Result<(), AdapterError> {
        let path = self.resource_path(relation);
        let refused = |error| named(error, "change", &relation.to_string());
        for _ in 0..CHANGES_MAX {
            let now = self.resource(relation)?;
            let change = merged(&now, patch);
            if change.is_empty() {
                return Ok(());
            }
            let body = Json::Object(change);
            let call = Call::new("PATCH", path.clone()).body(Body::Json(&body));
            let call = match now["etag"].as_str() {
                Some(etag) => call.header("if-match", etag),
                None => call,
            };
            match self.transport.send_retrying(&call, self.read_retry(), &Signal::default()) {
                Ok(_) => return Ok(()),
                // Somebody was quicker; or our own first try arrived and its answer was lost. Reading again tells.
                Err(error) if error.status == Some(412) => {}
                Err(error) => return Err(refused(error)),
            }
        }
        Err(AdapterError::new(ErrorKind::Transient, format!("{relation} is being changed by others all the time")))
    }

    /// Makes a dataset unless it is there, in the target's location.
    ///
    /// # Errors
    /// BigQuery refuses.
    pub fn ensure_dataset(&self, schema: &SchemaName) -> Result<(), AdapterError> {
        let refused = |error| named(error, "create the dataset", &schema.to_string());
        let path = self.dataset_path(schema.database.as_deref(), &schema.schema);
        match self.transport.send_retrying(&Call::get(path), self.read_retry(), &Signal::default()) {
            Ok(_) => return Ok(()),
            Err(error) if is_no_dataset(&error) => {}
            Err(error) => return Err(refused(error)),
        }
        let project = schema.database.as_ref().unwrap_or(&self.settings.project);
        let mut body = json!({"datasetReference": {"projectId": project, "datasetId": schema.schema}});
        if let Some(location) = &self.settings.location {
            body["location"] = location.as_str().into();
        }
        let call =
            Call::new("POST", format!("/bigquery/v2/projects/{}/datasets", percent(project))).body(Body::Json(&body));
        match self.transport.send_retrying(&call, self.read_retry(), &Signal::default()) {
            Ok(_) => Ok(()),
            Err(error) if error.status == Some(409) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }

    /// Removes a table; one that is not there is as good as removed.
    ///
    /// # Errors
    /// BigQuery refuses.
    pub fn delete_table(&self, relation: &Relation) -> Result<(), AdapterError> {
        let call = Call::new("DELETE", self.resource_path(relation)).timeout(Duration::from_secs(60));
        match self.transport.send_retrying(&call, self.read_retry(), &Signal::default()) {
            Ok(_) => Ok(()),
            Err(error) if error.status == Some(404) => Ok(()),
            Err(error) => Err(named(error, "drop", &relation.to_string())),
        }
    }

    fn resource(&self, relation: &Relation) -> Result<Json, AdapterError> {
        let call = Call::get(self.resource_path(relation));
        match self.transport.send_retrying(&call, self.read_retry(), &Signal::default()) {
            Ok(reply) => Ok(reply.json()),
            Err(error) => Err(named(error, "look at", &relation.to_string())),
        }
    }

    fn resource_path(&self, relation: &Relation) -> String {
        let dataset = self.dataset_path(relation.database.as_deref(), relation.schema.as_deref().unwrap_or_default());
        match &relation.identifier {
            Some(table) => format!("{dataset}/tables/{}", percent(table)),
            None => dataset,
        }
    }

    fn dataset_path(&self, project: Option<&str>, dataset: &str) -> String {
        let project = project.unwrap_or(&self.settings.project);
        format!("/bigquery/v2/projects/{}/datasets/{}", percent(project), percent(dataset))
    }

    /// All pages of a listing.
    fn list(&self, path: &str, key: &str) -> Result<Vec<Json>, ApiError> {
        let mut items = Vec::new();
        let mut page = None;
        loop {
            let call = Call::get(path).query("maxResults", LIST_PAGE.to_string()).query_if("pageToken", page);
            let mut body = self.transport.send_retrying(&call, self.read_retry(), &Signal::default())?.json();
            // An answer that is no listing, such as a proxy's page with status 200, is not "nothing there".
            if !body.is_object() {
                return Err(ApiError {
                    status: Some(502),
                    message: "the answer to a listing is not JSON".to_string(),
                    ..ApiError::default()
                });
            }
            page = body["nextPageToken"].as_str().filter(|token| !token.is_empty()).map(str::to_string);
            if let Json::Array(more) = body[key].take() {
                items.extend(more);
            }
            if page.is_none() {
                return Ok(items);
            }
        }
    }
}

/// What BigQuery's type of a table is in dbt's words.
fn kind(name: &str) -> RelationKind {
    match name {
        "VIEW" => RelationKind::View,
        "MATERIALIZED_VIEW" => RelationKind::MaterializedView,
        "EXTERNAL" => RelationKind::External,
        // TABLE, SNAPSHOT, CLONE.
        _ => RelationKind::Table,
    }
}

/// A 404 that is about the dataset: of a project it would mean that nothing is known.
fn is_no_dataset(error: &ApiError) -> bool {
    error.status == Some(404) && error.message.contains("Dataset")
}

fn named(error: ApiError, verb: &str, name: &str) -> AdapterError {
    let mut explained = explain(error, None);
    explained.message = format!("cannot {verb} {name}: {}", explained.message);
    explained
}

fn path_name(path: &str) -> String {
    format!("of `{}`", path.split('/').nth(4).unwrap_or_default())
}

/// The parts of `patch` that differ from what is there, columns and access laid over the present ones.
fn merged(now: &Json, patch: &JsonMap) -> JsonMap {
    let mut change = JsonMap::new();
    for (key, wanted) in patch {
        let value = match key.as_str() {
            "schema" => json!({"fields": merged_fields(&now["schema"]["fields"], &wanted["fields"])}),
            "access" => merged_access(&now["access"], wanted),
            _ => wanted.clone(),
        };
        if now.get(key) != Some(&value) {
            change.insert(key.clone(), value);
        }
    }
    change
}

fn merged_fields(now: &Json, wanted: &Json) -> Json {
    let mut fields = now.as_array().cloned().unwrap_or_default();
    for want in wanted.as_array().into_iter().flatten() {
        let name = want["name"].as_str().unwrap_or_default();
        let present = fields
            .iter_mut()
            .find(|field| field["name"].as_str().is_some_and(|present| present.eq_ignore_ascii_case(name)));
        let Some(Json::Object(present)) = present else {
            fields.push(want.clone());
            continue;
        };
        for (key, value) in want.as_object().into_iter().flatten() {
            match key.as_str() {
                // Names and types say which column is meant; here they are not changed.
                "name" | "type" | "mode" => {}
                "fields" => {
                    let inner = merged_fields(present.get("fields").unwrap_or(&Json::Null), value);
                    present.insert(key.clone(), inner);
                }
                _ => {
                    present.insert(key.clone(), value.clone());
                }
            }
        }
    }
    Json::Array(fields)
}

fn merged_access(now: &Json, wanted: &Json) -> Json {
    let mut entries = now.as_array().cloned().unwrap_or_default();
    for entry in wanted.as_array().into_iter().flatten() {
        if !entries.contains(entry) {
            entries.push(entry.clone());
        }
    }
    Json::Array(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_laid_over_nested_columns_and_tags_stay() {
        let now = json!({"description": "old", "schema": {"fields": [
            {"name": "id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["pii"]}},
            {"name": "s", "type": "RECORD", "fields": [{"name": "a", "type": "STRING", "description": "kept"}, {"name": "b", "type": "STRING"}]}
        ]}});
        let patch = json!({"description": "old", "schema": {"fields": [
            {"name": "ID", "description": "the key"}, {"name": "s", "fields": [{"name": "b", "description": "b's"}]}, {"name": "new", "type": "DATE"}
        ]}});
        let change = merged(&now, patch.as_object().expect("an object"));
        assert_eq!(
            Json::Object(change),
            json!({"schema": {"fields": [
                {"name": "id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["pii"]}, "description": "the key"},
                {"name": "s", "type": "RECORD", "fields": [{"name": "a", "type": "STRING", "description": "kept"}, {"name": "b", "type": "STRING", "description": "b's"}]},
                {"name": "new", "type": "DATE"}
            ]}})
        );
    }

    #[test]
    fn access_is_added_and_nothing_changed_is_no_change() {
        let now = json!({"access": [{"role": "OWNER", "userByEmail": "a"}]});
        let same = json!({"access": [{"role": "OWNER", "userByEmail": "a"}]});
        assert!(merged(&now, same.as_object().expect("an object")).is_empty());
        let more = json!({"access": [{"view": {"tableId": "v"}}]});
        let change = merged(&now, more.as_object().expect("an object"));
        assert_eq!(change["access"], json!([{"role": "OWNER", "userByEmail": "a"}, {"view": {"tableId": "v"}}]));
    }
}
