//! Journals of released versions: what they meant then, they mean now.
//!
//! `tests/journals/VERSION.json` has the facts, one a line; `VERSION.state.json` what they fold to.
//! Add one pair per release, with every kind of fact that is new in it; never edit one that was released.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use domain::{Document, Event, Pipeline, Recorded};
use serde_json::Value;

/// The kind of a fact. No wildcard: a new kind does not compile until a stored journal has it.
fn kind(event: &Event) -> &'static str {
    match event {
        Event::PipelineStarted { .. } => KINDS[0],
        Event::PhaseStarted { .. } => KINDS[1],
        Event::PhaseReopened { .. } => KINDS[2],
        Event::ProgressReported { .. } => KINDS[3],
        Event::TaskUpdated { .. } => KINDS[4],
        Event::HandoverSubmitted { .. } => KINDS[5],
        Event::HandoverRevised { .. } => KINDS[6],
        Event::HandoverAccepted { .. } => KINDS[7],
        Event::ChangesRequested { .. } => KINDS[8],
        Event::HandoverStopped { .. } => KINDS[9],
        Event::PromptWritten { .. } => KINDS[10],
        Event::PromptOffered { .. } => KINDS[11],
        Event::PromptPickedUp { .. } => KINDS[12],
        Event::PromptAcknowledged { .. } => KINDS[13],
        Event::VersionChanged { .. } => KINDS[14],
        Event::PipelineCompleted { .. } => KINDS[15],
        Event::PipelineFailed { .. } => KINDS[16],
        Event::PipelineCancelled { .. } => KINDS[17],
        Event::Unknown => KINDS[18],
        Event::PipelineArchived {} => UNRELEASED[0],
        Event::PipelineUnarchived {} => UNRELEASED[1],
        Event::SessionJoined { .. } => UNRELEASED[2],
        Event::ActivitySeen { .. } => UNRELEASED[3],
        Event::QuestionAsked { .. } => UNRELEASED[4],
        Event::QuestionAnswered { .. } => UNRELEASED[5],
        Event::AnswerDelivered { .. } => UNRELEASED[6],
        Event::NoteSent { .. } => UNRELEASED[7],
        Event::NotesDelivered { .. } => UNRELEASED[8],
        Event::NotesAcknowledged { .. } => UNRELEASED[9],
        Event::PromptRevised { .. } => UNRELEASED[10],
        Event::PromptVersionChosen { .. } => UNRELEASED[11],
        Event::HeldPhasesChanged { .. } => UNRELEASED[12],
        Event::CommentsAnswered { .. } => UNRELEASED[13],
        Event::HandoverReviewed { .. } => UNRELEASED[14],
        Event::DecisionPending { .. } => UNRELEASED[15],
        Event::DecisionTakenBack { .. } => UNRELEASED[16],
        Event::PhasePolicySet { .. } => UNRELEASED[17],
        Event::TripWiresHit { .. } => UNRELEASED[18],
        Event::HandoverAcceptedByPolicy { .. } => UNRELEASED[19],
        Event::HandoverApproved { .. } => UNRELEASED[20],
    }
}

const KINDS: [&str; 19] = [
    "PipelineStarted",
    "PhaseStarted",
    "PhaseReopened",
    "ProgressReported",
    "TaskUpdated",
    "HandoverSubmitted",
    "HandoverRevised",
    "HandoverAccepted",
    "ChangesRequested",
    "HandoverStopped",
    "PromptWritten",
    "PromptOffered",
    "PromptPickedUp",
    "PromptAcknowledged",
    "VersionChanged",
    "PipelineCompleted",
    "PipelineFailed",
    "PipelineCancelled",
    "Unknown",
];

/// Kinds that no released version has written yet.
const UNRELEASED: [&str; 21] = [
    "PipelineArchived",
    "PipelineUnarchived",
    "SessionJoined",
    "ActivitySeen",
    "QuestionAsked",
    "QuestionAnswered",
    "AnswerDelivered",
    "NoteSent",
    "NotesDelivered",
    "NotesAcknowledged",
    "PromptRevised",
    "PromptVersionChosen",
    "HeldPhasesChanged",
    "CommentsAnswered",
    "HandoverReviewed",
    "DecisionPending",
    "DecisionTakenBack",
    "PhasePolicySet",
    "TripWiresHit",
    "HandoverAcceptedByPolicy",
    "HandoverApproved",
];

/// The released versions with the text of their facts and of their state.
fn journals() -> Vec<(String, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals");
    let read = |name: String| fs::read_to_string(folder.join(&name)).expect(&name);
    let files = fs::read_dir(&folder).expect("the journals");
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let versions = names.filter_map(|name| Some(name.strip_suffix(".state.json")?.to_owned()));
    versions
        .map(|version| {
            let (facts, state) = (
                read(format!("{version}.json")),
                read(format!("{version}.state.json")),
            );
            (version, facts, state)
        })
        .collect()
}

fn recorded(facts: &str) -> Vec<Recorded> {
    let read =
        |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
    facts.lines().map(read).collect()
}

fn fold(facts: &[Recorded]) -> BTreeMap<String, Pipeline> {
    let mut pipelines: BTreeMap<String, Pipeline> = BTreeMap::new();
    for fact in facts {
        match pipelines.get_mut(fact.pipeline.as_str()) {
            Some(pipeline) => pipeline.apply(fact),
            None => {
                let begun = Pipeline::begin(fact).expect("the first fact starts the pipeline");
                pipelines.insert(fact.pipeline.to_string(), begun);
            }
        }
    }
    pipelines
}

/// What of `expected` is not so in `actual`. Fields that are new since then may be there.
fn differences(at: &str, actual: &Value, expected: &Value) -> Vec<String> {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .flat_map(|(name, value)| {
                // Up to 0.1.0 the state held the texts; now it names them by their content.
                if let ("content" | "text", Some(text), Some(reference)) =
                    (name.as_str(), value.as_str(), actual.get("document"))
                {
                    let expected = serde_json::to_value(Document::new(text).reference());
                    return differences(
                        &format!("{at}/document"),
                        reference,
                        &expected.expect("JSON"),
                    );
                }
                let there = actual.get(name).unwrap_or(&Value::Null);
                differences(&format!("{at}/{name}"), there, value)
            })
            .collect(),
        (Value::Array(actual), Value::Array(expected)) if actual.len() == expected.len() => {
            let pairs = actual.iter().zip(expected).enumerate();
            pairs
                .flat_map(|(n, (actual, expected))| {
                    differences(&format!("{at}/{n}"), actual, expected)
                })
                .collect()
        }
        _ if actual == expected => vec![],
        _ => vec![format!("{at}: {actual} was {expected}")],
    }
}

#[test]
fn journals_of_every_released_version_fold_to_what_they_meant_then() {
    let journals = journals();
    assert!(!journals.is_empty());
    for (version, facts, state) in journals {
        let actual = serde_json::to_value(fold(&recorded(&facts))).expect("JSON");
        let expected: Value = serde_json::from_str(&state).expect("the state");
        assert_eq!(
            differences(&version, &actual, &expected),
            Vec::<String>::new()
        );
    }
}

#[test]
fn every_kind_of_fact_is_in_a_stored_journal() {
    let facts: Vec<_> = journals()
        .iter()
        .flat_map(|(_, facts, _)| recorded(facts))
        .collect();
    let kinds: BTreeSet<_> = facts.iter().map(|fact| kind(&fact.event)).collect();
    assert_eq!(kinds, BTreeSet::from(KINDS));
    for fact in &facts {
        let (position, kind) = (fact.position, kind(&fact.event));
        let written = serde_json::to_value(&fact.event).expect("JSON");
        assert_eq!(
            written["type"], kind,
            "{position}: the name on disk is the name in the code"
        );
    }
}
