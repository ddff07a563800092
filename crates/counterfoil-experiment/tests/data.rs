//! From the section `[data]` to the parts of a data set: unknown labels, and parts that data were published in.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use counterfoil_data::{folder, pendulum::published_split, png::Picture};
use counterfoil_experiment::{Result, actions::facts::facts, config::Config, data::Data};
use tch::Device;

/// A folder with a config over the labels a and b, and settings that parts of any size satisfy.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new(data: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let graph = "digraph { a [low=0, high=9]; b [low=0, high=9]; a -> b }";
        fs_err::write(folder.path().join("g.dot"), graph).unwrap();
        let text = format!(
            "graph = 'g.dot'\nexperiment = {{ name = 'tiny' }}\ntraining = {{ batch = 1 }}\n\
             evaluation = {{ images = 1, tenfold_images = 1 }}\n[data]\n{data}\n"
        );
        fs_err::write(folder.path().join("tiny.toml"), text).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("tiny.toml")
    }

    /// The data of the config, read from this folder itself.
    fn load(&self, set: &[&str]) -> Result<Data> {
        let set = set.iter().map(|&s| s.to_owned());
        let dir = format!("data.dir={}", self.0.path().display());
        let set: Vec<String> = set.chain([dir]).collect();
        Data::load(&Config::load(&self.file(), None, &set)?)
    }

    /// One picture for each row of labels; nothing where a label is unknown.
    fn picture(&self, rows: &[[Option<f64>; 2]]) {
        let mut table = String::from("file,a,b\n");
        for (k, row) in rows.iter().enumerate() {
            let name = format!("{k}.png");
            let pixels = vec![k as u8; 4];
            // Not by `write`, which waits for the disk: some tests have thousands.
            let picture = Picture::new(2, 2, 1, pixels).unwrap().encode().unwrap();
            fs_err::write(self.0.path().join(&name), picture).unwrap();
            let [a, b] = row.map(|label| label.map_or(String::new(), |label| label.to_string()));
            let _ = writeln!(table, "{name},{a},{b}");
        }
        fs_err::write(self.0.path().join("labels.csv"), table).unwrap();
    }
}

/// Rows of which every third lacks a and every fourth b, so that half are whole.
fn partly(rows: usize) -> Vec<[Option<f64>; 2]> {
    let label = |k: usize, every: usize| (!k.is_multiple_of(every)).then_some((k % 10) as f64);
    (0..rows).map(|k| [label(k, 3), label(k, 4)]).collect()
}

/// Exact.
#[test]
fn unknown_labels_are_trained_with_and_never_measured_on() {
    let bench = Bench::new("kind = 'folder'\nsplit = [14, 3, 3]");
    let rows = partly(20);
    bench.picture(&rows);
    for seed in 0..5 {
        let data = bench.load(&[&format!("data.seed={seed}")]).unwrap();
        let split = data.split();
        let held_out = split.validation.iter().chain(&split.test);
        assert!(held_out.clone().all(|item| rows[*item].iter().all(Option::is_some)));
        assert_eq!((split.train.len(), held_out.count()), (14, 6));
        let shown = data.shown_labels(&split.train, Device::Cpu);
        for (place, item) in split.train.iter().enumerate() {
            for (column, label) in rows[*item].iter().enumerate() {
                assert_eq!(data.seen(*item, column), label.is_some());
                let found = shown.double_value(&[place as i64, column as i64]);
                assert_eq!(found.is_nan(), label.is_none());
                assert!(label.is_none_or(|label| label == found));
            }
        }
    }
    let facts = facts(&bench.load(&[]).unwrap());
    for (column, label) in facts.labels.iter().enumerate() {
        let known: Vec<f64> = rows.iter().filter_map(|row| row[column]).collect();
        assert_eq!(label.known, known.len());
        let (low, high) =
            known.iter().fold((9.0, 0.0), |(a, b): (f64, f64), v| (a.min(*v), b.max(*v)));
        assert_eq!((label.low, label.high), (low, high));
        assert!((label.mean - known.iter().sum::<f64>() / known.len() as f64).abs() < 1e-12);
    }
}

/// Exact: `data.alpha` adds a channel to the scenes of the pendulum that is opaque everywhere.
#[test]
fn a_pendulum_may_have_an_alpha_channel() {
    let bench = Bench::new("kind = 'pendulum'\nside = 48\ncount = 8\nsplit = [4, 2, 2]");
    let graph = include_str!("../../../experiments/graphs/pendulum.dot");
    fs_err::write(bench.0.path().join("g.dot"), graph).unwrap();
    let images = |alpha: &str| {
        let config = Config::load(&bench.file(), None, &[format!("data.alpha={alpha}")]).unwrap();
        Data::load(&config).unwrap().batch(&[0, 5], Device::Cpu).unwrap().images
    };
    let (plain, alpha) = (images("false"), images("true"));
    assert_eq!((plain.size(), alpha.size()), (vec![2, 3, 48, 48], vec![2, 4, 48, 48]));
    assert!(alpha.narrow(1, 0, 3).equal(&plain));
    assert!(alpha.narrow(1, 3, 1).equal(&plain.narrow(1, 0, 1).ones_like()));
}

/// A share of the labels is drawn among those that are known.
#[test]
fn a_share_shows_no_unknown_label() {
    let bench = Bench::new("kind = 'folder'\nsplit = [150, 20, 20]\nlabelled = 0.6");
    let rows = partly(200);
    bench.picture(&rows);
    let data = bench.load(&[]).unwrap();
    let cells = (0..200).flat_map(|item| [(item, 0), (item, 1)]);
    let seen: Vec<_> = cells.filter(|(item, column)| data.seen(*item, *column)).collect();
    assert!(seen.iter().all(|(item, column)| rows[*item][*column].is_some()));
    // Monte-Carlo: 170 of 283 that are known, six standard errors of 8.2.
    assert!((120..220).contains(&seen.len()), "{}", seen.len());
}

#[test]
fn too_few_known_labels_are_named() {
    let bench = Bench::new("kind = 'folder'\nsplit = [9, 6, 5]");
    bench.picture(&partly(20));
    let said = bench.load(&[]).unwrap_err().to_string();
    let expected = "validation and test need 11 images whose labels are all known, but the data set has 10 of 20";
    assert!(said.contains(expected), "{said}");

    // Two whole images are held out, so that the others are learnt from.
    let rows = |known: usize| -> Vec<_> {
        (0..82).map(|k| [Some(1.0), (k < known + 2).then_some(2.0)]).collect()
    };
    let split = "data.split=[80, 1, 1]";
    bench.picture(&rows(31));
    let said = bench.load(&[split]).unwrap_err().to_string();
    assert!(said.contains("`b` is known for 31 of the 80 training images"), "{said}");
    assert!(said.contains("at least 32 must be; fill blank cells of the label file"), "{said}");
    bench.picture(&rows(32));
    bench.load(&[split]).unwrap();
    // What is known and hidden does not count.
    let said = bench.load(&[split, "data.labelled=1e-6"]).unwrap_err().to_string();
    assert!(
        said.contains("images that the calibration sees") && said.contains("raise data.labelled")
    );
}

/// Exact: 32 images that label a variable are enough among thousands, wherever they stand, for the calibration sees them.
#[test]
fn few_labels_among_many_images_reach_the_calibration() {
    let bench = Bench::new("kind = 'folder'\nsplit = [2200, 1, 1]");
    let rows: Vec<_> = (0..2202).map(|k| [Some(1.0), (k < 34).then_some(2.0)]).collect();
    bench.picture(&rows);
    for seed in ["experiment.seed=0", "experiment.seed=1"] {
        bench.load(&[seed]).unwrap();
    }
}

/// Exact: the published test images and no others are tested on.
#[test]
fn the_published_parts_of_the_pendulum_are_reached_by_one_key() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/pendulum.toml");
    let load = |more: &[&str]| {
        let set = ["data.variant=grid", "data.side=8", "data.parts=published", "data.count=7308"];
        let set: Vec<String> = set.iter().chain(more).map(|&s| s.to_owned()).collect();
        Config::load(&file, None, &set)
    };
    let config = load(&["data.split=[5000, 482, 1826]"]).unwrap();
    let split = Data::load(&config).unwrap().split().clone();
    let sorted = |mut items: Vec<usize>| {
        items.sort_unstable();
        items
    };
    let published = published_split();
    assert_eq!(sorted(split.test), published.test);
    assert_eq!(sorted([split.train, split.validation].concat()), published.train);

    let said =
        Data::load(&load(&["data.split=[5000, 483, 1825]"]).unwrap()).unwrap_err().to_string();
    assert!(said.contains("5483 images to train and validate on"), "{said}");
    // More would repeat images, on both sides of a split; fewer are an end of the grid.
    for (count, parts) in [(600, "published"), (600, "random"), (8000, "random")] {
        let [count_is, parts] = [format!("data.count={count}"), format!("data.parts={parts}")];
        let said = load(&["data.split=[50, 50, 500]", &count_is, &parts]).unwrap_err().to_string();
        assert!(said.contains(&format!("`data.count` is {count}, it must be 7308")), "{said}");
    }
    let said = load(&["data.split=[50, 50, 500]", "data.variant=noisy"]).unwrap_err().to_string();
    assert!(said.contains("`data.parts` is \"published\", it must be \"random\""), "{said}");
}

/// Exact: test images are those of the test archive, and only where its part is asked for.
#[test]
fn the_test_archive_is_the_test_part() {
    let bench = Bench::new("kind = 'causalcircuit'\nside = 8\nsplit = [2, 1, 3]");
    let graph = "digraph { arm [low=0, high=1]; blue [low=0, high=1]; arm -> blue }";
    fs_err::write(bench.0.path().join("g.dot"), graph).unwrap();
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterfoil-data/tests/goldens/train-0.npz");
    for name in ["train-0.npz", "test.npz"] {
        fs_err::copy(&golden, bench.0.path().join(name)).unwrap();
    }
    let data = bench.load(&["data.parts=published"]).unwrap();
    assert_eq!(data.dataset().len(), 6);
    assert!(data.split().train.iter().chain(&data.split().validation).all(|item| *item < 3));
    assert!(data.split().test.iter().all(|item| *item >= 3));
    let said = bench.load(&[]).unwrap_err().to_string();
    assert!(said.contains("needs 6 items, but the data set has 3"), "{said}");
    fs_err::remove_file(bench.0.path().join("test.npz")).unwrap();
    let said = bench.load(&["data.parts=published"]).unwrap_err().to_string();
    assert!(said.contains("must hold test.npz"), "{said}");
}

/// Pendulums of others without the folders that would part them.
#[test]
fn files_without_parts_have_none() {
    let bench = Bench::new("kind = 'pendulum-files'\nsplit = [1, 1, 1]\nparts = 'published'");
    let graph = "digraph { angle [low=-40, high=43]; light [low=60, high=147] }";
    fs_err::write(bench.0.path().join("g.dot"), graph).unwrap();
    let put = |name: &str| {
        let file = bench.0.path().join(name);
        fs_err::create_dir_all(file.parent().unwrap()).unwrap();
        Picture::new(2, 2, 1, vec![0; 4]).unwrap().write(&file).unwrap();
    };
    for name in ["a_1_70_3_9.png", "a_2_70_3_9.png", "a_3_70_3_9.png"] {
        put(name);
    }
    let said = bench.load(&[]).unwrap_err().to_string();
    assert!(said.contains("folders train and test of pictures"), "{said}");
    assert_eq!(bench.load(&["data.parts=random"]).unwrap().dataset().len(), 3);
    for name in ["train/a_1_70_3_9.png", "train/a_2_70_3_9.png", "test/a_3_70_3_9.png"] {
        put(name);
    }
    assert_eq!(bench.load(&[]).unwrap().split().test, [2]);
}

/// Exact: images that a program hands over are parted as those of a folder; config and call must agree on whose they are.
#[test]
fn own_images_are_handed_over_and_no_others() {
    let bench = Bench::new("kind = 'folder'\nsplit = [14, 3, 3]");
    bench.picture(&partly(20));
    let own = Bench::new("kind = 'own'\nsplit = [14, 3, 3]");
    let config = |bench: &Bench, set: &[&str]| {
        let set: Vec<String> = set.iter().map(|&s| s.to_owned()).collect();
        Config::load(&bench.file(), None, &set)
    };
    let (read, handed) = (bench.load(&[]).unwrap(), config(&own, &[]).unwrap());
    let images = || folder::load(bench.0.path(), handed.graph()).unwrap();
    let data = Data::of(&handed, images()).unwrap();
    assert_eq!(data.split(), read.split());
    assert_eq!(data.dataset().hash(), read.dataset().hash());

    let elsewhere = config(&bench, &[&format!("data.dir={}", bench.0.path().display())]).unwrap();
    let said = Data::of(&elsewhere, images()).unwrap_err().to_string();
    assert!(said.contains("data.kind") && said.contains("\"own\""), "{said}");
    let said = Data::load(&handed).unwrap_err().to_string();
    assert!(said.contains("data.kind") && said.contains("Data::of"), "{said}");
    let said = config(&own, &["data.dir=somewhere"]).unwrap_err().to_string();
    assert!(said.contains("data.dir") && said.contains("in no folder"), "{said}");
}
