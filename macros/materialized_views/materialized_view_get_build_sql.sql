{#
    materialized_view_get_build_sql(existing_relation, target_relation, backup_relation, intermediate_relation): the
    statement that makes, replaces, alters or refreshes a materialized view; empty where `on_configuration_change` says
    to leave it as it is.

    bigquery  create materialized view if not exists `dev`.`main`.`crime_counts` OPTIONS(…) as …
#}
{% macro materialized_view_get_build_sql(existing_relation, target_relation, backup_relation, intermediate_relation) %}
    {%- if existing_relation is none -%}
        {{ return(get_create_materialized_view_as_sql(target_relation, sql)) }}
    {%- elif should_full_refresh() or not existing_relation.is_materialized_view -%}
        {{ return(get_replace_sql(existing_relation, target_relation, sql)) }}
    {%- endif -%}
    {%- set changes = get_materialized_view_configuration_changes(existing_relation, config) -%}
    {%- set answer = config.get('on_configuration_change') -%}
    {%- set found = 'Configuration changes were identified and `on_configuration_change` was set to `' ~ answer ~ '` for `' ~ target_relation.render() ~ '`' -%}
    {%- if changes is none -%}
        {{ return(refresh_materialized_view(target_relation)) }}
    {%- elif answer == 'apply' -%}
        {{ return(get_alter_materialized_view_as_sql(
            target_relation, changes, sql, existing_relation, backup_relation, intermediate_relation
        )) }}
    {%- elif answer == 'continue' -%}
        {{ exceptions.warn(found) }}
        {{ return('') }}
    {%- elif answer == 'fail' -%}
        {{ exceptions.raise_fail_fast_error(found) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error('Unexpected configuration scenario') }}
{% endmacro %}
