//! Something that is shown only while something holds.

use leptos::prelude::*;

use crate::follow::memo;

/// Like [`Show`], which is compiled anew for every pair of closures it is given. This one is compiled
/// once, and the page has to be downloaded.
#[component]
pub(crate) fn When(
    /// Whether the children are shown.
    #[prop(into)]
    holds: Signal<bool>,
    /// What is shown then.
    children: ChildrenFn,
    /// What is shown otherwise.
    #[prop(optional, into)]
    otherwise: ViewFn,
) -> impl IntoView {
    // A signal that changes from true to true must not build its children anew.
    let holds = memo(move || holds.get());
    move || {
        if holds.get() {
            children()
        } else {
            otherwise.run()
        }
    }
}
