//! The browser's entry: takes over the page that the server rendered.

/// Hydrates the board. Called by the script that the server puts into the page.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        let page = app::ready().await;
        leptos::mount::hydrate_body(|| app::App(app::AppProps { page }));
    });
}
