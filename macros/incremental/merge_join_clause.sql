{#
    duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates): how a merge finds the rows
    that are already there.

    duckdb    ON (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id) AND (seen_at > '2024-01-01')
              USING (id)
#}
{% macro duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates) -%}
    {%- set filters = normalize_incremental_predicates(incremental_predicates) -%}
    {%- set has_several_keys = unique_key is sequence and unique_key is not mapping and unique_key is not string -%}
    {%- set matches = [] -%}
    {%- for key in (unique_key if has_several_keys else [unique_key]) if key -%}
        {%- do matches.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}
    {%- endfor -%}
    {%- if merge_on_using_columns -%}
USING ({{ merge_on_using_columns | join(', ') }})
{%- if filters %} ON ({{ filters | join(') AND (') }}){% endif -%}
    {%- else -%}
ON ({{ ((matches or ['FALSE']) + filters) | join(') AND (') }})
    {%- endif -%}
{%- endmacro %}
