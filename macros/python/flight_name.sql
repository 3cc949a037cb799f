{#
    flight_name(parsed_model): the name under which MotherDuck runs a model in Python.

    duckdb    dbt-shop-dev-main-orders
#}
{% macro flight_name(parsed_model) -%}
    {{ return(adapter.dispatch('flight_name', 'dbt')(parsed_model)) }}
{%- endmacro %}

{% macro default__flight_name(parsed_model) -%}
    {{ return(duckdb__flight_name(parsed_model)) }}
{%- endmacro %}

{% macro duckdb__flight_name(parsed_model) -%}
    {%- set parts = ['dbt'] -%}
    {%- for key in ['package_name', 'database', 'schema'] if parsed_model.get(key) -%}
        {%- do parts.append(parsed_model.get(key)) -%}
    {%- endfor -%}
    {%- set name = parsed_model.get('alias') or parsed_model.get('name') -%}
    {{ return((parts + ([name] if name else [])) | join('-')) }}
{%- endmacro %}
