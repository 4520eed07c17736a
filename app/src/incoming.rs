//! The events of the live connection, as the board understands them.

use leptos::wasm_split::{SplitLoaderError, wasm_split};
use protocol::{
    Agents, Changed, Heartbeat, PromptDelivery, PromptRef, Shutdown, Snapshot, Summary, event_name,
};
use serde::Deserialize;

use crate::{PromptBody, json, part};

/// One event, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Incoming {
    /// Everything anew.
    Snapshot(Snapshot),
    /// A pipeline as it is now, and what is new about it.
    Status(Box<(Summary, Changed)>),
    /// A prompt with its text, or the beginning of it.
    Prompt(Box<(PromptRef, PromptBody)>),
    /// A prompt got further.
    Delivery(PromptDelivery),
    /// The agents, all of them anew.
    Agents(Agents),
    /// The server lives; its time.
    Heartbeat(Heartbeat),
    /// The server stops on purpose.
    Shutdown(Shutdown),
    /// Nothing to do: what follows says it all.
    Announcement,
}

/// The one field of a status event that is not part of the summary.
#[derive(Deserialize)]
struct News {
    changed: Changed,
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_changed), fallible)]
pub(crate) fn changed(data: &str) -> Result<Option<Changed>, SplitLoaderError> {
    Ok(json::read(data).map(|News { changed }| changed))
}

impl Incoming {
    /// Reads an event. `None` for one that this board does not know or cannot read: a newer server
    /// may send more, and the page must not fall over it.
    pub fn read(name: &str, data: &str) -> Option<Self> {
        match name {
            event_name::SNAPSHOT => json::read(data).map(Self::Snapshot),
            // Both lie in one object. Read twice: serde's flatten would buffer the whole object in between.
            event_name::PIPELINE_STATUS => {
                let summary = json::read(data)?;
                let changed = match part::at_once(changed(data)) {
                    Some(Ok(changed)) => changed?,
                    // No page is shown that could use it. Should one come meanwhile, then this says that something is missing.
                    _ => Changed {
                        more: true,
                        ..Changed::default()
                    },
                };
                Some(Self::Status(Box::new((summary, changed))))
            }
            event_name::CURSOR_PROMPT => {
                json::read_two(data).map(|both| Self::Prompt(Box::new(both)))
            }
            event_name::PROMPT_DELIVERY => json::read(data).map(Self::Delivery),
            event_name::AGENTS => json::read(data).map(Self::Agents),
            event_name::HEARTBEAT => json::read(data).map(Self::Heartbeat),
            event_name::SHUTDOWN => json::read(data).map(Self::Shutdown),
            // After a reset comes a snapshot. With the others comes a status that says the same, and the
            // review watches the status: a decision that was missed while the connection was down closes
            // the review as well. The text of a handover is fetched when somebody reads it.
            event_name::HANDOVER
            | event_name::HANDOVER_DECIDED
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
        for name in [event_name::RESET, event_name::HANDOVER] {
            assert_eq!(Incoming::read(name, "{}"), Some(Incoming::Announcement));
        }
    }

    #[test]
    fn a_status_event_is_a_summary_and_what_is_new() {
        let summary = crate::samples::summary(1);
        let event = protocol::PipelineStatus {
            summary: summary.clone(),
            changed: Changed {
                from: 3,
                more: true,
                ..Changed::default()
            },
        };
        let data = crate::json::write(&event).expect("JSON");
        let Some(Incoming::Status(read)) = Incoming::read("pipeline_status", &data) else {
            panic!("a status event is read: {data}");
        };
        assert_eq!(read.0, summary);
        assert_eq!((read.1.from, read.1.more), (3, true));
    }
}
