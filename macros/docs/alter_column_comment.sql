{#
    alter_column_comment(relation, column_dict): writes the descriptions of columns that the relation has.

    duckdb    comment on column "dev"."main"."fact_crimes".area is '…';
    bigquery  the table's schema is patched
#}
{% macro alter_column_comment(relation, column_dict) -%}
    {{ return(adapter.dispatch('alter_column_comment', 'dbt')(relation, column_dict)) }}
{%- endmacro %}

{% macro default__alter_column_comment(relation, column_dict) -%}
    {{ exceptions.raise_not_implemented('alter_column_comment macro not implemented for adapter ' ~ adapter.type()) }}
{%- endmacro %}

{% macro duckdb__alter_column_comment(relation, column_dict) %}
    {%- for name, column in column_dict.items() %}
comment on column {{ relation.render() }}.{{ adapter.quote(name) if column['quote'] else name }} is {{ duckdb_escape_comment(column['description']) }};
    {%- endfor %}
{% endmacro %}

{% macro bigquery__alter_column_comment(relation, column_dict) -%}
    {%- do adapter.update_columns(relation, column_dict) -%}
{%- endmacro %}
