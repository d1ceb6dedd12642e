//! The site's certificate, by an authority that exists for one test only.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// An acceptor for `names`, and the authority's certificate in PEM.
pub(super) fn acceptor(names: Vec<String>) -> (TlsAcceptor, String) {
    const WHY: &str = "making a certificate from good names does not fail";
    let ca_key = KeyPair::generate().expect(WHY);
    let mut ca = CertificateParams::new(Vec::new()).expect(WHY);
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    ca.distinguished_name.push(DnType::CommonName, "Practice authority, for one test");
    let authority = ca.self_signed(&ca_key).expect(WHY);
    let issuer = Issuer::new(ca, ca_key);

    let key = KeyPair::generate().expect(WHY);
    let own = CertificateParams::new(names).expect(WHY);
    let certificate = own.signed_by(&key, &issuer).expect(WHY);
    let private = PrivateKeyDer::try_from(key.serialize_der()).expect(WHY);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect(WHY)
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect(WHY);
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}
