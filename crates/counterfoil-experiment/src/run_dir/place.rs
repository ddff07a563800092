//! Where a stretch of a run is computed, as far as the last digits of its numbers depend on it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::machine::Cpu;

/// A processor, a device, the threads of an operation there, and how many processes share the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The processor by model and kind, with the variables that keep libraries from some of its instruction sets.
    pub cpu: String,
    /// The device.
    pub device: String,
    /// Threads of one tensor operation.
    pub threads: usize,
    /// Processes that compute together.
    pub ranks: usize,
}

impl Place {
    /// The place with this processor.
    pub fn new(cpu: &Cpu, device: String, threads: usize, ranks: usize) -> Self {
        // How many cores there are does not matter once the number of threads is settled.
        let parts = std::iter::once(&cpu.model).chain(&cpu.kind).chain(&cpu.limits);
        let cpu = parts.map(String::as_str).collect::<Vec<_>>().join(", ");
        Self { cpu, device, threads, ranks }
    }

    /// Whether what one process computes here has the bits of what one computes there: how many share the work counts for
    /// training alone.
    pub fn computes_like(&self, other: &Self) -> bool {
        (&self.cpu, &self.device, self.threads) == (&other.cpu, &other.device, other.threads)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.threads == 1 { "" } else { "s" };
        write!(f, "{} with {} thread{plural}", self.device, self.threads)?;
        if self.ranks > 1 {
            write!(f, " and {} ranks", self.ranks)?;
        }
        write!(f, " ({})", self.cpu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_what_decides_last_digits() {
        let cpu = Cpu {
            model: "Some CPU".into(),
            cores: 8,
            avx2: true,
            avx512: false,
            bf16: false,
            kind: Some("6-143-8-32KB 0123abcd".into()),
            limits: vec!["MKL_CBWR=AVX2".into()],
        };
        let alone = Place::new(&cpu, "cpu".into(), 2, 1);
        let told = "cpu with 2 threads (Some CPU, 6-143-8-32KB 0123abcd, MKL_CBWR=AVX2)";
        assert_eq!(alone.to_string(), told);
        assert_eq!(Place::new(&Cpu { cores: 4, ..cpu.clone() }, "cpu".into(), 2, 1), alone);
        assert_ne!(Place::new(&Cpu { limits: vec![], ..cpu.clone() }, "cpu".into(), 2, 1), alone);
        let single = Place { threads: 1, ..alone.clone() };
        assert!(single.to_string().starts_with("cpu with 1 thread ("), "{single}");
        assert!(
            alone.computes_like(&Place { ranks: 4, ..alone.clone() })
                && !alone.computes_like(&single)
        );
        let several = Place::new(&cpu, "cuda:0".into(), 2, 4).to_string();
        assert!(several.starts_with("cuda:0 with 2 threads and 4 ranks (Some CPU"), "{several}");
    }
}
