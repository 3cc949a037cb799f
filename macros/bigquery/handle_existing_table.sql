{#
    handle_existing_table(full_refresh, old_relation): decides about a table that is where a view is to be. On BigQuery
    only --full-refresh lets it go, and it goes when the view is made; elsewhere it is dropped.
#}
{% macro handle_existing_table(full_refresh, old_relation) %}
    {{ adapter.dispatch('handle_existing_table', 'dbt')(full_refresh, old_relation) }}
{% endmacro %}

{% macro default__handle_existing_table(full_refresh, old_relation) %}
    {{ adapter.drop_relation(old_relation) }}
{% endmacro %}

{% macro bigquery__handle_existing_table(full_refresh, old_relation) %}
    {%- if not full_refresh -%}
        {{ exceptions.relation_wrong_type(old_relation, 'view') }}
    {%- endif -%}
{% endmacro %}
