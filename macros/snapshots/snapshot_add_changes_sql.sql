{#
    snapshot_add_changes_sql(target_relation, changes, strategy): gives the snapshot's table the columns it lacks, and
    the statement that puts the changes into it.

    duckdb    update … set dbt_valid_to = …; insert into …
    bigquery  merge into `dev`.`snapshots`.`areas` as DBT_INTERNAL_DEST using … on …
#}
{% macro snapshot_add_changes_sql(target_relation, changes, strategy) %}
    {%- set helpers = ['dbt_change_type', 'dbt_unique_key'] -%}
    {%- for key in strategy.unique_key if strategy.unique_key | is_list -%}
        {%- do helpers.append('dbt_unique_key_' ~ loop.index) -%}
    {%- endfor -%}
    {%- do adapter.expand_target_column_types(from_relation=changes, to_relation=target_relation) -%}
    {%- set added = [] -%}
    {%- for column in adapter.get_missing_columns(changes, target_relation) if column.name | lower not in helpers -%}
        {%- do added.append(column) -%}
    {%- endfor -%}
    {%- do create_columns(target_relation, added) -%}
    {%- set inserted = [] -%}
    {%- for column in adapter.get_columns_in_relation(changes) if column.name | lower not in helpers -%}
        {%- do inserted.append(adapter.quote(column.name)) -%}
    {%- endfor -%}
    {{ return(snapshot_merge_sql(target=target_relation, source=changes, insert_cols=inserted)) }}
{% endmacro %}
