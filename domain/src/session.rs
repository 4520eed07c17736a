//! The session of an assistant that works on a pipeline: what it takes to wake it, or to go on with it later.

use serde::{Deserialize, Serialize};

use crate::{
    Event, Pipeline, Reason, Recorded, Refusal, What, lifecycle,
    limits::{FOLDER_MAX, NAME_MAX},
    text,
};

/// A session of an assistant, as its hook tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Session {
    /// The assistant, by its name in `staffel connect`.
    pub client: String,
    /// How the assistant itself calls the session.
    pub id: String,
    /// The folder in which it works.
    pub folder: String,
}

/// Decides about a session that works on the pipeline. No events means: the pipeline has this session already.
pub(crate) fn join(pipeline: &Pipeline, session: &Session) -> Result<Vec<Event>, Refusal> {
    lifecycle::refuse_when_ended(pipeline)?;
    let session = Session {
        client: text::line("client", &session.client, NAME_MAX)?,
        id: text::line("session", &session.id, NAME_MAX)?,
        folder: text::line("folder", &session.folder, FOLDER_MAX)?,
    };
    if session.id.starts_with('-') {
        return Err(Refusal::new(
            Reason::Invalid,
            format!("`session` is {:?}.", session.id),
            "an id that does not begin with a hyphen: people paste it into commands.",
            "Send the id of the session as the assistant has it.",
        ));
    }
    let known = pipeline.session.as_ref();
    Ok(if known.is_some_and(|known| known.is(&session)) {
        vec![]
    } else {
        vec![Event::SessionJoined { session }]
    })
}

impl Session {
    /// Whether both are the same session: an agent may change its folder.
    pub fn is(&self, other: &Self) -> bool {
        (&self.client, &self.id) == (&other.client, &other.id)
    }
}

impl Pipeline {
    pub(crate) fn apply_session_joined(&mut self, recorded: &Recorded, session: &Session) {
        self.session = Some(session.clone());
        self.note(
            recorded,
            What::SessionJoined {
                client: session.client.clone(),
                folder: session.folder.clone(),
            },
        );
    }
}
