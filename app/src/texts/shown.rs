//! What is shown beside the text of a handover: recap, evidence, and the points of earlier rounds.

use domain::{Passage, Recap};
use protocol::{DiffBlock, DiffLine, EarlierEvidence, Placeholder};
use serde::Deserialize;

/// All of it, as [`protocol::HandoverView`] has it, and two revisions compared, as [`protocol::HandoverChanges`] has that.
/// One shape for both: each that can be read is code that the page has to download. Only the rest of the program reads it.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Shown {
    /// Results, open questions, next steps, evidence.
    pub recap: Option<Recap>,
    /// Evidence of an earlier revision, where this one has none.
    pub earlier: Option<EarlierEvidence>,
    /// What the writer forgot to fill in.
    pub placeholders: Vec<Placeholder>,
    /// Pictures that the text shows and that are not attached.
    pub not_attached: Vec<String>,
    /// Comments on this handover, and those on earlier ones that are not settled.
    pub comments: Vec<Point>,
    /// The trip-wires that kept a policy from accepting it.
    pub hit: Vec<Hit>,
    /// Who else may accept it, where two people have to.
    pub may_accept: Option<Vec<String>>,
    /// Of a comparison: the blocks as they are read.
    pub blocks: Vec<DiffBlock>,
    /// Of a comparison: the lines as they are written.
    pub lines: Vec<DiffLine>,
    /// Of a comparison: whether something is left out.
    pub cut: bool,
}

/// A comment of an earlier round with its answers: [`protocol::CommentView`], as far as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Point {
    /// Its number in the pipeline.
    pub number: u32,
    /// The id of the handover that it is about.
    pub handover: String,
    /// The revision that was read.
    pub revision: u32,
    /// What it says.
    pub text: String,
    /// The passage that it is about; nothing where it is about the whole.
    pub about: Option<Passage>,
    /// The wording to put in its place.
    pub suggestion: Option<String>,
    /// Who wrote it.
    pub by: Named,
    /// Answers and words of people, the newest last.
    pub replies: Vec<Reply>,
    /// Where it stands: `unanswered`, `done`, `declined` or `settled`.
    pub state: String,
}

/// A trip-wire that was hit: [`domain::WireHit`], as far as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Hit {
    /// Which one.
    pub wire: String,
    /// How many there are of what it counts.
    pub count: u64,
    /// How many are allowed.
    pub limit: u64,
}

/// Somebody, by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    /// The name.
    pub name: String,
}

/// A line under a comment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Reply {
    /// Of an agent: what it did.
    pub outcome: Option<String>,
    /// The words, possibly none.
    pub text: String,
    /// Who wrote it.
    pub by: Named,
}

impl Point {
    /// Whether it is not done: nobody accepts past it without a word.
    pub fn blocks(&self) -> bool {
        matches!(self.state.as_str(), "unanswered" | "declined")
    }

    /// Whether a person has said that nothing is left to be done about it.
    pub fn is_settled(&self) -> bool {
        self.state == "settled"
    }

    /// The agent's last word.
    pub fn answer(&self) -> Option<&Reply> {
        let reply = self.replies.last()?;
        reply.outcome.is_some().then_some(reply)
    }
}

#[cfg(test)]
mod tests {
    use domain::{Actor, AnswerOutcome, Comment, CommentReply, HandoverId, NewComment, Timestamp};
    use protocol::CommentView;

    use super::*;
    use crate::{json, samples};

    #[test]
    fn a_comment_is_read_as_the_server_writes_it() {
        let comment = Comment {
            number: 3,
            handover: HandoverId::new(samples::pipeline(1).id, 1),
            revision: 1,
            said: NewComment {
                text: "Use Redis.".to_owned(),
                about: Some(Passage {
                    quote: "Postgres".to_owned(),
                    ..Passage::default()
                }),
                suggestion: None,
            },
            by: Actor::person("Anna"),
            at: Timestamp::from_millis(0),
            replies: vec![CommentReply {
                revision: 2,
                outcome: Some(AnswerOutcome::Declined),
                text: "Lost on failover.".to_owned(),
                by: Actor::person("codex"),
                at: Timestamp::from_millis(0),
            }],
            settled: None,
        };
        let text = json::write(&CommentView::from(&comment)).expect("JSON");
        let point: Point = json::read(&text).expect("a point");
        assert_eq!((point.number, &*point.text), (3, "Use Redis."));
        assert_eq!(
            point.about.as_ref().map(|about| &*about.quote),
            Some("Postgres")
        );
        assert!(point.blocks() && !point.is_settled());
        assert_eq!(
            point.answer().map(|reply| &*reply.text),
            Some("Lost on failover.")
        );
        assert_eq!(point.by.name, "Anna");
    }
}
