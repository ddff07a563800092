//! Images to look at: factual and counterfactual side by side, and sweeps of each variable over its range.

use base64::{Engine, engine::general_purpose::STANDARD};
use counterfoil_data::{
    png::Picture,
    sheet::{self, Layout},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    error::Result,
    run_dir::{RunDir, write_json},
};

/// The file of the gallery inside a run directory.
pub const GALLERY_FILE: &str = "samples/gallery.json";
/// The folder of the contact sheets.
pub const SHEETS: &str = "counterfactuals";

/// The images of one evaluation that are worth showing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gallery {
    /// `[channels, height, width]` of every image.
    pub shape: [usize; 3],
    /// One row a test image: the image itself, its reconstruction, and each intervention with the truth where it is
    /// known and the difference.
    pub grid: Vec<Row>,
    /// One row a test image and variable: the image, then the variable over its range.
    pub sweeps: Vec<Sweep>,
}

/// One test image and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The image's place in the data set.
    pub item: usize,
    /// Its labels in words.
    pub caption: String,
    /// The images, with the same headings in every row.
    pub tiles: Vec<Tile>,
}

/// Rows of one variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// The variable.
    pub variable: String,
    /// Its unit.
    pub unit: Option<String>,
    /// One row a test image.
    pub rows: Vec<Row>,
}

/// One image with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// What kind of image it is: `factual`, `do(thickness)`, `truth`, `difference`.
    pub heading: String,
    /// What is special about this one: the wanted value.
    pub caption: String,
    /// The pixels, channel after channel, row after row; base64 in the file.
    #[serde(serialize_with = "encode", deserialize_with = "decode")]
    pub pixels: Vec<u8>,
}

impl Gallery {
    /// Writes the gallery for the report and contact sheets for the eye.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, run: &RunDir) -> Result<()> {
        run.folder("samples")?;
        write_json(&run.file(GALLERY_FILE), self)?;
        let folder = run.folder(SHEETS)?;
        if let Some(sheet) = self.sheet(&self.grid)? {
            sheet.write(&folder.join("grid.png"))?;
        }
        for sweep in &self.sweeps {
            if let Some(sheet) = self.sheet(&sweep.rows)? {
                sheet.write(&folder.join(format!("sweep-{}.png", sweep.variable)))?;
            }
        }
        Ok(())
    }

    /// The rows as one picture; nothing when there are none.
    ///
    /// # Errors
    /// When a tile has another size than the gallery says.
    pub fn sheet(&self, rows: &[Row]) -> Result<Option<Picture>> {
        let Some(first) = rows.first() else { return Ok(None) };
        let tiles: Vec<&[u8]> =
            rows.iter().flat_map(|row| &row.tiles).map(|tile| tile.pixels.as_slice()).collect();
        let layout = Layout { columns: first.tiles.len(), ..Layout::default() };
        Ok(Some(sheet::compose(self.shape, &tiles, &layout)?))
    }
}

impl Tile {
    /// A tile.
    pub fn new(heading: impl Into<String>, caption: impl Into<String>, pixels: &[u8]) -> Self {
        Self { heading: heading.into(), caption: caption.into(), pixels: pixels.to_vec() }
    }

    /// The absolute difference of two images of equal size.
    pub fn difference(a: &[u8], b: &[u8]) -> Self {
        let pixels: Vec<u8> = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).collect();
        Self::new("difference", "", &pixels)
    }

    /// The bytes of a PNG file of this tile.
    ///
    /// # Errors
    /// When the pixels are not those of an image of `shape`.
    pub fn png(&self, shape: [usize; 3]) -> Result<Vec<u8>> {
        Ok(Picture::from_planes(shape, &self.pixels)?.encode()?)
    }
}

fn encode<S: Serializer>(pixels: &[u8], to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&STANDARD.encode(pixels))
}

fn decode<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
}

/// Whether a picture in the folder of counterfactuals is one of [`Gallery::save`]: what a user asks of the run lies there too.
pub fn is_sheet(name: &str) -> bool {
    name.strip_suffix(".png").is_some_and(|stem| stem == "grid" || stem.starts_with("sweep-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: what the file holds is the gallery, in text that a report can embed.
    #[test]
    fn a_gallery_reads_back_as_itself() {
        let tiles = vec![
            Tile::new("factual", "2.1 px", &[0, 128, 255, 7]),
            Tile::difference(&[3, 250, 0, 9], &[5, 10, 0, 9]),
        ];
        assert_eq!(tiles[1].pixels, [2, 240, 0, 0]);
        let row = Row { item: 4, caption: "a digit".into(), tiles };
        let sweep = Sweep { variable: "x".into(), unit: None, rows: vec![row.clone()] };
        let gallery = Gallery { shape: [1, 2, 2], grid: vec![row], sweeps: vec![sweep] };
        let text = serde_json::to_string(&gallery).unwrap();
        assert_eq!(serde_json::from_str::<Gallery>(&text).unwrap(), gallery);
        let sheet = gallery.sheet(&gallery.grid).unwrap().unwrap();
        assert_eq!((sheet.width(), sheet.height()), (2 * (2 * 2 + 6), 2 * (2 + 4)));
        assert!(gallery.grid[0].tiles[0].png(gallery.shape).unwrap().starts_with(b"\x89PNG"));
        assert!(gallery.grid[0].tiles[0].png([1, 3, 3]).is_err());
    }
}
