//! What a short text may not ask for: deep recursion, huge graphs, huge tables. All comparisons are exact.

use counterfoil_graph::formats::{BifNetwork, Format};

#[test]
fn deep_nesting_and_large_groups_are_no_trouble() {
    for format in [Format::Dagitty, Format::Dot] {
        let head = if format == Format::Dot { "digraph" } else { "dag" };
        let deep = 20_000;
        let text = format!("{head} {{ {}a b{} -> c }}", "{".repeat(deep), "}".repeat(deep));
        let read = format.read(&text).unwrap();
        assert_eq!(read.graph().to_string(), "a; b; c; a -> c; b -> c");
        let text = format!("{head} {{ a -> {}b{} }}", "{ c -> {".repeat(deep), "}}".repeat(deep));
        assert!(format.read(&text).is_err());
        // Long ends of edges that lead to nothing.
        let names = (0..2000).map(|k| format!("n{k} ")).collect::<Vec<_>>().concat();
        let text = format!("{head} {{ {}{names}{} }}", "{".repeat(deep), "} -> {}; ".repeat(deep));
        assert!(format.read(&text).is_err());
        let text = format!("{head} {{ {}", "{".repeat(deep));
        assert!(format.read(&text).is_err());
        let names = |c: char| (0..2000).map(|k| format!("{c}{k} ")).collect::<Vec<_>>().concat();
        let text = format!("{head} {{ {{{}}} -> {{{}}} }}", names('a'), names('b'));
        let error = format.read(&text).unwrap_err().to_string();
        assert!(
            error.ends_with("these groups make more than 1048576 edges: write a smaller graph"),
            "{error}"
        );
    }
}

/// Each pair of children has every one of the hidden variables for a common cause, and is joined once.
#[test]
fn many_hidden_causes_of_many_variables_are_projected_at_once() {
    let names = |letter: char, more: &str| {
        (0..300).map(|k| format!("{letter}{k}{more} ")).collect::<Vec<_>>().concat()
    };
    let (hidden, causes, effects) = (names('u', " [latent]"), names('u', ""), names('x', ""));
    let text = format!("dag {{ {hidden} {{{causes}}} -> {{{effects}}} }}");
    let observed = Format::Dagitty.read(&text).unwrap().observed().unwrap();
    assert_eq!(observed.graph().mixed_edges().len(), 300 * 299 / 2);
}

#[test]
fn states_that_are_only_counted_are_not_written_out_by_the_million() {
    let text =
        "digraph { a [kind=categorical, categories=30000]; b [kind=categorical, categories=N] }";
    let write = |n: &str| Format::Bif.write(&Format::Dot.read(&text.replace('N', n)).unwrap());
    assert!(write("30000").is_ok());
    let message = |n: &str| {
        format!(
            "BIF cannot hold `b` with {n} states: write DOT or JSON, which count states and do not name them"
        )
    };
    for n in ["40000", "4429842", "1000000000000000000"] {
        assert_eq!(write(n).unwrap_err().to_string(), message(n));
    }
}

#[test]
fn many_tables_with_defaults_may_not_be_huge_together() {
    let names: Vec<String> = (0..25).map(|k| format!("v{k}")).collect();
    let variable =
        |name: &String| format!("variable {name} {{ type discrete [ 2 ] {{ x, y }}; }}\n");
    let variables: String = names.iter().map(variable).collect();
    let table = |child: usize, parents: usize| {
        format!("probability ( v{child} | {} ) {{ default 1, 0; }}\n", names[..parents].join(" "))
    };
    let error = BifNetwork::read(&format!("{variables}{}{}", table(23, 20), table(24, 21)));
    assert_eq!(
        error.unwrap_err().to_string(),
        "line 27, column 15: the table of `v24` is one of those with defaults, which together have more than 4194304 numbers: take parents away"
    );
}
