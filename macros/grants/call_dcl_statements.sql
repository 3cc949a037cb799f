{#
    call_dcl_statements(dcl_statement_list): runs grants and revokes in one go.

    bigquery  grant …; revoke …;
#}
{% macro call_dcl_statements(dcl_statement_list) %}
    {{ return(adapter.dispatch('call_dcl_statements', 'dbt')(dcl_statement_list)) }}
{% endmacro %}

{% macro default__call_dcl_statements(dcl_statement_list) %}
    {%- call statement('grants') -%}
        {{ dcl_statement_list | join(';\n') }};
    {%- endcall -%}
{% endmacro %}
