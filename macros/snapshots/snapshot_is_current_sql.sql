{#
    snapshot_is_current_sql(valid_to, columns): the condition under which a row of a snapshot has not ended. With
    `dbt_valid_to_current` such rows carry that value; older ones may still have null.

    both      dbt_valid_to is null
              ( (dbt_valid_to = date '9999-12-31') or dbt_valid_to is null )
#}
{% macro snapshot_is_current_sql(valid_to, columns) -%}
    {%- set current = config.get('dbt_valid_to_current') -%}
    {%- if current -%}
( {{ equals(valid_to, current | trim) | trim }} or {{ valid_to }} is null )
    {%- else -%}
{{ valid_to }} is null
    {%- endif -%}
{%- endmacro %}
