//! Looks what is late that no event says: agents that do not respond, prompts that nobody picks up.

use leptos::prelude::*;

use crate::{
    board::Board,
    follow::{effect, memo},
    standing,
};

/// So often it is looked for, in milliseconds: it is a matter of minutes.
const EVERY: i64 = 5_000;

/// Keeps the list of what is late, for as long as the page is open.
pub(crate) fn follow(board: Board) {
    let turn = memo(move || board.now.get().millis() / EVERY);
    effect(move || {
        turn.get();
        board.turned.track();
        board.renewed.track();
        look(board);
    });
}

fn look(board: Board) {
    let now = board.now.get_untracked();
    let mut late = Vec::new();
    for id in board.known_ids() {
        let since = board
            .signal(&id)
            .and_then(|status| status.with_untracked(|status| standing::overdue(status, now)));
        late.extend(since.map(|since| (since, id)));
    }
    late.sort();
    let late: Vec<_> = late.into_iter().map(|(_, id)| id).collect();
    if board.overdue.with_untracked(|known| *known != late) {
        board.overdue.set(late);
    }
}
