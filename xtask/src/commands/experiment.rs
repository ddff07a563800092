//! `cargo xtask experiment NAME`: finds the file of a published experiment and hands over to
//! `counterfoil run`, or to `counterfoil matrix` where the file is a table of many runs.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::binary;
use crate::status::{Status, bad_input};
use crate::workspace::Workspace;

/// Runs `experiments/NAME.toml`, or the file NAME when that is a path, with every flag of
/// `counterfoil run` or, for a table, of `counterfoil matrix`.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> anyhow::Result<Status> {
    let Some((name, flags)) = arguments.split_first() else {
        return Err(bad_input("name an experiment: cargo xtask experiment NAME"));
    };
    // Looked up before anything is built or fetched.
    let file = find(workspace, name)?;
    // A file that cannot be read is told by the binary, which knows what should be in it.
    let text = fs_err::read_to_string(workspace.here().join(&file)).unwrap_or_default();
    let command = if is_table(&text) { "matrix" } else { "run" };
    binary::hand_over(workspace, &self::arguments(command, &file, flags))
}

/// Whether a file says that it is a table of many runs: `kind = "table"` above its first section.
fn is_table(text: &str) -> bool {
    let head = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    head.filter_map(|line| line.split_once('=')).any(|(key, value)| {
        let value = value.split('#').next().unwrap_or_default().trim();
        key.trim() == "kind" && value.trim_matches(['"', '\'']) == "table"
    })
}

/// The arguments of `counterfoil` for an experiment.
fn arguments(command: &str, file: &Path, flags: &[OsString]) -> Vec<OsString> {
    let mut arguments = vec![OsString::from(command), file.as_os_str().to_owned()];
    arguments.extend_from_slice(flags);
    arguments
}

/// The experiment's file: a path is relative to the caller's folder, a name stands for a file in
/// `experiments`.
fn find(workspace: &Workspace, name: &OsStr) -> anyhow::Result<PathBuf> {
    let (path, name) = (Path::new(name), name.display().to_string());
    if name.starts_with('-') {
        return Err(bad_input(format!(
            "{name} stands before the experiment's name: write cargo xtask experiment NAME \
             {name}, where NAME is one of {}",
            list(&published(workspace))
        )));
    }
    if path.extension().is_some_and(|extension| extension == "toml")
        || path.components().count() > 1
    {
        if workspace.here().join(path).is_file() {
            return Ok(path.to_owned());
        }
        return Err(bad_input(format!(
            "there is no experiment file {}: give a path that exists, or one of the names {}",
            path.display(),
            list(&published(workspace))
        )));
    }
    let names = published(workspace);
    if names.contains(&name) {
        let file = workspace.root().join("experiments").join(format!("{name}.toml"));
        return Ok(workspace.seen_from_here(&file));
    }
    Err(bad_input(unknown(&name, &names)))
}

/// The names of the published experiments, sorted.
fn published(workspace: &Workspace) -> Vec<String> {
    let Ok(entries) = fs_err::read_dir(workspace.root().join("experiments")) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".toml")?.to_owned()))
        .collect();
    names.sort();
    names
}

fn unknown(name: &str, names: &[String]) -> String {
    let near = names
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = near.map_or_else(String::new, |(_, known)| format!("did you mean `{known}`? "));
    format!("there is no experiment `{name}`: {hint}the experiments are {}", list(names))
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none (the folder experiments has no .toml files)".into()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_gets_the_nearest_one() {
        let names = ["digits".to_owned(), "morphomnist".to_owned()];
        assert_eq!(
            unknown("digts", &names),
            "there is no experiment `digts`: did you mean `digits`? the experiments are digits, \
             morphomnist"
        );
        assert_eq!(
            unknown("qqq", &names),
            "there is no experiment `qqq`: the experiments are digits, morphomnist"
        );
        assert!(unknown("digits", &[]).contains("none"));
    }

    #[test]
    fn a_table_is_known_by_its_kind() {
        for (text, expected) in [
            ("kind = \"table\"\n[table]\nname = \"t\"", true),
            ("# many runs\nkind='table' # so\n", true),
            ("graph = \"g.dot\"\n[data]\nkind = \"table\"", false),
            ("kind = \"tables\"", false),
            ("", false),
        ] {
            assert_eq!(is_table(text), expected, "{text}");
        }
    }

    #[test]
    fn flags_follow_the_file() {
        let flags = [OsString::from("--preset"), OsString::from("smoke")];
        let arguments = arguments("run", Path::new("experiments/digits.toml"), &flags);
        assert_eq!(arguments, ["run", "experiments/digits.toml", "--preset", "smoke"]);
    }
}
