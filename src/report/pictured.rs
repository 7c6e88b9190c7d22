//! The first hits of each search with their pictures, each compared again from the records of the gallery.
//!
//! Limits: what cannot be explained (another release made the run, a record is blocked now or is gone) has the reason in
//! the place of its pictures.

use std::collections::HashMap;

use serde::Serialize;

use super::facts::Chart;
use super::source::Request;
use crate::column::hit::Hit;
use crate::error::Result;
use crate::explain::account::FinishedRun;
use crate::explain::explain;
use crate::gallery::Gallery;

/// Pictures of one hit: of ten fingers the first show enough to decide whether to look further.
const PICTURES_PER_HIT: usize = 2;

/// A hit with its pictures.
#[derive(Debug, Clone, Serialize)]
pub struct Pictured {
    /// The hit.
    pub hit_id: String,
    /// Its search.
    pub search: String,
    /// Searched record.
    pub probe_id: String,
    /// Enrolled record.
    pub gallery_id: String,
    /// Family searched for.
    pub family_id: Option<String>,
    /// The pictures.
    pub pictures: Vec<Chart>,
    /// Why there are none.
    pub refused: Option<String>,
}

/// The first of `hits`, which are in order, of each search.
///
/// # Errors
/// The gallery cannot be opened.
pub(super) fn pictured(request: &Request, hits: &[&Hit]) -> Result<Vec<Pictured>> {
    let Some(gallery) = &request.gallery else { return Ok(Vec::new()) };
    let gallery = Gallery::open(gallery)?;
    let run = FinishedRun::open(&request.run);
    let mut drawn: HashMap<&str, usize> = HashMap::new();
    let mut all = Vec::new();
    for hit in hits {
        let count = drawn.entry(&hit.search).or_default();
        if *count == request.pictures {
            continue;
        }
        *count += 1;
        let explained = match &run {
            Ok(run) => explain(&gallery, run, hit).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let (pictures, refused) = match explained {
            Ok(explanation) => (explanation.pictures(), None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        let pictures = pictures.into_iter().take(PICTURES_PER_HIT);
        all.push(Pictured {
            hit_id: hit.hit_id.clone(),
            search: hit.search.clone(),
            probe_id: hit.probe_id.clone(),
            gallery_id: hit.gallery_id.clone(),
            family_id: hit.family_id.clone(),
            pictures: pictures.map(|p| Chart { title: p.title, svg: p.svg }).collect(),
            refused,
        });
    }
    Ok(all)
}
