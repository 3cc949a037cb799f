{#
    create_indexes(relation): makes the indexes of the model's `indexes` config.

    duckdb    create unique index "3f2a…" on "dev"."main"."fact_crimes" (dr_no);
#}
{% macro create_indexes(relation) -%}
    {{ adapter.dispatch('create_indexes', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__create_indexes(relation) -%}
    {%- for index in config.get('indexes', default=[]) -%}
        {%- set create = get_create_index_sql(relation, index) -%}
        {%- if create -%}
            {%- do run_query(create) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
