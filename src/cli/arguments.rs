//! The command line as clap reads it, made from the table of flags.
//!
//! Flags of every command may stand before the command too, as with dbt.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::flags::{COMMANDS, FLAGS, Flag, GROUPS, Kind, LATER_COMMANDS};
use crate::diagnostic::Diagnostic;

/// What was typed: a command and its flags, not yet joined with the environment.
pub struct Arguments {
    pub command: String,
    pub matches: ArgMatches,
}

/// Reads the command line, the program's name first.
///
/// # Errors
/// It cannot be understood, or only asks for help: clap's own message, with its exit code.
pub fn read(line: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Arguments, clap::Error> {
    let mut matches = definition().try_get_matches_from(line)?;
    // clap asks for a command itself where none was typed.
    let (mut command, mut matches) =
        matches.remove_subcommand().unwrap_or_else(|| (String::new(), ArgMatches::default()));
    if let Some((behind, inner)) = matches.remove_subcommand() {
        (command, matches) = (behind, inner);
    }
    Ok(Arguments { command, matches })
}

/// The problem with a command of dbt's that we do not have yet.
pub fn later_command(line: &[std::ffi::OsString]) -> Option<Diagnostic> {
    let words = line.iter().skip(1).filter_map(|word| word.to_str()).filter(|word| !word.starts_with('-'));
    let words: Vec<&str> = words.take(2).collect();
    let word = LATER_COMMANDS.iter().find(|later| **later == words.join(" ") || words.first() == Some(*later))?;
    let problem = Diagnostic::error("unsupported-command", format!("`tamis {word}` does not exist yet"));
    Some(match *word {
        "docs serve" => problem.help("`tamis docs generate` writes the files that other tools show"),
        _ => problem.help("run `tamis --help` to see the commands there are"),
    })
}

fn definition() -> Command {
    let root = Command::new("tamis")
        .bin_name("tamis")
        .about("Reads a dbt project unchanged, and runs it on DuckDB or BigQuery.")
        .after_help("Commands and flags are dbt's own. `tamis COMMAND --help` lists the flags of a command.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .arg(version())
        .args(arguments(|flag| flag.commands.is_empty()).map(|arg| arg.global(true).help_heading("Of every command")));
    let is_behind = |name: &str| GROUPS.iter().any(|(_, command, _)| *command == name);
    let first = COMMANDS.iter().filter(|(name, _)| !is_behind(name));
    let root = first.fold(root, |root, (name, about)| root.subcommand(subcommand(name, about)));
    GROUPS.iter().fold(root, |root, (word, command, about)| {
        let behind = COMMANDS.iter().filter(|(name, _)| name == command);
        let group = Command::new(*word).about(*about).subcommand_required(true).arg_required_else_help(true);
        root.subcommand(behind.fold(group, |group, (name, about)| group.subcommand(subcommand(name, about))))
    })
}

fn subcommand(name: &'static str, about: &'static str) -> Command {
    let command = Command::new(name).about(about);
    let command = command.args(arguments(|flag| !flag.commands.is_empty() && flag.is_of(name)));
    match name {
        "list" => command.alias("ls"),
        "freshness" => command.alias("snapshot-freshness"),
        "version" => command.hide(true),
        "init" => command.arg(Arg::new("project_name").value_name("NAME").help("Name of the project")),
        "run-operation" => command.arg(Arg::new("macro").value_name("MACRO").help("Name of the macro")),
        "ingest" => command.arg(
            Arg::new("pipelines").value_name("PIPELINE").num_args(0..).help("Pipelines to run [default: all of them]"),
        ),
        _ => command,
    }
}

// Read before clap is asked, in `cli::main`; here only so that `--help` shows it.
fn version() -> Arg {
    Arg::new("version").long("version").short('V').short_alias('v').action(ArgAction::SetTrue).help("Show the version")
}

fn arguments(wanted: impl Fn(&Flag) -> bool) -> impl Iterator<Item = Arg> {
    FLAGS.iter().filter(move |flag| wanted(flag)).flat_map(|flag| {
        let denial = (flag.kind == Kind::Pair).then(|| denial(flag));
        std::iter::once(argument(flag)).chain(denial)
    })
}

fn argument(flag: &Flag) -> Arg {
    let arg = Arg::new(flag.name).long(flag.name).aliases(flag.also.iter().copied()).hide(flag.help.is_empty());
    let arg = match flag.short {
        Some(letter) => arg.short(letter),
        None => arg,
    };
    let arg = if flag.help.is_empty() { arg } else { arg.help(flag.help) };
    match flag.kind {
        Kind::Switch => arg.action(ArgAction::SetTrue).overrides_with(flag.name),
        Kind::Pair => arg.action(ArgAction::SetTrue).overrides_with_all([flag.name, denied(flag.name)]),
        // The last one counts, as with click: scripts put their own after a wrapper's.
        Kind::Text(name) => arg.value_name(name).allow_hyphen_values(true).overrides_with(flag.name),
        Kind::Choice(words) => {
            let parser = PossibleValuesParser::new(words.iter().copied());
            arg.value_name("WORD").value_parser(parser).ignore_case(true).overrides_with(flag.name)
        }
        Kind::List(name) => arg.value_name(name).num_args(1..).action(ArgAction::Append),
    }
}

fn denial(flag: &Flag) -> Arg {
    let name = denied(flag.name);
    Arg::new(name).long(name).hide(true).action(ArgAction::SetTrue).overrides_with_all([name, flag.name])
}

/// `no-quiet`. Made once for each flag of the table, and needed as long as the process lives.
pub fn denied(name: &'static str) -> &'static str {
    use std::collections::BTreeMap;
    use std::sync::OnceLock;
    static NAMES: OnceLock<BTreeMap<&'static str, String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| FLAGS.iter().map(|flag| (flag.name, format!("no-{}", flag.name))).collect());
    names.get(name).map_or(name, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &str) -> Vec<std::ffi::OsString> {
        words.split(' ').map(Into::into).collect()
    }

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn flags_of_every_command_stand_before_or_after_it() {
        for words in ["tamis --target prod run", "tamis run --target prod", "tamis run -t prod"] {
            let arguments = read(line(words)).unwrap();
            assert_eq!(arguments.command, "run");
            assert_eq!(arguments.matches.get_one::<String>("target").map(String::as_str), Some("prod"));
        }
    }

    #[test]
    fn some_commands_stand_behind_a_word() {
        for words in ["tamis docs generate -t prod", "tamis -t prod docs generate", "tamis source freshness -t prod"] {
            let arguments = read(line(words)).unwrap();
            assert!(["generate", "freshness"].contains(&arguments.command.as_str()), "{}", arguments.command);
            assert_eq!(arguments.matches.get_one::<String>("target").map(String::as_str), Some("prod"));
        }
        assert_eq!(read(line("tamis generate")).err().unwrap().exit_code(), 2);
    }

    #[test]
    fn a_list_goes_on_to_the_next_flag_and_may_be_repeated() {
        let arguments = read(line("tamis ls -s a b+ --exclude c --select d")).unwrap();
        let selected: Vec<_> = arguments.matches.get_many::<String>("select").unwrap().cloned().collect();
        assert_eq!((arguments.command.as_str(), selected), ("list", vec!["a".into(), "b+".into(), "d".into()]));
    }

    #[test]
    fn a_mistyped_flag_is_refused_with_the_nearest_one() {
        let message = read(line("tamis run --selct a")).err().unwrap();
        assert_eq!(message.exit_code(), 2);
        insta::assert_snapshot!(message.to_string(), @"
        error: unexpected argument '--selct' found

          tip: a similar argument exists: '--select'

        Usage: tamis run --select <SELECTOR>...

        For more information, try '--help'.
        ");
    }

    #[test]
    fn a_command_that_comes_later_is_refused_by_name() {
        assert!(later_command(&line("tamis docs serve --port 1")).is_some());
        assert!(later_command(&line("tamis docs generate")).is_none());
        assert!(later_command(&line("tamis run")).is_none());
    }
}
