//! The typed graph of services: the only file that names petgraph.

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use super::ids::{Id as _, ServiceId};
use super::ir::Binding;

/// Services as nodes, bindings as edges from the consumer to the provider.
#[derive(Clone, Debug, Default)]
pub struct ServiceGraph {
    graph: DiGraph<ServiceId, usize>,
    nodes: Vec<NodeIndex>,
    /// By provider: (interface, consumer), sorted.
    consumers: Vec<Vec<(String, ServiceId)>>,
}

impl ServiceGraph {
    /// The graph of `count` services and their bindings.
    pub fn new(services: impl Iterator<Item = ServiceId>, bindings: &[Binding]) -> Self {
        let mut graph = DiGraph::new();
        let nodes: Vec<NodeIndex> = services.map(|id| graph.add_node(id)).collect();
        let mut consumers: Vec<Vec<(String, ServiceId)>> = vec![Vec::new(); nodes.len()];
        for (index, binding) in bindings.iter().enumerate() {
            if let (Some(from), Some(to)) =
                (nodes.get(binding.consumer.index()), nodes.get(binding.provider.index()))
            {
                graph.add_edge(*from, *to, index);
            }
            if let Some(list) = consumers.get_mut(binding.provider.index()) {
                list.push((binding.interface.clone(), binding.consumer));
            }
        }
        for list in &mut consumers {
            list.sort();
        }
        Self { graph, nodes, consumers }
    }

    /// Who uses a service: (interface, consumer), sorted.
    pub fn consumers(&self, provider: ServiceId) -> &[(String, ServiceId)] {
        self.consumers.get(provider.index()).map_or(&[], Vec::as_slice)
    }

    /// How many services and bindings there are.
    pub fn size(&self) -> (usize, usize) {
        (self.nodes.len(), self.graph.edge_count())
    }

    /// Groups of services that wait for each other, each sorted; empty when all can start.
    ///
    /// `waits` says whether the binding at an index orders the start.
    pub fn cycles(&self, waits: impl Fn(usize) -> bool) -> Vec<Vec<ServiceId>> {
        let waiting = self.graph.filter_map(|_, id| Some(*id), |_, index| waits(*index).then_some(*index));
        if toposort(&waiting, None).is_ok() {
            return Vec::new();
        }
        let lookup = |index: NodeIndex| waiting.node_weight(index).copied();
        let mut cycles: Vec<Vec<ServiceId>> = kosaraju_scc(&waiting)
            .into_iter()
            .filter(|part| {
                part.len() > 1 || part.first().is_some_and(|only| waiting.contains_edge(*only, *only))
            })
            .map(|part| {
                let mut ids: Vec<ServiceId> = part.into_iter().filter_map(lookup).collect();
                ids.sort_unstable();
                ids
            })
            .collect();
        cycles.sort();
        cycles
    }
}
