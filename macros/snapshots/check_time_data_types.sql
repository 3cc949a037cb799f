{#
    check_time_data_types(sql): warns when a snapshot's own times and its source's are of different types, since what is
    compared then is not what is meant.
#}
{% macro check_time_data_types(sql) %}
    {%- set given = get_updated_at_column_data_type(sql) -%}
    {%- set own = get_snapshot_get_time_data_type() if given is not none else none -%}
    {%- if own is not none and given != own and exceptions.warn_snapshot_timestamp_data_types -%}
        {{ exceptions.warn_snapshot_timestamp_data_types(own, given) }}
    {%- endif -%}
{% endmacro %}
