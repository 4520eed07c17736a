//! Who has the baton, counted. Stands where the gates stand when there are none.

use leptos::prelude::*;

use super::list::{Item, list};
use crate::{
    Lang, List,
    board::use_board,
    follow::{memo, word},
    standing::Standing,
    wording,
};

/// The order of the tally: what needs a look comes first.
const ORDER: [Standing; 12] = [
    Standing::Silent,
    Standing::Failed,
    Standing::Asks,
    Standing::Paused,
    Standing::Held,
    Standing::Transit,
    Standing::Quiet,
    Standing::Agent,
    Standing::You,
    Standing::Idle,
    Standing::Done,
    Standing::Stopped,
];

/// How often it is looked whether an agent has become quiet, in milliseconds.
const TICK_MS: i64 = 15_000;

/// One figure a standing, and where the next handover will appear.
#[component]
pub(crate) fn Tally() -> impl IntoView {
    let board = use_board();
    let figure = move |(standing, count): (Standing, usize)| {
        let key = format!("{standing:?} {count}");
        // What follows the language belongs to the line: the closure around it is over with the next list.
        let draw = move || {
            let name = word(move || wording::pipeline::chip(board.lang.get(), standing));
            view! {
                <div class=format!("figure {}", standing.class())>
                    <dt>{name}</dt>
                    <dd>{count.to_string()}</dd>
                </div>
            }
        };
        Item::new(key, draw)
    };
    // Counting looks at every open pipeline: not every second, and not at every report.
    let tick = memo(move || board.now.get().millis() / TICK_MS);
    let figures = move || {
        tick.get();
        board.turned.track();
        let now = board.now.get_untracked();
        let standings: Vec<Standing> = board
            .ids_of(List::Open)
            .iter()
            .filter_map(|id| board.signal(id))
            .map(|status| status.with_untracked(|status| Standing::of(status, now)))
            .collect();
        ORDER
            .into_iter()
            .map(|standing| {
                let same = standings.iter().filter(|known| **known == standing);
                (standing, same.count())
            })
            .filter(|(_, count)| *count > 0)
            .map(figure)
            .collect()
    };
    view! {
        <div class="tally">
            <dl aria-label=board.t(Lang::who_has_the_baton)>
                {list(figures)}
            </dl>
            <p class="sub">{board.t(Lang::next_gate_here)}</p>
        </div>
    }
    .into_inner()
}
