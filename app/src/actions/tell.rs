//! Tells whoever does not look at the board that an agent waits: by the icon of the tab, by a sound, by a notification of the
//! browser.
//!
//! It is told once for everything that waits, however many tabs there are: a notification replaces that of another tab, and
//! a sound is played by the tab that notes it first. What was decided elsewhere is taken back.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
#[cfg(feature = "hydrate")]
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlAudioElement, Notification, NotificationOptions, NotificationPermission};

use super::review;
use crate::{
    board::Board,
    browser,
    follow::effect,
    paths,
    waiting::{Awaited, Waiting},
};

/// Whether notifications are wanted in this browser.
const NOTIFICATIONS: &str = "staffel-notifications";
/// Whether a sound is wanted in this browser.
const SOUND: &str = "staffel-sound";
/// Which sound is played in this browser.
const SOUND_NAME: &str = "staffel-sound-name";
/// How loud, in percent.
const VOLUME: &str = "staffel-volume";
/// How loud it is where nobody has chosen, in percent.
const LOUD: u32 = 70;
/// Whether messages come here, also while the page is open.
const MESSAGES: &str = "staffel-messages";
/// What was told with a sound last.
const TOLD: &str = "staffel-told";

/// A way to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A notification of the browser.
    Notification,
    /// A sound.
    Sound,
}

impl Way {
    fn key(self) -> &'static str {
        match self {
            Self::Notification => NOTIFICATIONS,
            Self::Sound => SOUND,
        }
    }

    /// Whether it is wanted here.
    pub fn is_on(self) -> bool {
        browser::kept(self.key()).as_deref() == Some("on")
    }

    /// Switches it on or off. `false` where the browser does not allow it.
    pub async fn switch(self, on: bool) -> bool {
        if on && self == Self::Notification && !ask().await {
            return false;
        }
        browser::keep(self.key(), if on { "on" } else { "off" })
    }
}

/// A notification that is shown, by what it is about.
type Shown = Vec<(String, Notification)>;

/// Tells, for as long as the page is open.
pub(crate) fn follow(board: Board) {
    let shown = StoredValue::new_local(Shown::new());
    let known = StoredValue::new(None::<Vec<Waiting>>);
    effect(move || {
        let waiting = board.waiting.get();
        mark(review::count(board));
        // What waited when the page came is in front of the reader.
        if let Some(known) = known.get_value() {
            for new in waiting.iter().filter(|waiting| is_news(waiting, &known)) {
                tell(board, new, shown);
            }
        }
        shown.update_value(|shown| {
            shown.retain(|(about, notification)| {
                let waits = waiting.iter().any(|waiting| waiting.key() == *about);
                if !waits {
                    notification.close();
                }
                waits
            });
        });
        // What comes back because a decision was taken back is no news.
        let undecided = board.pending.get_untracked();
        let before = known.get_value().unwrap_or_default().into_iter();
        let decided = before
            .filter(|known| undecided.contains(&known.pipeline) && known.handover().is_some());
        known.set_value(Some(waiting.into_iter().chain(decided).collect()));
    });
}

/// Says whether this browser takes messages: then they show the notifications, also while the page is open.
pub(crate) fn leave_to_messages(on: bool) {
    browser::keep(MESSAGES, if on { "on" } else { "off" });
}

/// Plays the sound, if it is on.
pub(crate) fn test_sound() {
    if Way::Sound.is_on() {
        play();
    }
}

/// Shows and plays what is on, whether somebody looks or not.
pub(crate) fn test(title: &str) {
    test_sound();
    if Way::Notification.is_on() {
        let _ = notify(title, "", "staffel-test");
    }
}

/// Whether an agent wants something that it did not want before. That a person has paused one is no news.
fn is_news(waiting: &Waiting, known: &[Waiting]) -> bool {
    match &waiting.awaited {
        Awaited::Decision(..) | Awaited::Send => !known.contains(waiting),
        Awaited::GoOn => false,
        // Of several questions the first is known here, and how many there are: the next one was told when it came.
        Awaited::Answer(first, open) => {
            let before = known.iter().find_map(|known| match &known.awaited {
                Awaited::Answer(id, open) if known.pipeline == waiting.pipeline => {
                    Some((id, *open))
                }
                _ => None,
            });
            before.is_none_or(|(id, before)| *open > before || (*open == before && id != first))
        }
    }
}

fn tell(board: Board, waiting: &Waiting, shown: StoredValue<Shown, LocalStorage>) {
    let status = board.pipeline(&waiting.pipeline);
    let title = status.map_or_else(String::new, |status| {
        status.with_untracked(|status| status.title.clone())
    });
    let asked = status.and_then(|status| {
        status.with_untracked(|status| Some(status.question.as_ref()?.text.clone()))
    });
    let asked = asked.filter(|_| matches!(waiting.awaited, Awaited::Answer(..)));
    let lang = board.lang.get_untracked();
    if let Some(question) = &asked {
        board.alarm.set(lang.question_arrived(question, &title));
    }
    let looks = document().has_focus().unwrap_or(false) && !document().hidden();
    if looks {
        return;
    }
    let about = waiting.key();
    // A second question has the notification of the first, and a sound of its own.
    let told = match waiting.awaited {
        Awaited::Answer(_, open) if open > 1 => format!("{about} {open}"),
        _ => about.clone(),
    };
    if Way::Sound.is_on() && browser::kept(TOLD).as_deref() != Some(&told) {
        browser::keep(TOLD, &told);
        play();
    }
    if !Way::Notification.is_on() || browser::kept(MESSAGES).as_deref() == Some("on") {
        return;
    }
    let (heading, body) = match asked {
        Some(question) => (lang.question_waits(), format!("{title}: {question}")),
        None if waiting.handover().is_none() => (lang.prompt_waits(), title),
        None => (lang.handover_waits(), title),
    };
    if let Ok(notification) = notify(heading, &body, &about) {
        let address = paths::pipeline(&waiting.pipeline);
        let open = Closure::once_into_js(move || {
            let _ = window().focus();
            browser::go(&address);
        });
        notification.set_onclick(Some(open.unchecked_ref()));
        shown.update_value(|shown| shown.push((about, notification)));
    }
}

fn notify(title: &str, body: &str, tag: &str) -> Result<Notification, JsValue> {
    let options = NotificationOptions::new();
    options.set_body(body);
    options.set_tag(tag);
    options.set_icon(&paths::asset("favicon.svg"));
    if !can_notify() {
        return Err(JsValue::UNDEFINED);
    }
    Notification::new_with_options(title, &options)
}

/// Outside a secure context there are none, and web-sys does not know that they can be missing.
pub(crate) fn can_notify() -> bool {
    js_sys::Reflect::has(&window(), &JsValue::from_str("Notification")).unwrap_or(false)
}

/// Asks the reader, unless that was done already.
pub(crate) async fn ask() -> bool {
    if !can_notify() {
        return false;
    }
    if Notification::permission() == NotificationPermission::Default
        && let Ok(asked) = Notification::request_permission()
    {
        settled(asked).await;
    }
    Notification::permission() == NotificationPermission::Granted
}

/// The sounds that there are, as their files are called.
pub(crate) const SOUNDS: [&str; 3] = ["knock", "chime", "bell"];

/// The sound that is played here.
pub(crate) fn sound() -> String {
    let kept = browser::kept(SOUND_NAME);
    let kept = kept.filter(|name| SOUNDS.contains(&name.as_str()));
    kept.unwrap_or_else(|| SOUNDS[0].to_owned())
}

/// Plays another sound from now on.
pub(crate) fn set_sound(name: &str) {
    browser::keep(SOUND_NAME, name);
}

/// How loud it is, in percent.
pub(crate) fn volume() -> u32 {
    let kept = browser::kept(VOLUME).and_then(|volume| volume.parse().ok());
    kept.unwrap_or(LOUD).min(100)
}

/// Plays louder or softer from now on.
pub(crate) fn set_volume(percent: u32) {
    browser::keep(VOLUME, &percent.to_string());
}

fn play() {
    let file = format!("sound-{}.wav", sound());
    let Ok(audio) = HtmlAudioElement::new_with_src(&paths::asset(&file)) else {
        return;
    };
    audio.set_volume(f64::from(volume()) / 100.0);
    if let Ok(playing) = audio.play() {
        // Browsers play nothing before the first click on a page: then there is no sound.
        spawn_local(settled(playing));
    }
}

/// Waits for a promise, whatever becomes of it.
#[cfg(feature = "hydrate")]
async fn settled(promise: js_sys::Promise) {
    let _ = JsFuture::from(promise).await;
}

/// There are no promises on the server.
#[cfg(not(feature = "hydrate"))]
async fn settled(_promise: js_sys::Promise) {}

/// Marks the icon of the tab, and that of the installed board.
fn mark(waiting: usize) {
    let name = if waiting == 0 {
        "favicon.svg"
    } else {
        "favicon-waiting.svg"
    };
    if let Ok(Some(icon)) = document().query_selector("link[rel=icon]") {
        let _ = icon.set_attribute("href", &paths::asset(name));
    }
    let navigator = window().navigator();
    let set = js_sys::Reflect::get(&navigator, &JsValue::from_str("setAppBadge"));
    if let Ok(Ok(set)) = set.map(JsCast::dyn_into::<js_sys::Function>)
        && let Ok(promise) = set.call1(&navigator, &JsValue::from_f64(waiting as f64))
    {
        spawn_local(settled(js_sys::Promise::from(promise)));
    }
}
