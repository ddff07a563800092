//! The tests of the graph crate in one binary: `draws` makes random graphs, every other module tests one idea with them.

mod classes;
mod draws;
mod effects;
mod estimands;
mod goldens;
mod identification;
mod messages;
mod oracle;
mod properties;
mod regimes;
mod separation;
mod separators;
mod views;
