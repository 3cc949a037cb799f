//! From what was typed to [`Settings`], and to those who tell the run.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::flags::{Effect, FLAGS, Kind};
use super::values::{Environment, Values};
use super::yaml;
use crate::diagnostic::Diagnostic;
use crate::event::Level;
use crate::manifest::{Json, JsonMap};
use crate::project::{Flags, Invocation, LoadOptions, check_options};
use crate::report::{
    JsonLinesSink, LogFile, LogFileSink, LogFormat, Output, Reporter, Secrets, Style, TerminalSink, Volume,
};
use crate::session::{Asked, DeferralAsked, Settings};

/// Columns where there is no terminal to ask and nobody said.
const PRINTER_COLUMNS: usize = 120;
/// Source: dbt-core 1.12, `--log-file-max-bytes`.
const LOG_FILE_BYTES_MAX: i64 = 10 * 1024 * 1024;

/// # Errors
/// A flag or a variable says something that cannot be.
pub fn settings(values: &Values<'_>, project_dir: &Path, call: &Call) -> Result<Settings, Box<Diagnostic>> {
    let on = |name| values.switch(name).map(Option::unwrap_or_default);
    let warn_error_options = match values.text("warn-error-options") {
        Some(text) => {
            let options = yaml::map("--warn-error-options", &text)?;
            if let Some(problem) = check_options(&options) {
                return Err(Box::new(problem));
            }
            Some(Json::Object(options))
        }
        None => None,
    };
    let flags = Flags {
        full_refresh: on("full-refresh")?,
        store_failures: on("store-failures")?,
        fail_fast: on("fail-fast")?,
        empty: on("empty")?,
        is_strict: on("strict")?,
        quiet: on("quiet")?,
        warn_error: on("warn-error")?,
        warn_error_options: warn_error_options.filter(|options| options.as_object().is_some_and(|map| !map.is_empty())),
    };
    let threads = match values.number("threads")? {
        Some(count) if count < 1 => {
            return Err(Box::new(Diagnostic::error("bad-flag", "`--threads` must be at least 1")));
        }
        count => count.map(|count| count as usize),
    };
    let vars = values.text("vars").map(|text| yaml::map("--vars", &text)).transpose()?.unwrap_or_default();
    let asked = Asked {
        select: [values.criteria("select"), values.criteria("models")].concat(),
        exclude: values.criteria("exclude"),
        selector: values.text("selector"),
        indirect: values.choice("indirect-selection")?,
        resource_types: resource_types(values)?,
        exclude_resource_types: values.list("exclude-resource-types"),
        must_match: on("error-if-nothing-selected")?,
        again: None,
    };
    let load = LoadOptions {
        project_dir: values.text("project-dir").map(PathBuf::from),
        profiles_dir: values.text("profiles-dir").map(PathBuf::from),
        profile: values.text("profile"),
        target: values.text("target"),
        target_path: values.text("target-path").map(PathBuf::from),
        threads,
        vars,
        checks_version: values.switch("version-check")?.unwrap_or(true),
        environment: values.environment.clone(),
        ..LoadOptions::new(std::env::current_dir().unwrap_or_default())
    };
    let mut args = args(values, project_dir, &load.vars, &asked, call)?;
    if let Some(folder) = crate::project::profiles_dir(&load, project_dir) {
        args.insert("profiles_dir".to_string(), Json::from(folder.display().to_string()));
    }
    let invocation = Invocation {
        id: call.id.clone(),
        started_at: call.started_at,
        command: values.arguments.command.clone(),
        flags,
        args,
    };
    Ok(Settings {
        invocation: Arc::new(invocation),
        load,
        project_dir: project_dir.to_path_buf(),
        asked,
        state: values.text("state").map(PathBuf::from),
        deferral: DeferralAsked {
            is_on: on("defer")?,
            favors_state: on("favor-state")?,
            state: values.text("defer-state").map(PathBuf::from),
        },
        sources_path: if values.arguments.command == "freshness" {
            values.text("output").map(PathBuf::from)
        } else {
            None
        },
        writes_json: values.switch("write-json")?.unwrap_or(true),
        uses_memory: values.switch("partial-parse")?.unwrap_or(true),
    })
}

/// This call: made once, in `cli::run`.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: String,
    pub started_at: DateTime<Utc>,
    /// As typed, for the artifacts.
    pub line: String,
}

/// `ls -m x` lists models only; elsewhere `-m` is another name of `-s`.
/// Source: dbt-core 1.12, `ListTask`.
fn resource_types(values: &Values<'_>) -> Result<Vec<String>, Box<Diagnostic>> {
    let types = values.list("resource-types");
    if values.arguments.command != "list" || values.list("models").is_empty() {
        return Ok(types);
    }
    for (other, is_used) in [("--select", !values.list("select").is_empty()), ("--resource-type", !types.is_empty())] {
        if is_used {
            let problem = Diagnostic::error("bad-flag", format!("`--models` and `{other}` exclude each other"));
            return Err(Box::new(problem.help(format!("use `{other}` alone"))));
        }
    }
    Ok(vec!["model".to_string()])
}

/// What run_results.json and `invocation_args_dict` show of the call.
fn args(
    values: &Values<'_>,
    project_dir: &Path,
    vars: &JsonMap,
    asked: &Asked,
    call: &Call,
) -> Result<JsonMap, Box<Diagnostic>> {
    let command = &values.arguments.command;
    let mut args = JsonMap::new();
    for (name, default) in [
        ("quiet", false),
        ("debug", false),
        ("fail-fast", false),
        ("full-refresh", false),
        ("empty", false),
        ("store-failures", false),
        ("print", true),
        ("use-colors", true),
        ("write-json", true),
        ("warn-error", false),
    ] {
        if let Some(flag) = super::flags::find(command, name) {
            args.insert(flag.key(), Json::from(values.switch(name)?.unwrap_or(default)));
        }
    }
    for (name, default) in [("log-format", "default"), ("log-level", "info"), ("indirect-selection", "eager")] {
        args.insert(name.replace('-', "_"), Json::from(values.choice(name)?.unwrap_or_else(|| default.to_string())));
    }
    for flag in FLAGS.iter().filter(|flag| flag.is_of(command) && flag.effect == Effect::Real) {
        let value = match flag.kind {
            Kind::Switch | Kind::Pair => values.switch(flag.name)?.map(Json::from),
            Kind::Text(_) | Kind::Choice(_) => values.text(flag.name).map(Json::from),
            Kind::List(_) => Some(values.list(flag.name)).filter(|list| !list.is_empty()).map(Json::from),
        };
        if let Some(value) = value {
            args.entry(flag.key()).or_insert(value);
        }
    }
    if command == "show" {
        args.insert("limit".to_string(), Json::from(values.number("limit")?.unwrap_or(super::commands::SHOWN_ROWS)));
    }
    if let Some(called) = values.positional("macro").into_iter().next() {
        args.insert("macro".to_string(), Json::from(called));
    }
    args.insert("project_dir".to_string(), Json::from(project_dir.display().to_string()));
    args.insert("select".to_string(), Json::from(asked.select.clone()));
    args.insert("exclude".to_string(), Json::from(asked.exclude.clone()));
    args.insert("vars".to_string(), Json::Object(vars.clone()));
    args.insert("which".to_string(), Json::from(command.as_str()));
    args.insert("invocation_command".to_string(), Json::from(call.line.as_str()));
    Ok(args)
}

/// Everyone who is told of the run, and where data of the command itself goes.
///
/// # Errors
/// A flag or a variable says something that cannot be.
pub fn reporter(
    values: &Values<'_>,
    environment: &Environment,
    project_dir: Option<&Path>,
    call: &Call,
) -> Result<Reporter, Box<Diagnostic>> {
    let secrets = environment.iter().filter(|(name, _)| name.starts_with("DBT_ENV_SECRET"));
    let secrets = Secrets::new(secrets.map(|(_, value)| value.clone()));
    let least = least(values)?;
    let format = values.choice("log-format")?.unwrap_or_default();
    let reporter = if format == "json" {
        Reporter::default().with(JsonLinesSink::new(Output::stdout(secrets.clone()), &call.id, least, Utc::now))
    } else {
        let is_terminal = std::io::stderr().is_terminal();
        let style = Style { is_colored: is_colored(values, environment, is_terminal)?, columns: columns(values)? };
        let volume = Volume { least, prints: values.switch("print")?.unwrap_or(true) };
        let (talk, data) = (Output::stderr(secrets.clone()), Output::stdout(secrets.clone()));
        Reporter::default().with(TerminalSink::new(talk, data, style, volume, is_terminal))
    };
    match (log_file(values, &format, project_dir)?, project_dir) {
        (Some(file), Some(project_dir)) => Ok(with_log_file(reporter, file, project_dir, call, secrets)),
        _ => Ok(reporter),
    }
}

/// A log that cannot be kept is no reason not to run.
fn with_log_file(mut reporter: Reporter, file: LogFile, project_dir: &Path, call: &Call, secrets: Secrets) -> Reporter {
    let folder = project_dir.join(&file.folder);
    let shown = folder.display().to_string();
    match LogFileSink::open(LogFile { folder, ..file }, &call.id, secrets, Utc::now) {
        Ok(sink) => reporter.with(sink),
        Err(error) => {
            let problem = Diagnostic::warning("no-log-file", format!("cannot write a log to `{shown}`: {error}"));
            let problem = problem.help("choose another folder with `--log-path`, or `--log-level-file none`");
            reporter.tell(&crate::event::Event::Diagnosed(Box::new(problem)));
            reporter
        }
    }
}

fn least(values: &Values<'_>) -> Result<Option<Level>, Box<Diagnostic>> {
    if values.switch("quiet")?.unwrap_or_default() {
        return Ok(Some(Level::Error));
    }
    if values.switch("debug")?.unwrap_or_default() {
        return Ok(Some(Level::Debug));
    }
    Ok(level(values.choice("log-level")?.as_deref().unwrap_or("info")))
}

fn level(word: &str) -> Option<Level> {
    [Level::Debug, Level::Info, Level::Warn, Level::Error].into_iter().find(|level| level.name() == word)
}

fn is_colored(values: &Values<'_>, environment: &Environment, is_terminal: bool) -> Result<bool, Box<Diagnostic>> {
    let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    let is_forced = is_set("FORCE_COLOR") || environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let is_dumb = environment.get("TERM").is_some_and(|term| term == "dumb");
    let is_possible = is_forced || (is_terminal && !is_dumb);
    Ok(is_possible && !is_set("NO_COLOR") && values.switch("use-colors")?.unwrap_or(true))
}

fn columns(values: &Values<'_>) -> Result<usize, Box<Diagnostic>> {
    let asked = values.number("printer-width")?.filter(|columns| *columns > 0).map(|columns| columns as usize);
    let terminal = terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0));
    Ok(terminal.filter(|columns| *columns > 0).or(asked).unwrap_or(PRINTER_COLUMNS))
}

/// `None`: nothing is to be logged. Commands that make or remove folders keep no log in them.
fn log_file(values: &Values<'_>, format: &str, project_dir: Option<&Path>) -> Result<Option<LogFile>, Box<Diagnostic>> {
    let keeps_none = matches!(values.arguments.command.as_str(), "clean" | "init" | "version");
    let word = values.choice("log-level-file")?;
    let Some(least) = level(word.as_deref().unwrap_or("debug")) else { return Ok(None) };
    if keeps_none || project_dir.is_none() {
        return Ok(None);
    }
    let format = match values.choice("log-format-file")?.as_deref().unwrap_or(format) {
        "json" => LogFormat::Json,
        "text" => LogFormat::Text,
        _ => LogFormat::Debug,
    };
    let bytes_max = values.number("log-file-max-bytes")?.unwrap_or(LOG_FILE_BYTES_MAX).max(0) as u64;
    // A folder that was typed is relative to where it was typed; the project's own to the project.
    let folder = match values.text("log-path") {
        Some(folder) => std::path::absolute(&folder).unwrap_or_else(|_| PathBuf::from(folder)),
        None => PathBuf::from("logs"),
    };
    Ok(Some(LogFile { folder, format, least, bytes_max }))
}
