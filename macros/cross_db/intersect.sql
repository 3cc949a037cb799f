{#
    intersect(): the set operator between two queries that keeps the distinct rows found in both.

    duckdb    intersect
    bigquery  intersect distinct
#}
{% macro intersect() %}
    {{ return(adapter.dispatch('intersect', 'dbt')()) }}
{% endmacro %}

{% macro default__intersect() %}
    intersect
{% endmacro %}

{% macro bigquery__intersect() %}
    intersect distinct
{% endmacro %}
