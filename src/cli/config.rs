//! What a command line, the environment and a configuration file say together.
//!
//! Before the command line is parsed, flags that it does not give are taken from the environment, and then from the
//! file, and added to it as arguments. What runs, what the audit log tells and what `tanba resume` repeats is that
//! whole command line: a file that changes later changes no run that was begun. A flag of the command line also takes
//! the place of those it excludes: `--threshold` that of `expect-false` in the file.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::OnceLock;

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, Parser};
use serde::Serialize;

use super::Cli;
use super::config_file::{ConfigFile, Key, Said, is_open, nearest};
use super::ui::Ui;
use crate::error::{Error, Position, Rejection, Result};

/// Variable that names the configuration file.
const FILE_VARIABLE: &str = "TANBA_CONFIG";

/// First letters of all variables of the program.
const PREFIX: &str = "TANBA";

/// Flags that say where keys are.
const OF_KEYS: [&str; 3] = ["audit-key", "keys", "keys-command"];

/// Global flags that exclude each other; those of a verb say so themselves.
const EXCLUDE_EACH_OTHER: [[&str; 2]; 1] = [["keys", "keys-command"]];

/// The verb whose section another verb reads after its own: a plan is of a run.
const READS_ALSO: [(&str, &str); 1] = [("plan", "run")];

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub(super) enum Source {
    /// The command line.
    CommandLine,
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// The configuration file.
    File {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// The program.
    Default,
}

impl Source {
    /// In words.
    pub(super) fn name(&self) -> String {
        match self {
            Source::CommandLine => "command line".into(),
            Source::Environment { variable } => variable.clone(),
            Source::File { file, line } => format!("{}:{line}", file.display()),
            Source::Default => "default".into(),
        }
    }
}

/// The value of one flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Setting {
    /// Long flag, without dashes.
    pub(super) flag: String,
    /// Its values as text; none where it is not given and has no default.
    pub(super) values: Vec<String>,
    /// Where it comes from.
    #[serde(flatten)]
    pub(super) source: Source,
    /// What else says something of it and does not count, and why.
    pub(super) passed_over: Vec<String>,
}

/// A command line with what was added to it.
#[derive(Debug, Default)]
struct Merged {
    arguments: Vec<OsString>,
    settings: Vec<Setting>,
    warnings: Vec<String>,
}

static MERGED: OnceLock<Merged> = OnceLock::new();

/// The command line of this process from the program's name on, with what was added to it.
pub(super) fn effective_arguments() -> Vec<OsString> {
    MERGED.get().map_or_else(|| std::env::args_os().collect(), |merged| merged.arguments.clone())
}

/// Every flag of the verb with its value; of a plan, every flag of the run.
pub(super) fn settings() -> &'static [Setting] {
    MERGED.get().map_or(&[], |merged| &merged.settings)
}

/// The command line of this process, parsed with what the environment and the file add.
///
/// # Errors
/// The file cannot be understood, or a value of the file or the environment has no meaning. A command line that
/// has none, or that asks for help, ends the process.
pub(super) fn parsed() -> Result<Cli> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let merged = merge(arguments, &|name| std::env::var_os(name), &|| {
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
    })?;
    super::place::use_cache_of(&merged.arguments);
    let cli = Cli::try_parse_from(&merged.arguments).or_else(|error| {
        match merged.settings.iter().find(|setting| is_about(&error, setting)) {
            Some(setting) => Err(wrong_value(&error, setting)),
            None => error.exit(),
        }
    })?;
    let ui = Ui { json: cli.json };
    merged.warnings.iter().for_each(|warning| ui.warn(warning));
    let _ = MERGED.set(merged);
    Ok(cli)
}

/// Whether an error of the command line is about a value that does not stand there.
fn is_about(error: &clap::Error, setting: &Setting) -> bool {
    let flag = format!("--{}", setting.flag);
    let names = |text: &str| text == flag || text.starts_with(&format!("{flag} "));
    let is_named = [ContextKind::InvalidArg, ContextKind::PriorArg].into_iter().any(|kind| {
        match error.get(kind) {
            Some(ContextValue::String(text)) => names(text),
            Some(ContextValue::Strings(texts)) => texts.iter().any(|text| names(text)),
            _ => false,
        }
    });
    is_named && !matches!(setting.source, Source::CommandLine | Source::Default)
}

fn wrong_value(error: &clap::Error, setting: &Setting) -> Error {
    let said = error.to_string();
    let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let help = format!("correct it; `tanba VERB --help` says what --{} is", setting.flag);
    match &setting.source {
        Source::File { file, line } => {
            let found = format!("{} = {}", setting.flag, setting.values.join(", "));
            Rejection::new(file, Position::Line(*line), said, found, help).into()
        }
        source => Error::usage(format!("{}: {said}", source.name()), help),
    }
}

/// The environment variable of a flag of `verb`.
fn variable(verb: &[String], flag: &str) -> String {
    match (verb, flag) {
        ([], "config") => return FILE_VARIABLE.into(),
        ([], "audit-key") => return super::audit::KEY_VARIABLE.into(),
        ([], "keys") => return super::keys::FILE_VARIABLE.into(),
        _ => {}
    }
    let words = verb.iter().map(String::as_str).chain([flag]);
    let words: Vec<String> = words.map(|word| word.replace('-', "_").to_uppercase()).collect();
    format!("{PREFIX}_{}", words.join("_"))
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn merge(
    arguments: Vec<OsString>,
    environment: Variable,
    names: &dyn Fn() -> Vec<String>,
) -> Result<Merged> {
    let mut command = Cli::command();
    command.build();
    // What is missing may stand in the file; what is wrong is said when all is put together.
    let lenient = Cli::command().ignore_errors(true).try_get_matches_from(&arguments);
    let Ok(matches) = lenient else { return Ok(Merged { arguments, ..Merged::default() }) };
    let (mut leaf, mut given, mut verb) = (&command, &matches, Vec::new());
    while let Some((name, below)) = given.subcommand() {
        let Some(found) = leaf.find_subcommand(name) else { break };
        (leaf, given) = (found, below);
        verb.push(found.get_name().to_owned());
    }
    let named = given.try_get_one::<PathBuf>("config").ok().flatten().cloned();
    let named = named.or_else(|| environment(FILE_VARIABLE).map(PathBuf::from));
    let named = named.filter(|path| !path.as_os_str().is_empty());
    let file = named.map(|path| ConfigFile::read(&path, &command)).transpose()?;
    if verb.is_empty() {
        return Ok(Merged { arguments, ..Merged::default() });
    }
    let mut sections = vec![verb.clone()];
    let also = READS_ALSO.iter().find(|(of, _)| verb == [*of]);
    sections.extend(also.map(|(_, also)| vec![(*also).to_owned()]));
    let table = also.and_then(|(_, also)| command.find_subcommand(also)).unwrap_or(leaf);
    let merging = Merging { leaf, table, given, sections, environment, file };
    merging.run(arguments, &names())
}

/// A verb, what is known of its flags, and where to look for them.
struct Merging<'a> {
    leaf: &'a Command,
    /// The verb whose flags are shown.
    table: &'a Command,
    given: &'a ArgMatches,
    /// Verbs whose sections and variables are read, the first first.
    sections: Vec<Vec<String>>,
    environment: Variable<'a>,
    file: Option<ConfigFile>,
}

impl Merging<'_> {
    fn run(&self, arguments: Vec<OsString>, names: &[String]) -> Result<Merged> {
        let open = |command: &'_ Command| {
            command.get_arguments().filter(|arg| is_open(arg)).cloned().collect::<Vec<Arg>>()
        };
        let mut flags = open(self.leaf);
        let has = |flags: &[Arg], arg: &Arg| flags.iter().any(|own| own.get_id() == arg.get_id());
        let shown = open(self.table).into_iter().filter(|arg| !has(&flags, arg));
        let shown: Vec<Arg> = shown.collect();
        let own = flags.len();
        flags.extend(shown);
        let mut settings = Vec::new();
        for arg in &flags {
            settings.push(self.setting(arg)?);
        }
        let excluded = self.excluded(&flags, &settings);
        for (place, by) in excluded {
            let note = format!("{}: --{by} takes its place", settings[place].source.name());
            let fresh = default_setting(&flags[place]);
            let old = std::mem::replace(&mut settings[place], fresh);
            settings[place].passed_over = [old.passed_over, vec![note]].concat();
        }
        let added =
            settings[..own].iter().zip(&flags).flat_map(|(setting, arg)| added(setting, arg));
        let added: Vec<OsString> = added.collect();
        let end = arguments.iter().position(|a| a == "--").unwrap_or(arguments.len());
        let (before, after) = arguments.split_at(end);
        let arguments = [before, &added, after].concat();
        Ok(Merged { arguments, settings, warnings: self.warnings(names, &flags) })
    }

    /// What counts of a flag, by itself.
    fn setting(&self, arg: &Arg) -> Result<Setting> {
        let flag = arg.get_long().unwrap_or_default().to_owned();
        let mut found: Vec<(Source, Said)> = Vec::new();
        let id = arg.get_id().as_str();
        let is_own = self.leaf.get_arguments().any(|own| own.get_id() == arg.get_id());
        if is_own && self.given.value_source(id) == Some(ValueSource::CommandLine) {
            let said = if arg.get_action().takes_values() {
                let values = self.given.get_raw(id).into_iter().flatten();
                Said::Values(values.map(|value| value.to_string_lossy().into_owned()).collect())
            } else {
                Said::Given(true)
            };
            found.push((Source::CommandLine, said));
        }
        let global = [Vec::new()];
        let sections = if arg.is_global_set() { &global[..] } else { &self.sections };
        for section in sections {
            let variable = variable(section, &flag);
            if let Some(value) = (self.environment)(&variable).filter(|value| !value.is_empty()) {
                let said = said_by(&variable, &value, arg)?;
                found.push((Source::Environment { variable }, said));
            }
        }
        for section in sections {
            let Some(file) = &self.file else { break };
            if let Some(Key { said, line, .. }) = file.of(section, &flag) {
                let source = Source::File { file: file.path.clone(), line: *line };
                found.push((source, said.clone()));
            }
        }
        let mut found = found.into_iter();
        let Some((source, said)) = found.next() else { return Ok(default_setting(arg)) };
        let values = match said {
            Said::Values(values) => values,
            Said::Given(is_given) => vec![is_given.to_string()],
        };
        let passed_over =
            found.map(|(other, _)| format!("{}: {} goes before", other.name(), source.name()));
        Ok(Setting { flag, values, passed_over: passed_over.collect(), source })
    }

    /// Settings of the environment or the file that one which goes before them excludes, with its flag.
    fn excluded(&self, flags: &[Arg], settings: &[Setting]) -> Vec<(usize, String)> {
        let are_global = |a: &Arg, b: &Arg| {
            let names = [a.get_long().unwrap_or_default(), b.get_long().unwrap_or_default()];
            EXCLUDE_EACH_OTHER.iter().any(|pair| names == *pair || names == [pair[1], pair[0]])
        };
        let conflicts = |command: &Command, a: &Arg, b: &Arg| {
            let named = |a: &Arg, b: &Arg| {
                command.get_arg_conflicts_with(a).iter().any(|arg| arg.get_id() == b.get_id())
            };
            let own = |arg: &Arg| {
                !arg.is_global_set()
                    && command.get_arguments().any(|own| own.get_id() == arg.get_id())
            };
            are_global(a, b) || own(a) && own(b) && (named(a, b) || named(b, a))
        };
        let weight = |setting: &Setting| match (&setting.source, &setting.values[..]) {
            // A flag that is not given excludes nothing and is not excluded.
            (_, [value]) if value == "false" => 0,
            (Source::CommandLine, _) => 3,
            (Source::Environment { .. }, _) => 2,
            (Source::File { .. }, _) => 1,
            (Source::Default, _) => 0,
        };
        let mut excluded = Vec::new();
        for (place, setting) in settings.iter().enumerate().filter(|(_, s)| weight(s) > 0) {
            let by = settings.iter().zip(flags).find(|(other, arg)| {
                weight(other) > weight(setting) && conflicts(self.table, &flags[place], arg)
            });
            if let Some((by, _)) = by {
                excluded.push((place, by.flag.clone()));
            }
        }
        excluded
    }

    /// Variables that look like flags of the verb and are none.
    fn warnings(&self, names: &[String], flags: &[Arg]) -> Vec<String> {
        let mut warnings = Vec::new();
        for section in &self.sections {
            let known: Vec<String> = flags
                .iter()
                .filter_map(Arg::get_long)
                .map(|long| variable(section, long))
                .collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let prefix = variable(section, "");
            for name in names.iter().filter(|name| name.starts_with(&prefix)) {
                if !known.contains(&name.as_str()) {
                    let near = nearest(name, &known).unwrap_or_default();
                    warnings.push(format!(
                        "the environment variable {name} is no flag of `tanba {}` and is not read; did you mean {near}?",
                        section.join(" ")
                    ));
                }
            }
        }
        warnings
    }
}

fn default_setting(arg: &Arg) -> Setting {
    let values = arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned());
    let is_switch = !arg.get_action().takes_values();
    let values = if is_switch { vec!["false".to_owned()] } else { values.collect() };
    let flag = arg.get_long().unwrap_or_default().to_owned();
    Setting { flag, values, source: Source::Default, passed_over: Vec::new() }
}

/// What an environment variable says.
fn said_by(variable: &str, value: &OsStr, arg: &Arg) -> Result<Said> {
    let wrong = |what: &str| Error::usage(format!("{variable} {what}"), "correct it, or unset it");
    let text = value.to_str().ok_or_else(|| wrong("is no text"))?;
    if arg.get_action().takes_values() {
        return Ok(Said::Values(vec![text.to_owned()]));
    }
    match text {
        "1" | "true" => Ok(Said::Given(true)),
        "0" | "false" => Ok(Said::Given(false)),
        _ => Err(wrong("is neither true nor false")),
    }
}

/// The arguments that give what a setting of the environment or the file says.
fn added(setting: &Setting, arg: &Arg) -> Vec<OsString> {
    let flag = &setting.flag;
    match setting.source {
        Source::CommandLine | Source::Default => Vec::new(),
        // The variables of keys are read where the keys are; no command line repeats them.
        Source::Environment { .. } if OF_KEYS.contains(&flag.as_str()) => Vec::new(),
        _ if arg.get_action().takes_values() => {
            setting.values.iter().map(|value| format!("--{flag}={value}").into()).collect()
        }
        _ if setting.values == ["true"] => vec![format!("--{flag}").into()],
        _ => Vec::new(),
    }
}

/// Shows every value and where it comes from.
pub(super) fn show(ui: &Ui) {
    let mut table = ui.table(&["flag", "value", "from"]);
    for setting in settings() {
        let value = if setting.values.is_empty() { "-".into() } else { setting.values.join(",") };
        table.add_row([format!("--{}", setting.flag), value, setting.source.name()]);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(comfy_table::CellAlignment::Left);
    }
    ui.say(table.to_string());
    for setting in settings() {
        for note in &setting.passed_over {
            ui.say(format!("--{}: not from {note}", setting.flag));
        }
    }
    ui.document(&serde_json::json!({ "type": "config", "settings": settings() }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(line: &str, variables: &[(&str, &str)], file: Option<&str>) -> Result<Merged> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tanba.toml");
        let mut arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        if let Some(text) = file {
            std::fs::write(&path, text).unwrap();
            arguments.insert(1, format!("--config={}", path.display()).into());
        }
        let of = |name: &str| {
            variables.iter().find(|(own, _)| *own == name).map(|(_, value)| OsString::from(*value))
        };
        merge(arguments, &of, &|| variables.iter().map(|(name, _)| (*name).to_owned()).collect())
    }

    fn value(merged: &Merged, flag: &str) -> (String, &'static str) {
        let setting = merged.settings.iter().find(|setting| setting.flag == flag).unwrap();
        let source = match setting.source {
            Source::CommandLine => "command line",
            Source::Environment { .. } => "environment",
            Source::File { .. } => "file",
            Source::Default => "default",
        };
        (setting.values.join(","), source)
    }

    const RUN: &str = "tanba run nightly --gallery g --out o";

    #[test]
    fn the_command_line_goes_before_the_environment_before_the_file_before_the_default() {
        let file = "[run]\nthreads = 3\n";
        let variable = ("TANBA_RUN_THREADS", "2");
        let threads = |line: &str, variables: &[(&str, &str)], file: Option<&str>| {
            let merged = merged(line, variables, file).unwrap();
            let cli = Cli::try_parse_from(&merged.arguments).unwrap();
            let super::super::Verb::Run(_) = cli.verb else { panic!("a run is asked") };
            value(&merged, "threads")
        };
        assert_eq!(threads(RUN, &[], None), (String::new(), "default"));
        assert_eq!(threads(RUN, &[], Some(file)), ("3".into(), "file"));
        assert_eq!(threads(RUN, &[variable], Some(file)), ("2".into(), "environment"));
        let line = format!("{RUN} --threads 1");
        assert_eq!(threads(&line, &[variable], Some(file)), ("1".into(), "command line"));
    }

    #[test]
    fn what_a_flag_excludes_is_passed_over_and_two_of_the_file_that_exclude_each_other_are_refused()
    {
        let file = "[run]\nthreshold = 6.0\n";
        let with = merged(&format!("{RUN} --expect-false 2"), &[], Some(file)).unwrap();
        Cli::try_parse_from(&with.arguments).unwrap();
        assert_eq!(value(&with, "threshold"), (String::new(), "default"));
        let setting = with.settings.iter().find(|setting| setting.flag == "threshold").unwrap();
        assert!(setting.passed_over[0].ends_with("--expect-false takes its place"));
        let by_variable = merged(RUN, &[("TANBA_RUN_FMR", "1e-9")], Some(file)).unwrap();
        Cli::try_parse_from(&by_variable.arguments).unwrap();
        assert_eq!(value(&by_variable, "fmr").1, "environment");
        let both = merged(RUN, &[], Some("[run]\nthreshold = 6.0\nfmr = 1e-9\n")).unwrap();
        let error = Cli::try_parse_from(&both.arguments).unwrap_err();
        let setting = both.settings.iter().find(|setting| is_about(&error, setting)).unwrap();
        let shown = wrong_value(&error, setting).to_string();
        assert!(shown.contains("tanba.toml:2") || shown.contains("tanba.toml:3"), "{shown}");
    }

    #[test]
    fn required_flags_switches_and_lists_may_stand_in_the_file_and_nothing_follows_two_dashes() {
        let file = "json = true\n[search]\nprobe-index = 'trace'\ngallery = 'g'\noverwrite = true\n\
                    plan = false\nindex = ['convict', 'trace']\n";
        let with = merged("tanba search -- stain.csv", &[], Some(file)).unwrap();
        let cli = Cli::try_parse_from(&with.arguments).unwrap();
        assert!(cli.json);
        let text: Vec<String> =
            with.arguments.iter().map(|a| a.to_string_lossy().into_owned()).collect();
        assert!(text.ends_with(&["--".into(), "stain.csv".into()]));
        assert!(text.contains(&"--index=convict".into()) && text.contains(&"--overwrite".into()));
        assert!(!text.iter().any(|argument| argument.starts_with("--plan")));
    }

    #[test]
    fn a_plan_reads_the_section_of_the_run_after_its_own() {
        let file = "[run]\nthreads = 3\ntop = 5\nmetrics = 'm.prom'\n[plan]\nthreads = 4\n";
        let with = merged("tanba plan nightly --gallery g", &[], Some(file)).unwrap();
        Cli::try_parse_from(&with.arguments).unwrap();
        assert_eq!(value(&with, "threads"), ("4".into(), "file"));
        assert_eq!(value(&with, "top"), ("5".into(), "file"));
        assert_eq!(
            value(&with, "metrics"),
            ("m.prom".into(), "file"),
            "shown, as the run will have it"
        );
        assert_eq!(value(&with, "log-format").1, "default");
    }

    #[test]
    fn a_variable_that_is_no_flag_is_warned_of_and_a_wrong_value_names_its_variable() {
        let with = merged(RUN, &[("TANBA_RUN_TRESHOLD", "6"), ("TANBA_LOG", "x")], None).unwrap();
        assert_eq!(with.warnings.len(), 1);
        assert!(
            with.warnings[0].contains("did you mean TANBA_RUN_THRESHOLD?"),
            "{:?}",
            with.warnings
        );
        let with = merged(RUN, &[("TANBA_RUN_THRESHOLD", "high")], None).unwrap();
        let error = Cli::try_parse_from(&with.arguments).unwrap_err();
        let setting = with.settings.iter().find(|setting| is_about(&error, setting)).unwrap();
        let error = wrong_value(&error, setting);
        assert!(error.to_string().starts_with("TANBA_RUN_THRESHOLD: invalid value"), "{error}");
        assert_eq!(error.kind().exit_code(), 2);
        assert!(merged(RUN, &[("TANBA_RUN_ACROSS_OWNERS", "perhaps")], None).is_err());
    }

    #[test]
    fn no_environment_variable_repeats_where_the_key_is_and_the_file_may_say_it() {
        let with =
            merged(RUN, &[("TANBA_AUDIT_KEY_FILE", "k")], Some("audit-key = 'f'\n")).unwrap();
        assert_eq!(value(&with, "audit-key"), ("k".into(), "environment"));
        assert!(!with.arguments.iter().any(|a| a.to_string_lossy().starts_with("--audit-key")));
        let with = merged(RUN, &[], Some("audit-key = 'f'\n")).unwrap();
        assert!(with.arguments.contains(&"--audit-key=f".into()));
        // The same of the keys that encrypt, of which there are two ways to say them.
        let keys_of = |line: &str, variables: &[(&str, &str)], file: Option<&str>| {
            let with = merged(line, variables, file).unwrap();
            Cli::try_parse_from(&with.arguments).unwrap();
            let given = with.arguments.iter().filter(|a| a.to_string_lossy().starts_with("--keys"));
            let given: Vec<String> = given.map(|a| a.to_string_lossy().into_owned()).collect();
            (given, value(&with, "keys").1, value(&with, "keys-command").1)
        };
        let (file, none) = (Some("keys = 'f'\n"), Vec::<String>::new());
        let variable = [("TANBA_KEYS_FILE", "k")];
        assert_eq!(keys_of(RUN, &variable, file), (none.clone(), "environment", "default"));
        let variable = [("TANBA_KEYS_COMMAND", "c")];
        assert_eq!(keys_of(RUN, &variable, file), (none, "default", "environment"));
        assert_eq!(keys_of(RUN, &[], file), (vec!["--keys=f".into()], "file", "default"));
        let given = keys_of(&format!("{RUN} --keys=l"), &variable, file);
        assert_eq!(given, (vec!["--keys=l".into()], "command line", "default"));
    }
}
