//! What tells how well a component serves: the measures that objectives are about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hashed::IndexMap;
use crate::manifest::quantity::Millis;

/// The measures of a component. That it answers at all needs none: a scrape tells it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Indicators {
    /// How long its requests take. Without it, nobody can promise anything about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyIndicator>,
}

/// A histogram of the time that requests take.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LatencyIndicator {
    /// The histogram, one of `metrics`, in seconds.
    pub histogram: String,
    /// The upper bounds of its buckets in seconds, ascending, without infinity.
    pub buckets: Vec<f64>,
    /// Only series with these values of labels. Without any, all of the histogram.
    #[serde(default)]
    pub matchers: IndexMap<String, String>,
    /// One line: which requests, as people call them.
    pub doc: String,
}

impl LatencyIndicator {
    /// Whether a time is the bound of a bucket.
    pub fn has(&self, within: Millis) -> bool {
        self.bounds().any(|bound| bound == within)
    }

    /// The bounds that can be written in milliseconds, ascending.
    pub fn bounds(&self) -> impl Iterator<Item = Millis> {
        self.buckets.iter().filter_map(|seconds| {
            let millis = seconds * 1000.0;
            let whole = millis.round();
            let fits = (1.0..=f64::from(u32::MAX)).contains(&whole) && (millis - whole).abs() < 1e-6;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole, and within bounds"
            )]
            fits.then_some(Millis(whole as u32))
        })
    }

    /// The bounds next to a time: the one below and the one above.
    pub fn nearest(&self, within: Millis) -> Vec<Millis> {
        let below = self.bounds().filter(|bound| *bound < within).max();
        let above = self.bounds().filter(|bound| *bound > within).min();
        below.into_iter().chain(above).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::component::MetricType;
    use crate::diag::Sink;
    use crate::text::SourceMap;
    use crate::world::MemoryWorld;

    #[test]
    fn bounds_next_to_a_time() {
        let histogram = LatencyIndicator {
            histogram: "x".to_owned(),
            buckets: vec![0.00005, 0.005, 0.25, 2.5, 10.0],
            matchers: IndexMap::default(),
            doc: String::new(),
        };
        assert_eq!(histogram.bounds().collect::<Vec<_>>(), [5, 250, 2500, 10_000].map(Millis));
        assert!(histogram.has(Millis(2500)) && !histogram.has(Millis(300)));
        assert_eq!(histogram.nearest(Millis(300)), [250, 2500].map(Millis));
        assert_eq!(histogram.nearest(Millis(20_000)), [Millis(10_000)]);
    }

    #[test]
    fn the_data_names_histograms_that_are_there() {
        let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
        let mut catalog = Catalog::built_in();
        let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
        let mut some = 0;
        for id in ids {
            let entry = catalog.entry(&id, &MemoryWorld::default(), &mut sources, &mut sink).unwrap();
            let Some(latency) = &entry.component.sli.latency else { continue };
            some += 1;
            let metric = entry.component.metrics.get(&latency.histogram).unwrap();
            assert_eq!(metric.kind, MetricType::Histogram, "{id}");
            assert!(latency.buckets.is_sorted() && !latency.buckets.is_empty(), "{id}");
            assert!(latency.matchers.keys().all(|label| metric.labels.contains(label)), "{id}");
        }
        assert!(some > 1 && sink.is_empty(), "{:?}", sink.into_sorted());
    }
}
