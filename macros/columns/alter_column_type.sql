{#
    alter_column_type(relation, column_name, new_column_type): gives a column another type, and its values with it.
    BigQuery reads the whole table for that, and bills it.

    duckdb    alter table "dev"."main"."t" alter column "id" type VARCHAR
    bigquery  create or replace table `dev`.`main`.`t` … as (select CAST(`id` AS STRING) AS `id`, `area` from …)
#}
{% macro alter_column_type(relation, column_name, new_column_type) -%}
    {{ return(adapter.dispatch('alter_column_type', 'dbt')(relation, column_name, new_column_type)) }}
{%- endmacro %}

{% macro default__alter_column_type(relation, column_name, new_column_type) -%}
    {%- set table, old, new = relation.render(), adapter.quote(column_name), adapter.quote(column_name ~ '__dbt_alter') -%}
    {%- call statement('alter_column_type') -%}
        alter table {{ table }} add column {{ new }} {{ new_column_type }};
        update {{ table }} set {{ new }} = {{ old }};
        alter table {{ table }} drop column {{ old }} cascade;
        alter table {{ table }} rename column {{ new }} to {{ old }}
    {%- endcall -%}
{%- endmacro %}

{# One statement: DuckDB 1.5 cannot rename a column in the transaction that filled it. #}
{% macro duckdb__alter_column_type(relation, column_name, new_column_type) -%}
    {%- call statement('alter_column_type') -%}
        alter table {{ relation.render() }} alter column {{ adapter.quote(column_name) }} type {{ new_column_type }}
    {%- endcall -%}
{%- endmacro %}

{% macro bigquery__alter_column_type(relation, column_name, new_column_type) -%}
    {%- set columns = [] -%}
    {%- for column in get_columns_in_relation(relation) -%}
        {%- set name = column.quoted -%}
        {%- do columns.append('CAST(' ~ name ~ ' AS ' ~ new_column_type ~ ') AS ' ~ name if column.column == column_name else name) -%}
    {%- endfor -%}
    {%- call statement('alter_column_type') -%}
        {{ create_table_as(false, relation, 'select\n    ' ~ columns | join(',\n    ') ~ '\nfrom ' ~ relation.render()) }}
    {%- endcall -%}
{%- endmacro %}
