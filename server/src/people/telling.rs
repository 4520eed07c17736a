//! How people wish to be told, and which of their browsers take messages. Every method blocks.

use std::sync::Arc;

use protocol::{Role, Wishes};

use super::People;
use crate::registry::{StoreError, StoredPush};

impl People {
    /// Everybody's wishes, and all browsers that take messages.
    ///
    /// # Errors
    /// The registry cannot be read.
    #[expect(clippy::type_complexity, reason = "two lists")]
    pub fn wishes_and_pushes(
        self: &Arc<Self>,
    ) -> Result<(Vec<(String, Wishes)>, Vec<StoredPush>), StoreError> {
        Ok((self.store.all_wishes()?, self.pushes()?))
    }

    /// The browsers that take messages, and whose session has not ended.
    fn pushes(&self) -> Result<Vec<StoredPush>, StoreError> {
        let mut pushes = self.store.pushes()?;
        pushes.retain(|push| self.is_signed_in(&push.device));
        Ok(pushes)
    }

    /// What a person wishes who is let in.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn wishes_of(&self, person: &str) -> Result<Option<Wishes>, StoreError> {
        let is_in = self.role(person).is_some();
        is_in.then(|| self.store.wishes(person)).transpose()
    }

    /// Notes what a person wishes.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn set_wishes(&self, person: &str, wishes: &Wishes) -> Result<(), StoreError> {
        self.store.put_wishes(person, wishes)
    }

    /// The browser on a device, if it takes messages.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn push_of(&self, device: &str) -> Result<Option<StoredPush>, StoreError> {
        let pushes = self.pushes()?;
        let push = pushes.into_iter().find(|push| push.device == device);
        Ok(push.filter(|push| self.role(&push.person).is_some()))
    }

    /// Notes that a browser takes messages.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn add_push(&self, push: &StoredPush) -> Result<(), StoreError> {
        self.store.put_push(push)
    }

    /// Forgets that a browser takes messages. `false` if it did not.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn remove_push(&self, device: &str) -> Result<bool, StoreError> {
        self.store.remove_push(device)
    }

    /// The key that push services know this Staffel by.
    ///
    /// # Errors
    /// The registry cannot be read or written.
    pub fn push_key(&self, make: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.store.push_key(make)
    }

    /// Forgets that a browser took messages at this endpoint, unless it has subscribed anew.
    ///
    /// # Errors
    /// The registry cannot be used.
    pub fn forget_push(&self, device: &str, endpoint: &str) -> Result<(), StoreError> {
        let known = self.store.pushes()?;
        if known
            .iter()
            .any(|push| push.device == device && push.endpoint == endpoint)
        {
            self.store.remove_push(device)?;
        }
        Ok(())
    }

    /// Whether a person is let in and may decide.
    pub fn may_decide(&self, person: &str) -> bool {
        self.role(person).is_some_and(|role| role >= Role::Reviewer)
    }
}
