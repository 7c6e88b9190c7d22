//! Sole use of an output directory: a lock of the operating system, with a note of who holds it.
//!
//! Why a lock and not a file that is there or not: the operating system gives it back when the process ends, however
//! it ends. Limits: on a network file system the lock is as good as that system's `flock`.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::bucket::shown;
use super::output::{REPORT_FILE, RUN_FILE};
use crate::error::{Error, Result};

/// Held by the run that writes.
const LOCK_FILE: &str = "run.lock";

/// Time between two tries to take a lock that is held.
const PAUSE: Duration = Duration::from_millis(100);

/// Tries before a lock counts as held: `tanba status` holds one for a moment.
const LEAST_TRIES: u32 = 3;

/// Sole use of an output directory, until dropped.
#[derive(Debug)]
pub struct Claim {
    lock: File,
    path: PathBuf,
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Removed while still held: the next run makes a lock of its own. A file left behind by a
        // crash is not held by anybody and hinders nobody.
        let _ = fs::remove_file(&self.path);
        let _ = self.lock.unlock();
    }
}

/// Who holds a lock, as the lock's file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process.
    pub pid: u32,
    /// Host it runs on.
    pub host: String,
    /// Since when, RFC 3339 in UTC.
    pub since: String,
}

impl Holder {
    fn of_process() -> Holder {
        let host = nix::unistd::gethostname();
        Holder {
            pid: std::process::id(),
            host: host.map_or_else(|_| "?".into(), |name| name.to_string_lossy().into_owned()),
            since: jiff::Timestamp::now().to_string(),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {} since {}", self.pid, self.host, self.since)
    }
}

/// How long to wait for a lock that another process holds.
#[derive(Clone, Copy)]
pub struct Wait<'a> {
    /// When to give up; none: at once.
    pub until: Option<Instant>,
    /// Set from outside when the wait is to end.
    pub interrupt: &'a AtomicBool,
    /// Told once that the wait begins, with who holds the lock, if that is known.
    pub begins: &'a dyn Fn(Option<&Holder>),
}

/// Claims `out` for a run: nobody else writes there, and it holds no finished run, or `overwrite`
/// allows replacing it.
///
/// # Errors
/// Another run is writing there, still at the end of the wait; a finished run is there and may not be replaced;
/// `out` is no directory; or the operating system refuses.
pub fn claim(out: &Path, overwrite: bool, wait: &Wait) -> Result<Claim> {
    if out.exists() && !out.is_dir() {
        return Err(Error::usage(
            format!("{} is not a directory", shown(out).display()),
            "choose another --out",
        ));
    }
    fs::create_dir_all(out).map_err(Error::io(out))?;
    let claim = wait_for(out, wait, || take(&out.join(LOCK_FILE)))?;
    let present = out.join(RUN_FILE);
    if present.exists() {
        if !overwrite {
            return Err(Error::usage(
                format!("{} already holds a finished run", shown(out).display()),
                "choose another --out, or add --overwrite to replace it",
            ));
        }
        // The page of the run that is replaced would pass for one of the new run.
        let page = out.join(REPORT_FILE);
        if page.exists() {
            fs::remove_file(&page).map_err(Error::io(&page))?;
        }
        fs::remove_file(&present).map_err(Error::io(&present))?;
    }
    Ok(claim)
}

/// Waits until nobody writes into `out`, without claiming it: what a run reads is then as the other left it.
///
/// # Errors
/// As [`claim`].
pub fn wait_until_free(out: &Path, wait: &Wait) -> Result<()> {
    wait_for(out, wait, || Ok((!is_claimed(out)?).then_some(())))
}

/// What `take` gives, asked again until the end of the wait.
fn wait_for<T>(out: &Path, wait: &Wait, take: impl Fn() -> Result<Option<T>>) -> Result<T> {
    let mut tries = 0;
    loop {
        if let Some(taken) = take()? {
            return Ok(taken);
        }
        tries += 1;
        let held = holder(out);
        let Some(until) = wait.until else {
            if tries < LEAST_TRIES {
                std::thread::sleep(PAUSE / 10);
                continue;
            }
            return Err(Error::usage(
                format!(
                    "another run is writing into {}{}",
                    shown(out).display(),
                    by(held.as_ref())
                ),
                "wait for it to end (--wait 10m), or choose another --out",
            ));
        };
        if tries == LEAST_TRIES {
            (wait.begins)(held.as_ref());
        }
        if wait.interrupt.load(Ordering::Relaxed) {
            return Err(Error::Incomplete {
                what: format!(
                    "interrupted while another run was writing into {}",
                    shown(out).display()
                ),
                help: "give the command again".into(),
            });
        }
        if Instant::now() >= until {
            return Err(Error::Incomplete {
                what: format!(
                    "another run is still writing into {}{}",
                    shown(out).display(),
                    by(held.as_ref())
                ),
                help: "look at it with `tanba status`, then wait longer or choose another --out"
                    .into(),
            });
        }
        std::thread::sleep(PAUSE);
    }
}

fn by(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| format!(" ({holder})"))
}

/// Takes the lock, if nobody holds it.
fn take(path: &Path) -> Result<Option<Claim>> {
    loop {
        let options = File::options().write(true).create(true).truncate(false).open(path);
        let lock = options.map_err(Error::io(path))?;
        match lock.try_lock() {
            Ok(()) if is_at(&lock, path)? => {
                note_holder(&lock).map_err(Error::io(path))?;
                return Ok(Some(Claim { lock, path: path.to_owned() }));
            }
            // Who held it has removed the file since it was opened here: a lock on no file keeps nobody out.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(Error::io(path)(source)),
        }
    }
}

/// Whether the file at `path` is still the one that was opened.
fn is_at(lock: &File, path: &Path) -> Result<bool> {
    let own = lock.metadata().map_err(Error::io(path))?;
    match fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io(path)(error)),
    }
}

fn note_holder(mut lock: &File) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.write_all(&serde_json::to_vec(&Holder::of_process())?)
}

/// Who holds `out`, or held it when a crash left the lock's file; none where nobody says.
pub fn holder(out: &Path) -> Option<Holder> {
    serde_json::from_slice(&fs::read(out.join(LOCK_FILE)).ok()?).ok()
}

/// Whether a run is writing into `out` now.
///
/// # Errors
/// The operating system refuses.
pub fn is_claimed(out: &Path) -> Result<bool> {
    let path = out.join(LOCK_FILE);
    let lock = match File::open(&path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io(&path)(error)),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(Error::io(&path)(source)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    /// Claims without waiting.
    fn at_once(out: &Path) -> Result<Claim> {
        let interrupt = AtomicBool::new(false);
        claim(out, false, &Wait { until: None, interrupt: &interrupt, begins: &|_| {} })
    }

    #[test]
    fn a_second_claim_is_refused_with_the_name_of_the_first_and_taken_when_that_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = at_once(folder.path()).unwrap();
        assert!(is_claimed(folder.path()).unwrap());
        let error = at_once(folder.path()).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2);
        let own = format!("process {} on ", std::process::id());
        assert!(error.to_string().contains(&own), "{error}");
        drop(first);
        assert!(!is_claimed(folder.path()).unwrap());
        drop(at_once(folder.path()).unwrap());
    }

    #[test]
    fn whoever_waits_is_told_once_who_holds_it_and_gives_up_at_the_end_with_exit_code_4() {
        let folder = tempfile::tempdir().unwrap();
        let _first = at_once(folder.path()).unwrap();
        let interrupt = AtomicBool::new(false);
        let told = AtomicU32::new(0);
        let begins = |holder: Option<&Holder>| {
            assert_eq!(holder.unwrap().pid, std::process::id());
            told.fetch_add(1, Ordering::Relaxed);
        };
        let until = Some(Instant::now() + 5 * PAUSE);
        let wait = Wait { until, interrupt: &interrupt, begins: &begins };
        let error = claim(folder.path(), false, &wait).unwrap_err();
        assert_eq!((error.kind().exit_code(), told.load(Ordering::Relaxed)), (4, 1), "{error}");
        interrupt.store(true, Ordering::Relaxed);
        let until = Some(Instant::now() + Duration::from_secs(3600));
        let error = claim(folder.path(), false, &Wait { until, ..wait }).unwrap_err();
        assert!(error.to_string().starts_with("interrupted while"), "{error}");
    }

    #[test]
    fn many_who_wait_have_the_directory_one_after_another() {
        let folder = tempfile::tempdir().unwrap();
        let inside = AtomicU32::new(0);
        let interrupt = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let until = Some(Instant::now() + Duration::from_secs(3600));
                    let wait = Wait { until, interrupt: &interrupt, begins: &|_| {} };
                    for _ in 0..5 {
                        let claim = claim(folder.path(), false, &wait).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(claim);
                    }
                });
            }
        });
    }
}
