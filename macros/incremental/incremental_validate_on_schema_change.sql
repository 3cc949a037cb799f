{#
    incremental_validate_on_schema_change(on_schema_change, default='ignore'): the config's value, or the default when it
    is not one of ignore, fail, append_new_columns, sync_all_columns. A value for macros, not SQL.
#}
{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
    {%- if on_schema_change in ['sync_all_columns', 'append_new_columns', 'fail', 'ignore'] -%}
        {{ return(on_schema_change) }}
    {%- endif -%}
    {%- if on_schema_change is not none -%}
        {{ exceptions.warn('`on_schema_change` is ' ~ on_schema_change ~ ', which is none of ignore, fail, append_new_columns, sync_all_columns; using ' ~ default) }}
    {%- endif -%}
    {{ return(default) }}
{% endmacro %}
