//! Freshness thresholds: how those of a source, its tables and their configs are joined.
//!
//! Source: dbt-core 1.12, `parser/sources.py`, `merge_source_freshness`.

use serde_json::json;

use crate::manifest::{Freshness, FreshnessThreshold, Json};

pub(crate) enum Merged {
    Thresholds(Json),
    /// Switched off with an explicit null.
    Switched,
    /// Nothing is said: dbt_project.yml may still say something.
    Unset,
}

#[derive(Clone, Default)]
struct Thresholds {
    warn_after: Option<Time>,
    error_after: Option<Time>,
    filter: Option<String>,
}

#[derive(Clone, Default)]
struct Time {
    count: Option<i64>,
    period: Option<String>,
}

impl Time {
    fn is_set(&self) -> bool {
        self.count.is_some() && self.period.is_some()
    }

    fn over(self, below: &Self) -> Self {
        Self { count: self.count.or(below.count), period: self.period.or_else(|| below.period.clone()) }
    }

    fn json(time: Option<&Self>) -> Json {
        time.map_or(Json::Null, |time| json!({"count": time.count, "period": time.period}))
    }
}

impl Thresholds {
    fn is_set(&self) -> bool {
        [&self.warn_after, &self.error_after].into_iter().flatten().any(Time::is_set)
    }
}

/// Joins the levels, each over those before it; a level that is absent changes nothing, a null switches off.
pub(crate) fn merged(levels: [Option<&Json>; 4]) -> Merged {
    let mut levels = levels.into_iter().map(|level| match level {
        None => {
            Some(Thresholds { warn_after: Some(Time::default()), error_after: Some(Time::default()), filter: None })
        }
        Some(Json::Null) => None,
        Some(value) => Some(read(value)),
    });
    let first = levels.next().flatten();
    let merged = levels.fold(first, |below, level| match (below, level) {
        (Some(below), Some(level)) => Some(Thresholds {
            warn_after: join(below.warn_after, level.warn_after),
            error_after: join(below.error_after, level.error_after),
            filter: level.filter.or(below.filter),
        }),
        (None, Some(level)) if level.is_set() => Some(level),
        (None | Some(_), None) | (None, Some(_)) => None,
    });
    match merged {
        None => Merged::Switched,
        Some(thresholds) if thresholds.is_set() => Merged::Thresholds(json!({
            "warn_after": Time::json(thresholds.warn_after.as_ref()),
            "error_after": Time::json(thresholds.error_after.as_ref()),
            "filter": thresholds.filter,
        })),
        Some(_) => Merged::Unset,
    }
}

fn join(below: Option<Time>, level: Option<Time>) -> Option<Time> {
    match (below, level) {
        (Some(below), Some(level)) if below.is_set() && level.is_set() => Some(level.over(&below)),
        (_, None) => None,
        (_, Some(level)) if level.is_set() => Some(level),
        (below, Some(level)) => below.or(Some(level)),
    }
}

fn read(value: &Json) -> Thresholds {
    let time = |key: &str| match value.get(key) {
        None => Some(Time::default()),
        Some(Json::Null) => None,
        Some(time) => Some(Time {
            count: time.get("count").and_then(Json::as_i64),
            period: time.get("period").and_then(Json::as_str).map(str::to_string),
        }),
    };
    Thresholds {
        warn_after: time("warn_after"),
        error_after: time("error_after"),
        filter: value.get("filter").and_then(Json::as_str).map(str::to_string),
    }
}

/// What is wrong with thresholds as written, as the rest of a sentence.
pub(crate) fn complaint(value: &Json) -> Option<String> {
    let map = match value {
        Json::Null => return None,
        Json::Object(map) => map,
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => return Some("is not a map".to_string()),
    };
    for key in ["warn_after", "error_after"] {
        let Some(time) = map.get(key).filter(|time| !time.is_null()) else { continue };
        let period = time.get("period").filter(|period| !period.is_null());
        let count = time.get("count").filter(|count| !count.is_null());
        if let Some(period) = period
            && !matches!(period.as_str(), Some("minute" | "hour" | "day"))
        {
            return Some(format!(
                "has a period that is not `minute`, `hour` or `day`: `{}`",
                crate::manifest::python::text(period)
            ));
        }
        if count.is_some_and(|count| count.as_i64().is_none()) {
            return Some(format!("has a `count` in `{key}` that is not a whole number"));
        }
        if count.is_some() != period.is_some() {
            return Some(format!("has only half of `{key}`: a `count` and a `period` are needed"));
        }
    }
    None
}

/// The thresholds of a resolved config.
pub(crate) fn from_json(value: &Json) -> Freshness {
    let threshold = |key: &str| {
        let time = value.get(key)?;
        let count = time.get("count").and_then(Json::as_i64)?;
        let period = time.get("period").and_then(Json::as_str)?.to_string();
        Some(FreshnessThreshold { count, period })
    };
    Freshness {
        warn_after: threshold("warn_after"),
        error_after: threshold("error_after"),
        filter: value.get("filter").and_then(Json::as_str).map(str::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(levels: [Option<Json>; 4]) -> String {
        match merged([levels[0].as_ref(), levels[1].as_ref(), levels[2].as_ref(), levels[3].as_ref()]) {
            Merged::Thresholds(value) => value.to_string(),
            Merged::Switched => "off".to_string(),
            Merged::Unset => "unset".to_string(),
        }
    }

    #[test]
    fn a_table_goes_over_its_source_and_a_null_switches_off() {
        let source = || Some(json!({"warn_after": {"count": 1, "period": "day"}, "filter": "x"}));
        insta::assert_snapshot!(shown([None, None, None, None]), @"unset");
        insta::assert_snapshot!(
            shown([source(), None, Some(json!({"warn_after": {"count": 2, "period": "day"}})), None]),
            @r#"{"warn_after":{"count":2,"period":"day"},"error_after":{"count":null,"period":null},"filter":"x"}"#
        );
        insta::assert_snapshot!(shown([source(), None, Some(Json::Null), None]), @"off");
    }

    #[test]
    fn half_a_threshold_is_refused() {
        insta::assert_snapshot!(complaint(&json!({"warn_after": {"count": 1}})).unwrap_or_default(), @"has only half of `warn_after`: a `count` and a `period` are needed");
        insta::assert_snapshot!(complaint(&json!({"warn_after": {"count": 1, "period": "week"}})).unwrap_or_default(), @"has a period that is not `minute`, `hour` or `day`: `week`");
        assert_eq!(complaint(&json!({"error_after": {"count": 1, "period": "hour"}})), None);
    }
}
