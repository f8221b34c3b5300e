//! The legend: what strokes, signs and frames mean, and the clocks that several steps have.

use super::Subject;
use super::card::{Shared, TEXT_SIZE, TEXT_STEP, count};
use super::measure::wrap;
use livshandelse_core::definition::Holder;

/// Between two columns of the legend.
const GUTTER: f64 = 50.0;
/// A column of signs, and one of clocks that several steps have: no wider than their words need.
const SIGNS_WIDTH_MAX: f64 = 690.0;
const CLOCKS_WIDTH_MAX: f64 = 1_150.0;
/// From a sign's left edge to its text.
pub(super) const SIGN_WIDTH: f64 = 110.0;
/// From the left edge of a letter or number to its text.
pub(super) const NOTE_WIDTH: f64 = 46.0;
/// The height of a heading.
const HEADING: f64 = 46.0;
/// Between two entries.
const ENTRY_GAP: f64 = 12.0;

/// What an entry explains.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sign {
    /// A line of a purpose, by its place.
    Line(super::NeedStroke),
    /// How a line begins.
    Begin(super::graph::How),
    /// An end of several.
    Several,
    /// A marker.
    Marker,
    /// A frame.
    Frame(super::card::Look),
    /// A frame for those who grieve.
    Grief,
    /// A bar of whoever acts.
    Bar(super::card::Actor),
    /// A clock.
    Clock {
        /// Who must act.
        holder: Holder,
        /// Whether something ends with it.
        is_hard: bool,
        /// Whether waiting costs.
        has_price: bool,
    },
    /// A clock that several have.
    Letter {
        /// Its letter.
        letter: String,
        /// Who must act.
        holder: Holder,
    },
    /// A source of a clock.
    Note(usize),
    /// What ends a step.
    Ends(usize),
    /// Only for some.
    Condition,
}

/// One entry, placed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// What it explains.
    pub(super) sign: Sign,
    /// Its words.
    pub(super) lines: Vec<String>,
    /// From the legend's left edge.
    pub(super) left: f64,
    /// From its upper edge to the first line.
    pub(super) top: f64,
}

/// The whole legend.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Legend {
    /// Headings: where, and what.
    pub(super) headings: Vec<(f64, f64, String)>,
    /// Entries.
    pub(super) entries: Vec<Entry>,
    /// Its height.
    pub(super) height: f64,
}

impl Legend {
    /// The legend in a width.
    pub(super) fn of(subject: &Subject<'_>, shared: &Shared, width: f64) -> Legend {
        let mut legend = Legend::default();
        let mut left = 0.0;
        let each = (width * 0.13).min(SIGNS_WIDTH_MAX);
        for part in [lines(subject), frames(subject, shared), clocks(subject, shared)] {
            legend.column(left, each - GUTTER, part.0, part.1);
            left += each;
        }
        let letters: Vec<(Sign, String)> = shared
            .clocks
            .iter()
            .enumerate()
            .map(|(place, clock)| {
                (Sign::Letter { letter: Shared::letter(place), holder: clock.holder }, clock.words.clone())
            })
            .collect();
        if !letters.is_empty() {
            let heading = subject.pick("Frister som flera steg har", "Times that several steps have").to_owned();
            let each = (width * 0.24).min(CLOCKS_WIDTH_MAX);
            legend.column(left, each - GUTTER, heading, letters);
            left += each;
        }
        let sources: Vec<(Sign, String)> =
            shared.sources.iter().enumerate().map(|(place, source)| (Sign::Note(place + 1), source.clone())).collect();
        if !sources.is_empty() {
            let mut heading = subject.pick("Fristernas källor", "Where the times come from").to_owned();
            let parts = match sources.len() {
                0..=6 => 1,
                7..=30 => 3,
                _ => 4,
            };
            let each = (width - left) / count(parts);
            for part in sources.chunks(sources.len().div_ceil(parts)) {
                legend.column(left, each - GUTTER, std::mem::take(&mut heading), part.to_vec());
                left += each;
            }
        }
        legend
    }

    fn column(&mut self, left: f64, width: f64, heading: String, entries: Vec<(Sign, String)>) {
        self.headings.push((left, 0.0, heading));
        let mut top = HEADING;
        for (sign, words) in entries {
            let room = match sign {
                Sign::Letter { .. } | Sign::Note(_) => NOTE_WIDTH,
                _ => SIGN_WIDTH,
            };
            let lines = wrap(&words, TEXT_SIZE, false, width - room);
            let height = TEXT_STEP * count(lines.len()).max(1.0);
            let entry_sign = sign.clone();
            self.entries.push(Entry { sign, lines, left, top });
            top += height + if matches!(entry_sign, Sign::Note(_)) { 4.0 } else { ENTRY_GAP };
        }
        self.height = self.height.max(top);
    }
}

type Part = (String, Vec<(Sign, String)>);

fn lines(subject: &Subject<'_>) -> Part {
    use super::NeedStroke;
    use super::graph::How;
    let entry = |sign: Sign, sv: &str, en: &str| (sign, subject.pick(sv, en).to_owned());
    (
        subject.pick("Linjer", "Lines").to_owned(),
        vec![
            entry(Sign::Line(NeedStroke::Solid), "behövs för att kunna lämnas in", "needed before it can be filed"),
            entry(Sign::Line(NeedStroke::Dashed), "kan kompletteras i efterhand", "can be supplemented later"),
            entry(Sign::Line(NeedStroke::Dotted), "behövs för att börja gälla", "needed to take effect"),
            entry(Sign::Begin(How::Approved), "när det är klart eller har hänt", "when it is done or has happened"),
            entry(Sign::Begin(How::Lapsed), "när det inte blir av", "when it comes to nothing"),
            entry(Sign::Begin(How::Either), "när det är avgjort, hur det än gick", "when it is settled, either way"),
            entry(Sign::Several, "en av flera sådana räcker", "one of several of these is enough"),
        ],
    )
}

fn frames(subject: &Subject<'_>, shared: &Shared) -> Part {
    use super::card::{Actor, Look};
    let entry = |sign: Sign, sv: &str, en: &str| (sign, subject.pick(sv, en).to_owned());
    let mut entries = vec![
        entry(Sign::Frame(Look::Mandatory), "krävs: ärendet väntar på det", "required: the case waits for it"),
        entry(Sign::Frame(Look::Optional), "frivilligt", "optional"),
        entry(Sign::Frame(Look::Information), "bra att veta", "good to know"),
        entry(Sign::Grief, "i sorg; visas stilla", "in grief; shown quietly"),
        entry(Sign::Bar(Actor::Applicant), "den sökande gör något", "the applicant acts"),
        entry(Sign::Bar(Actor::Other), "någon annan i ärendet gör något", "somebody else in the case acts"),
        entry(Sign::Marker, "något som händer", "something that happens"),
    ];
    if shared.has_condition {
        entries.push(entry(Sign::Condition, "bara för några; svaren avgör", "only for some; the answers tell"));
    }
    (subject.pick("Steg", "Steps").to_owned(), entries)
}

fn clocks(subject: &Subject<'_>, shared: &Shared) -> Part {
    let clock = |holder, is_hard, has_price| Sign::Clock { holder, is_hard, has_price };
    let entry = |sign: Sign, sv: &str, en: &str| (sign, subject.pick(sv, en).to_owned());
    let mut entries = vec![
        entry(
            clock(Holder::Applicant, true, false),
            "för den sökande; sedan är det för sent",
            "for the applicant; then it is too late",
        ),
        entry(
            clock(Holder::Applicant, false, false),
            "för den sökande; en påminnelse",
            "for the applicant; a reminder",
        ),
        entry(clock(Holder::Applicant, false, true), "att vänta längre kostar", "waiting longer costs"),
        entry(
            clock(Holder::Agency, false, false),
            "för myndigheten; sedan är den sen",
            "for the agency; then it is late",
        ),
        entry(
            clock(Holder::Agency, true, false),
            "för myndigheten; sedan stängs steget",
            "for the agency; then the step closes",
        ),
    ];
    for (place, facts) in shared.ends.iter().enumerate() {
        entries.push((Sign::Ends(place + 1), Shared::ends_words(subject, facts)));
    }
    (subject.pick("Frister och slut", "Times and ends").to_owned(), entries)
}
