//! Tells the client of a session which resources have changed, for as long as it is there.

use std::{sync::Arc, time::Duration};

use rmcp::{
    RoleServer,
    model::ResourceUpdatedNotificationParam,
    service::{NotificationContext, Peer},
};
use tokio::time::sleep;

use super::{caller, handler::Handler};

/// How often it is looked whether a client is still there that nothing is told.
const LOOK: Duration = Duration::from_secs(60);

impl Handler {
    /// Goes on telling the client of a session that has come back.
    pub(super) async fn watch_again(&self, context: &NotificationContext<RoleServer>) {
        let Some(session) = caller::session(&context.extensions) else {
            return;
        };
        let Some(uris) = self.sessions.watched(session).await else {
            return;
        };
        for uri in uris {
            // What a newer version let it watch is no more.
            let _ = self.watched.add(&self.relay, &uri);
        }
        self.begins_to_tell(&context.peer);
        self.watched.miss();
        self.sessions.watch(session, &self.watched).await;
    }

    /// Tells the client of a session from now on what changes, until it is gone. `false` if it is being told already.
    pub(super) fn begins_to_tell(&self, peer: &Peer<RoleServer>) -> bool {
        if !self.watched.add_list(&self.relay) {
            return false;
        }
        let (relay, watched, peer) = (self.relay.clone(), Arc::clone(&self.watched), peer.clone());
        tokio::spawn(async move {
            let mut changes = watched.changes(&relay);
            while !peer.is_transport_closed() {
                let notices = tokio::select! {
                    notices = changes.next() => notices,
                    () = sleep(LOOK) => continue,
                };
                let Some(notices) = notices else {
                    return;
                };
                // An error means that the client is gone.
                for uri in notices.updated {
                    let updated = ResourceUpdatedNotificationParam::new(uri);
                    let _ = peer.notify_resource_updated(updated).await;
                }
                if notices.list_changed {
                    let _ = peer.notify_resource_list_changed().await;
                }
            }
        });
        true
    }
}
