//! Makes a transaction that states one public file, signs it, and submits it to a node.
//!
//! `make_and_submit_transaction KEY FILE ADDRESS`, such as `… net/keys/notary-1.key lease.pdf 127.0.0.1:8600`
//!
//! In: a plain key file (F41), a file, the address of a node's RPC.
//! Out: the node's answer (R2, R3), with the receipt once the courts have recorded the statement.
//! Always: plain HTTP, which is enough, because the transaction is signed and the receipt proves itself.
//! Not for keys with a passphrase, nor for a request that must survive a crash: see `courtseal notarize`.

use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::transaction::Transaction;
use std::error::Error;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

/// How long the courts may take to record the transaction: an hour.
const VALID_MS: u64 = 3_600_000;

/// A transaction by the key of this file that states a public file of these contents.
fn sign(key_file: &str, contents: &[u8]) -> Result<Transaction, Box<dyn Error>> {
    let key_file: serde_json::Value = serde_json::from_slice(&fs::read(key_file)?)?;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned).ok_or("it is no key file of a member");
    let pem = text(&key_file["keys"]["member"])?;
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64_text::decode(&der).filter(|_| pem.starts_with("-----BEGIN PRIVATE KEY-----"));
    // The seed is the end of a PKCS#8 document of an Ed25519 key.
    let seed = *der.as_deref().and_then(|der| der.last_chunk::<32>()).ok_or("the key is not a plain one")?;
    let mut nonce = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut nonce)?;
    let now = Timestamp(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?);
    let digests = FileDigests::of_sha256(sha256(contents));
    let statement = Statement::public(digests, contents.len() as u64);
    let (origin, member) = (Origin::parse(&text(&key_file["origin"])?)?, Name::new(text(&key_file["member"])?)?);
    Ok(Transaction::sign(&origin, &member, &SecretKey::from_seed(seed), nonce, now.plus_ms(VALID_MS), vec![statement])?)
}

/// Sends a transaction, and waits up to 30 s for its record. The answer is HTTP, head and body.
fn submit(address: &str, transaction: &Transaction) -> Result<String, Box<dyn Error>> {
    let body = transaction.to_text();
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST /v1/transactions?wait_ms=30000 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Does all of it; the node's answer.
pub fn run(arguments: &[String]) -> Result<String, Box<dyn Error>> {
    let [key_file, file, address] = arguments else {
        return Err("usage: make_and_submit_transaction KEY FILE ADDRESS".into());
    };
    submit(address, &sign(key_file, &fs::read(file)?)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run(&std::env::args().skip(1).collect::<Vec<_>>())?);
    Ok(())
}
