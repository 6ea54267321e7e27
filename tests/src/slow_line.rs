//! A slow line between a client and a node, with a limited rate in each direction.
//!
//! In: a node's URL and a rate.
//! Out: a URL that reaches the node over that line.
//! Always: bytes are forwarded whole and in order. Few bytes are in flight, so that both ends notice how slow
//! the line is.
//! Not for lines that break: see [`crate::proxy`].

use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// The interval at which bytes are forwarded.
const EVERY: Duration = Duration::from_millis(50);
/// The size of the system's buffers for one direction.
const ON_THE_WAY_BYTES: usize = 4096;

/// Starts a line of this rate, and returns the URL of the node behind it. The line lives as long as the test
/// process.
///
/// # Panics
/// No port is free.
pub fn to(url: &str, bytes_per_s: usize) -> String {
    let address = url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    SockRef::from(&listener).set_recv_buffer_size(ON_THE_WAY_BYTES).expect("the system takes the size");
    let slow = format!("http://{}", listener.local_addr().expect("it listens"));
    let piece = bytes_per_s * EVERY.as_millis() as usize / 1000;
    std::thread::spawn(move || {
        for caller in listener.incoming().flatten() {
            let Ok(node) = TcpStream::connect(&address) else { continue };
            for side in [&caller, &node] {
                let _ = SockRef::from(side).set_send_buffer_size(ON_THE_WAY_BYTES);
            }
            let (Ok(from_caller), Ok(from_node)) = (caller.try_clone(), node.try_clone()) else { continue };
            std::thread::spawn(move || carry(from_caller, node, piece));
            std::thread::spawn(move || carry(from_node, caller, piece));
        }
    });
    slow
}

fn carry(mut from: TcpStream, mut to: TcpStream, piece: usize) {
    let mut bytes = vec![0; piece];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
        // This sleep is the line's speed, not a wait for an event.
        std::thread::sleep(EVERY * length as u32 / piece as u32);
    }
    let _ = to.shutdown(Shutdown::Write);
}
