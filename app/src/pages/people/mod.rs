//! The people: the own devices, who else is let in, and how one more of either is.

mod audit;
mod proofs;
mod telling;
mod tokens;

use leptos::{ev::Event, html, prelude::*, task::spawn_local};
use protocol::{AuditEntry, Credentials, DeviceView, PersonView, Role, SignInLink};

use crate::{
    Lang, actions,
    api::{self, Failure},
    board::{Board, use_board},
    browser,
    components::{
        copy::CopyButton,
        list::{Item, list},
        time::Ago,
        when::When,
    },
    follow::{change, effect, flag, press, submit, text},
    paths, wording,
};

/// What the page knows. Copied into every handler.
#[derive(Clone, Copy)]
struct PeoplePage {
    board: Board,
    devices: RwSignal<Vec<DeviceView>>,
    people: RwSignal<Vec<PersonView>>,
    /// What the reader can prove herself or himself with.
    credentials: RwSignal<Credentials>,
    /// Links that were made at a terminal and were not seen yet.
    unseen: RwSignal<Vec<AuditEntry>>,
    /// For whom a link was made, and the link.
    link: RwSignal<Option<(String, SignInLink)>>,
    trouble: RwSignal<Option<Failure>>,
    /// How often the lists were asked for.
    loads: StoredValue<u32>,
    /// How often the lists were drawn anew, since a choice that was refused has to be taken back.
    drawn: RwSignal<u32>,
}

/// The page of `/people`.
#[component]
pub(crate) fn PeoplePage() -> impl IntoView {
    let board = use_board();
    let page = PeoplePage {
        board,
        devices: RwSignal::new(Vec::new()),
        people: RwSignal::new(Vec::new()),
        credentials: RwSignal::new(Credentials::default()),
        unseen: RwSignal::new(Vec::new()),
        link: RwSignal::new(None),
        trouble: RwSignal::new(None),
        loads: StoredValue::new(0),
        drawn: RwSignal::new(0),
    };
    let me = board.me.get_value();
    let Some(me) = me else {
        return view! {
            <h1>{board.t(Lang::people)}</h1>
            <p class="sub">{board.t(Lang::need_a_link)}</p>
        }
        .into_any();
    };
    let owner = me.role == Role::Owner;
    effect(move || page.load());
    let trouble = text(move || {
        let lang = board.lang.get();
        page.trouble.get().map_or_else(String::new, |failure| {
            wording::people::failure(lang, &failure)
        })
    });
    view! {
        <h1>{board.t(Lang::people)}</h1>
        <p class="sub">
            {text(move || board.lang.get().signed_in_as(&board.reader()))}" · "{board.t(wording::people::role_name(me.role))}
        </p>
        <p class="trouble" role="alert">{trouble}</p>
        {unseen(page)}
        {link(page)}
        <section class="sheet people">
            <div class="people-head">
                <h2>{board.t(Lang::your_devices)}</h2>
                <button class="btn" type="button" on:click=press(move |_| page.make_link("me".to_owned()))>
                    {board.t(Lang::add_a_device)}
                </button>
            </div>
            <ul class="people-list">{list(move || devices(page))}</ul>
            {install(board)}
        </section>
        {telling::telling(page)}
        {proofs::proofs(page)}
        {tokens::tokens(page)}
        {owner.then(|| view! {
            <section class="sheet people">
                <div class="people-head">
                    <h2>{board.t(Lang::people)}</h2>
                    <span class="sub">{board.t(Lang::people_are)}</span>
                </div>
                <ul class="people-list">{list(move || people(page))}</ul>
                {invite(page)}
            </section>
            {audit::audit(page)}
        })}
    }
    .into_any()
}

/// The board as an app of the device.
fn install(board: Board) -> AnyView {
    let (offered, by_menu) = (RwSignal::new(false), RwSignal::new(false));
    // The server does not know what this browser can do.
    effect(move || {
        offered.set(actions::install::is_offered());
        by_menu.set(actions::install::is_by_menu());
    });
    let take = move |_| {
        actions::install::install();
        offered.set(false);
    };
    view! {
        <When holds=offered>
            <p class="install">
                <span>{board.t(Lang::install_is)}</span>
                <button class="btn" type="button" on:click=press(take)>{board.t(Lang::install)}</button>
            </p>
        </When>
        <When holds=by_menu><p class="install sub">{board.t(Lang::install_by_menu)}</p></When>
    }
    .into_any()
}

/// Links that were made at a terminal, until the reader says that they are seen.
fn unseen(page: PeoplePage) -> AnyView {
    let board = page.board;
    let links = page.unseen;
    let some = flag(move || links.with(|links| !links.is_empty()));
    let items = move || {
        let item = |entry: &AuditEntry| {
            let entry = entry.clone();
            Item::new(entry.number, move || {
                let AuditEntry { about, at, .. } = entry;
                view! {
                    <li>
                        <span>{text(move || board.lang.get().link_made_at_terminal(&about))}</span>
                        <span class="sub"><Ago at/></span>
                    </li>
                }
            })
        };
        links.with(|links| links.iter().map(item).collect())
    };
    let see = move |_| {
        let Some(newest) = links.with_untracked(|links| links.first().map(|link| link.number))
        else {
            return;
        };
        spawn_local(async move {
            match api::see_links(newest).await {
                Ok(()) => links.set(Vec::new()),
                Err(failure) => page.trouble.set(Some(failure)),
            }
        });
    };
    view! {
        <When holds=some>
            <section class="sheet people unseen-links">
                <ul class="people-list">{list(items)}</ul>
                <p class="people-actions"><button class="btn" type="button" on:click=press(see)>{board.t(Lang::i_have_seen_it)}</button></p>
            </section>
        </When>
    }
    .into_any()
}

/// The link that was made last: to look at with a phone, to send, or to open.
fn link(page: PeoplePage) -> AnyView {
    let board = page.board;
    let made = flag(move || page.link.with(Option::is_some));
    let read = move |read: fn(&SignInLink) -> String| {
        text(move || {
            page.link.with(|made| {
                made.as_ref()
                    .map_or_else(String::new, |(_, link)| read(link))
            })
        })
    };
    let address = read(|link| link.link.clone());
    let picture = read(|link| link.qr.clone());
    let title = text(move || {
        let lang = board.lang.get();
        page.link.with(|made| match made {
            Some((person, _)) if person != "me" => lang.link_for(person),
            _ => lang.add_a_device().to_owned(),
        })
    });
    let near = flag(move || {
        page.link
            .with(|made| made.as_ref().is_some_and(|(_, link)| link.near))
    });
    let left = move || {
        page.link.with(|made| {
            let expires = made.as_ref()?.1.expires;
            let seconds = expires.millis_since(board.now.get()) / 1000;
            (seconds > 0).then_some(seconds)
        })
    };
    let left = text(move || {
        let lang = board.lang.get();
        match left() {
            Some(seconds) => lang.link_good_for(&format!("{}:{:02}", seconds / 60, seconds % 60)),
            None => lang.link_is_over().to_owned(),
        }
    });
    view! {
        <When holds=made>
            <section class="sheet people link" aria-live="polite">
                <div class="people-head">
                    <h2>{title}</h2>
                    <span class="sub">{left}</span>
                    <button class="btn" type="button" on:click=press(move |_| page.link.set(None))>{board.t(Lang::close)}</button>
                </div>
                <div class="pairing">
                    <img src=picture alt=board.t(Lang::link_as_qr) width="180" height="180"/>
                    <div>
                        <ol>
                            <li>{board.t(Lang::point_the_camera)}</li>
                            <li>{board.t(Lang::open_the_link)}</li>
                        </ol>
                        <When holds=near><p class="sub">{board.t(Lang::only_this_machine)}</p></When>
                        <p class="pairing-link"><code>{address}</code><CopyButton text=address/></p>
                    </div>
                </div>
            </section>
        </When>
    }
    .into_any()
}

fn devices(page: PeoplePage) -> Vec<Item> {
    let item = |device: &DeviceView| {
        let key = format!("{} {:?}", device.device, device.used);
        let device = device.clone();
        Item::new(key, move || device_line(page, device))
    };
    page.devices
        .with(|devices| devices.iter().map(item).collect())
}

fn device_line(page: PeoplePage, device: DeviceView) -> AnyView {
    let board = page.board;
    let DeviceView {
        device,
        label,
        used,
        current,
        ..
    } = device;
    let spoken = label.clone();
    let leave = move |_| {
        if current {
            page.leave()
        } else {
            page.sign_out(device.clone())
        }
    };
    view! {
        <li>
            <span>
                <b>{label}</b>
                {current.then(|| view! { <span class="tag">{board.t(Lang::this_one)}</span> })}
            </span>
            <span class="sub"><Ago at=used/></span>
            <button class="btn" type="button" on:click=press(leave)>
                {board.t(Lang::sign_out)}<span class="unseen">{spoken}</span>
            </button>
        </li>
    }
    .into_any()
}

fn people(page: PeoplePage) -> Vec<Item> {
    let drawn = page.drawn.get();
    let item = |person: &PersonView| {
        // Not the role: the line of whoever changes it keeps the focus.
        let key = format!(
            "{} {} {} {drawn}",
            person.name,
            person.devices,
            person.disabled.is_some()
        );
        let person = person.clone();
        Item::new(key, move || person_line(page, person))
    };
    page.people.with(|people| people.iter().map(item).collect())
}

fn person_line(page: PeoplePage, person: PersonView) -> AnyView {
    let board = page.board;
    let PersonView {
        name,
        role,
        disabled,
        devices,
        ..
    } = person;
    let own = board
        .me
        .with_value(|me| me.as_ref().is_some_and(|me| me.name == name));
    let on = text(move || board.lang.get().on_devices(u64::from(devices)));
    let (choosing, linked, kept) = (name.clone(), name.clone(), name.clone());
    let choose = move |event: Event| {
        if let Some(role) = Role::of(&event_target_value(&event)) {
            page.change(choosing.clone(), Some(role), None);
        }
    };
    let is_out = disabled.is_some();
    let actions = if is_out {
        view! {
            <button class="btn" type="button" on:click=press(move |_| page.change(kept.clone(), None, Some(false)))>
                {board.t(Lang::let_in_again)}
            </button>
        }
        .into_any()
    } else if own {
        ().into_any()
    } else {
        view! {
            <button class="btn" type="button" on:click=press(move |_| page.make_link(linked.clone()))>{board.t(Lang::new_link)}</button>
            <button class="btn" type="button" on:click=press(move |_| page.change(kept.clone(), None, Some(true)))>
                {board.t(Lang::keep_out)}
            </button>
        }
        .into_any()
    };
    view! {
        <li class:out=is_out>
            <span>
                <b>{name.clone()}</b>
                {own.then(|| view! { <span class="tag">{board.t(Lang::you)}</span> })}
                <span class="sub">{on}</span>
            </span>
            <select aria-label=text(move || board.lang.get().role_of(&name)) on:change=change(choose) disabled=is_out>
                {roles(board, role)}
            </select>
            <span class="people-actions">{actions}</span>
        </li>
    }
    .into_any()
}

/// The form that lets somebody in.
fn invite(page: PeoplePage) -> AnyView {
    let board = page.board;
    let (name, role) = (
        NodeRef::<html::Input>::new(),
        NodeRef::<html::Select>::new(),
    );
    let send = move || {
        let (Some(field), Some(choice)) = (name.get_untracked(), role.get_untracked()) else {
            return;
        };
        if let Some(role) = Role::of(&choice.value()) {
            page.invite(field, role);
        }
    };
    view! {
        <form class="invite" on:submit=submit(send)>
            <input
                type="text"
                node_ref=name
                required
                maxlength="200"
                autocomplete="off"
                placeholder=board.t(Lang::name)
                aria-label=board.t(Lang::name)
            />
            <select node_ref=role aria-label=board.t(Lang::role)>{roles(board, Role::Reviewer)}</select>
            <button class="btn first" type="submit">{board.t(Lang::invite)}</button>
        </form>
    }
    .into_any()
}

fn roles(board: Board, chosen: Role) -> Vec<AnyView> {
    let option = |role: Role| {
        view! { <option value=role.name() selected=role == chosen>{board.t(wording::people::role_name(role))}</option> }.into_any()
    };
    Role::ALL.into_iter().map(option).collect()
}

impl PeoplePage {
    fn owner(self) -> bool {
        self.board
            .me
            .with_value(|me| me.as_ref().is_some_and(|me| me.role == Role::Owner))
    }

    fn load(self) {
        self.loads.update_value(|loads| *loads += 1);
        let load = self.loads.get_value();
        spawn_local(async move {
            let devices = api::devices().await;
            self.show(load, devices, |known| self.devices.set(known.devices));
            let credentials = api::credentials().await;
            self.show(load, credentials, |known| self.credentials.set(known));
            if self.owner() {
                let links = api::unseen_links().await;
                self.show(load, links, |links| self.unseen.set(links));
                let people = api::people().await;
                self.show(load, people, |known| self.people.set(known.people));
            }
        });
    }

    /// Shows what this load has read, unless another one has begun: what was asked for earlier may arrive later. The page may
    /// be gone by now, too.
    fn show<T>(self, load: u32, read: Result<T, Failure>, show: impl FnOnce(T)) {
        if self.loads.try_get_value() == Some(load) {
            match read {
                Ok(read) => show(read),
                Err(failure) => self.trouble.set(Some(failure)),
            }
        }
    }

    /// Shows what came of a step; after a failure the lists are drawn as they are.
    fn done(self, result: Result<(), Failure>) {
        let failed = result.is_err();
        // The page may be gone by now.
        if self.trouble.try_set(result.err()).is_none() {
            if failed {
                self.drawn.update(|drawn| *drawn += 1);
            }
            self.load();
        }
    }

    fn make_link(self, person: String) {
        spawn_local(async move {
            let made = api::link(&person).await;
            self.done(made.map(|link| self.link.set(Some((person, link)))));
        });
    }

    fn invite(self, field: web_sys::HtmlInputElement, role: Role) {
        let name = field.value();
        spawn_local(async move {
            let added = api::add_person(&name, role).await;
            self.done(added.map(|link| {
                field.set_value("");
                self.link.set(Some((name, link)));
            }));
        });
    }

    fn change(self, name: String, role: Option<Role>, disabled: Option<bool>) {
        spawn_local(async move {
            let changed = api::change_person(&name, role, disabled).await;
            self.done(changed);
        });
    }

    fn sign_out(self, device: String) {
        spawn_local(async move {
            let gone = api::sign_out_device(&device).await;
            self.done(gone);
        });
    }

    /// Signs this browser out.
    fn leave(self) {
        spawn_local(async move {
            match api::sign_out().await {
                Ok(()) => browser::go(&paths::overview()),
                Err(failure) => self.trouble.set(Some(failure)),
            }
        });
    }
}
