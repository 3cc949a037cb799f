{#
    get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false): rows of the target
    that the predicates name go, all new rows come, in one statement.

    bigquery  merge into `dev`.`main`.`t` as DBT_INTERNAL_DEST
                  using (…) as DBT_INTERNAL_SOURCE
                  on FALSE
              when not matched by source
                  and DBT_INTERNAL_DEST.day in unnest(dbt_partitions_for_replacement)
                  then delete
              when not matched then insert
                  (`id`)
              values
                  (`id`)
#}
{% macro get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false) -%}
    {{ adapter.dispatch('get_insert_overwrite_merge_sql', 'dbt')(target, source, dest_columns, predicates, include_sql_header) }}
{%- endmacro %}

{% macro default__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
    {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
    {%- set header = config.get('sql_header', none) -%}
{{ header ~ '\n' if header is not none and include_sql_header -}}
merge into {{ target }} as DBT_INTERNAL_DEST
    using {{ source }} as DBT_INTERNAL_SOURCE
    on FALSE

when not matched by source
    {% if predicates %}and {{ predicates | join(' and ') }}{% endif %}
    then delete

when not matched then insert
    ({{ columns }})
values
    ({{ columns }})
{%- endmacro %}
