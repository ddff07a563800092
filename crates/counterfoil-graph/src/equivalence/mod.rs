//! Markov equivalence: which graphs imply the same independences, so that data alone cannot choose among them.
//!
//! | from | to | by |
//! |---|---|---|
//! | [`Dag`](crate::Dag) | [`Cpdag`](crate::Cpdag) | [`Dag::cpdag`](crate::Dag::cpdag), Chickering (2002) |
//! | [`Cpdag`](crate::Cpdag) | [`Dag`](crate::Dag) | [`Cpdag::member`](crate::Cpdag::member) |
//! | [`Admg`](crate::Admg), [`Dag`](crate::Dag) | [`Mag`](crate::Mag) | [`Admg::mag`](crate::Admg::mag), [`Dag::mag`](crate::Dag::mag), Richardson and Spirtes (2002) |
//! | [`Mag`](crate::Mag) | [`Pag`](crate::Pag) | [`Mag::pag`](crate::Mag::pag), Zhang (2008) |
//! | [`Pag`](crate::Pag) | [`Mag`](crate::Mag) | [`Pag::member`](crate::Pag::member) |
//! | partly directed graph | [`Mpdag`](crate::Mpdag) | [`Mpdag::closure`](crate::Mpdag::closure), Meek (1995) |
//! | [`Mpdag`](crate::Mpdag) and knowledge | [`Mpdag`](crate::Mpdag) | [`Mpdag::with_knowledge`](crate::Mpdag::with_knowledge) |
//!
//! [`Dag::distinguished_from`](crate::Dag::distinguished_from) and
//! [`Mag::distinguished_from`](crate::Mag::distinguished_from) tell whether two graphs are equivalent, with a
//! [`Distinction`] where they are not. [`MarkovClass`] counts the DAGs of a class and draws from them, [`Members`] lists
//! them.

mod ancestral;
mod cliques;
mod completion;
mod counting;
mod distinction;
mod listing;
mod marks;
mod members;
mod orientation;
mod partial;

pub use counting::MarkovClass;
pub use distinction::Distinction;
pub use listing::Members;

pub(crate) use completion::complete;
pub(crate) use distinction::check_same_variables;
pub(crate) use members::augmented;
pub(crate) use partial::Partial;
