{#
    get_create_materialized_view_as_sql(relation, sql): the statement that makes a materialized view.

    bigquery  create materialized view if not exists `dev`.`main`.`crime_counts`
              cluster by area
              OPTIONS(
                enable_refresh=True
              )
              as select …
#}
{% macro get_create_materialized_view_as_sql(relation, sql) -%}
    {{ adapter.dispatch('get_create_materialized_view_as_sql', 'dbt')(relation, sql) }}
{%- endmacro %}

{% macro default__get_create_materialized_view_as_sql(relation, sql) -%}
    {{ exceptions.raise_compiler_error('`get_create_materialized_view_as_sql` has not been implemented for this adapter.') }}
{%- endmacro %}

{% macro duckdb__get_create_materialized_view_as_sql(relation, sql) -%}
    {{ exceptions.raise_compiler_error(
        'DuckDB has no materialized views: model `' ~ model.name ~ '` can be a view, or a table that each run makes anew'
    ) }}
{%- endmacro %}

{% macro bigquery__get_create_materialized_view_as_sql(relation, sql) -%}
create materialized view if not exists {{ relation }}
{{ bigquery__materialized_view_clauses(sql) }}
{%- endmacro %}
