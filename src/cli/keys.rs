//! `tanba keys`: makes the keys that galleries and hit lists are encrypted with, and says the key of one file.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Cli;
use super::common::today;
use super::ui::{Outcome, Ui};
use crate::error::{Error, Result};
use crate::gallery::file;
use crate::gallery::keys::{self, Keys};
use crate::language::message;

/// Environment variable that names the key file.
pub(super) const FILE_VARIABLE: &str = "TANBA_KEYS_FILE";

/// Environment variable with the command that prints the keys.
const COMMAND_VARIABLE: &str = "TANBA_KEYS_COMMAND";

/// Arguments of `tanba keys`.
#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    verb: KeysVerb,
}

#[derive(Debug, Subcommand)]
enum KeysVerb {
    /// Make a key: in a new key file, or in front of the keys of one that exists
    New(NewArgs),
    /// Print the key of one Parquet file, for a person who may read that file and no other
    OfFile(OfFileArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tanba keys new registry.keys\n\n\
The first key of the file encrypts what is written from then on; the others still decrypt. Who loses the file loses\n\
everything encrypted with it: keep a copy where the gallery is not.")]
struct NewArgs {
    /// Key file, readable by its owner alone
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name of the key, shown in every file encrypted with it [default: the day of today]
    #[arg(long)]
    name: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tanba keys of-file secret/hits.parquet --keys registry.keys\n\n\
The 64 digits are the key of this file alone, as AES-256 wants it; other programs that read encrypted Parquet take\n\
it as the key of the footer (docs/encryption.md)."
)]
struct OfFileArgs {
    /// Encrypted Parquet file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl KeysArgs {
    /// Whether the verb makes keys and needs none.
    pub(super) fn is_making(&self) -> bool {
        matches!(self.verb, KeysVerb::New(_))
    }
}

/// Gives the process the keys that the command line or the environment names.
///
/// # Errors
/// They cannot be had.
pub(super) fn load(cli: &Cli) -> Result<()> {
    let loaded = match (&cli.keys, &cli.keys_command) {
        (Some(file), _) => Some(Keys::read(file)?),
        (None, Some(command)) => Some(Keys::of_command(command)?),
        (None, None) => of_environment()?,
    };
    if let Some(loaded) = loaded {
        keys::use_keys(loaded);
    }
    Ok(())
}

fn of_environment() -> Result<Option<Keys>> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match (variable(FILE_VARIABLE), variable(COMMAND_VARIABLE)) {
        (Some(_), Some(_)) => Err(Error::usage(
            format!("{FILE_VARIABLE} and {COMMAND_VARIABLE} are both set"),
            "set one of them",
        )),
        (Some(file), None) => Keys::read(Path::new(&file)).map(Some),
        (None, Some(command)) => Keys::of_command(&command.to_string_lossy()).map(Some),
        (None, None) => Ok(None),
    }
}

/// Runs the verb.
pub(super) fn run(args: &KeysArgs, ui: &Ui) -> Result<Outcome> {
    match &args.verb {
        KeysVerb::New(args) => new(args, ui),
        KeysVerb::OfFile(args) => of_file(args, ui),
    }
}

fn new(args: &NewArgs, ui: &Ui) -> Result<Outcome> {
    let name = args.name.clone().unwrap_or_else(|| today().to_string());
    let line = keys::new_line(&name)?;
    let present = if args.file.exists() {
        let known = Keys::read(&args.file)?;
        if known.names().any(|known| known == name) {
            return Err(Error::usage(
                format!("{} has a key called {name} already", args.file.display()),
                "give the new one another name with --name",
            ));
        }
        std::fs::read(&args.file).map_err(Error::io(&args.file))?
    } else {
        Vec::new()
    };
    let content = zeroize::Zeroizing::new([line.as_bytes(), &present].concat());
    replace(&args.file, &content)?;
    let file = args.file.display().to_string();
    ui.say(message!("keys-made", name = name.to_string(), file = file));
    ui.note(message!("keys-keep"));
    ui.document(&serde_json::json!({ "type": "key", "name": name, "file": args.file.display().to_string() }));
    Ok(Outcome::Done)
}

/// Puts `content` in the place of `path`, which its owner alone may read, or leaves it as it was.
fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let owner_alone = std::fs::Permissions::from_mode(0o600);
    let staged = tempfile::Builder::new().permissions(owner_alone).tempfile_in(folder);
    let mut staged = staged.map_err(Error::io(folder))?;
    let written = staged.write_all(content).and_then(|()| staged.as_file().sync_all());
    written.map_err(Error::io(path))?;
    staged.persist(path).map_err(|e| Error::io(path)(e.error))?;
    file::sync_directory(folder)
}

fn of_file(args: &OfFileArgs, ui: &Ui) -> Result<Outcome> {
    let key = file::parquet_key(&args.file)?;
    let digits = zeroize::Zeroizing::new(keys::hex(&key.secret[..]));
    ui.say(&*digits);
    ui.document(&serde_json::json!({ "type": "file_key", "key": key.name, "footer_key": *digits }));
    Ok(Outcome::Done)
}
