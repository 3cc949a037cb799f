{#
    unique_key_join_on(unique_key, identifier, from_identifier): the condition under which two rows have the same key.

    both      snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
#}
{% macro unique_key_join_on(unique_key, identifier, from_identifier) %}
    {%- if unique_key | is_list -%}
        {%- for key in unique_key -%}
            {%- set name = '.dbt_unique_key_' ~ loop.index -%}
        {{ equals(identifier ~ name, from_identifier ~ name) | trim }}{{ ' and ' if not loop.last }}
        {%- endfor -%}
    {%- else -%}
        {{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
    {%- endif -%}
{% endmacro %}
