{#
    get_replace_table_sql(relation, sql): the statement that replaces a table by another in one step.

    duckdb    create or replace table "dev"."main"."fact_crimes" as (…);
    bigquery  create or replace table `dev`.`main`.`fact_crimes` … as (…);
#}
{% macro get_replace_table_sql(relation, sql) -%}
    {{ adapter.dispatch('get_replace_table_sql', 'dbt')(relation, sql) }}
{%- endmacro %}

{% macro default__get_replace_table_sql(relation, sql) -%}
    {{ exceptions.raise_compiler_error('`get_replace_table_sql` has not been implemented for this adapter.') }}
{%- endmacro %}

{% macro duckdb__get_replace_table_sql(relation, sql) -%}
create or replace table {{ relation.render() }} as (
{{ sql }}
);
{%- endmacro %}

{% macro bigquery__get_replace_table_sql(relation, sql) -%}
    {{ get_create_table_as_sql(false, relation, sql) }}
{%- endmacro %}
