{#
    alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none): adds and drops columns.

    duckdb    alter table "dev"."main"."t" add column "area" VARCHAR
              alter table "dev"."main"."t" drop column "area"
    bigquery  the table's schema is patched; alter table `dev`.`main`.`t` drop column `area`
#}
{% macro alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none) -%}
    {{ return(adapter.dispatch('alter_relation_add_remove_columns', 'dbt')(relation, add_columns, remove_columns)) }}
{%- endmacro %}

{% macro default__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
    {%- set clauses = [] -%}
    {%- for column in add_columns or [] -%}
        {%- do clauses.append('add column ' ~ column.quoted ~ ' ' ~ column.expanded_data_type) -%}
    {%- endfor -%}
    {%- for column in remove_columns or [] -%}
        {%- do clauses.append('drop column ' ~ column.quoted) -%}
    {%- endfor -%}
    {%- do run_query('alter ' ~ relation.type ~ ' ' ~ relation.render() ~ '\n    ' ~ clauses | join(',\n    ')) -%}
{% endmacro %}

{# DuckDB changes one column a statement. #}
{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
    {%- for column in add_columns or [] -%}
        {%- do run_query('alter ' ~ relation.type ~ ' ' ~ relation.render() ~ ' add column ' ~ column.quoted ~ ' ' ~ column.data_type) -%}
    {%- endfor -%}
    {%- for column in remove_columns or [] -%}
        {%- do run_query('alter ' ~ relation.type ~ ' ' ~ relation.render() ~ ' drop column ' ~ column.quoted) -%}
    {%- endfor -%}
{% endmacro %}

{% macro bigquery__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
    {%- if add_columns -%}
        {%- do bigquery__alter_relation_add_columns(relation, add_columns) -%}
    {%- endif -%}
    {%- if remove_columns -%}
        {%- do bigquery__alter_relation_drop_columns(relation, remove_columns) -%}
    {%- endif -%}
{% endmacro %}
