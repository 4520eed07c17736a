//! HTTP clients: whom they trust, and what to do where nobody says whom.

use std::error::Error;

use reqwest::{Client, ClientBuilder, Response, header, redirect::Policy};

use crate::token::hide;

/// How much of an address that somebody else names is shown.
const LOCATION_MOST: usize = 200;

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

/// What a client for the Staffel at this address is made of: it goes there and nowhere else, as its token is meant for that one.
pub fn to_staffel(base: &str) -> ClientBuilder {
    client_for(base).redirect(Policy::none()).no_proxy()
}

/// With what a server answered that sends us to another address, and what to do; none where it does not.
pub fn elsewhere(answer: &Response) -> Option<String> {
    let status = answer.status();
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    let location: String = hide(location).chars().take(LOCATION_MOST).collect();
    status.is_redirection().then(|| {
        format!(
            "{status} with the address {location}; name the server there with --url or STAFFEL_URL"
        )
    })
}

/// Makes a client.
///
/// # Errors
/// TLS cannot be used; why, and what to do.
pub fn build(builder: ClientBuilder) -> Result<Client, NoClient> {
    builder.build().map_err(|error| {
        let why = error.source().map(ToString::to_string);
        NoClient(why.unwrap_or_else(|| error.to_string()))
    })
}
