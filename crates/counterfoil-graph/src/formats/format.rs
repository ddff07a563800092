//! Which format a text is in, by its name or by how it begins, and the way to its reader and writer.

use super::{
    BifNetwork, Class, Described, Part,
    dotlike::{Dialect, read, write_dagitty, write_dot},
    gml, json,
};
use crate::{Admg, GraphError, Variable, statements, text::Cursor};

/// A format of graphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The language of dagitty (Textor et al. 2016): `dag { x [exposure] x -> y x <-> y }`.
    Dagitty,
    /// Graphviz's language: `digraph { x -> y; x -> y [dir=both] }`.
    Dot,
    /// The graph modelling language: `graph [ directed 1 node [ id 0 label "x" ] ]`.
    Gml,
    /// An object with `nodes`, `directed`, `bidirected`, `undirected`, `edges`.
    Json,
    /// The interchange format of Bayesian networks; [`Format::read`] takes the structure.
    Bif,
    /// `X -> M -> Y; X <-> Y`, as [`Admg::from_statements`] has it.
    Statements,
}

/// How the conventions of DOT and GML for hidden common causes are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DotOptions {
    /// `x -> y; y -> x` is `x <-> y`, rather than two edges that form a cycle. `false` by default.
    pub antiparallel_is_bidirected: bool,
    /// `x -> y [style=dashed]`, with neither `dir` nor `arrowhead` nor `arrowtail`, is `x <-> y`. `true` by default.
    pub dashed_is_bidirected: bool,
}

impl Default for DotOptions {
    fn default() -> Self {
        Self { antiparallel_is_bidirected: false, dashed_is_bidirected: true }
    }
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 6] =
        [Self::Dagitty, Self::Dot, Self::Gml, Self::Json, Self::Bif, Self::Statements];

    /// The format that a file of this name is in, by its extension: `dagitty`, `dag`; `dot`, `gv`; `gml`; `json`; `bif`.
    ///
    /// ```
    /// use counterfoil_graph::formats::Format;
    ///
    /// assert_eq!(Format::from_file_name("graphs/asia.BIF"), Some(Format::Bif));
    /// assert_eq!(Format::from_file_name("notes.txt"), None);
    /// ```
    pub fn from_file_name(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        if stem.is_empty() || extension.contains(['/', '\\']) {
            return None;
        }
        match extension.to_ascii_lowercase().as_str() {
            "dagitty" | "dag" => Some(Self::Dagitty),
            "dot" | "gv" => Some(Self::Dot),
            "gml" => Some(Self::Gml),
            "json" => Some(Self::Json),
            "bif" => Some(Self::Bif),
            _ => None,
        }
    }

    /// The format that `text` begins as, which is no promise that it goes on so.
    ///
    /// ```
    /// use counterfoil_graph::formats::Format;
    ///
    /// assert_eq!(Format::detect("pag { x @-> y }"), Some(Format::Dagitty));
    /// assert_eq!(Format::detect("graph [ directed 1 ]"), Some(Format::Gml));
    /// assert_eq!(Format::detect("graph -> theory"), Some(Format::Statements));
    /// assert_eq!(Format::detect("<xml>"), None);
    /// ```
    pub fn detect(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text);
        loop {
            cursor.skip_blank().ok()?;
            // Comments of GML begin with # anywhere.
            if cursor.peek() != Some('#') {
                break;
            }
            cursor.skip_line();
        }
        if cursor.peek() == Some('{') {
            return Some(Self::Json);
        }
        let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '\'');
        let word = cursor.take_while(in_word).to_ascii_lowercase();
        if word.is_empty() {
            return None;
        }
        cursor.skip_blank().ok()?;
        let opens = cursor.peek() == Some('{');
        let after = cursor.peek();
        // Names hold nearly anything, but in most languages a slash begins a comment.
        let is_bif = matches!(word.as_str(), "network" | "variable");
        // A name may stand between the keyword and the brace.
        let mut names_and_opens = || {
            if cursor.accept('"') {
                // A quote behind a backslash is part of the name.
                while let Some(c) = cursor.next().filter(|&c| c != '"') {
                    if c == '\\' {
                        cursor.next();
                    }
                }
            } else {
                let ends = |c: char| c.is_whitespace() || matches!(c, '{' | '"');
                cursor.take_while(|c| !(ends(c) || (c == '/' && !is_bif)));
            }
            cursor.skip_blank().is_ok() && cursor.peek() == Some('{')
        };
        match word.as_str() {
            "graph" if after == Some('[') => Some(Self::Gml),
            "creator" | "version" if after.is_some_and(|c| c == '"' || c.is_ascii_digit()) => {
                Some(Self::Gml)
            }
            "graph" | "digraph" | "strict" if opens || names_and_opens() => Some(Self::Dot),
            "strict" if matches!(after, Some('g' | 'd' | 'G' | 'D')) => Some(Self::Dot),
            "dag" | "pdag" | "mag" | "pag" | "admg" | "cpdag" if opens || names_and_opens() => {
                Some(Self::Dagitty)
            }
            "network" if opens || names_and_opens() => Some(Self::Bif),
            "variable" if names_and_opens() => Some(Self::Bif),
            _ if after.is_none_or(|c| in_word(c) || matches!(c, ';' | '-' | '<')) => {
                Some(Self::Statements)
            }
            _ => None,
        }
    }

    /// The format's name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dagitty => "dagitty text",
            Self::Dot => "DOT",
            Self::Gml => "GML",
            Self::Json => "JSON",
            Self::Bif => "BIF",
            Self::Statements => "statements",
        }
    }

    /// Reads a graph. `O(t log t)` in the length of the text.
    ///
    /// # Errors
    /// [`GraphError::At`], which gives line and column, around [`GraphError::Syntax`] or an error of what is built.
    pub fn read(self, text: &str) -> Result<Described, GraphError> {
        self.read_with(text, DotOptions::default())
    }

    /// Reads a graph with other conventions for DOT and GML; the other formats have none.
    ///
    /// # Errors
    /// As [`Format::read`].
    pub fn read_with(self, text: &str, options: DotOptions) -> Result<Described, GraphError> {
        match self {
            Self::Dagitty => read(text, Dialect::Dagitty),
            Self::Dot => read(text, Dialect::Dot(options)),
            Self::Statements => Ok(Described::from(&Admg::from_statements(text)?)),
            Self::Gml => gml::read(text, options),
            Self::Json => json::read(text),
            Self::Bif => Ok(Described::from(&BifNetwork::read(text)?.to_dag()?)),
        }
    }

    /// Writes a graph as text that [`Format::read`] reads back to an equal one.
    ///
    /// # Errors
    /// [`GraphError::Unwritable`] when the format cannot hold the graph.
    pub fn write(self, described: &Described) -> Result<String, GraphError> {
        match self {
            Self::Dagitty => write_dagitty(described),
            Self::Dot => Ok(write_dot(described)),
            Self::Gml => Ok(gml::write(described)),
            Self::Json => Ok(json::write(described)),
            Self::Bif => {
                self.holds_no_more_than(described, "the graph itself")?;
                let outside =
                    described.graph().mixed_edges().into_iter().find(|e| !e.is_directed());
                if let Some(edge) = outside {
                    let what = format!("the edge {}", described.graph().describe(edge));
                    return Err(self.unwritable(what));
                }
                BifNetwork::try_from(&described.to_dag()?)?.write()
            }
            Self::Statements => write_statements(described),
        }
    }

    fn unwritable(self, what: String) -> GraphError {
        GraphError::Unwritable { format: self.name(), what, fix: "write DOT, GML or JSON" }
    }

    /// Refuses what a format of bare graphs has no words for.
    fn holds_no_more_than(self, described: &Described, what: &str) -> Result<(), GraphError> {
        let unwritable =
            |more: String| Err(self.unwritable(format!("{more}, no more than {what}")));
        if described.class() != Class::Admg {
            return unwritable(format!("a graph declared as `{}`", described.class().keyword()));
        }
        for part in Part::ALL {
            if let Some(node) = described.part(part).iter().next() {
                let name = described.graph().name(node);
                return unwritable(format!("that `{name}` is declared as {}", part.keyword()));
            }
        }
        let placed = (0..described.graph().len()).find(|&node| described.position(node).is_some());
        match placed {
            Some(node) => unwritable(format!("the place of `{}`", described.graph().name(node))),
            None => Ok(()),
        }
    }
}

/// `X; M; Y; X -> M; M -> Y; X <-> Y`, where that says everything.
fn write_statements(described: &Described) -> Result<String, GraphError> {
    let format = Format::Statements;
    format.holds_no_more_than(described, "names and edges")?;
    let graph = described.graph();
    for variable in graph.variables() {
        let name = variable.name();
        if !name.chars().all(statements::in_name) {
            return Err(format.unwritable(format!("the name {name:?}")));
        }
        if *variable != Variable::continuous(name)? {
            return Err(format.unwritable(format!("what `{name}` is besides its name")));
        }
    }
    described.to_admg()?;
    Ok(graph.to_string())
}
