//! How somebody wants to be told, from the contract and back.

use crate::convert::time::timestamp;
use crate::convert::wrong::Wrong;
use livshandelse_core::case::Case;
use livshandelse_core::id::PartyId;
use livshandelse_core::notice::{Contact, Medium, NoticeKind, NoticeOutcome, Way};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::contact_way::Way as GivenWay;

/// Paths of the rules, and what they are called in the contract.
pub(crate) fn rename(path: &str) -> String {
    path.replace(".mail.address", ".email").replace(".webhook.address", ".webhook.uri")
}

/// Reads how somebody wants to be told; `None` within if not any more. What cannot be read is noted.
pub(crate) fn read(given: &pb::Contact, wrong: &mut Wrong) -> Option<Contact> {
    let mut ways = Vec::with_capacity(given.ways.len());
    for (index, way) in given.ways.iter().enumerate() {
        match &way.way {
            Some(GivenWay::Email(address)) => ways.push(Way::Mail { address: address.trim().to_owned() }),
            Some(GivenWay::Webhook(pb::Webhook { uri, keys })) => {
                ways.push(Way::Webhook { address: uri.trim().to_owned(), keys: keys.clone() });
            }
            None => wrong.add(format!("contact.ways[{index}]"), "empty", "give `email` or `webhook`"),
        }
    }
    let mut kinds = std::collections::BTreeSet::new();
    for (index, number) in given.kinds.iter().enumerate() {
        let known = NoticeKind::ALL.into_iter().find(|kind| i32::from(kind_of(*kind)) == *number);
        match known {
            Some(kind) => {
                kinds.insert(kind);
            }
            None => wrong.add(format!("contact.kinds[{index}]"), "not known", "give one of NoticeKind"),
        }
    }
    if given.ways.is_empty() && given.kinds.is_empty() {
        return None;
    }
    let language = match given.language_code.trim() {
        "" => "sv".to_owned(),
        code => code.to_owned(),
    };
    Some(Contact { ways, language, kinds })
}

/// A party's own contact, as the contract writes it. Keys are never shown.
pub(crate) fn contact(case: &Case, case_name: &str, party: PartyId) -> pb::Contact {
    let known = case.telling.contacts.get(&party);
    let is_ended =
        |place: usize| u8::try_from(place).is_ok_and(|place| case.telling.ended_ways.contains(&(party, place)));
    let way = |(place, way): (usize, &Way)| pb::ContactWay {
        way: Some(match way {
            Way::Mail { address } => GivenWay::Email(address.clone()),
            Way::Webhook { address, .. } => GivenWay::Webhook(pb::Webhook { uri: address.clone(), keys: Vec::new() }),
        }),
        ended: is_ended(place),
    };
    pb::Contact {
        name: format!("{case_name}/contact"),
        ways: known.map(|known| known.ways.iter().enumerate().map(way).collect()).unwrap_or_default(),
        kinds: known.map(|known| known.kinds.iter().map(|kind| kind_of(*kind).into()).collect()).unwrap_or_default(),
        language_code: known.map(|known| known.language.clone()).unwrap_or_default(),
        last_notice: case.telling.told.get(&party).map(|told| pb::NoticeReceipt {
            time: Some(timestamp(told.at)),
            outcome: outcome_of(told.outcome).into(),
            medium: told.medium.map_or("", Medium::slug).to_owned(),
        }),
    }
}

fn kind_of(kind: NoticeKind) -> pb::NoticeKind {
    match kind {
        NoticeKind::YourTurn => pb::NoticeKind::YourTurn,
        NoticeKind::DecisionCame => pb::NoticeKind::DecisionCame,
        NoticeKind::ClockNear => pb::NoticeKind::ClockNear,
        NoticeKind::DraftExpires => pb::NoticeKind::DraftExpires,
    }
}

/// What became of a notice.
pub(crate) fn outcome_of(outcome: NoticeOutcome) -> pb::NoticeOutcome {
    match outcome {
        NoticeOutcome::Sent => pb::NoticeOutcome::Sent,
        NoticeOutcome::Delivered => pb::NoticeOutcome::Delivered,
        NoticeOutcome::Bounced => pb::NoticeOutcome::Bounced,
        NoticeOutcome::Refused => pb::NoticeOutcome::Refused,
        NoticeOutcome::Unreachable => pb::NoticeOutcome::Unreachable,
        NoticeOutcome::NoChannel => pb::NoticeOutcome::NoChannel,
        NoticeOutcome::Seen => pb::NoticeOutcome::Seen,
        NoticeOutcome::NotWanted => pb::NoticeOutcome::NotWanted,
    }
}
