{#
    get_incremental_insert_overwrite_sql(arg_dict): strategy `insert_overwrite`: whole partitions are replaced. BigQuery
    writes its own, in `bq_insert_overwrite_sql`.

    bigquery  merge into `dev`.`main`.`t` … on FALSE when not matched by source … then delete when not matched …
#}
{% macro get_incremental_insert_overwrite_sql(arg_dict) %}
    {{ return(adapter.dispatch('get_incremental_insert_overwrite_sql', 'dbt')(arg_dict)) }}
{% endmacro %}

{% macro default__get_incremental_insert_overwrite_sql(arg_dict) %}
    {{ return(get_insert_overwrite_merge_sql(
        arg_dict['target_relation'],
        arg_dict['temp_relation'],
        arg_dict['dest_columns'],
        arg_dict['incremental_predicates']
    )) }}
{% endmacro %}
