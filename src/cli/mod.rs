//! The door: arguments become settings, and one command is done.
//!
//! Prints nothing itself but help and the version; what a command says goes through `report`.

mod arguments;
mod commands;
mod flags;
mod place;
mod retry;
mod settings;
mod values;
mod yaml;

use std::any::Any;
use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use chrono::Utc;

use crate::diagnostic::Diagnostic;
use crate::event::{Event, Level};
use crate::execute::Interrupt;
use crate::manifest::{JsonMap, UniqueId};
use crate::report::{Reporter, Style, draw};
use crate::session::Exit;
use commands::Context;
use settings::Call;
use values::{Environment, Values};

/// Shells' convention for a program that was stopped by Ctrl-C.
const INTERRUPTED: i32 = 130;

pub fn main() -> ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    // Asked for by every tool that looks for dbt, so nothing is done before it.
    if line.len() == 2 && ["--version", "-V", "-v"].iter().any(|word| line[1] == *word) {
        say(&mut io::stdout(), &version());
        return ExitCode::SUCCESS;
    }
    keep_panics_quiet();
    match catch_unwind(AssertUnwindSafe(|| run(line))) {
        Ok(code) => ExitCode::from(code),
        Err(panic) => {
            complain(&defect(panic.as_ref()));
            ExitCode::from(Exit::Unable.code())
        }
    }
}

/// Two lines: ours, and the one that tools look for.
pub fn version() -> String {
    format!("tamis {}\ndbt language: installed: {}", env!("CARGO_PKG_VERSION"), crate::artifacts::DBT_VERSION)
}

fn run(line: Vec<OsString>) -> u8 {
    let call = Call { id: uuid::Uuid::new_v4().to_string(), started_at: Utc::now(), line: shown(&line) };
    if let Some(problem) = arguments::later_command(&line) {
        complain(&problem);
        return Exit::Unable.code();
    }
    let mut arguments = match arguments::read(line.iter().cloned()) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to stdout, errors to stderr; a reader that has gone is no error.
            let _ = error.print();
            return error.exit_code() as u8;
        }
    };
    let environment = environment();
    let no_flags = JsonMap::new();
    let typed = Values { arguments: &arguments, environment: &environment, project: &no_flags };
    let place = place::find(&typed);
    let again = match arguments.command.as_str() {
        "retry" => match retry::again(&line, &typed, &place) {
            Ok(again) => Some(again),
            Err(problem) => {
                complain(&problem);
                return Exit::Unable.code();
            }
        },
        _ => None,
    };
    let again = again.map(|again| {
        arguments = again.arguments;
        again.ids
    });
    let values = Values { arguments: &arguments, environment: &environment, project: &place.flags };
    let mut reporter = match settings::reporter(&values, &environment, place.project_dir(), &call) {
        Ok(reporter) => reporter,
        Err(problem) => {
            complain(&problem);
            return Exit::Unable.code();
        }
    };
    do_command(&values, &place, &call, again, &mut reporter).code()
}

fn do_command(
    values: &Values<'_>,
    place: &place::Place,
    call: &Call,
    again: Option<Vec<UniqueId>>,
    reporter: &mut Reporter,
) -> Exit {
    let started = Instant::now();
    let mut settings = match settings::settings(values, &place.folder, call) {
        Ok(settings) => settings,
        Err(problem) => {
            reporter.tell(&Event::Diagnosed(problem));
            return Exit::Unable;
        }
    };
    settings.asked.again = again;
    let command = values.arguments.command.clone();
    let told = settings.invocation.args.clone();
    reporter.tell(&Event::CommandStarted { command: command.clone(), arguments: told });
    for message in values.flags_without_effect() {
        reporter.tell(&Event::Log { level: Level::Warn, node: None, message: format!("note: {message}") });
    }
    let interrupt = Interrupt::default();
    stop_on_ctrl_c(&interrupt);
    let mut context = Context { settings, values, project_file: &place.file, reporter, interrupt: &interrupt };
    let exit = commands::run(&mut context);
    let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
    reporter.tell(&Event::CommandFinished { command, is_success: exit == Exit::Fine, elapsed_ms });
    exit
}

/// The first Ctrl-C lets a run end in order; where there is none, and the second time, we stop at once.
fn stop_on_ctrl_c(interrupt: &Interrupt) {
    let interrupt = interrupt.clone();
    // Without a handler Ctrl-C still ends the process, so a failure to set one is no reason not to run.
    let _ = ctrlc::set_handler(move || {
        let is_awaited = interrupt.has_listener();
        if interrupt.trigger() > 1 || !is_awaited {
            std::process::exit(INTERRUPTED);
        }
    });
}

fn environment() -> Environment {
    let texts = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    texts.collect()
}

fn shown(line: &[OsString]) -> String {
    let words = line.iter().skip(1).map(|word| word.to_string_lossy());
    std::iter::once("tamis".into()).chain(words).collect::<Vec<std::borrow::Cow<'_, str>>>().join(" ")
}

/// Where the last panic happened; the payload does not tell.
static PANIC_PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Panics are told by whoever catches them; `RUST_BACKTRACE` brings the full story back.
fn keep_panics_quiet() {
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
        return;
    }
    panic::set_hook(Box::new(|info| {
        *PANIC_PLACE.lock().unwrap_or_else(PoisonError::into_inner) = info.location().map(ToString::to_string);
    }));
}

fn defect(panic: &(dyn Any + Send)) -> Diagnostic {
    let said = panic.downcast_ref::<&str>().copied();
    let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let place = PANIC_PLACE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let place = place.map(|place| format!("at {place}, ")).unwrap_or_default();
    Diagnostic::error("internal-error", format!("tamis met a defect of its own: {said}"))
        .note(format!("{place}in tamis {}", env!("CARGO_PKG_VERSION")))
        .help("please report this, with the command and the file that caused it")
}

/// For problems that come before there is a reporter.
fn complain(problem: &Diagnostic) {
    say(&mut io::stderr(), &draw(problem, Style::PLAIN));
}

// A reader that has gone is no error.
fn say(stream: &mut dyn Write, text: &str) {
    let _ = writeln!(stream, "{text}");
}
