{#
    safe_cast(field, type): on BigQuery a value that cannot be converted becomes null; DuckDB converts or fails.
    On BigQuery `field` may also be a list or a dictionary, for the rows of unit tests.

    duckdb    cast(victim_age as integer)
    bigquery  safe_cast(victim_age as int64)
#}
{% macro safe_cast(field, type) %}
    {{ return(adapter.dispatch('safe_cast', 'dbt')(field, type)) }}
{% endmacro %}

{% macro default__safe_cast(field, type) %}
    cast({{ field }} as {{ type }})
{% endmacro %}

{# Neither arrays nor structs can be cast from text: arrays are cast element by element, structs are written as is. #}
{% macro bigquery__safe_cast(field, type) %}
    {%- set kind = type | lower -%}
    {%- set is_list = field is iterable and field is not string and field is not mapping -%}
    {%- if kind.startswith('array') and is_list and field | length > 0 -%}
        {%- set element_type = kind[6:-1] -%}
        {%- if cast_from_string_unsupported_for(element_type) %}
        (select array_agg(safe_cast(i as {{ element_type }})) from unnest([
            {%- for element in field %}
                {{ element.strip('"').strip("'") }}{{ ',' if not loop.last }}
            {%- endfor %}
        ]) i)
        {%- else -%}
        (select array_agg(safe_cast(i as {{ element_type }})) from unnest({{ field }}) i)
        {%- endif -%}
    {%- elif kind == 'json' and field is mapping -%}
    safe_cast(json {{ dbt.string_literal(tojson(field)) }} as json)
    {%- elif cast_from_string_unsupported_for(type) and field is string -%}
    safe_cast({{ field.strip('"').strip("'") }} as {{ type }})
    {%- else -%}
    safe_cast({{ field }} as {{ type }})
    {%- endif -%}
{% endmacro %}
