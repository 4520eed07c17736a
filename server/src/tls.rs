//! The certificate of a server that speaks TLS itself: read from files, and again when they change.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tokio_rustls::TlsAcceptor;

/// How soon a renewed certificate is used.
const LOOK: Duration = Duration::from_secs(5);

/// Where certificate and key are, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those between it and a root.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl TlsFiles {
    fn load(&self) -> Result<CertifiedKey> {
        let (cert, key) = (self.cert.display(), self.key.display());
        let chain = CertificateDer::pem_file_iter(&self.cert)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .with_context(|| format!("[server] tls_cert = {cert} cannot be read as PEM"))?;
        ensure!(
            !chain.is_empty(),
            "[server] tls_cert = {cert} holds no certificate. Allowed: PEM, the server's own certificate first."
        );
        let private = PrivateKeyDer::from_pem_file(&self.key).with_context(|| {
            format!("[server] tls_key = {key} cannot be read as a private key in PEM")
        })?;
        CertifiedKey::from_der(chain, private, &ring::default_provider()).with_context(|| {
            format!("[server] the key {key} is not that of the certificate {cert}")
        })
    }

    fn changed(&self) -> io::Result<[SystemTime; 2]> {
        let changed = |path| fs::metadata(path)?.modified();
        Ok([changed(&self.cert)?, changed(&self.key)?])
    }
}

/// The certificate in use.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

/// What makes a connection one over TLS.
pub struct Tls {
    files: TlsFiles,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// They cannot be read, or do not belong together; the message names them.
    pub fn open(files: &TlsFiles) -> Result<Self> {
        let current = Arc::new(Current(RwLock::new(Arc::new(files.load()?))));
        let resolver = Arc::clone(&current) as Arc<dyn ResolvesServerCert>;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .context("TLS")?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files: files.clone(),
            current,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// What takes connections.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Uses a certificate that was renewed. Files that cannot be used change nothing. Never ends.
    pub async fn follow(self) {
        let mut known = self.files.changed().ok();
        let mut tick = interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let files = self.files.clone();
            let looked = spawn_blocking(move || {
                let changed = files.changed().ok();
                (changed != known).then(|| (changed, files.load()))
            });
            let Ok(Some((changed, loaded))) = looked.await else {
                continue;
            };
            known = changed;
            match loaded {
                Ok(renewed) => {
                    *self
                        .current
                        .0
                        .write()
                        .unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
                    tracing::info!("a renewed certificate is in use");
                }
                Err(error) => tracing::error!("the certificate of before stays in use: {error:#}"),
            }
        }
    }
}
