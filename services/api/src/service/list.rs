//! `ListCases` and `ListCaseEvents`.

use crate::api::{Api, Opened};
use crate::convert::word::Word as _;
use crate::convert::wrong::Wrong;
use crate::limits::{CASES_OF_PARTY_MAX, RECORDS_PER_READ};
use crate::name;
use crate::page;
use crate::show;
use crate::status::Refused;
use livshandelse_core::id::{CaseId, PartyId, Sequence};
use livshandelse_engine::ListKey;
use livshandelse_proto::v1 as pb;

/// Every case that a person may see, the newest first.
pub(super) async fn all(api: &Api, reader: PartyId) -> Result<Vec<Opened>, Refused> {
    let ids = api.engine().listed(ListKey::party(reader), None, CASES_OF_PARTY_MAX).await?;
    let mut cases = Vec::with_capacity(ids.len());
    for id in ids {
        // One damaged case does not hide the others (I7).
        let Ok(Some(case)) = api.engine().read(id).await else { continue };
        cases.extend(api.opened(reader, case)?);
    }
    cases.sort_by_key(position);
    Ok(cases)
}

/// Where a case stands in the list: the newest first, then by id.
fn position(opened: &Opened) -> (std::cmp::Reverse<i64>, CaseId) {
    (std::cmp::Reverse(opened.case.created_at.0), opened.case.id)
}

pub(super) async fn cases(
    api: &Api,
    reader: PartyId,
    request: &pb::ListCasesRequest,
) -> Result<pb::ListCasesResponse, Refused> {
    let size = page::size(request.page_size)?;
    let mut states = Vec::new();
    for (index, state) in request.states.iter().take(10).enumerate() {
        match pb::CaseState::try_from(*state) {
            Ok(state) if state != pb::CaseState::Unspecified => states.push(i32::from(state)),
            Ok(_) | Err(_) => {
                return Err(Wrong::one(&format!("states[{index}]"), "not a state", "use DRAFT, OPEN or ENDED"));
            }
        }
    }
    states.sort_unstable();
    let life_event = match request.life_event.as_str() {
        "" => None,
        name => Some(name::read_life_event(name)?.0),
    };
    let filter = format!("{states:?} {life_event:?}");
    let list = page::list(&["cases", &reader.to_string(), &filter]);
    let after = match request.page_token.as_str() {
        "" => None,
        token => Some(read_position(&api.opaque().open_page_token(&list, token).ok_or(Refused::PageToken)?)?),
    };
    let mut wanted: Vec<Opened> = all(api, reader).await?;
    wanted.retain(|opened| {
        let is_of_state = states.is_empty() || states.contains(&opened.case.stage.number());
        let is_of_event =
            life_event.as_ref().is_none_or(|slug| *slug == opened.published.definition.revision().life_event);
        is_of_state && is_of_event && after.is_none_or(|after| position(opened) > after)
    });
    let more = wanted.len() > size;
    wanted.truncate(size);
    let next_page_token = match wanted.last() {
        Some(last) if more => {
            let mut bytes = last.case.created_at.0.to_be_bytes().to_vec();
            bytes.extend(last.case.id.0);
            api.opaque().page_token(&list, &bytes)
        }
        Some(_) | None => String::new(),
    };
    let cases = wanted.iter().map(|opened| api.sight(opened, &request.language_code).summary()).collect();
    Ok(pb::ListCasesResponse { cases, next_page_token })
}

fn read_position(bytes: &[u8]) -> Result<(std::cmp::Reverse<i64>, CaseId), Refused> {
    let (created, id) = bytes.split_first_chunk::<8>().ok_or(Refused::PageToken)?;
    let id = <[u8; 16]>::try_from(id).map_err(|_| Refused::PageToken)?;
    Ok((std::cmp::Reverse(i64::from_be_bytes(*created)), CaseId(id)))
}

pub(super) async fn events(
    api: &Api,
    reader: PartyId,
    request: &pb::ListCaseEventsRequest,
) -> Result<pb::ListCaseEventsResponse, Refused> {
    let size = page::size(request.page_size)?;
    let opened = api.open(reader, name::read_case(&request.parent)?).await?;
    let list = page::list(&["events", &reader.to_string(), &opened.case.id.to_string()]);
    api.engine().saw(&opened.case, reader);
    // The number of the last event that was sent.
    let after = page::start(api.opaque(), &list, &request.page_token)?;
    let sight = api.sight(&opened, &request.language_code);
    let mut events = Vec::new();
    let mut read_until = Sequence(show::sequence_of(after).saturating_sub(1));
    'reading: loop {
        let records = api.engine().history(opened.case.id, read_until, RECORDS_PER_READ).await?;
        let Some(last) = records.last() else { break };
        read_until = last.sequence;
        for record in &records {
            for index in 0..record.events.len() {
                if show::number_of(record, index) <= after {
                    continue;
                }
                events.extend(sight.event(record, index));
                if events.len() > size {
                    break 'reading;
                }
            }
        }
    }
    let more = events.len() > size;
    events.truncate(size);
    let next_page_token = match events.last() {
        Some(last) if more => page::token(api.opaque(), &list, last.number),
        Some(_) | None => String::new(),
    };
    Ok(pb::ListCaseEventsResponse { events, next_page_token })
}
