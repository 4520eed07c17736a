//! Changing a prompt before an agent has it, and sending it.
//!
//! Whatever is asked for, what is typed is saved first: as a version it cannot be lost.

use leptos::{prelude::*, task::spawn_local};
use protocol::PromptRef;

use crate::{
    Lang, PromptBody, PromptText,
    api::{self, DraftBody, Failure},
    browser,
    components::say::Answer,
    draft::{Found, TEMPLATE},
    follow::effect,
    json, paths, wording,
};

use super::Draft;

/// What is done next.
type Then = fn(Draft);

/// Keeps the editor in line with what the server has, for as long as it is open.
pub(crate) fn follow(draft: Draft) {
    let board = draft.board;
    let (base, typed) = (draft.say.id("base"), draft.say.id("text"));
    let kept = browser::remembered(&base).and_then(|base| base.parse().ok());
    draft.change(&mut |known| known.base = kept.unwrap_or(0));
    effect(move || {
        let Some(about) = board.about_prompt(&draft.id()) else {
            return;
        };
        // A row says only the number of the version.
        if about.version as usize > about.versions.len().max(1) {
            board.detail.want(about.prompt_id.pipeline());
        }
        let here = untrack(|| board.prompt(&about.prompt_id)).map(|text| text.about.hash);
        // What may be a secret comes with a fetch alone.
        if here != Some(about.hash) || untrack(|| draft.version()) == 0 {
            load(draft, |_| {});
        }
    });
    effect(move || {
        let edited = draft.is_edited();
        let (version, number) = draft.with(|known| (known.version, known.base.to_string()));
        if version == 0 {
            return;
        }
        draft.say.words.with(|words| {
            browser::remember(&typed, if edited { words } else { "" });
            browser::remember(&base, if edited { &number } else { "" });
        });
        // Whoever has begun to type keeps the editor, whatever becomes of the prompt.
        if edited {
            draft.editing.set(true);
        }
    });
    let writers = move |answer: Answer| {
        let models = found(answer.as_deref().unwrap_or_default()).models;
        let first = models.first().map_or(TEMPLATE, String::as_str);
        draft.writer.set(first.to_owned());
        let mut models = Some(models);
        draft.change(&mut |known| known.models = models.take().unwrap_or_default());
    };
    get(draft, paths::prompt_writers(), Box::new(writers));
}

fn found(answer: &str) -> Found {
    json::read(answer).unwrap_or_default()
}

/// Fetches something, unless the editor is closed when it comes.
fn get(draft: Draft, path: String, then: Box<dyn FnOnce(Answer)>) {
    spawn_local(async move {
        let answer = api::get(&path).await;
        if draft.is_open() {
            then(answer);
        }
    });
}

/// Fetches the current version.
fn load(draft: Draft, then: Then) {
    let path = at(draft, "");
    let taken = move |answer: Answer| match answer {
        Ok(answer) => {
            take(draft, &answer, false);
            then(draft);
        }
        Err(failure) => tell(draft, &failure),
    };
    get(draft, path, Box::new(taken));
}

/// Takes in a version. What is typed was saved before, where this `replace`s it.
fn take(draft: Draft, answer: &str, replace: bool) {
    let both: Option<(PromptRef, PromptBody)> = json::read_two(answer);
    let Some((about, body)) = both else {
        return;
    };
    let secrets = found(answer).secrets;
    draft.take(about.version, body.prompt.clone(), secrets, replace);
    draft.board.detail.take_prompt(about.clone());
    draft.board.keep_prompt(PromptText { about, body });
}

fn at(draft: Draft, what: &str) -> String {
    let id = draft.id();
    format!("{}{what}", paths::prompt(id.pipeline(), &id))
}

fn lang(draft: Draft) -> Lang {
    draft.board.lang.get_untracked()
}

fn tell(draft: Draft, failure: &Failure) {
    draft
        .say
        .tell(&wording::draft::failed(lang(draft), failure), true);
}

/// Asks for something, and says why it was not done.
fn call(draft: Draft, what: &str, body: &DraftBody<'_>, doing: &str, done: fn(Draft, &str)) {
    ask(
        draft,
        what,
        body,
        doing,
        Box::new(move |answer| done(draft, &answer)),
    );
}

fn ask(draft: Draft, what: &str, body: &DraftBody<'_>, doing: &str, done: Box<dyn FnOnce(String)>) {
    let answered = move |answer: Answer| match answer {
        Ok(answer) => done(answer),
        Err(failure) => refused(draft, &failure),
    };
    let body = api::draft_body(body);
    draft
        .say
        .call(at(draft, what), body, doing, Box::new(answered));
}

fn refused(draft: Draft, failure: &Failure) {
    let stale = matches!(failure, Failure::Refused(problem) if problem.kind() == "stale-revision");
    if !stale {
        tell(draft, failure);
        return;
    }
    // Somebody else has changed it. The next try is made from that version.
    load(draft, |draft| {
        draft.change(&mut |known| known.base = known.version);
        let said = untrack(|| {
            let (version, by) = (draft.version(), draft.newest_by());
            wording::draft::stale(lang(draft), version, &by, draft.is_edited())
        });
        draft.say.tell(&said, true);
    });
}

/// Saves what is typed, if anything is, and then does something with the version that is current.
fn saved_first(draft: Draft, then: Then) {
    if !untrack(|| draft.is_edited()) {
        then(draft);
        return;
    }
    let words = draft.say.words.get_untracked();
    if words.trim().is_empty() {
        draft.say.refuse("text", lang(draft).draft_empty());
        return;
    }
    let body = DraftBody {
        base: Some(untrack(|| draft.with(|known| known.base))),
        text: Some(&words),
        ..DraftBody::default()
    };
    let saved = move |answer: String| {
        take(draft, &answer, true);
        then(draft);
    };
    ask(draft, "/versions", &body, "", Box::new(saved));
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
        let number = untrack(|| draft.version()).to_string();
        draft.say.tell(&lang(draft).draft_saved(&number), false);
    });
}

/// Sends the prompt: from here on agents get it.
pub(crate) fn send(draft: Draft) {
    // Of these the button says that they go along.
    let known = untrack(|| draft.secrets());
    draft.chosen.set_value(known as u32);
    saved_first(draft, |draft| {
        // What was just typed may contain what nobody has been told of.
        if untrack(|| draft.secrets()) > u64::from(draft.chosen.get_value()) {
            draft.say.tell(lang(draft).now_held_secret(), true);
            return;
        }
        let number = untrack(|| draft.version());
        call(draft, "/send", &version(number), "", |draft, answer| {
            let inside = browser::has_focus(&draft.say.name());
            draft.editing.set(false);
            take(draft, answer, true);
            draft.board.say(lang(draft).own_prompt().to_owned());
            // Whoever uses the keyboard goes on from where the editor was.
            if inside {
                browser::focus("content");
            }
        });
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
        let (hint, writer) = (draft.hint.get_untracked(), draft.writer.get_untracked());
        let body = DraftBody {
            hint: Some(hint.trim()).filter(|hint| !hint.is_empty()),
            writer: Some(writer.as_str()).filter(|writer| !writer.is_empty()),
            ..base(draft)
        };
        let doing = lang(draft).rewriting();
        call(draft, "/rewrite", &body, doing, |draft, answer| {
            draft.hint.set(String::new());
            draft.say.forget("hint");
            taken(draft, answer);
        });
    });
}

/// Tries whether the model answers that would write.
pub(crate) fn test_model(draft: Draft) {
    let name = draft.writer.get_untracked();
    let path = format!("{}{}/test", paths::prompt_writers(), api::segment(&name));
    let answered = move |answer: Answer| match answer {
        Ok(answer) => {
            let said = wording::draft::tested(lang(draft), &found(&answer));
            draft.say.tell(&said, false);
        }
        Err(failure) => tell(draft, &failure),
    };
    let doing = lang(draft).testing_model(&name);
    draft.say.call(path, None, &doing, Box::new(answered));
}

/// Has it read by a model that knows nothing else.
pub(crate) fn cold_read(draft: Draft) {
    saved_first(draft, |draft| {
        let (body, doing) = (DraftBody::default(), lang(draft).cold_reading());
        call(draft, "/cold-read", &body, doing, |draft, answer| {
            draft.change(&mut |known| known.cold = found(answer));
        });
    });
}

/// Compares, or hides what was compared.
pub(crate) fn compare(draft: Draft) {
    if untrack(|| draft.with(|known| known.from > 0)) {
        draft.change(&mut |known| known.from = 0);
        return;
    }
    draft.chosen.set_value(untrack(|| draft.compared_with()));
    saved_first(draft, |draft| {
        let (from, to) = (draft.chosen.get_value(), untrack(|| draft.version()));
        let path = at(draft, &format!("/changes?from={from}&to={to}"));
        let compared = move |answer: Answer| match answer {
            Ok(answer) => draft.change(&mut |known| {
                known.diff = found(&answer);
                known.from = from;
            }),
            Err(failure) => tell(draft, &failure),
        };
        get(draft, path, Box::new(compared));
    });
}
