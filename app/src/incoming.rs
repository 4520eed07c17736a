//! The events of the live connection, as the board understands them.

use domain::view::{Agents, Heartbeat, PipelineStatus, Shutdown, Snapshot, event_name};

use crate::{Document, PromptText, json};

/// One event, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Incoming {
    /// Everything anew.
    Snapshot(Snapshot),
    /// A pipeline as it is now.
    Status(Box<PipelineStatus>),
    /// A document to read.
    Document(Document),
    /// A prompt with its text.
    Prompt(PromptText),
    /// The agents, all of them anew.
    Agents(Agents),
    /// The server lives; its time.
    Heartbeat(Heartbeat),
    /// The server stops on purpose.
    Shutdown(Shutdown),
    /// Nothing to do: what follows says it all.
    Announcement,
}

impl Incoming {
    /// Reads an event. `None` for one that this board does not know or cannot read: a newer server
    /// may send more, and the page must not fall over it.
    pub fn read(name: &str, data: &str) -> Option<Self> {
        match name {
            event_name::SNAPSHOT => json::read(data).map(Self::Snapshot),
            event_name::PIPELINE_STATUS => {
                json::read(data).map(|status| Self::Status(Box::new(status)))
            }
            event_name::HANDOVER => json::read(data).map(Self::Document),
            event_name::CURSOR_PROMPT => json::read(data).map(Self::Prompt),
            event_name::AGENTS => json::read(data).map(Self::Agents),
            event_name::HEARTBEAT => json::read(data).map(Self::Heartbeat),
            event_name::SHUTDOWN => json::read(data).map(Self::Shutdown),
            // After a reset comes a snapshot. With the others comes a status that says the same, and the
            // review watches the status: a decision that was missed while the connection was down closes
            // the review as well.
            event_name::HANDOVER_DECIDED
            | event_name::PROMPT_DELIVERY
            | event_name::VERSION
            | event_name::RESET => Some(Self::Announcement),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_events_are_read_and_others_do_no_harm() {
        let heartbeat =
            Incoming::read("heartbeat", r#"{"at":"2026-11-22T14:00:00.000Z","head":7}"#);
        assert!(matches!(
            heartbeat,
            Some(Incoming::Heartbeat(Heartbeat { head: 7, .. }))
        ));
        assert_eq!(Incoming::read("heartbeat", "{"), None);
        assert_eq!(Incoming::read("something_new", "{}"), None);
        for name in [event_name::RESET, event_name::PROMPT_DELIVERY] {
            assert_eq!(Incoming::read(name, "{}"), Some(Incoming::Announcement));
        }
    }
}
