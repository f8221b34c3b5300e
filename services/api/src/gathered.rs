//! A TCP connection on which small messages leave together.
//!
//! HTTP/2 frames of some hundred bytes are handed to the kernel each for itself as long as the connection takes several
//! buffers at once (`writev`). One that does not has them copied into one buffer first, up to a kilobyte each: calls that are
//! made at the same moment then cost one system call, here and where they are read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// The connection, without delay for small messages.
#[derive(Debug)]
pub(crate) struct Gathered(TcpStream);

impl Gathered {
    /// Takes a connection over.
    ///
    /// # Errors
    ///
    /// Returns what kept the delay from being switched off.
    pub(crate) fn new(stream: TcpStream) -> io::Result<Gathered> {
        stream.set_nodelay(true)?;
        Ok(Gathered(stream))
    }
}

impl AsyncRead for Gathered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

/// Not vectored: that is the point.
impl AsyncWrite for Gathered {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl Connected for Gathered {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.0.connect_info()
    }
}
