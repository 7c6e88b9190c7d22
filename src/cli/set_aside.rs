//! What an import refused: shown on the terminal, and set aside in the gallery's quarantine.

use std::path::{Path, PathBuf};

use super::ui::Ui;
use crate::error::{Error, Position, Rejection, Result};
use crate::gallery::commit::Clash;
use crate::gallery::remote::{push, shown};
use crate::import::quarantine;
use crate::language::message;

/// Rejections shown on the terminal; all of them are in the quarantine file.
const SHOWN: usize = 5;

/// Where the rejections of one command go.
pub(super) struct SetAside<'a> {
    /// Directory of the gallery.
    pub(super) gallery: &'a Path,
    /// Index or register, the first word of a quarantine file's name.
    pub(super) category: &'a str,
    /// Where people read of them.
    pub(super) ui: &'a Ui,
}

impl SetAside<'_> {
    /// Sets a file aside that was refused as a whole; returns the path of the reason. The first
    /// rejection of a command is kept in `first` and shown as the error it ends with.
    ///
    /// # Errors
    /// The quarantine cannot be written.
    pub(super) fn whole_file(
        &self,
        rejection: &Rejection,
        first: &mut Option<Rejection>,
    ) -> Result<String> {
        if first.is_some() {
            self.ui.rejection(rejection);
        }
        first.get_or_insert_with(|| rejection.clone());
        self.write(&refusal_id(&rejection.file), std::slice::from_ref(rejection))
    }

    /// Sets the rejections of a file aside whose content hashes to `file_hash`; returns the path of
    /// the reasons, if there are any. With `partial` the command goes on; without, the first
    /// rejection of a command is kept in `first` and shown as the error it ends with.
    ///
    /// # Errors
    /// The quarantine cannot be written.
    pub(super) fn of_file(
        &self,
        file_hash: &str,
        rejections: &[Rejection],
        partial: bool,
        first: &mut Option<Rejection>,
    ) -> Result<Option<String>> {
        let is_error = !partial && first.is_none();
        for rejection in rejections.iter().take(SHOWN).skip(usize::from(is_error)) {
            self.ui.rejection(rejection);
        }
        if is_error {
            *first = rejections.first().cloned();
        }
        if rejections.is_empty() { Ok(None) } else { self.write(file_hash, rejections).map(Some) }
    }

    /// The error of record ids that the gallery holds with other content.
    pub(super) fn clashes(&self, clashes: &[Clash]) -> Error {
        let help = "a record id names one record for ever; give it a new id, or leave it out";
        let rejections: Vec<Rejection> = clashes
            .iter()
            .map(|clash| {
                let file = PathBuf::from(&clash.file_name);
                let rule = "a record id already in the gallery comes with the same content";
                Rejection::new(&file, Position::File, rule, &clash.record_id, help)
                    .of_record(&clash.record_id)
            })
            .collect();
        for rejection in rejections.iter().take(SHOWN) {
            self.ui.rejection(rejection);
        }
        let id = crate::ident::content_id("clash", clashes.iter().map(|c| c.record_id.as_bytes()));
        if let Err(error) = self.write(&id, &rejections) {
            return error;
        }
        match rejections.into_iter().next() {
            Some(first) => first.into(),
            None => Error::usage("ids clash", help),
        }
    }

    /// Writes rejections to the gallery's quarantine.
    fn write(&self, id: &str, rejections: &[Rejection]) -> Result<String> {
        let directory = self.gallery.join("quarantine");
        std::fs::create_dir_all(&directory).map_err(Error::io(&directory))?;
        let short: String = id.chars().take(32).collect();
        let path = directory.join(format!("{}-{short}.parquet", self.category));
        quarantine::write(&path, rejections)?;
        push(&path)?;
        let more = rejections.len().saturating_sub(SHOWN);
        if more > 0 {
            self.ui.note(message!("import-more", count = more.to_string()));
        }
        Ok(shown(&path))
    }
}

/// Identity of a file that was refused whole: its content, so that a later refusal of another file
/// under the same path keeps the earlier reasons; the path where the content cannot be read.
fn refusal_id(path: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    let read = std::fs::File::open(path).and_then(|file| hasher.update_reader(file).map(drop));
    match read {
        Ok(()) => crate::ident::content_id("refused-content", [&hasher.finalize().as_bytes()[..]]),
        Err(_) => crate::ident::content_id("refused-path", [path.as_os_str().as_encoded_bytes()]),
    }
}
