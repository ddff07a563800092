//! Numbers as people read them: as many digits as are known, none more.

/// What stands where a number is missing or not finite.
pub(crate) const NONE: &str = "–";

/// Three significant digits, thousands separated, powers of ten for what is very small or large.
pub(crate) fn number(x: f64) -> String {
    let Some(exponent) = exponent(x) else {
        return if x == 0.0 { "0".into() } else { NONE.into() };
    };
    if !(-3..6).contains(&exponent) {
        return scientific(x, exponent, 2);
    }
    fixed(x, (2 - exponent).max(0) as usize)
}

/// The same without zeros at the end, for numbers that are exact: 5.8 and not 5.80.
pub(crate) fn short(x: f64) -> String {
    let text = number(x);
    let (mantissa, power) = match text.split_once(" × ") {
        Some((mantissa, power)) => (mantissa, format!(" × {power}")),
        None => (text.as_str(), String::new()),
    };
    if !mantissa.contains('.') {
        return text;
    }
    mantissa.trim_end_matches('0').trim_end_matches('.').to_owned() + &power
}

/// An estimate and its interval with the digits that the interval's width allows: two that it leaves uncertain.
pub(crate) fn estimate(x: f64, [low, high]: [f64; 2]) -> (String, String) {
    let half = 0.5 * (high - low).abs();
    let (Some(size), Some(spread)) = (exponent(x.abs().max(half)), exponent(half)) else {
        return (number(x), format!("{} to {}", number(low), number(high)));
    };
    if (-3..6).contains(&size) {
        let places = (1 - spread).clamp(0, 6) as usize;
        let text = |x| fixed(x, places);
        return (text(x), format!("{} to {}", text(low), text(high)));
    }
    let places = (1 + size - spread).clamp(0, 4) as usize;
    let mantissa = |x: f64| fixed(x / 10f64.powi(size), places);
    let power = power(size);
    (format!("{}{power}", mantissa(x)), format!("({} to {}){power}", mantissa(low), mantissa(high)))
}

/// A share as a percentage.
pub(crate) fn percent(x: f64, places: usize) -> String {
    if x.is_finite() { format!("{} %", fixed(100.0 * x, places)) } else { NONE.into() }
}

/// A whole number, thousands separated.
pub(crate) fn count(n: u64) -> String {
    separated(&n.to_string())
}

/// Seconds in the two largest units that they fill.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return NONE.into();
    }
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A number with its unit.
pub(crate) fn with_unit(text: &str, unit: Option<&str>) -> String {
    match unit {
        Some(unit) => format!("{text} {unit}"),
        None => text.to_owned(),
    }
}

/// The power of ten of the leading digit; nothing for 0 and for what is not finite.
fn exponent(x: f64) -> Option<i32> {
    (x != 0.0 && x.is_finite()).then(|| x.abs().log10().floor() as i32)
}

fn scientific(x: f64, exponent: i32, places: usize) -> String {
    format!("{}{}", fixed(x / 10f64.powi(exponent), places), power(exponent))
}

fn power(exponent: i32) -> String {
    let superscript = |c: char| match c.to_digit(10) {
        Some(digit) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize],
        None => '⁻',
    };
    let digits: String = exponent.to_string().chars().map(superscript).collect();
    format!(" × 10{digits}")
}

/// A typeset minus, and no minus before what rounds to 0.
fn fixed(x: f64, places: usize) -> String {
    let text = format!("{:.places$}", x.abs());
    let zero = text.chars().all(|c| c == '0' || c == '.');
    let sign = if x < 0.0 && !zero { "−" } else { "" };
    match text.split_once('.') {
        Some((whole, rest)) => format!("{sign}{}.{rest}", separated(whole)),
        None => format!("{sign}{}", separated(&text)),
    }
}

fn separated(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (x, expected) in [
            (0.0, "0"),
            (0.5, "0.500"),
            (0.12345, "0.123"),
            (2.0, "2.00"),
            (12.345, "12.3"),
            (1234.5, "1,234"),
            (-0.25, "−0.250"),
            (0.000_321, "3.21 × 10⁻⁴"),
            (1.5e7, "1.50 × 10⁷"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(number(x), expected, "{x}");
        }
        let exact = [5.8, 64.0, 0.5, 360.0, 2000.0, 1e-5, 0.0].map(short);
        assert_eq!(exact, ["5.8", "64", "0.5", "360", "2,000", "1 × 10⁻⁵", "0"]);
    }

    #[test]
    fn an_interval_decides_how_many_digits_are_known() {
        let text = |x, ends| {
            let (estimate, interval) = estimate(x, ends);
            format!("{estimate} [{interval}]")
        };
        assert_eq!(text(0.583_21, [0.521, 0.642_9]), "0.583 [0.521 to 0.643]");
        assert_eq!(text(0.58, [0.2, 0.9]), "0.58 [0.20 to 0.90]");
        assert_eq!(text(61.234, [55.0, 68.1]), "61.2 [55.0 to 68.1]");
        assert_eq!(text(3.0e-4, [2.8e-4, 3.2e-4]), "3.00 × 10⁻⁴ [(2.80 to 3.20) × 10⁻⁴]");
        assert_eq!(text(1.0, [1.0, 1.0]), "1.00 [1.00 to 1.00]");
        assert_eq!(text(-0.01, [-0.5, 0.4]), "−0.01 [−0.50 to 0.40]");
    }

    #[test]
    fn shares_counts_and_durations_read_well() {
        assert_eq!([0.3, 0.974].map(|x| percent(x, 0)), ["30 %", "97 %"]);
        assert_eq!([0.974, f64::NAN].map(|x| percent(x, 1)), ["97.4 %", "–"]);
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(
            [2.04, 59.0, 754.0, 7384.0].map(duration),
            ["2.0 s", "59 s", "12 min 34 s", "2 h 3 min"]
        );
        assert_eq!(with_unit("0.1", Some("px")), "0.1 px");
    }
}
