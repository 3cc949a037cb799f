{#
    load_csv_rows(model, agate_table): puts a seed's rows into its table, replacing what is in it. The rows are those of
    the file; `agate_table` tells only which file.

    both      the statement that was run, or nothing where it was a load job
#}
{% macro load_csv_rows(model, agate_table) -%}
    {{ adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table) }}
{%- endmacro %}

{% macro default__load_csv_rows(model, agate_table) %}
    {%- set row_count = adapter.load_seed(this.incorporate(type='table')) -%}
    {{ return('-- ' ~ row_count ~ ' rows of ' ~ model['original_file_path']) }}
{% endmacro %}

{% macro duckdb__load_csv_rows(model, agate_table) %}
    {{ return(default__load_csv_rows(model, agate_table)) }}
{% endmacro %}

{% macro bigquery__load_csv_rows(model, agate_table) %}
    {{ return(default__load_csv_rows(model, agate_table)) }}
{% endmacro %}
