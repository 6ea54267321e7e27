//! Reads frames from a stream.
//!
//! In: a stream and its priority.
//! Out: one frame after the other.
//! Always: a length above the stream's bound is rejected before memory is allocated (N2).
//! Not for the content of a frame: see [`courtseal_court::frame`].

use courtseal_court::frame::{Frame, LENGTH_BYTES, Priority};
use futures::{AsyncRead, AsyncReadExt};
use std::io;

/// Reads one frame, and returns it with the number of its bytes: kind and payload.
///
/// # Errors
/// The stream ended or failed. `InvalidData` with a message if the peer violates the protocol.
pub async fn read(stream: &mut (impl AsyncRead + Unpin), priority: Priority) -> io::Result<(Frame, usize)> {
    let broken = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut length = [0; LENGTH_BYTES];
    stream.read_exact(&mut length).await?;
    let length = priority.frame_bytes(length).map_err(broken)?;
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok((Frame::decode_on(priority, &bytes).map_err(broken)?, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::io::Cursor;

    #[test]
    fn n2_frames_follow_one_another_until_one_breaks_the_protocol() {
        let wrong = Frame::Transaction(vec![0; 3].into()).encode();
        let mut stream = Cursor::new([Frame::Ping(7).encode(), Frame::Pong(8).encode(), wrong].concat());
        let mut next = || block_on(read(&mut stream, Priority::Urgent));
        assert_eq!(next().unwrap(), (Frame::Ping(7), 9));
        assert_eq!(next().unwrap(), (Frame::Pong(8), 9));
        assert_eq!(next().unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(next().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn n2_a_false_length_is_told_from_a_stream_that_ended() {
        for priority in Priority::ALL {
            let kind = |length: usize| {
                let length = u32::try_from(length).unwrap().to_be_bytes();
                block_on(read(&mut Cursor::new(length), priority)).unwrap_err().kind()
            };
            assert_eq!(kind(priority.frame_bytes_max() + 1), io::ErrorKind::InvalidData);
            assert_eq!(kind(priority.frame_bytes_max()), io::ErrorKind::UnexpectedEof);
        }
    }
}
