//! Reads delivery reports (RFC 3464): what became of a letter after a server took it.

use crate::channel::Receipt;
use crate::notice::NoticeId;
use crate::status::Status;

/// Bytes of a report that are looked at; what is told stands in the beginning, the letter's headers follow.
const REPORT_BYTES_MAX: usize = 64 * 1024;

/// What a report says of a letter whose id ends with our domain; `None` if it says nothing, or only that it will be tried
/// again.
///
/// `delivered` is a receipt. `relayed` and `expanded` say that the trace ends (RFC 3464 2.3.3): no news.
pub(super) fn read(received: &[u8], domain: &str) -> Option<Receipt> {
    let text = String::from_utf8_lossy(&received[..received.len().min(REPORT_BYTES_MAX)]);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let begins = lines.iter().position(|line| {
        field(line, "content-type").is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("message/delivery-status")
                || kind.eq_ignore_ascii_case("message/global-delivery-status")
        })
    })?;
    let rest = &lines[begins..];
    let action = rest.iter().find_map(|line| field(line, "action"))?;
    let code = rest.iter().find_map(|line| field(line, "status")).unwrap_or_default();
    let (status, ends_address) = match action.split_whitespace().next()?.to_ascii_lowercase().as_str() {
        "delivered" => (Status::Delivered, false),
        "failed" => failed(code),
        _ => return None,
    };
    let id = (0..rest.len()).find_map(|index| {
        let value = field(rest[index], "message-id")?;
        // Long values are folded onto the next line.
        let value = if value.is_empty() { rest.get(index + 1).map_or("", |next| next.trim()) } else { value };
        let (id, place) = value.strip_prefix('<')?.strip_suffix('>')?.split_once('@')?;
        NoticeId::parse(id).filter(|_| place.eq_ignore_ascii_case(domain))
    })?;
    Some(Receipt { id, status, ends_address })
}

/// What a failure means by its enhanced code (RFC 3463): 4.y.z was tried for as long as the server tries; of 5.y.z those of
/// the receiver's address and of a mailbox that is closed end the address, all others say that it is not taken.
fn failed(code: &str) -> (Status, bool) {
    let code = code.split([' ', '(']).next().unwrap_or_default();
    match code.split('.').collect::<Vec<_>>().as_slice() {
        ["4", ..] => (Status::Unreachable, false),
        // 5.1.7 and 5.1.8 are of the sender's address.
        ["5", "1", detail] if !matches!(*detail, "7" | "8") => (Status::Bounced, true),
        ["5", "2", "1"] => (Status::Bounced, true),
        ["5", ..] => (Status::Refused, false),
        _ => (Status::Bounced, false),
    }
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (before, after) = line.split_once(':')?;
    before.eq_ignore_ascii_case(name).then(|| after.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn report(action: &str, message_id: &str) -> String {
        coded(action, "5.1.1", message_id)
    }

    fn coded(action: &str, code: &str, message_id: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nMessage-ID: <1@mx.example>\r\n\
             Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"b\"\r\n\r\n\
             --b\r\n\r\nIt did not work: Action: delivered\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; anna@exempel.se\r\n\
             Action: {action}\r\nStatus: {code}\r\n\r\n\
             --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: x\r\n--b--\r\n"
        )
    }

    fn status(action: &str) -> Option<Status> {
        read(report(action, &format!("<{ID}@post.example>")).as_bytes(), "post.example").map(|receipt| receipt.status)
    }

    #[test]
    fn a_report_says_what_became_of_the_letter() {
        assert_eq!(status("failed"), Some(Status::Bounced));
        assert_eq!(status("delivered (to mailbox)"), Some(Status::Delivered));
        assert_eq!(status("delayed"), None);
        assert_eq!(status("relayed"), None);
    }

    #[test]
    fn only_a_code_that_is_for_good_and_of_the_receiver_ends_the_address() {
        let told = |code| {
            let text = coded("failed", code, &format!("<{ID}@post.example>"));
            read(text.as_bytes(), "post.example").map(|receipt| (receipt.status, receipt.ends_address)).unwrap()
        };
        for code in ["5.1.1", "5.1.1 (no such user)", "5.1.10", "5.2.1"] {
            assert_eq!(told(code), (Status::Bounced, true), "{code}");
        }
        for code in ["5.2.2", "5.7.1", "5.1.8", "5.0.0"] {
            assert_eq!(told(code), (Status::Refused, false), "{code}");
        }
        assert_eq!(told("4.4.7"), (Status::Unreachable, false));
        assert_eq!(told("x"), (Status::Bounced, false));
    }

    #[test]
    fn the_letter_is_known_by_its_id_also_when_the_line_is_folded() {
        let folded = report("failed", &format!("\r\n <{ID}@POST.example>"));
        assert_eq!(read(folded.as_bytes(), "post.example").unwrap().id.as_str(), ID);
    }

    #[test]
    fn what_is_no_report_of_a_letter_of_ours_says_nothing() {
        for id in [format!("<{ID}@other.example>"), "<1@post.example>".into(), ID.to_owned(), String::new()] {
            assert_eq!(read(report("failed", &id).as_bytes(), "post.example"), None, "{id}");
        }
        assert_eq!(read(b"Subject: out of office\r\n\r\nAction: failed\r\n", "post.example"), None);
        assert_eq!(read(b"\xff\xfe", "post.example"), None);
    }
}
