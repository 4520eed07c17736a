//! Who may do what: one table, which every way in asks.

use domain::{Reason, Refusal};
use protocol::{Role, Scope};

use super::Principal;
use crate::{
    people::{SignedIn, With},
    problem::Problem,
};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Report, hand over, acknowledge: what agents do.
    Report,
    /// Decide about a handover.
    Decide,
    /// Set how the handover of a phase comes to its decision. Whoever may accept each handover may also say in advance which
    /// ones need no look, so this needs no owner; only doing away with the need for two people does
    /// ([`domain::Command::SetPolicy`]).
    SetPolicy,
    /// Answer a question of an agent.
    Answer,
    /// Tell an agent at work something, pause it, let it go on.
    Instruct,
    /// Hand a prompt on to an assistant.
    HandOn,
    /// Put pipelines into the archive, and take them out.
    Archive,
    /// See who there is, let people in and keep them out.
    ManagePeople,
    /// See and change the own devices, credentials and notifications.
    OwnAccount,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Report,
        Self::Decide,
        Self::SetPolicy,
        Self::Answer,
        Self::Instruct,
        Self::HandOn,
        Self::Archive,
        Self::ManagePeople,
        Self::OwnAccount,
    ];

    /// What a person has to be to do it.
    pub fn role(self) -> Role {
        match self {
            Self::Report
            | Self::Decide
            | Self::SetPolicy
            | Self::Answer
            | Self::Instruct
            | Self::HandOn
            | Self::Archive => Role::Reviewer,
            Self::ManagePeople => Role::Owner,
            Self::OwnAccount => Role::Viewer,
        }
    }

    /// Whether a token of a person's scripts may do it: only somebody at a browser decides, now or by a policy, answers,
    /// instructs, and lets others in.
    pub fn is_for_scripts(self) -> bool {
        !matches!(
            self,
            Self::Decide
                | Self::SetPolicy
                | Self::Answer
                | Self::Instruct
                | Self::ManagePeople
                | Self::OwnAccount
        )
    }

    /// Whether an agent may do it with a token that allows reporting.
    pub fn is_for_agents(self) -> bool {
        self == Self::Report
    }

    fn words(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Decide => "decide",
            Self::SetPolicy => "set a policy",
            Self::Answer => "answer questions",
            Self::Instruct => "send notes to agents",
            Self::HandOn => "hand prompts on",
            Self::Archive => "archive pipelines",
            Self::ManagePeople => "manage people",
            Self::OwnAccount => "change an account",
        }
    }
}

impl Principal {
    /// Lets this one do something.
    ///
    /// # Errors
    /// 401 for nobody, with the way to sign in; 403 for an agent, or for a person who may not.
    pub fn permit(&self, action: Action) -> Result<(), Problem> {
        match self {
            Self::Nobody => Err(Problem::sign_in_needed(action.words())),
            Self::Person(person) if !allows(person, action) => Err(refused(
                Reason::NotPermitted,
                format!(
                    "This is a token of {}, and it may not {}.",
                    person.name,
                    action.words()
                ),
                "a browser in which the person is signed in; for what scripts do, a token with the scope `report`.",
                "Do this on the board.",
            )),
            Self::Person(person) if person.role >= action.role() => Ok(()),
            Self::Person(person) => Err(refused(
                Reason::NotPermitted,
                format!(
                    "{} is a {} and may not {}.",
                    person.name,
                    person.role.name(),
                    action.words()
                ),
                match action.role() {
                    Role::Owner => "owners.",
                    Role::Viewer | Role::Reviewer => "reviewers and owners.",
                },
                "Ask an owner of this Staffel for the role.",
            )),
            Self::Agent(agent) if !action.is_for_agents() => Err(refused(
                Reason::OnlyPeopleDecide,
                format!("{} is an agent and may not {}.", agent.name, action.words()),
                "people who are signed in.",
                "A person does this on the board. Wait for it with await_handover_decision.",
            )),
            Self::Agent(agent) if agent.scope == Scope::Read => Err(refused(
                Reason::NotPermitted,
                format!(
                    "The token of {} only allows reading (scope `read`).",
                    agent.name
                ),
                "GET requests.",
                "Use a token with the scope `report`.",
            )),
            Self::Agent(_) => Ok(()),
        }
    }
}

/// Whether what proves this person is enough.
fn allows(person: &SignedIn, action: Action) -> bool {
    match &person.with {
        With::Browser(_) => true,
        With::Token { scope, .. } => *scope == Scope::Report && action.is_for_scripts(),
    }
}

fn refused(reason: Reason, what: String, allowed: &str, next: &str) -> Problem {
    Problem::refused(Refusal::new(reason, what, allowed, next))
}
