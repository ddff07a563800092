//! Markov equivalence: which graphs imply the same independences, so that data alone cannot choose among them.
//!
//! | from | to | by |
//! |---|---|---|
//! | [`Dag`](crate::Dag) | [`Cpdag`](crate::Cpdag) | [`Dag::cpdag`](crate::Dag::cpdag), Chickering (2002) |
//! | [`Cpdag`](crate::Cpdag) | [`Dag`](crate::Dag) | [`Cpdag::member`](crate::Cpdag::member) |
//! | [`Admg`](crate::Admg), [`Dag`](crate::Dag) | [`Mag`](crate::Mag) | [`Admg::mag`](crate::Admg::mag), [`Dag::mag`](crate::Dag::mag), Richardson and Spirtes (2002) |
//! | [`Mag`](crate::Mag) | [`Pag`](crate::Pag) | [`Mag::pag`](crate::Mag::pag), Zhang (2008) |
//! | [`Pag`](crate::Pag) | [`Mag`](crate::Mag) | [`Pag::member`](crate::Pag::member) |

mod ancestral;
mod completion;
mod marks;
mod members;
mod orientation;

pub(crate) use completion::complete;
pub(crate) use members::augmented;
