//! What the demo agent pretends to work on.

use serde_json::{Value, json};

/// One phase of the demo.
pub struct DemoPhase {
    /// Its name.
    pub name: &'static str,
    /// The track of its tasks.
    pub track: &'static str,
    /// Its tasks, each with the line that the agent says when it begins.
    pub tasks: &'static [(&'static str, &'static str)],
    /// Its handover.
    pub handover: fn() -> String,
}

/// The phases of the demo.
pub const PHASES: [DemoPhase; 3] = [
    DemoPhase {
        name: "PLAN",
        track: "Planning",
        tasks: &[
            (
                "Read the existing checkout",
                "Reading the checkout code and its tests",
            ),
            (
                "Choose the storage",
                "Comparing three ways to keep a basket",
            ),
            (
                "Write the interface",
                "Writing the interface down, with examples",
            ),
            ("Plan the tests", "Listing the cases that must not break"),
        ],
        handover: plan,
    },
    DemoPhase {
        name: "CREATE",
        track: "Basket",
        tasks: &[
            ("Table and migration", "Adding the table, with a way back"),
            ("Save on every change", "Saving on every change, debounced"),
            (
                "Merge after login",
                "Merging the guest's basket after login",
            ),
            ("Expiry after 30 days", "Adding the nightly clean-up"),
            (
                "Tests for all of it",
                "Writing the tests that the plan lists",
            ),
        ],
        handover: create,
    },
    DemoPhase {
        name: "REFLECT",
        track: "Review",
        tasks: &[
            ("Measure", "Measuring the checkout before and after"),
            (
                "Write down what was learned",
                "Writing down what went well and what did not",
            ),
        ],
        handover: reflect,
    },
];

/// The arguments of `start_pipeline`.
pub fn start() -> Value {
    json!({
        "project": "demo-shop",
        "title": "A basket that survives closing the browser",
        "goal": "Customers find their basket again after closing the browser, on any device, without logging in twice.",
        "phases": PHASES.iter().map(|phase| phase.name).collect::<Vec<_>>(),
        "version": {"previous": "v0.1", "current": "v0.2", "next": "v0.3"},
        "demo": true,
        "tracks": PHASES.iter().map(|phase| json!({
            "name": phase.track,
            "tasks": phase.tasks.iter().map(|(name, _)| json!({"name": name, "phase": phase.name})).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

/// A handover that answers what was asked for.
pub fn revised(handover: &str, changes: &str) -> String {
    let quoted = changes
        .lines()
        .map(|line| format!("> {line}\n"))
        .collect::<String>();
    format!(
        "{handover}\n\n## What changed in this revision\n\nThe review asked:\n\n{quoted}\nThis is taken over as asked, and the document above stays as it was otherwise.\n"
    )
}

fn plan() -> String {
    "# Plan: a basket that survives\n\n\
     The basket moves from the session into a table of its own; the interface and the tests are fixed.\n\n\
     ## Results\n\n\
     - Interface `GET /basket`, `PUT /basket`, with examples for guests and for customers\n\
     - 14 test cases, 5 of them about merging two baskets\n\n\
     ## Decisions\n\n\
     | Question | Decision | Why |\n|---|---|---|\n\
     | Where is it kept? | a table, keyed by a random cookie | sessions end when the browser closes |\n\
     | Merging | newest quantity wins, per article | customers expect what they saw last |\n\
     | Expiry | 30 days without a visit | long enough for a second thought |\n\n\
     ## Open\n\n\
     - May the cookie be set before consent? It is needed for the basket, but somebody should say so.\n\n\
     ## Next\n\n\
     CREATE builds the table first, then saving, then merging, behind a switch.\n"
        .to_owned()
}

fn create() -> String {
    "# Created: the basket\n\n\
     All five tasks are done; the 14 planned tests pass and one more was added.\n\n\
     ## Results\n\n\
     - Migration with a way back, tried in both directions\n\
     - Saving takes one statement for each change, at most one a second\n\
     - Merging after login follows the plan: the newest quantity wins\n\n\
     ## Decisions\n\n\
     - The switch is off by default; one line in the configuration turns it on.\n\n\
     ## Open\n\n\
     - [ ] Load with 10,000 baskets is measured in the next phase\n\
     - [x] Wording of the consent banner: not touched\n"
        .to_owned()
}

fn reflect() -> String {
    "# Reflection\n\n\
     The plan held; merging took longer than planned, everything else less.\n\n\
     ## What went well\n\n- Tests were listed before any code was written\n- The switch made it easy to look at both ways\n\n\
     ## What to do differently\n\n- Ask about consent first: it blocked nothing, but it could have\n"
        .to_owned()
}
