//! Where a database is, and who may see its password: nobody.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// After so long without an answer of the other machine a connection is given up.
const SILENT: Duration = Duration::from_secs(20);

/// Where a database is, how to sign in, and whom to trust there. Shown without the password.
#[derive(Clone)]
pub struct Address {
    config: Box<Config>,
    /// Certificates beside those of the web, as DER.
    trusted: Vec<CertificateDer<'static>>,
}

/// A text that is no address of a database. Says nothing of what was given, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0}. Allowed: postgres://USER@HOST:PORT/DATABASE, with ?sslmode=disable where TLS is not wanted"
)]
pub struct InvalidAddress(String);

impl Address {
    /// Reads an address; a password beside it takes the place of one in it.
    ///
    /// # Errors
    /// It is none, or the file of certificates cannot be used.
    pub fn new(
        url: &str,
        password: Option<&str>,
        trusted: Option<&Path>,
    ) -> Result<Self, InvalidAddress> {
        let scheme = ["postgres://", "postgresql://"];
        if !scheme.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(InvalidAddress(
                "It begins with neither postgres:// nor postgresql://".to_owned(),
            ));
        }
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let why = std::error::Error::source(&error).map(ToString::to_string);
            InvalidAddress(why.unwrap_or_else(|| error.to_string()))
        })?;
        if config.get_hosts().is_empty() {
            return Err(InvalidAddress("It names no host".to_owned()));
        }
        for host in config.get_hosts() {
            if let Host::Tcp(name) = host
                && name.contains('@')
            {
                // It may be a part of the password.
                return Err(InvalidAddress(
                    "Its host has an @ in it; one in a password is written %40".to_owned(),
                ));
            }
        }
        let is_here = |host: &Host| match host {
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&&**name),
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        // Whoever is between could say that there is no TLS, and be given the password.
        if config.get_ssl_mode() == SslMode::Prefer && !config.get_hosts().iter().all(is_here) {
            config.ssl_mode(SslMode::Require);
        }
        if config.get_hosts().len() > 1 {
            // After a switch-over the first may be a replica.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if let Some(password) = password {
            config.password(password);
        }
        config
            .application_name("staffel")
            .connect_timeout(CONNECT)
            .tcp_user_timeout(SILENT)
            .keepalives_idle(SILENT);
        let trusted = trusted.map_or(Ok(Vec::new()), |path| {
            let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
            read.map_err(|error| {
                InvalidAddress(format!(
                    "The certificates in {} cannot be read ({error})",
                    path.display()
                ))
            })
        })?;
        Ok(Self {
            config: config.into(),
            trusted,
        })
    }

    /// For a connection.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// TLS that trusts the authorities of the web, and those that were named. A certificate is always looked at: without
    /// that, TLS would keep nobody out who is between.
    ///
    /// # Errors
    /// A certificate that was named is none.
    pub fn tls(&self) -> Result<MakeRustlsConnect, String> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for certificate in &self.trusted {
            let added = roots.add(certificate.clone());
            added.map_err(|error| format!("a certificate of [journal] ca_file: {error}"))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "[{}]", folder.display())?,
            }
            if let Some(port) = ports.get(index).or_else(|| ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        if let Some(database) = self.config.get_dbname() {
            write!(f, "/{database}")?;
        }
        if self.config.get_ssl_mode() == SslMode::Require {
            f.write_str("?sslmode=require")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (url, shown) in [
            (
                "postgres://relay:hunter2@db.example:5433/staffel?sslmode=require",
                "postgres://relay@db.example:5433/staffel?sslmode=require",
            ),
            (
                "postgresql:///staffel?host=/run/postgresql&user=relay&password=hunter2",
                "postgres://relay@[/run/postgresql]/staffel",
            ),
        ] {
            let address = Address::new(url, Some("hunter2"), None).expect("an address");
            assert_eq!(address.to_string(), shown);
            assert!(!format!("{address:?}").contains("hunter2"));
        }
    }

    #[test]
    fn another_machine_is_asked_for_tls() {
        for (url, mode) in [
            ("postgres://db/staffel", SslMode::Require),
            ("postgres://localhost/staffel", SslMode::Prefer),
            ("postgres://localhost,db/staffel", SslMode::Require),
            ("postgres://db/staffel?sslmode=disable", SslMode::Disable),
        ] {
            let address = Address::new(url, None, None).expect("an address");
            assert_eq!(address.config().get_ssl_mode(), mode, "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_named_without_what_was_given() {
        for url in [
            "mysql://relay:hunter2@db/staffel",
            "postgres://relay:hunter2@db/staffel?sslmode=sometimes",
            "postgres://relay:hunter2@db:port/staffel",
            "host=db password=hunter2",
            "postgres:///staffel?password=hunter2",
            "postgres://relay:a@hunter2@db/staffel",
            "",
        ] {
            let error = Address::new(url, None, None).expect_err("no address");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
