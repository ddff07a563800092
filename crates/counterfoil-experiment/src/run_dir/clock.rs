//! The clock on the wall, which names and dates runs and never reaches a number that is computed.

use jiff::Timestamp;

/// Now, as `2026-11-23T20:58:00.123Z`: texts sort by time.
pub(crate) fn utc() -> String {
    format!("{:.3}", Timestamp::now())
}

/// Now, as `20261123T205800Z`: part of a folder's name.
pub(crate) fn utc_compact() -> String {
    Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Seconds since 1970, as TensorBoard dates its events.
pub(crate) fn unix() -> f64 {
    Timestamp::now().as_microsecond() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_texts_have_their_form() {
        let long = utc();
        assert_eq!((long.len(), &long[10..11], &long[23..]), (24, "T", "Z"));
        let short = utc_compact();
        assert_eq!((short.len(), &short[8..9], &short[15..]), (16, "T", "Z"));
        assert!(unix() > 1.7e9);
    }
}
