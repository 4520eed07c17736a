//! The prompt that goes back to an assistant: how far it got, what it says, and how to hand it on.

use domain::{PromptId, Purpose, Via};
use leptos::{prelude::*, task::spawn_local};
use protocol::{Link, PromptRef, ShortForm, Summary};

use super::{
    copy::CopyButton, draft::Draft, element::plain, prompt_steps::PromptSteps, say::Say, when::When,
};
use crate::{
    Lang, PromptBody, PromptText, api,
    api::Failure,
    board::{Board, use_board},
    browser,
    follow::{StatusSignal, effect, flag, maybe, memo, press, text, word},
    standing::{self, Use},
    wording,
};

/// The card of the newest prompt; while a decision waits for its prompt, of the one being written.
#[component]
pub(crate) fn PromptCard(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let shown = flag(move || {
        status.with(|status| standing::prompt_is_being_written(status) || status.prompt.is_some())
    });
    view! {
        <When holds=shown>
            {card(board, status)}
        </When>
    }
    .into_inner()
}

fn card(board: Board, status: StatusSignal) -> AnyView {
    let heading = text(move || {
        let (phase, purpose) = status.with(|status| match standing::prompt_shown(status) {
            Some(prompt) => (prompt.phase.to_string(), prompt.purpose),
            None => upcoming(status),
        });
        wording::prompt_heading(board.lang.get(), &phase, purpose)
    });
    let why = maybe(move || {
        status.with(|status| {
            wording::pipeline::why(board.lang.get(), &standing::prompt_shown(status)?.writer)
        })
    });
    let id =
        memo(move || status.with(|status| Some(standing::prompt_shown(status)?.prompt_id.clone())));
    // Opened by hand, while no agent has it and nobody holds it.
    let editing = RwSignal::new(false);
    effect(move || {
        id.track();
        editing.set(false);
    });
    let used = move || newest_use(status);
    let open = memo(move || {
        board.may_decide() && (used() == Use::Held || editing.get()) && id.with(Option::is_some)
    });
    let goes_out = maybe(move || {
        let said = || wording::draft::goes_out(board.lang.get(), used()).to_owned();
        open.get().then(said)
    });
    let body = move || {
        // Another prompt has another editor; the text follows by itself which one it is.
        match open.get().then(|| id.get()).flatten() {
            Some(id) => Draft::of(board, status, id, editing).view(),
            None => prompt_text(board, status, id, false),
        }
    };
    let edit = word(move || {
        let opens = board.may_decide() && used() == Use::Waits && !open.get();
        if opens { "quiet small" } else { "gone" }
    });
    let edits = Callback::new(move |()| editing.set(true));
    let says = board.t(Lang::edit_prompt).into_any();
    let head = vec![
        plain("h2", "", vec![heading.into_any()]),
        plain("p", "sub", vec![goes_out.into_any()]),
    ];
    let parts = vec![
        plain("div", "sheet-head", head),
        view! { <PromptSteps status/> }.into_any(),
        plain("p", "sub prompt-why", vec![why.into_any()]),
        body.into_any(),
        Say::new(board, String::new()).button(edit, says, Some("E"), edits),
    ];
    plain("section", "sheet pad prompt", parts)
}

/// What becomes of the newest prompt by now.
#[inline(never)]
fn newest_use(status: StatusSignal) -> Use {
    status.with(|status| {
        let newest = standing::prompt_shown(status);
        newest.map_or(Use::Over, |newest| {
            standing::use_of(status, &newest.prompt_id)
        })
    })
}

/// The text of a prompt; that it is being written or fetched; or why it does not come. `alone` on its own page.
pub(crate) fn prompt_text(
    board: Board,
    status: StatusSignal,
    id: Memo<Option<PromptId>>,
    alone: bool,
) -> AnyView {
    let text = move || board.prompt(&id.get()?);
    // What follows the text follows which one it is: another version has another, and held there are no ways to hand it on.
    let of = |about: &PromptRef| (about.hash, about.held.is_some());
    let here = memo(move || Some(of(&text()?.about)));
    let newest = memo(move || Some(of(&board.about_prompt(&id.get()?)?)));
    let failed = RwSignal::new(None::<Failure>);
    // Before it leaves only people read it.
    let closed = memo(move || {
        let held = || {
            board
                .about_prompt(&id.get()?)
                .map(|about| about.held.is_some())
        };
        board.me.with_value(Option::is_none) && held() == Some(true)
    });
    let fetch = move || {
        let Some(id) = id.get_untracked() else { return };
        failed.set(None);
        spawn_local(async move {
            match api::prompt(id.pipeline(), &id).await {
                Ok(text) => board.keep_prompt(text),
                Err(failure) => drop(failed.try_set(Some(failure))),
            }
        });
    };
    effect(move || {
        // Opened later than the prompt arrived, and the page brought another one: fetch it. So is another version.
        let (here, newest) = (here.get(), newest.get());
        if id.get().is_some() && !closed.get() && (here.is_none() || here != newest) {
            fetch();
        }
    });
    let body = move || {
        match (id.get(), here.get(), failed.get()) {
        (_, Some(_), _) => untrack(text).map(|prompt| view! { <Text board status prompt alone/> }).into_any(),
        _ if closed.get() => {
            view! { <p class="prompt-text sub">{board.t(Lang::readable_once_sent)}</p> }.into_any()
        }
        (None, ..) => {
            view! { <p class="prompt-text sub">{board.t(Lang::written_in_a_moment)}</p> }.into_any()
        }
        (Some(_), None, None) => {
            view! { <p class="prompt-text sub">{board.t(Lang::fetching_prompt)}</p> }.into_any()
        }
        (Some(_), None, Some(failure)) => view! {
            <div class="prompt-text">
                <p role="alert">{why(board.lang.get(), &failure)}</p>
                <button class="btn small" type="button" on:click=press(move |_| fetch())>{board.t(Lang::try_again)}</button>
            </div>
        }
        .into_any(),
    }
    };
    body.into_any()
}

/// What the prompt that is being written will be for.
fn upcoming(status: &Summary) -> (String, Purpose) {
    let handover = status.handover.as_ref();
    match handover.and_then(|handover| handover.next_phase.as_ref()) {
        Some(next) if standing::decided(status) == Some(domain::Verdict::Accept) => {
            (next.to_string(), Purpose::NextPhase)
        }
        _ => (status.phase.to_string(), Purpose::Revision),
    }
}

fn why(lang: Lang, failure: &Failure) -> String {
    let unknown = (lang.prompt_unknown(), lang.prompt_unknown_next());
    wording::connection::not_loaded(lang, failure, lang.no_prompt(), unknown)
}

/// The text and the ways to hand it on. Once an agent has it, it is there to be read.
#[component]
fn Text(board: Board, status: StatusSignal, prompt: PromptText, alone: bool) -> impl IntoView {
    let prompt_id = prompt.about.prompt_id;
    let PromptBody { prompt, links, .. } = prompt.body;
    let whole = RwSignal::new(alone);
    let long = prompt.lines().count() > 9 || prompt.len() > 900;
    let id = StoredValue::new(prompt_id);
    let used = move || status.with(|status| id.with_value(|id| standing::use_of(status, id)));
    let waits = flag(move || used() == Use::Waits);
    let unfolded = flag(move || alone || matches!(used(), Use::Waits | Use::Held));
    let working = maybe(move || {
        let said = || board.lang.get().picked_up_already().to_owned();
        (used() == Use::Works).then(said)
    });
    let offer = move |via: Via| {
        let id = id.get_value();
        spawn_local(async move {
            // Only a note for the receipt: the person has the text whether it arrives or not.
            let _ = api::offer(id.pipeline(), &id, via, &browser::unique(&id.to_string())).await;
        });
    };
    let way = move |Link { via, href, short }: Link| {
        let note =
            move |short| word(move || wording::pipeline::short_form(board.lang.get(), short));
        view! {
            <li>
                <a class="btn" href=href title=short.map(note) on:click=press(move |_| offer(via))>
                    {word(move || wording::pipeline::via(board.lang.get(), via))}
                    {short.map(|short| view! { <span class="tag">{board.t(Lang::short)}</span><span class="unseen">{note(short)}</span> })}
                </a>
            </li>
        }
    };
    // Each reason is said once under the links, not only on hover.
    let mut reasons: Vec<_> = links.iter().filter_map(|link| link.short).collect();
    reasons.dedup();
    let reasons = text(move || {
        let said = |short: &ShortForm| {
            format!(
                " {}",
                wording::pipeline::short_form(board.lang.get(), *short)
            )
        };
        reasons.iter().map(said).collect()
    });
    let copied = Callback::new(move |()| offer(Via::Copy));
    let content = Signal::stored(prompt.clone());
    view! {
        <p class="sub prompt-why">{working}</p>
        <details class="prompt-body" class:unfolded=unfolded open=unfolded>
            <summary class="quiet small">{board.t(Lang::read_the_prompt)}</summary>
            <pre class="prompt-text" class:whole=whole tabindex="0" role="region" aria-label=board.t(Lang::prompt_text)>
                {prompt}
            </pre>
            {long.then(|| view! {
                <button class="quiet small" type="button" aria-expanded=text(move || whole.get().to_string()) on:click=press(move |_| whole.update(|whole| *whole = !*whole))>
                    {word(move || if whole.get() { board.lang.get().less_text() } else { board.lang.get().whole_text() })}
                </button>
            })}
            <When
                holds=waits
                otherwise=move || {
                    let out = untrack(used) != Use::Held;
                    out.then(|| view! { <CopyButton text=content says=Lang::copy_again class="small" copied/> })
                }
            >
                <ul class="ways" aria-label=board.t(Lang::hand_it_on)>
                    <li><CopyButton text=content class="first" copied/></li>
                    {links.clone().into_iter().map(way).collect_view()}
                </ul>
                <p class="sub">{board.t(Lang::confirm_there)}{reasons}</p>
            </When>
        </details>
    }
    .into_inner()
}
