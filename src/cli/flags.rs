//! Every flag of every command, in one table: its spellings, its variable, and whether it does anything.
//!
//! Names are dbt-core 1.12's. A flag that is accepted for the sake of scripts and changes nothing says so.

/// Commands as typed; `list` is also `ls`.
pub const COMMANDS: [(&str, &str); 20] = [
    ("parse", "Read the project and say what is wrong with it"),
    ("compile", "Render models, tests and analyses to SQL under target/compiled"),
    ("list", "List the resources of the project"),
    ("run", "Build models"),
    ("test", "Run data tests and unit tests"),
    ("build", "Build and test everything in its order"),
    ("seed", "Load the project's CSV files"),
    ("snapshot", "Record how rows change over time"),
    ("show", "Run a query and print its first rows"),
    ("clone", "Make the nodes of an earlier run anew here, as copies or views of them"),
    ("retry", "Do again what failed or was skipped in the former run"),
    ("generate", "Write what the project and the warehouse hold: manifest.json and catalog.json"),
    ("freshness", "Tell how old the sources are"),
    ("ingest", "Load raw tables from files, addresses and buckets"),
    ("run-operation", "Call a macro"),
    ("deps", "Bring the packages that the project asks for"),
    ("debug", "Check the project, the profile and the connection"),
    ("clean", "Remove the folders that are made anew"),
    ("init", "Start a new project"),
    ("version", "Show the version"),
];

/// Words that other commands stand behind: `docs generate`. The commands themselves go by dbt's own short names.
pub const GROUPS: [(&str, &str, &str); 2] =
    [("docs", "generate", "Documentation of the project"), ("source", "freshness", "The tables that others load")];

/// Commands that take a selection.
const SELECTING: &[&str] =
    &["build", "clone", "compile", "freshness", "generate", "list", "run", "seed", "show", "snapshot", "test"];

/// One flag.
#[derive(Clone, Copy)]
pub struct Flag {
    /// Without its dashes: `full-refresh`.
    pub name: &'static str,
    pub also: &'static [&'static str],
    pub short: Option<char>,
    pub kind: Kind,
    /// Commands that take it; empty: all of them.
    pub commands: &'static [&'static str],
    /// `DBT_FULL_REFRESH`; its twin `DBT_ENGINE_FULL_REFRESH` is read first.
    pub variable: Option<&'static str>,
    pub effect: Effect,
    /// Empty: left out of `--help`.
    pub help: &'static str,
}

/// What may follow a flag.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: `--empty`.
    Switch,
    /// Nothing, and it can be denied: `--quiet`, `--no-quiet`.
    Pair,
    /// One value, under the name that `--help` shows.
    Text(&'static str),
    Choice(&'static [&'static str]),
    /// Values up to the next flag: `--select a b`.
    List(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Real,
    /// What we do whatever is asked: only asking for the other thing is worth a word.
    Always(bool),
    /// Why asking for it changes nothing.
    Nothing(&'static str),
}

const PLAIN: Flag = Flag {
    name: "",
    also: &[],
    short: None,
    kind: Kind::Pair,
    commands: &[],
    variable: None,
    effect: Effect::Real,
    help: "",
};

/// A flag that has a variable of the same name.
const fn flag(name: &'static str, variable: &'static str, kind: Kind, help: &'static str) -> Flag {
    Flag { name, variable: Some(variable), kind, help, ..PLAIN }
}

const fn always(name: &'static str, variable: &'static str, what: bool) -> Flag {
    Flag { effect: Effect::Always(what), ..flag(name, variable, Kind::Pair, "") }
}

const fn nothing(name: &'static str, variable: &'static str, kind: Kind, why: &'static str) -> Flag {
    Flag { effect: Effect::Nothing(why), ..flag(name, variable, kind, "") }
}

const fn on(commands: &'static [&'static str], flag: Flag) -> Flag {
    Flag { commands, ..flag }
}

const fn short(letter: char, flag: Flag) -> Flag {
    Flag { short: Some(letter), ..flag }
}

/// No variable: the flag is typed or it is not.
const fn typed(name: &'static str, kind: Kind, help: &'static str) -> Flag {
    Flag { name, kind, help, ..PLAIN }
}

const LEVELS: &[&str] = &["debug", "info", "warn", "error", "none"];
const FORMATS: &[&str] = &["text", "debug", "json", "default"];
const NO_CACHE: &str = "what was parsed is kept in the target folder";
const NO_MICROBATCH: &str = "microbatch models are not supported yet";

pub const FLAGS: &[Flag] = &[
    // Where things are.
    flag("project-dir", "DBT_PROJECT_DIR", Kind::Text("FOLDER"), "Folder of dbt_project.yml [default: here or above]"),
    flag(
        "profiles-dir",
        "DBT_PROFILES_DIR",
        Kind::Text("FOLDER"),
        "Folder of profiles.yml [default: here, then ~/.dbt]",
    ),
    flag("profile", "DBT_PROFILE", Kind::Text("NAME"), "Profile to use instead of the project's"),
    short('t', flag("target", "DBT_TARGET", Kind::Text("NAME"), "Target of the profile to work on")),
    flag("target-path", "DBT_TARGET_PATH", Kind::Text("FOLDER"), "Folder for what is made [default: target]"),
    typed("threads", Kind::Text("NUMBER"), "How many nodes run at once [default: the target's]"),
    typed("vars", Kind::Text("YAML"), "Variables that win over the project's: '{name: value}'"),
    // How the run behaves.
    short('x', flag("fail-fast", "DBT_FAIL_FAST", Kind::Pair, "Stop at the first failure")),
    Flag { name: "strict", variable: Some("DBT_STRICT"), help: "Warnings about the project are errors", ..PLAIN },
    flag("warn-error", "DBT_WARN_ERROR", Kind::Pair, "Every warning is an error"),
    flag(
        "warn-error-options",
        "DBT_WARN_ERROR_OPTIONS",
        Kind::Text("YAML"),
        "Which are: '{error: all, silence: [name]}'",
    ),
    flag("version-check", "DBT_VERSION_CHECK", Kind::Pair, "Mind the project's require-dbt-version [default]"),
    flag("write-json", "DBT_WRITE_JSON", Kind::Pair, "Write manifest.json and run_results.json [default]"),
    flag("partial-parse", "DBT_PARTIAL_PARSE", Kind::Pair, "Parse again only where something changed [default]"),
    // How it is told.
    Flag { short: Some('q'), ..flag("quiet", "DBT_QUIET", Kind::Pair, "Tell errors only") },
    short('d', flag("debug", "DBT_DEBUG", Kind::Pair, "Tell everything, statements included")),
    flag("print", "DBT_PRINT", Kind::Pair, "Show what `print()` prints [default]"),
    flag("use-colors", "DBT_USE_COLORS", Kind::Pair, "Color, where the terminal has it [default]"),
    flag("log-format", "DBT_LOG_FORMAT", Kind::Choice(FORMATS), "How the run is told"),
    flag("log-format-file", "DBT_LOG_FORMAT_FILE", Kind::Choice(FORMATS), "How the log file is written"),
    flag("log-level", "DBT_LOG_LEVEL", Kind::Choice(LEVELS), "Least level that is told [default: info]"),
    flag("log-level-file", "DBT_LOG_LEVEL_FILE", Kind::Choice(LEVELS), "Least level in the log file [default: debug]"),
    flag("log-path", "DBT_LOG_PATH", Kind::Text("FOLDER"), "Folder of dbt.log [default: logs]"),
    flag("log-file-max-bytes", "DBT_LOG_FILE_MAX_BYTES", Kind::Text("NUMBER"), ""),
    flag("printer-width", "DBT_PRINTER_WIDTH", Kind::Text("NUMBER"), "Columns, where there is no terminal to ask"),
    // What is selected.
    on(SELECTING, Flag { short: Some('s'), ..typed("select", Kind::List("SELECTOR"), "Nodes to take") }),
    on(
        SELECTING,
        Flag { also: &["model"], short: Some('m'), ..typed("models", Kind::List("SELECTOR"), "Models to take") },
    ),
    on(SELECTING, typed("exclude", Kind::List("SELECTOR"), "Nodes to leave out")),
    on(SELECTING, typed("selector", Kind::Text("NAME"), "A selector of selectors.yml")),
    on(
        SELECTING,
        flag("indirect-selection", "DBT_INDIRECT_SELECTION", Kind::Choice(INDIRECT), "Which tests come along"),
    ),
    on(
        &["build", "clone", "list", "test"],
        Flag {
            also: &["resource-type"],
            ..flag("resource-types", "DBT_RESOURCE_TYPES", Kind::List("TYPE"), "Kinds of resource to take")
        },
    ),
    on(
        &["build", "clone", "list", "test"],
        Flag {
            also: &["exclude-resource-type"],
            ..flag("exclude-resource-types", "DBT_EXCLUDE_RESOURCE_TYPES", Kind::List("TYPE"), "Kinds to leave out")
        },
    ),
    on(
        SELECTING,
        flag(
            "error-if-nothing-selected",
            "DBT_ERROR_IF_NOTHING_SELECTED",
            Kind::Pair,
            "An empty selection is an error",
        ),
    ),
    flag("state", "DBT_STATE", Kind::Text("FOLDER"), "Folder with the artifacts of an earlier run"),
    flag(
        "defer",
        "DBT_DEFER",
        Kind::Pair,
        "What was not selected and is not there is read from where `--state` has it",
    ),
    flag("favor-state", "DBT_FAVOR_STATE", Kind::Pair, "So is what is there, unless it is selected"),
    flag("defer-state", "DBT_DEFER_STATE", Kind::Text("FOLDER"), "Folder to defer to, in place of `--state`"),
    // What is done with it.
    on(
        &["build", "clone", "compile", "retry", "run", "seed", "show"],
        short('f', flag("full-refresh", "DBT_FULL_REFRESH", Kind::Switch, "Make incremental models and seeds anew")),
    ),
    on(
        &["build", "compile", "run", "seed", "snapshot"],
        flag("empty", "DBT_EMPTY", Kind::Pair, "Read no rows: build the shapes only"),
    ),
    on(
        &["build", "test"],
        flag("store-failures", "DBT_STORE_FAILURES", Kind::Switch, "Keep failing rows in the warehouse"),
    ),
    on(&["compile", "show"], typed("inline", Kind::Text("SQL"), "SQL to use instead of a node")),
    on(&["show"], typed("inline-direct", Kind::Text("SQL"), "")),
    on(&["show"], typed("limit", Kind::Text("NUMBER"), "Rows to show; -1: all [default: 5]")),
    on(&["compile", "show"], typed("output", Kind::Choice(&["text", "json"]), "How to print")),
    on(
        &["list"],
        typed("output", Kind::Choice(&["selector", "name", "path", "json"]), "What to print of each resource"),
    ),
    on(&["list"], typed("output-keys", Kind::List("KEY"), "Keys of the JSON output: name config.materialized")),
    on(&["build", "seed"], typed("show", Kind::Switch, "Print the first rows of each seed")),
    on(&["generate"], typed("compile", Kind::Pair, "Compile first [default]")),
    on(&["generate"], typed("empty-catalog", Kind::Switch, "Ask the warehouse nothing")),
    on(
        &["freshness"],
        short('o', typed("output", Kind::Text("FILE"), "Where to write [default: target/sources.json]")),
    ),
    on(&["run-operation"], typed("args", Kind::Text("YAML"), "The macro's arguments: '{name: value}'")),
    on(&["run-operation"], typed("sql", Kind::Text("SQL"), "SQL to run instead of a macro")),
    on(
        &["deps"],
        typed("add-package", Kind::Text("NAME@VERSION"), "Add a package to packages.yml, or change its version"),
    ),
    on(
        &["deps"],
        typed(
            "source",
            Kind::Choice(&["hub", "git", "local", "tarball"]),
            "Where the added package comes from [default: hub]",
        ),
    ),
    on(&["deps"], typed("upgrade", Kind::Switch, "Choose versions anew, whatever package-lock.yml says")),
    on(&["deps"], typed("lock", Kind::Switch, "Write package-lock.yml only, install nothing")),
    on(&["debug"], typed("connection", Kind::Switch, "Check the connection only")),
    on(&["debug"], typed("config-dir", Kind::Switch, "Print the folder of profiles.yml")),
    on(&["init"], short('s', typed("skip-profile-setup", Kind::Switch, "Write no profiles.yml"))),
    on(&["init"], typed("skip-debug", Kind::Switch, "")),
    on(
        &["clean"],
        flag(
            "clean-project-files-only",
            "DBT_CLEAN_PROJECT_FILES_ONLY",
            Kind::Pair,
            "Nothing outside the project [default]",
        ),
    ),
    on(
        &["ingest"],
        short('f', typed("full-refresh", Kind::Switch, "Load everything anew, whatever was loaded before")),
    ),
    // What makes no difference here, and is accepted all the same.
    on(&["compile", "show"], always("introspect", "DBT_INTROSPECT", true)),
    on(&["compile"], Flag { effect: Effect::Always(true), ..typed("inject-ephemeral-ctes", Kind::Pair, "") }),
    always("send-anonymous-usage-stats", "DBT_SEND_ANONYMOUS_USAGE_STATS", false),
    always("upload-to-artifacts-ingest-api", "DBT_UPLOAD_TO_ARTIFACTS_INGEST_API", false),
    always("cache-selected-only", "DBT_CACHE_SELECTED_ONLY", true),
    always("populate-cache", "DBT_POPULATE_CACHE", false),
    always("log-cache-events", "DBT_LOG_CACHE_EVENTS", false),
    always("macro-debugging", "DBT_MACRO_DEBUGGING", false),
    always("static-parser", "DBT_STATIC_PARSER", true),
    always("use-experimental-parser", "DBT_USE_EXPERIMENTAL_PARSER", false),
    always("use-v2-parser", "DBT_ENGINE_USE_V2_PARSER", false),
    always("use-fast-test-edges", "DBT_USE_FAST_TEST_EDGES", true),
    always("use-colors-file", "DBT_USE_COLORS_FILE", false),
    always("hints-enabled", "DBT_ENGINE_HINTS_ENABLED", true),
    always("show-resource-report", "DBT_SHOW_RESOURCE_REPORT", false),
    Flag { effect: Effect::Always(true), ..typed("show-all-deprecations", Kind::Pair, "") },
    always("single-threaded", "DBT_SINGLE_THREADED", false),
    always("snowflake-projects-otel", "DBT_ENGINE_SNOWFLAKE_PROJECTS_OTEL", false),
    nothing("partial-parse-file-path", "DBT_PARTIAL_PARSE_FILE_PATH", Kind::Text("FILE"), NO_CACHE),
    nothing(
        "maximum-seed-size-mib",
        "DBT_ENGINE_MAXIMUM_SEED_SIZE_MIB",
        Kind::Text("NUMBER"),
        "seeds of any size are hashed",
    ),
    on(
        &["generate"],
        Flag { effect: Effect::Nothing("the pages do not exist yet"), ..typed("static", Kind::Switch, "") },
    ),
    Flag {
        effect: Effect::Nothing("timings stand in run_results.json"),
        ..short('r', typed("record-timing-info", Kind::Text("FILE"), ""))
    },
    on(BATCHED, nothing("event-time-start", "DBT_EVENT_TIME_START", Kind::Text("TIME"), NO_MICROBATCH)),
    on(BATCHED, nothing("event-time-end", "DBT_EVENT_TIME_END", Kind::Text("TIME"), NO_MICROBATCH)),
    on(BATCHED, nothing("sample", "DBT_SAMPLE", Kind::Text("WINDOW"), NO_MICROBATCH)),
    on(
        &["build"],
        nothing("export-saved-queries", "DBT_EXPORT_SAVED_QUERIES", Kind::Pair, "saved queries are not exported"),
    ),
    on(
        &["build"],
        nothing("include-saved-query", "DBT_INCLUDE_SAVED_QUERY", Kind::Pair, "saved queries are not exported"),
    ),
    Flag {
        effect: Effect::Nothing("SQL is read by a parser without such limits"),
        ..typed("sqlparse", Kind::Text("YAML"), "")
    },
];

const BATCHED: &[&str] = &["build", "run"];
const INDIRECT: &[&str] = &["eager", "cautious", "buildable", "empty"];

impl Flag {
    /// Whether `command` takes it.
    pub fn is_of(&self, command: &str) -> bool {
        self.commands.is_empty() || self.commands.contains(&command)
    }

    /// As in dbt's artifacts, in Jinja's `flags` and under `flags:` of dbt_project.yml: `full_refresh`.
    pub fn key(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// The flag that `command` knows under a name.
pub fn find(command: &str, name: &str) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| flag.name == name && flag.is_of(command))
}

/// Commands of dbt that are not here yet, so that they are refused by name.
pub const LATER_COMMANDS: &[&str] = &["docs serve"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_command_has_two_flags_of_one_spelling() {
        for (command, _) in COMMANDS {
            let mut seen = BTreeSet::new();
            for flag in FLAGS.iter().filter(|flag| flag.is_of(command)) {
                for name in flag.also.iter().chain([&flag.name]) {
                    assert!(seen.insert(format!("--{name}")), "{command} has --{name} twice");
                }
                if let Some(letter) = flag.short {
                    assert!(seen.insert(format!("-{letter}")), "{command} has -{letter} twice");
                }
            }
        }
    }
}
