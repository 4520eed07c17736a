//! HTTP clients: whom they trust, and what to do where nobody says whom.

use std::error::Error;

use reqwest::{Client, ClientBuilder};

/// No client: encryption is asked for, and this machine trusts nobody.
#[derive(Debug, thiserror::Error)]
#[error(
    "no encrypted connection can be made from here: {0}. Install the certificates that your system trusts \
     (Debian: apt-get install ca-certificates), or name a file of them in SSL_CERT_FILE"
)]
pub struct NoClient(String);

/// What a client for this address is made of. It trusts whom the system trusts. Where nothing is encrypted that is not read:
/// it takes longer than all else that a short command does, and a machine with nothing but Staffel, such as a
/// container, has nothing to be read.
pub fn client_for(url: &str) -> ClientBuilder {
    // A program that has a server has chosen; the first choice counts.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder();
    if url.starts_with("http://") {
        builder.tls_certs_only([])
    } else {
        builder
    }
}

/// Makes it.
///
/// # Errors
/// TLS cannot be used; why, and what to do.
pub fn build(builder: ClientBuilder) -> Result<Client, NoClient> {
    builder.build().map_err(|error| {
        let why = error.source().map(ToString::to_string);
        NoClient(why.unwrap_or_else(|| error.to_string()))
    })
}
