//! What is measured while the server works, for programs that watch it.

mod process;

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

pub use process::Process;

/// Upper bounds of the durations that are counted together, in seconds: from what an idle machine takes up to where
/// somebody gives up.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// How appends can end.
const OUTCOMES: [&str; 7] = [
    "new",
    "duplicate",
    "conflict",
    "key_reuse",
    "full",
    "unavailable",
    "unknown",
];

/// How an append ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

/// Durations of what a command and its events go through. Cloning is shallow.
#[derive(Debug, Clone)]
pub struct Durations {
    appends: Family<Ended, Histogram>,
    shown: Histogram,
    delivered: Histogram,
}

impl Default for Durations {
    fn default() -> Self {
        let appends: Family<Ended, Histogram> = Family::new_with_constructor(histogram);
        // A figure that is there from the beginning is seen to grow: one that came with its first value is not.
        for outcome in OUTCOMES {
            drop(appends.get_or_create(&Ended { outcome }));
        }
        Self {
            appends,
            shown: histogram(),
            delivered: histogram(),
        }
    }
}

impl Durations {
    /// An append ended so, this long after it was handed to the journal.
    pub fn appended(&self, outcome: &'static str, took: Duration) {
        debug_assert!(OUTCOMES.contains(&outcome), "{outcome}");
        self.appends
            .get_or_create(&Ended { outcome })
            .observe(took.as_secs_f64());
    }

    /// What is durable is in what everybody is shown, so long after.
    pub fn shown(&self, took: Duration) {
        self.shown.observe(took.as_secs_f64());
    }

    /// A subscriber has taken the newest event, so long after it could.
    pub fn delivered(&self, took: Duration) {
        self.delivered.observe(took.as_secs_f64());
    }

    /// Puts them among what is told.
    pub fn register(&self, registry: &mut Registry) {
        let durations = [
            (
                "show",
                "From an append that is durable to what everybody is shown",
                &self.shown,
            ),
            (
                "delivery",
                "From an event that is shown to a subscriber that takes it; of every sixteenth stream",
                &self.delivered,
            ),
        ];
        registry.register_with_unit(
            "append",
            "Appends to the journal, by how they ended, until they are durable",
            Unit::Seconds,
            self.appends.clone(),
        );
        for (name, help, durations) in durations {
            registry.register_with_unit(name, help, Unit::Seconds, durations.clone());
        }
    }
}

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}
