{#
    bigquery__materialized_view_options(config, node): the options of a materialized view by name: those of a view, and
    when it refreshes. A value for macros: {'enable_refresh': True, 'refresh_interval_minutes': 30.0}.
#}
{% macro bigquery__materialized_view_options(config, node) %}
    {%- set options = {} -%}
    {%- do options.update(adapter.get_view_options(config, node)) -%}
    {%- set refreshes = config.get('enable_refresh', true) -%}
    {%- do options.update({'enable_refresh': refreshes}) -%}
    {%- if refreshes -%}
        {%- do options.update({'refresh_interval_minutes': config.get('refresh_interval_minutes', 30)}) -%}
    {%- endif -%}
    {%- for name in ['max_staleness', 'allow_non_incremental_definition'] if config.get(name) is not none -%}
        {%- do options.update({name: config.get(name)}) -%}
    {%- endfor -%}
    {{ return(options) }}
{% endmacro %}
