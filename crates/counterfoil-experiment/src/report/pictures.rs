//! The images of a run as rows on the page: each with its words, and none that the browser has to fetch.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use counterfoil_data::png::Picture;
use serde::Serialize;

use crate::{
    error::Result,
    evaluate::gallery::{Gallery, Row, Tile},
};

/// Bytes that all pictures of a page may take together, so that a page can be mailed.
const BUDGET: usize = 2_200_000;
/// The heading of tiles that hold the true counterfactual image.
const TRUTH: &str = "truth";
/// The heading of tiles that hold absolute differences.
const DIFFERENCE: &str = "difference";

/// Rows of images under common headings.
#[derive(Debug, Serialize)]
pub(super) struct Grid {
    pub(super) title: String,
    pub(super) about: String,
    pub(super) headings: Vec<Heading>,
    pub(super) rows: Vec<Line>,
    /// Rows for which the page has no room.
    pub(super) left_out: usize,
}

/// What stands above a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Heading {
    pub(super) text: String,
    /// Whether a group of columns begins here.
    pub(super) begins: bool,
}

/// One row.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) caption: String,
    pub(super) images: Vec<Image>,
}

/// One image.
#[derive(Debug, Serialize)]
pub(super) struct Image {
    /// A data URI: letters, digits and `+/=` only, so it needs no escaping.
    pub(super) src: String,
    pub(super) caption: String,
    /// All that is known of it, for the pointer that rests on it and for those who cannot see it.
    pub(super) hover: String,
}

/// A picture that was made on request, shown as it is.
#[derive(Debug, Serialize)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) src: String,
}

/// The room that is left on a page.
#[derive(Debug)]
pub(super) struct Room(usize);

impl Room {
    /// An empty page.
    pub(super) fn new() -> Self {
        Self(BUDGET)
    }

    /// Takes `bytes` if there is room for them.
    fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// The grid of a gallery and the sweeps, as far as there is room.
pub(super) fn grids(gallery: &Gallery, room: &mut Room) -> Result<(Option<Grid>, Vec<Grid>)> {
    let truth = gallery.grid.iter().flat_map(|row| &row.tiles).any(|tile| tile.heading == TRUTH);
    let about = if truth {
        "One row a held-out image. Differences are those from the truth; the pointer on an image \
         tells what it is."
    } else {
        "One row a held-out image. Differences are those from the factual image; the pointer on an \
         image tells what it is."
    };
    let title = "Factual and counterfactual";
    let grid = grid(title, about, gallery.shape, &gallery.grid, kinds(&gallery.grid), room)?;
    let mut sweeps = Vec::new();
    for sweep in &gallery.sweeps {
        let title = format!("do({}) over its range", sweep.variable);
        let about = match &sweep.unit {
            Some(unit) => format!("Wanted values in {unit}; all else of the image is kept."),
            None => "All else of the image is kept.".to_owned(),
        };
        let headings = values(&sweep.rows);
        sweeps.extend(self::grid(&title, &about, gallery.shape, &sweep.rows, headings, room)?);
    }
    Ok((grid, sweeps))
}

/// Rows as a grid under `headings`; nothing without rows.
fn grid(
    title: &str,
    about: &str,
    shape: [usize; 3],
    rows: &[Row],
    headings: Vec<Heading>,
    room: &mut Room,
) -> Result<Option<Grid>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let mut lines = Vec::new();
    for row in rows {
        let mut group = "";
        let mut images = Vec::new();
        for (tile, heading) in row.tiles.iter().zip(&headings) {
            if tile.heading.starts_with("do(") {
                group = &tile.heading;
            }
            // What stands above or beside an image need not stand below it.
            let known = [&heading.text, &row.caption];
            let caption =
                if known.contains(&&tile.caption) { String::new() } else { tile.caption.clone() };
            let mut words = vec![format!("image {}: {}", row.item, row.caption)];
            if !group.is_empty() && group != tile.heading {
                words.push(group.to_owned());
            }
            words.push(tile.heading.clone());
            words.push(tile.caption.clone());
            words.retain(|w| !w.is_empty());
            images.push(Image { src: uri(tile, shape)?, caption, hover: words.join(" · ") });
        }
        if !room.take(images.iter().map(|i| i.src.len() + 2 * i.hover.len() + 60).sum()) {
            break;
        }
        lines.push(Line { caption: row.caption.clone(), images });
    }
    let left_out = rows.len() - lines.len();
    Ok(Some(Grid { title: title.into(), about: about.into(), headings, rows: lines, left_out }))
}

/// The kind of image in each column; an intervention begins a group.
fn kinds(rows: &[Row]) -> Vec<Heading> {
    let heading = |tile: &Tile| Heading {
        text: tile.heading.clone(),
        begins: tile.heading.starts_with("do("),
    };
    rows.first().map_or_else(Vec::new, |row| row.tiles.iter().map(heading).collect())
}

/// The values that a sweep goes through, where all rows agree on them.
fn values(rows: &[Row]) -> Vec<Heading> {
    let mut headings = kinds(rows);
    let mut first = true;
    for (k, heading) in headings.iter_mut().enumerate().filter(|(_, h)| h.begins) {
        heading.begins = std::mem::take(&mut first);
        let mut captions = rows.iter().filter_map(|row| Some(row.tiles.get(k)?.caption.as_str()));
        if let Some(caption) = captions.next().filter(|c| captions.all(|other| other == *c)) {
            caption.clone_into(&mut heading.text);
        }
    }
    headings
}

/// A tile as a data URI. Differences glow: grey ones could be taken for images.
fn uri(tile: &Tile, shape: [usize; 3]) -> Result<String> {
    let [channels, height, width] = shape;
    let png = if tile.heading == DIFFERENCE && channels == 1 {
        let pixels = tile.pixels.iter().flat_map(|&value| glow(value)).collect();
        Picture::new(width, height, 3, pixels)?.encode()?
    } else if tile.heading == DIFFERENCE && channels == 4 {
        // Where the opaque channels agree, the difference would be transparent.
        Picture::from_planes([3, height, width], &tile.pixels)?.encode()?
    } else {
        tile.png(shape)?
    };
    Ok(data_uri(&png))
}

/// Black over red and orange to pale yellow, ever brighter.
fn glow(value: u8) -> [u8; 3] {
    let x = f64::from(value) / 255.0;
    let channel = |from: f64, reach: f64| (255.0 * ((x - from) / reach).clamp(0.0, 1.0)) as u8;
    [channel(0.0, 0.45), channel(0.25, 0.6), channel(0.7, 0.45)]
}

fn data_uri(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}

/// The pictures of `files`, as far as they can be read and there is room.
pub(super) fn sheets(files: &[impl AsRef<Path>], room: &mut Room) -> Vec<Sheet> {
    let sheet = |file: &Path| {
        let bytes = fs_err::read(file).ok().filter(|b| b.starts_with(b"\x89PNG\r\n\x1a\n"))?;
        let name = file.file_stem()?.to_string_lossy().into_owned();
        let src = data_uri(&bytes);
        room.take(src.len()).then_some(Sheet { name, src })
    };
    files.iter().map(AsRef::as_ref).filter_map(sheet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(item: usize, wanted: &str) -> Row {
        let tile = |heading: &str, caption: &str| Tile::new(heading, caption, &[0, 128, 255, 7]);
        let tiles = vec![
            tile("factual", ""),
            tile("do(x)", wanted),
            tile("truth", wanted),
            tile("difference", ""),
        ];
        Row { item, caption: format!("number {item}"), tiles }
    }

    fn gallery(grid: Vec<Row>) -> Gallery {
        Gallery { shape: [1, 2, 2], grid, sweeps: vec![] }
    }

    #[test]
    fn columns_are_named_and_images_tell_what_they_are() {
        let gallery = gallery(vec![row(3, "1.5"), row(4, "2.5")]);
        let (grid, sweeps) = grids(&gallery, &mut Room::new()).unwrap();
        let grid = grid.unwrap();
        assert!(sweeps.is_empty());
        let texts: Vec<&str> = grid.headings.iter().map(|h| h.text.as_str()).collect();
        assert_eq!(texts, ["factual", "do(x)", "truth", "difference"]);
        assert_eq!(
            grid.headings.iter().map(|h| h.begins).collect::<Vec<_>>(),
            [false, true, false, false]
        );
        let images = &grid.rows[1].images;
        assert_eq!(images[2].hover, "image 4: number 4 · do(x) · truth · 2.5");
        assert_eq!(images[1].caption, "2.5");
        assert!(images.iter().all(|i| i.src.starts_with("data:image/png;base64,")));
    }

    #[test]
    fn a_value_that_all_rows_share_is_the_heading() {
        let rows = [row(3, "1.5 px"), row(4, "1.5 px")];
        assert_eq!(values(&rows)[1], Heading { text: "1.5 px".into(), begins: true });
        assert_eq!(values(&rows)[0].text, "factual");
        assert_eq!(values(&[row(3, "1 px"), row(4, "2 px")])[1].text, "do(x)");
    }

    #[test]
    fn a_page_has_room_for_so_much() {
        let gallery = gallery((0..20).map(|k| row(k, "1")).collect());
        let mut room = Room(3000);
        let (grid, _) = grids(&gallery, &mut room).unwrap();
        let grid = grid.unwrap();
        assert!(grid.rows.len() > 1 && grid.left_out > 1);
        assert_eq!(grid.rows.len() + grid.left_out, 20);
    }

    #[test]
    fn damaged_tiles_are_errors_and_foreign_files_are_no_pictures() {
        let mut broken = gallery(vec![row(1, "1")]);
        broken.shape = [1, 3, 3];
        assert!(grids(&broken, &mut Room::new()).is_err());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.png");
        fs_err::write(&file, "<script>").unwrap();
        assert!(sheets(&[file, folder.path().join("none.png")], &mut Room::new()).is_empty());
    }

    #[test]
    fn the_glow_grows_brighter() {
        let light = |v: u8| glow(v).iter().map(|c| u32::from(*c)).sum::<u32>();
        assert!((0..255).all(|v| light(v) <= light(v + 1)));
        assert_eq!((glow(0), glow(255)[..2].to_vec()), ([0, 0, 0], vec![255, 255]));
    }
}
