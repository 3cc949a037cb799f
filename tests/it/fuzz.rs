//! Inputs that nobody would write: YAML, Jinja, selectors and project files, changed at random.
//!
//! No input may cause a panic, take long or need much memory. The seed is fixed, so a run can be repeated. Inputs that make
//! Tamis say something it has not said before are kept while a run lasts, and changed further: a poor man's coverage.
//!
//! Here runs a short one. The long one, ten minutes or FUZZ_SECONDS of processor time, from FUZZ_SEED:
//!
//!     cargo test --test it fuzz::long -- --ignored --nocapture
//!
//! FUZZ_KEEP=1 writes some of the inputs that said something new into tests/fuzz/corpus; those that failed are written
//! always.

use std::collections::HashSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

mod mutate;
mod targets;

use mutate::Mutator;
use targets::{Target, World};

/// One input may take this long; on a busy machine most of it is waiting.
const INPUT_SECONDS_MAX: u64 = 30;
/// Of the whole process.
const MEGABYTES_MAX: u64 = 2_000;
/// As the workers of a run have it.
const STACK_BYTES: usize = 8 << 20;
/// Kept inputs per target: more of them would only make each less likely.
const KEPT_MAX: usize = 2_000;
/// Inputs written per target, when a run is over.
const WRITTEN_MAX: usize = 40;

#[test]
fn what_was_found_before_is_no_trouble_any_more() {
    on_a_worker(|| {
        let world = World::new();
        for target in Target::ALL {
            for (path, text) in corpus(target) {
                try_one(&world, target, &text).unwrap_or_else(|panic| panic!("{}: {panic}", path.display()));
            }
        }
    });
}

#[test]
fn changed_inputs_are_no_trouble_either() {
    on_a_worker(|| {
        let mut run = Run::new(1);
        for target in Target::ALL {
            for _ in 0..target.short_count() {
                run.once(target);
            }
        }
    });
}

#[test]
#[ignore = "ten minutes of processor time"]
fn long() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (seconds, seed) = (number("FUZZ_SECONDS", 600), number("FUZZ_SEED", 1));
    let keeps = std::env::var_os("FUZZ_KEEP").is_some();
    on_a_worker(move || {
        let mut run = Run::new(seed);
        let started = Instant::now();
        let mut told = 0;
        while cpu_seconds() < seconds as f64 {
            for target in Target::ALL {
                for _ in 0..target.share() {
                    run.once(target);
                }
            }
            if started.elapsed().as_secs() / 60 > told {
                told += 1;
                run.tell();
            }
        }
        run.tell();
        if keeps {
            run.keep();
        }
    });
}

/// Inputs so far, and what came of them.
struct Run {
    world: World,
    mutator: Mutator,
    inputs: Vec<Vec<String>>,
    said: HashSet<String>,
    new: Vec<(Target, String)>,
    count: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let inputs = Target::ALL.map(|target| corpus(target).into_iter().map(|(_, text)| text).collect());
        Self {
            world: World::new(),
            mutator: Mutator::new(seed),
            inputs: inputs.to_vec(),
            said: HashSet::new(),
            new: Vec::new(),
            count: 0,
        }
    }

    fn once(&mut self, target: Target) {
        let inputs = &mut self.inputs[target as usize];
        let text = self.mutator.changed(inputs, target.words());
        self.count += 1;
        match try_one(&self.world, target, &text) {
            Ok(said) if self.said.insert(format!("{target:?} {said}")) && inputs.len() < KEPT_MAX => {
                inputs.push(text.clone());
                self.new.push((target, text));
            }
            Ok(_) => {}
            Err(panic) => {
                let path = write(target, &text);
                panic!("{}: {panic}", path.display());
            }
        }
    }

    fn tell(&self) {
        let (count, new) = (self.count, self.new.len());
        eprintln!("{count} inputs, {new} of them new, {:.0} CPU s, peak {} MB", cpu_seconds(), peak_megabytes());
    }

    /// The shortest of what said something new.
    fn keep(&mut self) {
        self.new.sort_by_key(|(_, text)| text.len());
        for target in Target::ALL {
            let of_target = self.new.iter().filter(|(other, _)| *other as usize == target as usize);
            for (_, text) in of_target.take(WRITTEN_MAX) {
                write(target, text);
            }
        }
    }
}

/// What was said to an input, without the names and numbers in it; or the panic it caused.
fn try_one(world: &World, target: Target, text: &str) -> Result<String, String> {
    note(target, text);
    let said = catch_unwind(AssertUnwindSafe(|| target.run(world, text))).map_err(|panic| {
        let said = panic.downcast_ref::<&str>().map(|said| (*said).to_string());
        said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_string())
    })?;
    Ok(without_details(&said))
}

fn without_details(said: &str) -> String {
    let parts = said.split('`').enumerate().map(|(index, part)| if index % 2 == 0 { part } else { "…" });
    parts.collect::<String>().chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

fn folder(target: Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target.name())
}

fn corpus(target: Target) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder(target)).expect("the corpus lies in the repository");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = String::from_utf8_lossy(&fs::read(&path).expect("it can be read")).into_owned();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// Named after its content, so that the same input is one file.
fn write(target: Target, text: &str) -> PathBuf {
    let path = folder(target).join(format!("{:016x}", mutate::hash(text.as_bytes())));
    fs::write(&path, text).expect("the corpus can be written");
    path
}

/// The input at work, for the case that the process ends with it: a stack that overflows cannot be caught.
fn note(target: Target, text: &str) {
    let path = std::env::temp_dir().join(format!("tamis-fuzz-{}-{}", std::process::id(), target.name()));
    fs::write(path, text).expect("a temporary file can be written");
}

fn forget_notes() {
    for target in Target::ALL {
        let path = std::env::temp_dir().join(format!("tamis-fuzz-{}-{}", std::process::id(), target.name()));
        // There is none where the target did not come to work.
        let _ = fs::remove_file(path);
    }
}

/// Runs `work` on a thread with a worker's stack, and watches it: an input that never ends is named, and so is one that
/// eats up the memory.
fn on_a_worker(work: impl FnOnce() + Send + 'static) {
    let (done, is_done) = channel::<()>();
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
        work();
        drop(done);
    });
    let worker = worker.expect("the system has a thread left");
    let noted = || {
        let paths = Target::ALL
            .map(|target| std::env::temp_dir().join(format!("tamis-fuzz-{}-{}", std::process::id(), target.name())));
        let written = |path: &PathBuf| fs::metadata(path).and_then(|facts| facts.modified()).ok();
        paths.into_iter().filter_map(|path| Some((written(&path)?, path))).max()
    };
    while matches!(is_done.recv_timeout(Duration::from_millis(500)), Err(RecvTimeoutError::Timeout)) {
        let Some((at, path)) = noted() else { continue };
        let age = at.elapsed().unwrap_or_default().as_secs();
        let is_long = age > INPUT_SECONDS_MAX && !worker.is_finished();
        if is_long || resident_megabytes() > MEGABYTES_MAX {
            eprintln!("an input takes too much time or memory: {}", path.display());
            std::process::abort();
        }
    }
    if let Err(panic) = worker.join() {
        std::panic::resume_unwind(panic);
    }
    forget_notes();
}

/// Of this process. Source: proc(5), fields 14 and 15 of `stat`; 100 ticks a second on every Linux that Rust runs on.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn resident_megabytes() -> u64 {
    status_megabytes("VmRSS:")
}

fn peak_megabytes() -> u64 {
    status_megabytes("VmHWM:")
}

fn status_megabytes(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}
