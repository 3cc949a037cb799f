{#
    unique_key_fields(unique_key): the columns that hold a row's key, one or several.

    both      id as dbt_unique_key
              id as dbt_unique_key_1, area as dbt_unique_key_2
#}
{% macro unique_key_fields(unique_key) %}
    {%- if unique_key | is_list -%}
        {%- for key in unique_key -%}
            {{ key }} as dbt_unique_key_{{ loop.index }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    {%- else -%}
        {{ unique_key }} as dbt_unique_key
    {%- endif -%}
{% endmacro %}
