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

{% macro bigquery__get_materialized_view_configuration_changes(existing_relation, new_config) %}
    {{ return(adapter.get_materialized_view_changes(existing_relation, new_config, model)) }}
{% endmacro %}
