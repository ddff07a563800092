//! Every sampler, for what must hold of all of them.

use counterfoil_diffusion::{
    AdamsBashforth, Churn, Ddim, Ddpm, Deis, DpmMultistep, DpmSinglestep, Euler, EulerAncestral,
    Heun, Lcm, Leapfrog, Lms, Pndm, Sampler, UniPc, Variance, sampler::pndm,
};

/// Solvers of the probability flow that run on levels of any scaling, towards the data.
pub(crate) fn solvers() -> Vec<Box<dyn Sampler>> {
    vec![
        Box::new(Ddim::default()),
        Box::new(Euler::default()),
        Box::new(Heun::default()),
        Box::new(DpmMultistep { order: 1, ..DpmMultistep::default() }),
        Box::new(DpmMultistep::default()),
        Box::new(DpmMultistep { order: 3, ..DpmMultistep::default() }),
        Box::new(DpmSinglestep::default()),
        Box::new(DpmSinglestep { order: 3, ..DpmSinglestep::default() }),
        Box::new(UniPc::default()),
        Box::new(UniPc { order: 3, taper: true, ..UniPc::default() }),
        Box::new(Deis::default()),
        Box::new(Lms::default()),
        Box::new(Pndm::default()),
        Box::new(Pndm { start: pndm::Start::RungeKutta }),
    ]
}

/// Those whose coordinate only variance-preserving levels have.
pub(crate) fn preserving() -> Vec<Box<dyn Sampler>> {
    vec![Box::new(AdamsBashforth::default()), Box::new(Leapfrog::default())]
}

/// Samplers that draw noise.
pub(crate) fn stochastic() -> Vec<Box<dyn Sampler>> {
    let churn = Churn { amount: 10.0, ..Churn::default() };
    vec![
        Box::new(Ddim { eta: 0.6, clip: Some(0.8) }),
        Box::new(Ddpm::default()),
        Box::new(Ddpm { variance: Variance::FixedLarge, clip: None }),
        Box::new(EulerAncestral::default()),
        Box::new(Euler { churn }),
        Box::new(Heun { churn }),
        Box::new(DpmMultistep { eta: 1.0, ..DpmMultistep::default() }),
        Box::new(DpmMultistep { order: 3, eta: 0.5, ..DpmMultistep::default() }),
        Box::new(Lcm::default()),
    ]
}

/// All of them.
pub(crate) fn all() -> Vec<Box<dyn Sampler>> {
    solvers().into_iter().chain(preserving()).chain(stochastic()).collect()
}
