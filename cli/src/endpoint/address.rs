//! Where a server is, and which addresses lead to the same one.

use std::net::SocketAddr;

use protocol::DEFAULT_LISTEN;
use reqwest::Url;

use crate::token::hide;

/// The address of a server that nobody configured.
pub fn usual_server() -> String {
    format!("http://{DEFAULT_LISTEN}")
}

/// The address of the MCP endpoint; for a server named without a path it is added.
pub fn parse_url(text: &str) -> Result<Url, String> {
    let allowed = "Allowed: an address that begins with http:// or https://, for example http://127.0.0.1:4700/mcp";
    let mut url = Url::parse(text).map_err(|error| format!("{error}. {allowed}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(allowed.to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "it must not carry a password: it would stand in the file for all to read".to_owned(),
        );
    }
    if url.path() == "/" {
        url.set_path("/mcp");
    }
    Ok(url)
}

/// The MCP endpoint of a server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    mcp: Url,
}

impl Endpoint {
    /// The endpoint at this address.
    pub fn new(mcp: Url) -> Self {
        Self { mcp }
    }

    /// Its address.
    pub fn mcp(&self) -> &str {
        self.mcp.as_str()
    }

    /// Its address as it may be shown to people.
    pub fn shown(&self) -> String {
        hide(self.mcp())
    }

    /// The address of the server, without a slash at its end.
    pub fn base(&self) -> String {
        let mut base = self.mcp.clone();
        base.set_query(None);
        base.set_fragment(None);
        let base = base.as_str().trim_end_matches('/');
        base.strip_suffix("/mcp").unwrap_or(base).to_owned()
    }

    /// Whether the address is one of this machine.
    pub fn is_of_this_machine(&self) -> bool {
        self.listen()
            .is_some_and(|listen| listen.ip().is_loopback())
    }

    /// Whether it is where a server is that nobody configured.
    pub fn is_usual(&self) -> bool {
        self.is_at(&usual_server())
    }

    /// What a server of this machine has to listen on to be here.
    pub fn listen(&self) -> Option<SocketAddr> {
        let host = match self.mcp.host_str()? {
            "localhost" => "127.0.0.1",
            host => host,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.mcp.port_or_known_default()?;
        Some(SocketAddr::new(host.parse().ok()?, port))
    }

    /// Whether an address leads here too: of the server, or of its endpoint.
    pub fn is_at(&self, address: &str) -> bool {
        let same = |endpoint: &Self| endpoint.base().replace("//localhost", "//127.0.0.1");
        parse_url(address).is_ok_and(|mcp| same(&Self { mcp }) == same(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Endpoint {
        let mcp = parse_url(url).expect("an address");
        Endpoint::new(mcp)
    }

    #[test]
    fn the_server_is_where_its_endpoint_is() {
        for (url, mcp, base) in [
            ("http://h:1", "http://h:1/mcp", "http://h:1"),
            ("http://h:1/mcp/", "http://h:1/mcp/", "http://h:1"),
            ("https://h/a/mcp?x=1", "https://h/a/mcp?x=1", "https://h/a"),
        ] {
            let endpoint = at(url);
            assert_eq!((endpoint.mcp(), &*endpoint.base()), (mcp, base));
        }
    }

    #[test]
    fn addresses_that_lead_to_the_same_server_are_known() {
        let here = at("http://127.0.0.1:4700");
        for same in [
            "http://127.0.0.1:4700/mcp",
            "http://localhost:4700/mcp/",
            "http://localhost:4700",
        ] {
            assert!(here.is_at(same), "{same}");
        }
        for other in [
            "http://127.0.0.1:4701/mcp",
            "https://localhost:4700",
            "",
            "x",
        ] {
            assert!(!here.is_at(other), "{other}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for here in [
            "http://localhost:1",
            "http://127.0.0.2:1",
            "https://[::1]:1",
        ] {
            assert!(at(here).is_of_this_machine(), "{here}");
        }
        for there in [
            "http://localhost.example",
            "http://192.0.2.1",
            "http://[::2]",
        ] {
            assert!(!at(there).is_of_this_machine(), "{there}");
        }
    }
}
