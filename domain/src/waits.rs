//! How long reviews waited for people.

use serde::{Deserialize, Serialize};

use crate::{Decision, HandoverId, PhaseName, Pipeline, Timestamp};

/// How long the reviews of a phase waited for one person, all together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReviewWait {
    /// The phase.
    pub phase: PhaseName,
    /// The name of the person who decided; nothing where nobody has.
    pub by: Option<String>,
    /// How many reviews these were.
    pub reviews: u32,
    /// How long they waited, in milliseconds; of a review that still waits nothing is in it.
    pub millis: u64,
    /// Since when a review has been waiting that nobody has decided; its wait goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// A revision of a handover, as far as its wait goes.
#[derive(Debug, Clone, Copy)]
pub struct Reviewed<'a> {
    /// The handover.
    pub handover: &'a HandoverId,
    /// The phase that it ends.
    pub phase: &'a PhaseName,
    /// When the revision arrived.
    pub at: Timestamp,
    /// What was decided about it.
    pub decision: Option<&'a Decision>,
}

/// How long each phase waited for each person, in the order in which they first decided. `waits` is what is known of
/// earlier revisions, and `ended` when the pipeline ended, if it has.
///
/// A review waits from the first revision that nobody has decided about until the decision, or until the pipeline ends
/// without one. A revision in between does not begin it anew: the same review still waits. At most one line has `since`.
pub fn review_waits<'a>(
    revisions: impl IntoIterator<Item = Reviewed<'a>>,
    ended: Option<Timestamp>,
    mut waits: Vec<ReviewWait>,
) -> Vec<ReviewWait> {
    let mut open: Option<Reviewed<'a>> = None;
    for revision in revisions {
        let first = open.filter(|first| first.handover == revision.handover);
        let first = first.unwrap_or(revision);
        open = match revision.decision {
            Some(decision) => {
                let millis = decision.at.millis_since(first.at).unsigned_abs();
                add(&mut waits, first.phase, Some(&decision.by.name), millis);
                None
            }
            None => Some(first),
        };
    }
    let Some(first) = open else {
        return waits;
    };
    if let Some(ended) = ended {
        let millis = ended.millis_since(first.at).unsigned_abs();
        add(&mut waits, first.phase, None, millis);
    } else {
        waits.push(ReviewWait {
            phase: first.phase.clone(),
            by: None,
            reviews: 1,
            millis: 0,
            since: Some(first.at),
        });
    }
    waits
}

fn add(waits: &mut Vec<ReviewWait>, phase: &PhaseName, by: Option<&str>, millis: u64) {
    let mut known = waits.iter_mut();
    if let Some(known) = known.find(|it| it.phase == *phase && it.by.as_deref() == by) {
        known.reviews += 1;
        known.millis = known.millis.saturating_add(millis);
        return;
    }
    waits.push(ReviewWait {
        phase: phase.clone(),
        by: by.map(str::to_owned),
        reviews: 1,
        millis,
        since: None,
    });
}

impl Pipeline {
    /// Every revision of every handover, the oldest first.
    pub fn reviewed(&self) -> impl Iterator<Item = Reviewed<'_>> {
        self.handovers.iter().flat_map(|handover| {
            let revisions = handover.revisions.iter();
            revisions.map(|revision| Reviewed {
                handover: &handover.id,
                phase: &handover.phase,
                at: revision.at,
                decision: revision.decision.as_ref(),
            })
        })
    }
}
