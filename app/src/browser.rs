//! What only a browser has. Called from effects and event handlers, which never run on the server.

use domain::Timestamp;
use leptos::prelude::{RwSignal, Set, document, window, window_event_listener_untyped};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

use crate::Lang;

/// The browser's clock.
pub(crate) fn now_millis() -> i64 {
    // A float carries whole milliseconds exactly for the next 280 000 years.
    js_sys::Date::now() as i64
}

/// Milliseconds since the page began: the clock of the time stamps of input events, which never goes back.
pub(crate) fn ticks() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Lets the browser do what it has to do, such as drawing and taking keys, before what comes next.
#[cfg(feature = "hydrate")]
pub(crate) async fn next_task() {
    gloo_timers::future::TimeoutFuture::new(0).await;
}

/// Whether somebody can see the page.
pub(crate) fn in_view() -> bool {
    !document().hidden()
}

/// Whether the board is shown inside another page.
pub(crate) fn is_framed() -> bool {
    matches!(window().parent(), Ok(Some(parent)) if parent != window())
}

/// Whether the focus lies where somebody types, or in a dialog. Inside another program that is everywhere outside
/// of the board: a frame that takes the focus takes it from an editor.
pub(crate) fn is_busy() -> bool {
    let field = "input, textarea, select, [contenteditable], dialog";
    (is_framed() && !document().has_focus().unwrap_or(false))
        || document()
            .active_element()
            .is_some_and(|element| matches!(element.closest(field), Ok(Some(_))))
}

/// The event of an element with `content-visibility: auto` that comes near the view, or leaves it (CSS Containment 2).
pub(crate) const NEAR: &str = "contentvisibilityautostatechange";

/// Whether elements say when they come near the view.
pub(crate) fn tells_what_is_near() -> bool {
    let html = document().document_element().map(JsValue::from);
    let name = JsValue::from_str(&format!("on{NEAR}"));
    html.is_some_and(|html| js_sys::Reflect::has(&html, &name).unwrap_or(false))
}

/// Whether the element of this event has come near the view.
pub(crate) fn is_near(event: &web_sys::Event) -> bool {
    let skipped = js_sys::Reflect::get(event, &JsValue::from_str("skipped"));
    skipped.ok().and_then(|skipped| skipped.as_bool()) == Some(false)
}

/// Says whether the page is being printed, for as long as it is open.
pub(crate) fn watch_printing(printing: RwSignal<bool>) {
    window_event_listener_untyped("beforeprint", move |_| printing.set(true));
    window_event_listener_untyped("afterprint", move |_| printing.set(false));
}

/// Keeps a choice for a year.
pub(crate) fn set_cookie(name: &str, value: &str) {
    if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
        let path = Some(crate::paths::base()).filter(|base| !base.is_empty());
        let path = path.unwrap_or("/");
        // Cookies may be switched off: then the choice lasts as long as the page.
        let _ = document.set_cookie(&format!(
            "{name}={value}; Path={path}; Max-Age=31536000; SameSite=Lax"
        ));
    }
}

/// A point in time as the reader's clock and language write it.
pub(crate) fn local_time(lang: Lang, at: Timestamp) -> String {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.millis() as f64));
    date.to_locale_string(lang.code(), &wasm_bindgen::JsValue::UNDEFINED)
        .into()
}

/// Takes a value out of the fragment of the address, which no server has seen: `#code=…`.
pub(crate) fn take_fragment(name: &str) -> Option<String> {
    let location = window().location();
    let fragment = location.hash().ok()?;
    let value = fragment
        .strip_prefix('#')?
        .strip_prefix(name)?
        .strip_prefix('=')?;
    let value = value.to_owned();
    let path = location.pathname().ok()?;
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
    Some(value)
}

/// Loads another page.
pub(crate) fn go(path: &str) {
    let _ = window().location().assign(path);
}

/// The language that the page came in.
#[cfg(feature = "hydrate")]
pub(crate) fn page_lang() -> Lang {
    let html = document().document_element();
    let lang = html.and_then(|html| Lang::from_code(&html.get_attribute("lang")?));
    lang.unwrap_or_default()
}

/// Says something at the foot of a page that does not live yet.
#[cfg(feature = "hydrate")]
pub(crate) fn append_notice(text: &str) -> Option<web_sys::Element> {
    let document = document();
    let notice = document.create_element("p").ok()?;
    notice.set_class_name("notice shown");
    notice.set_attribute("role", "alert").ok()?;
    notice.set_text_content(Some(text));
    let notices = document.query_selector(".notices").ok()??;
    notices.append_child(&notice).ok()?;
    Some(notice)
}

/// Begins the page anew, unless that has not helped within the last minute.
#[cfg(feature = "hydrate")]
pub(crate) fn reload_once_a_minute() {
    const KEY: &str = "reloaded";
    let now = now_millis();
    let last = remembered(KEY).and_then(|last| last.parse::<i64>().ok());
    if last.is_none_or(|last| now - last > 60_000) {
        remember(KEY, &now.to_string());
        let _ = window().location().reload();
    }
}

/// A text in small letters: by the browser, whose tables the page need not download.
#[cfg(feature = "hydrate")]
pub(crate) fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// A text in small letters.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Reads what this tab keeps.
pub(crate) fn remembered(key: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(key).ok()?
}

/// Keeps something for this tab, over reloads. An empty text is forgotten.
pub(crate) fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        // A full or forbidden storage costs only the comfort.
        let _ = if value.is_empty() {
            storage.remove_item(key)
        } else {
            storage.set_item(key, value)
        };
    }
}

/// Reads what this browser keeps, for all tabs.
pub(crate) fn kept(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Keeps something for all tabs of this browser. `false` where the browser keeps nothing.
pub(crate) fn keep(key: &str, value: &str) -> bool {
    match window().local_storage() {
        Ok(Some(storage)) => storage.set_item(key, value).is_ok(),
        _ => false,
    }
}

/// Forgets what this browser keeps under a name.
pub(crate) fn forget(key: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(key);
    }
}

/// Puts the focus on the element with this id.
pub(crate) fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Whether the focus is in the element with this id.
pub(crate) fn has_focus(id: &str) -> bool {
    let element = document().get_element_by_id(id);
    element.is_some_and(|element| {
        let active = document().active_element();
        element.contains(active.as_ref().map(AsRef::as_ref))
    })
}

/// A key that nobody else has: names one attempt to do something.
pub(crate) fn unique(about: &str) -> String {
    let random = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    format!("{about}-{:08x}{:08x}", random(), random())
}

/// Puts a text on the clipboard; `false` where the browser does not allow it.
#[cfg(feature = "hydrate")]
pub(crate) async fn copy(text: &str) -> bool {
    // Outside a secure context there is no clipboard, and web-sys does not know that it can be missing.
    let clipboard = window().navigator().clipboard();
    if !clipboard.is_undefined()
        && wasm_bindgen_futures::JsFuture::from(clipboard.write_text(text))
            .await
            .is_ok()
    {
        return true;
    }
    copy_the_old_way(text).unwrap_or(false)
}

/// The server has no clipboard.
#[cfg(not(feature = "hydrate"))]
pub(crate) async fn copy(_text: &str) -> bool {
    false
}

/// Over plain http from another machine only this works: select a text field and ask to copy.
#[cfg(feature = "hydrate")]
fn copy_the_old_way(text: &str) -> Option<bool> {
    let document = document();
    let field = document
        .create_element("textarea")
        .ok()?
        .dyn_into::<web_sys::HtmlTextAreaElement>()
        .ok()?;
    field.set_value(text);
    field.set_class_name("off-screen");
    // Inside an open dialog everything outside is inert, so the field has to be where the focus is.
    let home = document
        .active_element()
        .and_then(|element| element.parent_element())?;
    home.append_child(&field).ok()?;
    field.select();
    let copied = document
        .dyn_into::<web_sys::HtmlDocument>()
        .ok()?
        .exec_command("copy")
        .unwrap_or(false);
    field.remove();
    Some(copied)
}
