//! Destroys the results bound to a case.
//!
//! What is obtained for a case is kept with its material and destroyed with it (L510 16-3(2)-(3)). Every file
//! of a result is overwritten with zeros, flushed and removed; `run.json`, which says what the folder is, goes
//! last, so that a command that was cut short can be given again.
//!
//! Limits: a file system that copies on write, keeps snapshots or a journal of data, a drive that spreads
//! writes, a backup, and every copy or export made elsewhere still hold the content. Only encryption whose key
//! is destroyed reaches those.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::output::{RUN_FILE, read_report};
use crate::error::{Error, Result};
use crate::gallery::file::sync_directory;

/// Zeros written at a time, bytes.
const CHUNK: usize = 1 << 16;

/// What was destroyed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// Identity of the run.
    pub run_id: String,
    /// Files overwritten and removed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The results bound to `case` among `folders`: each is a result, or holds results one level below. The second
/// list is the results that are not bound to it.
///
/// # Errors
/// A folder cannot be read or holds no result, or the account of one cannot be understood.
pub fn results_of(case: &str, folders: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let mut all = Vec::new();
    for folder in folders {
        if folder.join(RUN_FILE).is_file() {
            all.push(folder.clone());
            continue;
        }
        let before = all.len();
        for entry in fs::read_dir(folder).map_err(Error::input(folder))? {
            let path = entry.map_err(Error::io(folder))?.path();
            if !path.is_symlink() && path.join(RUN_FILE).is_file() {
                all.push(path);
            }
        }
        if all.len() == before {
            return Err(Error::usage(
                format!("{} holds no finished run", folder.display()),
                "give the --out directories of searches, or a folder that holds them",
            ));
        }
    }
    all.sort();
    all.dedup();
    let (mut bound, mut others) = (Vec::new(), Vec::new());
    for folder in all {
        let is_bound = read_report(&folder)?.case.is_some_and(|binding| binding.case == case);
        if is_bound { bound.push(folder) } else { others.push(folder) }
    }
    Ok((bound, others))
}

/// Destroys the result in `folder`, and the folder.
///
/// # Errors
/// The operating system refuses; what is left can be destroyed by calling again.
pub fn destroy(folder: &Path) -> Result<Destroyed> {
    let run_id = read_report(folder)?.run_id;
    let mut destroyed = Destroyed { run_id, ..Destroyed::default() };
    empty(folder, &mut destroyed)?;
    let account = folder.join(RUN_FILE);
    overwrite_and_remove(&account, &mut destroyed)?;
    fs::remove_dir(folder).map_err(Error::io(folder))?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    sync_directory(parent.unwrap_or(Path::new(".")))?;
    Ok(destroyed)
}

/// Destroys everything below `folder` but its own `run.json`; links are removed, not followed.
fn empty(folder: &Path, destroyed: &mut Destroyed) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let kind = fs::symlink_metadata(&path).map_err(Error::io(&path))?.file_type();
        if kind.is_dir() {
            empty(&path, destroyed)?;
            // A result below a result has an account of its own.
            let account = path.join(RUN_FILE);
            if account.is_file() {
                overwrite_and_remove(&account, destroyed)?;
            }
            fs::remove_dir(&path).map_err(Error::io(&path))?;
        } else if kind.is_file() {
            if path.file_name().is_some_and(|name| name == RUN_FILE) {
                continue;
            }
            overwrite_and_remove(&path, destroyed)?;
        } else {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

fn overwrite_and_remove(path: &Path, destroyed: &mut Destroyed) -> Result<()> {
    let mut file = OpenOptions::new().write(true).open(path).map_err(Error::io(path))?;
    let bytes = file.metadata().map_err(Error::io(path))?.len();
    overwrite(&mut file, bytes).map_err(Error::io(path))?;
    drop(file);
    fs::remove_file(path).map_err(Error::io(path))?;
    destroyed.files += 1;
    destroyed.bytes += bytes;
    Ok(())
}

fn overwrite(file: &mut File, bytes: u64) -> std::io::Result<()> {
    let zeros = [0; CHUNK];
    let mut left = bytes;
    while left > 0 {
        let length = left.min(CHUNK as u64);
        file.write_all(&zeros[..usize::try_from(length).unwrap_or(CHUNK)])?;
        left -= length;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_file_are_zeros_before_its_name_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hits.parquet");
        let witness = folder.path().join("witness");
        let content = vec![7u8; CHUNK + 5];
        fs::write(&path, &content).unwrap();
        fs::hard_link(&path, &witness).unwrap();
        let mut destroyed = Destroyed::default();
        overwrite_and_remove(&path, &mut destroyed).unwrap();
        assert!(!path.exists());
        assert_eq!(fs::read(&witness).unwrap(), vec![0; content.len()]);
        assert_eq!((destroyed.files, destroyed.bytes), (1, content.len() as u64));
    }
}
