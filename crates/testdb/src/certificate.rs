//! A certificate for one server, and the authority that signed it, both made for one test.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The certificate of the authority, which a client must trust.
pub(crate) fn authority(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

/// The server's certificate.
pub(crate) fn certificate(folder: &Path) -> PathBuf {
    folder.join("server.pem")
}

/// The server's private key.
pub(crate) fn key(folder: &Path) -> PathBuf {
    folder.join("server.key")
}

/// A certificate with its key, in the form of PEM.
pub(crate) struct Signed {
    authority: String,
    certificate: String,
    key: String,
}

impl Signed {
    /// Writes certificate and key to the folder of a server.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(authority(folder), &self.authority)?;
        fs::write(certificate(folder), &self.certificate)?;
        // a server refuses a key that others may read
        let key = File::options().write(true).create_new(true).mode(0o600).open(key(folder));
        key?.write_all(self.key.as_bytes())
    }
}

/// A certificate for a server with these names and addresses. The key of the authority is not stored.
pub(crate) fn sign(names: &[&str]) -> Result<Signed, rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "an authority for one test");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let signed = authority.self_signed(&key)?.pem();
    let authority = Issuer::new(authority, key);

    let mut server = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    server.distinguished_name.push(DnType::CommonName, "a server for one test");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?.pem();
    Ok(Signed { authority: signed, certificate, key: key.serialize_pem() })
}
