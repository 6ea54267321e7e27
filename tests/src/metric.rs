//! Reads one metric of a node from `GET /metrics`.
//!
//! In: a node's URL, the metric's name, parts of its labels.
//! Out: the sum over all series whose labels contain these parts.
//! Always: a metric without such a series counts as 0.
//! Not for histograms.

use crate::http;
use anyhow::ensure;

/// The sum of the series of `name` whose labels hold all of `labels`; 0 if there is none.
///
/// # Errors
/// The node does not answer with status 200.
pub fn sum(url: &str, name: &str, labels: &[&str]) -> anyhow::Result<f64> {
    let answer = http::get(url, "/metrics")?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(sum_in(&answer.body, name, labels))
}

fn sum_in(text: &str, name: &str, labels: &[&str]) -> f64 {
    let series = text.lines().filter_map(|line| line.rsplit_once(' '));
    let wanted = series.filter(|(series, _)| {
        let (own, with) = series.split_once('{').unwrap_or((series, ""));
        own == name && labels.iter().all(|label| with.contains(label))
    });
    wanted.filter_map(|(_, value)| value.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_added() {
        let text = "# HELP a b\na_total{listener=\"x\",reason=\"y\"} 2\na_total{listener=\"x\",reason=\"z\"} 3\na_total_more 5\nb 7\n# EOF\n";
        assert_eq!(sum_in(text, "a_total", &["listener=\"x\""]), 5.0);
        assert_eq!(sum_in(text, "a_total", &["listener=\"x\"", "reason=\"z\""]), 3.0);
        assert_eq!((sum_in(text, "b", &[]), sum_in(text, "c", &[])), (7.0, 0.0));
    }
}
