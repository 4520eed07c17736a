//! What the page of one pipeline shows.

use domain::{
    Activity, Entry, Language, Note, Phase, PhaseName, Pipeline, Question, ReviewWait, Session,
    Track, review_waits,
};
use serde::{Deserialize, Serialize};

use crate::{HandoverRef, PromptRef, Summary};

/// Most handover revisions and most prompts in a detail; older ones have their addresses.
const LISTED_MAX: usize = 50;

/// A pipeline with everything but its texts. On the wire it is one object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Detail {
    /// What a row shows.
    #[serde(flatten)]
    pub summary: Summary,
    /// What only the page of the pipeline shows.
    #[serde(flatten)]
    pub more: DetailMore,
}

/// What a [`Detail`] has beside the summary. The board reads both from the same object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DetailMore {
    /// What the board calls it, whole.
    pub full_title: String,
    /// What it is to achieve.
    pub goal: String,
    /// The language of its prompts.
    pub language: Language,
    /// All phases, with their times.
    pub phase_details: Vec<Phase>,
    /// All tracks with their tasks.
    pub tracks: Vec<Track>,
    /// What its agents asked, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// What people told its agents, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The session of an assistant that works on it, where a hook has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// What hooks have seen the agent do lately, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activity: Vec<Activity>,
    /// The newest lines of "What happened", the newest last.
    pub log: Vec<Entry>,
    /// The newest revisions of its handovers, the newest last.
    pub handovers: Vec<HandoverRef>,
    /// Its newest prompts, the newest last.
    pub prompts: Vec<PromptRef>,
    /// How long reviews waited whose revisions are older than those in `handovers`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_waits: Vec<ReviewWait>,
    /// The phases whose prompts people look at before they leave; nothing where nobody chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_phases: Option<Vec<PhaseName>>,
}

impl From<&Pipeline> for Detail {
    fn from(pipeline: &Pipeline) -> Self {
        let mut handovers: Vec<_> = pipeline
            .handovers
            .iter()
            .rev()
            .flat_map(|handover| {
                let revisions = handover.revisions.iter().rev();
                revisions.map(move |revision| HandoverRef::listed(handover, revision))
            })
            .take(LISTED_MAX)
            .collect();
        handovers.reverse();
        let older = pipeline.reviewed().count().saturating_sub(handovers.len());
        let mut earlier_waits = review_waits(pipeline.reviewed().take(older), None, Vec::new());
        // A review of which listed revisions are a part as well waits with these.
        earlier_waits.retain(|wait| wait.since.is_none());
        let skip = pipeline.prompts.len().saturating_sub(LISTED_MAX);
        let prompts = pipeline.prompts.iter().skip(skip);
        Self {
            summary: Summary::from(pipeline),
            more: DetailMore {
                full_title: pipeline.title.clone(),
                goal: pipeline.goal.clone(),
                language: pipeline.language,
                phase_details: pipeline.phases.clone(),
                tracks: pipeline.tracks.clone(),
                questions: pipeline.questions.clone(),
                notes: pipeline.notes.clone(),
                session: pipeline.session.clone(),
                activity: pipeline.activity.clone(),
                log: pipeline.log.clone(),
                handovers,
                prompts: prompts.map(PromptRef::whole).collect(),
                earlier_waits,
                held_phases: pipeline.held_phases.clone(),
            },
        }
    }
}
