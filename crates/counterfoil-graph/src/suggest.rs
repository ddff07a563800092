//! "Did you mean ...?": the known name that a misspelt one most resembles.

/// The candidate nearest to `name`, when it is near enough to be a slip of the keyboard.
///
/// Distance: Damerau-Levenshtein (optimal string alignment) without regard to case; a third of the letters may
/// be wrong, and at least one. Ties go to the earlier candidate. `O(candidates * len^2)`, and nothing is suggested for
/// names of more than [`LONGEST`] letters, so that a long text that is wrong is refused as fast as it is read.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let length = wanted.chars().count();
    if length > LONGEST {
        return None;
    }
    let allowed = (length / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 8 * LONGEST)
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= allowed && *distance < candidate.chars().count()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Names that are longer are not slips of the keyboard.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_mended_and_strangers_are_not() {
        let names = ["thickness", "intensity", "x", "y"];
        let check = |wrong, right| assert_eq!(nearest(wrong, names), right, "{wrong}");
        check("thicknes", Some("thickness"));
        check("Thickness", Some("thickness"));
        check("thikcness", Some("thickness"));
        check("intensty", Some("intensity"));
        check("colour", None);
        check("z", None); // one wrong letter of one is no resemblance
        check("", None);
    }

    #[test]
    fn a_huge_name_is_refused_at_once() {
        let huge = "x".repeat(1 << 20);
        let names = ["x".repeat(1 << 20), "xy".repeat(1 << 19)];
        assert_eq!(nearest(&huge, names.iter().map(String::as_str)), None);
        assert_eq!(nearest("xx", names.iter().map(String::as_str)), None);
    }
}
