//! Rates of verification with their confidence intervals.
//!
//! Definitions (all with the acceptance rule of [`super::curve`]): FMR100, FMR1000 and FMR10000 are the
//! lowest FNMR at any threshold whose FMR is at most 1 %, 0.1 %, 0.01 %; ZeroFMR the lowest FNMR without
//! any false match; EER the error rate where FMR and FNMR cross.
//!
//! Intervals: a bootstrap over fingers, not over comparisons, for the comparisons of one finger depend on
//! each other (Bolle, Ratha, Pankanti, "Error analysis of pattern recognition systems: the subsets
//! bootstrap", CVIU 93, 2004). Fingers are drawn with replacement inside each database; a mated
//! comparison counts as often as its finger was drawn, a non-mated one as the product of both numbers.
//! The interval holds the middle 95 % of the rates so obtained. With ten fingers it is rough, and for
//! ZeroFMR, which one comparison decides, rougher still.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::curve::{Curve, Point};

/// False matches that should at least be allowed for a rate to rest on counts.
pub const MIN_FALSE_MATCHES: u64 = 10;

/// Parts of the distribution of resamples left out on either side.
const TAIL: f64 = 0.025;

/// A comparison with its score and the fingers it is of, numbered through all databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    /// Score.
    pub score: i32,
    /// Fingers; equal for a mated comparison.
    pub fingers: (u32, u32),
}

impl Scored {
    /// Whether both impressions are of one finger.
    pub fn is_mated(&self) -> bool {
        self.fingers.0 == self.fingers.1
    }
}

/// Middle 95 % of the resamples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One error rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// The rate, 0 to 1.
    pub rate: f64,
    /// Its interval; `None` where too few fingers were there to draw from.
    pub interval: Option<Interval>,
    /// Lowest score accepted; `None` where no score is.
    pub threshold: Option<i32>,
    /// False matches that the rate allows at most; none for the EER.
    pub false_matches_allowed: Option<u64>,
    /// Whether that is fewer than [`MIN_FALSE_MATCHES`]: more non-mated comparisons are needed.
    pub is_sparse: bool,
}

/// The error rates of a set of comparisons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rates {
    /// Mated comparisons.
    pub mated: u64,
    /// Non-mated comparisons.
    pub non_mated: u64,
    /// Where FMR and FNMR are equal.
    pub eer: Rate,
    /// FNMR at an FMR of at most 1 %.
    pub fmr100: Rate,
    /// FNMR at an FMR of at most 0.1 %.
    pub fmr1000: Rate,
    /// FNMR at an FMR of at most 0.01 %.
    pub fmr10000: Rate,
    /// FNMR without a false match.
    pub zero_fmr: Rate,
}

/// The rates in the order of [`Rates`].
const KINDS: [Kind; 5] = [
    Kind::Equal,
    Kind::Fmr(Some(100)),
    Kind::Fmr(Some(1_000)),
    Kind::Fmr(Some(10_000)),
    Kind::Fmr(None),
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Equal,
    Fmr(Option<u64>),
}

impl Kind {
    fn of(self, curve: &Curve) -> (f64, Point) {
        match self {
            Kind::Equal => curve.equal_error_rate(),
            Kind::Fmr(one_in) => {
                let point = curve.at_fmr(one_in);
                (curve.fnmr(&point), point)
            }
        }
    }
}

/// How intervals are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bootstrap {
    /// Resamples; 0 for no intervals.
    pub resamples: u32,
    /// Seed of the drawing.
    pub seed: u64,
}

/// The fingers of a database, by number.
pub(super) type Strata = Vec<Vec<u32>>;

impl Bootstrap {
    /// How often each finger is drawn in each resample; `strata` are drawn from apart.
    pub fn draw(&self, strata: &Strata) -> Vec<BTreeMap<u32, u64>> {
        let draw = |number: u32| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(u64::from(number));
            let mut drawn = BTreeMap::new();
            for fingers in strata {
                for _ in 0..fingers.len() {
                    *drawn.entry(fingers[rng.random_range(0..fingers.len())]).or_default() += 1;
                }
            }
            drawn
        };
        (0..self.resamples).map(draw).collect()
    }
}

/// The middle 95 % of `values`; `None` where there are fewer than 40, which have no 2.5 %.
pub(super) fn interval(mut values: Vec<f64>) -> Option<Interval> {
    if values.len() < 40 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let cut = (values.len() as f64 * TAIL) as usize;
    Some(Interval { low: values[cut], high: values[values.len() - 1 - cut] })
}

/// `scored`, descending by score, as curves take them.
pub fn sorted(mut scored: Vec<Scored>) -> Vec<Scored> {
    scored.sort_by_key(|s| (std::cmp::Reverse(s.score), s.fingers));
    scored
}

/// The curve of `descending` comparisons, each counted once.
pub fn curve(descending: &[Scored]) -> Option<Curve> {
    Curve::new(descending.iter().map(|s| (s.score, s.is_mated(), 1)))
}

/// The rates of `descending` comparisons; `None` when there are no mated or no non-mated ones.
pub fn rates(descending: &[Scored], strata: &Strata, bootstrap: Bootstrap) -> Option<Rates> {
    let curve = curve(descending)?;
    let resampled: Vec<[f64; KINDS.len()]> = bootstrap
        .draw(strata)
        .par_iter()
        .filter_map(|drawn| {
            let times = |finger: u32| drawn.get(&finger).copied().unwrap_or(0);
            let weighed = descending.iter().map(|s| {
                let (a, b) = s.fingers;
                let weight = if a == b { times(a) } else { times(a) * times(b) };
                (s.score, a == b, weight)
            });
            let curve = Curve::new(weighed.filter(|(_, _, weight)| *weight > 0))?;
            Some(KINDS.map(|kind| kind.of(&curve).0))
        })
        .collect();
    let rate = |number: usize| {
        let kind = KINDS[number];
        let (rate, point) = kind.of(&curve);
        let false_matches_allowed = match kind {
            Kind::Equal => None,
            Kind::Fmr(one_in) => Some(one_in.map_or(0, |n| curve.non_mated() / n)),
        };
        Rate {
            rate,
            interval: interval(resampled.iter().map(|rates| rates[number]).collect()),
            threshold: point.threshold,
            false_matches_allowed,
            is_sparse: matches!(kind, Kind::Fmr(Some(_)))
                && false_matches_allowed.is_some_and(|allowed| allowed < MIN_FALSE_MATCHES),
        }
    };
    Some(Rates {
        mated: curve.mated(),
        non_mated: curve.non_mated(),
        eer: rate(0),
        fmr100: rate(1),
        fmr1000: rate(2),
        fmr10000: rate(3),
        zero_fmr: rate(4),
    })
}
