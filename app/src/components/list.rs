//! Lines that keep their place on the page while others come and go.

use leptos::prelude::*;

/// One line: what tells it from the others, and how it is drawn when it appears.
pub(crate) struct Item {
    key: String,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Item {
    /// The line with this key. Another key is another line, whatever it looks like.
    pub fn new<V: IntoView + 'static>(
        key: impl ToString,
        draw: impl FnOnce() -> V + Send + 'static,
    ) -> Self {
        Self {
            key: key.to_string(),
            draw: Box::new(move || draw().into_any()),
        }
    }
}

/// [`For`], compiled once for everything that is listed.
pub(crate) fn list(items: impl Fn() -> Vec<Item> + Send + 'static) -> AnyView {
    let items: Box<dyn Fn() -> Vec<Item> + Send> = Box::new(items);
    view! { <For each=items key=|item| item.key.clone() children=|item| (item.draw)()/> }.into_any()
}
