//! Everybody does their part until the case ends: agencies answer favourably, people fill and sign, children are born,
//! and time passes from wake to wake.

use crate::fault::Fault;
use crate::play::{Play, decided};
use crate::sampled;
use livshandelse_core::case::{AppealState, Ask, ChildState, FactReport, NewParty, Outcome, Stage, StepState};
use livshandelse_core::command::{Actor, Report};
use livshandelse_core::definition::{FactKind, Members, Role, StepDefinition, StepKind};
use livshandelse_core::id::{PartyId, Slug, StepId, Subject};
use livshandelse_core::status::{approver, view_of};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_core::{Answer, Command, Rejection};

/// Wake-ups at the most before a case must have ended.
const ROUNDS_MAX: usize = 600;

/// Rounds of doing at the most between two wake-ups.
const DEEDS_MAX: usize = 400;

/// How much people do by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zeal {
    /// Only what the case waits for.
    Mandatory,
    /// Everything they are offered.
    Everything,
    /// Nothing at all: only time passes, and agencies answer.
    Nothing,
}

impl Play {
    /// Plays until the case has ended. What keeps it from ending is told in `broken` (I8).
    pub fn finish(&mut self, zeal: Zeal) {
        for _ in 0..ROUNDS_MAX {
            self.everybody_acts(zeal);
            if matches!(self.case.stage, Stage::Ended(_)) || !self.broken.is_empty() {
                return;
            }
            let birth = self.birth_at();
            let healing = self.healing_at();
            let next = [self.case.wakes_at(), birth, healing].into_iter().flatten().min();
            let Some(next) = next else {
                self.broken.push(format!("I8: nothing more can happen and the case is {:?}", self.case.stage));
                return;
            };
            self.pass_to(next.max(self.now));
            if birth.is_some_and(|birth| birth <= self.now) {
                self.be_born();
            }
        }
        let open = self.case.steps.iter().filter(|step| !step.state.is_over());
        let open: Vec<String> = open.map(|step| format!("{} {:?}", step.id, step.state)).collect();
        self.broken.push(format!("I8: the case has not ended on {}: {}", self.now, open.join(", ")));
    }

    fn everybody_acts(&mut self, zeal: Zeal) {
        for _ in 0..DEEDS_MAX {
            let ids: Vec<StepId> = self.case.steps.iter().map(|step| step.id.clone()).collect();
            let mut has_acted = false;
            for id in ids {
                has_acted |= self.agency_acts(&id) || self.operator_acts(&id) || self.people_act(&id, zeal);
            }
            has_acted = has_acted || self.somebody_joins(zeal) || self.helper_gives_up(zeal);
            if !has_acted || !self.broken.is_empty() || self.case.stage != Stage::Open {
                return;
            }
        }
        self.broken.push("I8: people and agencies keep one another busy for ever".to_owned());
    }

    /// The agency does the next thing with a step on its desk, if there is one.
    fn agency_acts(&mut self, id: &StepId) -> bool {
        let (Some(desk), Some(step)) = (self.desks.get(id), self.case.step(id)) else { return false };
        let Some(known) = self.stage.definition.step(&id.slug) else { return false };
        let is_current = step.task.is_some_and(|task| task.attempt == desk.attempt);
        if self.is_idle(&desk.agency) || !is_current {
            return false;
        }
        if step.appeal.is_lodged() {
            let appeal = Some(AppealState::DecidedUpheld);
            let words = "Beslutet ändras inte.".to_owned();
            let said = Report::Progress {
                words,
                waits_for_other: false,
                delay: None,
                appeal,
                execution: None,
                interrupted_on: None,
            };
            return self.report(id, None, said).is_ok();
        }
        if step.state.is_over() {
            return step.is_cancelling() && desk.is_cancelled && self.answer_cancel(id);
        }
        let words = || "Klart.".to_owned();
        let gives = || sampled::evidence(&self.stage.definition, known, self.now.date(), self.applicant());
        let closes = desk.is_cancelled && self.fault != Some(Fault::IgnoresWithdrawals);
        let report = match step.state {
            StepState::FailedDelivery | StepState::Unknown => return false,
            _ if closes => Report::Closed { words: "Avskrivet.".to_owned() },
            StepState::Submitted => Report::Arrived { case_number: None, at: self.now },
            StepState::Received | StepState::InProgress | StepState::WaitingForOther => {
                if known.kind == StepKind::Pay {
                    bill(id)
                } else if decides(known) {
                    decided(Outcome::Approved, self.now, gives())
                } else {
                    Report::Completed { words: words(), gives: gives() }
                }
            }
            StepState::InExecution => Report::Completed { words: words(), gives: gives() },
            StepState::Blocked
            | StepState::Ready
            | StepState::Draft
            | StepState::WaitingForApplicant
            | StepState::Decided
            | StepState::Done
            | StepState::Withdrawn
            | StepState::NotNeeded => return false,
        };
        let answer = self.report(id, None, report.clone());
        if let Err(rejection) = &answer {
            self.broken.push(format!("{report:?} of {id} is refused: {rejection}"));
        }
        answer == Ok(Answer::Done)
    }

    /// The agency has heard that a step is over: it closes what it has, or says what it decided all the same.
    fn answer_cancel(&mut self, id: &StepId) -> bool {
        let answer = match self.fault {
            Some(Fault::IgnoresWithdrawals) => decided(Outcome::Rejected, self.now, Values::new()),
            _ => Report::Closed { words: "Avskrivet.".to_owned() },
        };
        let answered = self.report(id, None, answer);
        if !matches!(answered, Err(Rejection::AlreadyFinished { .. })) {
            self.broken.push(format!("the end of {id} is answered {answered:?}"));
        }
        self.case.step(id).is_some_and(|step| !step.is_cancelling())
    }

    /// Who is waited for comes in: the applicant, where a helper has filed; with zeal everybody who may by themselves.
    fn somebody_joins(&mut self, zeal: Zeal) -> bool {
        if zeal == Zeal::Nothing || self.case.stage != Stage::Open || self.case.withdrawn_at.is_some() {
            return false;
        }
        let has_applicant = self.case.applicant().is_some();
        let comes = |party: &&NewParty| match party.role {
            Role::Applicant => !has_applicant,
            Role::CoParty => has_applicant && zeal == Zeal::Everything,
            Role::Subject | Role::Helper | Role::Representative | Role::Guide => false,
        };
        let comer = self.joiners.iter().filter(comes).find(|party| self.case.party(party.id).is_none()).cloned();
        let Some(party) = comer else { return false };
        let actor = Actor::Person(party.id);
        let role = party.role;
        let definition = &self.stage.definition;
        let input = sampled::joining(definition, &self.case, &[&party], &self.answers, self.now.date());
        let answer = self.ask(actor, Command::JoinCase { party, mandate: None, represented: None, input });
        if role == Role::Applicant && answer.is_err() {
            self.broken.push(format!("the applicant cannot join: {answer:?}"));
        }
        answer == Ok(Answer::Done)
    }

    /// A helper for whom nobody ever joins withdraws the case once the helper's own is done.
    fn helper_gives_up(&mut self, zeal: Zeal) -> bool {
        let is_alone = self.case.applicant().is_none()
            && !self.joiners.iter().any(|party| party.role == Role::Applicant)
            && self.case.withdrawn_at.is_none();
        let goes_on = self.case.steps.iter().any(|step| {
            let known = self.stage.definition.step(&step.id.slug);
            let is_told = known.is_some_and(|known| known.kind == StepKind::Information);
            !is_told && !step.state.is_over() && step.state != StepState::Blocked
        });
        if zeal == Zeal::Nothing || !is_alone || goes_on || self.case.stage != Stage::Open {
            return false;
        }
        self.ask(Actor::Person(self.owner()), Command::WithdrawCase) == Ok(Answer::Done)
    }

    /// Whose case it is: the applicant, or the helper who filed it while there is none.
    pub fn owner(&self) -> PartyId {
        let owner = self.case.applicant().or_else(|| self.case.first(Role::Helper));
        owner.map_or(PartyId([0; 16]), |party| party.id)
    }

    fn operator_acts(&mut self, id: &StepId) -> bool {
        if !self.needs_operator(id) {
            return false;
        }
        let answer = self.ask(Actor::Operator("drift".to_owned()), Command::RetryStep { step: id.clone() });
        if let Err(rejection) = &answer {
            self.broken.push(format!("the operator cannot retry {id}: {rejection}"));
        }
        answer.is_ok()
    }

    /// Whoever's turn it is among the people fills, signs or answers.
    fn people_act(&mut self, id: &StepId, zeal: Zeal) -> bool {
        let (Some(step), Some(known)) = (self.case.step(id), self.stage.definition.step(&id.slug)) else {
            return false;
        };
        match step.state {
            StepState::WaitingForApplicant => self.answer_question(id),
            StepState::Ready | StepState::Draft => {
                let wants = match zeal {
                    Zeal::Nothing => false,
                    Zeal::Mandatory => known.is_mandatory,
                    Zeal::Everything => true,
                };
                let is_ours = known.kind != StepKind::Information && known.done_by.is_none();
                wants && is_ours && self.signers(id).into_iter().any(|role| self.fill(id, role))
            }
            _ => false,
        }
    }

    /// The roles that still have something to do with an unsent step.
    fn signers(&self, id: &StepId) -> Vec<Role> {
        let (Some(step), Some(known)) = (self.case.step(id), self.stage.definition.step(&id.slug)) else {
            return vec![];
        };
        let mut roles: Vec<Role> =
            known.signed_by.iter().filter(|role| !step.signed_by.contains(role)).copied().collect();
        let approver = approver(&self.case, known);
        let is_unapproved = self.case.is_protected() && !step.signed_by.contains(&approver);
        let is_unfilled = known.signed_by.is_empty() && step.state == StepState::Ready;
        if (is_unapproved || is_unfilled) && !roles.contains(&approver) {
            roles.insert(0, approver);
        }
        roles
    }

    fn fill(&mut self, id: &StepId, role: Role) -> bool {
        let Some(person) = self.person_in(id, role) else { return false };
        let input = self.fitting_input(id);
        let command = Command::SubmitInput { step: id.clone(), input };
        self.ask(Actor::Person(person), command) == Ok(Answer::Done)
    }

    /// What is missing in a step's form, filled with what fits.
    pub fn fitting_input(&self, id: &StepId) -> Values {
        let (Some(step), Some(known)) = (self.case.step(id), self.stage.definition.step(&id.slug)) else {
            return Values::new();
        };
        let form = known.form.as_ref();
        form.map_or_else(Values::new, |form| sampled::fill(form, &step.input, self.now.date(), self.applicant()))
    }

    /// Answers what an agency asks, and says yes to an offer.
    pub fn answer_question(&mut self, id: &StepId) -> bool {
        let Some(known) = self.stage.definition.step(&id.slug) else { return false };
        let asked = self.case.step(id).and_then(|step| step.asked.as_ref());
        if asked.is_some_and(|asked| asked.ask.is_payment()) {
            return self.pay(id);
        }
        let is_offer = asked.is_some_and(|asked| asked.ask.is_offer());
        let Some(person) = self.person_in(id, known.filer()) else { return false };
        if view_of(&self.case, person).is_none() {
            // Whoever may not know of the case any more answers her agency outside of it, which then goes on.
            let gives = sampled::evidence(&self.stage.definition, known, self.now.date(), self.applicant());
            let report = if decides(known) {
                decided(Outcome::Approved, self.now, gives)
            } else {
                Report::Completed { words: "Klart.".to_owned(), gives }
            };
            return self.report(id, None, report).is_ok();
        }
        let (answer, accept) = (Slug::new("answer"), Slug::new("accept"));
        let mut input = Values::new();
        if let (true, Ok(accept)) = (is_offer, accept) {
            input.insert(accept, Value::Flag(true));
        } else if let Ok(answer) = answer {
            input.insert(answer, Value::Text("Här är det som saknades.".to_owned()));
        }
        let answer = self.ask(Actor::Person(person), Command::SubmitInput { step: id.clone(), input });
        if let Err(rejection) = &answer {
            self.broken.push(format!("an answer to {id} is refused: {rejection}"));
        }
        answer == Ok(Answer::Done)
    }

    /// Somebody pays what an agency asks, and it tells so as soon as it does anything at all.
    fn pay(&mut self, id: &StepId) -> bool {
        let agency = self.case.step(id).and_then(|step| step.agency.clone());
        let Some(agency) = agency.filter(|agency| !self.is_idle(agency)) else { return false };
        let report = paid(id, self.now);
        let answer = self.ask(Actor::Agency(agency), Command::ReportFact(report));
        if let Err(rejection) = &answer {
            self.broken.push(format!("a payment of {id} is refused: {rejection}"));
        }
        answer == Ok(Answer::Done)
    }

    /// The person who acts in a step in a role: where it repeats for the parties of that role, that very party.
    pub fn person_in(&self, id: &StepId, role: Role) -> Option<PartyId> {
        let definition = &self.stage.definition;
        let group = definition.step(&id.slug).and_then(|known| definition.group_of(known));
        match group.map(|group| &group.members) {
            Some(Members::Parties(of)) if *of == role => self.case.party_of(role, id.subject).map(|party| party.id),
            Some(Members::Parties(_) | Members::Counted(_) | Members::Times { .. }) | None => self.person(role),
        }
    }

    /// The applicant.
    pub fn applicant(&self) -> PartyId {
        self.case.applicant().map_or(PartyId([0; 16]), |party| party.id)
    }

    /// The first party with a role.
    pub fn person(&self, role: Role) -> Option<PartyId> {
        self.case.parties.iter().find(|party| party.role == role).map(|party| party.id)
    }

    /// When the next expected child is born: on the day it is due, or now if that has passed.
    fn birth_at(&self) -> Option<CivilTime> {
        let waits = self.case.children.iter().any(|child| child.state == ChildState::Expected);
        if !waits || self.case.stage != Stage::Open {
            return None;
        }
        let due = Slug::new("due-date").ok().and_then(|field| self.case.input.get(&field).cloned());
        let due = match due {
            Some(Value::Day(day)) => CivilTime::noon(day),
            _ => self.now,
        };
        Some(due.max(self.now))
    }

    /// Every expected child is born and comes home, as its region reports.
    pub fn be_born(&mut self) {
        let expected = self.case.children.iter().filter(|child| child.state == ChildState::Expected);
        let expected: Vec<u8> = expected.map(|child| child.number).collect();
        for number in expected {
            for kind in [FactKind::Birth, FactKind::Homecoming] {
                let report = FactReport {
                    kind,
                    child: Subject(number),
                    party: None,
                    step: None,
                    occurred_at: self.now,
                    municipality: None,
                    values: Values::new(),
                };
                if self.case.stage != Stage::Open {
                    return;
                }
                if let Err(rejection) = self.ask(self.birth_reporter(), Command::ReportFact(report)) {
                    self.broken.push(format!("{} of child {number} is refused: {rejection}", kind.slug()));
                }
            }
        }
    }

    /// Who reports births: the agency of the step that a birth performs, or an operator where there is none.
    pub fn birth_reporter(&self) -> Actor {
        let step = self.stage.definition.steps().iter().find(|step| step.done_by == Some(FactKind::Birth));
        let agency = step.and_then(|step| self.agency_of(&StepId { slug: step.slug.clone(), subject: Subject::WHOLE }));
        agency.map_or_else(|| Actor::Operator("drift".to_owned()), Actor::Agency)
    }

    /// When the fault stops, if it runs.
    fn healing_at(&self) -> Option<CivilTime> {
        match &self.fault {
            Some(Fault::Unheard { until, .. } | Fault::Idle { until, .. }) => until.filter(|until| *until > self.now),
            _ => None,
        }
    }
}

/// That a step is paid.
pub fn paid(id: &StepId, at: CivilTime) -> FactReport {
    FactReport {
        kind: FactKind::Paid,
        child: Subject::WHOLE,
        party: None,
        step: Some(id.clone()),
        occurred_at: at,
        municipality: None,
        values: Values::new(),
    }
}

/// What an agency asks to be paid.
pub fn bill(id: &StepId) -> Report {
    let ask = Ask::Payment {
        link: format!("https://betala.example/{}", id.slug),
        amount: 120_000,
        reference: "OCR 1234567".to_owned(),
    };
    Report::SupplementAsked { words: "Betala avgiften.".to_owned(), due: None, ask }
}

/// Whether a step's agency decides something, rather than only registering it.
fn decides(step: &StepDefinition) -> bool {
    match step.kind {
        StepKind::Apply | StepKind::Sign | StepKind::Book => true,
        StepKind::Automatic | StepKind::Notify => {
            step.is_executed || step.appeal_route != livshandelse_core::definition::AppealRoute::None
        }
        StepKind::Information | StepKind::External | StepKind::Pay => false,
    }
}
