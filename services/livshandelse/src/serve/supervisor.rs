//! Tells systemd, or what speaks like it, when the service serves and when it stops: a datagram to the socket that
//! `NOTIFY_SOCKET` names, as described in sd_notify(3). Elsewhere nobody is told.

use crate::system;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Callers are answered.
pub(crate) fn ready() {
    tell("READY=1\nSTATUS=serving");
}

/// No new work is taken.
pub(crate) fn stopping() {
    tell("STOPPING=1\nSTATUS=finishing what is under way");
}

fn tell(state: &str) {
    let Some(name) = system::environment("NOTIFY_SOCKET") else { return };
    let told = address(&name).and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(error) = told {
        tracing::warn!(%error, "whoever looks after the process was not told");
    }
}

fn address(name: &str) -> std::io::Result<SocketAddr> {
    match name.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(name) => SocketAddr::from_abstract_name(name),
        #[cfg(not(target_os = "linux"))]
        Some(_) => Err(std::io::ErrorKind::Unsupported.into()),
        None => SocketAddr::from_pathname(name),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_sockets_are_told() {
        let folder = system::scratch_folder("livshandelse-supervisor");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("notify");
        let by_path = UnixDatagram::bind(&path).unwrap();
        let name = format!("livshandelse-test-{}", std::process::id());
        let by_name = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        for (socket, name) in [(by_path, path.display().to_string()), (by_name, format!("@{name}"))] {
            UnixDatagram::unbound().unwrap().send_to_addr(b"READY=1", &address(&name).unwrap()).unwrap();
            let mut bytes = [0; 16];
            let length = socket.recv(&mut bytes).unwrap();
            assert_eq!(&bytes[..length], b"READY=1");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
