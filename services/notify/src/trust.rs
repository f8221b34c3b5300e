//! Whose certificates are believed: one TLS stack (rustls with ring) for every channel.

use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::SettingsError;

/// The authorities whose certificates a server may show.
#[derive(Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
}

impl Trust {
    /// Trusts what this machine trusts, and besides these certificates (DER).
    ///
    /// Reads files; call it at the start, not on the async runtime.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Certificate`] if one of `extra` is none, [`SettingsError::NothingTrusted`] if there is nothing to
    /// trust at all.
    pub fn system(extra: &[Vec<u8>]) -> Result<Trust, SettingsError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Trust::with(roots, extra)
    }

    /// Trusts these certificates (DER) and no others.
    ///
    /// # Errors
    ///
    /// As [`Trust::system`].
    pub fn only(certificates: &[Vec<u8>]) -> Result<Trust, SettingsError> {
        Trust::with(RootCertStore::empty(), certificates)
    }

    fn with(mut roots: RootCertStore, extra: &[Vec<u8>]) -> Result<Trust, SettingsError> {
        for (index, certificate) in extra.iter().enumerate() {
            let added = roots.add(CertificateDer::from(certificate.clone()));
            added.map_err(|_| SettingsError::Certificate { number: index + 1 })?;
        }
        if roots.is_empty() {
            return Err(SettingsError::NothingTrusted);
        }
        Ok(Trust { roots: Arc::new(roots) })
    }

    /// Makes connections of TLS 1.2 or 1.3, speaking `protocols` (ALPN) inside.
    pub(crate) fn connector(&self, protocols: &[&[u8]]) -> Result<TlsConnector, SettingsError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(SettingsError::Tls)?;
        let mut config = builder.with_root_certificates(self.roots.clone()).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Trust({} certificates)", self.roots.len())
    }
}
