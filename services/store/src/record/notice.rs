//! What happened about telling people, and how it stands, to and from its stored form.

use super::error::DecodeError;
use super::number::unknown;
use super::pb::event::Kind;
use super::pb::{self};
use super::scalar::{
    present, read_16, read_day, read_slug, read_step, read_time, write_day, write_slug, write_step, write_time,
};
use livshandelse_core::id::{PartyId, Sequence};
use livshandelse_core::notice::{
    Contact, LastTold, Medium, NoticeEvent, NoticeKind, NoticeOutcome, NoticeRef, Telling, UnspreadQuiet, Untold, Way,
};
use livshandelse_core::time::CivilTime;
use std::collections::BTreeSet;

pub(super) fn read_party_id(bytes: &[u8]) -> Result<PartyId, DecodeError> {
    read_16("party of a notice", bytes).map(PartyId)
}

fn write_medium(medium: Medium) -> i32 {
    match medium {
        Medium::Mail => pb::Medium::Mail,
        Medium::Webhook => pb::Medium::Webhook,
    }
    .into()
}

fn read_medium(number: i32) -> Result<Option<Medium>, DecodeError> {
    match pb::Medium::try_from(number) {
        Ok(pb::Medium::Unspecified) => Ok(None),
        Ok(pb::Medium::Mail) => Ok(Some(Medium::Mail)),
        Ok(pb::Medium::Webhook) => Ok(Some(Medium::Webhook)),
        Err(_) => Err(unknown("medium", number)),
    }
}

fn write_kinds(kinds: &BTreeSet<NoticeKind>) -> Vec<i32> {
    let write = |kind: &NoticeKind| {
        match kind {
            NoticeKind::YourTurn => pb::NoticeKind::YourTurn,
            NoticeKind::DecisionCame => pb::NoticeKind::DecisionCame,
            NoticeKind::ClockNear => pb::NoticeKind::ClockNear,
            NoticeKind::DraftExpires => pb::NoticeKind::DraftExpires,
        }
        .into()
    };
    kinds.iter().map(write).collect()
}

fn read_kinds(numbers: Vec<i32>) -> Result<BTreeSet<NoticeKind>, DecodeError> {
    let read = |number: i32| match pb::NoticeKind::try_from(number) {
        Ok(pb::NoticeKind::YourTurn) => Ok(NoticeKind::YourTurn),
        Ok(pb::NoticeKind::DecisionCame) => Ok(NoticeKind::DecisionCame),
        Ok(pb::NoticeKind::ClockNear) => Ok(NoticeKind::ClockNear),
        Ok(pb::NoticeKind::DraftExpires) => Ok(NoticeKind::DraftExpires),
        Ok(pb::NoticeKind::Unspecified) | Err(_) => Err(unknown("kind of a notice", number)),
    };
    numbers.into_iter().map(read).collect()
}

fn write_outcome(outcome: NoticeOutcome) -> i32 {
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
    .into()
}

fn read_outcome(number: i32) -> Result<NoticeOutcome, DecodeError> {
    match pb::NoticeOutcome::try_from(number) {
        Ok(pb::NoticeOutcome::Sent) => Ok(NoticeOutcome::Sent),
        Ok(pb::NoticeOutcome::Delivered) => Ok(NoticeOutcome::Delivered),
        Ok(pb::NoticeOutcome::Bounced) => Ok(NoticeOutcome::Bounced),
        Ok(pb::NoticeOutcome::Refused) => Ok(NoticeOutcome::Refused),
        Ok(pb::NoticeOutcome::Unreachable) => Ok(NoticeOutcome::Unreachable),
        Ok(pb::NoticeOutcome::NoChannel) => Ok(NoticeOutcome::NoChannel),
        Ok(pb::NoticeOutcome::Seen) => Ok(NoticeOutcome::Seen),
        Ok(pb::NoticeOutcome::NotWanted) => Ok(NoticeOutcome::NotWanted),
        Ok(pb::NoticeOutcome::Unspecified) | Err(_) => Err(unknown("outcome of a notice", number)),
    }
}

fn write_contact(contact: &Contact) -> pb::Contact {
    let Contact { ways, language, kinds } = contact;
    let write = |way: &Way| {
        let (address, keys) = match way {
            Way::Mail { address } => (address.clone(), Vec::new()),
            Way::Webhook { address, keys } => (address.clone(), keys.clone()),
        };
        pb::Way { medium: write_medium(way.medium()), address, keys }
    };
    pb::Contact { ways: ways.iter().map(write).collect(), language: language.clone(), kinds: write_kinds(kinds) }
}

fn read_contact(stored: pb::Contact) -> Result<Contact, DecodeError> {
    let read = |pb::Way { medium, address, keys }| {
        Ok(match present("medium of a way", read_medium(medium)?)? {
            Medium::Mail => Way::Mail { address },
            Medium::Webhook => Way::Webhook { address, keys },
        })
    };
    let ways = stored.ways.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(Contact { ways, language: stored.language, kinds: read_kinds(stored.kinds)? })
}

fn read_places(places: Vec<u32>) -> Result<Vec<u8>, DecodeError> {
    let read = |place| {
        u8::try_from(place).map_err(|_| DecodeError::Invalid { field: "place of a way", expected: "number up to 255" })
    };
    places.into_iter().map(read).collect()
}

fn write_neared(
    step: &livshandelse_core::id::StepId,
    clock: Option<&livshandelse_core::id::Slug>,
    last_day: jiff::civil::Date,
) -> pb::EndNeared {
    pb::EndNeared { step: write_step(step), clock: clock.map(write_slug), last_day: write_day(last_day) }
}

fn write_kept(party: PartyId, to: jiff::civil::Date) -> pb::QuietKept {
    pb::QuietKept { party: party.0.to_vec(), to_day: write_day(to) }
}

pub(super) fn write_notice(event: &NoticeEvent) -> Kind {
    match event {
        NoticeEvent::ContactChanged { party, contact } => Kind::ContactChanged(pb::ContactChanged {
            party: party.0.to_vec(),
            contact: contact.as_ref().map(write_contact),
        }),
        NoticeEvent::Ordered { party, kinds, effect_index } => Kind::NoticeOrdered(pb::NoticeOrdered {
            party: party.0.to_vec(),
            kinds: write_kinds(kinds),
            effect_index: *effect_index,
        }),
        NoticeEvent::Held { party, kinds } => {
            Kind::NoticeHeld(pb::NoticeHeld { party: party.0.to_vec(), kinds: write_kinds(kinds) })
        }
        NoticeEvent::QuietEnded { party } => {
            Kind::QuietEnded(pb::QuietEnded { party: party.map(|party| party.0.to_vec()) })
        }
        NoticeEvent::QuietBegun { party, to, effect_index } => Kind::QuietBegun(pb::QuietBegun {
            party: party.0.to_vec(),
            to_day: write_day(*to),
            effect_index: *effect_index,
        }),
        NoticeEvent::QuietSpread { party, quiet } => Kind::QuietSpread(pb::QuietSpread {
            party: party.0.to_vec(),
            quiet_sequence: quiet.sequence.0,
            quiet_index: quiet.index,
        }),
        NoticeEvent::QuietKept { party, to } => Kind::QuietKept(write_kept(*party, *to)),
        NoticeEvent::Told { party, notice, outcome, medium, ended_ways } => Kind::NoticeTold(pb::NoticeTold {
            party: party.0.to_vec(),
            notice_sequence: notice.sequence.0,
            notice_index: notice.index,
            outcome: write_outcome(*outcome),
            medium: medium.map_or(0, write_medium),
            ended_ways: ended_ways.iter().map(|place| u32::from(*place)).collect(),
        }),
        NoticeEvent::Neared { step, clock, last_day } => Kind::EndNeared(write_neared(step, clock.as_ref(), *last_day)),
        NoticeEvent::DraftNeared => Kind::DraftNeared(pb::DraftNeared {}),
        NoticeEvent::WakeSet { at } => Kind::NoticeWakeSet(pb::NoticeWakeSet { at_civil_ms: write_time(*at) }),
    }
}

pub(super) fn read_contact_changed(stored: pb::ContactChanged) -> Result<NoticeEvent, DecodeError> {
    let party = read_party_id(&stored.party)?;
    Ok(NoticeEvent::ContactChanged { party, contact: stored.contact.map(read_contact).transpose()? })
}

pub(super) fn read_ordered(stored: pb::NoticeOrdered) -> Result<NoticeEvent, DecodeError> {
    let (party, kinds) = (read_party_id(&stored.party)?, read_kinds(stored.kinds)?);
    Ok(NoticeEvent::Ordered { party, kinds, effect_index: stored.effect_index })
}

pub(super) fn read_held(stored: pb::NoticeHeld) -> Result<NoticeEvent, DecodeError> {
    Ok(NoticeEvent::Held { party: read_party_id(&stored.party)?, kinds: read_kinds(stored.kinds)? })
}

/// Until quiet could be one party's, it was everybody's and named none.
pub(super) fn read_quiet_ended(stored: pb::QuietEnded) -> Result<NoticeEvent, DecodeError> {
    Ok(NoticeEvent::QuietEnded { party: stored.party.as_deref().map(read_party_id).transpose()? })
}

pub(super) fn read_quiet_begun(stored: pb::QuietBegun) -> Result<NoticeEvent, DecodeError> {
    let (party, to) = (read_party_id(&stored.party)?, read_day("last day of quiet", stored.to_day)?);
    Ok(NoticeEvent::QuietBegun { party, to, effect_index: stored.effect_index })
}

pub(super) fn read_quiet_spread(stored: pb::QuietSpread) -> Result<NoticeEvent, DecodeError> {
    let quiet = NoticeRef { sequence: Sequence(stored.quiet_sequence), index: stored.quiet_index };
    Ok(NoticeEvent::QuietSpread { party: read_party_id(&stored.party)?, quiet })
}

pub(super) fn read_quiet_kept(stored: pb::QuietKept) -> Result<NoticeEvent, DecodeError> {
    let (party, to) = read_kept(&stored)?;
    Ok(NoticeEvent::QuietKept { party, to })
}

fn read_kept(stored: &pb::QuietKept) -> Result<(PartyId, jiff::civil::Date), DecodeError> {
    Ok((read_party_id(&stored.party)?, read_day("last day of quiet", stored.to_day)?))
}

pub(super) fn read_told(stored: pb::NoticeTold) -> Result<NoticeEvent, DecodeError> {
    Ok(NoticeEvent::Told {
        party: read_party_id(&stored.party)?,
        notice: NoticeRef { sequence: Sequence(stored.notice_sequence), index: stored.notice_index },
        outcome: read_outcome(stored.outcome)?,
        medium: read_medium(stored.medium)?,
        ended_ways: read_places(stored.ended_ways)?,
    })
}

pub(super) fn read_neared(stored: pb::EndNeared) -> Result<NoticeEvent, DecodeError> {
    Ok(NoticeEvent::Neared {
        step: read_step(&stored.step)?,
        clock: stored.clock.map(|clock| read_slug("clock", &clock)).transpose()?,
        last_day: read_day("last day of what nears", stored.last_day)?,
    })
}

pub(super) fn write_telling(telling: &Telling) -> Option<pb::TellingStanding> {
    if *telling == Telling::default() {
        return None;
    }
    let Telling { contacts, ended_ways, untold, told, held, neared, draft_neared, wakes_at, unspread, kept_quiet } =
        telling;
    let write_unspread = |UnspreadQuiet { party, quiet, to }: &UnspreadQuiet| pb::UnspreadQuiet {
        party: party.0.to_vec(),
        quiet_sequence: quiet.sequence.0,
        quiet_index: quiet.index,
        to_day: write_day(*to),
    };
    let write_untold = |untold: &Untold| {
        let Untold { party, notice, ordered_at, kinds } = untold;
        pb::UntoldNotice {
            party: party.0.to_vec(),
            notice_sequence: notice.sequence.0,
            notice_index: notice.index,
            ordered_civil_ms: ordered_at.0,
            kinds: write_kinds(kinds),
        }
    };
    Some(pb::TellingStanding {
        contacts: contacts
            .iter()
            .map(|(party, contact)| pb::ContactChanged {
                party: party.0.to_vec(),
                contact: Some(write_contact(contact)),
            })
            .collect(),
        ended_ways: ended_ways
            .iter()
            .map(|(party, place)| pb::EndedWay { party: party.0.to_vec(), place: u32::from(*place) })
            .collect(),
        untold: untold.iter().map(write_untold).collect(),
        told: told
            .iter()
            .map(|(party, LastTold { at, outcome, medium })| pb::LastTold {
                party: party.0.to_vec(),
                at_civil_ms: at.0,
                outcome: write_outcome(*outcome),
                medium: medium.map_or(0, write_medium),
            })
            .collect(),
        held: held
            .iter()
            .map(|(party, kinds)| pb::NoticeHeld { party: party.0.to_vec(), kinds: write_kinds(kinds) })
            .collect(),
        neared: neared.iter().map(|((step, clock), day)| write_neared(step, clock.as_ref(), *day)).collect(),
        draft_neared_civil_ms: write_time(*draft_neared),
        wakes_civil_ms: write_time(*wakes_at),
        unspread: unspread.iter().map(write_unspread).collect(),
        kept_quiet: kept_quiet.iter().map(|(party, to)| write_kept(*party, *to)).collect(),
    })
}

pub(super) fn read_telling(stored: Option<pb::TellingStanding>) -> Result<Telling, DecodeError> {
    let Some(stored) = stored else { return Ok(Telling::default()) };
    let read_contact = |stored: pb::ContactChanged| {
        Ok((read_party_id(&stored.party)?, read_contact(present("contact", stored.contact)?)?))
    };
    let read_untold = |stored: pb::UntoldNotice| {
        Ok(Untold {
            party: read_party_id(&stored.party)?,
            notice: NoticeRef { sequence: Sequence(stored.notice_sequence), index: stored.notice_index },
            ordered_at: CivilTime(stored.ordered_civil_ms),
            kinds: read_kinds(stored.kinds)?,
        })
    };
    let read_last = |stored: pb::LastTold| {
        let (outcome, medium) = (read_outcome(stored.outcome)?, read_medium(stored.medium)?);
        Ok((read_party_id(&stored.party)?, LastTold { at: CivilTime(stored.at_civil_ms), outcome, medium }))
    };
    let read_ended = |stored: pb::EndedWay| {
        let places = read_places(vec![stored.place])?;
        Ok((read_party_id(&stored.party)?, places.first().copied().unwrap_or_default()))
    };
    let read_end = |stored: pb::EndNeared| {
        let clock = stored.clock.map(|clock| read_slug("clock", &clock)).transpose()?;
        Ok(((read_step(&stored.step)?, clock), read_day("last day of what nears", stored.last_day)?))
    };
    let read_held = |stored: pb::NoticeHeld| Ok((read_party_id(&stored.party)?, read_kinds(stored.kinds)?));
    let read_unspread = |stored: pb::UnspreadQuiet| {
        Ok(UnspreadQuiet {
            party: read_party_id(&stored.party)?,
            quiet: NoticeRef { sequence: Sequence(stored.quiet_sequence), index: stored.quiet_index },
            to: read_day("last day of quiet", stored.to_day)?,
        })
    };
    Ok(Telling {
        contacts: stored.contacts.into_iter().map(read_contact).collect::<Result<_, DecodeError>>()?,
        ended_ways: stored.ended_ways.into_iter().map(read_ended).collect::<Result<_, DecodeError>>()?,
        untold: stored.untold.into_iter().map(read_untold).collect::<Result<_, DecodeError>>()?,
        told: stored.told.into_iter().map(read_last).collect::<Result<_, DecodeError>>()?,
        held: stored.held.into_iter().map(read_held).collect::<Result<_, DecodeError>>()?,
        neared: stored.neared.into_iter().map(read_end).collect::<Result<_, DecodeError>>()?,
        draft_neared: read_time(stored.draft_neared_civil_ms),
        wakes_at: read_time(stored.wakes_civil_ms),
        unspread: stored.unspread.into_iter().map(read_unspread).collect::<Result<_, DecodeError>>()?,
        kept_quiet: stored.kept_quiet.iter().map(read_kept).collect::<Result<_, _>>()?,
    })
}
