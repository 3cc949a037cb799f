{#
    ducklake_layout(relation, temporary, name, other_name): the parts of a layout config under either of its names; none
    where there is nothing to lay out. Only DuckLake has layouts, so elsewhere the config is said to be without effect;
    not where it is BigQuery's own `partition_by`, a dictionary. A value for macros, not SQL.
#}
{% macro ducklake_layout(relation, temporary, name, other_name) -%}
    {%- set given = config.get(name, none) or config.get(other_name, none) -%}
    {%- set is_laid_out = config.get('materialized') in ['table', 'incremental'] -%}
    {%- if temporary or not given or given is mapping or not is_laid_out -%}
        {{ return(none) }}
    {%- elif not adapter.is_ducklake(relation) -%}
        {%- do adapter.warn_once(
            name ~ '/' ~ other_name ~ ' is only supported for DuckLake relations; ignoring for ' ~ relation
        ) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(normalize_string_or_list(given, name ~ '/' ~ other_name)) }}
{%- endmacro %}
