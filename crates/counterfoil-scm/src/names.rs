//! Names for what a model gains, beside those that it has.

/// `name`, with as many `mark`s behind it as it takes to be none of those taken.
pub(crate) fn free(mut name: String, mark: char, taken: impl Fn(&str) -> bool) -> String {
    while taken(&name) {
        name.push(mark);
    }
    name
}
