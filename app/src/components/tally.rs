//! Who has the baton, counted. Stands where the gates stand when there are none.

use leptos::prelude::*;

use crate::{Lang, board::use_board, standing::Standing, wording};

/// The order of the tally: what needs a look comes first.
const ORDER: [Standing; 8] = [
    Standing::Silent,
    Standing::Failed,
    Standing::Transit,
    Standing::Agent,
    Standing::You,
    Standing::Idle,
    Standing::Done,
    Standing::Stopped,
];

/// One figure a standing, and where the next handover will appear.
#[component]
pub(crate) fn Tally() -> impl IntoView {
    let board = use_board();
    let counted = Memo::new(move |_| {
        let now = board.now.get();
        let standings: Vec<Standing> = board
            .ids()
            .iter()
            .filter_map(|id| Some(board.pipeline(id)?.with(|status| Standing::of(status, now))))
            .collect();
        ORDER
            .into_iter()
            .map(|standing| {
                (
                    standing,
                    standings.iter().filter(|known| **known == standing).count(),
                )
            })
            .filter(|(_, count)| *count > 0)
            .collect::<Vec<_>>()
    });
    let figure = move |(standing, count): (Standing, usize)| {
        view! {
            <div class=format!("figure {}", standing.class())>
                <dt>{wording::pipeline::chip(board.lang.get(), standing)}</dt>
                <dd>{count}</dd>
            </div>
        }
    };
    view! {
        <div class="tally">
            <dl aria-label=board.t(Lang::who_has_the_baton)>
                {move || counted.get().into_iter().map(figure).collect_view()}
            </dl>
            <p class="sub">{board.t(Lang::next_gate_here)}</p>
        </div>
    }
    .into_any()
}
