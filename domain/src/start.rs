//! The start of a pipeline.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Changes, Event, Gaps, Language, Phase, PhaseName, Pipeline, PolicyPlan, Recorded,
    Refusal, Status, TrackPlan, Version, What,
    limits::{GOAL_MAX, PROJECT_MAX, TITLE_MAX},
    phase, policy, tasks, text, version,
};

/// Starts a pipeline. Texts are as the caller sent them; [`crate::decide_start`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Start {
    /// The project it belongs to.
    pub project: String,
    /// What the board calls it.
    pub title: String,
    /// What it is to achieve; goes into every prompt.
    pub goal: String,
    /// The phases in order; empty means [`crate::DEFAULT_PHASES`].
    pub phases: Vec<String>,
    /// The phase to begin with; `None` means the first.
    pub first_phase: Option<String>,
    /// The cycle version.
    pub version: Version,
    /// Tracks and tasks that are known already.
    pub tracks: Vec<TrackPlan>,
    /// The language of its prompts.
    pub language: Language,
    /// Whether it is a demonstration: the board labels it.
    pub demo: bool,
    /// How the handovers of phases come to their decisions; only a person names any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyPlan>,
}

/// Decides about a new pipeline that no person starts: as [`decide_start_by`] does.
///
/// # Errors
/// A [`Refusal`] that names the field and what is allowed.
pub fn decide_start(start: &Start) -> Result<Changes, Refusal> {
    decide_start_by(start, &Actor::system())
}

/// Decides about a new pipeline: its start, the policies of its phases, and the beginning of its first phase.
///
/// # Errors
/// A [`Refusal`] that names the field and what is allowed.
pub fn decide_start_by(start: &Start, actor: &Actor) -> Result<Changes, Refusal> {
    let phases = phase::plan(&start.phases)?;
    let first = match start
        .first_phase
        .as_deref()
        .map(PhaseName::parse)
        .transpose()?
    {
        None => phases[0].clone(),
        Some(name) if phases.contains(&name) => name,
        Some(name) => return Err(phase::unknown(&name, &phases)),
    };
    let policies = policy::plan(&start.policies, &phases, actor)?;
    let mut events = vec![Event::PipelineStarted {
        project: text::line("project", &start.project, PROJECT_MAX)?,
        title: text::line("title", &start.title, TITLE_MAX)?,
        goal: text::document("goal", &start.goal, GOAL_MAX)?,
        tracks: tasks::plan(&start.tracks, &phases)?,
        phases,
        version: version::check(&start.version)?,
        language: start.language,
        demo: start.demo,
    }];
    events.extend(policies);
    events.push(Event::PhaseStarted { phase: first });
    Ok(events.into())
}

impl Pipeline {
    /// The state right after the first event, or `None` when that is not a `PipelineStarted`.
    pub fn begin(recorded: &Recorded) -> Option<Self> {
        let Event::PipelineStarted {
            project,
            title,
            goal,
            phases,
            version,
            tracks,
            language,
            demo,
        } = &recorded.event
        else {
            return None;
        };
        let mut pipeline = Self {
            id: recorded.pipeline.clone(),
            project: project.clone(),
            title: title.clone(),
            goal: goal.clone(),
            language: *language,
            demo: *demo,
            version: version.clone(),
            phases: phases.iter().map(Phase::pending).collect(),
            current: 0,
            tracks: tracks.clone(),
            handovers: Vec::new(),
            comments: Vec::new(),
            pending: None,
            prompts: Vec::new(),
            held_phases: None,
            status: Status::Idle,
            log: Vec::new(),
            message: None,
            agent: None,
            started: recorded.at,
            baton_since: recorded.at,
            last_sign_of_life: recorded.at,
            usual_gap_ms: 0,
            gaps: Gaps::default(),
            waited_ms: 0,
            archived: None,
            questions: Vec::new(),
            notes: Vec::new(),
            paused: None,
            session: None,
            activity: Vec::new(),
            started_by: recorded.actor.clone(),
            revision: 0,
            position: 0,
        };
        pipeline.mark(recorded);
        pipeline.note(recorded, What::Started);
        Some(pipeline)
    }
}
