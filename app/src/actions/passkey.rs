//! Passkeys: the server gives a challenge, the browser answers it with a key that never leaves its keeper.

use leptos::prelude::window;
use wasm_bindgen::JsValue;

use crate::{
    api::{self, Failure, Problem},
    paths,
};

/// What a challenge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Create,
    Get,
}

/// Whether this browser has passkeys at this address: there are none for an address of numbers.
pub(crate) fn is_possible() -> bool {
    let has = |name: &str| js_sys::Reflect::has(&window(), &JsValue::from_str(name));
    let host = window().location().hostname().unwrap_or_default();
    let is_name = !host.starts_with('[') && host.chars().any(|c| c.is_ascii_alphabetic());
    is_name && has("PublicKeyCredential").unwrap_or(false)
}

/// Makes a passkey for whoever is signed in.
pub(crate) async fn register() -> Result<(), Failure> {
    let challenge = api::post(
        &paths::people("/me/passkeys/challenge"),
        Some(String::new()),
    )
    .await?;
    let body = answer(&challenge, Step::Create, false).await?;
    api::post(&paths::people("/me/passkeys"), Some(body))
        .await
        .map(drop)
}

/// Confirms with a passkey that the person is here.
pub(crate) async fn confirm() -> Result<(), Failure> {
    let path = paths::confirmation();
    let challenge = api::post(&format!("{path}/passkey"), Some(String::new())).await?;
    let body = answer(&challenge, Step::Get, true).await?;
    api::post(&path, Some(body)).await.map(drop)
}

/// Signs in with a passkey.
pub(crate) async fn sign_in() -> Result<(), Failure> {
    let path = paths::session();
    let challenge = api::post(&format!("{path}/passkey"), Some(String::new())).await?;
    let body = answer(&challenge, Step::Get, true).await?;
    api::post(&path, Some(body)).await.map(drop)
}

/// Why there is no answer: the person broke it off, or nothing here has a fitting key. The browser does not say which.
fn none() -> Failure {
    Failure::Refused(Problem {
        kind: "passkey".to_owned(),
        ..Problem::default()
    })
}

/// The answer to a challenge, as the body of a request.
#[cfg(feature = "hydrate")]
async fn answer(challenge: &str, step: Step, wrapped: bool) -> Result<String, Failure> {
    let answer = try_answer(challenge, step, wrapped).await;
    answer.map_err(|_| none())
}

/// There are no passkeys on the server.
#[cfg(not(feature = "hydrate"))]
async fn answer(_challenge: &str, _step: Step, _wrapped: bool) -> Result<String, Failure> {
    Err(none())
}

#[cfg(feature = "hydrate")]
async fn try_answer(challenge: &str, step: Step, wrapped: bool) -> Result<String, JsValue> {
    use js_sys::{Function, JSON, Object, Promise, Reflect};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;

    // By name: web-sys knows neither the JSON forms of WebAuthn level 3 nor that all of it can be missing.
    let get = |from: &JsValue, name: &str| Reflect::get(from, &JsValue::from_str(name));
    let call = |on: &JsValue, name: &str, with: &JsValue| -> Result<JsValue, JsValue> {
        get(on, name)?.dyn_into::<Function>()?.call1(on, with)
    };
    let object = |name: &str, value: &JsValue| {
        let object = Object::new();
        Reflect::set(&object, &JsValue::from_str(name), value).map(|_| JsValue::from(object))
    };
    let challenge = JSON::parse(challenge)?;
    let passkeys = get(&window(), "PublicKeyCredential")?;
    let credentials = get(&window().navigator(), "credentials")?;
    let (parse, ask) = match step {
        Step::Create => ("parseCreationOptionsFromJSON", "create"),
        Step::Get => ("parseRequestOptionsFromJSON", "get"),
    };
    let options = call(&passkeys, parse, &get(&challenge, "options")?)?;
    let asked = call(&credentials, ask, &object("publicKey", &options)?)?;
    let credential = JsFuture::from(asked.dyn_into::<Promise>()?).await?;
    let answer = object("ceremony", &get(&challenge, "ceremony")?)?;
    let json = call(&credential, "toJSON", &JsValue::UNDEFINED)?;
    Reflect::set(&answer, &JsValue::from_str("credential"), &json)?;
    let body = if wrapped {
        object("passkey", &answer)?
    } else {
        answer
    };
    JSON::stringify(&body)?
        .as_string()
        .ok_or(JsValue::UNDEFINED)
}
