//! Error rates of a comparator over all its thresholds, exact, in counts.
//!
//! A comparison is accepted when its score is at or over the threshold. The false match rate (FMR) is the
//! share of non-mated comparisons accepted, the false non-match rate (FNMR) that of mated comparisons not
//! accepted (ISO/IEC 19795-1). Every comparison has a weight, 1 but in a bootstrap.
//!
//! Limits: a rate rests on counts; with fewer non-mated comparisons than the rate has zeros it means
//! nothing, which [`super::rates`] marks.

/// Counts at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Scores at or over it are accepted. `None` accepts nothing.
    pub threshold: Option<i32>,
    /// Non-mated comparisons accepted.
    pub false_matches: u64,
    /// Mated comparisons accepted.
    pub true_matches: u64,
}

/// The operating points of a set of scored comparisons, from the strictest threshold down: one that
/// accepts nothing, then one for every distinct score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    points: Vec<Point>,
    mated: u64,
    non_mated: u64,
}

impl Curve {
    /// The curve of comparisons `(score, is mated, weight)`, **descending by score**. `None` when either
    /// kind is missing.
    pub fn new(descending: impl IntoIterator<Item = (i32, bool, u64)>) -> Option<Curve> {
        let mut at = Point { threshold: None, false_matches: 0, true_matches: 0 };
        let mut points = Vec::new();
        for (score, is_mated, weight) in descending {
            if at.threshold != Some(score) {
                points.push(at);
                at.threshold = Some(score);
            }
            if is_mated {
                at.true_matches += weight;
            } else {
                at.false_matches += weight;
            }
        }
        points.push(at);
        let curve = Curve { points, mated: at.true_matches, non_mated: at.false_matches };
        (curve.mated > 0 && curve.non_mated > 0).then_some(curve)
    }

    /// Operating points, thresholds descending.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Weight of the mated comparisons.
    pub fn mated(&self) -> u64 {
        self.mated
    }

    /// Weight of the non-mated comparisons.
    pub fn non_mated(&self) -> u64 {
        self.non_mated
    }

    /// False match rate at a point.
    pub fn fmr(&self, point: &Point) -> f64 {
        point.false_matches as f64 / self.non_mated as f64
    }

    /// False non-match rate at a point.
    pub fn fnmr(&self, point: &Point) -> f64 {
        (self.mated - point.true_matches) as f64 / self.mated as f64
    }

    /// The lowest threshold at which at most one non-mated comparison in `one_in` is accepted; `None`
    /// asks for none accepted at all. No other threshold with that property has a lower FNMR.
    pub fn at_fmr(&self, one_in: Option<u64>) -> Point {
        let is_within = |point: &&Point| match one_in {
            Some(n) => {
                u128::from(point.false_matches) * u128::from(n) <= u128::from(self.non_mated)
            }
            None => point.false_matches == 0,
        };
        // The first point accepts nothing, so there is one; acceptance only grows along the points.
        let last = self.points.iter().take_while(is_within).last();
        last.or(self.points.first()).copied().unwrap_or(NOTHING)
    }

    /// The equal error rate, as FVC2000 defines it for curves of steps: of the two points around the
    /// crossing of FMR and FNMR that with the smaller sum of rates, and of it the mean of both rates.
    pub fn equal_error_rate(&self) -> (f64, Point) {
        let misses_more = |point: &&Point| self.fnmr(point) > self.fmr(point);
        let before = self.points.iter().take_while(misses_more).last();
        let after = self.points.iter().find(|point| !misses_more(point));
        let rate = |point: &Point| (self.fmr(point) + self.fnmr(point)) / 2.0;
        match (before, after) {
            (Some(before), Some(after))
                if self.fnmr(after) < self.fmr(after) && rate(before) < rate(after) =>
            {
                (rate(before), *before)
            }
            (_, Some(point)) | (Some(point), None) => (rate(point), *point),
            (None, None) => (1.0, NOTHING),
        }
    }
}

const NOTHING: Point = Point { threshold: None, false_matches: 0, true_matches: 0 };
