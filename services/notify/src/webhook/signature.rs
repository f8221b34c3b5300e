//! Signatures of calls: HMAC-SHA256 over id, timestamp and body (Standard Webhooks, "signature scheme").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::ExposeSecret;

use crate::address::{HookAddress, SigningKey};

/// Seconds that a receiver's clock may differ from ours.
pub const TOLERANCE_SECONDS: u64 = 5 * 60;

/// All signatures of a call, as they stand in `webhook-signature`: `v1,…` for each key, a blank between.
pub(crate) fn sign_all(keys: &[SigningKey], id: &str, timestamp: u64, body: &[u8]) -> String {
    let signatures = keys.iter().map(|key| format!("v1,{}", STANDARD.encode(mac(key, id, timestamp, body))));
    signatures.collect::<Vec<_>>().join(" ")
}

fn mac(key: &SigningKey, id: &str, timestamp: u64, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.0.expose_secret()));
    for part in [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body] {
        context.update(part);
    }
    context.sign()
}

/// Whether a call is one of ours: for whoever receives such calls in Rust, and for tests.
///
/// `signatures` is the header's value. True if any of them fits any of the keys and the timestamp is within
/// [`TOLERANCE_SECONDS`] of `now_seconds`. Compares in constant time.
pub fn is_signed(
    hook: &HookAddress,
    id: &str,
    timestamp: u64,
    signatures: &str,
    body: &[u8],
    now_seconds: u64,
) -> bool {
    if now_seconds.abs_diff(timestamp) > TOLERANCE_SECONDS {
        return false;
    }
    let given = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
    given.filter_map(|signature| STANDARD.decode(signature).ok()).any(|given| {
        hook.keys.iter().any(|key| {
            let mut message = format!("{id}.{timestamp}.").into_bytes();
            message.extend_from_slice(body);
            hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key.0.expose_secret()), &message, &given).is_ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the specification's reference libraries.
    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: u64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const OTHER_KEY: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn hook(keys: &[&str]) -> HookAddress {
        HookAddress::parse("https://a.example/", keys).unwrap()
    }

    #[test]
    fn the_example_of_the_specification_is_signed_as_there() {
        assert_eq!(sign_all(&hook(&[KEY]).keys, ID, TIMESTAMP, BODY), SIGNATURE);
        assert!(is_signed(&hook(&[KEY]), ID, TIMESTAMP, SIGNATURE, BODY, TIMESTAMP));
    }

    #[test]
    fn while_keys_change_either_key_is_enough() {
        let both = sign_all(&hook(&[OTHER_KEY, KEY]).keys, ID, TIMESTAMP, BODY);
        assert_eq!(both.split(' ').count(), 2);
        for known in [KEY, OTHER_KEY] {
            assert!(is_signed(&hook(&[known]), ID, TIMESTAMP, &both, BODY, TIMESTAMP), "{known}");
        }
    }

    #[test]
    fn another_id_time_body_or_key_does_not_fit() {
        let hook_known = hook(&[KEY]);
        let at = TIMESTAMP;
        assert!(!is_signed(&hook_known, "msg_2", at, SIGNATURE, BODY, at));
        assert!(!is_signed(&hook_known, ID, at + 1, SIGNATURE, BODY, at));
        assert!(!is_signed(&hook_known, ID, at, SIGNATURE, b"{}", at));
        assert!(!is_signed(&hook(&[OTHER_KEY]), ID, at, SIGNATURE, BODY, at));
        assert!(!is_signed(&hook_known, ID, at, SIGNATURE, BODY, at + TOLERANCE_SECONDS + 1));
        assert!(!is_signed(&hook_known, ID, at, "v2,AAAA v1,!", BODY, at));
    }
}
