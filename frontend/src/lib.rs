//! The browser's entry: takes over the page that the server rendered.

/// Hydrates the board. Called by the script that the server puts into the page; the promise that it gets, which is of
/// `wasm_bindgen_futures`, is kept before the browser does anything else.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    let page = app::ready().await;
    leptos::mount::hydrate_body(|| app::App(app::AppProps { page }));
}
