{#
    get_empty_schema_sql(columns): a query that has the columns and types of a contract.

    both      select cast(null as integer) as id, cast(null as varchar) as area
#}
{% macro get_empty_schema_sql(columns) -%}
    {{ return(adapter.dispatch('get_empty_schema_sql', 'dbt')(columns)) }}
{%- endmacro %}

{% macro default__get_empty_schema_sql(columns) %}
    {%- set untyped, unsized, selected = [], [], [] -%}
    {%- for column in columns.values() -%}
        {%- if not column.get('data_type') -%}
            {%- do untyped.append(column['name']) -%}
        {%- else -%}
            {%- if column['data_type'].strip().lower() in ['numeric', 'decimal', 'number'] -%}
                {%- do unsized.append(column['name']) -%}
            {%- endif -%}
            {%- set name = adapter.quote(column['name']) if column.get('quote') else column['name'] -%}
            {%- do selected.append(cast('null', column['data_type']) | trim ~ ' as ' ~ name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if untyped -%}
        {{ exceptions.column_type_missing(column_names=untyped) }}
    {%- elif unsized -%}
        {{ exceptions.warn('Detected columns with numeric type and unspecified precision/scale, this can lead to unintended rounding: ' ~ unsized ~ '`') }}
    {%- endif -%}
    {{ return('select ' ~ selected | join(', ')) }}
{% endmacro %}

{% macro bigquery__get_empty_schema_sql(columns) %}
    {%- set untyped = [] -%}
    {%- for column in columns.values() if not column.get('data_type') -%}
        {%- do untyped.append(column['name']) -%}
    {%- endfor -%}
    {%- if untyped -%}
        {{ exceptions.column_type_missing(column_names=untyped) }}
    {%- endif -%}
    {{ return(default__get_empty_schema_sql(adapter.nest_column_data_types(columns))) }}
{% endmacro %}
