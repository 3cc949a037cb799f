{#
    get_incremental_merge_sql(arg_dict): strategy `merge`: rows with the same key are updated, others added.

    duckdb    MERGE INTO "dev"."main"."t" AS DBT_INTERNAL_DEST USING "t__dbt_tmp" AS DBT_INTERNAL_SOURCE ON (…) …
    bigquery  merge into `dev`.`main`.`t` as DBT_INTERNAL_DEST using `…` as DBT_INTERNAL_SOURCE on (…) …
#}
{% macro get_incremental_merge_sql(arg_dict) %}
    {{ return(adapter.dispatch('get_incremental_merge_sql', 'dbt')(arg_dict)) }}
{% endmacro %}

{% macro default__get_incremental_merge_sql(arg_dict) %}
    {{ return(get_merge_sql(
        arg_dict['target_relation'],
        arg_dict['temp_relation'],
        arg_dict['unique_key'],
        arg_dict['dest_columns'],
        arg_dict['incremental_predicates']
    )) }}
{% endmacro %}

{% macro duckdb__get_incremental_merge_sql(args_dict) %}
    {{ return(duckdb__get_merge_sql(
        args_dict['target_relation'],
        args_dict['temp_relation'],
        args_dict['unique_key'],
        args_dict['dest_columns'],
        normalize_incremental_predicates(args_dict.get('incremental_predicates'))
    )) }}
{% endmacro %}
