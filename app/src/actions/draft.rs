//! Changing a prompt before an agent has it, and sending it.
//!
//! Whatever is asked for, what is typed is saved first: as a version it cannot be lost.

use leptos::{prelude::*, task::spawn_local};
use protocol::{ColdRead, PromptDiff, PromptRef, PromptWriters, Secret};
use serde::Deserialize;

use crate::{
    PromptBody, PromptText,
    api::{self, DraftBody, Failure},
    browser,
    components::say::Answer,
    draft::{Draft, Saved, TEMPLATE},
    follow::effect,
    json, paths, wording,
};

/// What the board reads of a prompt only where it is changed.
#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    secrets: Vec<Secret>,
}

/// What is done with the answer to a question about the current version.
type Then = fn(Draft);

/// Keeps the editor in line with what the server has, for as long as it is open.
pub(crate) fn follow(draft: Draft) {
    let board = draft.board;
    effect(move || {
        let newest = board.about_prompt(&draft.id()).map(|about| about.hash);
        let here = untrack(|| board.prompt(&draft.id())).map(|text| text.about.hash);
        // What may be a secret comes with a fetch alone.
        if newest != here || untrack(|| draft.version()) == 0 {
            load(draft, |_| {});
        }
    });
    let base = draft.say.id("base");
    let typed = draft.say.id("text");
    let kept = browser::remembered(&base).and_then(|base| base.parse().ok());
    draft.base.set(kept.unwrap_or_default());
    effect(move || {
        if draft.version() == 0 {
            return;
        }
        let edited = draft.is_edited();
        let number = draft.base.get().to_string();
        draft.say.words.with(|words| {
            browser::remember(&typed, if edited { words } else { "" });
            browser::remember(&base, if edited { &number } else { "" });
        });
        // Whoever has begun to type keeps the editor, whatever becomes of the prompt.
        if edited {
            draft.editing.set(true);
        }
    });
    spawn_local(async move {
        let text = api::get(&paths::prompt_writers()).await.unwrap_or_default();
        let writers: PromptWriters = json::read(&text).unwrap_or_default();
        let first = writers.models.first().cloned();
        let _ = draft
            .writer
            .try_set(first.unwrap_or_else(|| TEMPLATE.to_owned()));
        let _ = draft.models.try_set(writers.models);
    });
}

/// Fetches the current version.
fn load(draft: Draft, then: Then) {
    spawn_local(async move {
        let answer = api::get(&at(draft, "")).await;
        // The editor may be closed by now.
        if draft.base.try_get_untracked().is_none() {
            return;
        }
        match answer {
            Ok(answer) => {
                take(draft, &answer, false);
                then(draft);
            }
            Err(failure) => {
                let lang = draft.board.lang.get_untracked();
                draft
                    .say
                    .tell(&wording::draft::failed(lang, &failure), true);
            }
        }
    });
}

/// Takes in a version. What is typed was saved before, where this `replace`s it.
fn take(draft: Draft, answer: &str, replace: bool) {
    let both: Option<(PromptRef, PromptBody)> = json::read_two(answer);
    let found: Option<Found> = json::read(answer);
    let (Some((about, body)), Some(found)) = (both, found) else {
        return;
    };
    let new = Saved {
        version: about.version,
        text: body.prompt.clone(),
        secrets: found.secrets,
    };
    draft.take(new, replace);
    draft.board.detail.take_prompt(about.clone());
    draft.board.keep_prompt(PromptText { about, body });
}

fn at(draft: Draft, what: &str) -> String {
    let id = draft.id();
    format!("{}{what}", paths::prompt(id.pipeline(), &id))
}

/// Asks for something, and says why it was not done.
fn call(draft: Draft, what: &str, body: &DraftBody<'_>, doing: &str, done: fn(Draft, &str)) {
    let answered = Callback::new(move |answer: Answer| match answer {
        Ok(answer) => done(draft, &answer),
        Err(failure) => refused(draft, &failure),
    });
    let body = api::draft_body(body);
    draft.say.call(at(draft, what), body, doing, answered);
}

fn refused(draft: Draft, failure: &Failure) {
    let lang = draft.board.lang.get_untracked();
    let stale = matches!(failure, Failure::Refused(problem) if problem.kind() == "stale-revision");
    if stale {
        // Somebody else has changed it. The next try is made from that version.
        load(draft, |draft| {
            let lang = draft.board.lang.get_untracked();
            let version = untrack(|| draft.version());
            draft.base.set(version);
            let by = untrack(|| draft.newest_by());
            draft
                .say
                .tell(&wording::draft::stale(lang, version, &by), true);
        });
        return;
    }
    draft.say.tell(&wording::draft::failed(lang, failure), true);
}

/// Saves what is typed, if anything is, and then does something with the version that is current.
fn saved_first(draft: Draft, then: Then) {
    if !untrack(|| draft.is_edited()) {
        then(draft);
        return;
    }
    let words = draft.say.words.get_untracked();
    let lang = draft.board.lang.get_untracked();
    if words.trim().is_empty() {
        draft.say.refuse("text", lang.draft_empty());
        return;
    }
    let body = DraftBody {
        base: Some(draft.base.get_untracked()),
        text: Some(&words),
        ..DraftBody::default()
    };
    let answered = Callback::new(move |answer: Answer| match answer {
        Ok(answer) => {
            take(draft, &answer, true);
            then(draft);
        }
        Err(failure) => refused(draft, &failure),
    });
    let body = api::draft_body(&body);
    draft.say.call(at(draft, "/versions"), body, "", answered);
}

fn base(draft: Draft) -> DraftBody<'static> {
    DraftBody {
        base: Some(untrack(|| draft.version())),
        ..DraftBody::default()
    }
}

fn version(version: u32) -> DraftBody<'static> {
    DraftBody {
        version: Some(version),
        ..DraftBody::default()
    }
}

/// Saves what is typed as a version. It stays here until it is sent.
pub(crate) fn save(draft: Draft) {
    saved_first(draft, |draft| {
        let lang = draft.board.lang.get_untracked();
        let number = untrack(|| draft.version());
        draft
            .say
            .tell(&lang.draft_saved(&number.to_string()), false);
    });
}

/// Sends the prompt: from here on agents get it.
pub(crate) fn send(draft: Draft) {
    let known = untrack(|| draft.secrets());
    if known == 0 && untrack(|| draft.is_edited()) {
        saved_first(draft, |draft| {
            // What was just typed may contain what nobody has been told of.
            if untrack(|| draft.secrets()) > 0 {
                let lang = draft.board.lang.get_untracked();
                draft.say.tell(lang.now_held_secret(), true);
            } else {
                send_saved(draft);
            }
        });
    } else {
        saved_first(draft, send_saved);
    }
}

fn send_saved(draft: Draft) {
    let number = untrack(|| draft.version());
    call(draft, "/send", &version(number), "", |draft, answer| {
        let inside = browser::has_focus(&draft.say.name());
        draft.editing.set(false);
        take(draft, answer, true);
        draft
            .board
            .say(draft.board.lang.get_untracked().own_prompt().to_owned());
        // Whoever uses the keyboard goes on from where the editor was.
        if inside {
            browser::focus("content");
        }
    });
}

/// Goes back to a version.
pub(crate) fn choose(draft: Draft, number: u32) {
    draft.chosen.set_value(number);
    saved_first(draft, |draft| {
        let chosen = version(draft.chosen.get_value());
        call(draft, "/current", &chosen, "", taken);
    });
}

fn taken(draft: Draft, answer: &str) {
    take(draft, answer, true);
}

/// Puts something harmless in place of what may be secrets.
pub(crate) fn mask(draft: Draft) {
    saved_first(draft, |draft| call(draft, "/mask", &base(draft), "", taken));
}

/// Has it written anew.
pub(crate) fn rewrite(draft: Draft) {
    saved_first(draft, |draft| {
        let hint = draft.hint.get_untracked();
        let writer = draft.writer.get_untracked();
        let body = DraftBody {
            hint: Some(hint.trim()).filter(|hint| !hint.is_empty()),
            writer: Some(writer.as_str()).filter(|writer| !writer.is_empty()),
            ..base(draft)
        };
        let doing = draft.board.lang.get_untracked().rewriting();
        call(draft, "/rewrite", &body, doing, |draft, answer| {
            draft.hint.set(String::new());
            draft.say.forget("hint");
            taken(draft, answer);
        });
    });
}

/// Has it read by a model that knows nothing else.
pub(crate) fn cold_read(draft: Draft) {
    saved_first(draft, |draft| {
        let doing = draft.board.lang.get_untracked().cold_reading();
        let body = DraftBody::default();
        call(draft, "/cold-read", &body, doing, |draft, answer| {
            let read: Option<ColdRead> = json::read(answer);
            draft.cold.set(read);
        });
    });
}

/// Compares, or hides what was compared.
pub(crate) fn compare(draft: Draft) {
    if draft.diff.with_untracked(Option::is_some) {
        draft.diff.set(None);
        return;
    }
    let from = untrack(|| draft.compared_with()).unwrap_or(1);
    draft.chosen.set_value(from);
    saved_first(draft, |draft| {
        let (from, to) = (draft.chosen.get_value(), untrack(|| draft.version()));
        spawn_local(async move {
            let path = at(draft, &format!("/changes?from={from}&to={to}"));
            let answer = api::get(&path).await;
            if draft.base.try_get_untracked().is_none() {
                return;
            }
            match answer {
                Ok(answer) => {
                    let diff: Option<PromptDiff> = json::read(&answer);
                    draft.diff.set(diff);
                }
                Err(failure) => refused(draft, &failure),
            }
        });
    });
}
