{#
    get_replace_materialized_view_sql(relation, sql): the statement that replaces a materialized view by another.

    bigquery  create or replace materialized view `dev`.`main`.`crime_counts` OPTIONS(…) as select …
#}
{% macro get_replace_materialized_view_sql(relation, sql) -%}
    {{ adapter.dispatch('get_replace_materialized_view_sql', 'dbt')(relation, sql) }}
{%- endmacro %}

{% macro default__get_replace_materialized_view_sql(relation, sql) -%}
    {{ exceptions.raise_compiler_error('`get_replace_materialized_view_sql` has not been implemented for this adapter.') }}
{%- endmacro %}

{% macro bigquery__get_replace_materialized_view_sql(relation, sql) -%}
create or replace materialized view {{ relation }}
{{ bigquery__materialized_view_clauses(sql) }}
{%- endmacro %}

{# The name that dbt-bigquery gives it. #}
{% macro bigquery__get_replace_materialized_view_as_sql(relation, sql) -%}
    {{ bigquery__get_replace_materialized_view_sql(relation, sql) }}
{%- endmacro %}
