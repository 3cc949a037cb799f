{#
    get_create_intermediate_sql(relation, sql): the statements that build a relation's next version beside it, without
    what an earlier run may have left there.

    duckdb    drop table if exists … "fact_crimes__dbt_tmp" cascade;
              create table … "fact_crimes__dbt_tmp" as (…);
    bigquery  the same in its own words
#}
{% macro get_create_intermediate_sql(relation, sql) -%}
    {{ adapter.dispatch('get_create_intermediate_sql', 'dbt')(relation, sql) }}
{%- endmacro %}

{% macro default__get_create_intermediate_sql(relation, sql) -%}
    {%- set intermediate = make_intermediate_relation(relation) -%}
{{ get_drop_sql(intermediate) }};
{{ get_create_sql(intermediate, sql) }}
{%- endmacro %}
