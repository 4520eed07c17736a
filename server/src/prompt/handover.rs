//! The form of a handover: what an agent gets before it writes one.

use domain::{Language, Pipeline, text::visible};
use serde::Serialize;

/// What the form is made from. Its fields are the variables of the template.
#[derive(Debug, Clone, Serialize)]
pub struct HandoverFacts {
    /// The phase that the handover ends.
    pub phase: String,
    /// The one after it; empty when it is the last.
    pub next_phase: String,
    /// The pipeline's title.
    pub title: String,
    /// The project.
    pub project: String,
    /// The language of the pipeline.
    pub language: Language,
    /// Of which kind the phase is, by its name.
    pub kind: Kind,
}

/// What is done in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Finding out what there is and what is wanted.
    Analyse,
    /// Deciding what will be done, in which order.
    Plan,
    /// Weighing ideas, and giving the chosen one its shape.
    Design,
    /// Building it.
    Build,
    /// Looking back.
    Reflect,
    /// None of these.
    Other,
}

/// What phases of each kind are called, or begin with. The first six are those of the default pipeline.
const NAMES: [(&str, Kind); 24] = [
    ("VAN", Kind::Analyse),
    ("PLAN", Kind::Plan),
    ("CREATE", Kind::Design),
    ("CREATIVE", Kind::Design),
    ("IMPLEMENT", Kind::Build),
    ("REFLECT", Kind::Reflect),
    ("ANALY", Kind::Analyse),
    ("RESEARCH", Kind::Analyse),
    ("DISCOVER", Kind::Analyse),
    ("SPEC", Kind::Plan),
    ("ENTWURF", Kind::Design),
    ("DESIGN", Kind::Design),
    ("ARCHITECT", Kind::Design),
    ("BUILD", Kind::Build),
    ("CODE", Kind::Build),
    ("DEVELOP", Kind::Build),
    ("EXECUTE", Kind::Build),
    ("UMSETZ", Kind::Build),
    ("TEST", Kind::Build),
    ("VERIFY", Kind::Build),
    ("REVIEW", Kind::Reflect),
    ("RETRO", Kind::Reflect),
    ("REFLEX", Kind::Reflect),
    ("ARCHIVE", Kind::Reflect),
];

impl Kind {
    /// By the name of the phase.
    pub fn of(phase: &str) -> Self {
        let known = NAMES.iter().find(|(name, _)| phase.starts_with(name));
        known.map_or(Self::Other, |(_, kind)| *kind)
    }
}

impl HandoverFacts {
    /// Those for the phase that runs.
    pub fn of(pipeline: &Pipeline) -> Self {
        let phase = pipeline.phase().name.to_string();
        let next = pipeline.next_phase().map(ToString::to_string);
        Self {
            kind: Kind::of(&phase),
            phase,
            next_phase: next.unwrap_or_default(),
            title: visible(&pipeline.title).into_owned(),
            project: visible(&pipeline.project).into_owned(),
            language: pipeline.language,
        }
    }
}
