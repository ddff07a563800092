//! Any bytes are the two arrays of an archive of CausalCircuit or are refused; the pickle in the second is never executed.
//! They come in an archive that is whole, or hardly anything would get past its check sums: a length of two bytes, the
//! labels, the pictures.
#![no_main]

use std::io::{Cursor, Write};

use zip::{CompressionMethod::Stored, ZipWriter, write::FileOptions};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
mod shared;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(([low, high], rest)) = bytes.split_first_chunk() else { return };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    let (labels, pictures) = rest.split_at(length.min(rest.len()));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, array) in [("original_latents.npy", labels), ("imgs.npy", pictures)] {
        let options = FileOptions::default().compression_method(Stored);
        archive.start_file(name, options).expect("there is room");
        archive.write_all(array).expect("there is room");
    }
    let archive = archive.finish().expect("there is room").into_inner();
    let file = shared::file("train.npz", &archive);
    let _ = counterfoil_data::causalcircuit::load(file.parent().expect("it is in a folder"), 4);
});
