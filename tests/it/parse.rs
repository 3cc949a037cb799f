//! Projects as written, and what parsing makes of them.

use insta::assert_snapshot;

use crate::support::project::project;

#[test]
fn ref_to_a_missing_model_suggests_the_nearest_name() {
    let project = project().model("stg_crimes", "select 1 as id").model("core", "select * from {{ ref('stg_crime') }}");
    assert_snapshot!(project.problems(), @r"
    error[unresolved-ref]: model `core` refers to `stg_crime`, which does not exist
     --> models/core.sql:1:18
      |
    1 | select * from {{ ref('stg_crime') }}
      |                  ^^^^^^^^^^^^^^^^ no model, seed or snapshot has this name
      |
    help: did you mean `stg_crimes`?
    ");
}
