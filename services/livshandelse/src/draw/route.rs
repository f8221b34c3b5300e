//! How the lines run between two columns: each has an upright of its own, ordered so that few cross.

use super::graph::{Graph, How};
use super::order::{Columns, Item};
use super::place::Ports;
use livshandelse_core::definition::NeedFor;
use std::collections::BTreeMap;

/// Between two uprights.
const TRACK: f64 = 11.0;
/// Before the first upright: room for how a line begins.
const BEFORE: f64 = 34.0;
/// After the last: room for arrows.
const AFTER: f64 = 52.0;

/// The lines between a column and the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Channel {
    /// Its lines.
    pub(super) nets: Vec<Net>,
    /// The right edge of the column on its left.
    pub(super) left: f64,
    /// The left edge of the column on its right.
    pub(super) right: f64,
}

/// A line that begins at one place on the left and ends at one or more on the right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Net {
    /// Where it begins.
    pub(super) from: Item,
    /// Its height there.
    pub(super) from_y: f64,
    /// How it begins.
    pub(super) how: How,
    /// What it is for.
    pub(super) purpose: NeedFor,
    /// Whether the arrow is on the left.
    pub(super) is_backward: bool,
    /// The node it comes from, however far away.
    pub(super) source: usize,
    /// Its ends.
    pub(super) ends: Vec<End>,
    /// Where its upright stands; `None` when it is straight.
    pub(super) upright: Option<f64>,
    track: usize,
}

/// One end of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct End {
    /// What it comes to.
    pub(super) item: Item,
    /// Its height.
    pub(super) y: f64,
    /// Whether another line of the same need would do.
    pub(super) is_one_of_several: bool,
}

impl Net {
    fn span(&self) -> (f64, f64) {
        let ends = self.ends.iter().map(|end| end.y);
        ends.fold((self.from_y, self.from_y), |(low, high), y| (low.min(y), high.max(y)))
    }

    fn is_straight(&self) -> bool {
        let (low, high) = self.span();
        high - low < 0.5
    }
}

impl Channel {
    /// Puts the channel between its columns.
    pub(super) fn place(&mut self, left: f64, width: f64) {
        self.left = left;
        self.right = left + width;
        let tracks = self.nets.iter().filter(|net| !net.is_straight()).count();
        let slack = (width - BEFORE - AFTER - TRACK * super::card::count(tracks.saturating_sub(1))).max(0.0) / 2.0;
        for net in &mut self.nets {
            net.upright = (!net.is_straight()).then(|| left + BEFORE + slack + TRACK * super::card::count(net.track));
        }
    }
}

/// How wide a channel with so many bent lines must be.
pub(super) fn channel_width(bent: usize) -> f64 {
    BEFORE + AFTER + TRACK * super::card::count(bent.saturating_sub(1))
}

/// The lines of every channel, and how wide each channel must be.
pub(super) fn channels(
    graph: &Graph,
    columns: &Columns,
    ports: &Ports,
    tops: &BTreeMap<Item, f64>,
) -> (Vec<Channel>, Vec<f64>) {
    let mut channels = Vec::new();
    let mut widths = Vec::new();
    for segments in &columns.segments {
        let mut nets: Vec<Net> = Vec::new();
        for segment in segments {
            let link = &graph.links[segment.link];
            let from_y = tops[&segment.from] + ports.out_of(graph, columns, segment.from, segment.link);
            let end = End {
                item: segment.to,
                y: tops[&segment.to] + ports.into(graph, segment.to, segment.link),
                is_one_of_several: link.is_one_of_several,
            };
            let known = nets.iter_mut().find(|net| {
                net.from == segment.from
                    && (net.how, net.purpose, net.is_backward) == (link.how, link.purpose, link.is_backward)
                    && (net.from_y - from_y).abs() < 0.5
            });
            match known {
                Some(net) => {
                    if !net.ends.contains(&end) {
                        net.ends.push(end);
                    }
                }
                None => nets.push(Net {
                    from: segment.from,
                    from_y,
                    how: link.how,
                    purpose: link.purpose,
                    is_backward: link.is_backward,
                    source: link.left,
                    ends: vec![end],
                    upright: None,
                    track: 0,
                }),
            }
        }
        let bent = order(&mut nets);
        widths.push(channel_width(bent));
        channels.push(Channel { nets, left: 0.0, right: 0.0 });
    }
    (channels, widths)
}

/// Gives each bent line its track, with few crossings. Says how many there are.
fn order(nets: &mut [Net]) -> usize {
    let mut bent: Vec<usize> = (0..nets.len()).filter(|index| !nets[*index].is_straight()).collect();
    bent.sort_by(|one, other| nets[*one].from_y.total_cmp(&nets[*other].from_y).then(one.cmp(other)));
    // Each finds the best place among those before it; some rounds of that are enough for a few dozen lines.
    for _ in 0..6 {
        let mut has_moved = false;
        for place in 1..bent.len() {
            for at in (1..=place).rev() {
                let (left, right) = (bent[at - 1], bent[at]);
                if crossings(&nets[right], &nets[left]) < crossings(&nets[left], &nets[right]) {
                    bent.swap(at - 1, at);
                    has_moved = true;
                }
            }
        }
        if !has_moved {
            break;
        }
    }
    for (track, index) in bent.iter().enumerate() {
        nets[*index].track = track;
    }
    bent.len()
}

/// How often two lines cross when the first one's upright stands left of the other's.
fn crossings(left: &Net, right: &Net) -> usize {
    let within = |y: f64, (low, high): (f64, f64)| y > low - 0.5 && y < high + 0.5;
    let first = usize::from(within(right.from_y, left.span()));
    first + left.ends.iter().filter(|end| within(end.y, right.span())).count()
}
