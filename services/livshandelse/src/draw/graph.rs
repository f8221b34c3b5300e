//! What is joined with what: the steps of a life event and what happens in the world as nodes, needs as links.

use super::Subject;
use crate::show::definition as words;
use livshandelse_core::definition::{
    AgencyDefinition, Awaited, AwaitedFact, FactAbout, FactOf, Level, Members, NeedFor, Role, StepDefinition, StepKind,
};
use livshandelse_core::id::Slug;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is drawn at a place of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Something that happens.
    Marker(Happening),
    /// A step, by its place in the definition.
    Step(usize),
}

/// Something that happens in the world and that some step knows of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    /// A fact.
    Fact(AwaitedFact),
    /// Somebody is in the case.
    Joined(Role),
}

impl Happening {
    /// Its name: `birth`, `death:co-party`, `joined:applicant`.
    pub(super) fn slug(&self) -> String {
        match self {
            Happening::Fact(fact) => fact.to_string(),
            Happening::Joined(role) => format!("joined:{}", role.slug()),
        }
    }

    /// Its words on a marker: of which step it is, its lines tell.
    pub(super) fn short(&self, subject: &Subject<'_>) -> String {
        match self {
            Happening::Fact(AwaitedFact { kind, of: FactOf::Step(_) }) => words::fact(subject.language, kind.slug()),
            Happening::Fact(_) | Happening::Joined(_) => self.words(subject),
        }
    }

    /// Its words.
    pub(super) fn words(&self, subject: &Subject<'_>) -> String {
        match self {
            Happening::Fact(fact) => self::fact_words(subject, fact),
            Happening::Joined(role) => words::joined(subject.language, *role),
        }
    }
}

/// A fact in words, a step that it is of with its title.
pub(super) fn fact_words(subject: &Subject<'_>, fact: &AwaitedFact) -> String {
    match &fact.of {
        FactOf::Step(step) => {
            let said = words::fact(subject.language, fact.kind.slug());
            format!("{said} ({})", subject.text(&format!("step-{step}")))
        }
        FactOf::Own | FactOf::Role(_) => words::awaited_fact(subject.language, fact),
    }
}

/// How a line begins: what of the source is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// It is approved, or it happens.
    Approved,
    /// It comes to an end, whichever.
    Either,
    /// It comes to nothing.
    Lapsed,
    /// It is filed, or has arrived.
    Sent,
    /// It is carried out.
    Executed,
    /// A clock of it ends.
    Clock,
}

/// A line from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The node that stands further left.
    pub(super) left: usize,
    /// The node that stands further right.
    pub(super) right: usize,
    /// Which of the needs of the step that waits.
    pub(super) need: usize,
    /// How it begins.
    pub(super) how: How,
    /// What it is for.
    pub(super) purpose: NeedFor,
    /// Whether the step that waits is the one on the left: its effect comes later than the step itself.
    pub(super) is_backward: bool,
    /// Whether another line of the same need would do.
    pub(super) is_one_of_several: bool,
}

/// A band: what one agency does, or what happens in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Band {
    /// The agency's level; `None` for what happens.
    pub(super) level: Option<Level>,
    /// Whose it is.
    pub(super) names: Vec<String>,
}

/// A life event as a graph.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    /// What is drawn.
    pub(super) nodes: Vec<Node>,
    /// The band of each node.
    pub(super) band_of: Vec<usize>,
    /// Needs.
    pub(super) links: Vec<Link>,
    /// The bands, from the top.
    pub(super) bands: Vec<Band>,
    /// For each marker's node: the steps that it ends.
    pub(super) ends: BTreeMap<usize, Vec<usize>>,
    /// For each marker's node: the steps with a clock that runs from it.
    pub(super) anchors: BTreeMap<usize, Vec<usize>>,
}

impl Graph {
    /// The graph of a life event.
    pub(super) fn of(subject: &Subject<'_>) -> Graph {
        let steps = subject.definition.steps();
        let markers = markers(subject);
        let mut bands = vec![Band { level: None, names: vec![] }];
        let mut band_of_agency: BTreeMap<&Slug, usize> = BTreeMap::new();
        for level in words::LEVELS {
            let own = |agency: &&AgencyDefinition| {
                agency.level == level && steps.iter().any(|step| step.agency == agency.slug)
            };
            let only_informs = |agency: &&AgencyDefinition| {
                steps.iter().all(|step| step.agency != agency.slug || step.kind == StepKind::Information)
            };
            let all: Vec<&AgencyDefinition> = subject.definition.parts().agencies.iter().filter(own).collect();
            for agency in all.iter().filter(|agency| !only_informs(agency)) {
                band_of_agency.insert(&agency.slug, bands.len());
                bands.push(Band { level: Some(level), names: vec![agency_name(subject, &agency.slug, level)] });
            }
            // Those that only inform share a band.
            let informing: Vec<_> = all.iter().filter(|agency| only_informs(agency)).collect();
            for agency in &informing {
                band_of_agency.insert(&agency.slug, bands.len());
            }
            if !informing.is_empty() {
                let names = informing.iter().map(|agency| agency_name(subject, &agency.slug, level)).collect();
                bands.push(Band { level: Some(level), names });
            }
        }
        let mut nodes: Vec<Node> = markers.iter().cloned().map(Node::Marker).collect();
        let mut band_of = vec![0; nodes.len()];
        let first = nodes.len();
        for (index, step) in steps.iter().enumerate() {
            nodes.push(Node::Step(index));
            band_of.push(band_of_agency.get(&step.agency).copied().unwrap_or(0));
        }
        let marker = |happening: &Happening| markers.iter().position(|known| known == happening);
        let (mut ends, mut anchors) = (BTreeMap::new(), BTreeMap::new());
        for (node, happening) in markers.iter().enumerate() {
            let is_it = |fact: &AwaitedFact| matches!(happening, Happening::Fact(known) if known == fact);
            let at = |pick: &dyn Fn(&StepDefinition) -> bool| -> Vec<usize> {
                steps.iter().enumerate().filter(|(_, step)| pick(step)).map(|(index, _)| first + index).collect()
            };
            ends.insert(node, at(&|step| ended_by(subject, step).iter().any(is_it)));
            anchors.insert(node, at(&|step| anchored_by(subject, step).iter().any(is_it)));
        }
        let node_of = |source: &Source| match source {
            Source::Marker(happening) => marker(happening),
            Source::Step(slug) => subject.definition.index_of(slug).map(|index| first + index),
        };
        let links = links(subject, first, &node_of);
        Graph { nodes, band_of, links, bands, ends, anchors }
    }
}

/// Where a line begins.
enum Source {
    Marker(Happening),
    Step(Slug),
}

fn source(subject: &Subject<'_>, waiting: &StepDefinition, awaited: &Awaited) -> (Source, How) {
    match awaited {
        Awaited::Filed(step) | Awaited::Arrived(step) => (Source::Step(step.clone()), How::Sent),
        Awaited::Decided(step) => (Source::Step(step.clone()), How::Either),
        Awaited::Approved(step) => (Source::Step(step.clone()), How::Approved),
        Awaited::Executed(step) => (Source::Step(step.clone()), How::Executed),
        Awaited::Lapsed(step) => (Source::Step(step.clone()), How::Lapsed),
        Awaited::ClockEnded { step, .. } => (Source::Step(step.clone()), How::Clock),
        Awaited::Fact(fact) => {
            (Source::Marker(Happening::Fact(seen_from_outside(subject, waiting, fact))), How::Approved)
        }
        Awaited::Joined(role) => (Source::Marker(Happening::Joined(*role)), How::Approved),
    }
}

/// The facts that end a step.
pub(super) fn ended_by(subject: &Subject<'_>, step: &StepDefinition) -> Vec<AwaitedFact> {
    step.ends_when.iter().map(|fact| seen_from_outside(subject, step, fact)).collect()
}

fn anchored_by(subject: &Subject<'_>, step: &StepDefinition) -> Vec<AwaitedFact> {
    let anchors =
        step.clocks.iter().flat_map(|clock| &clock.latest).filter_map(|term| words::anchor_fact(&term.anchor));
    anchors.map(|fact| seen_from_outside(subject, step, fact)).collect()
}

/// A fact of a step's own party is that party's; one of whom the life event is about needs no name.
fn seen_from_outside(subject: &Subject<'_>, step: &StepDefinition, fact: &AwaitedFact) -> AwaitedFact {
    if fact.kind.about() != FactAbout::Person {
        return fact.clone();
    }
    let own = match subject.definition.group_of(step).map(|group| &group.members) {
        Some(Members::Parties(role)) => Some(*role),
        Some(Members::Counted(_) | Members::Times { .. }) | None => None,
    };
    let role = match fact.of {
        FactOf::Own => own,
        FactOf::Role(role) => Some(role),
        FactOf::Step(_) => return fact.clone(),
    };
    let role = role.filter(|role| *role != subject.definition.parts().about);
    AwaitedFact { kind: fact.kind, of: role.map_or(FactOf::Own, FactOf::Role) }
}

/// Everything that happens in the world and that some step knows of, in the order it is first named.
fn markers(subject: &Subject<'_>) -> Vec<Happening> {
    let mut all: Vec<Happening> = Vec::new();
    let mut add = |happening: Happening| {
        if !all.contains(&happening) {
            all.push(happening);
        }
    };
    for step in subject.definition.steps() {
        for awaited in step.needs.iter().flat_map(|need| &need.any) {
            if let (Source::Marker(happening), _) = source(subject, step, awaited) {
                add(happening);
            }
        }
        anchored_by(subject, step).into_iter().chain(ended_by(subject, step)).map(Happening::Fact).for_each(&mut add);
    }
    all
}

fn links(subject: &Subject<'_>, first: usize, node_of: &dyn Fn(&Source) -> Option<usize>) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for (index, step) in subject.definition.steps().iter().enumerate() {
        for (number, need) in step.needs.iter().enumerate() {
            let mut found: Vec<(usize, How)> = Vec::new();
            for awaited in &need.any {
                let (from, how) = source(subject, step, awaited);
                let Some(from) = node_of(&from) else { continue };
                match found.iter_mut().find(|(known, _)| *known == from) {
                    Some((_, known)) if *known != how => *known = How::Either,
                    Some(_) => {}
                    None => found.push((from, how)),
                }
            }
            let is_one_of_several = found.len() > 1;
            for (from, how) in found {
                let is_backward = need.purpose == NeedFor::ToTakeEffect && from < first;
                let (left, right) = if is_backward { (first + index, from) } else { (from, first + index) };
                links.push(Link {
                    left,
                    right,
                    need: number,
                    how,
                    purpose: need.purpose,
                    is_backward,
                    is_one_of_several,
                });
            }
        }
    }
    turn_rings(&mut links);
    links
}

/// A ring of needs is drawn open: what can come later than the step that waits for it, and itself comes after that step,
/// stands to its right.
fn turn_rings(links: &mut [Link]) {
    for index in 0..links.len() {
        let Link { left, right, purpose, is_backward, .. } = links[index];
        if purpose != NeedFor::ToFile && !is_backward && leads_to(links, right, left) {
            links[index] = Link { left: right, right: left, is_backward: true, ..links[index].clone() };
        }
    }
}

/// Whether something comes after something else, by needs that are drawn from left to right.
fn leads_to(links: &[Link], from: usize, to: usize) -> bool {
    let mut reached = BTreeSet::from([from]);
    loop {
        let next = links.iter().filter(|link| !link.is_backward && reached.contains(&link.left)).map(|link| link.right);
        let more: Vec<usize> = next.filter(|node| !reached.contains(node)).collect();
        if reached.contains(&to) || more.is_empty() {
            return reached.contains(&to);
        }
        reached.extend(more);
    }
}

/// An agency's name without the place that a case gives it.
pub(super) fn agency_name(subject: &Subject<'_>, slug: &Slug, level: Level) -> String {
    use livshandelse_workflows::Arg;
    let place = match level {
        Level::State => subject.pick("Sverige", "Sweden"),
        Level::Region => subject.pick("Regionen", "The region"),
        Level::Municipality => subject.pick("kommunen", "the municipality"),
        Level::Provider => subject.pick("orten", "the place"),
    };
    subject.texts.text(subject.language.code(), &format!("agency-{slug}"), &[("place", Arg::Text(place))])
}
