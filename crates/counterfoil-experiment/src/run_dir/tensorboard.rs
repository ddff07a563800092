//! TensorBoard's own file of scalars, so that its viewer can follow a run.
//!
//! The format is TFRecord frames (`length u64, masked CRC32C of it, data, masked CRC32C of the data`, little-endian)
//! around protobuf messages `Event`; both are few enough to be written out here (`tensorflow/core/util/event.proto`,
//! `tensorflow/core/lib/io/record_writer.cc`).

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use crc::{CRC_32_ISCSI, Crc};

use crate::error::Result;

/// The folder of TensorBoard's files inside a run directory.
pub const TENSORBOARD_DIR: &str = "tb";

/// CRC-32C (Castagnoli), which iSCSI uses too.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Writes scalars to one event file; every session of a run has its own.
#[derive(Debug)]
pub struct EventFile {
    file: BufWriter<fs_err::File>,
}

impl EventFile {
    /// Starts a file in the `tb` folder of `run`, at `unix` seconds.
    ///
    /// `resumed` is the step that a resumed run continues after: the viewer then forgets later steps of earlier files.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub fn create(run: &Path, unix: f64, resumed: Option<u64>) -> Result<Self> {
        let folder = run.join(TENSORBOARD_DIR);
        fs_err::create_dir_all(&folder)?;
        // Viewers read files in the order of their names, so names must sort by time.
        let name = format!("events.out.tfevents.{unix:017.6}.counterfoil");
        let mut events = Self { file: BufWriter::new(fs_err::File::create(folder.join(name))?) };
        events.write(&Message::new().double(1, unix).bytes(3, b"brain.Event:2"))?;
        if let Some(step) = resumed {
            // session_log { status: START }: what has a step from this one on is written again.
            let start = Message::new().varint(1, 1);
            events.write(&Message::new().double(1, unix).varint(2, step + 1).bytes(7, &start.0))?;
        }
        Ok(events)
    }

    /// Writes one value of the curve `tag` at `step`, measured at `unix` seconds.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn scalar(&mut self, tag: &str, step: u64, unix: f64, value: f64) -> Result<()> {
        let value = Message::new().bytes(1, tag.as_bytes()).float(2, value as f32);
        let summary = Message::new().bytes(1, &value.0);
        self.write(&Message::new().double(1, unix).varint(2, step).bytes(5, &summary.0))
    }

    /// Hands everything to the system, so that a viewer sees it.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.file.flush()?)
    }

    fn write(&mut self, message: &Message) -> Result<()> {
        Ok(self.file.write_all(&frame(&message.0))?)
    }
}

/// One TFRecord around `data`.
fn frame(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut frame = Vec::with_capacity(data.len() + 16);
    frame.extend(length);
    frame.extend(masked(&length).to_le_bytes());
    frame.extend(data);
    frame.extend(masked(data).to_le_bytes());
    frame
}

/// The CRC as TFRecord stores it: rotated and shifted, so that a CRC of data with CRCs inside stays good.
fn masked(data: &[u8]) -> u32 {
    CRC32C.checksum(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A protobuf message under construction.
struct Message(Vec<u8>);

impl Message {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn push_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Field number and wire type: 0 varint, 1 eight bytes, 2 counted bytes, 5 four bytes.
    fn key(&mut self, field: u64, wire: u64) {
        self.push_varint(field << 3 | wire);
    }

    fn varint(mut self, field: u64, value: u64) -> Self {
        self.key(field, 0);
        self.push_varint(value);
        self
    }

    fn double(mut self, field: u64, value: f64) -> Self {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.key(field, 2);
        self.push_varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    fn float(mut self, field: u64, value: f32) -> Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: RFC 3720, B.4 gives CRC32C of 32 zero bytes as aa 36 91 8a (transmitted order).
    #[test]
    fn the_checksum_is_castagnoli() {
        assert_eq!(CRC32C.checksum(&[0; 32]), 0x8a91_36aa);
    }

    /// Exact: `Event(wall_time=1.5, step=300, summary { value { tag: "loss", simple_value: 0.25 } })` by hand from the
    /// protobuf encoding, and the frame around it.
    #[test]
    fn a_scalar_has_the_published_encoding() {
        let run = tempfile::tempdir().unwrap();
        let mut file = EventFile::create(run.path(), 1.0, None).unwrap();
        file.flush().unwrap();
        let path = fs_err::read_dir(run.path().join("tb")).unwrap().next().unwrap().unwrap().path();
        let header = fs_err::read(&path).unwrap().len();
        file.scalar("loss", 300, 1.5, 0.25).unwrap();
        file.flush().unwrap();
        let bytes = fs_err::read(&path).unwrap();

        let mut event = vec![0x09];
        event.extend(1.5f64.to_le_bytes());
        event.extend([0x10, 0xac, 0x02]);
        event.extend([0x2a, 13, 0x0a, 11, 0x0a, 4]);
        event.extend(b"loss");
        event.push(0x15);
        event.extend(0.25f32.to_le_bytes());
        assert_eq!(bytes[header..], frame(&event));
        assert_eq!(bytes[header..header + 8], (event.len() as u64).to_le_bytes());
    }
}
