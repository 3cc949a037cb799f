{#
    snapshot_merge_sql(target, source, insert_cols): the statement that puts changes into a snapshot's table: rows that
    changed or went are ended, new rows are added.

    duckdb    update "dev"."snapshots"."areas" as DBT_INTERNAL_TARGET
              set dbt_valid_to = DBT_INTERNAL_SOURCE.dbt_valid_to
              from "areas__dbt_tmp" as DBT_INTERNAL_SOURCE
              where …;
              insert into "dev"."snapshots"."areas" (…) select … where DBT_INTERNAL_SOURCE.dbt_change_type = 'insert';
    bigquery  merge into `dev`.`snapshots`.`areas` as DBT_INTERNAL_DEST using … as DBT_INTERNAL_SOURCE on … when matched
              … then update set dbt_valid_to = … when not matched … then insert (…) values (…)
#}
{% macro snapshot_merge_sql(target, source, insert_cols) -%}
    {{ adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols) }}
{%- endmacro %}

{% macro default__snapshot_merge_sql(target, source, insert_cols) -%}
    {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
    {%- set names = insert_cols | join(', ') -%}
merge into {{ target.render() }} as DBT_INTERNAL_DEST
using {{ source }} as DBT_INTERNAL_SOURCE
on DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}

when matched
    and {{ snapshot_is_current_sql('DBT_INTERNAL_DEST.' ~ columns.dbt_valid_to, columns) | trim }}
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    then update set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}

when not matched
    and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
    then insert ({{ names }})
    values ({{ names }})
{%- endmacro %}

{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) -%}
    {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
update {{ target }} as DBT_INTERNAL_TARGET
set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
from {{ source }} as DBT_INTERNAL_SOURCE
where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }}::text = DBT_INTERNAL_TARGET.{{ columns.dbt_scd_id }}::text
    and DBT_INTERNAL_SOURCE.dbt_change_type::text in ('update', 'delete')
    and {{ snapshot_is_current_sql('DBT_INTERNAL_TARGET.' ~ columns.dbt_valid_to, columns) | trim }};

insert into {{ target }} ({{ insert_cols | join(', ') }})
select DBT_INTERNAL_SOURCE.{{ insert_cols | join(', DBT_INTERNAL_SOURCE.') }}
from {{ source }} as DBT_INTERNAL_SOURCE
where DBT_INTERNAL_SOURCE.dbt_change_type::text = 'insert';
{%- endmacro %}
