//! Where tiles are done: on this computer, or with the feature `distributed` on a cluster.

use std::sync::Arc;

use clap::Args;

#[cfg(feature = "distributed")]
use super::cluster::{TlsArgs, parse_address};
#[cfg(feature = "distributed")]
use crate::cluster::{Address, client};
use crate::error::{Error, Result};
use crate::hits::part::Part;
use crate::run::elsewhere::Elsewhere;

/// The cluster that does the tiles of a run; this computer without one.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cluster (does not change results)")]
pub(super) struct OnClusterArgs {
    /// Scheduler of the cluster that compares, such as 10.0.0.5:50050 (docs/cluster.md) [default: this computer]
    #[cfg(feature = "distributed")]
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_address)]
    cluster: Option<Address>,
    #[cfg(feature = "distributed")]
    #[command(flatten)]
    tls: TlsArgs,
}

impl OnClusterArgs {
    /// With paths that do not depend on the directory of work.
    ///
    /// # Errors
    /// The directory of work is gone.
    pub(super) fn absolute(&self) -> Result<OnClusterArgs> {
        Ok(OnClusterArgs {
            #[cfg(feature = "distributed")]
            cluster: self.cluster.clone(),
            #[cfg(feature = "distributed")]
            tls: self.tls.absolute()?,
        })
    }

    /// The connection to the cluster; none where this computer compares.
    ///
    /// # Errors
    /// The scheduler cannot be reached, or not without certificates.
    #[cfg(feature = "distributed")]
    pub(super) fn elsewhere(&self) -> Result<Option<Arc<dyn Elsewhere>>> {
        let connected = |address| client::elsewhere(address, self.tls.read()?.as_ref());
        self.cluster.as_ref().map(connected).transpose()
    }

    #[cfg(not(feature = "distributed"))]
    pub(super) fn elsewhere(&self) -> Result<Option<Arc<dyn Elsewhere>>> {
        Ok(None)
    }

    fn is_asked(&self) -> bool {
        #[cfg(feature = "distributed")]
        return self.cluster.is_some();
        #[cfg(not(feature = "distributed"))]
        false
    }

    /// Refuses a part of a run on a cluster.
    ///
    /// # Errors
    /// Both are asked.
    pub(super) fn refuse_part(&self, part: Option<Part>) -> Result<()> {
        match part {
            Some(part) if self.is_asked() => Err(Error::usage(
                format!(
                    "part {part} of a run is done by one computer, and --cluster names several"
                ),
                "leave --part out: the cluster divides the run itself",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a cluster for a search, which one computer does.
    ///
    /// # Errors
    /// One is asked.
    pub(super) fn refuse_search(&self) -> Result<()> {
        match self.is_asked() {
            true => Err(Error::usage(
                "what goes on is a search, and those are done by one computer",
                "leave --cluster out",
            )),
            false => Ok(()),
        }
    }
}
