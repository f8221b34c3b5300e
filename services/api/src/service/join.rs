//! `JoinCase`: somebody comes into a case, and answers what it asks of who joins.

use super::case::{CaseDesk, Reply, check_etag, renamed};
use crate::actor::Caller;
use crate::api::request_id;
use crate::convert::mandate;
use crate::convert::paper::{AtDoor, Papers};
use crate::convert::value::by_form;
use crate::convert::wrong::Wrong;
use crate::name;
use crate::status::Refused;
use livshandelse_core::Rejection;
use livshandelse_core::case::{Mandate, NewParty};
use livshandelse_core::command::{Actor, Command, Request as Asked};
use livshandelse_core::decide::{Facts, decide};
use livshandelse_core::id::{CaseId, RequestId};
use livshandelse_core::value::Values;
use livshandelse_engine::{Ask, Lane, Refusal};
use livshandelse_proto::v1 as pb;
use prost::Message;
use prost_types::Struct;

/// Who joins, by which right, for whom, and with which answers.
struct Joining {
    party: NewParty,
    mandate: Option<Mandate>,
    represented: Option<NewParty>,
    input: Values,
}

impl Joining {
    fn command(&self) -> Command {
        Command::JoinCase {
            party: self.party.clone(),
            mandate: self.mandate.clone(),
            represented: self.represented.clone(),
            input: self.input.clone(),
        }
    }
}

impl CaseDesk {
    /// Brings somebody in. Whom the caller may bring is the rules' to say; a stranger learns nothing of a case.
    pub(super) async fn join(&self, caller: &Caller, request: pb::JoinCaseRequest) -> Result<pb::Case, Refused> {
        let reply = Reply::new(&request.language_code, request.view)?;
        let person = match &caller.actor {
            Actor::Person(id) => Some(*id),
            Actor::Agency(_) => None,
            Actor::Operator(_) | Actor::Time => {
                return Err(Refused::NotAllowed { needs: "a person, or an agency that took her word" });
            }
        };
        let case = name::read_case(&request.name)?;
        let id = request_id(&request.request_id)?;
        let mut wrong = Wrong::default();
        let party = mandate::joiner("party", &request.party.clone().unwrap_or_default(), self.0.secrets(), &mut wrong);
        let shown = request.mandate.as_ref().and_then(|given| mandate::read("mandate", given, &mut wrong));
        let represented = request.represented.as_ref();
        let represented =
            represented.and_then(|given| mandate::joiner("represented", given, self.0.secrets(), &mut wrong));
        wrong.finish()?;
        let party = party.ok_or(Refused::Internal { what: "a party that is neither right nor wrong" })?;
        let mut joining = Joining { party, mandate: shown, represented, input: Values::new() };
        if let Some(given) = &request.input {
            joining.input = self.answers(caller, case, id, &joining, given).await?;
        }
        let mut expected = None;
        if !request.etag.is_empty() {
            // Whoever has an etag has seen the case.
            let opened = self.0.open(person.ok_or_else(|| name::not_found("case"))?, case).await?;
            check_etag(&opened.case, &request.etag, opened.case.requests.contains_key(&id))?;
            expected = Some(opened.case.sequence);
        }
        let body =
            pb::JoinCaseRequest { request_id: String::new(), language_code: String::new(), view: 0, ..request.clone() };
        let body = self.0.secrets().body("JoinCase", &body.encode_to_vec());
        let ask = Ask {
            case,
            revision: None,
            request: Asked {
                id: Some((id, body)),
                actor: caller.actor.clone(),
                purpose: caller.purpose.clone(),
                command: joining.command(),
            },
            lane: Lane::Report,
            expected,
        };
        let told = self.0.engine().ask(ask).await.map_err(|refusal| refused(caller, refusal))?;
        let opened = match person {
            Some(person) => self.0.opened(person, told.case)?,
            None => None,
        };
        Ok(match opened {
            Some(opened) => reply.of(self.0.sight(&opened, reply.language_code)),
            // What is in the case is not the agency's to see, nor that of one who joins where somebody is protected.
            None => pb::Case { name: name::case(case), ..pb::Case::default() },
        })
    }

    /// Reads the answers of those who join by the form of the case's own revision. What is wrong with them is told to
    /// somebody who may join alone: a stranger learns nothing of a case (I6).
    async fn answers(
        &self,
        caller: &Caller,
        id: CaseId,
        request: RequestId,
        joining: &Joining,
        given: &Struct,
    ) -> Result<Values, Refused> {
        let case = self.0.engine().read(id).await?.ok_or_else(|| name::not_found("case"))?;
        let revision = case.revision.as_ref().ok_or_else(|| name::not_found("case"))?;
        let published = self.0.engine().definitions().get(revision);
        let published = published.ok_or(Refused::Internal { what: "a case of a revision that is not published" })?;
        let parties: Vec<NewParty> = [&joining.party].into_iter().chain(&joining.represented).cloned().collect();
        let door = AtDoor { parties: &parties, secrets: self.0.secrets(), papers: &Papers::Nothing };
        let mut wrong = Wrong::default();
        let form = &published.definition.parts().form;
        let input = by_form(form, "input", Some(given), &door, &mut wrong);
        if wrong.is_empty() || case.requests.contains_key(&request) {
            return Ok(input);
        }
        // Whether the caller may join at all is tried without the answers.
        let asked = Asked {
            id: None,
            actor: caller.actor.clone(),
            purpose: caller.purpose.clone(),
            command: joining.command(),
        };
        let facts = Facts { registry: self.0.engine().registry(), case: id, quiet_to: None };
        match decide(&published.definition, &case, &facts, &asked, self.0.engine().now()).answer {
            Ok(_) | Err(Rejection::WrongFields(_)) => Err(wrong.finish().err().unwrap_or(NOTHING_WRONG)),
            Err(rejection) => Err(refused(caller, Refusal::Rejected { rejection: Box::new(rejection), case: None })),
        }
    }
}

/// Never told: something was wrong when it is reached.
const NOTHING_WRONG: Refused = Refused::Internal { what: "answers that are neither right nor wrong" };

/// A refused joining, with the paths of the contract.
fn refused(caller: &Caller, refusal: Refusal) -> Refused {
    match refusal {
        // An agency with no part in the life event does not learn that there is such a case (I6).
        Refusal::Rejected { rejection, .. }
            if !matches!(caller.actor, Actor::Person(_)) && matches!(*rejection, Rejection::NotYours { .. }) =>
        {
            name::not_found("case")
        }
        refusal => renamed(refusal, mandate::RENAMES),
    }
}
