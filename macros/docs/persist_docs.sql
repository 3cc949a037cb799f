{#
    persist_docs(relation, model, for_relation=true, for_columns=true): writes descriptions into the warehouse, as far as
    the `persist_docs` config asks.

    duckdb    comment on table "dev"."main"."fact_crimes" is '…';
              comment on column "dev"."main"."fact_crimes".area is '…';
    bigquery  the table's schema is patched; a relation's own description is part of the statement that makes it
#}
{% macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
    {{ return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) }}
{%- endmacro %}

{% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do run_query(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() and model.columns -%}
        {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
        {%- set comments = alter_column_comment(relation, validate_doc_columns(relation, model.columns, existing)) -%}
        {%- if comments and comments | trim -%}
            {%- do run_query(comments) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Names with dots are fields of structs: those count as existing with all that they lie in. #}
{% macro bigquery__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do alter_relation_comment(relation, model.description) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() and model.columns -%}
        {%- set names = [] -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- for field in column.flatten() -%}
                {%- set parts = field.name.split('.') -%}
                {%- for depth in range(1, parts | length + 1) if parts[:depth] | join('.') not in names -%}
                    {%- do names.append(parts[:depth] | join('.')) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do alter_column_comment(relation, validate_doc_columns(relation, model.columns, names)) -%}
    {%- endif -%}
{%- endmacro %}
