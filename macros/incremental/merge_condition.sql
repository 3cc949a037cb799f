{#
    duckdb__merge_condition(clause): the further condition of one entry of `merge_clauses`, if it has one.

    duckdb    AND DBT_INTERNAL_SOURCE.updated_at > DBT_INTERNAL_DEST.updated_at
#}
{% macro duckdb__merge_condition(clause) -%}
    {%- set condition = clause.get('condition') -%}
{%- if condition is string and condition %} AND {{ condition }}
{%- elif condition %} AND ({{ condition | join(') AND (') }})
    {%- endif -%}
{%- endmacro %}
