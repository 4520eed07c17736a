//! The end of a list that comes page by page.

use leptos::prelude::*;

use super::when::When;
use crate::{
    actions,
    board::use_board,
    browser,
    follow::{flag, press, word},
    listing::{Listing, Progress},
};

/// Fetches the next page when the end of the list comes near the view, or by a click.
#[component]
pub(crate) fn More(
    /// The list.
    listing: Listing,
    /// Whether the end fetches more by itself.
    #[prop(default = true)]
    by_itself: bool,
) -> impl IntoView {
    let board = use_board();
    let progress = listing.progress;
    let some = flag(move || {
        matches!(
            progress.get(),
            Progress::Asking | Progress::More | Progress::Failed
        )
    });
    let said = word(move || {
        let lang = board.lang.get();
        match progress.get() {
            Progress::Asking => lang.loading(),
            Progress::Failed => lang.no_list(),
            Progress::Rest | Progress::More | Progress::Whole => "",
        }
    });
    let act = word(move || {
        let lang = board.lang.get();
        if progress.get() == Progress::Failed {
            lang.try_again()
        } else {
            lang.show_more()
        }
    });
    let asking = flag(move || progress.get() == Progress::Asking);
    let near = move |event: web_sys::Event| {
        if by_itself && browser::is_near(&event) && progress.get_untracked() == Progress::More {
            actions::lists::more(board, listing);
        }
    };
    // Drawn anew after every page: what stays near the view would not say again that it is.
    let waits = flag(move || progress.get() != Progress::Asking);
    view! {
        <p class="sub" role="status">{said}</p>
        <When holds=some>
            <When holds=waits>
                <div class="more" on:contentvisibilityautostatechange=near>
                    <button class="btn" type="button" disabled=asking on:click=press(move |_| actions::lists::more(board, listing))>
                        {act}
                    </button>
                </div>
            </When>
        </When>
    }
    .into_inner()
}
