{#
    get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation,
    intermediate_relation): the statement that brings a materialized view in line with its changed configuration.

    bigquery  alter materialized view `dev`.`main`.`crime_counts` set OPTIONS(enable_refresh=False)
#}
{% macro get_alter_materialized_view_as_sql(
    relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation
) -%}
    {{ adapter.dispatch('get_alter_materialized_view_as_sql', 'dbt')(
        relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation
    ) }}
{%- endmacro %}

{% macro default__get_alter_materialized_view_as_sql(
    relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation
) -%}
    {{ exceptions.raise_compiler_error('Materialized views have not been implemented for this adapter.') }}
{%- endmacro %}

{% macro bigquery__get_alter_materialized_view_as_sql(
    relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation
) -%}
    {%- if configuration_changes.requires_full_refresh -%}
{{ get_replace_sql(existing_relation, relation, sql) }}
    {%- else -%}
alter materialized view {{ relation }} set {{ bigquery_options(configuration_changes.options) }}
    {%- endif -%}
{%- endmacro %}
