{#
    dbt_bigquery_validate_get_incremental_strategy(config): the model's incremental strategy, merge unless it says
    otherwise; refuses what BigQuery has not. A value for macros, not SQL.
#}
{% macro dbt_bigquery_validate_get_incremental_strategy(config) %}
    {%- set strategy = config.get('incremental_strategy') or 'merge' -%}
    {%- if strategy not in ['merge', 'insert_overwrite', 'microbatch'] -%}
        {{ exceptions.raise_compiler_error(
            'Invalid incremental strategy provided: ' ~ strategy ~ "\nExpected one of: 'merge', 'insert_overwrite', 'microbatch'"
        ) }}
    {%- elif strategy == 'microbatch' -%}
        {{ bq_validate_microbatch_config(config) }}
    {%- endif -%}
    {{ return(strategy) }}
{% endmacro %}
