{#
    refresh_materialized_view(relation): the statement that brings a materialized view's rows up to date.

    bigquery  call bq.refresh_materialized_view('dev.main.crime_counts')
#}
{% macro refresh_materialized_view(relation) -%}
    {{ adapter.dispatch('refresh_materialized_view', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__refresh_materialized_view(relation) -%}
    {{ exceptions.raise_compiler_error('`refresh_materialized_view` has not been implemented for this adapter.') }}
{%- endmacro %}

{% macro bigquery__refresh_materialized_view(relation) -%}
call bq.refresh_materialized_view('{{ relation.database }}.{{ relation.schema }}.{{ relation.identifier }}')
{%- endmacro %}
