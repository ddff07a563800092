//! A table of methods, worlds and seeds: its file, what is run of it and when, what is kept, and how it is shown.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

mod bench;
mod children;
mod mistakes;
mod running;
mod showing;
