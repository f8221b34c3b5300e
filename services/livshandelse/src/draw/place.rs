//! Where everything goes: bands from the top, columns from the left, cards in them so that lines run as straight as they can.
//!
//! How wide the cards are and how many columns there are is tried in sketches, which say how large a page would be without
//! ordering or routing anything; only the most promising are laid out.

use super::Subject;
use super::card::{CARD_USUAL, CARD_WIDTHS, Card, PORT_FIRST, PORT_STEP, Shared, count};
use super::graph::{Band, Graph, How, Node};
use super::layer::{layers, spread};
use super::legend::Legend;
use super::order::{Columns, Item};
use super::paper::Paper;
use super::route::{Channel, channel_width, channels};
use livshandelse_core::definition::NeedFor;
use std::collections::BTreeMap;

/// Left of everything: the names of levels and agencies.
pub(super) const LABEL_WIDTH: f64 = 440.0;
/// Around the page.
pub(super) const MARGIN: f64 = 60.0;
/// Between a band's edge and what is in it.
const BAND_PAD: f64 = 20.0;
/// Between two cards of a column.
const GAP: f64 = 20.0;
/// The height of a line that passes a column, with its gap.
const PASS_HEIGHT: f64 = 16.0;
/// The height of a marker.
pub(super) const MARKER_HEIGHT: f64 = 50.0;
/// The width of a column that has markers only.
const MARKER_WIDTH: f64 = 270.0;
/// Empty columns at the most that a high page is widened with.
const GAPS_MAX: usize = 6;
/// Rounds of straightening.
const ROUNDS: usize = 40;
/// Sketches that are laid out, the smallest first. What a sketch says of its width is right but for lines that turn out straight.
const LAID_OUT: usize = 3;

/// A rectangle on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    /// Its left edge.
    pub(super) left: f64,
    /// Its upper edge.
    pub(super) top: f64,
    /// Its width.
    pub(super) width: f64,
    /// Its height.
    pub(super) height: f64,
}

/// The whole page, with everything in its place.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// Units across.
    pub(super) width: f64,
    /// Units down.
    pub(super) height: f64,
    /// What it is printed on.
    pub(super) paper: Paper,
    /// The size of the agencies' names.
    pub(super) name_size: f64,
    /// What is joined.
    pub(super) graph: Graph,
    /// Columns.
    pub(super) columns: Columns,
    /// The bands' areas, with the labels.
    pub(super) bands: Vec<(Band, Area)>,
    /// Each node's area.
    pub(super) areas: BTreeMap<usize, Area>,
    /// Each step's card, by its node.
    pub(super) cards: BTreeMap<usize, Card>,
    /// The lines between columns.
    pub(super) channels: Vec<Channel>,
    /// Lines that pass columns: from, to, at which height, and which chain.
    pub(super) passes: Vec<(f64, f64, f64, usize)>,
    /// What the legend explains.
    pub(super) shared: Shared,
    /// The legend.
    pub(super) legend: Legend,
}

/// What is the same however wide the cards are and however many columns there are.
struct Plan<'a> {
    subject: &'a Subject<'a>,
    graph: Graph,
    shared: Shared,
    ports: Ports,
    /// The cards at each width of [`CARD_WIDTHS`].
    cards: Vec<BTreeMap<usize, Card>>,
    /// The column of each node when none is put in.
    layer: Vec<usize>,
    head_height: f64,
    name_size: f64,
}

/// A page that has not been laid out: how large it would be.
struct Sketch {
    /// Which width of [`CARD_WIDTHS`] its cards have.
    size: usize,
    /// The columns after which an empty one is put in.
    gaps: Vec<usize>,
    /// The nodes in columns, in no order.
    columns: Columns,
    /// The bands with their heights.
    bands: Vec<(Band, Area)>,
    /// The width of each column.
    own: Vec<f64>,
    /// How wide the page would be.
    width: f64,
    /// Whether it is as wide as it is for its height alone.
    is_high: bool,
}

impl Page {
    /// Lays a life event out, with cards of the width and with as many columns as make everything on the page largest.
    pub(super) fn of(subject: &Subject<'_>) -> Page {
        let plan = Plan::of(subject);
        let mut sketches = plan.sketches();
        sketches.sort_by(|one, other| one.width.total_cmp(&other.width));
        sketches.truncate(LAID_OUT);
        let mut pages = sketches.into_iter().map(|sketch| plan.lay_out(sketch));
        let first = pages.next().unwrap_or_else(|| plan.lay_out(plan.sketch(0, &[])));
        pages.fold(first, |best, page| if page.width < best.width { page } else { best })
    }
}

impl<'a> Plan<'a> {
    fn of(subject: &'a Subject<'a>) -> Plan<'a> {
        let graph = Graph::of(subject);
        let shared = Shared::of(subject);
        let ports = Ports::of(&graph);
        let cards_of = |wide: f64| {
            let steps = graph.nodes.iter().enumerate().filter_map(|(node, kind)| match kind {
                Node::Step(index) => Some((node, subject.definition.steps().get(*index)?)),
                Node::Marker(_) => None,
            });
            steps.map(|(node, step)| (node, Card::of(subject, step, &shared, ports.most(node), wide))).collect()
        };
        let cards = CARD_WIDTHS.into_iter().map(cards_of).collect();
        let layer = layers(&graph);
        let head_height = super::paint::head_height(subject);
        let name_size = super::paint::name_size(&graph.bands);
        Plan { subject, graph, shared, ports, cards, layer, head_height, name_size }
    }

    /// Cards of every width; and where that makes a page too high, more columns, put in one after another where each helps most.
    fn sketches(&self) -> Vec<Sketch> {
        let columns = self.layer.iter().max().map_or(1, |last| last + 1);
        let mut sketches: Vec<Sketch> = Vec::new();
        let mut widened = self.sketch(CARD_USUAL, &[]);
        loop {
            sketches.extend((0..CARD_WIDTHS.len()).map(|size| self.sketch(size, &widened.gaps)));
            let is_useful = widened.is_high && widened.gaps.len() < GAPS_MAX;
            let wider = (0..columns).filter(|_| is_useful).map(|column| {
                let gaps: Vec<usize> = widened.gaps.iter().copied().chain([column]).collect();
                self.sketch(CARD_USUAL, &gaps)
            });
            match wider.min_by(|one, other| one.width.total_cmp(&other.width)) {
                Some(found) if found.width < widened.width => widened = found,
                Some(_) | None => return sketches,
            }
        }
    }

    fn card(&self, size: usize, node: usize) -> Option<&Card> {
        self.cards.get(size)?.get(&node)
    }

    fn height(&self, size: usize, item: Item) -> f64 {
        match item {
            Item::Pass { .. } => PASS_HEIGHT,
            Item::Node(node) => self.card(size, node).map_or(MARKER_HEIGHT, |card| card.height) + GAP,
        }
    }

    /// The width of a column: of its cards, or of its longest marker.
    fn column_width(&self, size: usize, items: &[Item]) -> f64 {
        let width = |item: &Item| match item {
            Item::Node(node) => match &self.graph.nodes[*node] {
                Node::Marker(happening) => super::paint::marker_width(&happening.short(self.subject)),
                Node::Step(_) => CARD_WIDTHS[size],
            },
            Item::Pass { .. } => 0.0,
        };
        items.iter().map(width).fold(MARKER_WIDTH, f64::max)
    }

    /// How a page would be with cards of a width, and an empty column to spread into after each of the columns `gaps`.
    fn sketch(&self, size: usize, gaps: &[usize]) -> Sketch {
        let mut layer = self.layer.clone();
        let last = layer.iter().copied().max().unwrap_or(0) + gaps.len();
        for column in &mut layer {
            *column += gaps.iter().filter(|gap| **gap < *column).count();
        }
        spread(&self.graph, &mut layer, last, &|node| self.height(size, Item::Node(node)));
        let columns = Columns::of(&self.graph, &layer);
        let mut bands: Vec<(Band, Area)> = Vec::new();
        let mut top = self.head_height;
        for (number, band) in self.graph.bands.iter().enumerate() {
            let column = |items: &Vec<Item>| -> f64 {
                let own = items.iter().filter(|item| columns.band(&self.graph, **item) == number);
                own.map(|item| self.height(size, *item)).sum()
            };
            let least = super::paint::names_height(band, self.name_size).max(90.0);
            let fullest = columns.items.iter().map(column).fold(least, f64::max);
            let height = fullest - GAP + 2.0 * BAND_PAD;
            bands.push((band.clone(), Area { left: MARGIN, top, width: 0.0, height }));
            top += height;
        }
        let own: Vec<f64> = columns.items.iter().map(|items| self.column_width(size, items)).collect();
        let between = columns.lines_between(&self.graph);
        let channels: f64 = between.iter().take(own.len().saturating_sub(1)).map(|lines| channel_width(*lines)).sum();
        let content_width = MARGIN + LABEL_WIDTH + own.iter().sum::<f64>() + channels + MARGIN + 20.0;
        let legend = Legend::of(self.subject, &self.shared, content_width - 2.0 * MARGIN);
        let content_height = top + 40.0 + legend.height + MARGIN;
        let width = content_width.max(content_height * Paper::PROPORTION);
        let is_high = width > content_width;
        Sketch { size, gaps: gaps.to_vec(), columns, bands, own, width, is_high }
    }

    fn lay_out(&self, sketch: Sketch) -> Page {
        let Sketch { size, mut columns, mut bands, own, .. } = sketch;
        let graph = &self.graph;
        columns.untangle(graph);
        let heights = |item: Item| self.height(size, item);
        let mut ports = self.ports.clone();
        let mut tops = initial_tops(graph, &columns, &bands, &heights);
        for round in 0..ROUNDS {
            ports.sort(graph, &columns, &tops);
            straighten(graph, &columns, &bands, &heights, &ports, &mut tops, round % 2 == 0);
        }
        ports.sort(graph, &columns, &tops);
        let (mut channels, widths) = channels(graph, &columns, &ports, &tops);
        let mut lefts = Vec::new();
        let mut left = MARGIN + LABEL_WIDTH;
        for (column, width) in widths.iter().enumerate() {
            lefts.push(left);
            left += own[column] + if column + 1 < widths.len() { *width } else { 0.0 };
        }
        let content_width = left + MARGIN + 20.0;
        let legend = Legend::of(self.subject, &self.shared, content_width - 2.0 * MARGIN);
        let top = bands.last().map_or(self.head_height, |(_, area)| area.top + area.height);
        let content_height = top + 40.0 + legend.height + MARGIN;
        // A wall's page has a paper's proportions: what is left over widens the channels or lengthens the bands.
        let width = content_width.max(content_height * Paper::PROPORTION);
        let extra = (width - content_width) / count(lefts.len().saturating_sub(1).max(1));
        for (column, left) in lefts.iter_mut().enumerate() {
            *left += extra * count(column);
        }
        for (column, channel) in channels.iter_mut().enumerate() {
            if let Some(left) = lefts.get(column) {
                channel.place(*left + own[column], widths[column] + extra);
            }
        }
        let legend = if extra > 0.0 { Legend::of(self.subject, &self.shared, width - 2.0 * MARGIN) } else { legend };
        let height = (top + 40.0 + legend.height + MARGIN).max(width / Paper::PROPORTION);
        for (_, area) in &mut bands {
            area.width = width - 2.0 * MARGIN;
        }
        let mut areas = BTreeMap::new();
        let mut passes = Vec::new();
        for (column, items) in columns.items.iter().enumerate() {
            for item in items {
                let top = tops.get(item).copied().unwrap_or_default();
                let left = lefts[column];
                match item {
                    Item::Pass { chain, .. } => {
                        passes.push((left, left + own[column], top + PASS_HEIGHT / 2.0, *chain))
                    }
                    Item::Node(node) => {
                        let height = self.card(size, *node).map_or(MARKER_HEIGHT, |card| card.height);
                        areas.insert(*node, Area { left, top, width: own[column], height });
                    }
                }
            }
        }
        Page {
            paper: Paper::of_width(width),
            name_size: self.name_size,
            width,
            height,
            graph: graph.clone(),
            columns,
            bands,
            areas,
            cards: self.cards.get(size).cloned().unwrap_or_default(),
            channels,
            passes,
            shared: self.shared.clone(),
            legend,
        }
    }
}

fn initial_tops(
    graph: &Graph,
    columns: &Columns,
    bands: &[(Band, Area)],
    heights: &dyn Fn(Item) -> f64,
) -> BTreeMap<Item, f64> {
    let mut tops = BTreeMap::new();
    for items in &columns.items {
        let mut used: BTreeMap<usize, f64> = BTreeMap::new();
        for item in items {
            let band = columns.band(graph, *item);
            let top = used.entry(band).or_insert(bands[band].1.top + BAND_PAD);
            tops.insert(*item, *top);
            *top += heights(*item);
        }
    }
    tops
}

/// Moves the items of each column towards what they are joined with, in their order and within their bands.
fn straighten(
    graph: &Graph,
    columns: &Columns,
    bands: &[(Band, Area)],
    heights: &dyn Fn(Item) -> f64,
    ports: &Ports,
    tops: &mut BTreeMap<Item, f64>,
    is_rightwards: bool,
) {
    let count = columns.items.len();
    let order: Vec<usize> = if is_rightwards { (0..count).collect() } else { (0..count).rev().collect() };
    for column in order {
        let mut wishes: BTreeMap<Item, (f64, f64)> = BTreeMap::new();
        let before = column.checked_sub(1).and_then(|before| columns.segments.get(before)).map(Vec::as_slice);
        for segment in before.unwrap_or_default() {
            let wish = tops[&segment.from] + ports.out_of(graph, columns, segment.from, segment.link)
                - ports.into(graph, segment.to, segment.link);
            add(&mut wishes, segment.to, wish, segment.from);
        }
        for segment in &columns.segments[column] {
            let wish = tops[&segment.to] + ports.into(graph, segment.to, segment.link)
                - ports.out_of(graph, columns, segment.from, segment.link);
            add(&mut wishes, segment.from, wish, segment.to);
        }
        for (band, (_, area)) in bands.iter().enumerate() {
            let items: Vec<Item> =
                columns.items[column].iter().filter(|item| columns.band(graph, **item) == band).copied().collect();
            settle(&items, &wishes, heights, *area, tops);
        }
    }
}

fn add(wishes: &mut BTreeMap<Item, (f64, f64)>, item: Item, wish: f64, other: Item) {
    // A long line that is straight is worth more than a card that stands right before another.
    let weight = match (item, other) {
        (Item::Pass { .. }, Item::Pass { .. }) => 30.0,
        (Item::Pass { .. }, _) | (_, Item::Pass { .. }) => 3.0,
        _ => 2.0,
    };
    let sum = wishes.entry(item).or_default();
    *sum = (sum.0 + wish * weight, sum.1 + weight);
}

/// Places that keep order and distance and lie as near to the wishes as they can: neighbours that want the same place are
/// moved together.
fn settle(
    items: &[Item],
    wishes: &BTreeMap<Item, (f64, f64)>,
    heights: &dyn Fn(Item) -> f64,
    band: Area,
    tops: &mut BTreeMap<Item, f64>,
) {
    let mut offset = 0.0;
    // Blocks: what they wish together, how heavy, and how many items.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    let mut offsets = Vec::new();
    for item in items {
        let (sum, weight) = wishes.get(item).copied().unwrap_or_default();
        // What is joined with nothing stays where it is, lightly.
        let (sum, weight) = (sum + tops.get(item).copied().unwrap_or(band.top) * 0.2, weight + 0.2);
        blocks.push((sum - offset * weight, weight, 1));
        offsets.push(offset);
        offset += heights(*item);
        while let [.., one, other] = blocks.as_slice()
            && one.0 / one.1 >= other.0 / other.1
        {
            let joined = (one.0 + other.0, one.1 + other.1, one.2 + other.2);
            blocks.truncate(blocks.len() - 2);
            blocks.push(joined);
        }
    }
    let first = band.top + BAND_PAD;
    let last = (band.top + band.height - BAND_PAD + GAP - offset).max(first);
    let mut place = 0;
    for (sum, weight, size) in blocks {
        let at = (sum / weight).clamp(first, last);
        for index in place..place + size {
            tops.insert(items[index], (at + offsets[index]).round());
        }
        place += size;
    }
}

/// Where lines meet cards: on the left one port for each need, on the right one for each kind of line.
#[derive(Debug, Clone)]
pub(super) struct Ports {
    into: BTreeMap<usize, Vec<usize>>,
    out_of: BTreeMap<usize, Vec<(How, NeedFor)>>,
    /// For each node, needs that are drawn on its right side.
    backward: BTreeMap<usize, Vec<usize>>,
    /// For each node, lines that begin on its left side: which node waits, and which of its needs.
    from_behind: BTreeMap<usize, Vec<(usize, usize)>>,
}

impl Ports {
    fn of(graph: &Graph) -> Ports {
        let mut ports = Ports {
            into: BTreeMap::new(),
            out_of: BTreeMap::new(),
            backward: BTreeMap::new(),
            from_behind: BTreeMap::new(),
        };
        for link in &graph.links {
            if link.is_backward {
                let known = ports.backward.entry(link.left).or_default();
                if !known.contains(&link.need) {
                    known.push(link.need);
                }
                ports.from_behind.entry(link.right).or_default().push((link.left, link.need));
                continue;
            }
            let known = ports.into.entry(link.right).or_default();
            if !known.contains(&link.need) {
                known.push(link.need);
            }
            let known = ports.out_of.entry(link.left).or_default();
            if !known.contains(&(link.how, link.purpose)) {
                known.push((link.how, link.purpose));
            }
        }
        for known in ports.out_of.values_mut() {
            known.sort_unstable();
        }
        ports
    }

    fn most(&self, node: usize) -> usize {
        let right = self.out_of.get(&node).map_or(0, Vec::len) + self.backward.get(&node).map_or(0, Vec::len);
        let left = self.into.get(&node).map_or(0, Vec::len) + self.from_behind.get(&node).map_or(0, Vec::len);
        left.max(right)
    }

    /// Puts the ports of each card in the order of what they lead to.
    fn sort(&mut self, graph: &Graph, columns: &Columns, tops: &BTreeMap<Item, f64>) {
        let mut into: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
        let mut out_of: BTreeMap<(usize, How, NeedFor), (f64, f64)> = BTreeMap::new();
        for segment in columns.segments.iter().flatten() {
            let link = &graph.links[segment.link];
            if link.is_backward {
                continue;
            }
            if let Item::Node(node) = segment.to {
                let sum = into.entry((node, link.need)).or_default();
                *sum = (sum.0 + tops[&segment.from], sum.1 + 1.0);
            }
            if let Item::Node(node) = segment.from {
                let sum = out_of.entry((node, link.how, link.purpose)).or_default();
                *sum = (sum.0 + tops[&segment.to], sum.1 + 1.0);
            }
        }
        let mean = |sum: Option<&(f64, f64)>| sum.map_or(0.0, |(sum, count)| sum / count);
        for (node, needs) in &mut self.into {
            needs.sort_by(|one, other| mean(into.get(&(*node, *one))).total_cmp(&mean(into.get(&(*node, *other)))));
        }
        for (node, lines) in &mut self.out_of {
            lines.sort_by(|one, other| {
                mean(out_of.get(&(*node, one.0, one.1))).total_cmp(&mean(out_of.get(&(*node, other.0, other.1))))
            });
        }
    }

    /// From an item's upper edge to where a link comes in on its left.
    pub(super) fn into(&self, graph: &Graph, item: Item, link: usize) -> f64 {
        let link = &graph.links[link];
        match item {
            Item::Pass { .. } => PASS_HEIGHT / 2.0,
            Item::Node(node) if matches!(graph.nodes[node], Node::Marker(_)) => MARKER_HEIGHT / 2.0,
            Item::Node(node) if link.is_backward => {
                let lines = self.from_behind.get(&node).map_or(&[][..], Vec::as_slice);
                let place = lines.iter().position(|known| *known == (link.left, link.need)).unwrap_or(0);
                PORT_FIRST + PORT_STEP * count(self.into.get(&node).map_or(0, Vec::len) + place)
            }
            Item::Node(node) => {
                let place = self.into.get(&node).and_then(|needs| needs.iter().position(|need| *need == link.need));
                PORT_FIRST + PORT_STEP * count(place.unwrap_or(0))
            }
        }
    }

    /// From an item's upper edge to where a link goes out on its right.
    pub(super) fn out_of(&self, graph: &Graph, _columns: &Columns, item: Item, link: usize) -> f64 {
        let link = &graph.links[link];
        match item {
            Item::Pass { .. } => PASS_HEIGHT / 2.0,
            Item::Node(node) if matches!(graph.nodes[node], Node::Marker(_)) => {
                let lines = self.out_of.get(&node).map_or(&[][..], Vec::as_slice);
                let place = lines.iter().position(|known| *known == (link.how, link.purpose)).unwrap_or(0);
                MARKER_HEIGHT / 2.0 + 10.0 * (count(place) - count(lines.len().saturating_sub(1)) / 2.0)
            }
            Item::Node(node) => {
                let lines = self.out_of.get(&node).map_or(&[][..], Vec::as_slice);
                let place = if link.is_backward {
                    let own = self.backward.get(&node).map_or(&[][..], Vec::as_slice);
                    lines.len() + own.iter().position(|need| *need == link.need).unwrap_or(0)
                } else {
                    lines.iter().position(|known| *known == (link.how, link.purpose)).unwrap_or(0)
                };
                PORT_FIRST + PORT_STEP * count(place)
            }
        }
    }
}
