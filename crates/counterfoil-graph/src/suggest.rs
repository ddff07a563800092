//! "Did you mean ...?": the known name that a misspelt one most resembles.

/// The candidate nearest to `name`, when it is near enough to be a slip of the keyboard.
///
/// Distance: Damerau-Levenshtein (optimal string alignment) without regard to case; a third of the letters may
/// be wrong, and at least one. Ties go to the earlier candidate. `O(candidates * len^2)`.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let allowed = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= allowed && *distance < candidate.chars().count()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

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
}
