{#
    apply_grants(relation, grant_config, should_revoke): brings a relation's grants in line with its `grants` config:
    grants what is missing and, where grants may be left from before, revokes what is not listed. DuckDB has no grants,
    and says so once.

    bigquery  revoke `roles/bigquery.dataViewer` on table … from "user:old@example.com";
              grant `roles/bigquery.dataViewer` on table … to "user:new@example.com";
#}
{% macro apply_grants(relation, grant_config, should_revoke) %}
    {{ return(adapter.dispatch('apply_grants', 'dbt')(relation, grant_config, should_revoke)) }}
{% endmacro %}

{% macro default__apply_grants(relation, grant_config, should_revoke=true) %}
    {%- if not grant_config -%}
        {{ return('') }}
    {%- endif -%}
    {%- set granting, revoking = grant_config, {} -%}
    {%- if should_revoke -%}
        {%- set current = adapter.standardize_grants_dict(run_query(get_show_grant_sql(relation))) -%}
        {%- set granting = diff_of_two_dicts(grant_config, current) -%}
        {%- set revoking = diff_of_two_dicts(current, grant_config) -%}
    {%- endif -%}
    {%- set statements = get_dcl_statement_list(relation, revoking, get_revoke_sql)
        + get_dcl_statement_list(relation, granting, get_grant_sql) -%}
    {%- if statements -%}
        {{ call_dcl_statements(statements) }}
    {%- endif -%}
{% endmacro %}

{% macro duckdb__apply_grants(relation, grant_config, should_revoke=true) %}
    {%- if grant_config -%}
        {{ adapter.warn_once('Grants for relations are not supported by DuckDB') }}
    {%- endif -%}
{% endmacro %}
