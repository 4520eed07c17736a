//! Staffel's mark: a baton on the run.

use leptos::prelude::*;

/// The mark. Decoration: the name stands beside it.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark-drawing" viewBox="0 0 28 20" width="28" height="20" aria-hidden="true">
            <g transform="rotate(-24 14 10)">
                <rect class="mark-body" x="1" y="6" width="26" height="8" rx="4"/>
                <path class="mark-grip" d="M5 6h5.5v8H5a4 4 0 0 1 0-8z"/>
                <rect class="mark-ring" x="10.5" y="6" width="1.5" height="8"/>
            </g>
        </svg>
    }
    .into_inner()
}
