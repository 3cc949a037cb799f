{#
    get_create_index_sql(relation, index_dict): the statement that makes an index; none where there are no indexes.

    duckdb    create unique index "3f2a…" on "dev"."main"."fact_crimes" (dr_no);
#}
{% macro get_create_index_sql(relation, index_dict) -%}
    {{ return(adapter.dispatch('get_create_index_sql', 'dbt')(relation, index_dict)) }}
{%- endmacro %}

{% macro default__get_create_index_sql(relation, index_dict) -%}
    {{ return(none) }}
{%- endmacro %}

{# The name follows from what the index is, so a table that is made anew gets the same one. #}
{% macro duckdb__get_create_index_sql(relation, index_dict) -%}
    {%- set columns = index_dict.get('columns') or [] -%}
    {%- if columns is string or not columns -%}
        {{ exceptions.raise_compiler_error('an index needs `columns`, a list of names, found: ' ~ index_dict) }}
    {%- endif -%}
    {%- set kind = 'unique ' if index_dict.get('unique') else '' -%}
    {%- set name = local_md5((columns + [kind, relation.render()]) | join('_')) -%}
create {{ kind }}index "{{ name }}" on {{ relation.render() }} ({{ columns | join(', ') }});
{%- endmacro %}
