//! What is said about signing in, and about people. Only pages of the rest say it.

use protocol::Role;

use super::connection;
use crate::{Lang, api::Failure};

/// Why a request about people failed, and what to do.
pub(crate) fn failure(lang: Lang, failure: &Failure) -> String {
    let kind = match failure {
        Failure::Refused(problem) => problem.kind(),
        Failure::Unreachable | Failure::Unreadable => "",
    };
    let words = match kind {
        "code" => lang.refused_code(),
        "name-taken" => lang.refused_name_taken(),
        "last-owner" => lang.refused_last_owner(),
        "too-many-guesses" => lang.refused_too_many_guesses(),
        "pin-needed" | "passkey-needed" => lang.confirm_it_is_you(),
        "nothing-to-confirm-with" => lang.refused_nothing_to_confirm(),
        "wrong-pin" => lang.refused_wrong_pin(),
        "wrong-password" => lang.refused_wrong_password(),
        "passkey" => lang.refused_passkey(),
        "no-passkey" => lang.refused_no_passkey(),
        "no-passkeys-here" => lang.no_passkeys_here(),
        "invalid" => lang.refused_invalid(),
        "not-delivered" => return lang.not_delivered(&detail(failure)),
        _ => return connection::failure(lang, failure),
    };
    words.to_owned()
}

/// What the other side said, as far as the server tells.
fn detail(failure: &Failure) -> String {
    match failure {
        Failure::Refused(problem) => problem.detail.clone(),
        Failure::Unreachable | Failure::Unreadable => String::new(),
    }
}

/// What a person may do, in words.
pub(crate) fn role_name(role: Role) -> fn(Lang) -> &'static str {
    match role {
        Role::Viewer => Lang::role_viewer,
        Role::Reviewer => Lang::role_reviewer,
        Role::Owner => Lang::role_owner,
    }
}
