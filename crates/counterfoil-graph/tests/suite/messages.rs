//! What a person reads after a mistake: every error of the reader and of interventions, word for word.

use counterfoil_graph::{Dag, GraphError, Intervention, Variable};

/// Reads `text` and compares the error message, exactly.
#[track_caller]
fn check(text: &str, expected: &str) {
    let error = Dag::from_dot(text).expect_err("the text must be refused");
    assert_eq!(error.to_string(), expected);
    let (line, column) = error.position().expect("every error of the reader has a place");
    assert!(line >= 1 && column >= 1);
}

#[test]
fn structure() {
    check(
        "digraph {\n  thickness; intensity;\n  thickness -> intensity;\n  intensity -> thickness;\n}",
        "line 4, column 3: the edges form a cycle, thickness -> intensity -> thickness: remove one of them",
    );
    check(
        "digraph { a; b; c; d; a -> b -> c -> d -> b }",
        "line 1, column 38: the edges form a cycle, b -> c -> d -> b: remove one of them",
    );
    check(
        "digraph { x; x -> x }",
        "line 1, column 14: the edges form a cycle, x -> x: remove one of them",
    );
    check(
        "digraph { thickness; intensity; thicknes -> intensity }",
        "line 1, column 33: the edge thicknes -> intensity names `thicknes`, which is not declared: did you mean `thickness`?",
    );
    check(
        "digraph { a; a -> \"the rest\" }",
        "line 1, column 19: the edge a -> the rest names `the rest`, which is not declared: add the statement `\"the rest\";`",
    );
    check(
        "digraph { a;\n a }",
        "line 2, column 2: the variable `a` is declared twice: remove one declaration or rename it",
    );
    check(
        "digraph { a; b; a -> b; a -> b }",
        "line 1, column 25: the edge a -> b is given twice: remove one",
    );
    check(
        "digraph { a; s [role=unlabelled]; s -> a }",
        "line 1, column 35: the edge s -> a touches `s`, which is unlabelled and so has neither parents nor children: remove the edge or the role",
    );
    check(
        "digraph { a; s [role=unlabelled]; a -> s }",
        "line 1, column 40: the edge a -> s touches `s`, which is unlabelled and so has neither parents nor children: remove the edge or the role",
    );
}

#[test]
fn attributes() {
    check(
        "digraph { a [low=5, high=1] }",
        "line 1, column 18: `a` has the range 5 .. 1: give finite bounds with low < high",
    );
    check(
        "digraph { a [low=5.0, high=5.0] }",
        "line 1, column 18: `a` has the range 5 .. 5: give finite bounds with low < high",
    );
    check(
        "digraph { a [low=5] }",
        "line 1, column 18: `a` is given one end of its range and needs the attribute `high`, for example high=5.8",
    );
    check(
        "digraph { a [high=5] }",
        "line 1, column 19: `a` is given one end of its range and needs the attribute `low`, for example low=1.0",
    );
    check(
        "digraph { a [low=-1, high=5, domain_above=-1] }",
        "line 1, column 43: the range -1 .. 5 of `a` leaves its domain, above -1: narrow the range or widen the domain",
    );
    check(
        "digraph { a [domain_low=2, domain_high=1] }",
        "line 1, column 25: `a` has the domain 2 .. 1: give finite bounds with low < high",
    );
    check(
        "digraph { a [domain_low=0, domain_above=0] }",
        "line 1, column 41: `a` has both `domain_low` and `domain_above`: keep one",
    );
    check(
        "digraph { a [low=wide, high=1] }",
        "line 1, column 18: `a` has low = \"wide\": give a finite number",
    );
    check(
        "digraph { a [low=0, high=\"inf\"] }",
        "line 1, column 26: `a` has high = \"inf\": give a finite number",
    );
    check(
        "digraph { c [kind=categorical, categories=1] }",
        "line 1, column 43: `c` is categorical with 1 categories: give at least 2",
    );
    check(
        "digraph { c [kind=categorical, categories=2.5] }",
        "line 1, column 43: `c` has categories = \"2.5\": give a whole number of at least 2",
    );
    check(
        "digraph { c [kind=categorical] }",
        "line 1, column 11: `c` is categorical and needs the attribute `categories`, for example categories=10",
    );
    check(
        "digraph { c [kind=circular, period=-360] }",
        "line 1, column 36: `c` is circular with the period -360: give a positive finite period",
    );
    check(
        "digraph { c [kind=circular, unit=degrees] }",
        "line 1, column 11: `c` is circular and needs the attribute `period`, for example period=360.0",
    );
    check(
        "digraph { c [kind=circular, period=360, high=180] }",
        "line 1, column 46: `c` is circular and has no high: remove it",
    );
    check(
        "digraph { s [role=unlabelled, unit=px, low=1] }",
        "line 1, column 36: `s` is unlabelled and has no unit: remove it",
    );
    check(
        "digraph { a [kind=real] }",
        "line 1, column 19: `a` has kind = \"real\": give continuous, circular or categorical",
    );
    check(
        "digraph { a [role=hidden] }",
        "line 1, column 19: `a` has role = \"hidden\": give labelled, unlabelled or latent",
    );
    check(
        "digraph { a [width=0] }",
        "line 1, column 20: `a` has width = \"0\": give a whole number of at least 1",
    );
    check(
        "digraph { a [unit=\"\"] }",
        "line 1, column 19: `a` has unit = \"\": give a non-empty text without control characters",
    );
    check(
        "digraph { a [units=px] }",
        "line 1, column 14: `a` has the unknown attribute `units`: did you mean `unit`?",
    );
    check(
        "digraph { a [colour=red] }",
        "line 1, column 14: `a` has the unknown attribute `colour`: use one of role, kind, unit, low, high, \
         domain_low, domain_above, domain_high, domain_below, period, categories, width",
    );
    check(
        "digraph { a [unit=px][unit=cm] }",
        "line 1, column 23: `a` has the attribute `unit` twice: keep one",
    );
    check(
        "digraph { \"\" }",
        "line 1, column 11: \"\" cannot name a variable: use a non-empty text without control characters",
    );
    check(
        "digraph { \"a\nb\" }",
        "line 1, column 11: \"a\\nb\" cannot name a variable: use a non-empty text without control characters",
    );
}

#[test]
fn grammar() {
    check("", "line 1, column 1: expected `digraph` at the beginning, found the end of the text");
    check("a -> b", "line 1, column 1: expected `digraph` at the beginning, found `a`");
    check(
        "graph { a -- b }",
        "line 1, column 1: `graph` is undirected, a causal graph is directed: write `digraph`",
    );
    check("digraph\n\n  [", "line 3, column 3: expected `{` to open the graph, found `[`");
    check(
        "digraph { a",
        "line 1, column 12: expected a variable, an edge or `}`, found the end of the text",
    );
    check(
        "digraph { a } b",
        "line 1, column 15: `b` after the closing brace: a file holds one graph",
    );
    check(
        "digraph { a; b; a -- b }",
        "line 1, column 19: `--` is undirected, a causal edge has a direction: write `->`",
    );
    check(
        "digraph { a; a -> }",
        "line 1, column 19: expected a variable after the arrow, found `}`",
    );
    check(
        "digraph { a; b; a -> b [dir=both] }",
        "line 1, column 24: attributes of edges are not supported: an edge of this graph is a direct cause and nothing else",
    );
    let groups =
        "subgraphs and groups are not supported: write each variable and each edge by itself";
    check("digraph { subgraph s { a } }", &format!("line 1, column 11: {groups}"));
    check("digraph { a; a -> {b c} }", &format!("line 1, column 19: {groups}"));
    check(
        "digraph { node [kind=circular]; a }",
        "line 1, column 11: defaults for `node` are not supported: write attributes at each variable (quote the name if it is one)",
    );
    check(
        "digraph { rankdir=LR; a }",
        "line 1, column 11: the graph attribute `rankdir` is not supported: remove it, a causal graph has variables and edges only",
    );
    check(
        "digraph { a:n -> b }",
        "line 1, column 12: ports are not supported: remove the colon or quote the name",
    );
    check(
        "digraph { \"a\" + \"b\" }",
        "line 1, column 15: joining texts with `+` is not supported: write one quoted text",
    );
    check(
        "digraph { strict }",
        "line 1, column 11: `strict` is a keyword: quote it to use it as a name",
    );
    check(
        "digraph { a [unit] }",
        "line 1, column 18: expected `=` after the attribute `unit`, found `]`",
    );
    check("digraph { a [unit=] }", "line 1, column 19: expected a value for `unit`, found `]`");
    check("digraph { a [unit=px }", "line 1, column 22: expected an attribute or `]`, found `}`");
}

#[test]
fn what_graphviz_allows_is_read() {
    let dag = Dag::from_dot(
        "\u{feff}# a comment of the preprocessor\n\
         STRICT Digraph \"my graph\" { /* a chain, before it is declared */ c->b->a, \n\
         }",
    );
    assert!(dag.is_err(), "a comma does not separate statements");
    let dag = Dag::from_dot(
        "\u{feff}# a comment of the preprocessor\n\
         STRICT Digraph \"my graph\" { /* a chain, before it is declared */ c->b->größe;;\n\
         größe[unit=m;low=-.5 high=1.][width=3] b c // no separator\n\
         \"Node\" \"a -> \\\"b\\\" \\\\\" }\n",
    )
    .unwrap();
    let names: Vec<&str> = dag.variables().map(Variable::name).collect();
    assert_eq!(names, ["größe", "b", "c", "Node", "a -> \"b\" \\"]);
    assert_eq!(dag.edges().collect::<Vec<_>>(), [(1, 0), (2, 1)]);
    assert_eq!(dag.topological_order(), [2, 1, 0, 3, 4]);
    let first = dag.variable(0);
    assert_eq!((first.unit(), first.range(), first.width()), (Some("m"), (-0.5, 1.0), Some(3)));
}

#[test]
fn the_graph_without_variables_is_a_graph() {
    let dag = Dag::from_dot("digraph {}").unwrap();
    assert!(dag.is_empty() && dag.topological_order().is_empty());
    assert_eq!(dag, Dag::new([], &[]).unwrap());
    assert_eq!(
        dag.index_of("x").unwrap_err().to_string(),
        "there is no variable `x` in the graph: there are none"
    );
}

#[test]
fn interventions() {
    let dag = Dag::from_dot(
        "digraph { thickness [unit=px, low=1.0, high=5.8, domain_above=0]; digit [kind=categorical, categories=10];
         intensity [low=64, high=255, domain_low=0, domain_high=255]; style [role=unlabelled]; phase [kind=circular, period=360] }",
    )
    .unwrap();
    let check = |texts: &[&str], expected: &str| {
        let error = Intervention::parse(&dag, texts.iter().copied()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        &["thicknes=2"],
        "there is no variable `thicknes` in the graph: did you mean `thickness`?",
    );
    check(
        &["weight=2"],
        "there is no variable `weight` in the graph: use one of thickness, digit, intensity, style, phase",
    );
    check(&["thickness=0"], "0 is no value of `thickness`: give a finite number above 0 px");
    check(&["thickness=NaN"], "NaN is no value of `thickness`: give a finite number above 0 px");
    check(
        &["intensity=256"],
        "256 is no value of `intensity`: give a finite number of at least 0 and of at most 255",
    );
    check(&["digit=2.5"], "2.5 is no value of `digit`: give a whole number from 0 to 9");
    check(&["digit=10"], "10 is no value of `digit`: give a whole number from 0 to 9");
    check(
        &["style=1"],
        "`style` is unlabelled, so it has no value to set: intervene on a labelled variable",
    );
    check(
        &["thickness=2", "thickness+=3"],
        "`thickness` is changed twice, by `thickness = 2 px` and by `thickness += 3 px`: keep one",
    );
    check(
        &["digit+=1"],
        "`digit += 1` cannot be done to `digit`: a category has no neighbours to move to: set it, as in name=1",
    );
    check(
        &["phase*=2"],
        "`phase *= 2` cannot be done to `phase`: a circle has no zero to scale from: shift it, as in name+=10",
    );
    check(
        &["thickness*=inf"],
        "`thickness *= inf` cannot be done to `thickness`: give a finite number",
    );
    check(
        &["style-=1"],
        "`style` is unlabelled, so it has no value to set: intervene on a labelled variable",
    );
    check(
        &["thicknes+=2"],
        "there is no variable `thicknes` in the graph: did you mean `thickness`?",
    );
    for text in ["thickness", "thickness=thick", "=", ""] {
        check(
            &[text],
            &format!(
                "{text:?} is no intervention: write it as name=number, for example thickness=2.5, or name+=number, \
                 name-=number, name*=number for a soft one"
            ),
        );
    }
    assert_eq!(
        Intervention::from_pairs(&dag, [(5, 1.0)]).unwrap_err(),
        GraphError::IndexOutOfRange { index: 5, len: 5 }
    );

    let action = Intervention::parse(&dag, ["intensity=255", " thickness = 6 "]).unwrap();
    assert_eq!(action.values().collect::<Vec<_>>(), [(0, 6.0), (2, 255.0)]);
    assert_eq!(action.extrapolated(&dag), [0]);
    assert_eq!(action.describe(&dag), "do(thickness = 6 px, intensity = 255)");
    let later = Intervention::none().set(&dag, "thickness", 2.0).unwrap();
    assert_eq!(action.clone().then(&later).describe(&dag), "do(thickness = 2 px, intensity = 255)");
    let other = Dag::from_dot("digraph { intensity; thickness }").unwrap();
    assert_eq!(
        action.translate(&dag, &other).unwrap().describe(&other),
        "do(intensity = 255, thickness = 6)"
    );

    let soft = Intervention::parse(&dag, ["phase -= 30", "thickness*=2", "intensity+=1"]).unwrap();
    let written = "do(thickness *= 2, intensity += 1, phase -= 30)";
    assert_eq!(soft.describe(&dag), written);
    assert_eq!((soft.targets(), soft.values().count()), (vec![0, 2, 4], 0));
    assert_eq!(soft.get(0), None);
    assert_eq!(soft.translate(&dag, &dag).unwrap(), soft);
    // A name may end in a sign.
    let odd = Dag::from_dot("digraph { \"a+\" }").unwrap();
    assert_eq!(Intervention::parse(&odd, ["a+=1"]).unwrap().get(0), Some(1.0));
    assert_eq!(Intervention::parse(&odd, ["a++=1"]).unwrap().describe(&odd), "do(a+ += 1)");
}
