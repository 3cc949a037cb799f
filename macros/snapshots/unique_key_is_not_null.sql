{#
    unique_key_is_not_null(unique_key, identifier): the condition under which a joined row was found.

    both      snapshotted_data.dbt_unique_key is not null
#}
{% macro unique_key_is_not_null(unique_key, identifier) %}
    {{ identifier }}.dbt_unique_key{{ '_1' if unique_key | is_list }} is not null
{% endmacro %}
