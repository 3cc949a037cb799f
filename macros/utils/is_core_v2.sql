{#
    is_core_v2(): whether `dbt_version` is of the second line. A value for macros, not SQL.
#}
{% macro is_core_v2() -%}
    {{ return(dbt_version.split('.')[0] == '2') }}
{%- endmacro %}
