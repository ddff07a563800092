//! How a work is written down once and becomes a BibTeX entry: by a macro for each common form, so that no entry lacks a
//! field and all are laid out alike.

/// An entry of a paper in proceedings.
macro_rules! proceedings {
    ($name:ident, $key:literal, $title:literal, $author:literal, $book:literal, $year:literal, $arxiv:literal) => {
        pub(super) const $name: &str = concat!(
            "@inproceedings{",
            $key,
            ",\n  title     = {",
            $title,
            "},\n  author    = {",
            $author,
            "},\n  booktitle = {",
            $book,
            "},\n  year      = {",
            $year,
            "},\n  note      = {arXiv:",
            $arxiv,
            "}\n}"
        );
    };
}

/// An entry of a preprint.
macro_rules! preprint {
    ($name:ident, $key:literal, $title:literal, $author:literal, $year:literal, $arxiv:literal) => {
        pub(super) const $name: &str = concat!(
            "@article{",
            $key,
            ",\n  title   = {",
            $title,
            "},\n  author  = {",
            $author,
            "},\n  journal = {arXiv preprint arXiv:",
            $arxiv,
            "},\n  year    = {",
            $year,
            "}\n}"
        );
    };
}

/// An entry of any kind: its fields stand in order behind title, author and year.
macro_rules! work {
    ($name:ident, $kind:literal, $key:literal, $title:literal, $author:literal, $year:literal, $($field:literal = $value:literal),+) => {
        pub(super) const $name: &str = concat!(
            "@",
            $kind,
            "{",
            $key,
            ",\n  title     = {",
            $title,
            "},\n  author    = {",
            $author,
            "},\n  year      = {",
            $year,
            "}",
            $(",\n  ", $field, " = {", $value, "}"),+,
            "\n}"
        );
    };
}
