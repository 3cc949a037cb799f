//! Runs the real binary, in a folder of its own and with an empty environment.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with files in it; gone when dropped.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

pub fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A call of the binary, from a folder without a project.
pub fn tamis(arguments: &[&str]) -> Call {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").env("RUST_BACKTRACE", "0");
    command.current_dir(std::env::temp_dir());
    Call { command, folder: None }
}

pub struct Call {
    command: Command,
    folder: Option<String>,
}

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Call {
    pub fn within(mut self, folder: &TempDir) -> Self {
        self.command.current_dir(folder.path());
        self.folder = Some(folder.path().display().to_string());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it by way of a shell script, which gets the binary as `$0` and its arguments as `$@`.
    pub fn through_shell(self, script: &str) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).arg(self.command.get_program()).args(self.command.get_args()).env_clear();
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self { command, ..self }
    }

    /// For tests that talk to it while it runs.
    pub fn command(self) -> Command {
        self.command
    }

    pub fn run(mut self) -> Ran {
        let Output { status, stdout, stderr } = self.command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// What both streams said and the exit code, without times and places that differ from run to run.
    pub fn picture(self) -> String {
        let folder = self.folder.clone().unwrap_or_else(|| "[nowhere]".to_string());
        let ran = self.run();
        let mut picture = format!("exit code: {}\n", ran.code);
        for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            if !text.trim().is_empty() {
                picture.push_str(&format!("----- {name} -----\n{}\n", text.trim_end()));
            }
        }
        let above = std::env::temp_dir().display().to_string();
        without_times(&picture.replace(&folder, "[folder]").replace(above.trim_end_matches('/'), "[above]"))
    }
}

/// `0.04s` becomes `[time]`.
fn without_times(text: &str) -> String {
    let timeless = |word: &str| {
        let number = word.trim_end_matches([':', ',']).strip_suffix('s').filter(|number| number.contains('.'));
        match number.filter(|number| number.parse::<f64>().is_ok()) {
            Some(number) => word.replace(&format!("{number}s"), "[time]"),
            None => word.to_string(),
        }
    };
    let lines = text.lines().map(|line| line.split(' ').map(timeless).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}
