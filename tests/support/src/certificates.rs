//! Certificates by an authority that exists for one run of tests only.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// An authority and a certificate by it, in PEM.
pub(crate) struct Certified {
    /// The authority's own certificate.
    pub ca: String,
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

/// Makes a new authority, and a certificate for `names`.
pub(crate) fn certify(names: Vec<String>) -> Certified {
    const WHY: &str = "making a certificate from good names does not fail";
    let ca_key = KeyPair::generate().expect(WHY);
    let mut ca = CertificateParams::new(Vec::new()).expect(WHY);
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    ca.distinguished_name.push(DnType::CommonName, "Authority of one run of tests");
    let authority = ca.self_signed(&ca_key).expect(WHY);
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().expect(WHY);
    let own = CertificateParams::new(names).expect(WHY);
    let certificate = own.signed_by(&key, &issuer).expect(WHY);
    Certified { ca: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
}

/// Serves TLS with a certificate.
pub(crate) fn acceptor(certificate: &str, key: &str) -> TlsAcceptor {
    const WHY: &str = "it is one of ours";
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect(WHY);
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect(WHY);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate], key));
    TlsAcceptor::from(Arc::new(config.expect("the key is the certificate's")))
}
