//! What a person comments on in a handover, what the agent answers, and what is settled: the points of a review.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Event, HandoverId, Pipeline, Reason, Recorded, Refusal, Timestamp, Verdict,
    known::known,
    limits::{
        COMMENT_MAX, COMMENTS_KEPT, COMMENTS_MAX, CONTEXT_MAX, QUOTE_MAX, REPLIES_KEPT,
        UNSETTLED_COMMENTS_MAX,
    },
    text,
};

/// A point that a person raised about a handover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Comment {
    /// Its number in the pipeline, from 1.
    pub number: u32,
    /// The handover that it is about.
    pub handover: HandoverId,
    /// The revision that was read.
    pub revision: u32,
    /// What it says.
    #[serde(flatten)]
    pub said: NewComment,
    /// Who wrote it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What agents answered and people replied, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<CommentReply>,
    /// Who said that nothing is left to be done about it, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
}

/// What a comment says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewComment {
    /// The words; possibly none where a wording is suggested.
    #[serde(default)]
    pub text: String,
    /// The passage that it is about; nothing where it is about the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Passage>,
    /// The wording to put in the place of the passage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// A passage of a text as it is read, without markup: it is found again after an edit. A text quote selector of
/// <https://www.w3.org/TR/annotation-model/#text-quote-selector>.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Passage {
    /// The passage.
    pub quote: String,
    /// What stands before it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub before: String,
    /// What stands after it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub after: String,
}

/// A line under a comment: the answer of an agent, or the word of a person who is not content with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CommentReply {
    /// The newest revision then.
    pub revision: u32,
    /// What the agent did about it; nothing of a person, nor where a newer version wrote what this one does not know.
    #[serde(
        default,
        deserialize_with = "known",
        skip_serializing_if = "Option::is_none"
    )]
    pub outcome: Option<AnswerOutcome>,
    /// The words, possibly none.
    #[serde(default)]
    pub text: String,
    /// Who wrote it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What an agent did about a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerOutcome {
    /// What was asked for.
    Done,
    /// Nothing, for a reason.
    Declined,
}

/// Who said that nothing is left to be done about a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Settled {
    /// The person.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// Where a comment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CommentState {
    /// No agent has answered, or a person has replied since.
    Unanswered,
    /// The agent says that it is done.
    Done,
    /// The agent says why not.
    Declined,
    /// A person says that nothing is left to be done.
    Settled,
}

/// What a person brings with a decision beside its words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Review {
    /// New comments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<NewComment>,
    /// Words about comments that are not done as they should be: the agent answers again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub insisted: Vec<Insisted>,
    /// The numbers of comments about which nothing is left to be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<u32>,
}

/// What a person says about an answer that is not enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Insisted {
    /// The number of the comment.
    pub comment: u32,
    /// The words, possibly none.
    #[serde(default)]
    pub text: String,
}

/// What an agent answers to a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CommentAnswer {
    /// The number of the comment.
    pub comment: u32,
    /// What was done about it.
    pub outcome: AnswerOutcome,
    /// What, or why not; `declined` needs it.
    #[serde(default)]
    pub note: String,
}

impl Comment {
    /// Where it stands.
    pub fn state(&self) -> CommentState {
        if self.settled.is_some() {
            return CommentState::Settled;
        }
        match self.replies.last().and_then(|reply| reply.outcome) {
            Some(AnswerOutcome::Done) => CommentState::Done,
            Some(AnswerOutcome::Declined) => CommentState::Declined,
            None => CommentState::Unanswered,
        }
    }
}

impl Review {
    /// Whether it asks the agent for anything.
    pub(crate) fn asks(&self) -> bool {
        !self.comments.is_empty() || !self.insisted.is_empty()
    }
}

/// Decides about what comes with a decision: the fact to record before it, if there is one.
pub(crate) fn review(
    pipeline: &Pipeline,
    handover: &HandoverId,
    revision: u32,
    verdict: Verdict,
    review: &Review,
) -> Result<Option<Event>, Refusal> {
    let comments = checked_comments(pipeline, review)?;
    let mut named = Vec::new();
    let mut known = |number: u32| {
        let comment = find(pipeline, number)?;
        once(&mut named, number, "the review")?;
        Ok::<_, Refusal>(comment)
    };
    let mut settled = Vec::new();
    for number in &review.settled {
        if known(*number)?.settled.is_none() {
            settled.push(*number);
        }
    }
    let mut insisted = Vec::new();
    for again in &review.insisted {
        known(again.comment)?;
        insisted.push(Insisted {
            comment: again.comment,
            text: text::document("insisted.text", &again.text, COMMENT_MAX)?,
        });
    }
    if verdict == Verdict::Accept {
        refuse_unsettled(pipeline, &settled)?;
    }
    // What an agent did, and nobody objected to, is settled with the acceptance.
    if verdict == Verdict::Accept {
        let done = pipeline.comments.iter().filter(|comment| {
            let insisted = insisted.iter().any(|again| again.comment == comment.number);
            comment.state() == CommentState::Done && !insisted
        });
        let done = done.map(|comment| comment.number);
        let more: Vec<_> = done.filter(|number| !settled.contains(number)).collect();
        settled.extend(more);
    }
    let said = Review {
        comments,
        insisted,
        settled,
    };
    Ok(
        (said != Review::default()).then(|| Event::HandoverReviewed {
            handover: handover.clone(),
            revision,
            first: pipeline.next_comment(),
            review: said,
        }),
    )
}

fn checked_comments(pipeline: &Pipeline, review: &Review) -> Result<Vec<NewComment>, Refusal> {
    let comments = &review.comments;
    if comments.len() > COMMENTS_MAX {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!("The review has {} comments.", comments.len()),
            format!("at most {COMMENTS_MAX} with one decision."),
            "Send the most important ones, and the rest after the next revision.",
        ));
    }
    let left = pipeline.unsettled_comments();
    let left = left.filter(|comment| !review.settled.contains(&comment.number));
    let unsettled = left.count();
    if !comments.is_empty() && unsettled + comments.len() > UNSETTLED_COMMENTS_MAX {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!(
                "{unsettled} comments on {} are not settled, and the review adds {}.",
                pipeline.id,
                comments.len()
            ),
            format!("at most {UNSETTLED_COMMENTS_MAX} that are not settled."),
            "Settle those that are done, or send fewer.",
        ));
    }
    comments.iter().map(checked).collect()
}

fn checked(comment: &NewComment) -> Result<NewComment, Refusal> {
    let words = text::document("comments.text", &comment.text, COMMENT_MAX)?;
    let about = comment.about.as_ref().map(|passage| {
        let quote = text::line("comments.about.quote", &passage.quote, QUOTE_MAX)?;
        let context = |field: &str, given: &str| {
            text::optional_line(field, Some(given), CONTEXT_MAX).map(Option::unwrap_or_default)
        };
        Ok(Passage {
            quote,
            before: context("comments.about.before", &passage.before)?,
            after: context("comments.about.after", &passage.after)?,
        })
    });
    let about = about.transpose()?;
    let suggestion = comment.suggestion.as_ref();
    let suggestion = suggestion
        .map(|wording| text::document("comments.suggestion", wording, COMMENT_MAX))
        .transpose()?;
    if suggestion.is_some() && about.is_none() {
        return Err(Refusal::new(
            Reason::Invalid,
            "A comment suggests a wording, and says not for which passage.",
            "`suggestion` with `about`.",
            "Name the passage in `about`, or leave `suggestion` out.",
        ));
    }
    if words.is_empty() && suggestion.is_none() {
        return Err(Refusal::new(
            Reason::Invalid,
            "A comment is empty.",
            format!("1 to {COMMENT_MAX} bytes, or a suggested wording."),
            "Write what should be different, or leave the comment out.",
        ));
    }
    Ok(NewComment {
        text: words,
        about,
        suggestion,
    })
}

/// Whoever accepts says what becomes of the points that are not done.
fn refuse_unsettled(pipeline: &Pipeline, settled: &[u32]) -> Result<(), Refusal> {
    let left = pipeline.blocking_comments();
    let left: Vec<_> = left
        .filter(|comment| !settled.contains(&comment.number))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let named = left.iter().map(|comment| {
        let state = match comment.state() {
            CommentState::Declined => "declined",
            _ => "not answered",
        };
        format!("{} ({state})", comment.number)
    });
    let numbers = left.iter().map(|comment| comment.number.to_string());
    let numbers = numbers.collect::<Vec<_>>().join(", ");
    Err(Refusal::new(
        Reason::Unsettled,
        format!(
            "Not settled: comment {}.",
            named.collect::<Vec<_>>().join(", ")
        ),
        format!("accepting with `review.settled` = [{numbers}], or asking for changes."),
        "Settle each, or ask the agent again.",
    ))
}

/// Decides about the answers of an agent: those that say something new.
pub(crate) fn answers(
    pipeline: &Pipeline,
    given: &[CommentAnswer],
) -> Result<Vec<CommentAnswer>, Refusal> {
    let mut named = Vec::new();
    let mut new = Vec::new();
    for answer in given {
        let comment = find(pipeline, answer.comment)?;
        once(&mut named, answer.comment, "`answers`")?;
        let note = text::document("answers.note", &answer.note, COMMENT_MAX)?;
        if note.is_empty() && answer.outcome == AnswerOutcome::Declined {
            return Err(Refusal::new(
                Reason::Invalid,
                format!("Comment {} is declined without a word why.", answer.comment),
                "`note` with outcome=declined.",
                "Send the reason as `note`.",
            ));
        }
        let known = comment.replies.last();
        let same =
            |reply: &CommentReply| reply.outcome == Some(answer.outcome) && reply.text == note;
        // Where nothing is left to be done there is nothing to answer.
        if comment.settled.is_none() && !known.is_some_and(same) {
            new.push(CommentAnswer {
                note,
                ..answer.clone()
            });
        }
    }
    Ok(new)
}

fn once(named: &mut Vec<u32>, number: u32, place: &str) -> Result<(), Refusal> {
    if named.contains(&number) {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("Comment {number} is named twice in {place}."),
            "each comment once.",
            format!("Send {place} without the repetition."),
        ));
    }
    named.push(number);
    Ok(())
}

fn find(pipeline: &Pipeline, number: u32) -> Result<&Comment, Refusal> {
    let known = &pipeline.comments;
    let found = known.iter().find(|comment| comment.number == number);
    found.ok_or_else(|| {
        let open = pipeline.unsettled_comments();
        let open: Vec<_> = open.map(|comment| comment.number.to_string()).collect();
        let (allowed, next) = if open.is_empty() {
            (
                "none: every comment is settled, or there is none.".to_owned(),
                "Leave it out.",
            )
        } else {
            (
                format!("{}.", open.join(", ")),
                "Use the number of one of these.",
            )
        };
        Refusal::new(
            Reason::NotFound,
            format!("There is no comment {number} on {}.", pipeline.id),
            allowed,
            next,
        )
    })
}

impl Pipeline {
    /// The comments about which something is left to be done, the oldest first.
    pub fn unsettled_comments(&self) -> impl Iterator<Item = &Comment> {
        self.comments
            .iter()
            .filter(|comment| comment.settled.is_none())
    }

    /// Those that nobody accepts past without a word: not answered, or declined. The oldest first.
    pub fn blocking_comments(&self) -> impl Iterator<Item = &Comment> {
        let blocks = |comment: &&Comment| {
            let is_left = matches!(
                comment.state(),
                CommentState::Unanswered | CommentState::Declined
            );
            is_left && !self.came_with_approval(comment)
        };
        self.comments.iter().filter(blocks)
    }

    fn next_comment(&self) -> u32 {
        self.comments
            .last()
            .map_or(1, |comment| comment.number.saturating_add(1))
    }

    pub(crate) fn apply_handover_reviewed(
        &mut self,
        recorded: &Recorded,
        handover: &HandoverId,
        revision: u32,
        first: u32,
        review: &Review,
    ) {
        for number in &review.settled {
            if let Some(comment) = self.comment_mut(*number) {
                comment.settled.get_or_insert_with(|| Settled {
                    by: recorded.actor.clone(),
                    at: recorded.at,
                });
            }
        }
        for again in &review.insisted {
            if let Some(comment) = self.comment_mut(again.comment) {
                comment.settled = None;
                comment.add(CommentReply {
                    revision,
                    outcome: None,
                    text: again.text.clone(),
                    by: recorded.actor.clone(),
                    at: recorded.at,
                });
            }
        }
        for (number, said) in (first..).zip(&review.comments) {
            if self.comments.len() >= COMMENTS_KEPT {
                let settled = self.comments.iter().position(|it| it.settled.is_some());
                self.comments.remove(settled.unwrap_or(0));
            }
            self.comments.push(Comment {
                number,
                handover: handover.clone(),
                revision,
                said: said.clone(),
                by: recorded.actor.clone(),
                at: recorded.at,
                replies: Vec::new(),
                settled: None,
            });
        }
    }

    pub(crate) fn apply_comments_answered(
        &mut self,
        recorded: &Recorded,
        revision: u32,
        answers: &[CommentAnswer],
    ) {
        for answer in answers {
            if let Some(comment) = self.comment_mut(answer.comment) {
                comment.add(CommentReply {
                    revision,
                    outcome: Some(answer.outcome),
                    text: answer.note.clone(),
                    by: recorded.actor.clone(),
                    at: recorded.at,
                });
            }
        }
    }

    fn comment_mut(&mut self, number: u32) -> Option<&mut Comment> {
        self.comments.iter_mut().find(|it| it.number == number)
    }
}

impl Comment {
    fn add(&mut self, reply: CommentReply) {
        if self.replies.len() >= REPLIES_KEPT {
            self.replies.remove(0);
        }
        self.replies.push(reply);
    }
}
