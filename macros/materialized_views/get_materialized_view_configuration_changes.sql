{#
    get_materialized_view_configuration_changes(existing_relation, new_config): how a materialized view differs from its
    configuration; none when it does not. A value for macros, not SQL: {'requires_full_refresh': false, 'options': {…}}.
#}
{% macro get_materialized_view_configuration_changes(existing_relation, new_config) %}
    {{ return(adapter.dispatch('get_materialized_view_configuration_changes', 'dbt')(existing_relation, new_config)) }}
{% endmacro %}

{% macro default__get_materialized_view_configuration_changes(existing_relation, new_config) %}
    {{ exceptions.raise_compiler_error('Materialized views have not been implemented for this adapter.') }}
{% endmacro %}

{# How it is partitioned and clustered can only be changed by making it anew; options can be set. #}
{% macro bigquery__get_materialized_view_configuration_changes(existing_relation, new_config) %}
    {%- set facts = adapter.describe_relation(existing_relation).get('materializedView') or {} -%}
    {%- set partitioning = adapter.parse_partition_by(new_config.get('partition_by', none)) -%}
    {%- set is_same_layout = adapter.is_replaceable(existing_relation, partitioning, new_config.get('cluster_by', none)) -%}
    {%- set options = bigquery__materialized_view_options(new_config, model) -%}
    {%- set refreshes = facts.get('enableRefresh', true) | string | lower == 'true' -%}
    {%- set minutes = (facts.get('refreshIntervalMs') or 1800000) | int / 60000 -%}
    {%- set is_same_refresh = refreshes == options['enable_refresh']
        and (not refreshes or minutes == options['refresh_interval_minutes']) -%}
    {%- if is_same_layout and is_same_refresh -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'requires_full_refresh': not is_same_layout, 'options': options}) }}
{% endmacro %}
