//! One finger: its orientation field and all of its minutiae.
//!
//! Minutiae are laid one after the other where ridges want them: proposals are uniform over the finger,
//! accepted more often where ridges spread or converge, and less often near a minutia already there
//! (a Strauss-like process with a hard core). A ridge that begins is one more ridge in the direction of
//! its minutia, so where ridges spread along the flow most minutiae point along it, where they converge
//! against it; that gives directions their correlation over tens of pixels. Side by side at a ridge's
//! distance, one ridge often begins where the next ends, so such pairs are opposite.
//!
//! Limits: the process does not trace ridges, so ridge counts between minutiae mean nothing.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::arithmetic::sin_cos;
use super::field::Field;
use super::parameters::MasterParameters;
use super::pattern::Pattern;
use crate::domain::finger::{MinutiaKind, Position};

/// Proposals per minutia wanted before a crowded finger is left as it is.
const MAX_PROPOSALS_PER_MINUTIA: usize = 60;

/// One minutia of a finger, before any impression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MasterMinutia {
    /// To the right of the centre of the finger pad, pixels at 500 dpi.
    pub x_px: f64,
    /// Up from it.
    pub y_px: f64,
    /// Direction in turns, in the sense of ISO/IEC 19794-2, counter-clockwise from +x.
    pub turns: f64,
    /// Ending or bifurcation.
    pub kind: MinutiaKind,
    /// How easily it is found in an impression: 0 the hardest, 1 the easiest of the finger, uniform.
    pub clarity: f64,
}

/// One finger of a synthetic person.
#[derive(Debug, Clone, PartialEq)]
pub struct Master {
    /// Which finger, 1 to 10.
    pub position: Position,
    /// Its class.
    pub pattern: Pattern,
    /// Its size as a multiple of the average finger's.
    pub scale: f64,
    /// All minutiae of the finger.
    pub minutiae: Vec<MasterMinutia>,
    pub(super) field: Field,
    /// Share of ridge endings of this finger.
    pub(super) ending_share: f64,
    pub(super) parameters: MasterParameters,
    /// Seed of the finger's impressions.
    pub(super) seed: u64,
}

/// What a finger is before its minutiae are laid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    pub position: Position,
    pub pattern: Pattern,
    pub scale: f64,
    /// Density as a multiple of the average.
    pub density: f64,
    pub parameters: MasterParameters,
    /// Seed of the finger's impressions.
    pub seed: u64,
}

impl Master {
    /// Lays the minutiae of the finger planned.
    pub(super) fn new(plan: Plan, rng: &mut ChaCha8Rng) -> Master {
        let left_hand = plan.position.code() > 5;
        let field = super::pattern::field(plan.pattern, left_hand, plan.scale, rng);
        let p = plan.parameters;
        let mut master = Master {
            position: plan.position,
            pattern: plan.pattern,
            scale: plan.scale,
            minutiae: Vec::new(),
            field,
            ending_share: (p.ending_share + p.ending_spread * super::arithmetic::normal(rng))
                .clamp(0.0, 1.0),
            parameters: plan.parameters,
            seed: plan.seed,
        };
        let area = std::f64::consts::PI * p.half_width_px * p.half_height_px;
        let wanted = (area * p.density_per_px2 * plan.density).round() as usize;
        master.minutiae.reserve(wanted);
        for _ in 0..wanted * MAX_PROPOSALS_PER_MINUTIA {
            if master.minutiae.len() >= wanted {
                break;
            }
            if let Some(minutia) = master.proposal(rng) {
                master.minutiae.push(minutia);
            }
        }
        master
    }

    /// Semi-axes of the skin that carries minutiae.
    pub(super) fn half_axes_px(&self) -> (f64, f64) {
        (self.parameters.half_width_px * self.scale, self.parameters.half_height_px * self.scale)
    }

    /// One proposal, if it is accepted.
    fn proposal(&self, rng: &mut ChaCha8Rng) -> Option<MasterMinutia> {
        let p = &self.parameters;
        let (half_width, half_height) = self.half_axes_px();
        let (u, v) = in_disc(rng);
        let (x, y) = (u * half_width, v * half_height);
        let (spacing, nearest) = self.spacing(x, y);
        if rng.random::<f64>() >= spacing {
            return None;
        }
        let flow = self.field.at(x, y);
        // Ridges that must begin per square pixel so that the period stays what it is, over the
        // minutiae there are anyway.
        let period = p.ridge_period_px * self.scale;
        let needed = p.spreading * flow.divergence / (period * p.density_per_px2);
        let intensity = (0.5 + 0.5 * needed.abs()).min(1.0);
        if rng.random::<f64>() >= intensity {
            return None;
        }
        let along = needed.clamp(-1.0, 1.0);
        let mut forward = rng.random::<f64>() < 0.5 + 0.5 * along;
        if let Some(other) = nearest
            && rng.random::<f64>() < p.opposite_share
        {
            forward = sin_cos(flow.turns - other.turns).1 < 0.0;
        }
        let deviation = p.direction_spread_turns * super::arithmetic::normal(rng);
        let turns = flow.turns + if forward { 0.0 } else { 0.5 } + deviation;
        let ending = rng.random::<f64>() < self.ending_share;
        Some(MasterMinutia {
            x_px: x,
            y_px: y,
            turns: turns - turns.floor(),
            kind: if ending { MinutiaKind::Ending } else { MinutiaKind::Bifurcation },
            clarity: rng.random(),
        })
    }

    /// Probability that the neighbours tolerate a minutia at (x, y), and the nearest one, where it lies
    /// beside rather than along the ridge and near enough to be opposite.
    fn spacing(&self, x: f64, y: f64) -> (f64, Option<&MasterMinutia>) {
        let p = &self.parameters;
        let mut tolerance = 1.0;
        let mut nearest: Option<(f64, &MasterMinutia)> = None;
        for other in &self.minutiae {
            let (dx, dy) = (x - other.x_px, y - other.y_px);
            let square = dx * dx + dy * dy;
            if square * p.along_ridge * p.along_ridge >= p.free_spacing_px * p.free_spacing_px {
                continue;
            }
            let (sine, cosine) = sin_cos(other.turns);
            let (along, across) = (dx * cosine + dy * sine, dy * cosine - dx * sine);
            let shortened = p.along_ridge * along;
            tolerance *= acceptance(p, (shortened * shortened + across * across).sqrt());
            let distance = square.sqrt();
            let beside = along.abs() < across.abs();
            if beside
                && distance < p.opposite_within_px
                && nearest.is_none_or(|(least, _)| distance < least)
            {
                nearest = Some((distance, other));
            }
        }
        (tolerance, nearest.map(|(_, other)| other))
    }
}

/// Share of proposals accepted at `distance` from a minutia.
pub(super) fn acceptance(p: &MasterParameters, distance: f64) -> f64 {
    if distance < p.least_spacing_px {
        return 0.0;
    }
    let way = (distance - p.least_spacing_px) / (p.free_spacing_px - p.least_spacing_px);
    (p.near_acceptance + (1.0 - p.near_acceptance) * way).min(1.0)
}

/// A uniform point of the unit disc.
pub(super) fn in_disc(rng: &mut ChaCha8Rng) -> (f64, f64) {
    let radius = rng.random::<f64>().sqrt();
    let (sine, cosine) = sin_cos(rng.random());
    (radius * cosine, radius * sine)
}
