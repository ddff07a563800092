//! Networks as chains of segments, of which training may keep the inputs alone and compute the rest a second time.
//!
//! This is gradient checkpointing (Chen, Xu, Zhang and Guestrin 2016, "Training deep nets with sublinear memory cost",
//! section 4). The forward pass records no graph; it keeps what enters each segment. The backward pass goes through the
//! segments from the last to the first, runs each again, now recorded, and differentiates it against the gradient of its
//! output. A step costs one more forward pass, and holds the inputs of all segments and the graph of one of them instead of the
//! graph of all.
//!
//! Deviation: there is no choice of about `sqrt(n)` of `n` layers. A segment is what the caller says, and those of a network with
//! skips keep little by being longer, because its skips are kept in any case.

use crate::{TensorError, Weights};
use std::fmt;
use tch::Tensor;

/// What a segment computes. It may read its inputs and the weights of the pass and nothing else that needs a gradient, must give
/// the same each time, and may change none of its inputs in place.
type Run = Box<dyn Fn(&Weights, &[Tensor]) -> Tensor>;

/// A pass through a network, segment by segment.
///
/// ```
/// # use counterfoil_tensor::{Chain, LayoutBuilder, Mode, ParameterStore, Precision, layers::Linear};
/// # use tch::{Device, Kind, Tensor};
/// let mut builder = LayoutBuilder::new();
/// let dense = Linear::new(builder.root(), 3, 3);
/// let store = ParameterStore::initialise(&builder.finish(), 0, Device::Cpu);
/// let weights = store.bind(Precision::F32, Mode::Train);
///
/// let mut chain = Chain::checkpointed(&weights);
/// let x = chain.enter(&Tensor::ones([2, 3], (Kind::Float, Device::Cpu)));
/// let y = chain.run(&[&x], move |weights, x| dense.forward(weights, &x[0]).silu());
/// let (y, recomputation) = chain.leave(&y);
/// let loss = y.square().sum(Kind::Float);
/// match recomputation {
///     Some(recomputation) => recomputation.backward(&loss)?,
///     None => loss.f_backward()?,
/// }
/// assert!(store.flat().grad().defined());
/// # Ok::<(), counterfoil_tensor::TensorError>(())
/// ```
#[derive(Debug)]
pub struct Chain<'w> {
    weights: &'w Weights,
    tape: Option<Tape>,
}

/// What goes from segment to segment.
#[derive(Debug)]
pub struct Value {
    tensor: Tensor,
    /// Its number on the tape, where there is one.
    place: usize,
}

impl Value {
    /// The same value for another segment.
    #[must_use]
    pub fn share(&self) -> Self {
        Self { tensor: self.tensor.shallow_clone(), place: self.place }
    }
}

/// What a pass keeps.
#[derive(Debug, Default)]
struct Tape {
    /// Every value without its graph; nothing once the backward pass is done with it.
    values: Vec<Option<Kept>>,
    /// What entered from a graph of its own, with its place.
    entered: Vec<(usize, Tensor)>,
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Kept {
    tensor: Tensor,
    needs_gradient: bool,
}

struct Segment {
    run: Run,
    inputs: Vec<usize>,
    output: usize,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({:?} -> {})", self.inputs, self.output)
    }
}

impl<'w> Chain<'w> {
    /// A pass that libtorch records like any other, where it records anything.
    pub fn recorded(weights: &'w Weights) -> Self {
        Self { weights, tape: None }
    }

    /// A pass that keeps what enters its segments.
    pub fn checkpointed(weights: &'w Weights) -> Self {
        Self { weights, tape: Some(Tape::default()) }
    }

    /// A tensor from outside; its gradient goes back to where it comes from.
    pub fn enter(&mut self, tensor: &Tensor) -> Value {
        let Some(tape) = &mut self.tape else {
            return Value { tensor: tensor.shallow_clone(), place: 0 };
        };
        let needs_gradient = tensor.requires_grad();
        let value = tape.keep(tensor.detach(), needs_gradient);
        if needs_gradient {
            tape.entered.push((value.place, tensor.shallow_clone()));
        }
        value
    }

    /// Runs one segment; `segment` is given the weights and the tensors of `inputs`, in order. It must be a function of these
    /// alone, without draws, without running statistics, and may change none of its inputs in place.
    pub fn run(
        &mut self,
        inputs: &[&Value],
        segment: impl Fn(&Weights, &[Tensor]) -> Tensor + 'static,
    ) -> Value {
        let tensors: Vec<Tensor> =
            inputs.iter().map(|value| value.tensor.shallow_clone()).collect();
        let Some(tape) = &mut self.tape else {
            return Value { tensor: segment(self.weights, &tensors), place: 0 };
        };
        let output = tape.keep(tch::no_grad(|| segment(self.weights, &tensors)), true);
        tape.segments.push(Segment {
            run: Box::new(segment),
            inputs: inputs.iter().map(|value| value.place).collect(),
            output: output.place,
        });
        output
    }

    /// The result of the pass. Where segments are computed again, the gradient of what becomes of the result is taken by
    /// [`Recomputation::backward`] and by nothing else.
    pub fn leave(self, value: &Value) -> (Tensor, Option<Recomputation>) {
        let Some(tape) = self.tape else { return (value.tensor.shallow_clone(), None) };
        let result = value.tensor.detach().set_requires_grad(true);
        let recomputation = Recomputation {
            weights: self.weights.shallow_clone(),
            tape,
            output: value.place,
            result: result.shallow_clone(),
        };
        (result, Some(recomputation))
    }
}

impl Tape {
    fn keep(&mut self, tensor: Tensor, needs_gradient: bool) -> Value {
        let value = Value { tensor: tensor.shallow_clone(), place: self.values.len() };
        self.values.push(Some(Kept { tensor, needs_gradient }));
        value
    }
}

/// What is left to do of a pass that kept the inputs of its segments: the gradient of a function of its result.
#[derive(Debug)]
pub struct Recomputation {
    weights: Weights,
    tape: Tape,
    output: usize,
    result: Tensor,
}

impl Recomputation {
    /// Adds the gradient of the scalar `loss` to every leaf that it depends on, as `loss.backward()` would had the pass been
    /// recorded. `loss` may depend on the weights and on what entered the pass in other ways besides.
    ///
    /// Inside the pass, gradients of a tensor that several operations read are summed in the order in which libtorch would sum
    /// them, so that the bits are the same wherever its kernels repeat theirs. What entered is given its sum as one: where
    /// something else reads it too, several readers inside may round otherwise than in a recorded pass.
    ///
    /// # Errors
    /// When libtorch refuses an operation.
    pub fn backward(self, loss: &Tensor) -> Result<(), TensorError> {
        let Self { weights, mut tape, output, result } = self;
        let leaves = weights.leaves();
        // The graph behind the result is left as it is: the last lines go through it again, with everything in front of it.
        let first = Tensor::f_run_backward(&[loss], &[&result], true, false)?;
        let mut owed: Vec<Option<Tensor>> = tape.values.iter().map(|_| None).collect();
        owed[output] = first.into_iter().find(Tensor::defined);
        drop(result);
        for segment in tape.segments.into_iter().rev() {
            // Whatever reads this output has been through.
            tape.values[segment.output] = None;
            if let Some(gradient) = owed[segment.output].take() {
                segment.backward(&leaves, &gradient, &tape.values, &mut owed)?;
            }
        }
        drop(tape.values);
        // A sum of its own each time: adding in place would change the loss.
        let mut total = loss.shallow_clone();
        for (place, tensor) in &tape.entered {
            if let Some(gradient) = owed[*place].take() {
                total = &total + product(tensor, &gradient)?;
            }
        }
        for (parameter, gradient) in weights.gradients(&leaves) {
            total = &total + product(parameter, &gradient)?;
        }
        drop((leaves, owed));
        Ok(total.f_backward()?)
    }
}

impl Segment {
    /// Computes the segment again and adds to what is owed to its inputs.
    fn backward(
        &self,
        weights: &Weights,
        gradient: &Tensor,
        values: &[Option<Kept>],
        owed: &mut [Option<Tensor>],
    ) -> Result<(), TensorError> {
        let mut inputs: Vec<(usize, Tensor)> = Vec::with_capacity(self.inputs.len());
        for place in &self.inputs {
            let known = inputs.iter().find(|(of, _)| of == place);
            let leaf = match (known, &values[*place]) {
                (Some((_, leaf)), _) => leaf.shallow_clone(),
                (None, Some(kept)) => kept.tensor.detach().set_requires_grad(kept.needs_gradient),
                (None, None) => Tensor::new(),
            };
            inputs.push((*place, leaf));
        }
        let tensors: Vec<Tensor> = inputs.iter().map(|(_, leaf)| leaf.shallow_clone()).collect();
        let output = (self.run)(weights, &tensors);
        let mut total = product(&output, gradient)?;
        // What later segments owe an input comes first into its sum, as it would in one graph of all.
        for (place, leaf) in &inputs {
            if let Some(before) = owed[*place].take() {
                total = &total + product(leaf, &before)?;
            }
        }
        drop((output, tensors));
        total.f_backward()?;
        for (place, leaf) in inputs {
            let gradient = leaf.grad();
            if gradient.defined() {
                owed[place] = Some(gradient);
            }
        }
        Ok(())
    }
}

/// A scalar whose gradient with respect to `tensor` is `gradient`, bit for bit.
fn product(tensor: &Tensor, gradient: &Tensor) -> Result<Tensor, TensorError> {
    Ok(tensor.f_reshape([-1])?.f_dot(&gradient.f_reshape([-1])?)?)
}
