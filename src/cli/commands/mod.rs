//! One file for each command: from settings to one call.

mod clean;
mod init;

use std::path::Path;

use super::values::Values;
use crate::diagnostic::Diagnostic;
use crate::event::{Event, Level};
use crate::execute::Interrupt;
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

impl Context<'_> {
    pub fn tell(&mut self, problem: Diagnostic) {
        self.reporter.tell(&Event::Diagnosed(Box::new(problem)));
    }

    pub fn talk(&mut self, message: impl Into<String>) {
        self.reporter.tell(&Event::Log { level: Level::Info, node: None, message: message.into() });
    }

    pub fn print(&mut self, message: impl Into<String>) {
        self.reporter.tell(&Event::Output { message: message.into() });
    }

    pub fn project_dir(&self) -> &Path {
        &self.settings.project_dir
    }
}

pub fn run(context: &mut Context<'_>) -> Exit {
    match context.values.arguments.command.as_str() {
        "clean" => clean::run(context),
        "init" => init::run(context),
        "version" => {
            context.print(super::version());
            Exit::Fine
        }
        other => unreachable!("clap refuses unknown commands, and `{other}` is one"),
    }
}
