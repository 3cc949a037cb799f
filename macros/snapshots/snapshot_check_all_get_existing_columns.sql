{#
    snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config): whether a column to be checked is
    new, and those that the snapshot has already. A pair of values for macros, not SQL: [false, ['"area"']].
#}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
    {%- if not target_exists -%}
        {{ return([false, none]) }}
    {%- endif -%}
    {%- if check_cols_config == 'all' -%}
        {%- set names = get_columns_in_query(node['compiled_code']) -%}
    {%- elif check_cols_config is iterable and check_cols_config | length > 0 -%}
        {%- set names = get_columns_in_query(
            'select ' ~ check_cols_config | join(', ') ~ ' from (\n' ~ node['compiled_code'] ~ '\n) subq'
        ) -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols_config) }}
    {%- endif -%}
    {%- set target_relation = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
    {%- set existing = get_list_of_column_names(adapter.get_columns_in_relation(target_relation)) -%}
    {%- set found = [] -%}
    {%- for name in names if name in existing -%}
        {%- do found.append(adapter.quote(name)) -%}
    {%- endfor -%}
    {{ return([found | length < names | length, found]) }}
{%- endmacro %}
