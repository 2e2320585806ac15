//! Percentiles and numbers.

use std::time::Duration;

/// Measured values, in order of size.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// Durations as milliseconds.
    pub(crate) fn ms(values: impl IntoIterator<Item = Duration>) -> Self {
        Self::new(values.into_iter().map(|d| d.as_secs_f64() * 1e3).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Nearest rank: the least value that `percent` of all values do not exceed. NaN when there is none.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// The middle half of all values: from here to there.
    pub(crate) fn quartiles(&self) -> (f64, f64) {
        (self.percentile(25), self.percentile(75))
    }

    pub(crate) fn min(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn max(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / real(self.0.len())
    }

    /// Least, middle half and most, for the notes of what has many values.
    pub(crate) fn spread(&self, digits: usize) -> String {
        let (from, to) = self.quartiles();
        let (least, most) = (self.min(), self.max());
        format!("{least:.digits$} [{from:.digits$} to {to:.digits$}] {most:.digits$}")
    }

    /// Every value, for the notes: the spread says how quiet the machine was.
    pub(crate) fn list(&self, digits: usize) -> String {
        let values: Vec<String> = self.0.iter().map(|v| format!("{v:.digits$}")).collect();
        values.join(" ")
    }
}

/// A count as a number to calculate with.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "counts here stay far below 2^52"
)]
pub(crate) fn real(count: impl TryInto<u64>) -> f64 {
    count.try_into().map_or(f64::NAN, |count| count as f64)
}

pub(crate) const MIB: f64 = 1_048_576.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let samples = Samples::new((1..=200u32).rev().map(f64::from).collect());
        assert_eq!(samples.median(), 100.0);
        assert_eq!(samples.percentile(99), 198.0);
        assert_eq!(samples.max(), 200.0);
        assert_eq!(samples.quartiles(), (50.0, 150.0));
        assert_eq!(samples.spread(0), "1 [50 to 150] 200");
        assert!(Samples::default().median().is_nan());
        assert_eq!(Samples::new(vec![7.0]).percentile(1), 7.0);
    }
}
