//! The counterfactual grid of a cell as one small picture: a few held-out images, what became of each, and the truth.

use counterfoil_data::sheet::{self, Layout};
use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    evaluate::{Gallery, gallery::Tile},
};

/// Held-out images that are shown where there is room.
const ROWS: usize = 3;
/// Pixels between images.
const PADDING: usize = 2;
/// Bits of a channel that are kept, the fewer the less room is left: what is lost first is noise.
const DEPTHS: [u32; 3] = [8, 5, 4];
/// The heading of tiles that say nothing new beside the truth.
const DIFFERENCE: &str = "difference";
/// How the heading of an intervention begins.
const INTERVENTION: &str = "do(";

/// What a picture shows: images of one size, row by row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strip {
    /// What stands above each column.
    pub columns: Vec<String>,
    /// What is known of the image of each row.
    pub rows: Vec<String>,
    /// Width and height of the picture in pixels.
    pub size: [usize; 2],
}

/// The first rows of a gallery without differences, as many as `room` bytes hold; nothing when not even a part of one fits.
///
/// A single row that does not fit is drawn with coarser shades, and then without its last interventions.
///
/// # Errors
/// When a tile has another size than the gallery says.
pub fn draw(gallery: &Gallery, room: usize) -> Result<Option<(Strip, Vec<u8>)>> {
    let shown = |tile: &&Tile| tile.heading != DIFFERENCE;
    let Some(first) = gallery.grid.first() else { return Ok(None) };
    let headings: Vec<String> =
        first.tiles.iter().filter(shown).map(|tile| tile.heading.clone()).collect();
    let all = headings.len();
    let rows = gallery.grid.len().min(ROWS);
    let coarsest = DEPTHS[DEPTHS.len() - 1];
    let fewer_rows = (1..=rows).rev().map(|rows| (rows, all, DEPTHS[0]));
    let coarser = DEPTHS[1..].iter().map(|depth| (1, all, *depth));
    // A truth stays with its intervention: what is left ends where an intervention would begin.
    let ends = (1..all).rev().filter(|&end| headings[end].starts_with(INTERVENTION));
    let fewer_columns = ends.map(|end| (1, end, coarsest));
    for (rows, columns, depth) in fewer_rows.chain(coarser).chain(fewer_columns) {
        let rows = &gallery.grid[..rows];
        let tiles: Vec<Vec<u8>> = rows
            .iter()
            .flat_map(|row| row.tiles.iter().filter(shown).take(columns))
            .map(|tile| tile.pixels.iter().map(|value| coarse(*value, depth)).collect())
            .collect();
        let tiles: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
        let layout = Layout { columns, padding: PADDING, scale: 1, ..Layout::default() };
        let picture = sheet::compose(gallery.shape, &tiles, &layout)?;
        let bytes = picture.encode()?;
        if bytes.len() <= room {
            let size = [picture.width(), picture.height()];
            let rows = rows.iter().map(|row| row.caption.clone()).collect();
            let columns = headings[..columns].to_vec();
            return Ok(Some((Strip { columns, rows, size }, bytes)));
        }
    }
    Ok(None)
}

/// The nearest of `2^depth` shades that reach from 0 to 255.
fn coarse(value: u8, depth: u32) -> u8 {
    let steps = 2_u32.pow(depth) - 1;
    let step = (u32::from(value) * steps + 127) / 255;
    u8::try_from(step * 255 / steps).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::gallery::Row;

    /// Rows of a tile with noise, one that is its truth, and a difference.
    fn gallery(rows: usize) -> Gallery {
        let shade = |k: u32| (k.wrapping_mul(2_654_435_761) >> 24) as u8;
        let noise =
            |row: usize| -> Vec<u8> { (0..400).map(|k| shade(k + 400 * row as u32)).collect() };
        let row = |item: usize| Row {
            item,
            caption: format!("image {item}"),
            tiles: vec![
                Tile::new("factual", "", &noise(item)),
                Tile::new("truth", "1", &[9; 400]),
                Tile::new("difference", "", &[0; 400]),
            ],
        };
        Gallery { shape: [1, 20, 20], grid: (0..rows).map(row).collect(), sweeps: Vec::new() }
    }

    #[test]
    fn as_many_rows_as_there_is_room_for() {
        let (strip, bytes) = draw(&gallery(5), 100_000).unwrap().unwrap();
        assert_eq!(strip.columns, ["factual", "truth"]);
        assert_eq!(strip.rows.len(), ROWS);
        assert_eq!(strip.size, [2 * 22 + 2, ROWS * 22 + 2]);
        let (less, fewer) = draw(&gallery(5), bytes.len() - 1).unwrap().unwrap();
        assert!(less.rows.len() < ROWS && fewer.len() < bytes.len());
        // One row with fewer shades is the last resort.
        let (_, one) = draw(&gallery(1), 100_000).unwrap().unwrap();
        let (last, coarser) = draw(&gallery(1), one.len() - 1).unwrap().unwrap();
        assert!(last.rows.len() == 1 && coarser.len() < one.len());
        // Then interventions go, each with its truth.
        let mut wide = gallery(1);
        for name in ["do(a)", "do(b)"] {
            let noise = wide.grid[0].tiles[0].pixels.clone();
            let tile = |heading| Tile::new(heading, "", &noise);
            wide.grid[0].tiles.extend([tile(name), tile("truth")]);
        }
        let (least, _) = draw(&wide, last_size(&wide) - 1).unwrap().unwrap();
        assert_eq!(least.columns, ["factual", "truth", "do(a)", "truth"]);
        assert_eq!(draw(&gallery(1), 50).unwrap(), None);
        assert_eq!(draw(&gallery(0), 100_000).unwrap(), None);
    }

    /// The size of a gallery's first row at its coarsest.
    fn last_size(gallery: &Gallery) -> usize {
        let mut room = 100_000;
        while let Some((strip, bytes)) = draw(gallery, room).unwrap()
            && strip.columns.len() == 6
        {
            room = bytes.len() - 1;
        }
        room + 1
    }

    #[test]
    fn shades_reach_from_black_to_white() {
        for depth in DEPTHS {
            let shades: Vec<u8> = (0..=255).map(|value| coarse(value, depth)).collect();
            assert_eq!((shades[0], shades[255]), (0, 255));
            assert!(shades.is_sorted());
            let mut distinct = shades.clone();
            distinct.dedup();
            assert_eq!(distinct.len(), 2_usize.pow(depth));
        }
    }
}
