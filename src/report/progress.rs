//! What is under way, on the last lines of a terminal: running nodes, and bytes being read.
//!
//! Shows nothing where stderr is not a terminal.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Style;
use super::words::{shortened, thousands};

const TICK: Duration = Duration::from_millis(120);

/// What is shown of bytes whose number is known, and of those whose is not.
const KNOWN: &str = "[{bar:24}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec}";
const UNKNOWN: &str = "{binary_bytes} {binary_bytes_per_sec}";

pub struct Progress {
    bars: Option<MultiProgress>,
    columns: usize,
    /// Opens every line: below the verbs of finished nodes.
    spinner: &'static str,
    /// Labels of running nodes, in order of start.
    running: Vec<String>,
    nodes: Option<ProgressBar>,
    pipelines: BTreeMap<String, ProgressBar>,
}

impl Progress {
    pub fn new(is_terminal: bool, style: Style) -> Self {
        let bars = is_terminal.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        let spinner = if style.is_colored { "             {spinner:.cyan}" } else { "             {spinner}" };
        Self { bars, columns: style.columns, spinner, running: Vec::new(), nodes: None, pipelines: BTreeMap::new() }
    }

    /// Takes the bars away while `write` writes lines above them.
    pub fn above<R>(&self, write: impl FnOnce() -> R) -> R {
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    pub fn node_started(&mut self, label: &str, total: usize) {
        self.running.push(label.to_string());
        let is_first = self.nodes.is_none();
        if let Some(bars) = self.bars.as_ref().filter(|_| is_first) {
            let style = style(&format!("{} {{pos}}/{{len}} {{elapsed}}  {{msg}}", self.spinner));
            self.nodes = Some(bars.add(ProgressBar::new(total as u64).with_style(style)));
        }
        self.show_running();
        if let Some(bar) = self.nodes.as_ref().filter(|_| is_first) {
            bar.enable_steady_tick(TICK);
        }
    }

    pub fn node_finished(&mut self, label: &str) {
        if let Some(position) = self.running.iter().position(|running| running == label) {
            self.running.remove(position);
        }
        if let Some(bar) = &self.nodes {
            bar.inc(1);
        }
        self.show_running();
    }

    pub fn read(&mut self, pipeline: &str, read_bytes: u64, total_bytes: Option<u64>, rows: u64) {
        let Some(bars) = &self.bars else { return };
        let bar = self.pipelines.entry(pipeline.to_string()).or_insert_with(|| {
            let bar = match total_bytes {
                Some(total) => ProgressBar::new(total).with_style(style(&format!("{} {KNOWN}  {{msg}}", self.spinner))),
                None => ProgressBar::no_length().with_style(style(&format!("{} {UNKNOWN}  {{msg}}", self.spinner))),
            };
            let bar = bars.add(bar);
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_position(read_bytes);
        bar.set_message(format!("{pipeline}, {} rows", thousands(rows)));
    }

    pub fn pipeline_finished(&mut self, pipeline: &str) {
        if let Some(bar) = self.pipelines.remove(pipeline) {
            bar.finish_and_clear();
        }
    }

    pub fn clear(&mut self) {
        self.running.clear();
        if let Some(bar) = self.nodes.take() {
            bar.finish_and_clear();
        }
    }

    fn show_running(&self) {
        if let Some(bar) = &self.nodes {
            bar.set_message(shortened(&self.running.join(", "), self.columns.saturating_sub(36)));
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that does not parse falls back to the plain bar rather than to a panic.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}
