{#
    get_table_columns_and_constraints(): the columns, types and constraints of the model's contract, in brackets.

    duckdb    (
                  id integer not null primary key,
                  area varchar
              )
    bigquery  the same in its own types; keys are `not enforced`
#}
{% macro get_table_columns_and_constraints() -%}
    {{ adapter.dispatch('get_table_columns_and_constraints', 'dbt')() }}
{%- endmacro %}

{% macro default__get_table_columns_and_constraints() -%}
    {{ return(table_columns_and_constraints()) }}
{%- endmacro %}
