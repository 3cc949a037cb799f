//! Keeps the log of runs in a file: `logs/dbt.log`, every event, down to the statements that were sent.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Timelike, Utc};

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
    /// Lines that are not written yet.
    pending: String,
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
        let (pending, lines) = (String::new(), Lines::default());
        Ok(Self { settings, file, written, pending, secrets, invocation_id, now, lines })
    }

    fn put(&self, line: &Line<'_>, now: DateTime<Utc>, out: &mut String) {
        let written = match self.settings.format {
            LogFormat::Json => writeln!(out, "{}", json_line(line, &self.invocation_id, now)),
            LogFormat::Text => {
                put_time(out, now);
                writeln!(out, "  {}", line.message)
            }
            LogFormat::Debug => {
                let mut at = String::new();
                put_time(&mut at, now);
                write!(at, ".{:06}", now.timestamp_subsec_micros()).expect("writing to a string");
                if line.name == "MainReportVersion" {
                    let rule = "=".repeat(30);
                    write!(out, "\n\n{rule} {at} | {} {rule}\n", self.invocation_id).expect("writing to a string");
                }
                let thread = line.thread.get(..THREAD_COLUMNS).unwrap_or(&line.thread);
                writeln!(out, "{at} [{:<5}] [{thread:<THREAD_COLUMNS$}]: {}", line.level.name(), line.message)
            }
        };
        written.expect("writing to a string");
    }
}

/// Names of threads are cut here, as dbt cuts them.
const THREAD_COLUMNS: usize = 10;

/// `12:00:00`.
fn put_time(out: &mut String, now: DateTime<Utc>) {
    write!(out, "{:02}:{:02}:{:02}", now.hour(), now.minute(), now.second()).expect("writing to a string");
}

impl Sink for LogFileSink {
    fn tell(&mut self, event: &Event) {
        let now = (self.now)();
        let mut text = String::new();
        for line in self.lines.of(event, now) {
            if line.level >= self.settings.least {
                self.put(&line, now, &mut text);
            }
        }
        self.pending.push_str(&self.secrets.scrub(&text));
        let bytes_max = self.settings.bytes_max;
        if bytes_max > 0 && self.written + self.pending.len() as u64 > bytes_max {
            self.flush();
            if put_aside(&self.settings.folder).is_ok()
                && let Ok((file, written)) = open(&self.settings.folder)
            {
                (self.file, self.written) = (file, written);
            }
        }
    }

    // A log that can no longer be written (disk full) must not stop the run it tells of.
    fn flush(&mut self) {
        // The file has no buffer of its own: a run that is killed has told what was flushed.
        if !self.pending.is_empty() && self.file.write_all(self.pending.as_bytes()).is_ok() {
            self.written += self.pending.len() as u64;
        }
        self.pending.clear();
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
        sink.flush();
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
