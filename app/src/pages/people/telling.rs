//! How the reader is told of what waits: in this browser, and wherever else.

use leptos::{ev::Event, html, prelude::*, task::spawn_local};
use protocol::{NoticeKind, Quiet, Telling};

use super::PeoplePage;
use crate::{
    Lang,
    actions::{
        push,
        tell::{self, Way},
    },
    api::{self, Failure},
    components::when::When,
    follow::{change, effect, flag, press, submit, text},
    wording,
};

/// After how many minutes a handover is told again, to choose from; 0: never.
const REMIND: [u32; 5] = [0, 10, 30, 60, 240];

/// What the section knows. Copied into every handler.
#[derive(Clone, Copy)]
struct Section {
    page: PeoplePage,
    told: RwSignal<Telling>,
    /// What was said last, or why something failed.
    said: RwSignal<Said>,
    /// Whether it is not known yet what the person wanted: saving would replace it.
    unread: RwSignal<bool>,
}

/// The line under the section.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Nothing,
    NotAllowed,
    Saved,
    Answered(String),
    Failed(Failure),
}

/// The section.
pub(super) fn telling(page: PeoplePage) -> AnyView {
    let board = page.board;
    let section = Section {
        page,
        told: RwSignal::new(Telling::default()),
        said: RwSignal::new(Said::Nothing),
        unread: RwSignal::new(true),
    };
    effect(move || section.load());
    let said = text(move || {
        let lang = board.lang.get();
        match section.said.get() {
            Said::Nothing => String::new(),
            Said::NotAllowed => lang.not_allowed_here().to_owned(),
            Said::Saved => lang.saved().to_owned(),
            Said::Answered(answer) => lang.answered(&answer),
            Said::Failed(failure) => wording::people::failure(lang, &failure),
        }
    });
    let possible = RwSignal::new(false);
    // The server does not know what this browser can do.
    effect(move || possible.set(push::is_possible()));
    let with_push =
        flag(move || possible.get() && section.told.with(|told| told.push_key.is_some()));
    view! {
        <section class="sheet people">
            <div class="people-head">
                <h2>{board.t(Lang::notifications)}</h2>
                <span class="sub">{board.t(Lang::silent_while_looking)}</span>
                <button class="btn" type="button" on:click=press(move |_| section.try_here())>{board.t(Lang::test)}</button>
            </div>
            <div class="telling">
                {way(section, Way::Notification, Lang::show_notifications)}
                <When holds=with_push>{pushing(section)}</When>
                {way(section, Way::Sound, Lang::play_a_sound)}
                {sounds(section)}
                <p class="sub" role="status">{said}</p>
            </div>
            {wishes(section)}
        </section>
    }
    .into_any()
}

fn way(section: Section, way: Way, name: fn(Lang) -> &'static str) -> AnyView {
    let board = section.page.board;
    let on = RwSignal::new(false);
    // The server does not know what this browser keeps.
    effect(move || on.set(way.is_on()));
    let choose = move |event: Event| {
        let wanted = event_target_checked(&event);
        spawn_local(async move {
            let done = way.switch(wanted).await;
            section.chosen(on, wanted, done);
        });
    };
    view! {
        <label>
            <input type="checkbox" prop:checked=on on:change=change(choose)/>
            {board.t(name)}
        </label>
    }
    .into_any()
}

/// Which sound, and how loud.
fn sounds(section: Section) -> AnyView {
    let board = section.page.board;
    let (name, volume) = (RwSignal::new(String::new()), RwSignal::new(0));
    // The server does not know what this browser keeps.
    effect(move || {
        name.set(tell::sound());
        volume.set(tell::volume());
    });
    let choose = move |event: Event| {
        tell::set_sound(&event_target_value(&event));
        tell::test_sound();
    };
    let turn = move |event: Event| {
        if let Ok(percent) = event_target_value(&event).parse() {
            tell::set_volume(percent);
            tell::test_sound();
        }
    };
    let called = |sound: &str| match sound {
        "chime" => Lang::sound_chime,
        "bell" => Lang::sound_bell,
        _ => Lang::sound_knock,
    };
    view! {
        <span class="field">
            {board.t(Lang::which_sound)}
            <span>
                <select prop:value=name on:change=change(choose) aria-label=board.t(Lang::which_sound)>
                    {tell::SOUNDS.map(|sound| view! { <option value=sound>{board.t(called(sound))}</option> })}
                </select>
                " "
                <input
                    type="range"
                    min="0"
                    max="100"
                    step="10"
                    prop:value=text(move || volume.get().to_string())
                    aria-label=board.t(Lang::volume)
                    on:change=change(turn)
                />
            </span>
        </span>
    }
    .into_any()
}

/// Messages with the page closed.
fn pushing(section: Section) -> AnyView {
    let board = section.page.board;
    let on = RwSignal::new(false);
    effect(move || on.set(section.told.with(|told| told.push)));
    let choose = move |event: Event| {
        let wanted = event_target_checked(&event);
        spawn_local(async move {
            let key = section.told.with_untracked(|told| told.push_key.clone());
            let allowed = !wanted || tell::ask().await;
            let done = allowed && push::switch(wanted, key.as_deref()).await;
            if done {
                tell::leave_to_messages(wanted);
                section.told.update(|told| told.push = wanted);
            }
            section.chosen(on, wanted, done);
        });
    };
    view! {
        <label>
            <input type="checkbox" prop:checked=on on:change=change(choose)/>
            {board.t(Lang::even_when_closed)}
        </label>
    }
    .into_any()
}

/// What the person wants to be told, on every way.
fn wishes(section: Section) -> AnyView {
    let board = section.page.board;
    let kind = |kind: NoticeKind| {
        let on = flag(move || section.told.with(|told| told.wishes.events.contains(&kind)));
        let choose = move |event: Event| {
            let wanted = event_target_checked(&event);
            section.told.update(|told| {
                if wanted {
                    told.wishes.events.insert(kind);
                } else {
                    told.wishes.events.remove(&kind);
                }
            });
        };
        let name = match kind {
            NoticeKind::QuestionWaiting => Lang::when_asked,
            NoticeKind::PipelineEnded => Lang::when_ended,
            NoticeKind::AgentSilent => Lang::when_silent,
            NoticeKind::PromptWaiting => Lang::when_not_picked_up,
            NoticeKind::HandoverWaiting | NoticeKind::Test | NoticeKind::Withdrawn => {
                Lang::when_handed_over
            }
        };
        view! {
            <label>
                <input type="checkbox" prop:checked=on on:change=change(choose)/>
                {board.t(name)}
            </label>
        }
        .into_any()
    };
    let remind = move |event: Event| {
        let minutes = event_target_value(&event)
            .parse()
            .ok()
            .filter(|minutes| *minutes > 0);
        section
            .told
            .update(|told| told.wishes.remind_minutes = minutes);
    };
    let reminds = move || {
        section
            .told
            .with(|told| told.wishes.remind_minutes.unwrap_or(0).to_string())
    };
    let (from, to) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let quiet = move |read: fn(&Quiet) -> u16| {
        text(move || {
            section.told.with(|told| {
                told.wishes
                    .quiet
                    .as_ref()
                    .map_or_else(String::new, |quiet| clock(read(quiet)))
            })
        })
    };
    let projects = NodeRef::<html::Input>::new();
    let named = text(move || {
        section.told.with(|told| {
            let names: Vec<_> = told.wishes.projects.iter().map(String::as_str).collect();
            names.join(", ")
        })
    });
    let mail = NodeRef::<html::Input>::new();
    let address = text(move || {
        section
            .told
            .with(|told| told.wishes.mail.clone().unwrap_or_default())
    });
    let has_mail = flag(move || section.told.with(|told| told.mail));
    let save = move || {
        let value = |field: NodeRef<html::Input>| {
            field
                .get_untracked()
                .map_or_else(String::new, |field| field.value())
        };
        let quiet = minutes(&value(from)).zip(minutes(&value(to)));
        let projects = value(projects);
        let projects = projects
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        section.told.update(|told| {
            told.wishes.quiet = quiet.map(|(from, to)| Quiet {
                from,
                to,
                offset: offset(),
            });
            told.wishes.projects = projects.map(str::to_owned).collect();
            if told.mail {
                told.wishes.mail = Some(value(mail)).filter(|mail| !mail.trim().is_empty());
            }
        });
        section.save();
    };
    view! {
        <details class="wishes">
            <summary>{board.t(Lang::what_you_hear_of)}</summary>
            <form class="telling" on:submit=submit(save)>
                {NoticeKind::CHOICES.map(kind)}
                <label class="field">
                    {board.t(Lang::remind_after)}
                    <select prop:value=reminds on:change=change(remind)>
                        {REMIND.map(|minutes| view! {
                            <option value=minutes.to_string()>{text(move || remind_name(board.lang.get(), minutes))}</option>
                        })}
                    </select>
                </label>
                <span class="field">
                    {board.t(Lang::quiet_hours)}
                    <span>
                        <input type="time" node_ref=from prop:value=quiet(|quiet| quiet.from) aria-label=board.t(Lang::quiet_from)/>
                        " – "
                        <input type="time" node_ref=to prop:value=quiet(|quiet| quiet.to) aria-label=board.t(Lang::quiet_to)/>
                    </span>
                </span>
                <label class="field">
                    {board.t(Lang::only_projects)}
                    <input type="text" node_ref=projects prop:value=named autocomplete="off" placeholder=board.t(Lang::all_projects)/>
                </label>
                <When holds=has_mail>
                    <span class="field">
                        {board.t(Lang::by_mail)}
                        <span>
                            <input type="email" node_ref=mail prop:value=address autocomplete="email" aria-label=board.t(Lang::by_mail)/>
                            <button class="btn" type="button" on:click=press(move |_| section.try_out("mail"))>
                                {board.t(Lang::test)}<span class="unseen">{board.t(Lang::by_mail)}</span>
                            </button>
                        </span>
                    </span>
                </When>
                <button class="btn first" type="submit" disabled=section.unread>{board.t(Lang::save)}</button>
            </form>
        </details>
    }
    .into_any()
}

fn remind_name(lang: Lang, minutes: u32) -> String {
    match minutes {
        0 => lang.never().to_owned(),
        minutes => wording::age::span(lang, i64::from(minutes) * 60_000),
    }
}

/// `07:30`.
fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn minutes(clock: &str) -> Option<u16> {
    let (hours, minutes) = clock.split_once(':')?;
    Some(hours.parse::<u16>().ok()? * 60 + minutes.get(..2)?.parse::<u16>().ok()?)
}

/// How many minutes this browser's clock is ahead of UTC.
fn offset() -> i16 {
    -(js_sys::Date::new_0().get_timezone_offset() as i16)
}

impl Section {
    fn load(self) {
        spawn_local(async move {
            match api::telling().await {
                Ok(told) => {
                    tell::leave_to_messages(told.push);
                    self.told.set(told);
                    self.unread.set(false);
                }
                Err(failure) => self.said.set(Said::Failed(failure)),
            }
        });
    }

    fn save(self) {
        let wishes = self.told.with_untracked(|told| told.wishes.clone());
        spawn_local(async move {
            let saved = api::set_wishes(&wishes).await;
            let _ = self
                .said
                .try_set(saved.map_or_else(Said::Failed, |()| Said::Saved));
        });
    }

    /// Draws a choice as it is, whatever the reader's click has drawn.
    fn chosen(self, on: RwSignal<bool>, wanted: bool, done: bool) {
        let _ = on.try_set(if done { wanted } else { !wanted });
        if !done {
            on.notify();
        }
        let said = if done {
            Said::Nothing
        } else {
            Said::NotAllowed
        };
        let _ = self.said.try_set(said);
    }

    fn try_here(self) {
        if self.told.with_untracked(|told| told.push) {
            self.try_out("push");
            tell::test_sound();
        } else {
            tell::test(self.page.board.lang.get_untracked().handover_waits());
        }
    }

    fn try_out(self, way: &'static str) {
        spawn_local(async move {
            let said = match api::try_out(way).await {
                Ok(answer) => Said::Answered(answer),
                Err(failure) => Said::Failed(failure),
            };
            let _ = self.said.try_set(said);
        });
    }
}
