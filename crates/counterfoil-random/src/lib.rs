//! Keyed, counter-based random streams: the one place of the workspace where numbers are drawn. The crate also holds the
//! distribution functions and quantiles of the [`normal`] and the [`beta`] distribution, which map uniform numbers to others
//! and back.
//!
//! A [`Stream`] is ChaCha8 keyed by `(seed, purpose, item, step)`. There is no global seed, no clock and no
//! shared state: whoever holds the four words can draw the same numbers again, alone or in a batch, in any
//! order, on any thread. Two keys that differ in one word give unrelated streams.
//!
//! ```
//! use counterfoil_random::Stream;
//!
//! // The noise of image 17 at training step 300 ...
//! let alone = Stream::new(7, "train-noise", 17, 300).normals(4);
//! // ... is the same when many images are drawn side by side.
//! let batch: Vec<Vec<f32>> =
//!     (0..32).map(|item| Stream::new(7, "train-noise", item, 300).normals(4)).collect();
//! assert_eq!(alone, batch[17]);
//! ```
#![forbid(unsafe_code)]

pub mod beta;
pub mod normal;
mod stream;

pub use stream::Stream;
