//! The browser's entry: takes over the page that the server rendered.

/// Hydrates the board, and completes before the browser does anything else. Called by the script that the server puts into
/// the page.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    let page = app::ready().await;
    leptos::mount::hydrate_body(|| app::App(app::AppProps { page }));
}
