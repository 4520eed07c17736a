//! For which phases people look at the prompt before it leaves.

use domain::PhaseName;
use leptos::prelude::*;

use super::{
    element::{About, element, plain},
    say::{Answer, Say},
};
use crate::{
    Lang,
    api::{self, DraftBody},
    board::Board,
    follow::{StatusSignal, flag, text, word},
    paths, wording,
};

/// The choice, folded away. The style sheet hides it once the pipeline has ended.
pub(crate) fn held_phases(board: Board, status: StatusSignal) -> Option<AnyView> {
    let say = Say::new(board, format!("held-{}", status.id()));
    let choice = Choice { board, status, say };
    board.may_decide().then(|| choice.view())
}

/// Copied into every handler.
#[derive(Clone, Copy)]
struct Choice {
    board: Board,
    status: StatusSignal,
    say: Say,
}

impl Choice {
    fn view(self) -> AnyView {
        let board = self.board;
        let all = untrack(|| self.phases());
        let count = all.len();
        let said = text(move || {
            let chosen = self.chosen();
            wording::draft::held_phases(board.lang.get(), chosen.as_deref(), count)
        });
        // A pipeline has the same phases for ever.
        let mut each = Vec::new();
        for phase in all {
            each.push(self.one(phase));
        }
        let group = About {
            role: Some("group"),
            label: Some(word(board.t(Lang::held_phases))),
            ..About::default()
        };
        let says = vec![
            board.t(Lang::held_phases).into_any(),
            ": ".into_any(),
            plain("span", "", vec![said.into_any()]),
        ];
        let whole = |says: fn(Lang) -> &'static str, put: fn(Self)| {
            let class = Signal::stored("quiet small");
            let put = Callback::new(move |()| put(self));
            self.say.button(class, board.t(says).into_any(), None, put)
        };
        let both = vec![
            whole(Lang::hold_all, |choice| {
                choice.put(untrack(|| choice.phases()))
            }),
            whole(Lang::hold_none, |choice| choice.put(Vec::new())),
        ];
        let class = word(move || {
            if self.status.with(|status| status.status.has_ended()) {
                "gone"
            } else {
                "held-phases"
            }
        });
        let parts = vec![
            plain("summary", "", says),
            element("div", Signal::stored("toggles"), group, each),
            plain("div", "", both),
            self.say.line(),
        ];
        element("details", class, About::default(), parts)
    }

    /// The button of one phase.
    fn one(self, phase: PhaseName) -> AnyView {
        let says = phase.to_string().into_any();
        let of = phase.clone();
        let held = flag(move || self.chosen().is_some_and(|chosen| chosen.contains(&of)));
        let turn = Callback::new(move |()| {
            let mut phases = untrack(|| self.chosen()).unwrap_or_default();
            let before = phases.len();
            phases.retain(|held| *held != phase);
            if phases.len() == before {
                phases.push(phase.clone());
            }
            self.put(phases);
        });
        self.say.toggle(says, held, turn)
    }

    fn phases(self) -> Vec<PhaseName> {
        let name = |phase: &protocol::PhaseSummary| phase.name.clone();
        self.status
            .with(|status| status.phases.iter().map(name).collect())
    }

    /// Those that were chosen; nothing where nobody chose. Follows it.
    fn chosen(self) -> Option<Vec<PhaseName>> {
        let chosen = self
            .board
            .with_detail(self.status, |more| more.held_phases.clone());
        chosen.flatten()
    }

    fn put(self, phases: Vec<PhaseName>) {
        let (board, pipeline) = (self.board, self.status.id());
        let path = paths::held_phases(&pipeline);
        let body = api::draft_body(&DraftBody {
            phases: Some(&phases),
            ..DraftBody::default()
        });
        let answered = move |answer: Answer| match answer {
            Ok(_) => board.detail.choose_held(&pipeline, phases),
            Err(failure) => {
                let lang = board.lang.get_untracked();
                let why = wording::draft::failed(lang, &failure);
                self.say.tell(&why, true);
            }
        };
        self.say.put(path, body, Box::new(answered));
    }
}
