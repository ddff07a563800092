//! Label codes of which some are unknown: weak supervision.
//!
//! A label that training may not see is NaN in a batch, so that nothing can look at it by accident. What needs a code
//! there takes the latent that the encoder reads off the image; what compares with a label leaves it out.

use crate::{Architecture, objective::label_codes};
use tch::{Kind, Tensor};

/// The rows of labels in which none is NaN.
pub(crate) fn known_rows(labels: &Tensor) -> Tensor {
    labels.isnan().any_dim(1, false).logical_not().nonzero().squeeze_dim(1)
}

/// The codes of labels of which some are NaN. There stands the code of 0: any valid value will do, for whoever asks leaves
/// it out.
pub(crate) fn filled_codes(a: &Architecture, labels: &Tensor) -> Tensor {
    label_codes(a, &labels.nan_to_num(0.0, None::<f64>, None::<f64>))
}

/// The codes of a batch's labels, and which of them are known.
#[derive(Debug)]
pub struct KnownCodes {
    /// `[n, d]`; 0 where a label is unknown.
    codes: Tensor,
    /// `[n, d]`, 1 where the label of a block is known; absent when all are.
    mask: Option<Tensor>,
}

impl KnownCodes {
    /// From labels `[n, labelled variables]` in their own units, NaN where unknown.
    pub fn new(a: &Architecture, labels: &Tensor) -> Self {
        let missing = labels.isnan();
        if missing.any().int64_value(&[]) == 0 {
            return Self { codes: label_codes(a, labels), mask: None };
        }
        let known = missing.logical_not().to_kind(Kind::Float);
        let n = labels.size()[0];
        let mut column = -1;
        let block = |b: &crate::Block| {
            if !b.labelled {
                return Tensor::ones([n, b.width], (Kind::Float, labels.device()));
            }
            column += 1;
            known.narrow(1, column, 1).expand([n, b.width], false)
        };
        let mask = Tensor::cat(&a.blocks().iter().map(block).collect::<Vec<_>>(), 1);
        let codes = filled_codes(a, labels) * &mask;
        Self { codes, mask: Some(mask) }
    }

    /// The codes, with what is read, `[n, d]`, where a label is unknown. No gradient goes through what is read.
    pub fn or_read(&self, read: &Tensor) -> Tensor {
        self.or_taught(&read.detach())
    }

    /// As [`or_read`](Self::or_read), but what is made of the codes trains what is read.
    pub fn or_taught(&self, read: &Tensor) -> Tensor {
        match &self.mask {
            None => self.codes.shallow_clone(),
            Some(mask) => &self.codes + (1.0 - mask) * read,
        }
    }

    /// Which entries are known, `[n, d]`; absent when all are.
    pub fn mask(&self) -> Option<&Tensor> {
        self.mask.as_ref()
    }
}
