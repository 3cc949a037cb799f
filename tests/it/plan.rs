//! Which steps a command has, in which order, and what a failure skips.

use insta::assert_snapshot;
use serde_json::json;
use tamis::event::NodeStatus;
use tamis::graph::{Criteria, Graph, Selectors};
use tamis::plan::{Command, Plan};

use crate::built::{Built, built, told};

fn planned(built: &Built, command: Command, select: &str) -> Result<Plan, String> {
    let manifest = &built.manifest;
    let graph = Graph::new(manifest).map_err(|problem| told(&problem))?;
    let select: Vec<_> = select.split_whitespace().map(str::to_string).collect();
    let selectors = Selectors::default();
    let criteria = Criteria { select: &select, ..Criteria::everything(command, &selectors) };
    let (selection, _) = graph.select(manifest, &criteria).map_err(|problem| told(&problem))?;
    Plan::new(command, manifest, &graph, &selection)
        .map_err(|problems| problems.iter().map(told).collect::<Vec<_>>().join("\n\n"))
}

fn shown(built: &Built, command: Command, select: &str) -> String {
    match planned(built, command, select) {
        Ok(plan) => plan.to_string().replace(".shop", "").replace(".0123456789", ""),
        Err(problem) => problem,
    }
}

/// `raw.a` → `stg` → `mid` (ephemeral) → `fct` → `dash`, and `other` beside.
fn chain() -> Built {
    built()
        .source("raw", "a")
        .seed("codes")
        .model("stg.sql", "select * from {{ source('raw', 'a') }}")
        .model("other.sql", "select * from {{ ref('codes') }}")
        .model_with("mid.sql", "select * from {{ ref('stg') }}", json!({"materialized": "ephemeral"}))
        .model("fct.sql", "select * from {{ ref('mid') }} join {{ ref('other') }}")
        .snapshot("history", "select * from {{ ref('fct') }}")
        .generic_test("unique", "stg", &[])
        .generic_test("not_null", "mid", &[])
        .generic_test("relationships", "stg", &["other"])
        .singular_test("fct_is_right", "select * from {{ ref('fct') }}")
        .unit_test("adds_up", "fct")
        .exposure("dash", "ref('fct')")
        .hook(true, 0, "select 1")
        .hook(true, 1, "select 2")
        .hook(false, 0, "select 3")
}

#[test]
fn run_has_models_only_and_waits_across_ephemeral_ones() {
    assert_snapshot!(shown(&chain(), Command::Run, ""), @r"
    before operation-on-run-start-0
    before operation-on-run-start-1
       0 model model.other
       1 model model.stg
       2 model model.fct after 0, 1
    after operation-on-run-end-0
    ");
}

#[test]
fn build_puts_tests_between_what_they_test_and_what_reads_from_all_of_it() {
    assert_snapshot!(shown(&chain(), Command::Build, ""), @r"
    before operation-on-run-start-0
    before operation-on-run-start-1
       0 model model.stg
       1 seed seed.codes
       2 model model.other after 1
       3 test test.relationships_stg after 0, 2
       4 test test.unique_stg after 0
       5 test test.not_null_mid after 0, 4
       6 unit test unit_test.fct.adds_up after 0, 2, 3, 4, 5
       7 model model.fct after 0, 2, 3, 4, 5, 6
       8 no-op exposure.dash after 7
       9 test test.fct_is_right after 7
      10 snapshot snapshot.history after 7, 9
    after operation-on-run-end-0
    ");
}

#[test]
fn build_waits_across_what_was_not_selected() {
    assert_snapshot!(shown(&chain(), Command::Build, "stg fct history"), @r"
    before operation-on-run-start-0
    before operation-on-run-start-1
       0 model model.stg
       1 test test.relationships_stg after 0
       2 test test.unique_stg after 0
       3 unit test unit_test.fct.adds_up after 0, 1, 2
       4 model model.fct after 0, 1, 2, 3
       5 test test.fct_is_right after 4
       6 snapshot snapshot.history after 4, 5
    after operation-on-run-end-0
    ");
}

#[test]
fn test_compile_and_seed_steps_do_not_wait() {
    assert_snapshot!(shown(&chain(), Command::Test, ""), @r"
    before operation-on-run-start-0
    before operation-on-run-start-1
       0 test test.fct_is_right
       1 test test.not_null_mid
       2 test test.relationships_stg
       3 test test.unique_stg
       4 unit test unit_test.fct.adds_up
    after operation-on-run-end-0
    ");
    assert_snapshot!(shown(&chain(), Command::Compile, "stg mid fct"), @r"
    0 compile model.fct
    1 compile model.mid
    2 compile model.stg
    3 compile test.fct_is_right
    4 compile test.not_null_mid
    5 compile test.relationships_stg
    6 compile test.unique_stg
    ");
    assert_snapshot!(shown(&chain(), Command::Seed, ""), @r"
    before operation-on-run-start-0
    before operation-on-run-start-1
       0 seed seed.codes
    after operation-on-run-end-0
    ");
}

#[test]
fn a_test_of_two_models_never_makes_a_cycle() {
    // `b` reads `a`, and the test reads both: `b` cannot wait for it, `c` can.
    let built = built()
        .model("a.sql", "select 1")
        .model("b.sql", "select * from {{ ref('a') }}")
        .model("c.sql", "select * from {{ ref('b') }}")
        .generic_test("relationships", "b", &["a"]);
    assert_snapshot!(shown(&built, Command::Build, ""), @r"
    0 model model.a
    1 model model.b after 0
    2 test test.relationships_b after 0, 1
    3 model model.c after 1, 2
    ");
}

#[test]
fn a_test_of_a_source_stands_before_its_readers() {
    let built = built()
        .source("raw", "a")
        .model("stg.sql", "select * from {{ source('raw', 'a') }}")
        .singular_test("raw_is_there", "select * from {{ source('raw', 'a') }}");
    assert_snapshot!(shown(&built, Command::Build, ""), @r"
    0 test test.raw_is_there
    1 model model.stg after 0
    ");
}

fn skipped(built: &Built, command: Command, failed: &str, status: NodeStatus) -> String {
    let plan = planned(built, command, "").expect("a plan");
    let step = plan.steps.iter().position(|step| step.id.contains(failed)).expect("the step is there");
    let names: Vec<_> =
        plan.skipped_by(step, status).iter().map(|step| plan.steps[*step].id.replace(".shop", "")).collect();
    names.join(" ").replace(".0123456789", "")
}

#[test]
fn a_failure_skips_all_that_waits_and_nothing_else() {
    assert_snapshot!(skipped(&chain(), Command::Run, "model.shop.stg", NodeStatus::Error), @"model.fct");
    assert_snapshot!(skipped(&chain(), Command::Build, "unique_stg", NodeStatus::Fail), @"test.not_null_mid unit_test.fct.adds_up model.fct exposure.dash test.fct_is_right snapshot.history");
    assert_snapshot!(skipped(&chain(), Command::Build, "unit_test", NodeStatus::Fail), @"model.fct exposure.dash test.fct_is_right snapshot.history");
    assert_snapshot!(skipped(&chain(), Command::Build, "unique_stg", NodeStatus::Warn), @"");
    assert_snapshot!(skipped(&chain(), Command::Test, "unique_stg", NodeStatus::Fail), @"");
}

#[test]
fn a_model_may_say_that_its_readers_run_anyway() {
    let built = chain().change("stg", |node| {
        let mut values = (*node.config.values).clone();
        values.insert("on_error".to_string(), json!("continue"));
        node.config = tamis::manifest::NodeConfig::new(values);
    });
    assert_snapshot!(skipped(&built, Command::Run, "model.shop.stg", NodeStatus::Error), @"");
}

#[test]
fn the_longest_chain_is_known_for_each_step() {
    let plan = planned(&chain(), Command::Run, "").expect("a plan");
    let lengths: Vec<_> = plan.steps.iter().map(|step| format!("{} {}", step.id, step.remaining_path_length)).collect();
    assert_snapshot!(lengths.join("\n"), @r"
    model.shop.other 2
    model.shop.stg 2
    model.shop.fct 1
    ");
}

#[test]
fn two_writers_of_one_relation_are_refused() {
    let same = |name: &'static str| move |node: &mut tamis::manifest::Node| node.relation_name = Some(name.to_string());
    let built = built()
        .model("a.sql", "select 1")
        .model("b.sql", "select 2")
        .model("c.sql", "select 3")
        .change("a", same("\"db\".\"main\".\"T\""))
        .change("b", same("\"db\".\"main\".\"t\""));
    assert_snapshot!(shown(&built, Command::Run, ""), @r#"
    error[same-relation]: `a` and `b` would both write "db"."main"."T"
     --> models/a.sql:1:1 "" model `a`
     --> models/b.sql:1:1 "" model `b`
    help: give one of them another `alias` or `schema`
    "#);
    assert_snapshot!(shown(&built, Command::Run, "a c"), @r"
    0 model model.a
    1 model model.c
    ");
    let built = built.change("a", same("`p`.`d`.`T`")).change("b", same("`p`.`d`.`t`"));
    assert_snapshot!(shown(&built, Command::Run, "a b"), @r"
    0 model model.a
    1 model model.b
    ");
}

/// The generated shape of a big project: layers of models that read three of the layer above, four tests each.
#[test]
fn thousands_of_steps_each_come_after_what_they_wait_for() {
    let (layers, width) = (10, 50);
    let mut big = built();
    for layer in 0..layers {
        for index in 0..width {
            let reads = |offset: usize| format!("{{{{ ref('m_{}_{}') }}}}", layer - 1, (index * 7 + offset) % width);
            let sql = if layer == 0 { "select 1".to_string() } else { [reads(0), reads(1), reads(2)].join(" ") };
            big = big.model(&format!("m_{layer}_{index}.sql"), &sql);
        }
    }
    let ids: Vec<_> = big.manifest.nodes.values().map(|node| node.name.clone()).collect();
    for (index, name) in ids.iter().enumerate() {
        big = big.generic_test("unique", name, &[]).generic_test("not_null", name, &[]);
        if index % 2 == 0 {
            let other = ids[(index * 13 + 5) % ids.len()].clone();
            big = big.generic_test("relationships", name, &[&other]);
        }
    }
    let plan = planned(&big, Command::Build, "").expect("a plan");
    assert_eq!(plan.steps.len(), layers * width * 7 / 2);
    let is_ordered =
        |(index, step): (usize, &tamis::plan::Step)| step.prerequisites.iter().all(|before| *before < index);
    assert!(plan.steps.iter().enumerate().all(is_ordered));
}

#[test]
fn microbatch_models_are_refused_before_anything_is_built_and_can_be_looked_at() {
    let config = json!({"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at"});
    let shop = built().model("stg.sql", "select 1 as id").model_with(
        "days.sql",
        "{{ config(incremental_strategy='microbatch') }} select * from {{ ref('stg') }}",
        config,
    );
    assert_snapshot!(shown(&shop, Command::Build, ""), @r#"
    error[unsupported-strategy]: model `days` is built by `microbatch`, which does not work here yet
     --> models/days.sql:1:32 "'microbatch'" nothing was built
    help: choose another `incremental_strategy`, or leave it out with `--exclude days`
    "#);
    assert_snapshot!(shown(&shop, Command::Run, "stg"), @"   0 model model.stg");
    assert_snapshot!(shown(&shop, Command::Compile, ""), @"
    0 compile model.days
    1 compile model.stg
    ");
}
