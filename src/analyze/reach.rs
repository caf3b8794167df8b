//! Who is cut off from whom: articulation points and bridges of an undirected graph, each with the
//! weight that it cuts from the heaviest piece that remains.
//!
//! One depth-first walk finds them all (Hopcroft and Tarjan 1973): a vertex or an edge cuts off the
//! subtree below it from which no edge leads further up. petgraph finds the points and the bridges, but
//! not the weights, for which its walk would have to be done again at every point; the tests compare.

use std::cmp::Reverse;
use std::ops::Range;

use crate::topology::{Table, ids};

ids! {
    /// A vertex of a [`Reach`].
    VertexId;
}

/// An undirected graph with weights on its vertices.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    weight: Table<VertexId, u128>,
    neighbours: Table<VertexId, Vec<VertexId>>,
}

/// What the loss of a vertex or an edge separates from the heaviest piece that remains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The weight of all that is cut off.
    pub weight: u128,
    /// The vertices that are cut off and have a weight, as ranges of [`Cuts::weighed`].
    pub off: Vec<Range<usize>>,
}

/// All cuts that separate some weight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    /// Articulation points, sorted.
    pub points: Vec<(VertexId, Cut)>,
    /// Bridges, each with the smaller id first, sorted.
    pub bridges: Vec<((VertexId, VertexId), Cut)>,
    /// The vertices with a weight, in the order of the walk.
    pub weighed: Vec<VertexId>,
}

impl Cuts {
    /// The vertices with a weight that a cut separates.
    pub fn off<'c>(&'c self, cut: &'c Cut) -> impl Iterator<Item = VertexId> + 'c {
        cut.off.iter().flat_map(|range| self.weighed.get(range.clone()).unwrap_or_default()).copied()
    }
}

impl Reach {
    /// Adds a vertex.
    pub fn vertex(&mut self, weight: u128) -> VertexId {
        self.weight.push(weight);
        self.neighbours.push(Vec::new())
    }

    /// Adds an edge; a second one between the same two is no other way.
    pub fn edge(&mut self, a: VertexId, b: VertexId) {
        if a != b {
            self.neighbours[a].push(b);
            self.neighbours[b].push(a);
        }
    }

    /// Finds every cut.
    pub fn cuts(mut self) -> Cuts {
        for list in self.neighbours.iter_mut() {
            list.sort_unstable();
            list.dedup();
        }
        Walk::of(&self).cuts()
    }
}

/// A depth-first walk. Vertices are spoken of by their position in it; a subtree is a range of positions.
struct Walk<'a> {
    graph: &'a Reach,
    order: Vec<VertexId>,
    /// By position: the parent, the highest position that the subtree reaches up to, the end of the subtree.
    tree: Vec<Place>,
    /// By position: the weight of all vertices before it.
    before: Vec<u128>,
    /// The positions with a weight.
    weighed: Vec<usize>,
    /// The first and the end position of each component.
    components: Vec<(usize, usize)>,
}

#[derive(Clone, Copy)]
struct Place {
    parent: Option<usize>,
    low: usize,
    end: usize,
}

impl<'a> Walk<'a> {
    fn of(graph: &'a Reach) -> Self {
        let mut at: Table<VertexId, Option<usize>> = graph.weight.iter().map(|_| None).collect();
        let mut walk = Self {
            graph,
            order: Vec::new(),
            tree: Vec::new(),
            before: vec![0],
            weighed: Vec::new(),
            components: Vec::new(),
        };
        for root in graph.weight.ids() {
            if at[root].is_some() {
                continue;
            }
            let first = walk.order.len();
            walk.enter(root, None, &mut at);
            // (position, the next neighbour to look at)
            let mut stack = vec![(first, 0)];
            while let Some((position, next)) = stack.pop() {
                let Some(vertex) = walk.order.get(position).copied() else { continue };
                let Some(neighbour) = graph.neighbours[vertex].get(next).copied() else {
                    walk.leave(position);
                    continue;
                };
                stack.push((position, next + 1));
                let parent = walk.tree.get(position).and_then(|place| place.parent);
                match at[neighbour] {
                    None => {
                        let child = walk.enter(neighbour, Some(position), &mut at);
                        stack.push((child, 0));
                    }
                    Some(seen) if Some(seen) != parent => walk.lower(position, seen),
                    Some(_) => {}
                }
            }
            walk.components.push((first, walk.order.len()));
        }
        walk
    }

    fn enter(
        &mut self,
        vertex: VertexId,
        parent: Option<usize>,
        at: &mut Table<VertexId, Option<usize>>,
    ) -> usize {
        let position = self.order.len();
        at[vertex] = Some(position);
        self.order.push(vertex);
        self.tree.push(Place { parent, low: position, end: position + 1 });
        let sum = self.before.last().copied().unwrap_or_default();
        let weight = self.graph.weight[vertex];
        self.before.push(sum + weight);
        if weight > 0 {
            self.weighed.push(position);
        }
        position
    }

    fn leave(&mut self, position: usize) {
        let end = self.order.len();
        let Some(place) = self.tree.get_mut(position) else { return };
        place.end = end;
        let Place { parent, low, .. } = *place;
        if let Some(parent) = parent {
            self.lower(parent, low);
        }
    }

    fn lower(&mut self, position: usize, low: usize) {
        if let Some(place) = self.tree.get_mut(position) {
            place.low = place.low.min(low);
        }
    }

    fn weight(&self, from: usize, to: usize) -> u128 {
        let sum = |at: usize| self.before.get(at).copied().unwrap_or_default();
        sum(to) - sum(from)
    }

    fn cuts(&self) -> Cuts {
        // By position: the subtrees that hang on it alone.
        let mut hanging: Vec<Vec<usize>> = vec![Vec::new(); self.order.len()];
        let weighed = self.weighed.iter().filter_map(|at| self.order.get(*at).copied()).collect();
        let mut cuts = Cuts { weighed, ..Cuts::default() };
        for (position, place) in self.tree.iter().enumerate() {
            let Some(parent) = place.parent else { continue };
            if place.low >= parent {
                hanging.get_mut(parent).into_iter().for_each(|below| below.push(position));
            }
            if place.low > parent {
                let pieces = self.pieces(position, &[position], None);
                if let (Some(cut), Some(a), Some(b)) =
                    (self.cut(pieces), self.order.get(parent), self.order.get(position))
                {
                    cuts.bridges.push(((*a.min(b), *a.max(b)), cut));
                }
            }
        }
        for (position, below) in hanging.iter().enumerate().filter(|(_, below)| !below.is_empty()) {
            let pieces = self.pieces(position, below, Some(position));
            if let (Some(cut), Some(vertex)) = (self.cut(pieces), self.order.get(position)) {
                cuts.points.push((*vertex, cut));
            }
        }
        cuts.points.sort_by_key(|(vertex, _)| *vertex);
        cuts.bridges.sort_by_key(|(edge, _)| *edge);
        cuts
    }

    /// The pieces of the component of `position`: each subtree, and the rest without `lost`. A piece is a
    /// list of ranges of positions.
    fn pieces(&self, position: usize, subtrees: &[usize], lost: Option<usize>) -> Vec<Vec<(usize, usize)>> {
        let component = self.components.partition_point(|(first, _)| *first <= position);
        let Some((first, last)) = component.checked_sub(1).and_then(|at| self.components.get(at)).copied()
        else {
            return Vec::new();
        };
        let end = |at: usize| self.tree.get(at).map_or(at, |place| place.end);
        let mut out: Vec<(usize, usize)> = subtrees.iter().map(|at| (*at, end(*at))).collect();
        let mut pieces: Vec<Vec<(usize, usize)>> = out.iter().map(|range| vec![*range]).collect();
        out.extend(lost.map(|at| (at, at + 1)));
        out.sort_unstable();
        let mut rest = Vec::new();
        let mut from = first;
        for (start, stop) in out {
            rest.push((from, start));
            from = stop;
        }
        rest.push((from, last));
        pieces.push(rest);
        pieces
    }

    /// All pieces but the heaviest; `None` where they weigh nothing.
    fn cut(&self, pieces: Vec<Vec<(usize, usize)>>) -> Option<Cut> {
        let weigh = |piece: &[(usize, usize)]| piece.iter().map(|(a, b)| self.weight(*a, *b)).sum::<u128>();
        let mut weighed: Vec<(u128, Vec<(usize, usize)>)> = pieces
            .into_iter()
            .map(|piece| (weigh(&piece), piece))
            .filter(|(weight, _)| *weight > 0)
            .collect();
        // Of equal pieces the one that was entered first counts as the majority.
        weighed.sort_by_key(|(weight, piece)| (Reverse(*weight), piece.first().copied()));
        let mut off = Vec::new();
        let mut weight = 0;
        for (of_piece, ranges) in weighed.into_iter().skip(1) {
            weight += of_piece;
            let at = |position: usize| self.weighed.partition_point(|weighed| *weighed < position);
            off.extend(ranges.iter().map(|(from, to)| at(*from)..at(*to)).filter(|range| !range.is_empty()));
        }
        (weight > 0).then_some(Cut { weight, off })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::topology::Id as _;

    type Edge = (usize, usize);

    fn build(weights: &[u128], edges: &[Edge]) -> Reach {
        let mut graph = Reach::default();
        let ids: Vec<VertexId> = weights.iter().map(|weight| graph.vertex(*weight)).collect();
        for (a, b) in edges {
            graph.edge(ids[*a], ids[*b]);
        }
        graph
    }

    /// The pieces of a graph without a vertex and without an edge, each with what it weighs.
    fn pieces(
        weights: &[u128],
        edges: &[Edge],
        no: Option<usize>,
        without: Option<Edge>,
    ) -> Vec<BTreeSet<usize>> {
        let mut left: BTreeSet<usize> = (0..weights.len()).filter(|v| Some(*v) != no).collect();
        let mut found = Vec::new();
        while let Some(start) = left.pop_first() {
            let mut piece = BTreeSet::from([start]);
            let mut next = vec![start];
            while let Some(at) = next.pop() {
                for (a, b) in edges
                    .iter()
                    .filter(|(a, b)| without.is_none_or(|(x, y)| (*a, *b) != (x, y) && (*a, *b) != (y, x)))
                {
                    for (from, to) in [(*a, *b), (*b, *a)] {
                        if from == at && left.remove(&to) {
                            piece.insert(to);
                            next.push(to);
                        }
                    }
                }
            }
            found.push(piece);
        }
        found
    }

    /// The weight that is cut off, by its definition: of the component that was hit, all but the heaviest piece.
    fn expected(weights: &[u128], edges: &[Edge], no: Option<usize>, without: Option<Edge>) -> u128 {
        let of = |set: &BTreeSet<usize>| set.iter().map(|v| weights[*v]).sum::<u128>();
        let hit = no.or(without.map(|(a, _)| a)).unwrap();
        let whole =
            pieces(weights, edges, None, None).into_iter().find(|piece| piece.contains(&hit)).unwrap();
        let after = pieces(weights, edges, no, without);
        let parts: Vec<u128> = after.iter().filter(|piece| piece.is_subset(&whole)).map(of).collect();
        parts.iter().sum::<u128>() - parts.iter().max().copied().unwrap_or_default()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn cuts_are_what_removing_each_thing_says(
            weights in prop::collection::vec(0..4_u128, 1..9),
            ends in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..14),
        ) {
            let edges: Vec<Edge> = ends
                .iter()
                .map(|(a, b)| (a.index(weights.len()), b.index(weights.len())))
                .filter(|(a, b)| a != b)
                .collect();
            let cuts = build(&weights, &edges).cuts();
            for vertex in 0..weights.len() {
                let cut = cuts.points.iter().find(|(id, _)| id.index() == vertex).map(|(_, cut)| cut);
                let expected = expected(&weights, &edges, Some(vertex), None);
                prop_assert_eq!(cut.map_or(0, |cut| cut.weight), expected, "{}", vertex);
                if let Some(cut) = cut {
                    prop_assert_eq!(cuts.off(cut).map(|v| weights[v.index()]).sum::<u128>(), expected);
                }
            }
            for edge in &edges {
                let key = (edge.0.min(edge.1), edge.0.max(edge.1));
                let cut = cuts.bridges.iter().find(|((a, b), _)| (a.index(), b.index()) == key);
                let expected = expected(&weights, &edges, None, Some(*edge));
                prop_assert_eq!(cut.map_or(0, |(_, cut)| cut.weight), expected, "{:?}", edge);
            }
        }

        #[test]
        fn petgraph_finds_the_same_points_and_bridges(
            ends in prop::collection::vec((0..10_usize, 0..10_usize), 0..16),
        ) {
            use petgraph::algo::articulation_points::articulation_points;
            use petgraph::algo::bridges::bridges;
            use petgraph::graph::UnGraph;
            use petgraph::visit::EdgeRef as _;

            let edges: BTreeSet<Edge> =
                ends.iter().filter(|(a, b)| a != b).map(|(a, b)| (*a.min(b), *a.max(b))).collect();
            let edges: Vec<Edge> = edges.into_iter().collect();
            let mut theirs = UnGraph::<(), u8>::new_undirected();
            let nodes: Vec<_> = (0..10).map(|_| theirs.add_node(())).collect();
            for (a, b) in &edges {
                theirs.add_edge(nodes[*a], nodes[*b], 0);
            }
            // With a weight on every vertex each of them separates some.
            let cuts = build(&[1; 10], &edges).cuts();
            let points: BTreeSet<usize> = cuts.points.iter().map(|(vertex, _)| vertex.index()).collect();
            let expected: BTreeSet<usize> = articulation_points(&theirs).iter().map(|n| n.index()).collect();
            prop_assert_eq!(points, expected);
            let ours: BTreeSet<Edge> = cuts.bridges.iter().map(|((a, b), _)| (a.index(), b.index())).collect();
            let expected: BTreeSet<Edge> = bridges(&theirs)
                .map(|edge| (edge.source().index(), edge.target().index()))
                .map(|(a, b)| (a.min(b), a.max(b)))
                .collect();
            prop_assert_eq!(ours, expected);
        }
    }

    /// Deep graphs are no danger to the stack.
    #[test]
    fn a_long_chain_is_walked() {
        let edges: Vec<Edge> = (1..200_000).map(|at| (at - 1, at)).collect();
        let mut weights = vec![0; 200_000];
        weights[0] = 1;
        weights[199_999] = 2;
        let cuts = build(&weights, &edges).cuts();
        assert_eq!(cuts.bridges.len(), 199_999);
        let first = VertexId::from_index(0);
        assert!(cuts.bridges.iter().all(|(_, cut)| cut.weight == 1 && cuts.off(cut).eq([first])));
    }
}
