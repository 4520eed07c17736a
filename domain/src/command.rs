//! What can be asked of the relay.

use serde::{Deserialize, Serialize};

use crate::{
    Asked, CommentAnswer, HandoverId, Held, NoteKind, Outcome, Policy, PromptId, Proof, Proposal,
    QuestionId, Recap, Reply, Session, TaskReport, Version, Via, Writer,
};

/// Something asked of an existing pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// The agent says how far it is.
    Report {
        /// The phase it believes to be in; checked where given.
        phase: Option<String>,
        /// The progress it claims, 0 to 100.
        progress: Option<i64>,
        /// A line of text for the board.
        message: Option<String>,
        /// Tasks that are new or changed.
        tasks: Vec<TaskReport>,
    },
    /// The agent ends the phase, or sends a revision.
    HandOver {
        /// The phase it believes to end; checked where given.
        phase: Option<String>,
        /// The document, in Markdown.
        content: String,
        /// One line of it; taken from the document where left out.
        summary: Option<String>,
        /// What it says beside its text.
        #[serde(default)]
        recap: Recap,
        /// What was done about the comments of the review.
        #[serde(default)]
        answers: Vec<CommentAnswer>,
    },
    /// A person decides.
    Decide(Proposal),
    /// The person takes that back, while nobody has acted on it.
    TakeBack {
        /// The handover.
        handover: HandoverId,
        /// The revision that was decided about.
        revision: u32,
    },
    /// What can be taken back is carried out, in the name of whoever decided.
    CarryOut {
        /// The handover.
        handover: HandoverId,
        /// The revision that was decided about.
        revision: u32,
    },
    /// A person sets how the handover of a phase comes to its decision.
    SetPolicy {
        /// The phase.
        phase: String,
        /// The policy.
        policy: Policy,
        /// Whether this person may do away with the need for two people.
        may_lift: bool,
        /// How it is known who sets it.
        proof: Option<Proof>,
    },
    /// Staffel has written the prompt that a decision asks for.
    WritePrompt {
        /// The decided handover.
        handover: HandoverId,
        /// The decided revision.
        revision: u32,
        /// The text.
        text: String,
        /// Who wrote it.
        writer: Writer,
        /// Why it should wait for a person before it leaves, if it should. What people chose for the pipeline goes
        /// before [`Held::ToLook`].
        #[serde(default)]
        hold: Option<Held>,
    },
    /// A person chooses the phases whose prompts people look at before they leave.
    HoldPrompts {
        /// All of them.
        phases: Vec<String>,
    },
    /// A person has another text for a prompt that no agent has: his own, or one that was written anew for him.
    RevisePrompt {
        /// The prompt.
        prompt: PromptId,
        /// The version that it was made from.
        base: u32,
        /// The text.
        text: String,
        /// Who wrote it.
        writer: Writer,
        /// What the writer was told to mind.
        hint: Option<String>,
    },
    /// A person goes back to another version of a prompt.
    ChoosePromptVersion {
        /// The prompt.
        prompt: PromptId,
        /// The version.
        version: u32,
    },
    /// A person sends a prompt that was held.
    SendPrompt {
        /// The prompt.
        prompt: PromptId,
        /// The version that was read.
        version: u32,
    },
    /// Somebody offers the prompt to an assistant.
    OfferPrompt {
        /// The prompt.
        prompt: PromptId,
        /// The way it goes.
        via: Via,
    },
    /// An agent takes the prompt; the phase it is for begins.
    PickUpPrompt {
        /// The prompt.
        prompt: PromptId,
        /// The way it goes.
        via: Via,
    },
    /// The agent confirms that it has read the prompt.
    AcknowledgePrompt {
        /// The prompt.
        prompt: PromptId,
    },
    /// An agent asks a person.
    Ask(Asked),
    /// A person answers.
    AnswerQuestion {
        /// The question.
        question: QuestionId,
        /// The answer.
        reply: Reply,
        /// How it is known who answers.
        proof: Option<Proof>,
    },
    /// A call of an agent is answered with the answer.
    DeliverAnswer {
        /// The question.
        question: QuestionId,
        /// The name of the call.
        with: String,
    },
    /// A person tells the agent something.
    SendNote {
        /// What it asks for.
        kind: NoteKind,
        /// The words.
        text: String,
    },
    /// A call of an agent is answered with all notes that none has.
    DeliverNotes {
        /// The name of the call.
        with: String,
    },
    /// The agent has read them.
    AcknowledgeNotes {
        /// Their numbers.
        notes: Vec<u32>,
    },
    /// A session of an assistant works on it.
    JoinSession {
        /// Which one.
        session: Session,
    },
    /// A hook has seen the agent work.
    NoteActivity {
        /// Tool calls since it told before.
        calls: u32,
    },
    /// The cycle version is another.
    ChangeVersion {
        /// All three parts, as they are from now on.
        version: Version,
    },
    /// The pipeline ends.
    Finish {
        /// The way it ends.
        outcome: Outcome,
        /// A closing line.
        message: Option<String>,
    },
    /// An ended pipeline leaves the lists of the board. For people, and for Staffel by age.
    Archive,
    /// It comes back into the lists. For people, and for Staffel.
    Unarchive,
}
