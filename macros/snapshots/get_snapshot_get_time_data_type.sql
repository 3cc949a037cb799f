{#
    get_snapshot_get_time_data_type(): the type of the moment of a snapshot, asked of the warehouse.
    A value for macros, not SQL: TIMESTAMP.
#}
{% macro get_snapshot_get_time_data_type() %}
    {%- set time = adapter.dispatch('snapshot_get_time', 'dbt')() -%}
    {{ return(get_column_schema_from_query('select ' ~ time ~ ' as dbt_snapshot_time')[0].dtype or none) }}
{% endmacro %}
