{#
    collect_freshness(source, loaded_at_field, filter): when a source was last loaded, by its own column, and what time
    it is now. The answer of a statement, not SQL.

    both      select
                  max(_loaded_at) as max_loaded_at,
                  now() as snapshotted_at
              from "dev"."staging"."crime_victim"
#}
{% macro collect_freshness(source, loaded_at_field, filter) %}
    {{ return(adapter.dispatch('collect_freshness', 'dbt')(source, loaded_at_field, filter)) }}
{% endmacro %}

{% macro default__collect_freshness(source, loaded_at_field, filter) %}
    {%- call statement('collect_freshness', fetch_result=true, auto_begin=false) -%}
    select
      max({{ loaded_at_field }}) as max_loaded_at,
      {{ current_timestamp() }} as snapshotted_at
    from {{ source }}
    {{ 'where ' ~ filter if filter }}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{% endmacro %}
