{#
    How a materialized view is made, on warehouses that have them: made when it is not there, replaced with
    --full-refresh or where something else is in its place, altered where its configuration changed, else refreshed.
    DuckDB has none and says so.

    bigquery  create materialized view if not exists `dev`.`main`.`crime_counts` OPTIONS(…) as …
#}
{% materialization materialized_view, default %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='materialized_view') -%}
    {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
    {%- set backup_relation = make_backup_relation(
        target_relation, 'materialized_view' if existing_relation is none else existing_relation.type
    ) -%}

{{ materialized_view_setup(backup_relation, intermediate_relation, pre_hooks) }}
    {%- set build_sql = materialized_view_get_build_sql(
        existing_relation, target_relation, backup_relation, intermediate_relation
    ) -%}
    {%- if build_sql | trim -%}
        {{ materialized_view_execute_build_sql(build_sql, existing_relation, target_relation, post_hooks) }}
    {%- else -%}
        {{ materialized_view_execute_no_op(target_relation) }}
    {%- endif -%}
{{ materialized_view_teardown(backup_relation, intermediate_relation, post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization materialized_view, adapter='bigquery' %}
    {%- set made = materialization_materialized_view_default() -%}
    {%- for grant_target in config.get('grant_access_to') or [] -%}
        {%- do adapter.grant_access_to(this, 'view', none, grant_target) -%}
    {%- endfor -%}
    {{ return(made) }}
{% endmaterialization %}
