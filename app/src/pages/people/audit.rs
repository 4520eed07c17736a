//! Who let whom in, and who decided what.

use leptos::{prelude::*, task::spawn_local};
use protocol::{AuditEntry, Happened};

use super::PeoplePage;
use crate::{
    Lang, api,
    board::Board,
    components::{
        list::{Item, list},
        time::Ago,
        when::When,
    },
    follow::{flag, press},
    paths,
};

/// What the audit says: read when somebody wants to see it, and on from there.
pub(super) fn audit(page: PeoplePage) -> AnyView {
    let board = page.board;
    let lines = RwSignal::new(Vec::<AuditEntry>::new());
    // `None`: there is no more; what comes first has no number before it.
    let next = RwSignal::new(Some(None::<u64>));
    let read = move || {
        let Some(before) = next.get_untracked() else {
            return;
        };
        spawn_local(async move {
            match api::audit(before).await {
                Ok(read) => {
                    lines.update(|lines| lines.extend(read.entries));
                    next.set(read.next.map(Some));
                }
                Err(failure) => page.trouble.set(Some(failure)),
            }
        });
    };
    let more = flag(move || next.get().is_some() && lines.with(|lines| !lines.is_empty()));
    let open = move |_| {
        if lines.with_untracked(Vec::is_empty) {
            read();
        }
    };
    let items = move || {
        let item = |entry: &AuditEntry| {
            let entry = entry.clone();
            Item::new(entry.number, move || audit_line(board, entry))
        };
        lines.with(|lines| lines.iter().map(item).collect())
    };
    view! {
        <details class="sheet people audit" on:toggle=open>
            <summary>{board.t(Lang::audit)}</summary>
            <ol class="people-list">{list(items)}</ol>
            <p><a href=paths::audit_file() download="">{board.t(Lang::download_audit)}</a></p>
            <When holds=more>
                <p><button class="btn" type="button" on:click=press(move |_| read())>{board.t(Lang::show_more)}</button></p>
            </When>
        </details>
    }
    .into_any()
}

fn audit_line(board: Board, entry: AuditEntry) -> AnyView {
    let AuditEntry {
        at,
        who,
        from,
        what,
        about,
        ..
    } = entry;
    let did = match what {
        Happened::SignedIn => Lang::audit_signed_in,
        Happened::SignedOut => Lang::audit_signed_out,
        Happened::WrongCode => Lang::audit_wrong_code,
        Happened::LinkMade => Lang::audit_link_made,
        Happened::PersonAdded => Lang::audit_person_added,
        Happened::RoleChanged => Lang::audit_role_changed,
        Happened::KeptOut => Lang::audit_kept_out,
        Happened::LetIn => Lang::audit_let_in,
        Happened::TokenMade => Lang::audit_token_made,
        Happened::TokenRevoked => Lang::audit_token_revoked,
        Happened::Decided => Lang::audit_decided,
        Happened::TakenBack => Lang::audit_taken_back,
        Happened::PolicySet => Lang::audit_policy_set,
        Happened::Restored => Lang::audit_restored,
        Happened::PasskeyAdded => Lang::audit_passkey_added,
        Happened::PasskeyRemoved => Lang::audit_passkey_removed,
        Happened::SecretSet => Lang::audit_secret_set,
        Happened::SecretForgotten => Lang::audit_secret_forgotten,
        Happened::WrongSecret => Lang::audit_wrong_secret,
        Happened::SettingsChanged => Lang::audit_settings_changed,
        Happened::Unknown => Lang::audit_unknown,
    };
    view! {
        <li>
            <span>
                {who.map(|who| view! { <b>{who}</b>" \u{b7} " })}
                {board.t(did)}
                <span class="sub">{about}</span>
            </span>
            <code>{from}</code>
            <span class="sub"><Ago at/></span>
        </li>
    }
    .into_any()
}
