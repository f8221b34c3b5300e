//! A certificate of a server that is called `localhost`, made anew for each test.

use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A certificate and what a server needs to show it.
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) acceptor: TlsAcceptor,
}

impl Certificate {
    pub(crate) fn of_localhost() -> Certificate {
        Certificate::of("localhost")
    }

    pub(crate) fn of(name: &str) -> Certificate {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        Certificate { der: made.cert.der().to_vec(), acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}
