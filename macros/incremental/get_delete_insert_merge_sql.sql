{#
    get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates): rows of the target
    whose key is among the new rows go, the new rows come. Without a key nothing goes.

    duckdb    delete from "dev"."main"."t"
              where (
                  id) in (
                  select (id)
                  from "t__dbt_tmp"
              );
              insert into "dev"."main"."t" ("id", "area")
              (
                  select "id", "area"
                  from "t__dbt_tmp"
              )
              with several keys: delete from … as DBT_INCREMENTAL_TARGET using "t__dbt_tmp" where (…)
#}
{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
    {{ adapter.dispatch('get_delete_insert_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates) }}
{%- endmacro %}

{% macro default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
    {%- set keys = unique_key if unique_key is string else unique_key | join(', ') -%}
    {%- if unique_key -%}
delete from {{ target }} as DBT_INTERNAL_DEST
where ({{ keys }}) in (
    select distinct {{ keys }}
    from {{ source }} as DBT_INTERNAL_SOURCE
)
    {%- for predicate in incremental_predicates or [] %}
and {{ predicate }}
{%- endfor -%};
{% endif -%}
{{ get_insert_into_sql(target, source, dest_columns) | trim }}
{%- endmacro %}

{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
    {%- set predicates = incremental_predicates or [] -%}
    {%- set has_several_keys = unique_key is sequence and unique_key is not string -%}
    {%- if unique_key and has_several_keys -%}
delete from {{ target }} as DBT_INCREMENTAL_TARGET
using {{ source }}
where (
        {%- for key in unique_key %}
    {{ source }}.{{ key }} = DBT_INCREMENTAL_TARGET.{{ key }}
    {{- ' and' if not loop.last }}
        {%- endfor %}
        {%- for predicate in predicates %}
    and {{ predicate }}
        {%- endfor %}
);
{% elif unique_key -%}
delete from {{ target }}
where (
    {{ unique_key }}) in (
    select ({{ unique_key }})
    from {{ source }}
)
    {%- for predicate in predicates %}
and {{ predicate }}
{%- endfor -%};
{% endif -%}
{{ get_insert_into_sql(target, source, dest_columns) | trim }}
{%- endmacro %}
