//! Policies: how the handover of a phase comes to its decision. People set them, at a browser.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Actor, Command, Handover, PhaseName, Pipeline, Policy, PolicyPlan, Refusal, Timestamp,
    TripWires, limits::POLICY_FILES_MAX,
};
use protocol::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, id, invalid};
use crate::{
    access::Action,
    http::caller::{Caller, Path, StrictBody},
    people::{By, People},
    problem::Problem,
    relay::Relay,
};

/// Most people who are named as those who may accept: enough to ask one.
const NAMED: usize = 20;

/// The policies by name.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Rule {
    /// A person decides.
    Ask,
    /// It is accepted when it is saved, unless a trip-wire is hit.
    AcceptUnless,
    /// Two different people accept the same content.
    TwoPeople,
}

impl Rule {
    /// The policy, with the numbers that only one of them has.
    fn with(self, max_files: Option<i64>, needs_tests: Option<bool>) -> Result<Policy, Refusal> {
        let name = match self {
            Self::Ask => "ask",
            Self::TwoPeople => "two_people",
            Self::AcceptUnless => {
                let allowed = format!("0 to {POLICY_FILES_MAX} changed files.");
                let Some(given) = max_files else {
                    return Err(invalid(
                        "`max_files` is missing, and `accept_unless` needs it.".to_owned(),
                        allowed,
                    ));
                };
                let max_files = u32::try_from(given).ok();
                let max_files = max_files.filter(|max| *max <= POLICY_FILES_MAX);
                return Ok(Policy::AcceptUnless(TripWires {
                    max_files: max_files
                        .ok_or_else(|| invalid(format!("`max_files` is {given}."), allowed))?,
                    needs_tests: needs_tests.unwrap_or(true),
                }));
            }
        };
        for (field, is_given) in [
            ("max_files", max_files.is_some()),
            ("needs_tests", needs_tests.is_some()),
        ] {
            if is_given {
                return Err(invalid(
                    format!(
                        "`{field}` belongs to the policy `accept_unless`, and not to `{name}`."
                    ),
                    format!("`{name}` without `{field}`, or `accept_unless` with it."),
                ));
            }
        }
        Ok(match self {
            Self::TwoPeople => Policy::TwoPeople,
            Self::Ask | Self::AcceptUnless => Policy::Ask,
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyBody {
    /// Which one.
    policy: Rule,
    /// Most changed files that `accept_unless` accepts, 0 to 499.
    max_files: Option<i64>,
    /// Whether `accept_unless` needs test results; `true` where left out.
    needs_tests: Option<bool>,
    /// Whether the board is shown inside another page: then it is always confirmed.
    #[serde(default)]
    framed: bool,
}

/// A policy for a phase of a pipeline that starts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedPolicy {
    /// The phase.
    phase: String,
    /// Which one.
    policy: Rule,
    /// As for a running pipeline.
    max_files: Option<i64>,
    /// As for a running pipeline.
    needs_tests: Option<bool>,
}

/// The policy of a phase as it is now.
#[derive(Serialize, ToSchema)]
pub(super) struct PolicyView {
    /// The phase.
    phase: PhaseName,
    /// Its policy.
    policy: Policy,
    /// The person who set it; nobody where that is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Actor>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    /// Whether it needs two people, and nobody but the one who set it may decide.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    nobody_else: bool,
}

/// Sets how the handover of a phase comes to its decision. Only people do, and only an owner does away with `two_people`.
#[utoipa::path(put, path = "/api/pipelines/{pipeline}/phases/{phase}/policy", operation_id = "set_policy", tag = "people",
    params(("pipeline" = String, Path,), ("phase" = String, Path,)), request_body = PolicyBody,
    responses((status = 200, body = PolicyView), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn set(
    State(relay): State<Relay>,
    State(people): State<Arc<People>>,
    caller: Caller,
    by: By,
    Path((pipeline, phase)): Path<(String, String)>,
    StrictBody(body): StrictBody<PolicyBody>,
) -> Answer<PolicyView> {
    let id = id(&pipeline)?;
    let person = caller.person(Action::SetPolicy)?;
    let PolicyBody {
        policy,
        max_files,
        needs_tests,
        framed,
    } = body;
    let policy = policy.with(max_files, needs_tests)?;
    let phase = PhaseName::parse(&phase)?;
    let command = Command::SetPolicy {
        phase: phase.to_string(),
        policy,
        may_lift: people.role(&person.name) == Some(Role::Owner),
        // It decides in advance, and needs the same proof.
        proof: caller
            .proof(&people, people.confirm.needed(phase.as_str(), framed))
            .await?,
    };
    let done = relay.execute(&id, &command, &person, caller.key()).await?;
    if !done.repeated {
        people.note_policy(by, &id, &phase, policy).await;
    }
    let set = done.pipeline.phase_policy(&phase);
    let policy = done.pipeline.policy(&phase);
    let alone = || people.others_who_decide(&person.name).is_empty();
    Ok(Json(PolicyView {
        policy,
        by: set.map(|set| set.by.clone()),
        at: set.map(|set| set.at),
        nobody_else: policy == Policy::TwoPeople && alone(),
        phase,
    }))
}

/// The policies of a start: a person names them, proven as for the decisions that they make.
pub(super) async fn planned(
    plans: Vec<PlannedPolicy>,
    caller: &Caller,
    people: &Arc<People>,
) -> Result<Vec<PolicyPlan>, Problem> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    caller.person(Action::SetPolicy)?;
    let mut planned = Vec::with_capacity(plans.len());
    for plan in plans {
        let phase = PhaseName::parse(&plan.phase)?;
        let needed = people.confirm.needed(phase.as_str(), false);
        planned.push(PolicyPlan {
            phase: plan.phase,
            policy: plan.policy.with(plan.max_files, plan.needs_tests)?,
            proof: caller.proof(people, needed).await?,
        });
    }
    Ok(planned)
}

/// Who may accept a handover that needs two people beside the reader, whoever has accepted it by now; nothing where one is
/// enough.
pub(super) fn may_accept(
    pipeline: &Pipeline,
    handover: &Handover,
    people: &People,
    reader: &Actor,
) -> Option<Vec<String>> {
    let needs_two = pipeline.policy(&handover.phase) == Policy::TwoPeople && handover.is_open();
    needs_two.then(|| {
        let mut names = people.others_who_decide(&reader.name);
        names.truncate(NAMED);
        names
    })
}
