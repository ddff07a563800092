//! Chooses the images worth showing and hangs them: grids of interventions and sweeps of single variables.

use std::collections::BTreeSet;

use counterfoil_graph::{Dag, Intervention, Kind};
use counterfoil_tensor::image;
use indexmap::IndexMap;
use tch::Tensor;

use super::{
    deeds::{Deed, Done, Imagined},
    draw::{Draws, Labelled},
    gallery::{Gallery, Row, Sweep, Tile},
    plan::EXTRAPOLATED,
};
use crate::{data::Data, error::Result};

/// Test images in the grid.
const SHOWN: usize = 8;
/// Test images in a sweep.
const SWEPT: usize = 6;
/// Values in a sweep.
const VALUES: usize = 9;

/// Places among `items` of the images to show: the first of each class, or simply the first.
pub fn choose(data: &Data, items: &[usize]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let mut places: Vec<usize> = match data.dataset().classes() {
        None => (0..items.len()).collect(),
        Some(classes) => {
            let new = |place: &usize| seen.insert(classes[items[*place]]);
            (0..items.len()).filter(new).collect()
        }
    };
    places.truncate(SHOWN);
    places
}

/// One deed for each value of each variable, for `images` images: values evenly over the declared range, or every
/// category.
///
/// # Errors
/// When a value lies outside its variable's domain.
pub fn sweeps(draws: &Draws<'_>, variables: &[Labelled], images: usize) -> Result<Vec<Deed>> {
    let mut deeds = Vec::new();
    for (column, labelled) in variables.iter().enumerate() {
        for value in values(labelled) {
            let action = draws.set(&[(column, value)])?;
            deeds.push(Deed::new(words(labelled, value), vec![action; images.min(SWEPT)]));
        }
    }
    Ok(deeds)
}

fn values(labelled: &Labelled) -> Vec<f64> {
    let (low, high) = labelled.variable.range();
    let at = |k: usize, parts: usize| low + (high - low) * k as f64 / parts as f64;
    match labelled.variable.kind() {
        Kind::Categorical { categories } => (0..categories).map(|c| c as f64).collect(),
        Kind::Circular { .. } => (0..VALUES).map(|k| at(k, VALUES)).collect(),
        Kind::Continuous => (0..VALUES).map(|k| at(k, VALUES - 1)).collect(),
    }
}

/// How many of the chosen images are swept.
pub fn swept(shown: &[usize]) -> &[usize] {
    &shown[..shown.len().min(SWEPT)]
}

/// A value in its unit: three digits that count.
fn words(labelled: &Labelled, value: f64) -> String {
    let digits = if value.abs() < 10.0 { 2 } else { 0 };
    match labelled.variable.unit() {
        Some(unit) => format!("{value:.digits$} {unit}"),
        None => format!("{value:.digits$}"),
    }
}

/// Everything that can be hung.
pub struct Exhibit<'a> {
    /// The data.
    pub data: &'a Data,
    /// The model's graph.
    pub graph: &'a Dag,
    /// The labelled variables.
    pub variables: &'a [Labelled],
    /// The test images' places in the data set.
    pub items: &'a [usize],
    /// Which of them are shown, [`choose`].
    pub shown: &'a [usize],
    /// The test images encoded and decoded.
    pub composed: &'a Tensor,
    /// The interventions asked.
    pub asked: &'a [Deed],
    /// What came of them.
    pub done: &'a [Done],
    /// What should have come of them, by their names, where it is known.
    pub truths: &'a IndexMap<String, Tensor>,
    /// What came of [`sweeps`].
    pub swept: &'a Imagined,
}

impl Exhibit<'_> {
    /// The gallery.
    ///
    /// # Errors
    /// When libtorch cannot copy an image.
    pub fn hang(&self) -> Result<Gallery> {
        let shape = self.data.dataset().images().image_shape();
        let grid = self.shown.iter().map(|place| self.row(*place)).collect::<Result<_>>()?;
        let mut at = 0;
        let mut sweeps = Vec::new();
        for labelled in self.variables {
            let values = values(labelled);
            let rows = swept(self.shown).iter().enumerate();
            let row = |(index, place): (usize, &usize)| {
                let mut row = self.begin(*place);
                for (k, value) in values.iter().enumerate() {
                    let pixels = pixels(&self.swept.done[at + k].images, index)?;
                    let heading = format!("do({})", labelled.name());
                    row.tiles.push(Tile::new(heading, words(labelled, *value), &pixels));
                }
                Ok(row)
            };
            let rows = rows.map(row).collect::<Result<_>>()?;
            let unit = labelled.variable.unit().map(str::to_owned);
            sweeps.push(Sweep { variable: labelled.name().to_owned(), unit, rows });
            at += values.len();
        }
        Ok(Gallery { shape, grid, sweeps })
    }

    /// A row that begins with the image itself.
    fn begin(&self, place: usize) -> Row {
        let item = self.items[place];
        let labels = self.data.dataset().labels();
        let label = |v: &Labelled| format!("{} {}", v.name(), words(v, labels[[item, v.data]]));
        let caption: Vec<String> = self.variables.iter().map(label).collect();
        let own = self.data.dataset().images().get(item);
        let caption = caption.join(", ");
        Row { item, tiles: vec![Tile::new("factual", caption.clone(), own)], caption }
    }

    fn row(&self, place: usize) -> Result<Row> {
        let mut row = self.begin(place);
        let own = self.data.dataset().images().get(self.items[place]).to_vec();
        row.tiles.push(Tile::new("reconstruction", "", &pixels(self.composed, place)?));
        let asked = self.asked.iter().zip(self.done);
        for (deed, done) in asked.filter(|(deed, _)| !deed.name.ends_with(EXTRAPOLATED)) {
            let found = pixels(&done.images, place)?;
            let heading = format!("do({})", deed.name.replace('+', ", "));
            row.tiles.push(Tile::new(heading, self.wanted(&deed.interventions[place]), &found));
            match self.truths.get(&deed.name) {
                Some(truth) => {
                    let truth = pixels(truth, place)?;
                    row.tiles.push(Tile::new("truth", "", &truth));
                    row.tiles.push(Tile::difference(&found, &truth));
                }
                None => row.tiles.push(Tile::difference(&found, &own)),
            }
        }
        Ok(row)
    }

    fn wanted(&self, action: &Intervention) -> String {
        let set = self.variables.iter().filter_map(|v| Some(words(v, action.get(v.model)?)));
        set.collect::<Vec<_>>().join(", ")
    }
}

/// The pixels of one image of a batch.
fn pixels(images: &Tensor, place: usize) -> Result<Vec<u8>> {
    Ok(image::to_pixels(&images.narrow(0, place as i64, 1))?)
}
