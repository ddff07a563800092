//! The tests of the graph crate in one binary: `draws` makes random graphs, every other module tests one idea with them.

mod adjustment;
mod class_adjustment;
mod classes;
mod distances;
mod do_calculus;
mod drawing;
mod draws;
mod effects;
mod equivalence;
mod estimands;
mod format_texts;
mod formats;
mod front_door;
mod evaluation;
mod expressions;
mod goldens;
mod identification;
mod instruments;
mod messages;
mod oracle;
mod properties;
mod rank;
mod regimes;
mod separation;
mod separators;
mod views;
