//! How the handover of each phase is accepted, and setting it.

use domain::{Phase, PhaseStatus, Policy, TripWires, limits::POLICY_FILES_MAX};
use leptos::prelude::*;

use super::{
    confirm::{self, Asked},
    element::plain,
    say::{Answer, Say},
};
use crate::{
    Lang,
    api::Failure,
    board::Board,
    browser,
    follow::{StatusSignal, change, drawn, flag, text, word},
    paths, wording,
};

/// So many changed files a policy allows to begin with.
const FILES: u32 = 20;

/// All phases with their policies, folded away.
pub(crate) fn policies(board: Board, status: StatusSignal) -> AnyView {
    let say = Say::new(board, format!("policies-{}", status.id()));
    let choice = Policies {
        board,
        status,
        say,
        failure: RwSignal::new(None),
        last: StoredValue::new(None),
    };
    choice.view()
}

/// Copied into every handler.
#[derive(Clone, Copy)]
struct Policies {
    board: Board,
    status: StatusSignal,
    say: Say,
    /// Why the last one was not set.
    failure: RwSignal<Option<Failure>>,
    /// What was sent last: where, and what.
    last: StoredValue<Option<(String, String)>>,
}

impl Policies {
    fn view(self) -> AnyView {
        let board = self.board;
        let in_short = text(move || {
            let lang = board.lang.get();
            wording::policy::in_short(lang, &self.phases())
        });
        let asked = Signal::derive(move || self.failure.get().as_ref().and_then(Asked::of));
        let again = Callback::new(move |()| {
            if let Some((path, body)) = self.last.get_value() {
                self.send(path, body);
            }
        });
        let rows = drawn(move || {
            let phases = self.phases();
            let last = phases.len().saturating_sub(1);
            let rows = phases.into_iter().enumerate();
            let rows = rows.map(|(at, phase)| self.row(phase, at == last));
            rows.collect::<Vec<_>>().into_any()
        });
        let unless = flag(move || {
            let automatic = |phase: &Phase| {
                let set = phase.policy.as_ref();
                set.is_some_and(|set| matches!(set.policy, Policy::AcceptUnless(_)))
            };
            self.phases().iter().any(automatic)
        });
        let wires = word(move || {
            let lang = board.lang.get();
            if unless.get() {
                lang.policy_wires()
            } else {
                ""
            }
        });
        let says = vec![
            board.t(Lang::policies).into_any(),
            ": ".into_any(),
            plain("span", "", vec![in_short.into_any()]),
        ];
        let parts = vec![
            plain("summary", "", says),
            plain("div", "policy-rows", vec![rows]),
            plain("p", "sub", vec![wires.into_any()]),
            confirm::form(board, asked, again),
            self.say.line(),
        ];
        plain("details", "policies", parts)
    }

    /// The phases with their policies. Follows them.
    fn phases(self) -> Vec<Phase> {
        let known = self
            .board
            .with_detail(self.status, |more| more.phase_details.clone());
        known.unwrap_or_default()
    }

    fn row(self, phase: Phase, is_last: bool) -> AnyView {
        let board = self.board;
        let set = phase.policy.as_ref();
        let policy = set.map_or(Policy::Ask, |set| set.policy);
        let ended = untrack(|| self.status.with(|status| status.status.has_ended()));
        let over = ended || matches!(phase.status, PhaseStatus::Accepted | PhaseStatus::Ended);
        let fixed = over || !board.may_decide();
        let by = set.map(|set| set.by.name.clone());
        let said = text(move || {
            let lang = board.lang.get();
            by.as_ref().map_or_else(String::new, |by| {
                if *by == board.reader() {
                    lang.policy_set_by_you().to_owned()
                } else {
                    lang.policy_set_by(by)
                }
            })
        });
        let name = phase.name.to_string();
        let label = {
            let name = name.clone();
            text(move || board.lang.get().policy_for(&name))
        };
        let to = paths::policy(&self.status.id(), &phase.name);
        let path = to.clone();
        let options = [
            ("ask", Lang::policy_option_ask as fn(Lang) -> &'static str),
            ("accept_unless", Lang::policy_option_unless),
            ("two_people", Lang::policy_option_two),
        ];
        let current = match policy {
            Policy::Ask => "ask",
            Policy::AcceptUnless(_) => "accept_unless",
            Policy::TwoPeople => "two_people",
        };
        // Only people end a pipeline.
        let options = options
            .into_iter()
            .filter(|(value, _)| !(is_last && *value == "accept_unless"));
        let options: Vec<_> = options
            .map(|(value, says)| {
                view! { <option value=value selected=value == current>{board.t(says)}</option> }
                    .into_any()
            })
            .collect();
        let choose = change(move |event| {
            let body = match event_target_value(&event).as_str() {
                "accept_unless" => unless(FILES, true),
                other => plainly(other),
            };
            self.send(path.clone(), body);
        });
        let closed = flag(move || fixed || self.say.closed().get());
        let select = view! {
            <select aria-label=label disabled=closed on:change=choose>{options}</select>
        };
        let mut parts = vec![plain("b", "", vec![name.into_any()]), select.into_any()];
        if let Policy::AcceptUnless(wires) = policy {
            parts.extend(self.wires(to, wires, closed));
        }
        parts.push(plain("span", "sub", vec![said.into_any()]));
        plain("div", "policy-row", parts)
    }

    /// What can be set of the trip-wires.
    fn wires(self, path: String, wires: TripWires, closed: Signal<bool>) -> [AnyView; 2] {
        let board = self.board;
        let TripWires {
            max_files,
            needs_tests,
        } = wires;
        let files = {
            let path = path.clone();
            change(move |event| {
                let given = event_target_value(&event);
                match given.trim().parse::<u32>() {
                    Ok(files) if files <= POLICY_FILES_MAX => {
                        self.send(path.clone(), unless(files, needs_tests));
                    }
                    _ => {
                        let lang = board.lang.get_untracked();
                        let bounds = lang.policy_files_bounds(&POLICY_FILES_MAX.to_string());
                        self.say.tell(&bounds, true);
                    }
                }
            })
        };
        let tests = change(move |event| {
            let untested = event_target_checked(&event);
            self.send(path.clone(), unless(max_files, !untested));
        });
        let most = Some(POLICY_FILES_MAX.to_string());
        let count = Some(max_files.to_string());
        let label =
            |says: fn(Lang) -> &'static str| plain("span", "", vec![board.t(says).into_any()]);
        let files = input("number", count, most, false, closed, files);
        let tests = input("checkbox", None, None, !needs_tests, closed, tests);
        [
            plain("label", "", vec![label(Lang::policy_files), files]),
            plain("label", "", vec![tests, label(Lang::policy_untested)]),
        ]
    }

    fn send(self, path: String, body: String) {
        self.last.set_value(Some((path.clone(), body.clone())));
        self.failure.set(None);
        let answered = move |answer: Answer| {
            let Err(failure) = answer else { return };
            if Asked::of(&failure).is_none() {
                let lang = self.board.lang.get_untracked();
                self.say
                    .tell(&wording::policy::not_set(lang, &failure), true);
            }
            self.failure.set(Some(failure));
            // What is chosen on the page is what is set.
            self.board.detail.want(&self.status.id());
        };
        self.say.put(path, Some(body), Box::new(answered));
    }
}

/// One shape for both fields: each is code that the page has to download.
fn input(
    kind: &'static str,
    value: Option<String>,
    most: Option<String>,
    checked: bool,
    closed: Signal<bool>,
    changed: Box<dyn FnMut(leptos::ev::Event)>,
) -> AnyView {
    view! {
        <input type=kind min="0" max=most value=value checked=checked disabled=closed on:change=changed/>
    }
    .into_any()
}

fn plainly(policy: &str) -> String {
    format!(
        "{{\"policy\":\"{policy}\",\"framed\":{}}}",
        browser::is_framed()
    )
}

fn unless(max_files: u32, needs_tests: bool) -> String {
    let framed = browser::is_framed();
    format!(
        "{{\"policy\":\"accept_unless\",\"max_files\":{max_files},\"needs_tests\":{needs_tests},\"framed\":{framed}}}"
    )
}
