//! For which phases people look at the prompt before it leaves.

use domain::PhaseName;
use leptos::{prelude::*, task::spawn_local};

use super::{
    list::{Item, list},
    say::Say,
    when::When,
};
use crate::{
    Lang, api,
    board::Board,
    follow::{StatusSignal, change, flag, memo, press, text},
    wording,
};

/// The choice, folded away.
pub(crate) fn held_phases(board: Board, status: StatusSignal) -> AnyView {
    let open = flag(move || status.with(|status| !status.status.has_ended()));
    let shown = flag(move || board.may_decide() && open.get());
    let choice = Choice {
        board,
        status,
        say: Say::new(board, format!("held-{}", status.id())),
    };
    view! { <When holds=shown>{choice.view()}</When> }.into_any()
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
        let all = memo(move || self.phases());
        let said = text(move || {
            let chosen = self.chosen();
            wording::draft::held_phases(board.lang.get(), chosen.as_deref(), all.with(Vec::len))
        });
        let boxes = move || {
            let item = |phase: &PhaseName| {
                let phase = phase.clone();
                Item::new(phase.to_string(), move || self.tick(phase))
            };
            all.with(|all| all.iter().map(item).collect())
        };
        view! {
            <details class="held-phases">
                <summary>{board.t(Lang::held_phases)} ": " <span>{said}</span></summary>
                <div class="picks">
                    {list(boxes)}
                    <button class="quiet small" type="button" disabled=self.say.closed() on:click=press(move |_| self.put(untrack(|| self.phases())))>{board.t(Lang::hold_all)}</button>
                    <button class="quiet small" type="button" disabled=self.say.closed() on:click=press(move |_| self.put(Vec::new()))>{board.t(Lang::hold_none)}</button>
                </div>
                {self.say.line()}
            </details>
        }
        .into_any()
    }

    fn tick(self, phase: PhaseName) -> AnyView {
        let name = phase.to_string();
        let of = phase.clone();
        let ticked = flag(move || self.chosen().is_some_and(|chosen| chosen.contains(&of)));
        let turn = move |_| {
            let mut phases = untrack(|| self.chosen()).unwrap_or_default();
            let before = phases.len();
            phases.retain(|held| *held != phase);
            if phases.len() == before {
                phases.push(phase.clone());
            }
            self.put(phases);
        };
        view! {
            <label class="pick">
                <input type="checkbox" prop:checked=ticked disabled=self.say.closed() on:change=change(turn)/>
                <span>{name}</span>
            </label>
        }
        .into_any()
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
        let (board, say, pipeline) = (self.board, self.say, self.status.id());
        say.tell("", false);
        say.sending.set(true);
        spawn_local(async move {
            let done = api::hold(&pipeline, &phases).await;
            let _ = say.sending.try_set(false);
            match done {
                Ok(()) => board.detail.choose_held(&pipeline, phases),
                Err(failure) => {
                    let lang = board.lang.get_untracked();
                    board.say(wording::connection::failure(lang, &failure));
                }
            }
        });
    }
}
