//! What was prepared and not sent, since somebody else decided: as a note to the agent it is not lost.

use domain::NoteKind;
use leptos::prelude::*;

use super::Points;
use crate::{
    Lang, api,
    components::{element::plain, say::Say},
    paths,
    review::Kept,
};

impl Points {
    /// What was not sent, as the words of a note; nothing where there is none, or nobody to hear it. Follows it.
    pub(super) fn unsent(self) -> Option<String> {
        if self.writes || !self.board.may_decide() {
            return None;
        }
        let status = self.board.pipeline(self.handover().pipeline())?;
        let hears = status.with(|status| !status.status.has_ended());
        let note = self.kept.with(Kept::as_note);
        (hears && !note.is_empty()).then_some(note)
    }

    /// The button that sends it.
    pub(super) fn send_card(self, note: String) -> AnyView {
        let board = self.board;
        let say = Say::new(board, format!("unsent-{}", self.handover()));
        let done = Callback::new(move |()| {
            self.done(&self.handover());
            board.say(board.lang.get_untracked().own_note().to_owned());
        });
        let path = paths::notes(self.handover().pipeline());
        let send = Callback::new(move |()| {
            say.send(path.clone(), api::note_body(NoteKind::Word, &note), done);
        });
        let says = board.t(Lang::send_as_note).into_any();
        let class = Signal::stored("btn small");
        let parts = vec![
            plain("p", "note-acts", vec![say.button(class, says, None, send)]),
            say.line(),
        ];
        plain("section", "note unsent", parts)
    }
}
