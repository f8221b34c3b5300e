//! Where everything goes: bands from the top, columns from the left, cards in them so that lines run as straight as they can.

use super::Subject;
use super::card::{CARD_WIDTH_USUAL, CARD_WIDTHS, Card, PORT_FIRST, PORT_STEP, Shared, count};
use super::graph::{Band, Graph, How, Node};
use super::layer::{layers, spread};
use super::legend::Legend;
use super::order::{Columns, Item};
use super::route::{Channel, channels};
use livshandelse_core::definition::NeedFor;
use std::collections::BTreeMap;

/// Left of everything: the names of levels and agencies.
pub(super) const LABEL_WIDTH: f64 = 392.0;
/// Around the page.
pub(super) const MARGIN: f64 = 60.0;
/// Above the bands: title and summary.
pub(super) const HEAD_HEIGHT: f64 = 192.0;
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
/// The proportion of a page of A3, lying.
const PROPORTION: f64 = 420.0 / 297.0;
/// Empty columns at the most that a high page is widened with.
const GAPS_MAX: usize = 6;
/// Rounds of straightening.
const ROUNDS: usize = 40;

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
    /// Whether it is as wide as it is for its height alone.
    is_high: bool,
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

impl Page {
    /// Lays a life event out, with cards of the width and with as many columns as make everything on the page largest.
    pub(super) fn of(subject: &Subject<'_>) -> Page {
        let smaller = |one: Page, other: Page| if other.width < one.width { other } else { one };
        let usual = Page::with_cards(subject, CARD_WIDTH_USUAL, &[]);
        let columns = usual.columns.items.len();
        let (mut gaps, mut widened, mut best) = (Vec::new(), usual.clone(), usual);
        loop {
            let pages = CARD_WIDTHS.into_iter().map(|wide| Page::with_cards(subject, wide, &gaps));
            best = pages.fold(best, smaller);
            // A page that is too high has room for more columns: one is put in where that helps most, and then another.
            let with = |column: usize| gaps.iter().copied().chain([column]).collect::<Vec<usize>>();
            let wider = (0..columns).map(|column| {
                let gaps = with(column);
                let page = Page::with_cards(subject, CARD_WIDTH_USUAL, &gaps);
                (gaps, page)
            });
            let is_useful = widened.is_high && gaps.len() < GAPS_MAX;
            let found = wider.filter(|_| is_useful).min_by(|one, other| one.1.width.total_cmp(&other.1.width));
            match found.filter(|(_, page)| page.width < widened.width) {
                Some(found) => (gaps, widened) = found,
                None => return smaller(best, widened),
            }
        }
    }

    /// Lays it out with cards of a width, and an empty column to spread into after each of the columns `gaps`.
    fn with_cards(subject: &Subject<'_>, wide: f64, gaps: &[usize]) -> Page {
        let graph = Graph::of(subject);
        let mut layer = layers(&graph);
        let last = layer.iter().copied().max().unwrap_or(0) + gaps.len();
        for column in &mut layer {
            *column += gaps.iter().filter(|gap| **gap < *column).count();
        }
        let shared = Shared::of(subject);
        let mut ports = Ports::of(&graph);
        let mut cards = BTreeMap::new();
        for (node, kind) in graph.nodes.iter().enumerate() {
            if let Node::Step(index) = kind
                && let Some(step) = subject.definition.steps().get(*index)
            {
                cards.insert(node, Card::of(subject, step, &shared, ports.most(node), wide));
            }
        }
        spread(&graph, &mut layer, last, &|node| cards.get(&node).map_or(MARKER_HEIGHT, |card| card.height) + GAP);
        let columns = Columns::of(&graph, &layer);
        let heights = |item: Item| match item {
            Item::Pass { .. } => PASS_HEIGHT,
            Item::Node(node) => cards.get(&node).map_or(MARKER_HEIGHT, |card| card.height) + GAP,
        };
        let mut bands: Vec<(Band, Area)> = Vec::new();
        let mut top = HEAD_HEIGHT + MARGIN;
        for (number, band) in graph.bands.iter().enumerate() {
            let column = |items: &Vec<Item>| -> f64 {
                items.iter().filter(|item| columns.band(&graph, **item) == number).map(|item| heights(*item)).sum()
            };
            let fullest = columns.items.iter().map(column).fold(90.0, f64::max);
            let height = fullest - GAP + 2.0 * BAND_PAD;
            bands.push((band.clone(), Area { left: MARGIN, top, width: 0.0, height }));
            top += height;
        }
        let mut tops = initial_tops(&graph, &columns, &bands, &heights);
        for round in 0..ROUNDS {
            ports.sort(&graph, &columns, &tops);
            straighten(&graph, &columns, &bands, &heights, &ports, &mut tops, round % 2 == 0);
        }
        ports.sort(&graph, &columns, &tops);
        let (mut channels, widths) = channels(&graph, &columns, &ports, &tops);
        let has_card = |item: &Item| matches!(item, Item::Node(node) if cards.contains_key(node));
        let marker_width = |item: &Item| match item {
            Item::Node(node) => match &graph.nodes[*node] {
                Node::Marker(happening) => super::paint::marker_width(&happening.short(subject)),
                Node::Step(_) => 0.0,
            },
            Item::Pass { .. } => 0.0,
        };
        let own_width = |items: &Vec<Item>| {
            let least = if items.iter().any(has_card) { wide } else { MARKER_WIDTH };
            items.iter().map(marker_width).fold(least, f64::max)
        };
        let own: Vec<f64> = columns.items.iter().map(own_width).collect();
        let mut lefts = Vec::new();
        let mut left = MARGIN + LABEL_WIDTH;
        for (column, width) in widths.iter().enumerate() {
            lefts.push(left);
            left += own[column] + if column + 1 < widths.len() { *width } else { 0.0 };
        }
        let content_width = left + MARGIN + 20.0;
        let legend = Legend::of(subject, &shared, content_width - 2.0 * MARGIN);
        let content_height = top + 40.0 + legend.height + MARGIN;
        // A wall's page has a paper's proportions: what is left over widens the channels or lengthens the bands.
        let width = content_width.max(content_height * PROPORTION);
        let extra = (width - content_width) / count(lefts.len().saturating_sub(1).max(1));
        for (column, left) in lefts.iter_mut().enumerate() {
            *left += extra * count(column);
        }
        for (column, channel) in channels.iter_mut().enumerate() {
            if let Some(left) = lefts.get(column) {
                channel.place(*left + own[column], widths[column] + extra);
            }
        }
        let legend = if extra > 0.0 { Legend::of(subject, &shared, width - 2.0 * MARGIN) } else { legend };
        let height = (top + 40.0 + legend.height + MARGIN).max(width / PROPORTION);
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
                        let height = cards.get(node).map_or(MARKER_HEIGHT, |card| card.height);
                        areas.insert(*node, Area { left, top, width: own[column], height });
                    }
                }
            }
        }
        let is_high = extra > 0.0;
        Page { width, height, is_high, graph, columns, bands, areas, cards, channels, passes, shared, legend }
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
