//! How people are told where they are: their wishes, the browsers that take messages, and trying the ways out.

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Reason, Refusal, text};
use protocol::{NoticeKind, Quiet, Telling, TriedOut, Wishes};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Answer,
    account::{own, owner},
    session::too_often,
};
use crate::{
    access::Principal,
    http::{
        caller::{Body, Path, blocking},
        pages::lang,
    },
    notify::{BrowserKeys, Failure, Notifier, check_address},
    people::People,
    problem::Problem,
    registry::{StoreError, StoredPush},
};

/// Most projects that a person names.
const PROJECTS_MAX: usize = 100;
/// Allowed minutes until a reminder.
const REMIND_MINUTES: std::ops::RangeInclusive<u32> = 1..=10_080;
/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// How far a clock is from UTC at most, in minutes.
const OFFSET_MAX: i16 = 14 * 60;

type Telephone = Option<Arc<Notifier>>;

/// How one is told, and which ways there are.
#[utoipa::path(get, path = "/api/people/me/notifications", operation_id = "read_notifications", tag = "people",
    responses((status = 200, body = Telling)))]
pub(super) async fn read(
    State(people): State<Arc<People>>,
    State(notifier): State<Telephone>,
    principal: Option<Extension<Principal>>,
) -> Answer<Telling> {
    let (name, device) = own(principal)?;
    let read = blocking(move || {
        Ok::<_, StoreError>((
            people.wishes_of(&name)?.unwrap_or_default(),
            people.push_of(&device)?.is_some(),
        ))
    });
    let (wishes, push) = read.await??;
    Ok(Json(Telling {
        wishes,
        push,
        push_key: notifier.as_ref().map(|notifier| notifier.push_key()),
        mail: notifier.is_some_and(|notifier| notifier.has_mail()),
    }))
}

/// Sets what one is told, and when.
#[utoipa::path(post, path = "/api/people/me/notifications", operation_id = "set_notifications", tag = "people", request_body = Wishes,
    responses((status = 204)))]
pub(super) async fn set(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
    Body(wishes): Body<Wishes>,
) -> Result<StatusCode, Problem> {
    let (name, _) = own(principal)?;
    let wishes = checked(wishes)?;
    blocking(move || people.set_wishes(&name, &wishes)).await??;
    Ok(StatusCode::NO_CONTENT)
}

fn checked(mut wishes: Wishes) -> Result<Wishes, Refusal> {
    let refuse = |what: String, allowed: String| {
        Err(Refusal::new(
            Reason::Invalid,
            what,
            allowed,
            "Send it again within these bounds.",
        ))
    };
    wishes
        .events
        .retain(|event| NoticeKind::CHOICES.contains(event));
    if wishes.projects.len() > PROJECTS_MAX {
        let count = wishes.projects.len();
        return refuse(
            format!("projects has {count} names."),
            format!("at most {PROJECTS_MAX}."),
        );
    }
    let projects = wishes.projects.iter();
    let projects = projects.map(|project| text::line("projects", project, text::PROJECT_MAX));
    wishes.projects = projects.collect::<Result<_, _>>()?;
    if let Some(minutes) = wishes
        .remind_minutes
        .filter(|minutes| !REMIND_MINUTES.contains(minutes))
    {
        let allowed = format!("{} to {}.", REMIND_MINUTES.start(), REMIND_MINUTES.end());
        return refuse(format!("remind_minutes is {minutes}."), allowed);
    }
    if let Some(Quiet { from, to, offset }) = wishes.quiet
        && (from >= DAY || to >= DAY || offset.abs() > OFFSET_MAX)
    {
        return refuse(
            format!("quiet is from {from} to {to}, {offset} minutes ahead of UTC."),
            format!(
                "minutes of the day below {DAY}, and an offset of {OFFSET_MAX} minutes at most."
            ),
        );
    }
    let mail = wishes.mail.take().filter(|mail| !mail.trim().is_empty());
    wishes.mail = match mail.as_deref().map(check_address) {
        None => None,
        Some(Ok(address)) => Some(address.to_string()),
        Some(Err(error)) => {
            return refuse(format!("mail: {error}"), "an address of e-mail.".to_owned());
        }
    };
    Ok(wishes)
}

#[derive(Deserialize, ToSchema)]
pub(super) struct SubscriptionBody {
    /// Where the push service of the browser takes messages.
    endpoint: String,
    /// The keys of the browser.
    keys: SubscriptionKeys,
}

#[derive(Deserialize, ToSchema)]
struct SubscriptionKeys {
    /// Its public key, as base64url.
    p256dh: String,
    /// Its secret, as base64url.
    auth: String,
}

/// Says that this browser takes messages with the page closed, as its `PushSubscription.toJSON`.
#[utoipa::path(post, path = "/api/people/me/push", operation_id = "subscribe", tag = "people", request_body = SubscriptionBody,
    responses((status = 204)))]
pub(super) async fn subscribe(
    State(people): State<Arc<People>>,
    State(notifier): State<Telephone>,
    principal: Option<Extension<Principal>>,
    headers: HeaderMap,
    Body(body): Body<SubscriptionBody>,
) -> Result<StatusCode, Problem> {
    let (person, device) = own(principal)?;
    let notifier = notifier.ok_or_else(nobody_tells)?;
    let bytes = |text: &str| {
        URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .unwrap_or_default()
    };
    let keys = BrowserKeys {
        p256dh: bytes(&body.keys.p256dh),
        auth: bytes(&body.keys.auth),
    };
    notifier.check_push(&body.endpoint, &keys)?;
    let push = StoredPush {
        device,
        person,
        endpoint: body.endpoint,
        p256dh: keys.p256dh,
        auth: keys.auth,
        lang: lang(&headers).code().to_owned(),
    };
    blocking(move || people.add_push(&push)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Says that this browser takes no messages any more.
#[utoipa::path(delete, path = "/api/people/me/push", operation_id = "unsubscribe", tag = "people", responses((status = 204)))]
pub(super) async fn unsubscribe(
    State(people): State<Arc<People>>,
    principal: Option<Extension<Principal>>,
) -> Result<StatusCode, Problem> {
    let (_, device) = own(principal)?;
    blocking(move || people.remove_push(&device)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// A way to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// A message to this browser.
    Push,
    /// E-mail.
    Mail,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TryOut {
    /// Which one.
    way: Way,
}

/// Tries a way out, and says what the other side answers.
#[utoipa::path(post, path = "/api/people/me/notifications/test", operation_id = "test_notifications", tag = "people", request_body = TryOut,
    responses((status = 200, body = TriedOut), (status = 502, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn try_out(
    State(people): State<Arc<People>>,
    State(notifier): State<Telephone>,
    principal: Option<Extension<Principal>>,
    Body(TryOut { way }): Body<TryOut>,
) -> Answer<TriedOut> {
    let (name, device) = own(principal)?;
    let notifier = notifier.ok_or_else(nobody_tells)?;
    // Not a way to fill somebody's mailbox: a few at once, then slower and slower.
    let key = format!("tests of {name}");
    if let Some(wait) = people.throttle.wait(&key, Instant::now()) {
        return Err(too_often(wait));
    }
    people.throttle.wrong(&key, Instant::now());
    let answered = match way {
        Way::Push => {
            let push = blocking(move || people.push_of(&device)).await??;
            notifier.try_push(&push.ok_or_else(not_set)?).await
        }
        Way::Mail => {
            let wishes = blocking(move || people.wishes_of(&name)).await??;
            let address = wishes.and_then(|wishes| wishes.mail);
            notifier.try_mail(&address.ok_or_else(not_set)?).await
        }
    };
    tried(answered)
}

/// Sends a test message to a webhook of the settings, once, and says what it answers.
#[utoipa::path(post, path = "/api/notify/{name}/test", operation_id = "test_webhook", tag = "people", params(("name" = String, Path,)),
    responses((status = 200, body = TriedOut), (status = 502, body = Problem, content_type = "application/problem+json")))]
pub(super) async fn try_webhook(
    State(notifier): State<Telephone>,
    principal: Option<Extension<Principal>>,
    Path(name): Path<String>,
) -> Answer<TriedOut> {
    owner(principal)?;
    let notifier = notifier.ok_or_else(nobody_tells)?;
    let Some(answered) = notifier.try_webhook(&name).await else {
        return Err(Problem {
            next: Some("See [[notify.webhooks]] in the settings.".to_owned()),
            ..Problem::new(
                StatusCode::NOT_FOUND,
                "not-found",
                "Not found",
                format!("There is no webhook called {name:?}."),
            )
        });
    };
    tried(answered)
}

fn tried(answered: Result<String, Failure>) -> Answer<TriedOut> {
    match answered {
        Ok(answer) => Ok(Json(TriedOut { answer })),
        Err(failure) => Err(Problem::new(
            StatusCode::BAD_GATEWAY,
            "not-delivered",
            "It was not delivered",
            failure.to_string(),
        )),
    }
}

fn not_set() -> Problem {
    Problem {
        next: Some("Switch it on first.".to_owned()),
        ..Problem::new(
            StatusCode::CONFLICT,
            "not-set",
            "It is not switched on",
            "This way is not switched on for this browser or this person.",
        )
    }
}

fn nobody_tells() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "nobody-tells",
        "Nobody is told anything",
        "The journal can only be read, so nothing happens that could be told.",
    )
}
