//! A cluster of records as a small graph: records on a circle, hits between them, the weakest link marked.

use std::collections::HashMap;
use std::f64::consts::TAU;

use super::{chart, dot, drawing, line, text};
use crate::language::Message;
use crate::report::facts::Chart;
use crate::report::lists::Cluster;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 230.0;

/// Records up to which each has its name beside it, and hits their score.
const NAMED: usize = 12;

/// The graph; none of a cluster without records.
pub(in crate::report) fn cluster(cluster: &Cluster) -> Option<Chart> {
    let first = cluster.members.first()?;
    let count = cluster.members.len();
    let radius = if count == 2 { 80.0 } else { 74.0 };
    let (middle_x, middle_y) = (WIDTH / 2.0, HEIGHT / 2.0 + 12.0);
    // Two records lie side by side, more of them begin at the top.
    let start = if count == 2 { TAU / 2.0 } else { -TAU / 4.0 };
    let place = |number: usize| {
        let angle = start + TAU * number as f64 / count as f64;
        (middle_x + radius * angle.cos(), middle_y + radius * angle.sin())
    };
    let ids = cluster.members.iter().map(|member| member.record_id.as_str());
    let places: HashMap<&str, (f64, f64)> =
        ids.enumerate().map(|(number, id)| (id, place(number))).collect();
    let title = Message::new("chart-cluster")
        .with("search", &first.search)
        .with("cluster", &first.cluster_id);
    let mut document = drawing(&title, (WIDTH, HEIGHT));
    document = document.add(text(&first.search, (10.0, 18.0), "title"));
    let weakest = (first.weakest_link.0.as_str(), first.weakest_link.1.as_str());
    for link in &cluster.links {
        let ends = (link.probe_id.as_str(), link.gallery_id.as_str());
        let (Some(a), Some(b)) = (places.get(ends.0), places.get(ends.1)) else { continue };
        let is_weakest = ends == weakest || (ends.1, ends.0) == weakest;
        document = document.add(line(*a, *b, if is_weakest { "link weak" } else { "link" }));
        if count <= NAMED && (count < 5 || is_weakest) {
            let score = format!("{:.1}", f64::from(link.score_mban) / 1000.0);
            let at = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0 - 5.0);
            document = document.add(text(&score, at, "tick middle halo"));
        }
    }
    for member in &cluster.members {
        let Some((x, y)) = places.get(member.record_id.as_str()) else { continue };
        document = document.add(dot((*x, *y), 6.0, "mark first"));
        if count <= NAMED {
            let below = if *y > middle_y + 1.0 || count == 2 { 20.0 } else { -11.0 };
            document = document.add(text(&member.record_id, (*x, y + below), "label middle"));
        }
    }
    Some(chart(title, &document))
}
