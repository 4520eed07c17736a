//! Pipelines for the tests.

use domain::{
    Actor, Document, Event, HandoverId, Held, Language, PhaseName, Pipeline, PipelineId, PromptId,
    Purpose, Recorded, Timestamp, Version, Writer, WriterKind,
};
use protocol::Summary;

use crate::page::PageDetail;

/// A pipeline with the phases VAN and PLAN, as it has just begun.
pub(crate) fn pipeline(number: u16) -> Pipeline {
    let at = Timestamp::from_millis(1_795_000_000_000);
    let phase = |name| PhaseName::parse(name).expect("a phase");
    let event = Event::PipelineStarted {
        project: "site".to_owned(),
        title: format!("Pipeline {number}"),
        goal: String::new(),
        phases: vec![phase("VAN"), phase("PLAN")],
        version: Version::default(),
        tracks: Vec::new(),
        language: Language::En,
        demo: false,
    };
    Pipeline::begin(&recorded(PipelineId::new(at, number), 1, event)).expect("a pipeline")
}

/// The same, after its agent has handed VAN over in so many revisions.
pub(crate) fn handed_over(number: u16, revisions: u32) -> Pipeline {
    let mut pipeline = pipeline(number);
    let id = HandoverId::new(pipeline.id.clone(), 1);
    for revision in 1..=revisions {
        let document = Document::new(format!("Revision {revision}")).reference();
        let summary = format!("Revision {revision}");
        let event = if revision == 1 {
            Event::HandoverSubmitted {
                handover: id.clone(),
                phase: pipeline.phase().name.clone(),
                next_phase: pipeline.next_phase().cloned(),
                document,
                summary,
                recap: None,
            }
        } else {
            Event::HandoverRevised {
                handover: id.clone(),
                revision,
                document,
                summary,
                recap: None,
            }
        };
        then(&mut pipeline, event);
    }
    pipeline
}

/// The same, accepted by Anna, and its prompt held.
pub(crate) fn held(number: u16, why: Held) -> Pipeline {
    let mut pipeline = handed_over(number, 1);
    let handover = HandoverId::new(pipeline.id.clone(), 1);
    let accepted = Event::HandoverAccepted {
        handover: handover.clone(),
        revision: 1,
        review_changes: String::new(),
        proof: None,
    };
    let mut recorded = recorded(pipeline.id.clone(), pipeline.revision + 1, accepted);
    recorded.actor = Actor::person("Anna");
    pipeline.apply(&recorded);
    let written = Event::PromptWritten {
        prompt: PromptId::new(pipeline.id.clone(), 1),
        handover,
        revision: 1,
        phase: pipeline.phases[1].name.clone(),
        purpose: Some(Purpose::NextPhase),
        document: Document::new("Go on.").reference(),
        writer: Writer {
            kind: WriterKind::Template,
            name: "built-in".to_owned(),
            why: None,
            took_ms: 0,
        },
        held: Some(why),
    };
    then(&mut pipeline, written);
    pipeline
}

/// What an agent does next.
pub(crate) fn then(pipeline: &mut Pipeline, event: Event) {
    let next = recorded(pipeline.id.clone(), pipeline.revision + 1, event);
    pipeline.apply(&next);
}

/// Event number `revision` of a pipeline, a second after the one before.
fn recorded(pipeline: PipelineId, revision: u64, event: Event) -> Recorded {
    let second = i64::try_from(revision).expect("a small number") * 1_000;
    Recorded {
        position: revision,
        pipeline,
        revision,
        at: Timestamp::from_millis(1_795_000_000_000 + second),
        actor: Actor::agent("cursor"),
        key: None,
        event,
    }
}

/// What its row shows.
pub(crate) fn summary(number: u16) -> Summary {
    Summary::from(&pipeline(number))
}

/// What its page shows beside that.
pub(crate) fn more(number: u16) -> PageDetail {
    protocol::Detail::from(&pipeline(number)).more.into()
}
