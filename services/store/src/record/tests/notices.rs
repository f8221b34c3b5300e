//! Everything that can be said about telling people, and any of it.

use super::samples::{DAY, NOW, slug, step};
use super::strategies;
use livshandelse_core::id::{PartyId, Sequence};
use livshandelse_core::notice::{
    Contact, LastTold, Medium, NoticeEvent, NoticeKind, NoticeOutcome, NoticeRef, Telling, UnspreadQuiet, Untold, Way,
};
use livshandelse_core::time::CivilTime;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use std::collections::BTreeSet;

const PARTY: PartyId = PartyId([3; 16]);
const NOTICE: NoticeRef = NoticeRef { sequence: Sequence(12), index: 2 };

fn contact() -> Contact {
    Contact {
        ways: vec![
            Way::Mail { address: "anna@exempel.se".to_owned() },
            Way::Webhook { address: "https://exempel.se/told".to_owned(), keys: vec!["whsec_a".to_owned()] },
        ],
        language: "sv".to_owned(),
        kinds: BTreeSet::from(NoticeKind::ALL),
    }
}

/// Every kind of event, with and without what may be missing.
pub(super) fn events() -> Vec<NoticeEvent> {
    let mut events = second_events();
    events.extend([
        NoticeEvent::QuietEnded { party: Some(PARTY) },
        NoticeEvent::QuietBegun { party: PARTY, to: DAY, effect_index: 3 },
        NoticeEvent::QuietSpread { party: PARTY, quiet: NOTICE },
        NoticeEvent::QuietKept { party: PARTY, to: DAY },
    ]);
    events
}

/// Every kind of event that the second version wrote, every outcome and medium.
pub(super) fn second_events() -> Vec<NoticeEvent> {
    let kinds = BTreeSet::from(NoticeKind::ALL);
    let mut events = vec![
        NoticeEvent::ContactChanged { party: PARTY, contact: Some(contact()) },
        NoticeEvent::ContactChanged { party: PARTY, contact: None },
        NoticeEvent::Ordered { party: PARTY, kinds: kinds.clone(), effect_index: 2 },
        NoticeEvent::Held { party: PARTY, kinds },
        NoticeEvent::QuietEnded { party: None },
        NoticeEvent::Neared { step: step("name.1"), clock: Some(slug("three-months")), last_day: DAY },
        NoticeEvent::Neared { step: step("name.1"), clock: None, last_day: DAY },
        NoticeEvent::DraftNeared,
        NoticeEvent::WakeSet { at: Some(NOW) },
        NoticeEvent::WakeSet { at: None },
    ];
    let media = [None, Some(Medium::Mail), Some(Medium::Webhook)];
    events.extend(NoticeOutcome::ALL.into_iter().zip(media.into_iter().cycle()).map(|(outcome, medium)| {
        NoticeEvent::Told { party: PARTY, notice: NOTICE, outcome, medium, ended_ways: vec![0, 3] }
    }));
    events
}

/// Telling with everything in it.
pub(super) fn telling() -> Telling {
    let kinds = BTreeSet::from(NoticeKind::ALL);
    Telling {
        contacts: [(PARTY, contact())].into(),
        ended_ways: [(PARTY, 1)].into(),
        untold: vec![Untold { party: PARTY, notice: NOTICE, ordered_at: NOW, kinds: kinds.clone() }],
        told: [(PARTY, LastTold { at: NOW, outcome: NoticeOutcome::Sent, medium: Some(Medium::Mail) })].into(),
        held: [(PARTY, kinds)].into(),
        neared: [((step("name.1"), Some(slug("three-months"))), DAY), ((step("name.1"), None), DAY)].into(),
        draft_neared: Some(NOW),
        wakes_at: Some(CivilTime(NOW.0 + 6)),
        unspread: vec![UnspreadQuiet { party: PARTY, quiet: NOTICE, to: DAY }],
        kept_quiet: [(PARTY, DAY)].into(),
    }
}

fn kinds() -> BoxedStrategy<BTreeSet<NoticeKind>> {
    btree_set(select(NoticeKind::ALL.to_vec()), 0..4).boxed()
}

fn medium() -> BoxedStrategy<Option<Medium>> {
    of(select(vec![Medium::Mail, Medium::Webhook])).boxed()
}

fn outcome() -> BoxedStrategy<NoticeOutcome> {
    select(NoticeOutcome::ALL.to_vec()).boxed()
}

fn notice() -> BoxedStrategy<NoticeRef> {
    any::<(u64, u32)>().prop_map(|(sequence, index)| NoticeRef { sequence: Sequence(sequence), index }).boxed()
}

fn any_contact() -> BoxedStrategy<Contact> {
    let way = prop_oneof![
        strategies::text().prop_map(|address| Way::Mail { address }),
        (strategies::text(), vec(strategies::text(), 0..3)).prop_map(|(address, keys)| Way::Webhook { address, keys }),
    ];
    (vec(way, 0..3), strategies::text(), kinds())
        .prop_map(|(ways, language, kinds)| Contact { ways, language, kinds })
        .boxed()
}

/// Any event about telling.
pub(super) fn event() -> BoxedStrategy<NoticeEvent> {
    let told = (strategies::party_id(), notice(), outcome(), medium(), vec(any::<u8>(), 0..3));
    prop_oneof![
        (strategies::party_id(), of(any_contact()))
            .prop_map(|(party, contact)| NoticeEvent::ContactChanged { party, contact }),
        (strategies::party_id(), kinds(), any::<u32>()).prop_map(|(party, kinds, effect_index)| NoticeEvent::Ordered {
            party,
            kinds,
            effect_index
        }),
        (strategies::party_id(), kinds()).prop_map(|(party, kinds)| NoticeEvent::Held { party, kinds }),
        of(strategies::party_id()).prop_map(|party| NoticeEvent::QuietEnded { party }),
        (strategies::party_id(), strategies::day(), any::<u32>())
            .prop_map(|(party, to, effect_index)| NoticeEvent::QuietBegun { party, to, effect_index }),
        (strategies::party_id(), notice()).prop_map(|(party, quiet)| NoticeEvent::QuietSpread { party, quiet }),
        (strategies::party_id(), strategies::day()).prop_map(|(party, to)| NoticeEvent::QuietKept { party, to }),
        told.prop_map(|(party, notice, outcome, medium, ended_ways)| NoticeEvent::Told {
            party,
            notice,
            outcome,
            medium,
            ended_ways
        }),
        (strategies::step(), of(strategies::slug()), strategies::day())
            .prop_map(|(step, clock, last_day)| NoticeEvent::Neared { step, clock, last_day }),
        Just(NoticeEvent::DraftNeared),
        of(strategies::time()).prop_map(|at| NoticeEvent::WakeSet { at }),
    ]
    .boxed()
}

/// Any standing of telling.
pub(super) fn any_telling() -> BoxedStrategy<Telling> {
    let untold = (strategies::party_id(), notice(), strategies::time(), kinds())
        .prop_map(|(party, notice, ordered_at, kinds)| Untold { party, notice, ordered_at, kinds });
    let unspread = (strategies::party_id(), notice(), strategies::day()).prop_map(|(party, quiet, to)| UnspreadQuiet {
        party,
        quiet,
        to,
    });
    let last =
        (strategies::time(), outcome(), medium()).prop_map(|(at, outcome, medium)| LastTold { at, outcome, medium });
    (
        btree_map(strategies::party_id(), any_contact(), 0..3),
        btree_set((strategies::party_id(), any::<u8>()), 0..3),
        vec(untold, 0..3),
        btree_map(strategies::party_id(), last, 0..3),
        btree_map(strategies::party_id(), kinds(), 0..3),
        btree_map((strategies::step(), of(strategies::slug())), strategies::day(), 0..3),
        (of(strategies::time()), of(strategies::time())),
        vec(unspread, 0..3),
        btree_map(strategies::party_id(), strategies::day(), 0..3),
    )
        .prop_map(
            |(contacts, ended_ways, untold, told, held, neared, (draft_neared, wakes_at), unspread, kept_quiet)| {
                Telling {
                    contacts,
                    ended_ways,
                    untold,
                    told,
                    held,
                    neared,
                    draft_neared,
                    wakes_at,
                    unspread,
                    kept_quiet,
                }
            },
        )
        .boxed()
}
