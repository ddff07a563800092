//! How a variable's value is written: `X1` takes the value x1, or in LaTeX `x_{1}`.

use super::{names::Names, text::Style};

/// The written form of each variable's value, without primes.
pub(super) fn letters(names: &Names, style: Style) -> Vec<String> {
    let mut small: Vec<String> = names
        .iter()
        .map(|name| if is_letter(name) { name.to_lowercase() } else { name.to_owned() })
        .collect();
    // `A` and `a` in one graph must not become the same letter.
    let mut order: Vec<usize> = (0..small.len()).collect();
    order.sort_by(|&a, &b| small[a].cmp(&small[b]));
    let clashing: Vec<usize> = order
        .chunk_by(|&a, &b| small[a] == small[b])
        .filter(|group| group.len() > 1)
        .flatten()
        .copied()
        .collect();
    for index in clashing {
        names.get(index).unwrap_or_default().clone_into(&mut small[index]);
    }
    match style {
        Style::Text => small,
        Style::Latex => small.iter().map(|letter| latex(letter)).collect(),
    }
}

/// `true` for one letter, alone or with digits behind it.
fn is_letter(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.all(|c| c.is_ascii_digit())
}

fn latex(name: &str) -> String {
    match name.chars().next() {
        Some(first) if is_letter(name) => match &name[first.len_utf8()..] {
            "" => first.to_string(),
            index => format!("{first}_{{{index}}}"),
        },
        _ => word(name),
    }
}

/// A word in LaTeX's mathematical mode.
pub(super) fn word(name: &str) -> String {
    let mut text = String::from("\\mathit{");
    for c in name.chars() {
        match c {
            '_' | '#' | '$' | '%' | '&' | '{' | '}' => {
                text.push('\\');
                text.push(c);
            }
            ' ' => text.push_str("\\ "),
            '\\' => text.push_str("\\backslash "),
            '^' => text.push_str("\\hat{}"),
            '~' => text.push_str("\\sim "),
            _ => text.push(c),
        }
    }
    text.push('}');
    text
}
