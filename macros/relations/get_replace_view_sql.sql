{#
    get_replace_view_sql(relation, sql): the statement that replaces a view by another in one step.

    duckdb    create or replace view "dev"."main"."stg_crime" as (…);
    bigquery  create or replace view `dev`.`main`.`stg_crime` … as …;
#}
{% macro get_replace_view_sql(relation, sql) -%}
    {{ adapter.dispatch('get_replace_view_sql', 'dbt')(relation, sql) }}
{%- endmacro %}

{% macro default__get_replace_view_sql(relation, sql) -%}
    {{ exceptions.raise_compiler_error('`get_replace_view_sql` has not been implemented for this adapter.') }}
{%- endmacro %}

{% macro duckdb__get_replace_view_sql(relation, sql) -%}
create or replace view {{ relation.render() }} as (
{{ sql }}
);
{%- endmacro %}

{% macro bigquery__get_replace_view_sql(relation, sql) -%}
    {{ get_create_view_as_sql(relation, sql) }}
{%- endmacro %}
