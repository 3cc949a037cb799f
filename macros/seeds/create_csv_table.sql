{#
    create_csv_table(model, agate_table): makes an empty table for a seed, with the types its rows and `column_types`
    give. Packages call it; the seed materialization loads in one step instead.

    both      create table "dev"."main"."areas" (
                  "id" integer, "name" text
              )
#}
{% macro create_csv_table(model, agate_table) -%}
    {{ adapter.dispatch('create_csv_table', 'dbt')(model, agate_table) }}
{%- endmacro %}

{% macro default__create_csv_table(model, agate_table) %}
    {%- set given = model['config'].get('column_types', {}) -%}
    {%- set is_quoted = model['config'].get('quote_columns', none) -%}
    {%- set columns = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set type = given.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
        {%- do columns.append(adapter.quote_seed_column(name | string, is_quoted) ~ ' ' ~ type) -%}
    {%- endfor -%}
    {%- set create = 'create table ' ~ this.render() ~ ' (\n    ' ~ columns | join(',\n    ') ~ '\n)' -%}
    {%- call statement('_') -%}
        {{ create }}
    {%- endcall -%}
    {{ return(create) }}
{% endmacro %}

{% macro bigquery__create_csv_table(model, agate_table) %}
    {{ return(default__create_csv_table(model, agate_table)) }}
{% endmacro %}
