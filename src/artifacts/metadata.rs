//! Who wrote an artifact, when and for what: the `metadata` of each of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use md5::{Digest, Md5};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::manifest::{Json, JsonMap};
use crate::project::Project;
use crate::relation::AdapterKind;

/// The dbt whose artifacts these are like; readers decide by it how to read.
pub const DBT_VERSION: &str = "1.12.6";

/// Variables with this prefix are passed on to readers, without it.
const CUSTOM_ENV_PREFIX: &str = "DBT_ENV_CUSTOM_ENV_";

/// What all artifacts of one run say about it.
#[derive(Clone, Debug)]
pub struct Metadata {
    pub project_name: String,
    pub adapter: AdapterKind,
    pub invocation_id: String,
    pub started_at: DateTime<Utc>,
    pub env: BTreeMap<String, String>,
    /// The project's `quoting`, with the adapter's defaults filled in.
    pub quoting: JsonMap,
}

impl Metadata {
    pub fn of(project: &Project) -> Self {
        let written = project.packages.first().and_then(|package| package.config.get("quoting"));
        let quoting = ["database", "schema", "identifier", "column"].map(|part| {
            let default = if part == "column" { Json::Null } else { Json::Bool(true) };
            (part.to_string(), written.and_then(|quoting| quoting.get(part)).cloned().unwrap_or(default))
        });
        let env = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?.strip_prefix(CUSTOM_ENV_PREFIX)?.to_string();
            Some((name, value.to_str()?.to_string()))
        });
        Self {
            project_name: project.name().to_string(),
            adapter: project.target.kind,
            invocation_id: project.invocation.id.clone(),
            started_at: project.invocation.started_at,
            env: env.collect(),
            quoting: quoting.into_iter().collect(),
        }
    }

    /// The part that every artifact has; `artifact` is `manifest/v12` and the like.
    pub(super) fn common(&self, artifact: &'static str) -> CommonMetadata<'_> {
        CommonMetadata { metadata: self, artifact }
    }

    fn put_common<M: SerializeMap>(&self, map: &mut M, artifact: &str) -> Result<(), M::Error> {
        let started_at = utc_text(&self.started_at);
        map.serialize_entry("dbt_schema_version", &format!("https://schemas.getdbt.com/dbt/{artifact}.json"))?;
        map.serialize_entry("dbt_version", DBT_VERSION)?;
        map.serialize_entry("generated_at", &started_at)?;
        map.serialize_entry("invocation_id", &self.invocation_id)?;
        map.serialize_entry("invocation_started_at", &started_at)?;
        map.serialize_entry("env", &self.env)
    }
}

pub(super) struct CommonMetadata<'a> {
    metadata: &'a Metadata,
    artifact: &'static str,
}

impl Serialize for CommonMetadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.metadata.put_common(&mut map, self.artifact)?;
        map.end()
    }
}

/// `metadata` of manifest.json.
pub(super) struct ManifestMetadata<'a>(pub &'a Metadata);

impl Serialize for ManifestMetadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let metadata = self.0;
        let mut map = serializer.serialize_map(None)?;
        metadata.put_common(&mut map, "manifest/v12")?;
        map.serialize_entry("project_name", &metadata.project_name)?;
        map.serialize_entry("project_id", &project_id(&metadata.project_name))?;
        map.serialize_entry("user_id", &Json::Null)?;
        map.serialize_entry("send_anonymous_usage_stats", &false)?;
        map.serialize_entry("adapter_type", metadata.adapter.name())?;
        map.serialize_entry("quoting", &metadata.quoting)?;
        map.serialize_entry("run_started_at", &metadata.started_at.to_rfc3339_opts(SecondsFormat::Micros, false))?;
        map.end()
    }
}

/// MD5 of the project's name, hexadecimal, as dbt identifies projects.
fn project_id(name: &str) -> String {
    Md5::digest(name.as_bytes()).iter().fold(String::with_capacity(32), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string");
        text
    })
}

/// `2026-11-24T07:17:58.125716Z`.
pub(super) fn utc_text(moment: &DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Seconds since the epoch as [`utc_text`]; `None` where they are no moment.
pub(super) fn epoch_text(seconds: f64) -> Option<String> {
    DateTime::<Utc>::from_timestamp_micros((seconds * 1e6).round() as i64).map(|moment| utc_text(&moment))
}

/// A moment of the warehouse as dbt writes it, by Python's `isoformat`: `2026-11-24T07:17:58.125716+00:00`.
pub(super) fn moment_text(seconds: f64) -> Option<String> {
    let moment = DateTime::<Utc>::from_timestamp_micros((seconds * 1e6).round() as i64)?;
    let format = if moment.timestamp_subsec_micros() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    Some(moment.to_rfc3339_opts(format, false))
}
