//! TLS between the store and the server, with the feature `postgres-tls`.
//!
//! There is no TLS without a check: the server's certificate and name are verified in every mode, by
//! what this machine trusts or by the certificate that the URL names.

use std::path::PathBuf;

use crate::StoreResult;

/// What a URL asks for.
#[derive(Default)]
pub(super) struct Wanted {
    /// `require`, `verify-ca` or `verify-full`.
    pub(super) mode: Option<String>,
    /// `sslrootcert`: only what these certificates vouch for is trusted.
    pub(super) roots: Option<PathBuf>,
}

/// How connections are encrypted.
#[derive(Clone)]
pub(super) enum Encryption {
    /// Not at all.
    None,
    #[cfg(feature = "postgres-tls")]
    Tls(tokio_postgres_rustls::MakeRustlsConnect),
}

impl Wanted {
    /// `location` is for words to people.
    #[cfg(feature = "postgres-tls")]
    pub(super) fn encryption(self, location: &str) -> StoreResult<Encryption> {
        use std::sync::Arc;

        use rustls::{ClientConfig, RootCertStore};
        use rustls_pki_types::{CertificateDer, pem::PemObject};
        use rustls_platform_verifier::BuilderVerifierExt;

        if self.mode.is_none() {
            return Ok(Encryption::None);
        }
        let failed = |message: String| crate::StoreError::Unavailable {
            store: location.to_owned(),
            message,
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(format!("TLS cannot be set up: {error}")))?;
        let builder = match self.roots {
            None => builder
                .with_platform_verifier()
                .map_err(|error| failed(format!("what this machine trusts: {error}")))?,
            Some(file) => {
                let unreadable = |problem: String| {
                    let file = file.display();
                    failed(format!(
                        "the certificates of sslrootcert, {file}: {problem}"
                    ))
                };
                let mut roots = RootCertStore::empty();
                let certificates = CertificateDer::pem_file_iter(&file);
                for certificate in certificates.map_err(|error| unreadable(error.to_string()))? {
                    certificate
                        .map_err(|error| error.to_string())
                        .and_then(|it| roots.add(it).map_err(|error| error.to_string()))
                        .map_err(unreadable)?;
                }
                if roots.is_empty() {
                    return Err(unreadable("there is none in it".to_owned()));
                }
                builder.with_root_certificates(roots)
            }
        };
        let config = builder.with_no_client_auth();
        Ok(Encryption::Tls(
            tokio_postgres_rustls::MakeRustlsConnect::new(config),
        ))
    }

    /// Refuses what this build has not: never a plain connection in the place of an encrypted one.
    #[cfg(not(feature = "postgres-tls"))]
    pub(super) fn encryption(self, location: &str) -> StoreResult<Encryption> {
        let Some(mode) = self.mode else {
            return Ok(Encryption::None);
        };
        Err(crate::StoreError::Unavailable {
            store: location.to_owned(),
            message: format!(
                "the URL asks for TLS (`sslmode={mode}`), which this build has not; turn on the \
                 feature `postgres-tls` of agno-workflows, or connect through a Unix socket"
            ),
        })
    }
}
