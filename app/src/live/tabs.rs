//! The tabs of one browser: which of them holds the stream, and what it tells the others.
//!
//! A Web Lock elects the tab: whoever has it holds the stream, and the browser gives it to the next one when that tab
//! closes, crashes or is thrown out. A broadcast channel carries what arrives. Its messages are arrays of texts:
//!
//! | message | from | meaning |
//! | --- | --- | --- |
//! | `event`, before, name, data, id | the holder | this arrived; a tab that has not seen `before` has missed something |
//! | `link`, id, link | the holder | how the connection is, and what it has seen |
//! | `hello` | a new tab | the holder says `link` |
//! | `hurry` | any tab | its reader wants the next try at once |

use std::{cell::Cell, rc::Rc};

use futures::channel::mpsc::{self, Receiver, Sender};
use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{BroadcastChannel, MessageEvent};

use super::stream::Received;
use crate::{json, link::Link, paths};

/// The name of the lock and of the channel, before the address of the board. The number changes with the messages:
/// tabs of two versions do not understand each other.
const NAME: &str = "staffel-stream-1";
/// So many messages wait while a tab catches up. It notices when more were thrown away.
const WAITING_MAX: usize = 1_024;

/// What a tab hears.
pub(super) enum Heard {
    /// This tab has the lock: no other one holds the stream.
    Turn,
    /// A tab has come.
    Hello,
    /// A reader wants the next try at once.
    Hurry,
    /// How the connection is.
    Link {
        /// The newest event that its tab has seen.
        id: String,
        /// Live, or lost.
        link: Link,
    },
    /// An event arrived.
    Event {
        /// The newest event before it.
        before: String,
        /// The event.
        received: Received,
    },
}

/// What a tab tells the others. Cloning is shallow.
#[derive(Clone)]
pub(super) struct Voice {
    channel: BroadcastChannel,
    holds: Rc<Cell<bool>>,
}

#[wasm_bindgen]
extern "C" {
    /// web-sys has it only among what is unstable there; browsers have it since 2022 (W3C Web Locks API).
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request_lock(name: &str, callback: &Function) -> Result<Promise, JsValue>;
}

/// Joins the tabs of this board. `None` where the browser cannot share.
pub(super) fn join() -> Option<(Voice, Receiver<Heard>)> {
    let locks = Reflect::get(&window().navigator(), &JsValue::from_str("locks"));
    if locks.is_ok_and(|locks| locks.is_undefined()) {
        return None;
    }
    let name = format!("{NAME}{}", paths::base());
    let channel = BroadcastChannel::new(&name).ok()?;
    let (sender, heard) = mpsc::channel(WAITING_MAX);
    listen(&channel, sender.clone());
    let holds = Rc::new(Cell::new(false));
    wait_for_turn(&name, Rc::clone(&holds), sender)?;
    Some((Voice { channel, holds }, heard))
}

fn listen(channel: &BroadcastChannel, mut sender: Sender<Heard>) {
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(heard) = understand(&event.data()) {
            // Full: the next event says that something is missing.
            let _ = sender.try_send(heard);
        }
    });
    channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // As long as the page.
    hear.forget();
}

/// Asks for the lock and keeps it until the page ends.
fn wait_for_turn(name: &str, holds: Rc<Cell<bool>>, mut sender: Sender<Heard>) -> Option<()> {
    let turn = Closure::<dyn FnMut() -> Promise>::new(move || {
        holds.set(true);
        // Full: whoever reads comes to look at `holds` anyway.
        let _ = sender.try_send(Heard::Turn);
        Promise::new(&mut |_, _| {})
    });
    let asked = request_lock(name, turn.as_ref().unchecked_ref());
    turn.forget();
    asked.ok().map(drop)
}

fn understand(message: &JsValue) -> Option<Heard> {
    let parts: &Array = message.dyn_ref()?;
    let part = |index| parts.get(index).as_string();
    match part(0)?.as_str() {
        "hello" => Some(Heard::Hello),
        "hurry" => Some(Heard::Hurry),
        "link" => Some(Heard::Link {
            id: part(1)?,
            link: json::read(&part(2)?)?,
        }),
        "event" => Some(Heard::Event {
            before: part(1)?,
            received: Received {
                name: part(2)?,
                data: part(3)?,
                id: part(4)?,
            },
        }),
        _ => None,
    }
}

impl Voice {
    /// Whether this tab holds the stream.
    pub fn holds(&self) -> bool {
        self.holds.get()
    }

    /// Asks how the connection is.
    pub fn hello(&self) {
        self.say(&["hello"]);
    }

    /// Asks for the next try at once.
    pub fn hurry(&self) {
        self.say(&["hurry"]);
    }

    /// Says how the connection is, and what this tab has seen.
    pub fn link(&self, id: &str, link: &Link) {
        if let Some(link) = json::write(link) {
            self.say(&["link", id, &link]);
        }
    }

    /// Passes on what arrived after the event `before`.
    pub fn event(&self, before: &str, received: &Received) {
        self.say(&[
            "event",
            before,
            &received.name,
            &received.data,
            &received.id,
        ]);
    }

    fn say(&self, parts: &[&str]) {
        let message: Array = parts.iter().copied().map(JsValue::from_str).collect();
        // Only a closed channel refuses, and that one is closed with the page.
        let _ = self.channel.post_message(&message);
    }
}
