//! Why the policy of the phase leaves a handover to a person, and who has accepted it already.

use leptos::prelude::*;

use super::Points;
use crate::{
    Lang,
    components::{
        element::{Button, button, plain},
        say::Say,
    },
    follow::{drawn, memo, text},
    paths, wording,
};

impl Points {
    /// All of it; nothing where a person decides as ever.
    pub fn policy(self) -> AnyView {
        let board = self.board;
        let first = memo(move || self.first());
        drawn(move || {
            let Some(shown) = self.shown().filter(|_| self.is_open()) else {
                return ().into_any();
            };
            let mut parts = Vec::new();
            if !shown.hit.is_empty() {
                let hits = shown.clone();
                let said =
                    text(move || wording::policy::not_automatic(board.lang.get(), &hits.hit));
                parts.push(plain("p", "policy-hit", vec![said.into_any()]));
            }
            if shown.may_accept.is_some() {
                let said = text(move || {
                    let first = first.get();
                    let others = shown.may_accept.as_deref().unwrap_or_default();
                    let reader = board.reader();
                    wording::policy::two_people(board.lang.get(), first.as_deref(), &reader, others)
                });
                let is_own = self.waits_for_another();
                let mut line = vec![plain("span", "", vec![said.into_any()])];
                if is_own && self.writes {
                    line.push(self.take_back());
                }
                parts.push(plain("div", "policy-two", line));
            }
            parts.into_any()
        })
    }

    /// Whether an acceptance of the reader would be the first of two. Follows it.
    pub fn needs_another(self) -> bool {
        let needs_two = self.shown().is_some_and(|shown| shown.may_accept.is_some());
        needs_two && self.first().is_none()
    }

    /// Whether the reader has accepted, and another person has to as well. Follows it.
    pub fn waits_for_another(self) -> bool {
        self.first()
            .is_some_and(|first| first == self.board.reader())
    }

    /// Whether the revision that is shown is the newest, and nobody has decided about it. Follows it.
    fn is_open(self) -> bool {
        self.of_newest(|newest| newest.decision.is_none()) == Some(true)
    }

    /// Who has accepted the revision that is shown, where another person has to as well. Follows it.
    fn first(self) -> Option<String> {
        let by = |newest: &protocol::HandoverRef| {
            let approval = newest.approval.as_ref();
            approval.map(|approval| approval.by.name.clone())
        };
        self.of_newest(by).flatten()
    }

    fn of_newest<R>(self, read: impl Fn(&protocol::HandoverRef) -> R) -> Option<R> {
        let (handover, revision) = (self.handover(), self.revision.get());
        let status = self.board.pipeline(handover.pipeline())?;
        status.with(|status| {
            let newest = status.handover.as_ref()?;
            let shown = newest.handover == handover && newest.revision == revision;
            shown.then(|| read(newest))
        })
    }

    fn take_back(self) -> AnyView {
        let say = Say::new(self.board, "approval".to_owned());
        let go = move |_| {
            let handover = self.handover();
            let path = format!("{}/undo", paths::decision(&handover));
            let body = format!("{{\"revision\":{}}}", self.revision.get_untracked());
            say.send(path, Some(body), Callback::new(|()| ()));
        };
        let about = Button {
            closed: Some(say.closed()),
            ..Button::default()
        };
        let says = self.board.t(Lang::take_acceptance_back).into_any();
        let pressed = button(Signal::stored("btn small"), about, says, go);
        vec![pressed, say.line()].into_any()
    }
}
