//! One file for each command: from settings to one call.

mod clean;
mod compile;
mod debug;
mod deps;
mod freshness;
mod generate;
mod ingest;
mod init;
mod list;
mod parse;
mod run_operation;
mod show;
mod work;

pub use show::SHOWN_ROWS;

use std::path::Path;

use super::values::Values;
use crate::diagnostic::Diagnostic;
use crate::event::{Event, Level};
use crate::execute::Interrupt;
use crate::graph::Command;
use crate::manifest::JsonMap;
use crate::report::Reporter;
use crate::session::{Exit, Settings};

/// What every command is handed.
pub struct Context<'a> {
    pub settings: Settings,
    pub values: &'a Values<'a>,
    /// dbt_project.yml as far as it could be read; empty where there is none.
    pub project_file: &'a JsonMap,
    pub reporter: &'a mut Reporter,
    pub interrupt: &'a Interrupt,
}

/// Does the command that was typed.
pub fn run(context: &mut Context<'_>) -> Exit {
    let ended = match context.values.arguments.command.as_str() {
        "build" => work::run(context, Command::Build),
        "clean" => clean::run(context),
        "clone" => work::run(context, Command::Clone),
        "compile" => compile::run(context),
        "debug" => debug::run(context),
        "deps" => deps::run(context),
        "freshness" => freshness::run(context),
        "generate" => generate::run(context),
        "ingest" => ingest::run(context),
        "init" => init::run(context),
        "list" => list::run(context),
        "parse" => parse::run(context),
        "run" => work::run(context, Command::Run),
        "run-operation" => run_operation::run(context),
        "seed" => work::run(context, Command::Seed),
        "show" => show::run(context),
        "snapshot" => work::run(context, Command::Snapshot),
        "test" => work::run(context, Command::Test),
        "version" => {
            context.print(super::version());
            Ok(Exit::Fine)
        }
        other => unreachable!("clap refuses unknown commands, and `{other}` is one"),
    };
    ended.unwrap_or_else(|exit| exit)
}

impl Context<'_> {
    pub fn tell(&mut self, problem: Diagnostic) {
        self.reporter.tell(&Event::Diagnosed(Box::new(problem)));
    }

    pub fn talk(&mut self, message: impl Into<String>) {
        self.reporter.tell(&Event::Log { level: Level::Info, node: None, message: message.into() });
    }

    /// What was asked for: to stdout.
    pub fn print(&mut self, message: impl Into<String>) {
        self.reporter.tell(&Event::Output { message: message.into() });
    }

    pub fn project_dir(&self) -> &Path {
        &self.settings.project_dir
    }

    /// Whether a flag is on.
    ///
    /// # Errors
    /// It is set to something that cannot be; that was told.
    pub fn switch(&mut self, name: &'static str) -> Result<bool, Exit> {
        let value = self.values.switch(name);
        self.told(value).map(Option::unwrap_or_default)
    }

    /// # Errors
    /// As [`Self::switch`].
    pub fn choice(&mut self, name: &'static str) -> Result<Option<String>, Exit> {
        let value = self.values.choice(name);
        self.told(value)
    }

    /// # Errors
    /// As [`Self::switch`].
    pub fn number(&mut self, name: &'static str) -> Result<Option<i64>, Exit> {
        let value = self.values.number(name);
        self.told(value)
    }

    /// Tells the problem, if there is one, and ends the call with it.
    pub fn told<T>(&mut self, value: Result<T, Box<Diagnostic>>) -> Result<T, Exit> {
        value.map_err(|problem| {
            self.reporter.tell(&Event::Diagnosed(problem));
            Exit::Unable
        })
    }
}
