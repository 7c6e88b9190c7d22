//! `tanba completions` and `tanba man`: what shells and readers of manual pages know of the verbs, made from the same
//! flags that the program parses.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::Cli;
use super::ui::{Outcome, Ui};
use crate::error::{Error, Result};
use crate::gallery::file::create_directory;

/// Arguments of `tanba completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba completions bash > tanba.bash\n  \
tanba completions zsh > _tanba\n\n\
Put the file where the shell looks: for bash below ~/.local/share/bash-completion/completions.")]
pub(super) struct CompletionsArgs {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Arguments of `tanba man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tanba man > tanba.1\n  tanba man --out man1")]
pub(super) struct ManArgs {
    /// Directory of the pages of all verbs; without it the page of the program goes to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the completions of a shell.
pub(super) fn completions(args: &CompletionsArgs, ui: &Ui) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tanba", &mut script);
    ui.raw(&String::from_utf8_lossy(&script));
    Ok(Outcome::Done)
}

/// Writes manual pages.
pub(super) fn man(args: &ManArgs, ui: &Ui) -> Result<Outcome> {
    let Some(out) = &args.out else {
        let mut page = Vec::new();
        Man::new(Cli::command()).render(&mut page).map_err(Error::io(Path::new("tanba.1")))?;
        ui.raw(&String::from_utf8_lossy(&page));
        return Ok(Outcome::Done);
    };
    create_directory(out)?;
    clap_mangen::generate_to(Cli::command(), out).map_err(Error::io(out))?;
    ui.say(format!("manual pages: {}", out.display()));
    ui.document(&serde_json::json!({ "type": "man", "out": out.display().to_string() }));
    Ok(Outcome::Done)
}
