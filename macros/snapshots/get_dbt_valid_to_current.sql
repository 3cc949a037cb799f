{#
    get_dbt_valid_to_current(strategy, columns): the end of a row that is current: null, or `dbt_valid_to_current`; in
    the type of the strategy's time.

    both      coalesce(nullif(updated_at, updated_at), null) as dbt_valid_to
#}
{% macro get_dbt_valid_to_current(strategy, columns) %}
    {%- set current = config.get('dbt_valid_to_current') or 'null' %}
coalesce(nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}), {{ current }}) as {{ columns.dbt_valid_to }}
{% endmacro %}
