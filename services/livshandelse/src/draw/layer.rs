//! Which column each node stands in: after everything that it needs, and before what ends it.

use super::graph::{Graph, Node};
use std::collections::BTreeSet;

/// The column of each node, from 0. A need stands left of what waits for it; what an event ends stands left of the event
/// when nothing that happens comes before it.
pub(super) fn layers(graph: &Graph) -> Vec<usize> {
    let after_something = after_something_happened(graph);
    let is_marker = |node: usize| matches!(graph.nodes[node], Node::Marker(_));
    // Whatever ends with an event and does not itself need one is done before it.
    let before: Vec<(usize, usize)> = graph
        .ends
        .iter()
        .flat_map(|(marker, ended)| ended.iter().map(move |step| (*step, *marker)))
        .filter(|(step, marker)| !after_something.contains(step) && is_used(graph, *marker))
        .collect();
    let mut layer = vec![0_usize; graph.nodes.len()];
    // A ring of needs that can be supplemented would never settle; as many rounds as there are nodes are enough otherwise.
    for _ in 0..graph.nodes.len() {
        let mut has_moved = false;
        let needs = graph.links.iter().map(|link| (link.left, link.right, 1));
        // An event may stand above what it ends: it is in a lane of its own.
        for (left, right, step) in needs.chain(before.iter().map(|(step, marker)| (*step, *marker, 0))) {
            if layer[right] < layer[left] + step && layer[left] + step < graph.nodes.len() {
                layer[right] = layer[left] + step;
                has_moved = true;
            }
        }
        if !has_moved {
            break;
        }
    }
    // What nothing must precede stands right before the first that waits for it.
    for node in (0..graph.nodes.len()).filter(|node| is_marker(*node)) {
        if graph.links.iter().any(|link| link.right == node) || before.iter().any(|(_, marker)| *marker == node) {
            continue;
        }
        let waiting = graph.links.iter().filter(|link| link.left == node).map(|link| layer[link.right]);
        let anchored = graph.anchors.get(&node).into_iter().flatten().map(|step| layer[*step] + 1);
        let ended = graph.ends.get(&node).into_iter().flatten().map(|step| layer[*step] + 1);
        layer[node] = waiting.min().or(anchored.min()).or(ended.min()).unwrap_or(1).saturating_sub(1);
    }
    layer
}

/// Whether anything waits for an event, or runs from it.
fn is_used(graph: &Graph, marker: usize) -> bool {
    graph.links.iter().any(|link| link.left == marker || link.right == marker)
        || graph.anchors.get(&marker).is_some_and(|steps| !steps.is_empty())
}

/// The steps that wait for something that happens, themselves or by what they need.
fn after_something_happened(graph: &Graph) -> BTreeSet<usize> {
    let mut after: BTreeSet<usize> =
        (0..graph.nodes.len()).filter(|node| matches!(graph.nodes[*node], Node::Marker(_))).collect();
    loop {
        let before = after.len();
        let reached: Vec<usize> = graph
            .links
            .iter()
            .filter(|link| !link.is_backward && after.contains(&link.left))
            .map(|link| link.right)
            .collect();
        after.extend(reached);
        if after.len() == before {
            return after;
        }
    }
}

/// Moves what nothing waits for out of columns that are much fuller in a band than others, to the nearest that has room.
/// `height` is what a node takes of its column, `last` the last column that it may be moved to.
pub(super) fn spread(graph: &Graph, layer: &mut [usize], last: usize, height: &dyn Fn(usize) -> f64) {
    for band in 1..graph.bands.len() {
        for _ in 0..graph.nodes.len() {
            let mut heights = vec![0.0; last + 1];
            for (node, column) in layer.iter().enumerate().filter(|(node, _)| graph.band_of[*node] == band) {
                heights[*column] += height(node);
            }
            let fullest = (0..=last).max_by(|one, other| heights[*one].total_cmp(&heights[*other])).unwrap_or(0);
            let movable = (0..graph.nodes.len()).rev().filter(|node| {
                graph.band_of[*node] == band
                    && layer[*node] == fullest
                    && !graph.links.iter().any(|link| link.left == *node)
            });
            let better = |(node, to): &(usize, usize)| heights[*to] + height(*node) + 1.0 < heights[fullest];
            let distance = |(node, to): &(usize, usize)| (to.abs_diff(fullest), usize::MAX - node);
            let moves = movable.flat_map(|node| reach(graph, layer, node, last).map(move |to| (node, to)));
            let Some((node, to)) = moves.filter(|one| better(one)).min_by_key(distance) else { break };
            layer[node] = to;
        }
    }
}

/// The columns that a node may stand in, when nothing waits for it.
fn reach(graph: &Graph, layer: &[usize], node: usize, last: usize) -> std::ops::RangeInclusive<usize> {
    let needs = graph.links.iter().filter(|link| link.right == node).map(|link| layer[link.left] + 1).max();
    if needs.is_none() {
        // What has no need at all stands as it is told: from the first to the last, and nothing before it.
        let is_like = |other: &usize| {
            graph.band_of[*other] == graph.band_of[node]
                && !graph.links.iter().any(|link| link.left == *other || link.right == *other)
        };
        let before = (0..node).filter(is_like).map(|other| layer[other]).max().unwrap_or(0);
        let after = (node + 1..graph.nodes.len()).filter(is_like).map(|other| layer[other]).min().unwrap_or(last);
        return before..=after;
    }
    // What ends with an event that lies ahead stays before it.
    let ends = graph.ends.iter().filter(|(_, ended)| ended.contains(&node)).map(|(marker, _)| layer[*marker]);
    let until = ends.filter(|marker| *marker >= layer[node]).min().unwrap_or(last);
    needs.unwrap_or(0)..=until
}
