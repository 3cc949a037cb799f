//! Checks what a run needs, one thing after the other: project, profile, connection.

use std::sync::Arc;

use super::attend::attend;
use super::{Exit, Settings, Teller, warehouse};
use crate::adapter::{Fetch, Session as AdapterSession};
use crate::event::Event;
use crate::jinja::YamlEngine;
use crate::manifest::Json;
use crate::project::{Judge, Project, Target};
use crate::report::Reporter;

/// Facts of a target that help to see what is meant; no others are shown, since any of them may be a secret.
const SHOWN_SETTINGS: [&str; 11] = [
    "path",
    "database",
    "schema",
    "project",
    "dataset",
    "location",
    "method",
    "execution_project",
    "api_endpoint",
    "priority",
    "maximum_bytes_billed",
];

/// # Errors
/// Something does not work; it was told.
pub fn check(settings: &Settings, skips_project: bool, reporter: &mut Reporter) -> Result<(), Exit> {
    let judge = Judge::new(&settings.invocation.flags);
    let mut teller = Teller { judge: &judge, reporter, has_error: false };
    let loaded = Project::load(&settings.load, &YamlEngine::new(), Arc::clone(&settings.invocation));
    let (project, problems) = teller.either(loaded).map_err(|_| Exit::Failed)?;
    teller.tell_all(problems);
    teller.end().map_err(|_| Exit::Failed)?;
    if !skips_project {
        print(reporter, &format!("project `{}` at {}: ok", project.name(), project.root.display()));
    }
    let target = &project.target;
    print(reporter, &format!("profile `{}`, target `{}`: ok", target.profile_name, target.name));
    for line in shown(target) {
        print(reporter, &line);
    }
    connect(&project, settings, reporter)?;
    print(reporter, &format!("connection to {}: ok", target.kind.name()));
    Ok(())
}

fn connect(project: &Project, settings: &Settings, reporter: &mut Reporter) -> Result<(), Exit> {
    let opened = warehouse::open(&project.target, &project.root, &settings.invocation);
    let answered = opened.and_then(|warehouse| {
        let answer = attend(reporter, |events| {
            AdapterSession::new(Arc::clone(&warehouse), events)
                .execute("select 1 as id", Fetch::Rows { limit: Some(1) })
        });
        answer.map_err(|error| Box::new(warehouse::problem(&project.target, &error)))
    });
    answered.map(|_| ()).map_err(|problem| {
        reporter.tell(&Event::Diagnosed(problem));
        Exit::Failed
    })
}

fn shown(target: &Target) -> Vec<String> {
    let settings = SHOWN_SETTINGS.iter().filter_map(|key| Some((key, target.settings.get(*key)?)));
    settings
        .map(|(key, value)| match value {
            Json::String(text) => format!("  {key}: {text}"),
            other => format!("  {key}: {other}"),
        })
        .collect()
}

fn print(reporter: &mut Reporter, message: &str) {
    reporter.tell(&Event::Output { message: message.to_string() });
}
