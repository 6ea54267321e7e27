//! One Ed25519 key as PKCS#8 PEM (RFC 8410), plain or encrypted with PBES2 (scrypt, AES-256-CBC).
//!
//! In: a key, a passphrase or none. Out: PEM text that OpenSSL reads too, and back. Always: only Ed25519;
//! buffers with a secret are zeroed. Not for files: see [`crate::keys`].

use courtseal_proof::bytes::key::SecretKey;
use pkcs8::der::Decode;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::pbes2::{self, Kdf};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument,
};
use zeroize::Zeroizing;

/// id-Ed25519 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// scrypt's cost: N = 2^14, r = 8, p = 5. 16 MiB, because OpenSSL refuses more than 32 MiB unless told
/// otherwise.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 5;
/// Most that a file may ask for: 64 MiB (scrypt's N times r, each of 128 bytes), so large blocks, so many
/// passes, and so many iterations of PBKDF2.
const SCRYPT_COST_MAX: u64 = 1 << 19;
const SCRYPT_R_MAX: u16 = 1_024;
const SCRYPT_P_MAX: u16 = 16;
const PBKDF2_ITERATIONS_MAX: u32 = 10_000_000;

/// Whether a PEM text is encrypted, by its first line.
pub fn is_encrypted(pem: &str) -> bool {
    pem.trim_start().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

/// The PEM text of a key.
///
/// # Errors
/// No randomness for salt and IV.
pub fn encode(key: &SecretKey, passphrase: Option<&str>) -> anyhow::Result<Zeroizing<String>> {
    // RFC 8410, section 7: the key is an OCTET STRING inside the OCTET STRING of PKCS#8.
    let mut octets = Zeroizing::new([0; 34]);
    octets[..2].copy_from_slice(&[0x04, 0x20]);
    octets[2..].copy_from_slice(&*key.seed());
    let info = PrivateKeyInfoRef::new(
        AlgorithmIdentifierRef { oid: ED25519, parameters: None },
        OctetStringRef::new(&*octets).map_err(failed)?,
    );
    let Some(passphrase) = passphrase else {
        return SecretDocument::try_from(&info).map_err(failed)?.to_pem(PLAIN, LineEnding::LF).map_err(failed);
    };
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut iv)?;
    let cost = pkcs8::pkcs5::scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).map_err(failed)?;
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).map_err(failed)?;
    info.encrypt_with_params(parameters, passphrase).map_err(failed)?.to_pem(ENCRYPTED, LineEnding::LF).map_err(failed)
}

/// The key of a PEM text.
///
/// # Errors
/// Not PKCS#8 PEM of an Ed25519 key, or not decrypted by this passphrase.
pub fn decode(pem: &str, passphrase: Option<&str>) -> anyhow::Result<SecretKey> {
    let (label, document) = SecretDocument::from_pem(pem).map_err(|_| anyhow::anyhow!("a key is not in PEM"))?;
    let document = match (label, passphrase) {
        (PLAIN, _) => document,
        (ENCRYPTED, Some(passphrase)) => EncryptedPrivateKeyInfoRef::from_der(document.as_bytes())
            .map_err(|_| anyhow::anyhow!("an encrypted key is not PKCS#8"))
            .and_then(|encrypted| open(&encrypted, passphrase))?,
        (ENCRYPTED, None) => anyhow::bail!("it has a passphrase"),
        _ => anyhow::bail!("a PEM text is not a private key"),
    };
    let info = PrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|_| anyhow::anyhow!("a key is not PKCS#8"))?;
    anyhow::ensure!(info.algorithm.oid == ED25519, "a key is not an Ed25519 key");
    match info.private_key.as_bytes() {
        [0x04, 0x20, seed @ ..] if seed.len() == 32 => {
            let mut bytes = Zeroizing::new([0; 32]);
            bytes.copy_from_slice(seed);
            Ok(SecretKey::from_seed(*bytes))
        }
        _ => anyhow::bail!("a key has not 32 bytes"),
    }
}

/// Whether this costs no more than it may: else a damaged file would take all memory, or hours.
fn is_bearable(kdf: &Kdf) -> bool {
    match kdf {
        Kdf::Scrypt(scrypt) => {
            let (n, r, p) = (scrypt.cost_parameter, scrypt.block_size, scrypt.parallelization);
            // The library takes N for a power of two without asking.
            let is_power = n >= 2 && n.is_power_of_two();
            let is_small = n.checked_mul(u64::from(r)).is_some_and(|cost| cost <= SCRYPT_COST_MAX);
            is_power && is_small && r <= SCRYPT_R_MAX && p <= SCRYPT_P_MAX
        }
        Kdf::Pbkdf2(pbkdf2) => pbkdf2.iteration_count <= PBKDF2_ITERATIONS_MAX,
        _ => false,
    }
}

fn open(encrypted: &EncryptedPrivateKeyInfoRef<'_>, passphrase: &str) -> anyhow::Result<SecretDocument> {
    let parameters = encrypted.encryption_algorithm.pbes2();
    anyhow::ensure!(
        parameters.is_some_and(|parameters| is_bearable(&parameters.kdf)),
        "an encrypted key asks for more work than a passphrase takes, or for another kind"
    );
    encrypted.decrypt(passphrase).map_err(|_| anyhow::anyhow!("the passphrase does not open it"))
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("the key could not be encoded: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkcs8::der::Encode;
    use pkcs8::der::asn1::OctetStringRef;
    use pkcs8::pkcs5::EncryptionScheme;
    use pkcs8::pkcs5::pbes2::{EncryptionScheme as Cipher, Parameters, Pbkdf2Params, Salt, ScryptParams};

    fn scrypt(n: u64, r: u16, p: u16) -> Kdf {
        let salt = Salt::new([0; 8]).unwrap();
        Kdf::Scrypt(ScryptParams { salt, cost_parameter: n, block_size: r, parallelization: p, key_length: None })
    }

    fn pbkdf2(iterations: u32) -> Kdf {
        Kdf::Pbkdf2(Pbkdf2Params::hmac_sha256(iterations, &[0; 8]).unwrap())
    }

    /// A key that is encrypted like this, by its own words.
    fn encrypted(kdf: Kdf) -> Zeroizing<String> {
        let scheme = EncryptionScheme::from(Parameters { kdf, encryption: Cipher::Aes256Cbc { iv: [0; 16] } });
        let info =
            EncryptedPrivateKeyInfoRef { encryption_algorithm: scheme, encrypted_data: OctetStringRef::new(&[0; 48]).unwrap() };
        SecretDocument::try_from(info.to_der().unwrap().as_slice()).unwrap().to_pem(ENCRYPTED, LineEnding::LF).unwrap()
    }

    #[test]
    fn f41_no_file_takes_more_work_than_a_passphrase() {
        let (n_max, p_max) = (SCRYPT_COST_MAX / 8, SCRYPT_P_MAX);
        for (most, one_above) in [
            (scrypt(n_max, 8, p_max), scrypt(n_max, 8, p_max + 1)),
            (scrypt(SCRYPT_COST_MAX, 1, 1), scrypt(2 * SCRYPT_COST_MAX, 1, 1)),
            (scrypt(2, SCRYPT_R_MAX, 1), scrypt(2, SCRYPT_R_MAX + 1, 1)),
            (scrypt(2, 8, 1), scrypt(0, 8, 1)),
            (scrypt(4, 8, 1), scrypt(1, 8, 1)),
            (scrypt(16, 8, 1), scrypt(15, 8, 1)),
            (scrypt(2, 1, 1), scrypt(1 << 63, 1_000, 1)),
            (pbkdf2(PBKDF2_ITERATIONS_MAX), pbkdf2(PBKDF2_ITERATIONS_MAX + 1)),
        ] {
            assert!(is_bearable(&most), "{most:?}");
            let error = decode(&encrypted(one_above), Some("a passphrase")).unwrap_err().to_string();
            assert!(error.contains("more work"), "{error}");
        }
        let error = decode(&encrypted(scrypt(n_max, 8, 1)), Some("a passphrase")).unwrap_err().to_string();
        assert!(error.contains("does not open"), "{error}");
    }
}
