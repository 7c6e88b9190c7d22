//! `--probe FILE` of `explain` and `why-not`: the probes of an ad-hoc search, read again.
//!
//! Why: what was searched from a file is stored nowhere, and a hit of it can be counted again from the file alone. The
//! same checks hold as in the search: a file cannot carry the record of another index past the law.

use std::path::PathBuf;

use clap::Args;

use super::import::parse_alias;
use super::search::profiles_of_file;
use super::search_finger;
use super::ui::Ui;
use crate::domain::category::Index;
use crate::domain::locus::Locus;
use crate::domain::register::Register;
use crate::error::{Error, Result};
use crate::explain::account::{FinishedRun, GivenProbes};
use crate::gallery::Gallery;
use crate::run::{finger_probes, probes};

/// Where the probes of a run are, if not in the gallery.
#[derive(Debug, Args)]
pub(super) struct GivenArgs {
    /// File that was searched, where the probe came from a file
    #[arg(long, value_name = "FILE")]
    probe: Option<PathBuf>,
    /// A laboratory's own name of a locus, as the search had it, such as STR7=D7S820; may be repeated
    #[arg(long, value_name = "NAME=LOCUS", value_parser = parse_alias, requires = "probe")]
    alias: Vec<(String, Locus)>,
}

impl GivenArgs {
    /// The probes of `run`; none where no file is given.
    ///
    /// # Errors
    /// The run searched no file, the file is refused, or a probe may not be searched today.
    pub(super) fn read(
        &self,
        gallery: &Gallery,
        run: &FinishedRun,
        ui: &Ui,
    ) -> Result<GivenProbes> {
        let mut given = GivenProbes::default();
        let Some(path) = &self.probe else { return Ok(given) };
        let search = run.report.searches.iter().find(|of| of.search.starts_with("search/"));
        let nothing = || {
            Error::usage(
                format!("the run in {} searched no file", run.directory.display()),
                "leave --probe out: its records are in the gallery",
            )
        };
        let search = search.ok_or_else(nothing)?;
        let (statuses, day) = (gallery.statuses()?, run.parameters.as_of);
        if search.modality == "finger" {
            let register = Register::parse(&search.probe_index).ok_or_else(nothing)?;
            let mut records = search_finger::of_file(path, register, day, ui)?.records;
            finger_probes::admit(gallery, &statuses, register, &mut records, day)?;
            given.fingers.extend(records.into_iter().map(|r| (r.record_id.clone(), r)));
        } else {
            let index = Index::parse(&search.probe_index).ok_or_else(nothing)?;
            let mut records = profiles_of_file(path, index, (day, &self.alias), ui)?.records;
            probes::admit(gallery, &statuses, index, &mut records, day)?;
            given.profiles.extend(records.into_iter().map(|r| (r.record_id.clone(), r)));
        }
        Ok(given)
    }
}
