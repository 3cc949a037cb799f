{#
    reset_csv_table(model, full_refresh, old_relation, agate_table): empties a seed's table, or makes it anew with
    --full-refresh. Packages call it; the seed materialization loads in one step instead.

    both      truncate table "dev"."main"."areas"
#}
{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {{ adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table) }}
{%- endmacro %}

{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {%- if full_refresh -%}
        {{ adapter.drop_relation(old_relation) }}
        {{ return(create_csv_table(model, agate_table)) }}
    {%- endif -%}
    {{ adapter.truncate_relation(old_relation) }}
    {{ return('truncate table ' ~ old_relation.render()) }}
{% endmacro %}

{# The load job replaces the table, so nothing need go before it. #}
{% macro bigquery__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {{ return('') }}
{% endmacro %}
