//! What the board does beyond showing what it knows: asking the server, changing something there, going to another page.
//!
//! Data goes one way: actions change the state ([`crate::board`] and its parts), and what is drawn follows the state.
//! The state knows no action; what it misses it says in a signal, which an action follows.

pub(crate) mod archive;
pub(crate) mod detail;
pub(crate) mod install;
pub(crate) mod keys;
pub(crate) mod lists;
#[cfg(feature = "hydrate")]
pub(crate) mod local_times;
pub(crate) mod navigate;
pub(crate) mod next;
pub(crate) mod overdue;
pub(crate) mod palette;
pub(crate) mod passkey;
pub(crate) mod push;
pub(crate) mod review;
#[cfg(feature = "hydrate")]
pub(crate) mod session;
pub(crate) mod tell;
pub(crate) mod undo;

use crate::board::Board;

/// Does what the state asks for, for as long as the page is open.
pub(crate) fn follow(board: Board) {
    detail::follow(board);
    lists::follow(board);
    #[cfg(feature = "hydrate")]
    navigate::follow(board);
}
