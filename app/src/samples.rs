//! Pipelines for the tests.

use domain::{
    Actor, Event, Language, PhaseName, Pipeline, PipelineId, Recorded, Timestamp, Version,
};
use protocol::{DetailMore, Summary};

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
    let recorded = Recorded {
        position: 1,
        pipeline: PipelineId::new(at, number),
        revision: 1,
        at,
        actor: Actor::agent("cursor"),
        key: None,
        event,
    };
    Pipeline::begin(&recorded).expect("a pipeline")
}

/// What its row shows.
pub(crate) fn summary(number: u16) -> Summary {
    Summary::from(&pipeline(number))
}

/// What its page shows beside that.
pub(crate) fn more(number: u16) -> DetailMore {
    protocol::Detail::from(&pipeline(number)).more
}
