//! What a run was made with and on: code revision, compiler, libtorch, processor. All of it may be absent.

use std::{collections::BTreeSet, path::Path, process::Command};

use counterfoil_tensor::Precision;
use serde::{Deserialize, Serialize};
use tch::Device;

/// The lock file that the crate was built from; empty outside the workspace.
const LOCK: &str = include_str!(concat!(env!("OUT_DIR"), "/Cargo.lock"));

/// The state of the source code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Git {
    /// The revision that is checked out.
    pub revision: String,
    /// Whether files differ from it.
    pub dirty: bool,
}

impl Git {
    /// The state of the workspace that this crate was built from, or nothing where there is no git, no checkout or no
    /// commit.
    pub fn of_source() -> Option<Self> {
        Self::of(Path::new(env!("CARGO_MANIFEST_DIR")))
    }

    fn of(folder: &Path) -> Option<Self> {
        let git = |arguments: &[&str]| {
            let said = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
            said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
        };
        let revision = git(&["rev-parse", "--verify", "HEAD"])?;
        let dirty = !git(&["status", "--porcelain"])?.is_empty();
        Some(Self { revision, dirty })
    }

    /// The first seven digits of the revision.
    pub fn short(&self) -> &str {
        self.revision.get(..7).unwrap_or(&self.revision)
    }
}

/// The versions behind the numbers of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Software {
    /// The version of Counterfoil.
    pub counterfoil: String,
    /// blake3 of the lock file, when the crate was built in its workspace.
    pub lock_hash: Option<String>,
    /// The compiler.
    pub rustc: String,
    /// The bindings to libtorch.
    pub tch: Option<String>,
    /// libtorch, as the headers that the crate was built against say.
    pub libtorch: String,
}

impl Software {
    /// What this crate was built with.
    pub fn built_with() -> Self {
        Self {
            counterfoil: env!("CARGO_PKG_VERSION").into(),
            lock_hash: (!LOCK.is_empty())
                .then(|| blake3::hash(LOCK.as_bytes()).to_hex().to_string()),
            rustc: env!("COUNTERFOIL_RUSTC").into(),
            tch: locked_version(LOCK, "tch"),
            libtorch: env!("COUNTERFOIL_LIBTORCH").into(),
        }
    }
}

/// The version of a package in a lock file.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

/// The processor, with the instruction sets that decide which kernels run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// The model's name.
    pub model: String,
    /// Cores that the process may use.
    pub cores: usize,
    /// 256-bit vectors.
    pub avx2: bool,
    /// 512-bit vectors.
    pub avx512: bool,
    /// Products of bfloat16 in hardware (AVX-512 BF16 or AMX).
    pub bf16: bool,
    /// Family, model, stepping, size of the cache and a hash of all flags: models of one name may differ in each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Variables by which the user keeps libraries from some instruction sets, `NAME=VALUE` each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
}

/// The variables that keep libtorch and the libraries under it from using what the processor has.
const LIMITS: [&str; 5] = [
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_CBWR",
];

impl Cpu {
    /// The processor of this machine, as far as Linux tells.
    pub fn here() -> Self {
        let text = fs_err::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let set = |name: &str| Some(format!("{name}={}", std::env::var(name).ok()?));
        Self { limits: LIMITS.into_iter().filter_map(set).collect(), ..Self::parse(&text, cores) }
    }

    /// The numbers to compute in where `asked` are wanted: bfloat16 only where there are instructions for it. Without them
    /// libtorch falls back to loops that took eleven times as long as products in f32, and an answer that is nearer to exact
    /// is no worse.
    pub fn precision(&self, asked: Precision, device: Device) -> Precision {
        if device == Device::Cpu && !self.bf16 { Precision::F32 } else { asked }
    }

    fn parse(cpuinfo: &str, cores: usize) -> Self {
        let field = |name: &str| {
            let line =
                cpuinfo.lines().find(|line| line.split(':').next().map(str::trim) == Some(name))?;
            Some(line.split_once(':')?.1.trim())
        };
        let flags: BTreeSet<&str> = field("flags").unwrap_or_default().split_whitespace().collect();
        let kind = ["cpu family", "model", "stepping", "cache size"].map(field);
        let all = flags.iter().copied().collect::<Vec<_>>().join(" ");
        let kind = kind.iter().any(Option::is_some).then(|| {
            let parts = kind.map(|part| part.unwrap_or("-").replace(' ', ""));
            format!("{} {:.8}", parts.join("-"), blake3::hash(all.as_bytes()).to_hex())
        });
        Self {
            model: field("model name").unwrap_or(std::env::consts::ARCH).to_owned(),
            cores,
            avx2: flags.contains("avx2"),
            avx512: flags.contains("avx512f"),
            bf16: flags.contains("avx512_bf16") || flags.contains("amx_bf16"),
            kind,
            limits: Vec::new(),
        }
    }
}

/// The most memory that this process has held, in MiB, where Linux tells it.
pub fn peak_rss_mib() -> Option<f64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_read_from_its_flags() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\nflags\t\t: fpu avx2 avx512f amx_bf16\n";
        let cpu = Cpu::parse(text, 2);
        assert_eq!((cpu.model.as_str(), cpu.cores), ("Some CPU @ 2.0GHz", 2));
        assert!(cpu.avx2 && cpu.avx512 && cpu.bf16);
        assert_eq!(cpu.kind, None);
        let more =
            format!("{text}cpu family\t: 6\nmodel\t\t: 143\nstepping\t: 8\ncache size\t: 32 KB\n");
        assert!(Cpu::parse(&more, 2).kind.unwrap().starts_with("6-143-8-32KB "));
        let none = Cpu::parse("", 1);
        assert_eq!(none.model, std::env::consts::ARCH);
        assert!(!(none.avx2 || none.avx512 || none.bf16));
    }

    #[test]
    fn bfloat16_needs_instructions_on_a_processor_and_none_elsewhere() {
        let has = Cpu::parse("flags : avx512_bf16", 1);
        let lacks = Cpu::parse("flags : avx2 avx512f", 1);
        for asked in [Precision::F32, Precision::Bf16] {
            assert_eq!(has.precision(asked, Device::Cpu), asked);
            assert_eq!(lacks.precision(asked, Device::Cpu), Precision::F32);
            assert_eq!(lacks.precision(asked, Device::Cuda(0)), asked);
        }
    }

    #[test]
    fn a_lock_file_tells_versions() {
        let lock = "[[package]]\nname = \"tch-x\"\nversion = \"9\"\n\n[[package]]\nname = \"tch\"\nversion = \"0.24.0\"\n";
        assert_eq!(locked_version(lock, "tch").as_deref(), Some("0.24.0"));
        assert_eq!(locked_version(lock, "none"), None);
    }

    #[test]
    fn a_folder_without_a_checkout_has_no_revision() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Git::of(folder.path()), None);
        assert_eq!(Git::of(&folder.path().join("missing")), None);
    }
}
