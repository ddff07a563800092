//! From a DAG to the graph of its class: which edges can be turned without an independence changing.

use crate::{Dag, Edge, MixedGraph};

/// The completed graph of `dag`: Chickering (2002, section 4.2). Edges are labelled compelled or reversible in an order
/// in which each label depends on labels already known: nodes in topological order, and for each the edge from its last
/// parent decides over all others into it. `O(n + m d)` for the largest number d of parents.
pub(crate) fn complete(dag: &Dag) -> MixedGraph {
    let n = dag.len();
    let mut position = vec![0; n];
    for (i, &node) in dag.topological_order().iter().enumerate() {
        position[node] = i;
    }
    // `compelled[y][k]` belongs to the k-th parent of y.
    let mut compelled: Vec<Vec<bool>> = (0..n).map(|y| vec![false; dag.parents(y).len()]).collect();
    // The place among the parents of `stamp`'s node.
    let mut place = vec![0; n];
    let mut stamp = vec![usize::MAX; n];
    for &y in dag.topological_order() {
        let parents = dag.parents(y);
        let Some(&x) = parents.iter().max_by_key(|&&x| position[x]) else { continue };
        for (k, &parent) in parents.iter().enumerate() {
            place[parent] = k;
            stamp[parent] = y;
        }
        let above = dag.parents(x);
        // A compelled w -> x with w apart from y compels x -> y, and with it all edges into y.
        let chain = above.iter().zip(&compelled[x]).any(|(&w, &is)| is && stamp[w] != y);
        // So does a parent of y that is apart from x; x, the last of them, cannot be its cause.
        let shared = above.iter().filter(|&&w| stamp[w] == y).count();
        if chain || shared + 1 < parents.len() {
            compelled[y].fill(true);
        } else {
            // What remains compelled is w -> y where w -> x is, lest a cycle arise.
            for (k, &w) in above.iter().enumerate() {
                if compelled[x][k] {
                    compelled[y][place[w]] = true;
                }
            }
        }
    }
    let edges: Vec<Edge> = (0..n)
        .flat_map(|y| {
            dag.parents(y).iter().zip(&compelled[y]).map(move |(&x, &is)| {
                if is { Edge::directed(x, y) } else { Edge::undirected(x, y) }
            })
        })
        .collect();
    dag.with_edges(&edges)
}
