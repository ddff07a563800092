//! A table for the repository: the same rows as the page, and nothing that depends on when or where it is written.

use std::path::{Component, Path, PathBuf};

use super::{
    board::{Board, Entry, Line, Part},
    figures::Side,
    store::Store,
    sweep::Drawing,
};
use crate::numbers::NONE;

/// The text of `file`, which links to the pictures of `store` and to the drawings of sweeps there.
pub fn render(board: &Board, store: &Store, file: &Path, drawings: &[Drawing]) -> String {
    let (command, cells) = (board.command(), link(store.folder(), file));
    let mut parts = vec![
        "# Results: methods side by side\n".to_owned(),
        format!(
            "Written by `{command}` from the cells in [{cells}]({cells}); {} of {} have run. Do not edit \
             it: run the command again.\n",
            board.done, board.cells
        ),
        "A figure is a mean over seeds, **best** and <u>second best</u> of its column; in brackets its \
         95 % interval over held-out images (the mean of the ends of the intervals behind it, so never too \
         narrow; the spread between seeds is not in it), in parentheses each seed. Times and memory are of \
         the machines named below by their numbers, which may have had other work to do: they are not ranked."
            .to_owned(),
    ];
    for (number, part) in board.sections.iter().enumerate() {
        section(part, store, file, &mut parts);
        for drawing in drawings.iter().filter(|drawing| drawing.section == number) {
            let drawing = link(&store.drawing(&drawing.name), file);
            parts.push(format!("\n![{}]({drawing})", plain(&part.title())));
        }
    }
    parts.push("\n## What the columns mean\n".to_owned());
    parts.push("| column | unit | better | meaning |\n|---|---|---|---|".to_owned());
    parts.extend(board.glossary.iter().map(|head| {
        let better = head.better.unwrap_or(NONE);
        format!("| {} | {} | {better} | {} |", head.title, head.unit, head.about)
    }));
    if !board.machines.is_empty() {
        parts.push("\n## Machines\n".to_owned());
        let numbered = board.machines.iter().zip(1..);
        parts.extend(numbered.map(|(machine, n)| format!("{n}. {}", plain(machine))));
    }
    parts.join("\n") + "\n"
}

fn section(part: &Part, store: &Store, file: &Path, parts: &mut Vec<String>) {
    parts.push(format!("\n## {}\n", plain(&part.title())));
    if let Some(images) = part.images {
        parts.push(format!("{images} held-out images.\n"));
    }
    rows(
        part,
        &["method", "cells"],
        Side::Images,
        |line| vec![plain(&line.name), line.status()],
        parts,
    );
    for side in [Side::Code, Side::Scores] {
        if !part.side(side).is_empty() {
            parts.push(String::new());
            rows(part, &["method"], side, |line| vec![plain(&line.name)], parts);
        }
    }
    let ablations: Vec<String> = part
        .rows
        .iter()
        .filter(|line| !line.set.is_empty())
        .map(|line| {
            let set: Vec<String> = line.set.iter().map(|set| format!("`{set}`")).collect();
            format!("- {}: {}", plain(&line.name), set.join(", "))
        })
        .collect();
    if !ablations.is_empty() {
        parts.push(format!("\n{}", ablations.join("\n")));
    }
    for line in &part.rows {
        if let Some((hash, seed)) = &line.picture {
            let (name, picture) = (plain(&line.name), link(&store.picture(hash), file));
            parts.push(format!("\n{name}, seed {seed}:\n\n![{name}]({picture})"));
        }
    }
}

/// The columns of one side, behind what is said of each row.
fn rows(
    part: &Part,
    heads: &[&str],
    side: Side,
    said: impl Fn(&Line) -> Vec<String>,
    parts: &mut Vec<String>,
) {
    let columns = part.side(side);
    let titles = columns.iter().map(|&column| part.columns[column].title);
    let titles: Vec<&str> = heads.iter().copied().chain(titles).collect();
    parts.push(format!("| {} |\n|{}", titles.join(" | "), "---|".repeat(titles.len())));
    for line in &part.rows {
        let entry = |column: &usize| line.entries[*column].as_ref().map_or(NONE.to_owned(), cell);
        let cells: Vec<String> = said(line).into_iter().chain(columns.iter().map(entry)).collect();
        parts.push(format!("| {} |", cells.join(" | ")));
    }
}

fn cell(entry: &Entry) -> String {
    let value = match entry.rank {
        Some(1) => format!("**{}**", entry.text),
        Some(2) => format!("<u>{}</u>", entry.text),
        _ => entry.text.clone(),
    };
    let interval = entry.interval.as_ref().map(|interval| format!("[{interval}]"));
    let spread = entry.spread.as_ref().map(|spread| format!("({spread})"));
    [Some(value), interval, spread].into_iter().flatten().collect::<Vec<_>>().join(" ")
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
