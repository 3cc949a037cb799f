{#
    alter_relation_comment(relation, relation_comment): writes a relation's description.

    duckdb    comment on table "dev"."main"."fact_crimes" is '…';
    bigquery  the table is patched
#}
{% macro alter_relation_comment(relation, relation_comment) -%}
    {{ return(adapter.dispatch('alter_relation_comment', 'dbt')(relation, relation_comment)) }}
{%- endmacro %}

{% macro default__alter_relation_comment(relation, relation_comment) -%}
    {{ exceptions.raise_not_implemented('alter_relation_comment macro not implemented for adapter ' ~ adapter.type()) }}
{%- endmacro %}

{% macro duckdb__alter_relation_comment(relation, comment) -%}
comment on {{ relation.type }} {{ relation.render() }} is {{ duckdb_escape_comment(comment) }};
{%- endmacro %}

{% macro bigquery__alter_relation_comment(relation, relation_comment) -%}
    {%- if not adapter.behavior.bigquery_noop_alter_relation_comment.no_warn -%}
        {%- do adapter.update_table_description(relation.database, relation.schema, relation.identifier, relation_comment) -%}
    {%- endif -%}
{%- endmacro %}
