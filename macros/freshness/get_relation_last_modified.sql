{#
    get_relation_last_modified(information_schema, relations): when relations last changed, as the warehouse's own
    metadata know it, and what time it is now. The answer of a statement, not SQL. DuckDB keeps no such times.

    bigquery  select table_schema as schema, table_name as identifier, storage_last_modified_time as last_modified, …
              from `dev`.`region-us`.INFORMATION_SCHEMA.TABLE_STORAGE where …
#}
{% macro get_relation_last_modified(information_schema, relations) %}
    {{ return(adapter.dispatch('get_relation_last_modified', 'dbt')(information_schema, relations)) }}
{% endmacro %}

{% macro default__get_relation_last_modified(information_schema, relations) %}
    {{ exceptions.raise_not_implemented('get_relation_last_modified macro not implemented for adapter ' ~ adapter.type()) }}
{% endmacro %}

{% macro bigquery__get_relation_last_modified(information_schema, relations) -%}
    {%- set located = relations[0].incorporate(location=adapter.get_dataset_location(relations[0])) -%}
    {%- set wanted = [] -%}
    {%- for relation in relations -%}
        {%- do wanted.append(
            "(upper(table_schema) = upper('" ~ relation.schema ~ "') and upper(table_name) = upper('" ~ relation.identifier ~ "'))"
        ) -%}
    {%- endfor -%}
    {%- call statement('last_modified', fetch_result=true) -%}
        select
            table_schema as schema,
            table_name as identifier,
            storage_last_modified_time as last_modified,
            {{ current_timestamp() }} as snapshotted_at
        from {{ located.information_schema('TABLE_STORAGE') }}
        where {{ wanted | join('\n            or ') }}
    {%- endcall -%}
    {{ return(load_result('last_modified')) }}
{%- endmacro %}
