//! Expressions and statements of Jinja, each with what dbt-core 1.12 makes of it: `tests/fixtures/jinja/*.txt`.
//!
//! A line of a fixture is a template, the next one what it renders to, or `error`. `⏎` stands for a line's end.

use tamis::adapter::replay::Script;
use tamis::manifest::Manifest;
use tamis::project::Flags;
use tamis::relation::AdapterKind;

use crate::support::engine::Bench;

#[test]
fn expressions_render_as_in_dbt() {
    let bench = Bench::new(AdapterKind::DuckDb, Flags::default(), Script::new(), Manifest::default());
    let mut different = Vec::new();
    let lines: Vec<&str> = include_str!("../fixtures/jinja/expressions.txt").lines().collect();
    for pair in lines.chunks_exact(3) {
        let (template, expected) = (pair[0], pair[1].strip_prefix("  ").unwrap_or(pair[1]));
        let rendered = bench.render(&template.replace('⏎', "\n")).replace('\n', "⏎");
        let rendered = if rendered.starts_with("error: ") { "error".to_string() } else { rendered };
        if rendered != expected {
            different.push(format!("{template}\n  dbt    {expected}\n  tamis  {rendered}"));
        }
    }
    assert!(lines.len() > 2_000, "the fixture was cut");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}
