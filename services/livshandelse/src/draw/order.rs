//! Which row: the order in each column, with few crossings. A line that passes a column has a place in it as a step has.

use super::graph::{Graph, How, Link};
use livshandelse_core::definition::NeedFor;
use std::collections::{BTreeMap, BTreeSet};

/// Sweeps at the most; each is kept only if it is better than the best.
const SWEEPS: usize = 24;

/// Something that takes a place in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// A node.
    Node(usize),
    /// A line that passes through a column.
    Pass {
        /// Which line.
        chain: usize,
        /// Which column.
        layer: usize,
    },
}

/// Lines of the same kind that begin at the same node and go to the same band: drawn as one that branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    /// Where it begins.
    pub(super) from: usize,
    /// How.
    pub(super) how: How,
    /// What it is for.
    pub(super) purpose: NeedFor,
    /// The band that it goes to, and runs in.
    pub(super) band: usize,
    /// The last column it passes, if it passes any.
    pub(super) last: Option<usize>,
}

/// A piece of a line between a column and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// On the left.
    pub(super) from: Item,
    /// On the right.
    pub(super) to: Item,
    /// The link that it is a part of, by its place.
    pub(super) link: usize,
}

/// Columns of items in their order, and the pieces of lines between them.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// From the left; in each from the top.
    pub(super) items: Vec<Vec<Item>>,
    /// Pieces, by the column that they begin in.
    pub(super) segments: Vec<Vec<Segment>>,
    /// Lines that pass columns.
    pub(super) chains: Vec<Chain>,
}

impl Columns {
    /// Puts the nodes in columns, by band. [`Columns::untangle`] orders them.
    pub(super) fn of(graph: &Graph, layer: &[usize]) -> Columns {
        let count = layer.iter().max().map_or(1, |last| last + 1);
        let mut columns =
            Columns { items: vec![Vec::new(); count], segments: vec![Vec::new(); count], chains: Vec::new() };
        for (node, layer) in layer.iter().enumerate() {
            columns.items[*layer].push(Item::Node(node));
        }
        columns.join(graph, layer);
        for items in &mut columns.items {
            items.sort_by_key(|item| (band(graph, &columns.chains, *item), *item));
        }
        columns
    }

    /// How many lines run between each column and the next, if none is straight.
    pub(super) fn lines_between(&self, graph: &Graph) -> Vec<usize> {
        let line = |segment: &Segment| {
            let Link { how, purpose, is_backward, .. } = graph.links[segment.link];
            (segment.from, how, purpose, is_backward)
        };
        let lines = |segments: &Vec<Segment>| segments.iter().map(line).collect::<BTreeSet<_>>().len();
        self.segments.iter().map(lines).collect()
    }

    /// The band of an item.
    pub(super) fn band(&self, graph: &Graph, item: Item) -> usize {
        band(graph, &self.chains, item)
    }

    fn join(&mut self, graph: &Graph, layer: &[usize]) {
        let mut known: BTreeMap<(usize, How, NeedFor, usize, bool), usize> = BTreeMap::new();
        for (number, link) in graph.links.iter().enumerate() {
            let (first, last) = (layer[link.left], layer[link.right]);
            if last <= first {
                continue;
            }
            let key = (link.left, link.how, link.purpose, graph.band_of[link.right], link.is_backward);
            let chain = *known.entry(key).or_insert_with(|| {
                self.chains.push(Chain { from: key.0, how: key.1, purpose: key.2, band: key.3, last: None });
                self.chains.len() - 1
            });
            let mut from = Item::Node(link.left);
            for between in first + 1..last {
                let pass = Item::Pass { chain, layer: between };
                if self.chains[chain].last.is_none_or(|last| last < between) {
                    self.chains[chain].last = Some(between);
                    self.items[between].push(pass);
                }
                self.segments[between - 1].push(Segment { from, to: pass, link: number });
                from = pass;
            }
            self.segments[last - 1].push(Segment { from, to: Item::Node(link.right), link: number });
        }
    }

    /// Moves each item towards the mean of what it is joined with, column by column, to the right and back again.
    pub(super) fn untangle(&mut self, graph: &Graph) {
        let mut best = self.items.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            let count = self.items.len();
            let order: Vec<usize> =
                if sweep % 2 == 0 { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() };
            for column in order {
                let neighbour = if sweep % 2 == 0 { column - 1 } else { column + 1 };
                self.arrange(graph, column, neighbour);
            }
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.items);
            }
        }
        self.items = best;
    }

    fn arrange(&mut self, graph: &Graph, column: usize, neighbour: usize) {
        let places: BTreeMap<Item, usize> =
            self.items[neighbour].iter().enumerate().map(|(place, item)| (*item, place)).collect();
        let mut sums: BTreeMap<Item, (usize, usize)> = BTreeMap::new();
        for segment in &self.segments[column.min(neighbour)] {
            let (own, other) = if neighbour < column { (segment.to, segment.from) } else { (segment.from, segment.to) };
            if let Some(place) = places.get(&other) {
                let sum = sums.entry(own).or_default();
                *sum = (sum.0 + place * 1_000, sum.1 + 1);
            }
        }
        let (own, others) = (self.items[column].len().max(1), self.items[neighbour].len());
        let mut wished: Vec<(usize, usize, usize, Item)> = self.items[column]
            .iter()
            .enumerate()
            .map(|(place, item)| {
                // What is joined with nothing keeps its place among the others.
                let wish = sums.get(item).map_or(place * 1_000 * others / own, |(sum, count)| sum / count);
                (band(graph, &self.chains, *item), wish, place, *item)
            })
            .collect();
        wished.sort();
        self.items[column] = wished.into_iter().map(|(_, _, _, item)| item).collect();
    }

    /// How many pieces of lines cross.
    pub(super) fn crossings(&self) -> usize {
        let mut count = 0;
        for (column, segments) in self.segments.iter().enumerate() {
            let Some(next) = self.items.get(column + 1) else { continue };
            let places = |items: &[Item]| -> BTreeMap<Item, usize> {
                items.iter().enumerate().map(|(place, item)| (*item, place)).collect()
            };
            let (own, next) = (places(&self.items[column]), places(next));
            let place = |places: &BTreeMap<Item, usize>, item: &Item| places.get(item).copied().unwrap_or(0);
            let mut pairs: Vec<(usize, usize)> =
                segments.iter().map(|segment| (place(&own, &segment.from), place(&next, &segment.to))).collect();
            pairs.sort_unstable();
            pairs.dedup();
            for (index, one) in pairs.iter().enumerate() {
                count += pairs[index + 1..].iter().filter(|other| other.0 > one.0 && other.1 < one.1).count();
            }
        }
        count
    }
}

fn band(graph: &Graph, chains: &[Chain], item: Item) -> usize {
    match item {
        Item::Node(node) => graph.band_of[node],
        Item::Pass { chain, .. } => chains[chain].band,
    }
}
