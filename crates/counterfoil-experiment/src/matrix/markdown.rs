//! A table for the repository: the same rows as the page, and nothing that depends on when or where it is written.

use std::path::{Component, Path, PathBuf};

use super::{
    board::{Board, Entry, Part},
    store::Store,
};
use crate::report::numbers::NONE;

/// The text of `file`, which links to the pictures of `store`.
pub fn render(board: &Board, store: &Store, file: &Path) -> String {
    let mut text = String::from("# Results: methods side by side\n\n");
    let cells = link(store.folder(), file);
    text += &format!(
        "Written by `{}` from the cells in [{}]({}); {} of {} cells have run. Do not edit it: run the \
         command again.\n\n",
        board.command(),
        cells,
        cells,
        board.done,
        board.cells
    );
    text += "A figure is a mean over seeds, **best** and <u>second best</u> of its column; in brackets its \
             95 % interval over held-out images (the mean of the ends of the intervals behind it, so never \
             too narrow; the spread between seeds is not in it), in parentheses each seed. Times and memory \
             are of the machines named below and are not ranked.\n";
    for part in &board.sections {
        text += &section(part, store, file);
    }
    text +=
        "\n## What the columns mean\n\n| column | unit | better | meaning |\n|---|---|---|---|\n";
    for head in &board.glossary {
        let better = head.better.unwrap_or(NONE);
        text += &format!("| {} | {} | {better} | {} |\n", head.title, head.unit, head.about);
    }
    if !board.machines.is_empty() {
        text += "\n## Machines\n\n";
        board.machines.iter().for_each(|machine| text += &format!("- {}\n", plain(machine)));
    }
    text
}

fn section(part: &Part, store: &Store, file: &Path) -> String {
    let mut text = format!("\n## {}\n\n", plain(&part.title()));
    let titles = part.columns.iter().map(|head| head.title);
    let titles: Vec<&str> = ["method", "cells"].into_iter().chain(titles).collect();
    text += &format!("| {} |\n|{}\n", titles.join(" | "), "---|".repeat(titles.len()));
    for line in &part.rows {
        let cells = line.entries.iter().map(|entry| entry.as_ref().map_or(NONE.to_owned(), cell));
        let cells: Vec<String> =
            [plain(&line.name), line.status()].into_iter().chain(cells).collect();
        text += &format!("| {} |\n", cells.join(" | "));
    }
    for line in part.rows.iter().filter(|line| !line.set.is_empty()) {
        let set: Vec<String> = line.set.iter().map(|set| format!("`{set}`")).collect();
        text += &format!("\n*{}*: {}\n", plain(&line.name), set.join(", "));
    }
    for line in &part.rows {
        if let Some((hash, seed)) = &line.picture {
            let picture = link(&store.picture(hash), file);
            let name = plain(&line.name);
            text += &format!("\n{name}, seed {seed}:\n\n![{name}]({picture})\n");
        }
    }
    text
}

fn cell(entry: &Entry) -> String {
    let mut text = match entry.rank {
        Some(1) => format!("**{}**", entry.text),
        Some(2) => format!("<u>{}</u>", entry.text),
        _ => entry.text.clone(),
    };
    if let Some(interval) = &entry.interval {
        text += &format!(" [{interval}]");
    }
    if let Some(spread) = &entry.spread {
        text += &format!(" ({spread})");
    }
    text
}

/// Words that are no markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if "|*_`<>[]\\".contains(c) {
            plain.push('\\');
        }
        plain.push(if c == '\n' { ' ' } else { c });
    }
    plain
}

/// The way from the folder of `file` to `target`.
fn link(target: &Path, file: &Path) -> String {
    let parts = |path: &Path| -> Vec<String> {
        let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let named = full.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        named.collect()
    };
    let (to, from) = (parts(target), parts(file.parent().unwrap_or(Path::new(""))));
    let common = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    let way: PathBuf = up.chain(to[common..].iter().map(String::as_str)).collect();
    way.to_string_lossy().replace('\\', "/").replace(' ', "%20")
}
