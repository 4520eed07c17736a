//! Installing the board, where the browser offers it.

use leptos::prelude::window;
use wasm_bindgen::JsValue;

/// Under which name the offer is kept: the browser makes it once, before anybody may want it.
const OFFER: &str = "staffelInstall";

/// Keeps the offer when the browser makes it.
#[cfg(feature = "hydrate")]
pub(crate) fn follow() {
    leptos::prelude::window_event_listener_untyped("beforeinstallprompt", |event| {
        event.prevent_default();
        let _ = js_sys::Reflect::set(&window(), &JsValue::from_str(OFFER), &event);
    });
}

/// Whether the browser offers it.
pub(crate) fn is_offered() -> bool {
    js_sys::Reflect::has(&window(), &JsValue::from_str(OFFER)).unwrap_or(false)
}

/// Whether this is a browser that offers nothing, and installs by its own menu: those of Apple's phones.
pub(crate) fn is_by_menu() -> bool {
    let standalone = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("standalone"));
    standalone.is_ok_and(|standalone| standalone.as_bool() == Some(false))
}

/// Takes the offer: the browser asks.
pub(crate) fn install() {
    use wasm_bindgen::JsCast;

    let offer = js_sys::Reflect::get(&window(), &JsValue::from_str(OFFER));
    let Ok(offer) = offer else { return };
    let prompt = js_sys::Reflect::get(&offer, &JsValue::from_str("prompt"));
    if let Ok(Ok(prompt)) = prompt.map(JsCast::dyn_into::<js_sys::Function>) {
        // What the person answers is between the person and the browser.
        let _ = prompt.call0(&offer);
    }
    let _ = js_sys::Reflect::delete_property(&window(), &JsValue::from_str(OFFER));
}
