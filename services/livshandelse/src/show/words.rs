//! Our own words on the terminal, in Swedish and English. What comes from the service is already rendered there.

use clap::ValueEnum;
use livshandelse_proto::v1::{
    AppealState, CaseState, ChildState, EndReason, ExecutionState, Outcome, RollUp, StepState, Turn,
};

/// A language of the program's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Swedish
    Sv,
    /// English
    En,
}

impl Language {
    /// Its code (BCP 47).
    pub(crate) fn code(self) -> &'static str {
        match self {
            Language::Sv => "sv",
            Language::En => "en",
        }
    }

    /// One of two texts.
    pub(crate) fn pick<'a>(self, swedish: &'a str, english: &'a str) -> &'a str {
        match self {
            Language::Sv => swedish,
            Language::En => english,
        }
    }
}

/// How far a step has come.
pub(crate) fn step_state(language: Language, state: StepState) -> &'static str {
    let (sv, en) = match state {
        StepState::Unspecified | StepState::Unknown => ("Status okänd", "Status unknown"),
        StepState::Blocked => ("Kan inte påbörjas än", "Cannot be started yet"),
        StepState::Ready => ("Redo att påbörja", "Ready to start"),
        StepState::Draft => ("Påbörjad, ej inskickad", "Started, not sent"),
        StepState::Submitted => ("Inskickad", "Sent"),
        StepState::Received => ("Mottagen av myndigheten", "Received by the agency"),
        StepState::InProgress => ("Handläggs", "Being handled"),
        StepState::WaitingForApplicant => ("Väntar på dig", "Waiting for you"),
        StepState::WaitingForOther => ("Väntar på annan", "Waiting for another"),
        StepState::Decided => ("Beslut fattat", "Decided"),
        StepState::InExecution => ("Beslutet genomförs", "Being carried out"),
        StepState::Done => ("Klart", "Done"),
        StepState::Withdrawn => ("Återkallad", "Withdrawn"),
        StepState::NotNeeded => ("Behövs inte", "Not needed"),
        StepState::FailedDelivery => ("Kunde inte levereras", "Could not be delivered"),
    };
    language.pick(sv, en)
}

/// Whose turn it is, when it is somebody else's than the reader's.
pub(crate) fn turn(language: Language, turn: Turn) -> &'static str {
    let (sv, en) = match turn {
        Turn::Unspecified => ("okänt vems tur", "unknown whose turn"),
        Turn::Applicant => ("den sökandes tur", "the applicant's turn"),
        Turn::Agency => ("myndighetens tur", "the agency's turn"),
        Turn::OtherAgency => ("en annan myndighets tur", "another agency's turn"),
        Turn::CoParty => ("den andra partens tur", "the other party's turn"),
        Turn::Helper => ("hjälparens tur", "the helper's turn"),
        Turn::Nobody => ("ingens tur", "nobody's turn"),
    };
    language.pick(sv, en)
}

/// What was decided; empty while nothing is.
pub(crate) fn outcome(language: Language, outcome: Outcome) -> &'static str {
    let (sv, en) = match outcome {
        Outcome::Unspecified | Outcome::None => ("", ""),
        Outcome::Approved => ("Beviljat", "Approved"),
        Outcome::PartlyApproved => ("Delvis beviljat", "Partly approved"),
        Outcome::Rejected => ("Avslag", "Rejected"),
        Outcome::Dismissed => ("Avvisat", "Dismissed"),
        Outcome::ClosedWithoutDecision => ("Avskrivet", "Closed without a decision"),
        Outcome::NoDecisionNeeded => ("Registrerat", "Registered"),
    };
    language.pick(sv, en)
}

/// Where an appeal stands; empty where there is nothing to say.
pub(crate) fn appeal(language: Language, state: AppealState) -> &'static str {
    let (sv, en) = match state {
        AppealState::Unspecified | AppealState::NotAppealable => ("", ""),
        AppealState::Open => ("kan överklagas", "can be appealed"),
        AppealState::Late => ("tiden att överklaga har gått ut", "the time to appeal has passed"),
        AppealState::Lodged => ("överklagat", "appealed"),
        AppealState::TimelinessCheck => ("rättidsprövning pågår", "whether the appeal was in time is tested"),
        AppealState::Forwarded => ("hos domstolen", "with the court"),
        AppealState::DecidedUpheld => ("domstolen ändrade inte", "upheld by the court"),
        AppealState::DecidedChanged => ("domstolen ändrade beslutet", "changed by the court"),
        AppealState::Remitted => ("återförvisat", "sent back to the agency"),
        AppealState::Final => ("har fått laga kraft", "final"),
    };
    language.pick(sv, en)
}

/// How far a decision has been carried out; empty where there is nothing to say.
pub(crate) fn execution(language: Language, state: ExecutionState) -> &'static str {
    let (sv, en) = match state {
        ExecutionState::Unspecified | ExecutionState::NotApplicable => ("", ""),
        ExecutionState::Pending => ("ännu inte genomfört", "not carried out yet"),
        ExecutionState::Offered => ("erbjudande att svara på", "an offer to answer"),
        ExecutionState::DeclinedOffer => ("erbjudandet avböjt", "offer declined"),
        ExecutionState::Partly => ("delvis genomfört", "partly carried out"),
        ExecutionState::Executed => ("genomfört", "carried out"),
        ExecutionState::Interrupted => ("avbrutet", "interrupted"),
        ExecutionState::ReportedToIvo => {
            ("anmält till Inspektionen för vård och omsorg", "reported to the Health and Social Care Inspectorate")
        }
    };
    language.pick(sv, en)
}

/// How far a case has come.
pub(crate) fn case_state(language: Language, state: CaseState, end: EndReason) -> &'static str {
    let (sv, en) = match (state, end) {
        (CaseState::Unspecified, _) => ("okänt", "unknown"),
        (CaseState::Draft, _) => ("utkast", "draft"),
        (CaseState::Open, _) => ("pågår", "open"),
        (CaseState::Ended, EndReason::Completed) => ("avslutat: allt är avgjort", "ended: all is decided"),
        (CaseState::Ended, EndReason::Withdrawn) => ("avslutat: återkallat", "ended: withdrawn"),
        (CaseState::Ended, EndReason::CannotContinue) => ("avslutat: kan inte fortsätta", "ended: cannot continue"),
        (CaseState::Ended, EndReason::ClosedByFact) => ("avslutat", "ended"),
        (CaseState::Ended, EndReason::DraftExpired) => ("utkastet har gått ut", "the draft has expired"),
        (CaseState::Ended, EndReason::Unspecified) => ("avslutat", "ended"),
    };
    language.pick(sv, en)
}

/// One word for the whole.
pub(crate) fn roll_up(language: Language, roll_up: RollUp) -> &'static str {
    let (sv, en) = match roll_up {
        RollUp::Unspecified => ("okänt", "unknown"),
        RollUp::Attention => ("kräver dig", "needs you"),
        RollUp::Waiting => ("väntar", "waiting"),
        RollUp::Done => ("klart", "done"),
    };
    language.pick(sv, en)
}

/// What is known of a child, after its name.
pub(crate) fn child(language: Language, state: ChildState) -> &'static str {
    let (sv, en) = match state {
        ChildState::Unspecified => ("okänt", "unknown"),
        ChildState::Expected => ("väntas", "expected"),
        ChildState::Born => ("född", "born"),
        ChildState::Stillborn => ("dödfödd", "stillborn"),
        ChildState::Deceased => ("avliden", "deceased"),
    };
    language.pick(sv, en)
}
