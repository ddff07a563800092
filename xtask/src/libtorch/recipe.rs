//! The recipe of an install: which wheels of the Python package index hold libtorch, and what to
//! take out of them.
//!
//! libtorch's own download page is not reachable from every machine, the package index is. The
//! wheels are pinned by SHA-256. Every CPython's wheel holds the same libtorch, so one is pinned,
//! whichever Python runs pip.

/// The libtorch that tch 0.24 was generated from.
pub(crate) const VERSION: &str = "2.11.0";

/// The CPython that the pinned wheels are made for, and its tag in their names.
pub(super) const PYTHON: (&str, &str) = ("3.11", "cp311");

/// Whether an install can drive a GPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Half a gigabyte of libraries.
    Cpu,
    /// 3.7 gigabytes of libraries.
    Cuda,
}

impl Kind {
    /// The name at the end of the install's folder.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Cpu => "cpu",
            Kind::Cuda => "cuda",
        }
    }
}

/// One file of the package index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wheel {
    /// `NAME-VERSION-PYTHON-ABI-PLATFORM.whl`
    pub(super) file: String,
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub(super) sha256: String,
}

impl Wheel {
    /// `NAME==VERSION`, as pip wants it.
    pub(super) fn requirement(&self) -> String {
        let mut parts = self.file.split('-');
        let (name, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        format!("{name}=={version}")
    }

    /// The first of the platforms that the name lists.
    pub(super) fn platform(&self) -> &str {
        let stem = self.file.strip_suffix(".whl").unwrap_or(&self.file);
        let platforms = stem.rsplit('-').next().unwrap_or_default();
        platforms.split('.').next().unwrap_or_default()
    }
}

/// What an install is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Recipe {
    pub(super) kind: Kind,
    pub(super) wheels: Vec<Wheel>,
    /// Whether `libtorch.so` names the CUDA library and must make way for an empty one that names
    /// the CPU's.
    pub(super) empty_libtorch: bool,
}

impl Recipe {
    /// The recipe for an operating system and a machine, in the names of [`std::env::consts`].
    pub(super) fn new(os: &str, machine: &str, kind: Kind) -> Option<Recipe> {
        let (wheels, empty_libtorch): (Vec<&Pin>, bool) = match (os, machine, kind) {
            ("linux", "x86_64", Kind::Cpu) => (LINUX_X86_64.iter().collect(), true),
            ("linux", "x86_64", Kind::Cuda) => {
                (LINUX_X86_64.iter().chain(LINUX_X86_64_CUDA).collect(), false)
            }
            ("linux", "aarch64", Kind::Cpu) => (LINUX_AARCH64.iter().collect(), true),
            ("macos", "aarch64", Kind::Cpu) => (MACOS_AARCH64.iter().collect(), false),
            _ => return None,
        };
        let wheels = wheels
            .into_iter()
            .map(|(file, bytes, sha256)| Wheel {
                file: (*file).to_owned(),
                bytes: *bytes,
                sha256: (*sha256).to_owned(),
            })
            .collect();
        Some(Recipe { kind, wheels, empty_libtorch })
    }

    /// The install's folder below the home folder.
    pub(super) fn folder(&self) -> String {
        format!("libtorch-{VERSION}-{}", self.kind.name())
    }

    /// Where a file of a wheel goes in the install; `None` when it is left out.
    pub(super) fn place(&self, entry: &str) -> Option<String> {
        if let Some(header) = entry.strip_prefix("torch/include/") {
            return Some(format!("include/{header}"));
        }
        let (folder, name) = entry.rsplit_once('/')?;
        let wanted = if folder == "torch/lib" {
            self.wants_of_torch(name)
        } else if folder.starts_with("nvidia/") && folder.ends_with("/lib") {
            self.wants_of_nvidia(name)
        } else {
            false
        };
        wanted.then(|| format!("lib/{name}"))
    }

    fn wants_of_torch(&self, name: &str) -> bool {
        let replaced = self.empty_libtorch && name == "libtorch.so";
        let left_out = |prefix: &&str| name.starts_with(prefix);
        !replaced
            && !name.starts_with("libtorch_python")
            && (self.kind == Kind::Cuda || !NOT_FOR_CPU.iter().any(left_out))
    }

    fn wants_of_nvidia(&self, name: &str) -> bool {
        match self.kind {
            Kind::Cpu => NAMED_BY_CPU.contains(&name),
            Kind::Cuda => name.contains(".so") && !name.contains(".alt."),
        }
    }
}

/// Libraries of the CUDA build that an install for the CPU does without.
const NOT_FOR_CPU: [&str; 4] =
    ["libtorch_cuda", "libc10_cuda", "libcaffe2_nvrtc", "libtorch_nvshmem"];

/// CUDA libraries that `libtorch_cpu.so` of the CUDA build names, so that the loader wants them.
const NAMED_BY_CPU: [&str; 2] = ["libcudart.so.13", "libcupti.so.13"];

/// File name, size in bytes, SHA-256.
type Pin = (&'static str, u64, &'static str);

/// On Linux the index has only CUDA builds; their CPU part serves alone.
const LINUX_X86_64: &[Pin] = &[
    (
        "torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        530604548,
        "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a",
    ),
    (
        "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        2243632,
        "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
    ),
    (
        "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl",
        10715597,
        "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
    ),
];

const LINUX_AARCH64: &[Pin] = &[
    (
        "torch-2.11.0-cp311-cp311-manylinux_2_28_aarch64.whl",
        419718178,
        "d91aac77f24082809d2c5a93f52a5f085032740a1ebc9252a7b052ef5a4fddc6",
    ),
    (
        "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
        2261060,
        "ef9bcbe90493a2b9d810e43d249adb3d02e98dd30200d86607d8d02687c43f55",
    ),
    (
        "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_aarch64.whl",
        10310827,
        "796bd679890ee55fb14a94629b698b6db54bcfd833d391d5e94017dd9d7d3151",
    ),
];

const MACOS_AARCH64: &[Pin] = &[(
    "torch-2.11.0-cp311-cp311-macosx_11_0_arm64.whl",
    80529712,
    "7b6a60d48062809f58595509c524b88e6ddec3ebe25833d6462eeab81e5f2ce4",
)];

/// The libraries that `libtorch_cuda.so` names beside the runtime and CUPTI, and those that they
/// name in turn.
const LINUX_X86_64_CUDA: &[Pin] = &[
    (
        "nvidia_cublas-13.1.0.3-py3-none-manylinux_2_27_x86_64.whl",
        423133236,
        "ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171",
    ),
    (
        "nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
        90215200,
        "ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575",
    ),
    (
        "nvidia_cudnn_cu13-9.19.0.56-py3-none-manylinux_2_27_x86_64.whl",
        366066321,
        "d20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf",
    ),
    (
        "nvidia_cufft-12.0.0.61-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        214085489,
        "6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3",
    ),
    (
        "nvidia_cufile-1.15.1.6-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        1223672,
        "08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44",
    ),
    (
        "nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl",
        59544258,
        "1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc",
    ),
    (
        "nvidia_cusolver-12.0.4.66-py3-none-manylinux_2_27_x86_64.whl",
        200941980,
        "0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112",
    ),
    (
        "nvidia_cusparse-12.6.3.3-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        145942937,
        "2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b",
    ),
    (
        "nvidia_cusparselt_cu13-0.8.0-py3-none-manylinux2014_x86_64.whl",
        169884119,
        "25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd",
    ),
    (
        "nvidia_nccl_cu13-2.28.9-py3-none-manylinux_2_18_x86_64.whl",
        196493177,
        "e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42",
    ),
    (
        "nvidia_nvjitlink-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
        40713933,
        "13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b",
    ),
    (
        "nvidia_nvshmem_cu13-3.4.5-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        60412546,
        "290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn linux(kind: Kind) -> Recipe {
        Recipe::new("linux", "x86_64", kind).unwrap()
    }

    #[test]
    fn pins_are_whole_and_well_formed() {
        for recipe in [linux(Kind::Cuda), Recipe::new("macos", "aarch64", Kind::Cpu).unwrap()] {
            for wheel in &recipe.wheels {
                assert_eq!(wheel.file.split('-').count(), 5, "{}", wheel.file);
                assert_eq!(wheel.sha256.len(), 64);
                assert!(wheel.sha256.chars().all(|c| c.is_ascii_hexdigit()));
                assert!(wheel.bytes > 0);
            }
        }
        assert_eq!(Recipe::new("windows", "x86_64", Kind::Cpu), None);
        assert_eq!(Recipe::new("macos", "aarch64", Kind::Cuda), None);
    }

    #[test]
    fn a_wheels_name_tells_pip_what_to_ask_for() {
        let runtime = &linux(Kind::Cpu).wheels[1];
        assert_eq!(runtime.requirement(), "nvidia_cuda_runtime==13.0.96");
        assert_eq!(runtime.platform(), "manylinux2014_x86_64");
    }

    #[test]
    fn the_cpu_install_leaves_cuda_and_python_out() {
        let recipe = linux(Kind::Cpu);
        let place = |entry| recipe.place(entry);
        assert_eq!(place("torch/lib/libtorch_cpu.so").unwrap(), "lib/libtorch_cpu.so");
        assert_eq!(place("torch/include/ATen/ATen.h").unwrap(), "include/ATen/ATen.h");
        assert_eq!(place("nvidia/cu13/lib/libcudart.so.13").unwrap(), "lib/libcudart.so.13");
        for left_out in [
            "torch/lib/libtorch_cuda.so",
            "torch/lib/libtorch_cuda_linalg.so",
            "torch/lib/libc10_cuda.so",
            "torch/lib/libcaffe2_nvrtc.so",
            "torch/lib/libtorch_nvshmem.so",
            "torch/lib/libtorch_python.so",
            "torch/lib/libtorch.so",
            "torch/lib/libshm/err.h",
            "torch/__init__.py",
            "nvidia/cu13/lib/libnvperf_host.so",
            "nvidia/cu13/include/cuda.h",
        ] {
            assert_eq!(place(left_out), None, "{left_out}");
        }
    }

    #[test]
    fn the_cuda_install_leaves_only_python_out() {
        let recipe = linux(Kind::Cuda);
        for kept in [
            "torch/lib/libtorch.so",
            "torch/lib/libtorch_cuda.so",
            "nvidia/cudnn/lib/libcudnn.so.9",
        ] {
            assert!(recipe.place(kept).is_some(), "{kept}");
        }
        assert_eq!(recipe.place("torch/lib/libtorch_python.so"), None);
        assert_eq!(recipe.place("nvidia/cu13/lib/libnvrtc.alt.so.13"), None);
    }
}
