//! `GetContact` and `UpdateContact`: how a party wants to be told. Each party's own, and nobody else's.

use crate::actor::Caller;
use crate::api::{Api, request_id};
use crate::convert::contact;
use crate::convert::wrong::Wrong;
use crate::name;
use crate::status::Refused;
use livshandelse_core::Rejection;
use livshandelse_core::command::{Command, Request as Asked};
use livshandelse_core::form::WrongField;
use livshandelse_core::notice::NoticeCommand;
use livshandelse_engine::{Ask, Lane, Refusal};
use livshandelse_proto::v1 as pb;
use prost::Message as _;

/// Reads the caller's own.
pub(super) async fn get(api: &Api, caller: &Caller, request: &pb::GetContactRequest) -> Result<pb::Contact, Refused> {
    let reader = caller.person()?;
    let opened = api.open(reader, name::read_contact(&request.name)?).await?;
    Ok(contact::contact(&opened.case, &name::case(opened.case.id), reader))
}

/// Changes the caller's own.
pub(super) async fn update(
    api: &Api,
    caller: &Caller,
    request: pb::UpdateContactRequest,
) -> Result<pb::Contact, Refused> {
    let person = caller.person()?;
    let given = request.contact.clone().unwrap_or_default();
    let case = name::read_contact(&given.name)?;
    let id = request_id(&request.request_id)?;
    // Who may not see the case does not learn from its errors that there is one.
    api.open(person, case).await?;
    let mut wrong = Wrong::default();
    let read = contact::read(&given, &mut wrong);
    wrong.finish()?;
    let body = pb::UpdateContactRequest { request_id: String::new(), ..request };
    let body = api.secrets().body("UpdateContact", &body.encode_to_vec());
    let ask = Ask {
        case,
        revision: None,
        request: Asked {
            id: Some((id, body)),
            actor: caller.actor.clone(),
            purpose: caller.purpose.clone(),
            command: Command::Notice(NoticeCommand::UpdateContact { contact: read }),
        },
        lane: Lane::Report,
        expected: None,
    };
    let told = api.engine().ask(ask).await.map_err(renamed)?;
    Ok(contact::contact(&told.case, &name::case(case), person))
}

/// A refusal of the rules, in the contract's names.
fn renamed(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Rejected { rejection, case } => {
            let rejection = match *rejection {
                Rejection::WrongFields(fields) => {
                    let rename = |field: WrongField| WrongField { path: contact::rename(&field.path), ..field };
                    Rejection::WrongFields(fields.into_iter().map(rename).collect())
                }
                rejection => rejection,
            };
            Refused::Engine(Refusal::Rejected { rejection: Box::new(rejection), case })
        }
        refusal => Refused::Engine(refusal),
    }
}
