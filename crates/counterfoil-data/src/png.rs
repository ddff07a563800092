//! Pictures on disk: PNG files, written all or nothing, and read with their size checked.

use crate::{DataError, Result};
use image::{
    ExtendedColorType, ImageDecoder, ImageEncoder, Limits, codecs::png::PngDecoder,
    codecs::png::PngEncoder,
};
use std::io::{Cursor, Write};
use std::path::Path;

/// The most bytes that a picture may unpack to: 8192 x 8192 pixels of four channels.
const LARGEST: u64 = 256 << 20;

/// A picture of 8-bit pixels, row by row from the top, the channels of one pixel next to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    channels: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// A picture from interleaved pixels; 1 channel is grey, 3 are RGB, 4 are RGBA.
    ///
    /// # Errors
    /// [`DataError::Shape`] when the number of channels is another, a side is 0 or the pixels are not as many.
    pub fn new(width: usize, height: usize, channels: usize, pixels: Vec<u8>) -> Result<Self> {
        if !matches!(channels, 1 | 3 | 4) {
            return Err(DataError::Shape {
                what: "channels of a picture",
                expected: "1, 3 or 4".into(),
                found: channels.to_string(),
            });
        }
        if width == 0 || height == 0 || pixels.len() != width * height * channels {
            return Err(DataError::Shape {
                what: "pixels of a picture",
                expected: format!("{width} x {height} x {channels}, none of them 0"),
                found: pixels.len().to_string(),
            });
        }
        Ok(Self { width, height, channels, pixels })
    }

    /// A picture from one image of a data set: `[channels, height, width]`, channel after channel.
    ///
    /// # Errors
    /// As [`Picture::new`].
    pub fn from_planes([channels, height, width]: [usize; 3], planes: &[u8]) -> Result<Self> {
        let plane = height * width;
        let interleaved = (0..plane)
            .flat_map(|p| (0..channels).filter_map(move |c| planes.get(c * plane + p).copied()))
            .collect();
        Self::new(width, height, channels, interleaved)
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// 1 for grey, 3 for RGB, 4 for RGBA.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The pixels, interleaved.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixels as an image of a data set has them: channel after channel.
    pub fn to_planes(&self) -> Vec<u8> {
        let of = |c: usize| self.pixels.iter().skip(c).step_by(self.channels).copied();
        (0..self.channels).flat_map(of).collect()
    }

    /// The bytes of a PNG file of this picture.
    ///
    /// # Errors
    /// [`DataError::Png`] when a side is too long for the format.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let fail = |reason: String| DataError::Png { file: "picture".into(), reason };
        let side =
            |n| u32::try_from(n).map_err(|_| fail(format!("a side of {n} pixels is too long")));
        let colour = match self.channels {
            1 => ExtendedColorType::L8,
            3 => ExtendedColorType::Rgb8,
            _ => ExtendedColorType::Rgba8,
        };
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(&self.pixels, side(self.width)?, side(self.height)?, colour)
            .map_err(|e| fail(e.to_string()))?;
        Ok(bytes)
    }

    /// Writes a PNG file: complete under its name or not at all.
    ///
    /// # Errors
    /// When the folder does not exist, the disk is full and the like; the message names the path.
    pub fn write(&self, file: &Path) -> Result<()> {
        let bytes = self.encode()?;
        // Beside the target, so that the rename stays within one file system.
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = Path::new(&name);
        let written = fs_err::File::create(temporary).and_then(|mut out| {
            out.write_all(&bytes)?;
            out.sync_all()?;
            fs_err::rename(temporary, file)
        });
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs_err::remove_file(temporary);
        }
        Ok(written?)
    }
}

/// Reads a grey PNG of exactly `[height, width]` pixels; returns them row by row.
///
/// Any PNG whose pixels are opaque shades of grey is taken, in whatever colour type it is stored; 16-bit shades
/// are reduced to 8.
///
/// # Errors
/// [`DataError::Png`] when the file is no PNG, has another size, or holds a coloured or transparent pixel.
pub fn read_grey(file: &Path, size: [usize; 2]) -> Result<Vec<u8>> {
    let bytes = fs_err::read(file)?;
    decode_grey(&bytes, size).map_err(|reason| DataError::Png { file: file.to_owned(), reason })
}

/// Reads a PNG of any size: grey, or red, green and blue, with or without transparency; 16-bit values are reduced to 8.
///
/// # Errors
/// [`DataError::Png`] when the file is no PNG, or its picture unpacks to more than 256 MiB.
pub fn read(file: &Path) -> Result<Picture> {
    let bytes = fs_err::read(file)?;
    decode(&bytes).map_err(|reason| DataError::Png { file: file.to_owned(), reason })
}

/// A decoder that has read the header, whose claims are checked before room is made for them.
fn decoder(bytes: &[u8]) -> Result<PngDecoder<Cursor<&[u8]>>, String> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(LARGEST);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits)
        .map_err(|e| format!("not a readable PNG ({e})"))?;
    if decoder.total_bytes() > LARGEST {
        let (w, h) = decoder.dimensions();
        let most = LARGEST >> 20;
        return Err(format!("the image of {w} x {h} pixels takes more than {most} MiB; resize it"));
    }
    Ok(decoder)
}

fn decode(bytes: &[u8]) -> Result<Picture, String> {
    let picture = image::DynamicImage::from_decoder(decoder(bytes)?)
        .map_err(|e| format!("not a readable PNG ({e})"))?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let colour = picture.color();
    let (channels, pixels) = match (colour.has_color(), colour.has_alpha()) {
        (false, false) => (1, picture.into_luma8().into_raw()),
        (true, false) => (3, picture.into_rgb8().into_raw()),
        (_, true) => (4, picture.into_rgba8().into_raw()),
    };
    Picture::new(width, height, channels, pixels).map_err(|e| e.to_string())
}

fn decode_grey(bytes: &[u8], [height, width]: [usize; 2]) -> Result<Vec<u8>, String> {
    let decoder = decoder(bytes)?;
    // The size stands in the header: a file of another size is refused before it is unpacked.
    let (w, h) = decoder.dimensions();
    if (w as usize, h as usize) != (width, height) {
        return Err(format!(
            "the image is {w} x {h} pixels, but {width} x {height} are needed; resize it"
        ));
    }
    let picture =
        image::DynamicImage::from_decoder(decoder).map_err(|e| format!("damaged PNG ({e})"))?;
    let is_grey = |p: &[u8; 4]| p[0] == p[1] && p[1] == p[2] && p[3] == 255;
    let rgba = picture.into_rgba8();
    match rgba.enumerate_pixels().find(|(_, _, p)| !is_grey(&p.0)) {
        Some((x, y, _)) => Err(format!(
            "the pixel in column {x}, row {y} is coloured or transparent; an opaque grey image is needed"
        )),
        None => Ok(rgba.pixels().map(|p| p[0]).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn grey_pictures_survive_the_round_trip(
            (w, h, pixels) in (1usize..12, 1usize..12).prop_flat_map(|(w, h)| {
                (Just(w), Just(h), prop::collection::vec(any::<u8>(), w * h))
            }),
        ) {
            let bytes = Picture::new(w, h, 1, pixels.clone()).unwrap().encode().unwrap();
            prop_assert_eq!(decode_grey(&bytes, [h, w]), Ok(pixels));
        }

        #[test]
        fn arbitrary_bytes_never_panic(tail in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..80) {
            let png = Picture::new(4, 4, 1, vec![9; 16]).unwrap().encode().unwrap();
            for bytes in [tail.clone(), [&png[..cut.min(png.len())], &tail].concat()] {
                let _ = decode_grey(&bytes, [4, 4]);
                if let Ok(picture) = decode(&bytes) {
                    prop_assert_eq!(decode(&picture.encode().unwrap()), Ok(picture));
                }
            }
        }

        #[test]
        fn planes_are_interleaved(a: [u8; 6], b: [u8; 6], c: [u8; 6]) {
            let picture = Picture::from_planes([3, 2, 3], &[a, b, c].concat()).unwrap();
            prop_assert_eq!(picture.to_planes(), [a, b, c].concat());
            for (p, pixel) in picture.pixels().chunks(3).enumerate() {
                prop_assert_eq!(pixel, &[a[p], b[p], c[p]][..]);
            }
        }
    }

    #[test]
    fn a_file_is_complete_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        let picture = Picture::new(2, 2, 1, vec![0, 80, 160, 255]).unwrap();
        picture.write(&file).unwrap();
        assert_eq!(read_grey(&file, [2, 2]).unwrap(), [0, 80, 160, 255]);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
        let nowhere = folder.path().join("no/such/b.png");
        let message = picture.write(&nowhere).unwrap_err().to_string();
        assert!(message.contains("no/such/b.png"), "{message}");
    }

    #[test]
    fn each_fault_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.png");
        let check = |bytes: &[u8], expected: &str| {
            fs_err::write(&file, bytes).unwrap();
            let message = read_grey(&file, [2, 3]).unwrap_err().to_string();
            assert!(message.contains("x.png: ") && message.contains(expected), "{message}");
        };
        let png = |w, h, c, pixels| Picture::new(w, h, c, pixels).unwrap().encode().unwrap();
        check(b"GIF89a", "not a readable PNG");
        check(&png(2, 3, 1, vec![0; 6]), "the image is 2 x 3 pixels, but 3 x 2 are needed");
        check(
            &png(3, 2, 3, [[7, 7, 7]; 5].into_iter().chain([[7, 7, 8]]).flatten().collect()),
            "column 2, row 1",
        );
        check(&png(3, 2, 4, vec![7; 24]), "transparent");
        let whole = png(3, 2, 1, vec![0; 6]);
        check(&whole[..whole.len() - 20], "damaged PNG");
        fs_err::remove_file(&file).unwrap();
        assert!(read_grey(&file, [2, 3]).unwrap_err().to_string().contains("x.png"));
    }

    /// A header of 33 bytes may claim 17 GiB.
    #[test]
    fn a_size_that_is_only_claimed_takes_no_room() {
        let png = Picture::new(4, 4, 4, vec![9; 64]).unwrap().encode().unwrap();
        for side in [65_535u32, 8_193, u32::MAX >> 1] {
            let mut header = png[12..29].to_vec();
            header[4..8].copy_from_slice(&side.to_be_bytes());
            header[8..12].copy_from_slice(&side.to_be_bytes());
            let mut sum = flate2::Crc::new();
            sum.update(&header);
            let parts = [&png[..12], &header, &sum.sum().to_be_bytes(), &png[33..]];
            let said = decode(&parts.concat()).unwrap_err();
            // Not even a row of the last fits, which the reader of the header says.
            let sides = format!("{side} x {side} pixels takes more than 256 MiB; resize it");
            assert!(said.contains(&sides) || said.contains("Memory limit exceeded"), "{said}");
        }
    }

    #[test]
    fn colours_are_read_as_they_are_stored() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.png");
        for channels in [1, 3, 4] {
            let pixels = (0..6 * channels as u8).collect();
            let picture = Picture::new(3, 2, channels, pixels).unwrap();
            picture.write(&file).unwrap();
            assert_eq!(read(&file).unwrap(), picture);
        }
        fs_err::write(&file, b"GIF89a").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("x.png: not a readable PNG"));
    }

    #[test]
    fn shapes_are_checked() {
        assert!(Picture::new(2, 2, 2, vec![0; 8]).is_err());
        assert!(Picture::new(2, 2, 1, vec![0; 5]).is_err());
        assert!(Picture::new(0, 2, 1, vec![]).is_err());
        assert!(Picture::from_planes([3, 2, 2], &[0; 11]).is_err());
    }
}
