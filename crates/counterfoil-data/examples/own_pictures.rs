//! A data set from a folder of pictures: `cargo run -p counterfoil-data --example own_pictures [FOLDER]`.
//!
//! A folder of PNG files of one size and a table `labels.csv` that names them, with a column for each variable of the graph:
//! nothing else is needed. The example first makes such a folder, since it cannot know yours.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use counterfoil_data::{DataError, Split, folder, png::Picture};
use counterfoil_graph::{Dag, Intervention};
use counterfoil_random::Stream;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What causes what, in which units and within which range. `rest` is all that the labels do not say.
const GRAPH: &str = r#"digraph lamps {
    voltage    [unit="V", low=3, high=12, domain_low=0];
    brightness [unit="grey level", low=40, high=255, domain_low=0, domain_high=255];
    rest       [role=unlabelled];
    voltage -> brightness;
}"#;
/// An experiment on such a folder; `cargo xtask experiment FILE` trains it.
const EXPERIMENT: &str = r#"graph = "lamps.dot"
experiment = { name = "lamps" }
data = { kind = "folder", dir = "FOLDER", split = [48, 8, 8] }
model = { size = "tiny" }
"#;
const SIDE: usize = 16;
const PICTURES: u64 = 64;

fn main() -> Result<(), DataError> {
    let default = std::env::temp_dir().join("counterfoil-own-pictures");
    let folder = std::env::args().nth(1).map_or(default, PathBuf::from);
    load(&folder).map(|_| ())
}

/// Makes a folder, reads it, and spoils it; returns the number of images read, the first voltage, and the error.
pub(crate) fn load(folder: &Path) -> Result<(usize, f64, String), DataError> {
    photograph(folder)?;
    let graph = Dag::from_dot(GRAPH)?;

    // One call. Columns are found by name, further ones are ignored, and every value is held against its variable.
    let data = folder::load(folder, &graph)?;
    println!("{} pictures of {:?}", data.len(), data.images().image_shape());
    for (k, variable) in data.graph().variables().enumerate() {
        let column = data.labels().column(k);
        let (low, high) =
            column.iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
        println!(
            "  {:<11}{low:>7.2} to {high:>6.2} {}",
            variable.name(),
            variable.unit().unwrap_or("")
        );
    }
    // The hash is of the content, so it is the same on every machine; a run's manifest keeps it.
    println!("  content {}", &data.hash()[..16]);
    let split = Split::seeded(data.len(), [48, 8, 8], 0)?;
    println!("  test part: {:?}", split.test);

    // What was only observed has no true counterfactual, and none is made up.
    let dim = Intervention::none().set(data.graph(), "voltage", 4.0)?;
    println!(
        "\nthe true image under {}: {:?}",
        dim.describe(data.graph()),
        data.counterfactual_image(0, &dim)
    );
    let experiment = EXPERIMENT.replace("FOLDER", &folder.display().to_string());
    println!(
        "\nA model answers instead. To train one, with the graph beside it as lamps.dot:\n\n{experiment}"
    );

    // A mistake is told with its place.
    let table = fs_err::read_to_string(folder.join(folder::LABELS))?;
    let voltage = data.labels()[[0, 0]];
    put(&folder.join(folder::LABELS), &table.replace(&format!(",{voltage},"), ",-1,"))?;
    let error = folder::load(folder, &graph).err().map_or_else(String::new, |e| e.to_string());
    println!("After a slip in the table: {error}");
    put(&folder.join(folder::LABELS), &table)?;
    Ok((data.len(), voltage, error))
}

/// Pictures of a lamp and the table of what was measured.
fn photograph(folder: &Path) -> Result<(), DataError> {
    fs_err::create_dir_all(folder)?;
    let mut table = String::from("file,voltage,brightness,photographer\n");
    for k in 0..PICTURES {
        let mut stream = Stream::new(1, "lamps", k, 0);
        let voltage = (10.0 * (7.5 + 1.5 * stream.normal()).clamp(3.0, 12.0)).round() / 10.0;
        let brightness = (20.0 * voltage + 12.0 * stream.normal()).clamp(0.0, 255.0).round();
        let [x, y] = [stream.normal(), stream.normal()].map(|shift| SIDE as f64 / 2.0 + shift);
        let pixel = |i: usize| {
            let squared = ((i % SIDE) as f64 - x).powi(2) + ((i / SIDE) as f64 - y).powi(2);
            (brightness * (-squared / 18.0).exp()) as u8
        };
        let name = format!("lamp-{k:02}.png");
        let pixels = (0..SIDE * SIDE).map(pixel).collect();
        Picture::new(SIDE, SIDE, 1, pixels)?.write(&folder.join(&name))?;
        let _ = writeln!(table, "{name},{voltage},{brightness},me");
    }
    put(&folder.join(folder::LABELS), &table)
}

fn put(file: &Path, text: &str) -> Result<(), DataError> {
    Ok(fs_err::write(file, text)?)
}
