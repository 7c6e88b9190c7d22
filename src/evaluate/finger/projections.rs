//! Which projection the descriptors of a database are computed with.
//!
//! Why: a projection is learned from labelled impressions, and its figures on a database it was learned
//! from are too good. A folder of projections holds one for every database to be tested,
//! `without-<database>.bin`, learned from the others, and `all.bin`, learned from everything, each with the
//! JSON file beside it that `tanba train` writes; that file says what the projection was learned from.
//! Databases are told by name: a copy of one under another name is not recognised.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Position, Rejection, Result};
use crate::kernel::minutia::projection::Projection;

/// Name of the projection learned from every database.
const ALL: &str = "all.bin";

/// Largest file read, bytes: three times what a projection is.
const MAX_BYTES: u64 = 1 << 18;

/// What the built-in projection was learned from.
const BUILTIN_DOCUMENT: &str = include_str!("../../../datasets/projection/all.json");

/// What is known of a projection and the database it is used on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Training {
    /// Learned without a database of this name.
    Unseen,
    /// Learned with a database of this name.
    Seen,
    /// Nothing beside the projection says what it was learned from.
    Unknown,
}

/// What `tanba train` writes beside a projection, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Document {
    blake3: String,
    data: Vec<DataSet>,
}

#[derive(Debug, Deserialize)]
struct DataSet {
    databases: Vec<String>,
}

/// A projection under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedProjection {
    /// File name, or what the program calls its own.
    pub name: String,
    /// BLAKE3 hash of its file form.
    pub hash: String,
    /// The projection.
    pub projection: Projection,
    /// Databases it was learned from; `None` where nothing says.
    learned_from: Option<Vec<String>>,
}

impl NamedProjection {
    /// A projection of unknown origin.
    pub fn new(name: &str, projection: Projection) -> NamedProjection {
        let hash = blake3::hash(&projection.to_bytes()).to_hex().to_string();
        NamedProjection { name: name.to_owned(), hash, projection, learned_from: None }
    }

    /// The projection that travels inside the program.
    ///
    /// # Errors
    /// The program was built with a projection of another descriptor, or with another's description.
    pub fn builtin() -> Result<NamedProjection> {
        let path = Path::new("the built-in projection");
        let projection = Projection::builtin().map_err(|e| damaged(path, &e.to_string()))?;
        NamedProjection::new("built-in", projection).described(path, BUILTIN_DOCUMENT)
    }

    /// Reads a projection, and what it was learned from where the file beside it says so.
    fn read(path: &Path, name: &str) -> Result<NamedProjection> {
        let projection = Projection::from_bytes(&bounded(path)?).map_err(|error| {
            Rejection::new(
                path,
                Position::File,
                "a projection is a file of `tanba train` for this program's descriptor",
                error.to_string(),
                "learn it again with `tanba train`",
            )
        })?;
        let named = NamedProjection::new(name, projection);
        let beside = path.with_extension("json");
        if !beside.is_file() {
            return Ok(named);
        }
        let text = bounded(&beside)?;
        named.described(&beside, &String::from_utf8_lossy(&text))
    }

    fn described(mut self, path: &Path, text: &str) -> Result<NamedProjection> {
        let document: Document =
            serde_json::from_str(text).map_err(|error| damaged(path, &error.to_string()))?;
        if document.blake3 != self.hash {
            return Err(damaged(path, "it describes another projection than the one beside it"));
        }
        let databases = document.data.into_iter().flat_map(|data| data.databases);
        self.learned_from = Some(databases.collect());
        Ok(self)
    }

    fn training(&self, database: &str) -> Training {
        match &self.learned_from {
            None => Training::Unknown,
            Some(list) if list.iter().any(|known| known == database) => Training::Seen,
            Some(_) => Training::Unseen,
        }
    }
}

fn damaged(path: &Path, rule: &str) -> Error {
    Error::integrity(path, rule, "learn the projection again with `tanba train`")
}

fn bounded(path: &Path) -> Result<Vec<u8>> {
    let size = path.metadata().map_err(Error::input(path))?.len();
    if size > MAX_BYTES {
        return Err(Error::Limit {
            what: format!("{}, {size} bytes,", path.display()),
            limit: MAX_BYTES,
            help: "give a folder that `tanba train` wrote".into(),
        });
    }
    std::fs::read(path).map_err(Error::io(path))
}

/// The projections of an evaluation: one for each database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projections {
    /// Different projections.
    list: Vec<NamedProjection>,
    /// Number in `list` and what is known, by database.
    chosen: Vec<(usize, Training)>,
}

impl Projections {
    /// One projection for all of `databases`.
    pub fn one(projection: NamedProjection, databases: &[String]) -> Projections {
        let chosen = databases.iter().map(|name| (0, projection.training(name))).collect();
        Projections { list: vec![projection], chosen }
    }

    /// The projections of `folder` for `databases`: `without-<database>.bin` where there is one, else
    /// `all.bin`.
    ///
    /// # Errors
    /// A file cannot be read, is no projection of this program's descriptor or is described as another, or
    /// a database has none.
    pub fn read(folder: &Path, databases: &[String]) -> Result<Projections> {
        let mut list: Vec<NamedProjection> = Vec::new();
        let mut chosen = Vec::with_capacity(databases.len());
        for database in databases {
            let apart = format!("without-{database}.bin");
            let name = if folder.join(&apart).is_file() { apart.as_str() } else { ALL };
            let number = match list.iter().position(|known| known.name == name) {
                Some(number) => number,
                None => {
                    let path = folder.join(name);
                    if !path.is_file() {
                        return Err(Error::usage(
                            format!("{} has no projection for {database}", folder.display()),
                            format!("put {apart} or {ALL} there, as `tanba train` writes them"),
                        ));
                    }
                    list.push(NamedProjection::read(&path, name)?);
                    list.len() - 1
                }
            };
            chosen.push((number, list[number].training(database)));
        }
        Ok(Projections { list, chosen })
    }

    /// Number of the projection of a database; equal numbers are the same projection.
    pub(super) fn number(&self, database: usize) -> usize {
        self.chosen[database].0
    }

    /// The projection of a database, and what is known of it.
    pub fn of(&self, database: usize) -> (&NamedProjection, Training) {
        let (number, training) = self.chosen[database];
        (&self.list[number], training)
    }
}
