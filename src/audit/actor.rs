//! Who runs the program, as the operating system knows them.

use nix::unistd::{Uid, User, gethostname};
use serde::{Deserialize, Serialize};

/// A user of the operating system on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Name of the user; `uid N` where the system has no name for the number.
    pub user: String,
    /// Number of the user who started the program.
    pub uid: u32,
    /// Name of the host.
    pub host: String,
}

impl Actor {
    /// The user of this process.
    pub fn current() -> Actor {
        let uid = Uid::current();
        let known = User::from_uid(uid).ok().flatten();
        Actor {
            user: known.map_or_else(|| format!("uid {uid}"), |user| user.name),
            uid: uid.as_raw(),
            host: gethostname()
                .map_or_else(|_| "unknown".to_owned(), |name| name.to_string_lossy().into_owned()),
        }
    }
}
