//! A node behind a TLS proxy, and the certificates that the client accepts.
//!
//! In: a self-signed certificate, with and without `--ca`.
//! Out: failures that show what the program printed.
//! Always: a certificate is accepted only if its authority is named.
//! Not for connections between courts: they do not use TLS.

use crate::file;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::courtseal;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A Python program that accepts TLS connections with a certificate, forwards all bytes to a node, and prints
/// its port.
const PROXY: &str = r#"
import asyncio, ssl, sys
host, port, cert, key = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except Exception:
        pass
    finally:
        writer.close()
async def serve(reader, writer):
    a, b = await asyncio.open_connection(host, port)
    await asyncio.gather(pump(reader, b), pump(a, writer))
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"#;

struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=court",
        ])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("cert.pem"))
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
}

#[test]
fn a_certificate_is_believed_if_its_authority_is_named() {
    let network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap();
    certificate(&desk);
    let (host, port) = network.urls()[0]
        .trim_start_matches("http://")
        .split_once(':')
        .map(|(host, port)| (host.to_owned(), port.to_owned()))
        .unwrap();
    let mut child = Command::new("python3")
        .args(["-c", PROXY, &host, &port])
        .args([desk.join("cert.pem"), desk.join("key.pem")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _proxy = Proxy(child);
    let url = format!("https://127.0.0.1:{}", line.trim());
    let ca = desk.join("cert.pem");
    let ca = ca.to_str().unwrap();
    courtseal(["status", "--node", &url]).unwrap().complains(3, &["certificate", "--ca"]);
    courtseal(["status", "--node", &url, "--ca", ca]).unwrap().exits(0).says(&["recording"]);
    courtseal(["status", "--node", &url, "--ca", "/nonexistent"]).unwrap().complains(2, &["--ca", "cannot read"]);
    let path = file(&desk, "a", "a");
    network.notarize_at(&[url], &["--ca", ca, path.to_str().unwrap()]).unwrap().exits(0).says(&["recorded as entry"]);
}
