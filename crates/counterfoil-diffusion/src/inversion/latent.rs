//! What encoding yields: one state, two neighbouring ones, two at the same level, or noise maps.

use crate::{DiffusionError, State};

/// A latent over states of type `X`; a single state is the simplest one.
pub trait LatentOf<X>: Sized {
    /// The state at the start level of the grid.
    fn outer(&self) -> &X;

    /// A copy of all of it: decoding moves its argument.
    ///
    /// # Errors
    /// As [`State::duplicate`].
    fn duplicate(&self) -> Result<Self, DiffusionError>
    where
        X: State;

    /// The same latent with its form as data.
    fn into_any(self) -> Latent<X>;

    /// The latent in this form, or `None` when it has another.
    fn from_any(latent: Latent<X>) -> Option<Self>;
}

impl<X> LatentOf<X> for X {
    fn outer(&self) -> &X {
        self
    }

    fn duplicate(&self) -> Result<Self, DiffusionError>
    where
        X: State,
    {
        State::duplicate(self)
    }

    fn into_any(self) -> Latent<X> {
        Latent::Single(self)
    }

    fn from_any(latent: Latent<X>) -> Option<Self> {
        if let Latent::Single(state) = latent { Some(state) } else { None }
    }
}

/// The latent of a two-step scheme: the noisiest state and the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<X> {
    /// The state at the start level of the grid.
    pub outer: X,
    /// The state one level nearer to the data.
    pub inner: X,
}

impl<X> LatentOf<X> for Pair<X> {
    fn outer(&self) -> &X {
        &self.outer
    }

    fn duplicate(&self) -> Result<Self, DiffusionError>
    where
        X: State,
    {
        Ok(Self { outer: self.outer.duplicate()?, inner: self.inner.duplicate()? })
    }

    fn into_any(self) -> Latent<X> {
        Latent::Pair(self)
    }

    fn from_any(latent: Latent<X>) -> Option<Self> {
        if let Latent::Pair(pair) = latent { Some(pair) } else { None }
    }
}

/// The latent of a coupled scheme: two approximations of the same state, at the start level of the grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twins<X> {
    /// The state that began as the image and is decoded into it.
    pub first: X,
    /// Its companion, which makes every step reversible.
    pub second: X,
}

impl<X> LatentOf<X> for Twins<X> {
    fn outer(&self) -> &X {
        &self.first
    }

    fn duplicate(&self) -> Result<Self, DiffusionError>
    where
        X: State,
    {
        Ok(Self { first: self.first.duplicate()?, second: self.second.duplicate()? })
    }

    fn into_any(self) -> Latent<X> {
        Latent::Twins(self)
    }

    fn from_any(latent: Latent<X>) -> Option<Self> {
        if let Latent::Twins(twins) = latent { Some(twins) } else { None }
    }
}

/// The latent of DDPM inversion: the start and what each step must add to its mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoiseMaps<X> {
    /// The state at the start level of the grid.
    pub start: X,
    /// For each step in decoding order, what is added to the mean, in units of the state: the step's standard
    /// deviation times its noise, where it has one.
    pub maps: Vec<X>,
}

impl<X> LatentOf<X> for NoiseMaps<X> {
    fn outer(&self) -> &X {
        &self.start
    }

    fn duplicate(&self) -> Result<Self, DiffusionError>
    where
        X: State,
    {
        let maps = self.maps.iter().map(State::duplicate).collect::<Result<_, _>>()?;
        Ok(Self { start: self.start.duplicate()?, maps })
    }

    fn into_any(self) -> Latent<X> {
        Latent::NoiseMaps(self)
    }

    fn from_any(latent: Latent<X>) -> Option<Self> {
        if let Latent::NoiseMaps(maps) = latent { Some(maps) } else { None }
    }
}

/// The latent of a [`super::Method`], whichever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Latent<X> {
    /// One state at the start level of the grid.
    Single(X),
    /// Two neighbouring states.
    Pair(Pair<X>),
    /// Two states at the same level.
    Twins(Twins<X>),
    /// A start and noise maps.
    NoiseMaps(NoiseMaps<X>),
}

impl<X> Latent<X> {
    /// The state at the start level of the grid.
    pub fn outer(&self) -> &X {
        match self {
            Self::Single(state) => state,
            Self::Pair(pair) => pair.outer(),
            Self::Twins(twins) => twins.outer(),
            Self::NoiseMaps(maps) => maps.outer(),
        }
    }

    /// The latent with `map` applied to each of its states: to cut items out of a batch, or to change the device.
    ///
    /// ```
    /// use counterfoil_diffusion::inversion::{Latent, Pair};
    /// let pair = Latent::Pair(Pair { outer: 1.0, inner: 2.0 });
    /// assert_eq!(pair.map(|x| 10.0 * x), Latent::Pair(Pair { outer: 10.0, inner: 20.0 }));
    /// ```
    pub fn map<Y>(&self, mut map: impl FnMut(&X) -> Y) -> Latent<Y> {
        match self {
            Self::Single(state) => Latent::Single(map(state)),
            Self::Pair(Pair { outer, inner }) => {
                Latent::Pair(Pair { outer: map(outer), inner: map(inner) })
            }
            Self::Twins(Twins { first, second }) => {
                Latent::Twins(Twins { first: map(first), second: map(second) })
            }
            Self::NoiseMaps(NoiseMaps { start, maps }) => Latent::NoiseMaps(NoiseMaps {
                start: map(start),
                maps: maps.iter().map(map).collect(),
            }),
        }
    }

    /// Several latents of one form as one: `join` gets the corresponding states of all of them, to concatenate.
    ///
    /// ```
    /// use counterfoil_diffusion::inversion::Latent;
    /// let parts = [Latent::Single(vec![1]), Latent::Single(vec![2, 3])];
    /// let joined = Latent::joined(&parts, |states| {
    ///     states.iter().flat_map(|state| state.iter().copied()).collect::<Vec<_>>()
    /// })?;
    /// assert_eq!(joined, Latent::Single(vec![1, 2, 3]));
    /// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
    /// ```
    ///
    /// # Errors
    /// [`DiffusionError::LatentForms`] for none, for unequal forms, or unequally many noise maps.
    pub fn joined<Y>(
        parts: &[Self],
        mut join: impl FnMut(&[&X]) -> Y,
    ) -> Result<Latent<Y>, DiffusionError> {
        let first = parts.first().ok_or(DiffusionError::LatentForms)?;
        let states: Vec<Vec<&X>> = parts.iter().map(Self::states).collect();
        let same = |(part, own): (&Self, &Vec<&X>)| {
            std::mem::discriminant(part) == std::mem::discriminant(first)
                && own.len() == states[0].len()
        };
        if !parts.iter().zip(&states).all(same) {
            return Err(DiffusionError::LatentForms);
        }
        let mut place = 0;
        Ok(first.map(|_| {
            let column: Vec<&X> = states.iter().map(|states| states[place]).collect();
            place += 1;
            join(&column)
        }))
    }

    /// All states, in the order in which [`Latent::map`] visits them.
    fn states(&self) -> Vec<&X> {
        match self {
            Self::Single(state) => vec![state],
            Self::Pair(Pair { outer, inner }) => vec![outer, inner],
            Self::Twins(Twins { first, second }) => vec![first, second],
            Self::NoiseMaps(NoiseMaps { start, maps }) => [start].into_iter().chain(maps).collect(),
        }
    }
}

impl<X> LatentOf<X> for Latent<X> {
    fn outer(&self) -> &X {
        self.outer()
    }

    fn duplicate(&self) -> Result<Self, DiffusionError>
    where
        X: State,
    {
        Ok(match self {
            Self::Single(state) => Self::Single(State::duplicate(state)?),
            Self::Pair(pair) => Self::Pair(LatentOf::<X>::duplicate(pair)?),
            Self::Twins(twins) => Self::Twins(LatentOf::<X>::duplicate(twins)?),
            Self::NoiseMaps(maps) => Self::NoiseMaps(LatentOf::<X>::duplicate(maps)?),
        })
    }
    fn into_any(self) -> Self {
        self
    }

    fn from_any(latent: Self) -> Option<Self> {
        Some(latent)
    }
}
