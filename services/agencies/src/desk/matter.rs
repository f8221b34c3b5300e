//! One matter: a document, its attempts, and how it stands.

use crate::calendar::Hours;
use crate::judge::{Filed, Judgement, judge};
use crate::script::{Act, Move};
use jiff::Timestamp;
use jiff::civil::Date;
use livshandelse_agency::v1;
use prost_types::Struct;
use std::collections::VecDeque;

/// What makes two hand-overs the same document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Document {
    pub(super) agency: String,
    pub(super) case_key: String,
    pub(super) step: String,
    /// Which child; 0 if none.
    pub(super) subject: u32,
}

impl Document {
    pub(super) fn of(agency: &str, handover: &v1::PerformStepRequest) -> Document {
        Document {
            agency: agency.to_owned(),
            case_key: handover.agency_case_key.clone(),
            step: handover.step.clone(),
            subject: handover.subject.as_ref().map_or(0, |subject| subject.number),
        }
    }

    /// Names it in draws and orders what is due at the same time.
    pub(super) fn tie(&self) -> String {
        format!("{}/{}/{}/{}", self.agency, self.case_key, self.step, self.subject)
    }
}

/// How a matter stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Standing {
    /// In work; the agency's latest words.
    Working(String),
    /// The applicant is asked.
    Asked(v1::Supplement),
    /// Decided; something may remain to be carried out.
    Decided(v1::Decision),
    /// Done.
    Done(v1::Completion),
    /// Could not be done.
    Failed(v1::Failure),
    /// Closed after a withdrawal.
    Closed(v1::Completion),
}

impl Standing {
    /// Whether a new hand-over of the same document begins anew.
    pub(super) fn is_void(&self) -> bool {
        match self {
            Standing::Failed(_) | Standing::Closed(_) => true,
            Standing::Working(_) | Standing::Asked(_) | Standing::Decided(_) | Standing::Done(_) => false,
        }
    }

    /// Whether it has its answer.
    pub(super) fn is_answered(&self) -> bool {
        match self {
            Standing::Decided(_) | Standing::Done(_) | Standing::Closed(_) => true,
            Standing::Working(_) | Standing::Asked(_) | Standing::Failed(_) => false,
        }
    }
}

/// One matter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matter {
    pub(super) document: Document,
    /// The slug of the life event.
    pub(super) life_event: String,
    /// The latest task.
    pub(super) task: String,
    /// All tasks under which it was handed over.
    pub(super) tasks: Vec<String>,
    /// The latest attempt.
    pub(super) attempt: u32,
    pub(super) case_number: String,
    pub(super) arrived: Timestamp,
    pub(super) filed_on: Date,
    pub(super) input: Struct,
    pub(super) evidence: Struct,
    pub(super) missing: Vec<String>,
    /// The fee that the step goes by, in öre; none where no amount was handed over.
    pub(super) fee: Option<i64>,
    pub(super) hours: Hours,
    /// What is still to be done.
    pub(super) rest: VecDeque<Move>,
    /// Its course was written for it: input is not judged.
    pub(super) is_scripted: bool,
    pub(super) standing: Standing,
    /// The decision, also after it has been carried out.
    pub(super) decision: Option<v1::Decision>,
    /// Reports made so far; names them.
    pub(super) reports: u32,
    /// Times the applicant was asked.
    pub(super) asked: u32,
    /// The last offer, to be made again if it is declined after a decision.
    pub(super) offered: Option<Act>,
    /// The first attempt got no answer, and is reported on when the next has come.
    pub(super) late: Option<(String, u32)>,
}

impl Matter {
    pub(super) fn judged(&self) -> Judgement {
        judge(Filed { step: &self.document.step, input: &self.input, missing: &self.missing, on: self.filed_on })
    }
}
