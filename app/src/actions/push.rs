//! Messages with the page closed: the browser subscribes at its push service, and the server is told where that is.

use leptos::prelude::window;
use wasm_bindgen::JsValue;

use crate::{api, paths};

/// Whether this browser can take messages here. A private window and an unsafe address have no push service.
pub(crate) fn is_possible() -> bool {
    let has = |name: &str| js_sys::Reflect::has(&window(), &JsValue::from_str(name));
    has("PushManager").unwrap_or(false)
}

/// Takes messages from now on, or none any more. `false` where the browser does not allow it.
pub(crate) async fn switch(on: bool, key: Option<&str>) -> bool {
    let path = paths::people("/me/push");
    if !on {
        let _ = unsubscribe().await;
        return api::delete(&path).await.is_ok();
    }
    let Some(key) = key else {
        return false;
    };
    match subscribe(key).await {
        Some(subscription) => api::post(&path, Some(subscription)).await.is_ok(),
        None => false,
    }
}

/// Subscribes with the key of the server, and gives the subscription as JSON.
#[cfg(feature = "hydrate")]
async fn subscribe(key: &str) -> Option<String> {
    use js_sys::{JSON, Object, Reflect};

    let options = Object::new();
    let set = |name: &str, value: &JsValue| Reflect::set(&options, &name.into(), value).ok();
    set("userVisibleOnly", &JsValue::TRUE)?;
    set("applicationServerKey", &key.into())?;
    let manager = manager().await?;
    let subscription = called(&manager, "subscribe", &options).await?;
    JSON::stringify(&subscription).ok()?.as_string()
}

#[cfg(feature = "hydrate")]
async fn unsubscribe() -> Option<()> {
    let subscription = called(&manager().await?, "getSubscription", &JsValue::UNDEFINED).await?;
    if !subscription.is_null() {
        called(&subscription, "unsubscribe", &JsValue::UNDEFINED).await?;
    }
    Some(())
}

/// The push manager of the service worker that the page has registered.
#[cfg(feature = "hydrate")]
async fn manager() -> Option<JsValue> {
    use js_sys::{Promise, Reflect};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;

    // By name: web-sys does not know that it can be missing.
    let get = |from: &JsValue, name: &str| Reflect::get(from, &JsValue::from_str(name)).ok();
    let workers = get(&window().navigator(), "serviceWorker").filter(JsValue::is_object)?;
    let ready = get(&workers, "ready")?.dyn_into::<Promise>().ok()?;
    let registration = JsFuture::from(ready).await.ok()?;
    get(&registration, "pushManager").filter(JsValue::is_object)
}

/// What comes of a method with one argument that gives a promise.
#[cfg(feature = "hydrate")]
async fn called(on: &JsValue, name: &str, with: &JsValue) -> Option<JsValue> {
    use js_sys::{Function, Promise, Reflect};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;

    let method = Reflect::get(on, &JsValue::from_str(name)).ok()?;
    let promise = method.dyn_into::<Function>().ok()?.call1(on, with).ok()?;
    JsFuture::from(promise.dyn_into::<Promise>().ok()?)
        .await
        .ok()
}

/// There are no push services on the server.
#[cfg(not(feature = "hydrate"))]
async fn subscribe(_key: &str) -> Option<String> {
    None
}

/// There are no push services on the server.
#[cfg(not(feature = "hydrate"))]
async fn unsubscribe() -> Option<()> {
    None
}
