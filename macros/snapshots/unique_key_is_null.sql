{#
    unique_key_is_null(unique_key, identifier): the condition under which a joined row was not found.

    both      snapshotted_data.dbt_unique_key is null
#}
{% macro unique_key_is_null(unique_key, identifier) %}
    {{ identifier }}.dbt_unique_key{{ '_1' if unique_key | is_list }} is null
{% endmacro %}
