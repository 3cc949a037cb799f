{#
    get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted): the rows a unit test expects, with the
    columns that its rows name.

    duckdb    select cast(1 as BIGINT) as "id"
    bigquery  select safe_cast(1 as INT64) as `id`
#}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}
{%- for row in rows -%}
select {% for name, value in format_row(row, column_name_to_data_types).items() %}{{ value }} as {{ column_name_to_quoted[name] }}{{ ', ' if not loop.last }}{% endfor %}
{{- '\nunion all\n' if not loop.last }}
{%- endfor %}
{%- if not rows -%}
    select * from dbt_internal_unit_test_actual
    limit 0
{%- endif -%}
{% endmacro %}
