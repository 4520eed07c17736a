//! A person who is signed in, without the ceremony.

use domain::Timestamp;
use protocol::Role;
use server::{
    registry::{StoredDevice, StoredPerson},
    storage::Place,
};
use sha2::{Digest, Sha256};

const DEVICE: &str = "test";
const SECRET: &str = "the secret of the device of the tests";

/// Puts an owner called `Owner` with a device into the registry of this place, and gives the cookie of the device.
pub fn signed_in(place: &Place) -> String {
    let registry = place.people().expect("a registry");
    let at = Timestamp::from_millis(
        i64::try_from(
            std::time::UNIX_EPOCH
                .elapsed()
                .expect("a time after 1970")
                .as_millis(),
        )
        .expect("a time before the year 292 million"),
    );
    let owner = StoredPerson {
        name: "Owner".to_owned(),
        alike: "owner".to_owned(),
        role: Role::Owner,
        added: at,
        disabled: None,
    };
    if registry.add_person(&owner, false).expect("a write") {
        let device = StoredDevice {
            id: DEVICE.to_owned(),
            hash: Sha256::digest(SECRET).into(),
            person: owner.name,
            label: "The tests".to_owned(),
            added: at,
            used: at,
        };
        registry.add_device(&device, 50).expect("a write");
    }
    let instance = registry.instance().expect("a read");
    format!("staffel_{instance}={DEVICE}.{SECRET}")
}
