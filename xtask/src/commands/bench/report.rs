//! What was measured, as tables.

use serde_json::Value;

use super::ratios::{COUNTERFACTUAL, Measured, Spread, VARIANTS};

/// Images of a denoising call and of a pass of counterfactuals.
const IMAGES: f64 = 16.0;

/// The tables of steps, of calls and of counterfactuals.
pub(super) fn text(measured: &[Measured], floors: &[(&str, Value)], threads: usize) -> String {
    let of = |what: &str| measured.iter().filter(|of| of.what == what).collect::<Vec<_>>();
    [
        format!("a training step (threads: {threads}); medians, and ratios with both ends of the rounds\n"),
        table(&steps(&of("train"), floors)),
        "\na denoising call of 16 images\n".to_owned(),
        table(&steps(&of("sample"), floors)),
        "\ncounterfactuals a second, abducted and drawn: 250 steps of DDIM either way, and ours by default\n".to_owned(),
        table(&counterfactuals(&of(COUNTERFACTUAL))),
    ]
    .concat()
}

/// One row for each size: the times of all variants, our share of PyTorch's, and what no step can do without.
fn steps(measured: &[&Measured], floors: &[(&str, Value)]) -> Vec<Vec<String>> {
    let ends = ["ours / eager f32", "ours / best eager", "arithmetic", "memory", "ours / floor"];
    let header = ["size"].into_iter().chain(VARIANTS).chain(ends).map(str::to_owned).collect();
    let row = |of: &&Measured| {
        let found = floors.iter().find(|(size, _)| *size == of.size);
        let [arithmetic, memory] = found.map_or([None; 2], |(_, told)| least(told, &of.what));
        let times = (0..VARIANTS.len()).map(|variant| seconds(median(of, variant)));
        let ratios = [of.ratio(1), of.ratio(of.best_eager())];
        // The larger of the two: both can go on at once.
        let floor = arithmetic.into_iter().chain(memory).reduce(f64::max);
        let over = median(of, 0).zip(floor).map(|(step, floor)| format!("{:.1}", step / floor));
        [of.size.clone()]
            .into_iter()
            .chain(times)
            .chain(ratios.map(|ratio| or_dash(ratio.map(Spread::told))))
            .chain([seconds(arithmetic), seconds(memory), or_dash(over)])
            .collect()
    };
    [header].into_iter().chain(measured.iter().map(row)).collect()
}

/// Seconds that the operations of convolutions and products take at the rate of a large product, in the faster of f32 and
/// bfloat16; and seconds that what enters and leaves them takes at the rate of a large copy.
fn least(told: &Value, what: &str) -> [Option<f64>; 2] {
    let rates = told["flop_per_s"].as_object();
    let rate = rates.and_then(|rates| rates.values().filter_map(Value::as_f64).reduce(f64::max));
    let number = |name: String| told[name].as_f64();
    [
        number(format!("{what}_flop")).zip(rate).map(|(flop, rate)| flop / rate),
        number(format!("{what}_bytes")).zip(number("bytes_per_s".into())).map(|(b, rate)| b / rate),
    ]
}

/// One row for each size: how many counterfactuals a second PyTorch's way and ours give, and how many times as many those are.
fn counterfactuals(measured: &[&Measured]) -> Vec<Vec<String>> {
    let columns =
        ["size", "ours", "eager f32", "eager bf16", "times eager f32", "times best eager"];
    let row = |of: &&Measured| {
        let rates = [0, 1, 2].map(|variant| {
            or_dash(median(of, variant).map(|pass| format!("{:.2}", IMAGES / pass)))
        });
        let times = [1, of.best_eager()].map(|variant| {
            let ratio = of.ratio(variant);
            or_dash(ratio.map(|Spread { median, low, high }| {
                format!("{:.1} ({:.1} to {:.1})", 1.0 / median, 1.0 / high, 1.0 / low)
            }))
        });
        [of.size.clone()].into_iter().chain(rates).chain(times).collect()
    };
    [columns.map(str::to_owned).to_vec()].into_iter().chain(measured.iter().map(row)).collect()
}

fn median(of: &Measured, variant: usize) -> Option<f64> {
    of.step(variant).map(|step| step.median)
}

fn seconds(step: Option<f64>) -> String {
    or_dash(step.map(|step| format!("{step:.3} s")))
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// A table whose columns are as wide as their widest entry: the first to the left, the others to the right.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let entries = rows.iter().filter_map(|row| row.get(column));
        entries.map(|entry| entry.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let entry = |(column, entry): (usize, &String)| {
            let width = widths[column];
            if column == 0 { format!("{entry:<width$}") } else { format!("  {entry:>width$}") }
        };
        row.iter().enumerate().map(entry).collect::<String>() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Exact: by hand, from times that a person can divide.
    #[test]
    fn tables_hold_times_ratios_floors_and_rates() {
        let times = [vec![0.25, 0.25], vec![0.5, 0.5], vec![0.4, 0.4], vec![], vec![]];
        let of =
            |what: &str| Measured { what: what.into(), size: "small".into(), times: times.clone() };
        let floor = json!({
            "train_flop": 5e9, "sample_flop": 1e9, "flop_per_s": { "f32": 5e10, "bf16": 1e11 },
            "train_bytes": 1e9, "sample_bytes": 8e8, "bytes_per_s": 2e10,
        });
        let text = text(&[of("train"), of("sample"), of("counterfactual")], &[("small", floor)], 2);
        let lines: Vec<Vec<&str>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        let row = |title: &str| {
            let at = text.lines().position(|line| line.starts_with(title)).unwrap();
            lines[at + 2].join(" ")
        };
        let ratios = "0.50 (0.50 to 0.50) 0.62 (0.62 to 0.62)";
        let times = "small 0.250 s 0.500 s 0.400 s - -";
        let floors = ["0.050 s 0.050 s 5.0", "0.010 s 0.040 s 6.2"];
        assert_eq!(row("a training step (threads: 2)"), format!("{times} {ratios} {}", floors[0]));
        assert_eq!(row("a denoising call"), format!("{times} {ratios} {}", floors[1]));
        let rates = "small 64.00 32.00 40.00 2.0 (2.0 to 2.0) 1.6 (1.6 to 1.6)";
        assert_eq!(row("counterfactuals a second"), rates);
    }

    #[test]
    fn columns_are_as_wide_as_their_entries() {
        let rows = [vec!["size".into(), "ours".into()], vec!["a".into(), "12.5 s".into()]];
        assert_eq!(table(&rows), "size    ours\na     12.5 s\n");
    }
}
