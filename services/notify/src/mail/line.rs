//! From a TCP connection to an encrypted one: what is said before `STARTTLS`.
//!
//! Done here and not by the library, so that nothing which came in before encryption can be taken for something said
//! after it (RFC 3207 4.2; command injection as in CVE-2011-0411): a byte too many ends the connection.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::status::Reason;

/// Bytes of one answer at the most; RFC 5321 allows 512 a line, and an answer to `EHLO` has some dozen.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

/// Greets, asks for `STARTTLS` and stops where TLS begins.
pub(super) async fn ask_for_tls(stream: &mut TcpStream, domain: &str) -> Result<(), Reason> {
    expect(&answer(stream).await?, 220)?;
    say(stream, &format!("EHLO {domain}\r\n")).await?;
    let offers = answer(stream).await?;
    expect(&offers, 250)?;
    let is_offered = offers.lines.iter().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS"));
    if !is_offered {
        return Err(Reason::NotTrusted);
    }
    say(stream, "STARTTLS\r\n").await?;
    expect(&answer(stream).await?, 220)
}

struct Answer {
    code: u16,
    /// Without their codes.
    lines: Vec<String>,
}

fn expect(answer: &Answer, code: u16) -> Result<(), Reason> {
    if answer.code == code { Ok(()) } else { Err(Reason::Answered { code: answer.code }) }
}

async fn say(stream: &mut TcpStream, line: &str) -> Result<(), Reason> {
    stream.write_all(line.as_bytes()).await.map_err(|_| Reason::Dropped)
}

/// Reads one whole answer and nothing after it.
async fn answer(stream: &mut TcpStream) -> Result<Answer, Reason> {
    let mut received = Vec::new();
    loop {
        let count = stream.read_buf(&mut received).await.map_err(|_| Reason::Dropped)?;
        if count == 0 {
            return Err(Reason::Dropped);
        }
        if received.len() > ANSWER_BYTES_MAX {
            return Err(Reason::NotUnderstood);
        }
        if let Some(answer) = parse(&received)? {
            return Ok(answer);
        }
    }
}

/// The answer, if it is whole; an error if there is anything behind it or it is none.
fn parse(received: &[u8]) -> Result<Option<Answer>, Reason> {
    let text = std::str::from_utf8(received).map_err(|_| Reason::NotUnderstood)?;
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((line, behind)) = rest.split_once("\r\n") {
        let code = line.get(..3).and_then(|code| code.parse::<u16>().ok()).filter(|code| (200..600).contains(code));
        let code = code.ok_or(Reason::NotUnderstood)?;
        lines.push(line.get(4..).unwrap_or_default().to_owned());
        match line.as_bytes().get(3) {
            Some(b'-') => rest = behind,
            Some(b' ') | None if behind.is_empty() => return Ok(Some(Answer { code, lines })),
            _ => return Err(Reason::NotUnderstood),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_when_it_is_whole_and_nothing_is_behind_it() {
        assert!(parse(b"250-mail.example\r\n250-STARTTLS\r\n").unwrap().is_none());
        let answer = parse(b"250-mail.example\r\n250-STARTTLS\r\n250 OK\r\n").unwrap().unwrap();
        assert_eq!((answer.code, answer.lines), (250, vec!["mail.example".into(), "STARTTLS".into(), "OK".into()]));
        assert_eq!(parse(b"220\r\n").unwrap().unwrap().code, 220);
    }

    #[test]
    fn what_is_slipped_in_behind_an_answer_ends_the_connection() {
        assert!(matches!(parse(b"220 go ahead\r\n250 injected\r\n"), Err(Reason::NotUnderstood)));
        assert!(matches!(parse(b"HTTP/1.1 400 Bad\r\n"), Err(Reason::NotUnderstood)));
        assert!(matches!(parse(b"999 no\r\n"), Err(Reason::NotUnderstood)));
        assert!(matches!(parse(b"\xff\r\n"), Err(Reason::NotUnderstood)));
    }
}
