//! The facade: every library crate under one name, and a prelude.
