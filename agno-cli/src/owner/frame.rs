//! Frames: JSON behind its length.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Writes one frame.
///
/// # Errors
///
/// `FileTooLarge` before anything is written, or the system's own.
pub(super) async fn write<T: Serialize>(
    to: &mut (impl AsyncWrite + Unpin),
    value: &T,
    limit: usize,
) -> io::Result<()> {
    let body = serde_json::to_vec(value)?;
    let length = u32::try_from(body.len()).ok();
    let Some(length) = length.filter(|_| body.len() <= limit) else {
        let problem = format!("{} bytes, the limit is {limit}", body.len());
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    };
    to.write_all(&length.to_be_bytes()).await?;
    to.write_all(&body).await?;
    to.flush().await
}

/// Reads one frame. Memory is taken as its bytes arrive, and not for what its length promises.
///
/// # Errors
///
/// `InvalidData` for a frame that is too long or not what is expected, `UnexpectedEof` for half a
/// one, or the system's own.
pub(super) async fn read<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await?;
    let length = u32::from_be_bytes(length);
    if usize::try_from(length).map_or(true, |length| length > limit) {
        let problem = format!("a frame of {length} bytes, the limit is {limit}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
    }
    let mut body = Vec::new();
    let read = from.take(length.into()).read_to_end(&mut body).await?;
    if u32::try_from(read).ok() != Some(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&body).map_err(|error| {
        let problem = format!("a frame that cannot be read: {error}");
        io::Error::new(io::ErrorKind::InvalidData, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(mut bytes: &[u8], limit: usize) -> io::Result<Vec<u32>> {
        read(&mut bytes, limit).await
    }

    #[tokio::test]
    async fn a_frame_comes_back() {
        let mut bytes = Vec::new();
        write(&mut bytes, &[1, 2, 3], 7).await.expect("fits");
        assert_eq!(bytes[..4], [0, 0, 0, 7]);
        assert_eq!(read_all(&bytes, 7).await.expect("is whole"), [1, 2, 3]);
    }

    #[tokio::test]
    async fn too_much_is_refused_by_both_sides() {
        let mut bytes = Vec::new();
        let refused = write(&mut bytes, &[1, 2, 3], 6).await.expect_err("7 bytes");
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
        assert!(bytes.is_empty(), "half a frame");
        let refused = read_all(&[0xff; 64], 1 << 24).await.expect_err("4 GiB");
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn half_a_frame_is_an_end_and_garbage_is_garbage() {
        for half in [&[][..], &[0, 0], &[0, 0, 0, 7], &[0, 0, 0, 7, b'[']] {
            let error = read_all(half, 64).await.expect_err("half a frame");
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{half:?}");
        }
        let error = read_all(&[0, 0, 0, 3, b'{', 0xff, b'}'], 64).await;
        assert_eq!(
            error.expect_err("garbage").kind(),
            io::ErrorKind::InvalidData
        );
    }
}
