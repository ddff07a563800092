//! What drawing attributes say of an edge: Graphviz knows no bidirected edge and no circles, people draw them.

use crate::{
    Edge, GraphError, Mark,
    formats::DotOptions,
    suggest,
    text::{Position, Word},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Forward,
    Back,
    Both,
    None,
}

/// The attributes of an edge that bear on its marks; small, so that defaults are copied into nested groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::formats) struct EdgeStyle {
    direction: Option<Direction>,
    dashed: bool,
    head: Option<Mark>,
    tail: Option<Mark>,
}

const KEYS: [&str; 4] = ["dir", "style", "arrowhead", "arrowtail"];

impl EdgeStyle {
    /// Takes an attribute in; others than the four that bear on marks are passed over.
    pub(in crate::formats) fn set(&mut self, key: &Word, value: &Word) -> Result<(), GraphError> {
        let text = value.text.as_str();
        match key.text.as_str() {
            "dir" => {
                self.direction = Some(match text.to_ascii_lowercase().as_str() {
                    "forward" => Direction::Forward,
                    "back" => Direction::Back,
                    "both" => Direction::Both,
                    "none" => Direction::None,
                    _ => return Err(bad(key, value, "forward, back, both or none")),
                });
            }
            "style" => {
                self.dashed =
                    text.split(',').any(|word| word.trim().eq_ignore_ascii_case("dashed"));
            }
            "arrowhead" => self.head = Some(mark(key, value)?),
            "arrowtail" => self.tail = Some(mark(key, value)?),
            other => {
                if let Some(near) = suggest::nearest(other, KEYS).filter(|near| *near != other) {
                    let message =
                        format!("an edge has the attribute `{other}`: did you mean `{near}`?");
                    return Err(key.at.syntax(message));
                }
            }
        }
        Ok(())
    }

    /// The marks at the left and the right end of an edge written with `drawn` marks, and whether they are due to the
    /// dashes alone.
    ///
    /// Where `dir` is given, it decides which ends have a mark, and `arrowhead` and `arrowtail` decide which. Otherwise
    /// a given `arrowhead` or `arrowtail` replaces what the arrow shows, and where there is none of these a dashed arrow
    /// is bidirected, unless the options say no.
    pub(in crate::formats) fn marks(
        self,
        drawn: [Mark; 2],
        options: DotOptions,
        at: Position,
    ) -> Result<([Mark; 2], bool), GraphError> {
        let Self { direction, dashed, head, tail } = self;
        let [at_tail, at_head] = [tail.unwrap_or(Mark::Arrow), head.unwrap_or(Mark::Arrow)];
        let marks = match direction {
            Some(Direction::Forward) => [Mark::Tail, at_head],
            Some(Direction::Back) => [at_tail, Mark::Tail],
            Some(Direction::Both) => [at_tail, at_head],
            Some(Direction::None) => [Mark::Tail, Mark::Tail],
            None if head.is_some() || tail.is_some() => {
                [tail.unwrap_or(drawn[0]), head.unwrap_or(drawn[1])]
            }
            None if dashed && options.dashed_is_bidirected => {
                if drawn == [Mark::Tail, Mark::Tail] {
                    return Err(at.syntax(
                        "a dashed line may be undirected or a hidden common cause: say dir=none or dir=both",
                    ));
                }
                return Ok(([Mark::Arrow, Mark::Arrow], true));
            }
            None => drawn,
        };
        Ok((marks, false))
    }
}

/// How the marks of an edge are said in attributes, for an edge that is written as `->` in the order of its ends.
pub(in crate::formats) fn style_attributes(edge: Edge) -> &'static [(&'static str, &'static str)] {
    match edge.marks() {
        [Mark::Tail, Mark::Arrow] => &[],
        [Mark::Tail, Mark::Tail] => &[("dir", "none")],
        [Mark::Arrow, _] => &[("dir", "both"), ("style", "dashed")],
        [Mark::Circle, Mark::Arrow] => {
            &[("dir", "both"), ("arrowtail", "odot"), ("arrowhead", "normal")]
        }
        [Mark::Circle, _] => &[("dir", "both"), ("arrowtail", "odot"), ("arrowhead", "odot")],
        [Mark::Tail, Mark::Circle] => &[("dir", "forward"), ("arrowhead", "odot")],
    }
}

fn mark(key: &Word, value: &Word) -> Result<Mark, GraphError> {
    match value.text.to_ascii_lowercase().as_str() {
        "normal" | "vee" | "open" | "empty" | "onormal" | "halfopen" => Ok(Mark::Arrow),
        "none" => Ok(Mark::Tail),
        "odot" => Ok(Mark::Circle),
        _ => Err(bad(key, value, "normal for an arrowhead, odot for a circle or none")),
    }
}

fn bad(key: &Word, value: &Word, expected: &str) -> GraphError {
    value.at.syntax(format!("an edge has {} = {:?}: give {expected}", key.text, value.text))
}
