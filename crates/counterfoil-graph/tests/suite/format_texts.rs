//! What people write in each format, and what they read when it is wrong. All comparisons are exact.

use counterfoil_graph::{
    GraphError,
    formats::{BifNetwork, Described, DotOptions, Format, Part},
};

/// What `text` says, in statements, or what is wrong with it.
fn shown(result: Result<Described, GraphError>) -> String {
    match result {
        Err(error) => error.to_string(),
        Ok(described) => {
            let mut text = described.graph().to_string();
            let latent = described.latent();
            let sets = Part::ALL.map(|part| (part.keyword(), described.part(part).clone()));
            for (what, nodes) in [("latent", latent)].into_iter().chain(sets) {
                if !nodes.is_empty() {
                    let names = described.graph().names(&nodes).join(" ");
                    text = format!("{text} | {what} {names}");
                }
            }
            text
        }
    }
}

#[track_caller]
fn check(format: Format, text: &str, expected: &str) {
    assert_eq!(shown(format.read(text)), expected, "{text}");
}

#[test]
fn dagitty_texts() {
    let check = |text, expected| check(Format::Dagitty, text, expected);
    check(
        "dag {\nbb=\"0,0,1,1\"\nX [exposure,pos=\"0.1,0.2\"]\nY [o]\nU [latent] W [u,label=\"w w\"]\n X <- {U W} -> Y; X -> Y [beta=\".3\"] }",
        "X; Y; U; W; X -> Y; U -> X; U -> Y; W -> X; W -> Y | latent U W | exposure X | outcome Y",
    );
    check(
        "pag{a @-> b @-@ c --@ d <-@ e; a @-- \"b b\"}",
        "a; b; c; d; e; b b; a o-> b; b o-o c; c -o d; e o-> d; b b -o a",
    );
    check("mag { x -- y <-> z -> x }", "x; y; z; x -- y; y <-> z; z -> x");
    check(
        "dag { X <-> {Z -> {A B}} -> Y }",
        "X; Z; A; B; Y; X <-> Z; X <-> A; X <-> B; Z -> A; Z -> B; Z -> Y; A -> Y; B -> Y",
    );
    check("dag { /* c */ a // b\n -> c\n# d\n}", "a; c; a -> c");
    check("dag { x -> y x -> y }", "line 1, column 16: the edge x -> y is given twice: remove one");
    check(
        "dag { x -- y }",
        "line 1, column 9: the edge x -- y does not belong in a causal diagram: its edges are -> and <->",
    );
    check(
        "dag { x [laten] }",
        "line 1, column 10: `x` has the unknown attribute `laten`: did you mean `latent`?",
    );
    check(
        "dag { x [pos=\"1\"] }",
        "line 1, column 14: `x` has pos = \"1\": give two numbers, as in pos=\"0.5,-1\"",
    );
    check("dag { x -> }", "line 1, column 12: expected a variable after the arrow, found `}`");
    check(
        "dag { x ->",
        "line 1, column 11: expected a variable after the arrow, found the end of the text",
    );
    check("dag { node -> x }", "line 1, column 7: `node` is a keyword: rename the variable");
    check(
        "digraf { }",
        "line 1, column 1: expected `dag`, `pdag`, `mag` or `pag` at the beginning, found `digraf`",
    );
}

#[test]
fn dot_conventions() {
    let check = |text, expected| check(Format::Dot, text, expected);
    check(
        "digraph { x -> y; x -> y [dir=both]; y -> z [style=dashed] }",
        "x; y; z; x -> y; x <-> y; y <-> z",
    );
    check(
        "digraph { x -> y [style=dashed, dir=forward]; x -> z [style=\"bold,dashed\", arrowhead=normal] }",
        "x; y; z; x -> y; x -> z",
    );
    check(
        "digraph { edge [dir=none]; x -> y; { edge [dir=both, arrowtail=odot]; y -> z } z -> w }",
        "x; y; z; w; x -- y; y o-> z; z -- w",
    );
    check("digraph { x -> y [dir=back]; x -> z [arrowtail=odot] }", "x; y; z; x o-> z; y -> x");
    check("graph { a -- b; a -- c [dir=both] }", "a; b; c; a -- b; a <-> c");
    check(
        "digraph { subgraph cluster_0 { label=<a <b>t</b>>; a; b } -> c:n; rank=same; node [shape=box] }",
        "a; b; c; a -> c; b -> c",
    );
    check("strict digraph { a -> b; a -> b; a -> \"b\" + \"c\" }", "a; b; bc; a -> b; a -> bc");
    check(
        "digraph { U [label=\"Unobserved Confounders\"]; W [observed=no]; U -> X; W -> X; X [observed=yes, exposure=true, width=0.75] }",
        "U; W; X; U -> X; W -> X | latent U W | exposure X",
    );
    check(
        "digraph { U [latent=true]; U -> X [style=dashed] }",
        "line 1, column 30: a dashed edge at a latent variable may be a cause or a hidden common cause: say dir=forward or dir=both",
    );
    check(
        "graph { a -- b [style=dashed] }",
        "line 1, column 11: a dashed line may be undirected or a hidden common cause: say dir=none or dir=both",
    );
    check(
        "digraph { a -> b [dir=bth] }",
        "line 1, column 23: an edge has dir = \"bth\": give forward, back, both or none",
    );
    check(
        "digraph { a -> b [sytle=dashed] }",
        "line 1, column 19: an edge has the attribute `sytle`: did you mean `style`?",
    );
    check(
        "digraph { node [latent=true]; a }",
        "line 1, column 17: `latent` as a default of nodes is not supported: write it at each variable",
    );
    check(
        "digraph { a [latent=maybe] }",
        "line 1, column 21: `a` has latent = \"maybe\": give yes or no",
    );
    check(
        "digraph { edge -> a }",
        "line 1, column 11: `edge` is a keyword: quote it to use it as a name",
    );
    check(
        "digraph { a <- b }",
        "line 1, column 13: this text in angle brackets is never closed: add >, or quote it with \" (an arrow to the left is not part of DOT)",
    );
    check("digraph { a -> b; b -> a }", "a; b; a -> b; b -> a");
}

#[test]
fn antiparallel_edges_are_bidirected_on_request() {
    let options = DotOptions { antiparallel_is_bidirected: true, ..DotOptions::default() };
    let read = |text| shown(Format::Dot.read_with(text, options));
    assert_eq!(read("digraph { a -> b; b -> a; b -> c }"), "a; b; c; a <-> b; b -> c");
    assert_eq!(
        read("digraph { {a b} -> {b a c} }"),
        "line 1, column 17: the edges form a cycle, a -> a: remove one of them"
    );
    assert_eq!(
        read("digraph { a -> b -> a; a -> b [dir=both] }"),
        "line 1, column 26: the edge a <-> b is given twice: remove one"
    );
    let dashed = DotOptions { dashed_is_bidirected: false, ..DotOptions::default() };
    let read = Format::Dot.read_with("digraph { a -> b [style=dashed] }", dashed);
    assert_eq!(shown(read), "a; b; a -> b");
}

#[test]
fn hidden_variables_are_projected_with_their_parts() {
    let text = "dag { u [latent] x [exposure] y [outcome,adjusted] u -> x -> y; u -> y; s [role=unlabelled] }";
    let described = Format::Dagitty.read(text).unwrap();
    assert_eq!(
        shown(described.observed()),
        "x; y; x -> y; x <-> y | exposure x | outcome y | adjusted y"
    );
    assert_eq!(described.to_dag().unwrap().latent(), [0]);
    let wrong = Format::Dagitty.read("dag { u [latent,exposure] u -> x }").unwrap();
    assert_eq!(
        shown(wrong.observed()),
        "`u` is latent and declared as an exposure: what is hidden has no part in a query, remove one of the two"
    );
    let pag = Format::Dagitty.read("pag { a -> b }").unwrap();
    assert_eq!(
        pag.to_admg().unwrap_err().to_string(),
        "the graph is declared as a partial ancestral graph and is asked for as an ADMG: declare it as `dag` where each edge is a cause or a hidden common cause"
    );
}

#[test]
fn strict_and_general_reader_agree_on_experiment_files() {
    let text = "digraph { t [unit=\"px\", low=1, high=5.8, domain_above=0]; s [role=unlabelled, width=32]; i; t -> i }";
    let dag = counterfoil_graph::Dag::from_dot(text).unwrap();
    assert_eq!(Format::Dot.read(text).unwrap(), Described::from(&dag));
    assert_eq!(Format::Dot.write(&Described::from(&dag)).unwrap(), dag.to_dot());
}

#[test]
fn gml_texts() {
    let check = |text, expected| check(Format::Gml, text, expected);
    check(
        "Creator \"someone\" # c\nVersion 1\ngraph [ directed 1 label \"g\" node [ id 7 label \"a&amp;b\" graphics [ x 1 y 2.5 fill \"#fff\" ] ] \
         node [ id \"n\" observed \"no\" ] edge [ source 7 target \"n\" ] edge [ source \"n\" target 7 dir \"both\" weight 2 graphics [ Line [ point [ x 0 ] ] ] ] ]",
        "a&b; n; a&b -> n; a&b <-> n | latent n",
    );
    check("graph [ node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 ] ]", "0; 1; 0 -- 1");
    check(
        "graph [ node [ id 0 ] edge [ source 0 target 1 ] ]",
        "line 1, column 46: there is no node with the id 1: declare it",
    );
    check(
        "graph [ node [ label \"x\" ] ]",
        "line 1, column 9: a node without an id: add id 0, id 1, ...",
    );
    check(
        "graph [ node [ id 0 label \"x\" ] node [ id 1 label \"x\" ] ]",
        "line 1, column 51: the variable `x` is declared twice: remove one declaration or rename it",
    );
    check(
        "graph [ node [ id 0 ] edge [ source 0 ] ]",
        "line 1, column 23: an edge needs the ids of both ends: source 0 target 1",
    );
    check(
        "graph [ node [ id 0 ]",
        "line 1, column 22: expected a key or `]`, found the end of the text",
    );
    check("node 1", "line 1, column 7: the text has no graph: write graph [ ... ]");
    check("graph [ ] graph [ ]", "line 1, column 11: a second graph: a file holds one graph");
    let deep = 20_000;
    let text = format!("graph [ {}{}]", "x [ ".repeat(deep), "] ".repeat(deep));
    check(&text, "");
}

#[test]
fn json_texts() {
    let check = |text, expected| check(Format::Json, text, expected);
    // The graph of a golden case.
    check(
        r#"{"nodes": ["X", "M", "Y"], "directed": [["X", "M"], ["M", "Y"]], "bidirected": [["X", "Y"]]}"#,
        "X; M; Y; X -> M; X <-> Y; M -> Y",
    );
    check(
        r#"{"edges": [["a", "o->", "b"], ["b", "@-@", "\u00e9\ud83d\ude00"]], "nodes": ["a", {"name": "b", "exposure": true, "pos": [1, -2e1]}, "é😀"], "latent": ["a"]}"#,
        "a; b; é😀; a o-> b; b o-o é😀 | latent a | exposure b",
    );
    check(
        r#"{"nodes": ["a"], "directed": [["a", "B"]]}"#,
        "line 1, column 37: there is no variable `B` in the graph: use one of a",
    );
    check(
        r#"{"nodes": ["a"], "direct": []}"#,
        "line 1, column 18: the graph has the unknown key \"direct\": did you mean \"directed\"?",
    );
    check(
        r#"{"nodes": ["a", "a"]}"#,
        "line 1, column 17: the variable `a` is declared twice: remove one declaration or rename it",
    );
    check(
        r#"{"nodes": [{"name": "a", "uint": "px"}]}"#,
        "line 1, column 26: `a` has the unknown attribute `uint`: did you mean `unit`?",
    );
    check(
        r#"{"directed": []}"#,
        "line 1, column 1: the graph has no \"nodes\": list the names of its variables",
    );
    check(
        "{\"nodes\": [\n\"a\"",
        "line 2, column 4: expected `]` to end the nodes, found the end of the text",
    );
    check(r#"{"nodes": [nan]}"#, "line 1, column 12: `nan` is no value: write texts in quotes");
    check(
        r#"{"nodes": ["\ud800"]}"#,
        "line 1, column 13: this escape stands for no character: see RFC 8259, section 7",
    );
    check(
        r#"{"nodes": ["a", "b"], "edges": [["a", "=>", "b"]]}"#,
        "line 1, column 39: \"=>\" is no edge: write one of ->, <-, <->, --, ---, o->, <-o, o-o, -o, o-",
    );
    check(r#"{"nodes": []} x"#, "line 1, column 15: `x` is no value: write texts in quotes");
}

#[test]
fn bif_texts() {
    let head = "network n { property x = \"1;2\"; }\nvariable a { type discrete [ 2 ] { <5, 5/6 }; }\nvariable b { type discrete [ 3 ] { x, y, z }; property p; }\n";
    let read = |text: &str| {
        BifNetwork::read(&format!("{head}{text}"))
            .map(|n| (n.variables[1].parents.clone(), n.variables[1].rows.clone()))
    };
    let wrong =
        |text: &str, expected: &str| assert_eq!(read(text).unwrap_err().to_string(), expected);
    let rows = vec![vec![0.1, 0.2, 0.7], vec![0.3, 0.3, 0.4]];
    let expected = Ok((vec![0], rows));
    assert_eq!(
        read("probability ( b | a ) { (5/6) 0.3, 0.3, 0.4; (<5) 0.1, 0.2, 0.7; }"),
        expected
    );
    // The variable's own state varies slowest.
    assert_eq!(read("probability ( b | a ) { table 0.1, 0.3, 0.2, 0.3, 0.7, 0.4; }"), expected);
    assert_eq!(read("probability(b|a){default 0.3 0.3 0.4; (<5) 0.1 0.2 0.7;}"), expected);
    assert_eq!(read(""), Ok((vec![], vec![])));
    wrong(
        "probability ( b | a ) { (<5) 0.1, 0.2, 0.7; }",
        "line 4, column 15: the table of `b` has no row for (5/6): add it or a default",
    );
    wrong(
        "probability ( b | a ) { (x) 1, 0, 0; }",
        "line 4, column 26: the table of `b` names the state \"x\", which the parent does not have",
    );
    wrong(
        "probability ( b ) { table 0.5, 0.1, 0.1; }",
        "line 4, column 21: the table of `b` has a row with the sum 0.7: make it 1",
    );
    wrong(
        "probability ( b ) { table 1, 0; }",
        "line 4, column 21: the table of `b` has 2 numbers: give one for each state and each combination of the parents' states",
    );
    wrong(
        "probability ( b ) { table 1.5, -0.5, 0; }",
        "line 4, column 21: the table of `b` has the probability -0.5: give numbers of at least 0",
    );
    wrong(
        "probability ( b | c ) { }",
        "line 4, column 19: there is no variable `c` in the graph: use one of a, b",
    );
    wrong(
        "probability ( b | a ) { }\nprobability ( a | b ) { }",
        "line 5, column 15: the edges form a cycle, a -> b -> a: remove one of them",
    );
    wrong(
        "variable c { type continuous; }",
        "line 4, column 19: the type \"continuous\" is not supported: write discrete",
    );
    wrong(
        "variable c { type discrete [ 3 ] { x, y }; }",
        "line 4, column 30: `c` has 2 states and says that it has 3",
    );
    wrong(
        "variable c { type discrete [ 1 ] { x }; }",
        "line 4, column 10: `c` is categorical with 1 categories: give at least 2",
    );
    // A short text may not ask for a huge table.
    let many = (0..40)
        .map(|k| format!("variable v{k} {{ type discrete [ 2 ] {{ x, y }}; }}"))
        .collect::<Vec<_>>()
        .concat();
    let names: Vec<String> = (0..40).map(|k| format!("v{k}")).collect();
    wrong(
        &format!("{many}\nprobability ( b | {} ) {{ default 1, 0, 0; }}", names.join(" ")),
        "line 5, column 15: the table of `b` has more than 4194304 numbers: take parents away",
    );
}

/// In GML the label is the name as well, elsewhere it is a remark.
#[test]
fn a_label_that_is_also_the_name_hides_no_variable_that_is_said_to_be_observed() {
    let name = "Unobserved Confounders";
    let gml = |more: &str| format!("graph [ node [ id 0 label \"{name}\" {more} ] ]");
    check(Format::Gml, &gml(""), &format!("{name} | latent {name}"));
    check(Format::Gml, &gml("observed 1"), name);
    check(Format::Gml, &gml("role \"unlabelled\""), name);
    for dot in [format!("digraph {{ \"{name}\" }}"), format!("digraph {{ \"{name}\" [latent=1] }}")]
    {
        let described = Format::Dot.read(&dot).unwrap();
        let gml = Format::Gml.write(&described).unwrap();
        assert_eq!(Format::Gml.read(&gml).as_ref(), Ok(&described), "{gml}");
    }
}

/// Graphviz takes `a.5` for two variables, the general reader for one: an experiment file must say which.
#[test]
fn a_name_with_a_point_is_one_variable_or_none() {
    check(Format::Dot, "digraph { a.5 }", "a.5");
    let strict = |text| counterfoil_graph::Dag::from_dot(text).map(|dag| dag.len());
    assert_eq!(
        strict("digraph { a.5 }").unwrap_err().to_string(),
        "line 1, column 12: unexpected character '.': quote names that hold it with \""
    );
    assert_eq!(strict("digraph { \"a.5\" }"), Ok(1));
    assert_eq!(strict("digraph { a .5 }"), Ok(2));
}

#[test]
fn formats_are_found_by_name_and_by_content() {
    let names =
        ["a.dot", "b.GV", "c/d.json", "e.bif", "f.gml", "g.dagitty", ".dot", "dot", "a.b/c"];
    let found = names.map(Format::from_file_name);
    let some = [Format::Dot, Format::Dot, Format::Json, Format::Bif, Format::Gml, Format::Dagitty];
    assert_eq!(found[..6], some.map(Some));
    assert_eq!(found[6..], [None; 3]);
    let check = |text, format| assert_eq!(Format::detect(text), format, "{text}");
    check("# c\n// d\n Strict digraph \"x y\" {}", Some(Format::Dot));
    check("variable x { }", Some(Format::Bif));
    check("variable yes/no { }", Some(Format::Bif));
    check("network my-net {}", Some(Format::Bif));
    check("network \"a \\\" b\" {}", Some(Format::Bif));
    check("digraph \"a \\\" b\\\\\" {}", Some(Format::Dot));
    check("digraph a-b/* c */ {}", Some(Format::Dot));
    check("Creator \"x\" graph []", Some(Format::Gml));
    check("\u{feff} {}", Some(Format::Json));
    check("dag -> x", Some(Format::Statements));
    check("x", Some(Format::Statements));
    check("", None);
    check("/* ", None);
}
