//! Who sends a request, as far as it is proven.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use domain::Actor;

use super::origin;
use crate::{
    agents::Identity,
    people::{People, SignedIn},
};

/// Who sends a request. Names that a request only says are not here.
#[derive(Debug, Clone, Default)]
pub enum Principal {
    /// Nobody that could be proven.
    #[default]
    Nobody,
    /// An agent, by its token.
    Agent(Identity),
    /// A person, by the cookie of a browser in which the person is signed in, or by a token of the person's scripts.
    Person(SignedIn),
}

impl Principal {
    /// How this one stands in the journal; nobody does not.
    pub fn actor(&self) -> Option<Actor> {
        match self {
            Self::Nobody => None,
            Self::Agent(identity) => Some(Actor::agent(&*identity.name)),
            Self::Person(person) => Some(Actor::person(&*person.name)),
        }
    }

    /// The browser in which the person is signed in; nothing for all others.
    pub fn device(&self) -> Option<&Arc<str>> {
        match self {
            Self::Person(person) => person.device(),
            Self::Agent(_) | Self::Nobody => None,
        }
    }
}

/// Most cookies of our name that are looked at.
const COOKIES: usize = 4;

/// Whom the cookie of a request proves, and its value. A cookie that proves nobody counts as none: it may be another
/// Staffel's.
pub fn person(headers: &HeaderMap, people: &People) -> Option<(SignedIn, String)> {
    let name = people.cookie_name();
    let cookies = headers.get_all(header::COOKIE).iter();
    let values = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='));
    // A page of the same host may have set more of this name: the first that proves somebody counts.
    let mut ours = values.filter(|(known, _)| *known == name).take(COOKIES);
    ours.find_map(|(_, value)| Some((people.verify(value)?, value.to_owned())))
}

/// The header that gives a browser this cookie for so many seconds. `SameSite=Lax`: links from elsewhere lead to a board
/// that knows the person, and no page elsewhere can send anything in the person's name. `None`: it fits into no header.
pub fn set_cookie(
    people: &People,
    headers: &HeaderMap,
    value: &str,
    seconds: i64,
) -> Option<HeaderValue> {
    let secure = if origin(headers).starts_with("https") {
        "; Secure"
    } else {
        ""
    };
    let path = match app::paths::base() {
        "" => "/",
        base => base,
    };
    let cookie = format!(
        "{}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
        people.cookie_name()
    );
    HeaderValue::from_str(&cookie).ok()
}

/// Takes the cookie of a person out of a request; the others stay.
pub fn forget_cookie(headers: &mut HeaderMap, people: &People) {
    let name = people.cookie_name();
    let ours = |cookie: &str| {
        cookie
            .trim()
            .split_once('=')
            .is_some_and(|(known, _)| known == name)
    };
    let cookies = headers.get_all(header::COOKIE).iter();
    let kept: Vec<_> = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter(|cookie| !ours(cookie))
        .map(str::trim)
        .collect();
    let kept = HeaderValue::from_str(&kept.join("; "));
    headers.remove(header::COOKIE);
    if let Ok(kept) = kept {
        headers.insert(header::COOKIE, kept);
    }
}

/// Whether a request that changes something was sent by a page of ours: a cookie comes with every request of a browser,
/// whoever makes it send one. The guard has refused foreign origins; here one has to be named.
pub fn is_sent_by_our_page(method: &Method, headers: &HeaderMap) -> bool {
    let fetched = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "same-origin");
    method.is_safe() || fetched || headers.contains_key(header::ORIGIN)
}
