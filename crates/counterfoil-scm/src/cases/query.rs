//! The schema of a case: what is asked, and of which graph.

use counterfoil_graph::{
    Admg, NodeSet, Variable,
    counterfactual::{Event, World},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// A case that was read.
pub(super) struct Case {
    pub(super) graph: Admg,
    pub(super) query: Query,
    expected: Value,
}

/// What can be asked.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Query {
    Separation(Triple),
    DoRule(MovedTerm),
    Adjustment(Ends),
    Frontdoor(Ends),
    Instruments(Ends),
    Cpdag {},
    LatentProjection(Hidden),
    Identify(Triple),
    Gid(FromRegimes),
    Transport(FromRegimes),
    NumericEffect(Triple),
    Counterfactual(Events),
    NumericCounterfactual(Events),
}

/// Two sets and a condition: causes, outcomes and what is known of the cases.
#[derive(Deserialize)]
pub(super) struct Triple {
    pub(super) x: Vec<String>,
    pub(super) y: Vec<String>,
    #[serde(default)]
    pub(super) z: Vec<String>,
}

/// Causes and outcomes, and what is not observed.
#[derive(Deserialize)]
pub(super) struct Ends {
    pub(super) x: Vec<String>,
    pub(super) y: Vec<String>,
    #[serde(default)]
    pub(super) latent: Vec<String>,
}

/// `P(y | do(x), w)`, and a set z that a rule moves.
#[derive(Deserialize)]
pub(super) struct MovedTerm {
    pub(super) rule: u8,
    pub(super) y: Vec<String>,
    #[serde(default)]
    pub(super) x: Vec<String>,
    pub(super) z: Vec<String>,
    #[serde(default)]
    pub(super) w: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Hidden {
    pub(super) latent: Vec<String>,
}

/// An effect, and what was measured to find it.
#[derive(Deserialize)]
pub(super) struct FromRegimes {
    #[serde(flatten)]
    pub(super) effect: Triple,
    pub(super) available: Vec<Available>,
    pub(super) selection_node: Option<String>,
}

/// One measurement: of what, after what was set, and in which population.
#[derive(Deserialize)]
pub(super) struct Available {
    pub(super) observed: Vec<String>,
    #[serde(default, rename = "do")]
    pub(super) do_: Vec<String>,
    #[serde(default)]
    pub(super) domain: Option<String>,
}

/// An event and a condition.
#[derive(Deserialize)]
pub(super) struct Events {
    event: Vec<Atom>,
    #[serde(default)]
    given: Vec<Atom>,
}

/// `var` has `value` where these things are done.
#[derive(Deserialize)]
struct Atom {
    var: String,
    value: usize,
    #[serde(default, rename = "do")]
    do_: Doing,
}

type Doing = BTreeMap<String, Setting>;

/// To what a variable is set: a value, or what it is itself where other things are done.
#[derive(Deserialize)]
#[serde(untagged)]
enum Setting {
    Value(usize),
    AsIn {
        var: String,
        #[serde(default, rename = "do")]
        do_: Doing,
    },
}

#[derive(Deserialize)]
struct RawCase {
    graph: RawGraph,
    query: Query,
    expected: Value,
}

#[derive(Deserialize)]
struct RawGraph {
    nodes: Vec<String>,
    #[serde(default)]
    directed: Vec<(String, String)>,
    #[serde(default)]
    bidirected: Vec<(String, String)>,
}

impl Case {
    pub(super) fn read(case: &Value) -> Result<Self, String> {
        let RawCase { graph, query, expected } =
            RawCase::deserialize(case).map_err(|error| error.to_string())?;
        let variables: Vec<Variable> = graph
            .nodes
            .into_iter()
            .map(|name| Variable::continuous(name).map_err(|error| error.to_string()))
            .collect::<Result<_, _>>()?;
        let graph = Admg::new(variables, &pairs(&graph.directed), &pairs(&graph.bidirected));
        Ok(Self { graph: graph.map_err(|error| error.to_string())?, query, expected })
    }

    /// The nodes of these names.
    pub(super) fn set(&self, names: &[String]) -> Result<NodeSet, String> {
        self.graph.set_of(names).map_err(|error| error.to_string())
    }

    /// The node of this name.
    pub(super) fn node(&self, name: &str) -> Result<usize, String> {
        self.graph.index_of(name).map_err(|error| error.to_string())
    }

    /// The expected answer, of the shape that the query's type has.
    pub(super) fn expected<A: DeserializeOwned>(&self) -> Result<A, String> {
        A::deserialize(&self.expected).map_err(|error| format!("`expected`: {error}"))
    }

    pub(super) fn effect(&self, query: &Triple) -> Result<counterfoil_graph::Query, String> {
        Ok(counterfoil_graph::Query {
            y: self.set(&query.y)?,
            do_: self.set(&query.x)?,
            given: self.set(&query.z)?,
        })
    }

    pub(super) fn question(
        &self,
        query: &Events,
    ) -> Result<counterfoil_graph::counterfactual::Question, String> {
        Ok(counterfoil_graph::counterfactual::Question {
            event: self.event(&query.event)?,
            given: self.event(&query.given)?,
        })
    }

    fn event(&self, atoms: &[Atom]) -> Result<Event, String> {
        atoms.iter().try_fold(Event::sure(), |event, atom| {
            Ok(event.and(self.node(&atom.var)?, self.world(&atom.do_)?, atom.value))
        })
    }

    fn world(&self, doing: &Doing) -> Result<World, String> {
        doing.iter().try_fold(World::factual(), |world, (name, setting)| {
            let variable = self.node(name)?;
            match setting {
                Setting::Value(value) => Ok(world.set(variable, *value)),
                Setting::AsIn { var, do_ } if var == name => {
                    Ok(world.set_as_in(variable, self.world(do_)?))
                }
                Setting::AsIn { var, .. } => {
                    Err(format!("`{name}` is set to what `{var}` is: a variable copies itself"))
                }
            }
        })
    }
}

fn pairs(edges: &[(String, String)]) -> Vec<(&str, &str)> {
    edges.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
}
