{#
    create_columns(relation, columns): adds columns to a snapshot's table.

    both      alter table "dev"."snapshots"."areas" add column "population" BIGINT;
#}
{% macro create_columns(relation, columns) %}
    {{ adapter.dispatch('create_columns', 'dbt')(relation, columns) }}
{% endmacro %}

{% macro default__create_columns(relation, columns) %}
    {%- for column in columns -%}
        {%- call statement() -%}
            alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }};
        {%- endcall -%}
    {%- endfor -%}
{% endmacro %}

{% macro bigquery__create_columns(relation, columns) %}
    {%- if columns -%}
        {%- do bigquery__alter_relation_add_columns(relation, columns) -%}
    {%- endif -%}
{% endmacro %}
