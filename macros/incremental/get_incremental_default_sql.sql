{#
    get_incremental_default_sql(arg_dict): the strategy of a model that names none: delete+insert on DuckDB, else append.
    BigQuery's default, merge, is chosen by `dbt_bigquery_validate_get_incremental_strategy`.

    duckdb    delete from … ; insert into …
#}
{% macro get_incremental_default_sql(arg_dict) %}
    {{ return(adapter.dispatch('get_incremental_default_sql', 'dbt')(arg_dict)) }}
{% endmacro %}

{% macro default__get_incremental_default_sql(arg_dict) %}
    {{ return(get_incremental_append_sql(arg_dict)) }}
{% endmacro %}

{% macro duckdb__get_incremental_default_sql(arg_dict) %}
    {{ return(get_incremental_delete_insert_sql(arg_dict)) }}
{% endmacro %}
