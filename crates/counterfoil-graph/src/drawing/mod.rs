//! Graphs drawn in layers, causes above effects, as SVG pictures that stand alone.
//!
//! ```
//! use counterfoil_graph::{admg, drawing, formats::Described};
//!
//! # fn main() -> Result<(), counterfoil_graph::GraphError> {
//! let front_door = admg! { X -> M -> Y; X <-> Y }?;
//! let svg = drawing::to_svg(&Described::from(&front_door));
//! assert!(svg.starts_with("<svg "));
//! assert_eq!(svg.matches("<rect ").count(), 3);
//! # Ok(())
//! # }
//! ```

mod layers;
mod layout;
mod svg;

pub use layout::{Drawing, Frame, Line, Style, Tip, layout};
pub use svg::to_svg;
