//! Keeps the log of runs in a file: `logs/dbt.log`, every event, down to the statements that were sent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::json_lines::json_line;
use super::output::Secrets;
use super::structured::{Line, Lines};
use super::{Clock, Sink};
use crate::event::{Event, Level};

/// How many full log files are kept beside the current one: dbt.log.1, the newest, to dbt.log.5.
const KEPT_FILES: usize = 5;

/// How lines of a log file look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `12:00:00  message`.
    Text,
    /// `12:00:00.000000 [info ] [MainThread]: message`.
    Debug,
    Json,
}

/// What a log file should be like.
#[derive(Clone, Debug)]
pub struct LogFile {
    pub folder: PathBuf,
    pub format: LogFormat,
    pub least: Level,
    /// The file is put aside when it grows past this; 0: never.
    pub bytes_max: u64,
}

pub struct LogFileSink {
    settings: LogFile,
    file: File,
    written: u64,
    secrets: Secrets,
    invocation_id: String,
    now: Clock,
    lines: Lines,
}

impl LogFileSink {
    /// # Errors
    /// The folder cannot be made, or the file not be opened.
    pub fn open(settings: LogFile, invocation_id: &str, secrets: Secrets, now: Clock) -> io::Result<Self> {
        fs::create_dir_all(&settings.folder)?;
        let (file, written) = open(&settings.folder)?;
        let invocation_id = invocation_id.to_string();
        Ok(Self { settings, file, written, secrets, invocation_id, now, lines: Lines::default() })
    }

    // A log that can no longer be written (disk full) must not stop the run it tells of.
    fn write(&mut self, text: &str) {
        let text = self.secrets.scrub(text);
        // At once, since the file has no buffer: a run that is killed has told all it did.
        if self.file.write_all(text.as_bytes()).is_ok() {
            self.written += text.len() as u64;
        }
        if self.settings.bytes_max > 0
            && self.written > self.settings.bytes_max
            && put_aside(&self.settings.folder).is_ok()
            && let Ok((file, written)) = open(&self.settings.folder)
        {
            (self.file, self.written) = (file, written);
        }
    }

    fn text_of(&self, line: &Line) -> String {
        let now = (self.now)();
        match self.settings.format {
            LogFormat::Json => json_line(line, &self.invocation_id, now),
            LogFormat::Text => format!("{}  {}", now.format("%H:%M:%S"), line.message),
            LogFormat::Debug => {
                let at = now.format("%H:%M:%S%.6f");
                let rule = "=".repeat(30);
                let opening = match line.name {
                    "MainReportVersion" => format!("\n\n{rule} {at} | {} {rule}\n", self.invocation_id),
                    _ => String::new(),
                };
                let thread: String = line.thread.chars().take(10).collect();
                format!("{opening}{at} [{:<5}] [{thread:<10}]: {}", line.level.name(), line.message)
            }
        }
    }
}

impl Sink for LogFileSink {
    fn tell(&mut self, event: &Event) {
        let mut text = String::new();
        for line in self.lines.of(event, (self.now)()) {
            if line.level >= self.settings.least {
                text.push_str(&self.text_of(&line));
                text.push('\n');
            }
        }
        if !text.is_empty() {
            self.write(&text);
        }
    }
}

fn open(folder: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).open(folder.join("dbt.log"))?;
    let written = file.metadata()?.len();
    Ok((file, written))
}

fn put_aside(folder: &Path) -> io::Result<()> {
    for number in (1..KEPT_FILES).rev() {
        let from = folder.join(format!("dbt.log.{number}"));
        if from.exists() {
            fs::rename(from, folder.join(format!("dbt.log.{}", number + 1)))?;
        }
    }
    fs::rename(folder.join("dbt.log"), folder.join("dbt.log.1"))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use insta::assert_snapshot;

    use super::*;

    fn sink(folder: &Path, bytes_max: u64) -> LogFileSink {
        let settings =
            LogFile { folder: folder.to_path_buf(), format: LogFormat::Debug, least: Level::Debug, bytes_max };
        let secrets = Secrets::new(["hunter2".to_string()]);
        LogFileSink::open(settings, "1d", secrets, || DateTime::from_timestamp(1_767_268_800, 0).unwrap()).unwrap()
    }

    #[test]
    fn a_log_opens_with_its_invocation_and_holds_no_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = sink(folder.path(), 0);
        sink.tell(&Event::CommandStarted { command: "run".into(), arguments: Default::default() });
        sink.tell(&Event::Statement { node: None, sql: "attach 'x' (password 'hunter2')".into() });
        assert_snapshot!(fs::read_to_string(folder.path().join("dbt.log")).unwrap().trim(), @"
        ============================== 12:00:00.000000 | 1d ==============================
        12:00:00.000000 [info ] [MainThread]: Running with dbt=1.12.6
        12:00:00.000000 [debug] [MainThread]: running dbt with arguments {}
        12:00:00.000000 [debug] [MainThread]: On master: attach 'x' (password '*****')
        ");
    }

    #[test]
    fn a_full_log_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = sink(folder.path(), 80);
        for message in ["one", "two", "three"] {
            sink.tell(&Event::Print { message: message.repeat(20) });
        }
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, ["dbt.log", "dbt.log.1", "dbt.log.2", "dbt.log.3"]);
    }
}
