//! `tanba resume`: goes on with a run that was interrupted.

use std::path::{Path, PathBuf};

use bytesize::ByteSize;
use clap::{Args, Parser};

use super::ui::{Outcome, Ui};
use super::{Cli, Verb, run, search};
use crate::error::{Error, Result};
use crate::hits::job::Job;
use crate::hits::output::RUN_FILE;
use crate::run::begin::Begin;

/// Arguments of `tanba resume`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba resume --out interrupted\n\n\
The run goes on with its own command line, on the day and the generation of the gallery it began with. Tiles that\n\
are done are not done again; what was found damaged is. The hits are those of a run that was never interrupted.")]
pub(super) struct ResumeArgs {
    /// Directory of the result of the run
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Most memory to be resident, instead of what the run began with
    #[arg(long, value_name = "SIZE")]
    memory: Option<ByteSize>,
}

/// Runs the verb.
pub(super) fn run(args: &ResumeArgs, ui: &Ui) -> Result<Outcome> {
    let out = std::path::absolute(&args.out).map_err(Error::io(&args.out))?;
    let job = Job::read(&out)?.ok_or_else(|| nothing_to_resume(&args.out))?;
    let cannot = |what: String| Error::usage(what, "start the run again with --overwrite");
    let cli = Cli::try_parse_from(&job.arguments).map_err(|_| {
        cannot("this program does not understand the command line of the run".into())
    })?;
    let memory = args.memory;
    std::env::set_current_dir(&job.directory).map_err(Error::io(&job.directory))?;
    let begin = Begin::Resume(Box::new(job));
    match cli.verb {
        Verb::Run(mut args) => {
            args.out = out;
            args.execution.memory = memory.or(args.execution.memory);
            run::run(&args, &begin, ui)
        }
        Verb::Search(mut args) => {
            args.out = Some(out);
            args.execution.memory = memory.or(args.execution.memory);
            search::run(&args, &begin, ui)
        }
        _ => Err(cannot("only runs and searches go on".into())),
    }
}

fn nothing_to_resume(out: &Path) -> Error {
    let (what, help) = if out.join(RUN_FILE).exists() {
        ("is of a finished run", "its hit list is complete; there is nothing to do")
    } else {
        ("holds no interrupted run", "give the --out of a run that was interrupted")
    };
    Error::usage(format!("{} {what}", out.display()), help)
}
