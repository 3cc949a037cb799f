{#
    get_merge_unique_key_match(source_unique_key, target_unique_key): the condition under which two keys are the same.
    BigQuery recognizes its partition filter only beside plain comparisons, also where nulls are to be equal.

    both      (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
#}
{% macro get_merge_unique_key_match(source_unique_key, target_unique_key) %}
    {{ return(adapter.dispatch('get_merge_unique_key_match', 'dbt')(source_unique_key, target_unique_key)) }}
{% endmacro %}

{% macro default__get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
    {{ return(equals(source_unique_key, target_unique_key) | trim) }}
{%- endmacro %}

{% macro bigquery__get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
    {%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn -%}
(({{ source_unique_key }} is null and {{ target_unique_key }} is null) or ({{ source_unique_key }} = {{ target_unique_key }}))
    {%- else -%}
({{ source_unique_key }} = {{ target_unique_key }})
    {%- endif -%}
{%- endmacro %}
