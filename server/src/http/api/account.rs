//! Who asks for something that belongs to a person, and at which device.

use axum::Extension;

use crate::{
    access::{Action, Principal},
    problem::Problem,
};

/// Lets owners do something.
///
/// # Errors
/// It is nobody, or no owner.
pub(super) fn owner(principal: Option<Extension<Principal>>) -> Result<(), Problem> {
    principal_of(principal).permit(Action::ManagePeople)
}

/// Who asks, and at which device.
pub(super) fn own(principal: Option<Extension<Principal>>) -> Result<(String, String), Problem> {
    let principal = principal_of(principal);
    principal.permit(Action::OwnAccount)?;
    match &principal {
        Principal::Person(person) => {
            let device = person.device().map(ToString::to_string);
            Ok((person.name.to_string(), device.unwrap_or_default()))
        }
        Principal::Nobody | Principal::Agent(_) => Err(Problem::sign_in_needed("do this")),
    }
}

/// Whose it is, and the device that asks.
pub(super) fn own_or_owner(
    principal: Option<Extension<Principal>>,
    name: String,
) -> Result<(String, String), Problem> {
    let (asking, device) = own(principal.clone())?;
    if name == "me" || name == asking {
        return Ok((asking, device));
    }
    owner(principal)?;
    Ok((name, device))
}

fn principal_of(principal: Option<Extension<Principal>>) -> Principal {
    principal.map_or(Principal::Nobody, |Extension(principal)| principal)
}
