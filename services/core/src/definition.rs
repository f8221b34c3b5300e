//! A life event as checked data: its steps, what each waits for, its clocks, and who owns them.
//!
//! Only [`Definition::new`] makes one, and it checks the whole: once made, nobody checks for cycles again.

mod check;
mod fact;
mod group;
mod mandate;

pub use check::{Fault, Place};
pub use fact::{AwaitedFact, FactAbout, FactKind, FactOf};
pub use group::{CHILD, CHILDREN_MAX, GroupDefinition, Members, SUBJECTS_MAX};
pub use mandate::MandateKind;

use crate::calendar::{Period, RollOver};
use crate::condition::Condition;
use crate::form::Form;
use crate::id::{Revision, Slug};
use foldhash::HashMap;

/// What a party is in a case (design: party, role).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Who filed the case and whose it is.
    Applicant,
    /// Another person whose own act some steps need: the other parent.
    CoParty,
    /// Whom it is about and who does not act: the child.
    Subject,
    /// Who helps, with the applicant's leave.
    Helper,
    /// Who acts for another by a mandate.
    Representative,
    /// A life event guide who may look along.
    Guide,
}

impl Role {
    /// Its word in definitions and scenarios.
    pub fn slug(self) -> &'static str {
        match self {
            Role::Applicant => "applicant",
            Role::CoParty => "co-party",
            Role::Subject => "subject",
            Role::Helper => "helper",
            Role::Representative => "representative",
            Role::Guide => "guide",
        }
    }
}

/// The level of an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A state agency.
    State,
    /// A region.
    Region,
    /// A municipality's nämnd.
    Municipality,
    /// A private provider doing a public task.
    Provider,
}

/// How a step's agency is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Routing {
    /// One agency for the whole country.
    Country,
    /// The nämnd of the municipality the case is filed in (folkbokföringskommun unless the definition says otherwise).
    Municipality,
    /// The nämnd of the municipality a `move` fact named last.
    NewMunicipality,
    /// The region of the case's municipality. Gotland's municipality has the region's duties.
    Region,
}

/// Where a document counts as arrived (FL 22 §; TF 2:9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reception {
    /// We are the agency's reception: arrived at our durable commit.
    Here,
    /// Arrived when the agency acknowledges.
    Agency,
}

/// An agency of a life event, before it is routed to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyDefinition {
    /// `skatteverket`, `socialnamnden`, `region`.
    pub slug: Slug,
    /// Its level.
    pub level: Level,
    /// How it is found.
    pub routing: Routing,
    /// Where documents arrive.
    pub reception: Reception,
}

/// What kind of act a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// An application (ansökan); an agency decides.
    Apply,
    /// A notification (anmälan).
    Notify,
    /// Happens without the applicant.
    Automatic,
    /// Signed by each role in `signed_by`.
    Sign,
    /// A time is booked.
    Book,
    /// A fee is paid: the agency answers with a payment link, and tells when it is paid. Has no form.
    Pay,
    /// Something to know; nobody acts and it never holds a case open.
    Information,
    /// Done elsewhere (an employer, a bank); the applicant says when.
    External,
}

/// What a need waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Awaited {
    /// A step was filed.
    Filed(Slug),
    /// A step's document arrived.
    Arrived(Slug),
    /// A step was decided, either way.
    Decided(Slug),
    /// A step was approved, or registered where nothing is decided.
    Approved(Slug),
    /// A step was carried out.
    Executed(Slug),
    /// A step ended without approval: refused, passed, impossible, withdrawn.
    Lapsed(Slug),
    /// A fact was reported.
    Fact(AwaitedFact),
    /// A party with a role is in the case. Waited for until then, never gone.
    Joined(Role),
    /// A clock of a step ended.
    ClockEnded {
        /// The step.
        step: Slug,
        /// Its clock.
        clock: Slug,
    },
}

/// What a need is for (I4): only [`ToFile`](NeedFor::ToFile) holds a step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeedFor {
    /// The thing does not exist before (no child yet).
    ToFile,
    /// A supplement can cure it (FL 20 §).
    ToBeComplete,
    /// The decision has no effect before.
    ToTakeEffect,
}

/// A need: met when any of what it awaits has come, of any subject of a group or of every one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Any one of these is enough. Never empty.
    pub any: Vec<Awaited>,
    /// A group, for which it must be met of every subject; where there is none, of any subject.
    pub every: Option<Slug>,
    /// What for.
    pub purpose: NeedFor,
}

/// What a clock starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// The case was filed.
    CaseFiled,
    /// The step could be begun.
    Opened,
    /// The step was filed.
    Filed,
    /// The document arrived.
    Arrived,
    /// The matter became complete: the latest of the arrival and the last supplement sent. A running clock begins anew with
    /// each supplement.
    Complete,
    /// The step was decided.
    Decided,
    /// What another step had decided was carried out, or it was completed where nothing is decided.
    Executed(Slug),
    /// The party got the decision (delfående).
    Received,
    /// The carrying out of what the step had decided was interrupted, and has not gone on since. Begins anew with each
    /// interruption.
    Interrupted,
    /// A fact about the step's child, or about any child when the step does not repeat; the newest where it comes again.
    Fact(AwaitedFact),
    /// A day in the life event's form.
    Input(Slug),
    /// A day in the step's own form.
    StepInput(Slug),
}

/// One term of a clock's end: an anchor and a period from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// From when.
    pub anchor: Anchor,
    /// How long.
    pub period: Period,
    /// A period named in the reference data, in addition: its value is the one that holds on the anchor's day.
    pub named: Option<NamedPeriod>,
}

/// A period that changes and is therefore data: `+ @appeal-weeks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPeriod {
    /// The amount that holds it, of the unit days, weeks or months.
    pub slug: Slug,
    /// Whether it is counted backwards.
    pub is_backwards: bool,
}

/// What kind of clock it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockKind {
    /// The applicant's chance: it passes.
    Chance,
    /// The agency's duty in law.
    Statutory,
    /// Our own, or an agency's promise.
    Own,
    /// The time to appeal.
    Appeal,
    /// What waiting costs.
    Price,
}

/// Who must act before a clock ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// The applicant.
    Applicant,
    /// The agency that owns the step.
    Agency,
}

/// What stops a clock in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetBy {
    /// Filing.
    Filed,
    /// The decision, or completion where nothing is decided.
    Decided,
    /// Execution.
    Executed,
    /// Nothing: it always runs to its end.
    Nothing,
}

/// What happens when a clock ends unmet; each names who acts next (I8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// The chance has passed: the step closes as not needed. The next actor is whoever waits for that.
    Closes,
    /// The agency is late: shown so, the applicant may ask for a decision (FL 12 §), asked again each period.
    Overdue,
    /// Nothing changes but what it costs; the applicant is told.
    Warns,
    /// The law settles it without a decision: the step is done.
    Settles,
}

/// A clock (frist).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockDefinition {
    /// Its name within the step.
    pub slug: Slug,
    /// Its kind.
    pub kind: ClockKind,
    /// It ends at the latest of these, once every anchor is known. Never empty.
    pub latest: Vec<Term>,
    /// Who must act.
    pub holder: Holder,
    /// What stops it.
    pub met_by: MetBy,
    /// What follows when it ends.
    pub consequence: Consequence,
    /// Whether the last day moves when it falls on a holiday (lag 1930:173).
    pub roll_over: RollOver,
    /// The law and paragraph, or whose promise it is.
    pub source: String,
    /// Whether waiting past it costs, said in the text `{step}-{clock}-price`.
    pub has_price: bool,
}

impl ClockDefinition {
    /// Whether one of its terms begins with an anchor.
    pub fn runs_from(&self, anchor: &Anchor) -> bool {
        self.latest.iter().any(|term| term.anchor == *anchor)
    }
}

/// What a step takes from another step, and the ground on which its holder lets it pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceUse {
    /// The evidence.
    pub evidence: Slug,
    /// The ground.
    pub ground: Ground,
    /// Law and paragraph.
    pub source: String,
}

/// A disclosure ground (design §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// The fact is public.
    Public,
    /// A duty to disclose by law (OSL 10:28).
    Duty,
    /// A named rule.
    Rule,
    /// The party carries it.
    CarriedByParty,
}

/// How a decision may be appealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppealRoute {
    /// Not at all.
    None,
    /// Förvaltningsbesvär (FL 40–48 §§).
    AdministrativeCourt,
    /// Omprövning first (SFB 113 kap., SFL 66 kap.).
    Reconsideration,
    /// Laglighetsprövning (KL 13 kap.).
    LegalityReview,
    /// A general court.
    GeneralCourt,
    /// Länsstyrelsen (PBL 13 kap., MB 19 kap.).
    CountyBoard,
}

/// Privacy information of one step (GDPR art. 13–14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privacy {
    /// Ground: GDPR article and national law.
    pub ground: String,
    /// Who else gets the data. May be empty.
    pub recipients: Vec<String>,
}

/// What withdrawing means to a step once filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Withdrawal {
    /// An arriving återkallelse; the agency closes.
    AgencyCloses,
    /// Cannot be withdrawn: the matter goes on by law (parenthood, registration).
    GoesOn,
}

/// One step of a life event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDefinition {
    /// Its name.
    pub slug: Slug,
    /// Its kind.
    pub kind: StepKind,
    /// Who owns it: the slug of one of [`Parts::agencies`].
    pub agency: Slug,
    /// The group that it repeats for; without one it is the whole case's.
    pub for_each: Option<Slug>,
    /// Whether the case waits for it; an optional one only lapses.
    pub is_mandatory: bool,
    /// What it waits for.
    pub needs: Vec<Need>,
    /// When definitely false, the step is proposed as not needed; the applicant may add it.
    pub condition: Option<Condition>,
    /// The rule behind the condition, shown with it.
    pub condition_source: String,
    /// What the applicant is asked.
    pub form: Option<Form>,
    /// Who must sign; empty means that the applicant alone files.
    pub signed_by: Vec<Role>,
    /// A fact that performs the step (kind automatic): nothing is handed to the agency.
    pub done_by: Option<FactKind>,
    /// Facts that end it.
    pub ends_when: Vec<AwaitedFact>,
    /// Evidence that it gives.
    pub gives: Vec<Slug>,
    /// Evidence that it takes.
    pub uses: Vec<EvidenceUse>,
    /// Its clocks.
    pub clocks: Vec<ClockDefinition>,
    /// Whether a decision must be carried out before the step is done.
    pub is_executed: bool,
    /// Whether it concerns only the grieving: shown quietly, with someone to call.
    pub is_grief: bool,
    /// Which roles see it, beside the applicant.
    pub visible_to: Vec<Role>,
    /// Kinds of mandate by which another may act in it for the applicant. Empty: personally only.
    pub mandates: Vec<MandateKind>,
    /// Law and paragraph.
    pub legal_basis: String,
    /// Secrecy provision (OSL).
    pub secrecy: String,
    /// How it is appealed.
    pub appeal_route: AppealRoute,
    /// Retention class; keys are destroyed by it.
    pub retention: Slug,
    /// Privacy information.
    pub privacy: Privacy,
    /// The fee, in words; empty when there is none.
    pub fee: String,
    /// Amounts of the reference data that it goes by; which values were used is recorded when it is filed.
    pub amounts: Vec<Slug>,
    /// What withdrawing means.
    pub withdrawal: Withdrawal,
    /// What an agency may set itself, as keys into `variations/`.
    pub may_vary: Vec<Slug>,
}

impl StepDefinition {
    /// The clock with a slug.
    pub fn clock(&self, slug: &Slug) -> Option<&ClockDefinition> {
        self.clocks.iter().find(|clock| clock.slug == *slug)
    }

    /// Whose own act it is: the applicant's, unless only others sign it (the other parent's own application).
    pub fn filer(&self) -> Role {
        let applicant_signs = self.signed_by.is_empty() || self.signed_by.contains(&Role::Applicant);
        if applicant_signs { Role::Applicant } else { self.signed_by.first().copied().unwrap_or(Role::Applicant) }
    }

    /// Whether it is the helper's own act, and not one for the applicant.
    pub fn is_helpers_own(&self) -> bool {
        self.filer() == Role::Helper
    }

    /// Whether what it decided may be interrupted after it was carried out: a clock says by when it goes on again.
    pub fn may_be_interrupted(&self) -> bool {
        self.clocks.iter().any(|clock| clock.runs_from(&Anchor::Interrupted))
    }

    /// Whether somebody must fill or sign something before it is filed.
    pub fn asks_someone(&self) -> bool {
        self.form.is_some() || !self.signed_by.is_empty()
    }
}

/// The parts of a definition, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Life event and number.
    pub revision: Revision,
    /// blake3 of the whole bundle: the same number with other content is refused.
    pub digest: [u8; 32],
    /// Its agencies.
    pub agencies: Vec<AgencyDefinition>,
    /// The form of the life event itself.
    pub form: Form,
    /// The groups that steps repeat for.
    pub groups: Vec<GroupDefinition>,
    /// The roles a case must have beside the applicant, and may have.
    pub roles: Vec<RoleDefinition>,
    /// Who may file a case: the applicant, or a helper before the applicant has joined. Never empty.
    pub filed_by: Vec<Role>,
    /// The role of the party that it is about: that person's death ends the steps of the whole case that a death ends.
    pub about: Role,
    /// Its steps, in the order they are shown.
    pub steps: Vec<StepDefinition>,
    /// Days an unsent draft is kept.
    pub draft_days: u32,
    /// Days before a deadline when the applicant's turn becomes urgent.
    pub attention_days: u32,
    /// Days after a stillbirth or a death in which nobody is told anything but what the law would take away. 0: none.
    pub quiet_days: u32,
}

/// A role a case has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDefinition {
    /// The role.
    pub role: Role,
    /// Its name in the texts: `birth-parent`.
    pub name: Slug,
    /// Whether a case must have one.
    pub is_required: bool,
    /// How many at most.
    pub count_max: u8,
}

/// A checked life event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    parts: Parts,
    by_slug: HashMap<Slug, usize>,
}

impl Definition {
    /// Checks the parts and makes a definition of them.
    ///
    /// # Errors
    ///
    /// Returns every [`Fault`] found: cycles, unknown slugs, conditions over unknown fields, evidence that nobody gives,
    /// clocks whose anchors never come, steps without a last clock (I8), asking for what another step gives.
    pub fn new(parts: Parts) -> Result<Definition, Vec<Fault>> {
        let faults = check::check(&parts);
        if !faults.is_empty() {
            return Err(faults);
        }
        let by_slug = parts.steps.iter().enumerate().map(|(index, step)| (step.slug.clone(), index)).collect();
        Ok(Definition { parts, by_slug })
    }

    /// Life event and number.
    pub fn revision(&self) -> &Revision {
        &self.parts.revision
    }

    /// All its parts.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Its steps, in the order they are shown.
    pub fn steps(&self) -> &[StepDefinition] {
        &self.parts.steps
    }

    /// The step with a slug.
    pub fn step(&self, slug: &Slug) -> Option<&StepDefinition> {
        self.by_slug.get(slug).and_then(|index| self.parts.steps.get(*index))
    }

    /// Where a step stands in the order of the definition.
    pub fn index_of(&self, slug: &Slug) -> Option<usize> {
        self.by_slug.get(slug).copied()
    }

    /// The group with a slug.
    pub fn group(&self, slug: &Slug) -> Option<&GroupDefinition> {
        self.parts.groups.iter().find(|group| group.slug == *slug)
    }

    /// The group that a step repeats for.
    pub fn group_of(&self, step: &StepDefinition) -> Option<&GroupDefinition> {
        self.group(step.for_each.as_ref()?)
    }

    /// The agency with a slug.
    pub fn agency(&self, slug: &Slug) -> Option<&AgencyDefinition> {
        self.parts.agencies.iter().find(|agency| agency.slug == *slug)
    }
}
