//! The browser's entry: takes over the page that the server rendered.

/// Hydrates the board. Called by the script that the server puts into the page.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    let path = leptos::prelude::window().location().pathname();
    let _ = app::load(&path.unwrap_or_default()).await;
    leptos::mount::hydrate_body(app::App);
}
