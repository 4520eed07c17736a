//! The phases of a pipeline: planned, entered, left.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    DEFAULT_PHASES, PhaseName, PhasePolicy, Pipeline, ProgressSource, Reason, Recorded, Refusal,
    Status, Timestamp, What, limits::PHASES_MAX, phase_name,
};

/// A phase: when it ran, how far it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Phase {
    /// Its name.
    pub name: PhaseName,
    /// Where it stands.
    pub status: PhaseStatus,
    /// How far it got, 0 to 100.
    #[serde(default)]
    pub progress: u8,
    /// Where that figure comes from: nothing shown is invented.
    #[serde(default)]
    pub progress_source: ProgressSource,
    /// When it first began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When its handover was accepted, or the pipeline ended in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// How many revisions its handover has.
    #[serde(default)]
    pub revisions: u32,
    /// How its handover comes to its decision, where a person has set that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Box<PhasePolicy>>,
}

/// Where a phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PhaseStatus {
    /// Not begun.
    Pending,
    /// The agent works on it.
    Running,
    /// Handed over; a person reads.
    HandedOver,
    /// Changes were requested; the revision has not begun yet.
    ChangesRequested,
    /// Its handover was accepted.
    Accepted,
    /// The pipeline ended in it.
    Ended,
}

impl Phase {
    /// A phase that has not begun.
    pub(crate) fn pending(name: &PhaseName) -> Self {
        Self {
            name: name.clone(),
            status: PhaseStatus::Pending,
            progress: 0,
            progress_source: ProgressSource::Unknown,
            started: None,
            ended: None,
            revisions: 0,
            policy: None,
        }
    }
}

/// Checks the phases that a start names.
pub(crate) fn plan(names: &[String]) -> Result<Vec<PhaseName>, Refusal> {
    if names.is_empty() {
        return DEFAULT_PHASES.into_iter().map(PhaseName::parse).collect();
    }
    let phases = names
        .iter()
        .map(|name| PhaseName::parse(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    if let Some(twice) = phases.iter().find(|name| !seen.insert(*name)) {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("The phase {twice} is named twice (aliases count as the same phase)."),
            "each phase once.",
            "Send `phases` without the repetition.",
        ));
    }
    if phases.len() > PHASES_MAX {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!("{} phases are named.", phases.len()),
            format!("at most {PHASES_MAX}."),
            "Use tasks for smaller steps.",
        ));
    }
    Ok(phases)
}

/// Refuses a phase that the caller believes to be in, unless it is the one that runs.
pub(crate) fn check(
    pipeline: &Pipeline,
    given: Option<&str>,
    running: &PhaseName,
) -> Result<(), Refusal> {
    let Some(given) = given.filter(|text| !text.trim().is_empty()) else {
        return Ok(());
    };
    let name = PhaseName::parse(given)?;
    if name == *running {
        return Ok(());
    }
    let all: Vec<PhaseName> = pipeline.phases.iter().map(|p| p.name.clone()).collect();
    if !all.contains(&name) {
        return Err(unknown(&name, &all));
    }
    Err(Refusal::new(
        Reason::WrongPhase,
        format!("`phase` is {name}, and the pipeline is in {running}."),
        format!("{running}."),
        format!(
            "Send phase={running}, or leave `phase` out. A phase ends with save_handover_content."
        ),
    ))
}

pub(crate) fn unknown(name: &PhaseName, phases: &[PhaseName]) -> Refusal {
    Refusal::new(
        Reason::WrongPhase,
        format!("This pipeline has no phase {name}."),
        format!("{}.", phase_name::list(phases)),
        "Send one of these phases, or leave `phase` out.",
    )
}

impl Pipeline {
    /// The phase that runs, or ran last.
    pub fn phase(&self) -> &Phase {
        &self.phases[self.current]
    }

    pub(crate) fn phase_mut(&mut self) -> &mut Phase {
        &mut self.phases[self.current]
    }

    /// The phase after the current one.
    pub fn next_phase(&self) -> Option<&PhaseName> {
        self.phases.get(self.current + 1).map(|phase| &phase.name)
    }

    /// The phase after another one.
    pub(crate) fn phase_after(&self, phase: &PhaseName) -> Option<PhaseName> {
        let index = self.phases.iter().position(|p| p.name == *phase)?;
        self.phases.get(index + 1).map(|p| p.name.clone())
    }

    pub(crate) fn apply_phase_started(&mut self, recorded: &Recorded, phase: &PhaseName) {
        self.enter(phase, recorded.at);
        self.forget_gaps();
        let phase = phase.clone();
        self.note(recorded, What::PhaseStarted { phase });
    }

    pub(crate) fn apply_phase_reopened(&mut self, recorded: &Recorded, phase: &PhaseName) {
        self.enter(phase, recorded.at);
        let phase = phase.clone();
        self.note(recorded, What::PhaseReopened { phase });
    }

    fn enter(&mut self, name: &PhaseName, at: Timestamp) {
        if let Some(index) = self.phases.iter().position(|phase| phase.name == *name) {
            self.current = index;
            let phase = self.phase_mut();
            phase.status = PhaseStatus::Running;
            phase.started.get_or_insert(at);
            phase.ended = None;
            self.status = Status::Running;
            self.message = None;
        }
    }
}
