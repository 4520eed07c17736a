//! Policies: how the handover of a phase comes to its decision. A person sets them; the default is that a person is asked.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, ActorKind, DocumentHash, Event, PhaseName, PhaseStatus, Pipeline, Proof, Reason,
    Recorded, Refusal, Timestamp, What, lifecycle,
    limits::{FILES_MAX, POLICY_FILES_MAX},
    phase,
};

/// How the handover of a phase comes to its decision. On the wire: `{"rule": "accept_unless", "max_files": 20, "needs_tests": true}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Fields", into = "Fields")]
pub enum Policy {
    /// A person decides.
    #[default]
    Ask,
    /// It is accepted when it is saved, unless a trip-wire is hit. Then a person decides.
    AcceptUnless(TripWires),
    /// Two different people accept the same content. Each alone can ask for changes, or stop.
    TwoPeople,
}

/// The trip-wires that can be set. The others are always there: see [`crate::Wire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TripWires {
    /// Most changed files.
    pub max_files: u32,
    /// Whether a handover without test results is one for a person. Only a phase that has nothing to test needs `false`.
    pub needs_tests: bool,
}

/// A policy as it is written. Flat, since what reads shapes within shapes is code that the board has to download.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
struct Fields {
    rule: Rule,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_files: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    needs_tests: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
enum Rule {
    Ask,
    AcceptUnless,
    /// Also one that a newer Staffel wrote into the journal: this is the strictest that is known here.
    #[serde(other)]
    TwoPeople,
}

impl From<Fields> for Policy {
    fn from(fields: Fields) -> Self {
        match fields.rule {
            Rule::Ask => Self::Ask,
            Rule::TwoPeople => Self::TwoPeople,
            Rule::AcceptUnless => Self::AcceptUnless(TripWires {
                max_files: fields.max_files.unwrap_or(0),
                needs_tests: fields.needs_tests.unwrap_or(true),
            }),
        }
    }
}

impl From<Policy> for Fields {
    fn from(policy: Policy) -> Self {
        let (rule, wires) = match policy {
            Policy::Ask => (Rule::Ask, None),
            Policy::TwoPeople => (Rule::TwoPeople, None),
            Policy::AcceptUnless(wires) => (Rule::AcceptUnless, Some(wires)),
        };
        Self {
            rule,
            max_files: wires.map(|wires| wires.max_files),
            needs_tests: wires.map(|wires| wires.needs_tests),
        }
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Policy {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        Fields::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Policy {
    fn schemas(
        schemas: &mut Vec<(
            String,
            utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>,
        )>,
    ) {
        <Fields as utoipa::ToSchema>::schemas(schemas);
    }
}

/// A policy, and who set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PhasePolicy {
    /// The policy.
    pub policy: Policy,
    /// The person who set it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// A policy for a phase, as a start names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PolicyPlan {
    /// The phase, in any spelling.
    pub phase: String,
    /// Its policy.
    pub policy: Policy,
    /// How it is known who sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// What the rules need to know about a decision and the state of a pipeline does not say. The server looks it up just before.
#[derive(Clone)]
pub struct Context<'a> {
    /// Who may decide.
    pub deciders: &'a dyn Deciders,
    /// What was found in the text of a handover. Without it no policy accepts one.
    pub text: Option<TextCheck>,
}

/// Who may decide about handovers now.
pub trait Deciders {
    /// Whether this person may.
    fn may_decide(&self, person: &Actor) -> bool;
    /// Whether anybody else may.
    fn others_may_decide(&self, person: &Actor) -> bool;
}

/// What was found in exactly this text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextCheck {
    /// The text.
    pub document: DocumentHash,
    /// How many placeholders are left in it.
    pub placeholders: u32,
    /// The names of the files that it shows as pictures, each once.
    pub pictures: Vec<String>,
}

/// Nobody is known to be allowed to decide: no policy accepts, and no approval counts.
#[derive(Debug, Clone, Copy)]
pub struct NoDeciders;

impl Deciders for NoDeciders {
    fn may_decide(&self, _person: &Actor) -> bool {
        false
    }

    fn others_may_decide(&self, _person: &Actor) -> bool {
        false
    }
}

/// Decides about setting a policy. `may_lift`: whether this person may do away with the need for two people. No events
/// means: this person has set it so already.
pub(crate) fn set(
    pipeline: &Pipeline,
    actor: &Actor,
    name: &str,
    policy: Policy,
    may_lift: bool,
    proof: Option<&Proof>,
) -> Result<Vec<Event>, Refusal> {
    refuse_others(actor)?;
    lifecycle::refuse_when_ended(pipeline)?;
    let name = PhaseName::parse(name)?;
    let all: Vec<PhaseName> = pipeline.phases.iter().map(|it| it.name.clone()).collect();
    let phase = pipeline.phases.iter().find(|it| it.name == name);
    let phase = phase.ok_or_else(|| phase::unknown(&name, &all))?;
    if matches!(phase.status, PhaseStatus::Accepted | PhaseStatus::Ended) {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!("The phase {name} is over."),
            "a policy before a phase and while it runs, until its handover is accepted.",
            "Set the policy of a phase that is still to come.",
        ));
    }
    check(policy, &name, all.last() == Some(&name))?;
    let known = phase.policy.as_ref();
    let current = pipeline.policy(&name);
    if current == Policy::TwoPeople && policy != Policy::TwoPeople && !may_lift {
        return Err(Refusal::new(
            Reason::NotPermitted,
            format!("{name} needs two people, and `{}` is no owner.", actor.name),
            "owners: whoever needs a second person must not be the one who does away with it.",
            "Ask an owner of this Staffel.",
        ));
    }
    if current == policy && known.is_none_or(|known| known.by == *actor) {
        return Ok(vec![]);
    }
    Ok(vec![Event::PhasePolicySet {
        phase: name,
        policy,
        proof: proof.cloned(),
    }])
}

/// Checks the policies that a start names.
pub(crate) fn plan(
    plans: &[PolicyPlan],
    phases: &[PhaseName],
    actor: &Actor,
) -> Result<Vec<Event>, Refusal> {
    if !plans.is_empty() {
        refuse_others(actor)?;
    }
    let mut named = Vec::new();
    let mut events = Vec::new();
    for plan in plans {
        let name = PhaseName::parse(&plan.phase)?;
        if !phases.contains(&name) {
            return Err(phase::unknown(&name, phases));
        }
        if named.contains(&name) {
            return Err(Refusal::new(
                Reason::Invalid,
                format!(
                    "`policies` names the phase {name} twice (aliases count as the same phase)."
                ),
                "one policy a phase.",
                "Send `policies` without the repetition.",
            ));
        }
        check(plan.policy, &name, phases.last() == Some(&name))?;
        named.push(name.clone());
        if plan.policy != Policy::Ask {
            events.push(Event::PhasePolicySet {
                phase: name,
                policy: plan.policy,
                proof: plan.proof.clone(),
            });
        }
    }
    Ok(events)
}

fn check(policy: Policy, phase: &PhaseName, is_last: bool) -> Result<(), Refusal> {
    let Policy::AcceptUnless(wires) = policy else {
        return Ok(());
    };
    if is_last {
        return Err(Refusal::new(
            Reason::Invalid,
            format!(
                "{phase} is the last phase: accepting its handover ends the pipeline, and no later review would look at what was done."
            ),
            "`ask` or `two_people` for the last phase.",
            "Leave the last decision to a person.",
        ));
    }
    if wires.max_files > POLICY_FILES_MAX {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`max_files` is {}.", wires.max_files),
            format!(
                "0 to {POLICY_FILES_MAX}: a handover names at most {FILES_MAX} files, so a higher number would never be exceeded."
            ),
            "Send a smaller number.",
        ));
    }
    Ok(())
}

fn refuse_others(actor: &Actor) -> Result<(), Refusal> {
    if actor.kind == ActorKind::Person {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::OnlyPeopleDecide,
        format!(
            "`{}` is not a person, and only people set how a phase is accepted.",
            actor.name
        ),
        "working by the policy that a person has set.",
        "Hand the phase over with save_handover_content, and wait for the decision.",
    ))
}

impl Pipeline {
    /// How the handover of this phase comes to its decision.
    pub fn policy(&self, phase: &PhaseName) -> Policy {
        let policy = self.phase_policy(phase);
        policy.map_or_else(Policy::default, |set| set.policy)
    }

    /// The policy that a person has set for this phase, if anybody has.
    pub fn phase_policy(&self, phase: &PhaseName) -> Option<&PhasePolicy> {
        let phase = self.phases.iter().find(|known| known.name == *phase)?;
        phase.policy.as_deref()
    }

    pub(crate) fn apply_phase_policy(
        &mut self,
        recorded: &Recorded,
        name: &PhaseName,
        policy: Policy,
    ) {
        let Some(phase) = self.phases.iter_mut().find(|known| known.name == *name) else {
            return;
        };
        phase.policy = Some(Box::new(PhasePolicy {
            policy,
            by: recorded.actor.clone(),
            at: recorded.at,
        }));
        let phase = name.clone();
        self.note(recorded, What::PolicySet { phase, policy });
    }
}
