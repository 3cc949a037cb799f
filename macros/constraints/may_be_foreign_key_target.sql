{#
    may_be_foreign_key_target(relation=none): whether foreign keys of other tables can point to the model: only a table
    with a key can be pointed to. A value for macros, not SQL.
#}
{% macro may_be_foreign_key_target(relation=none) -%}
    {%- if not adapter.catalog_supports_foreign_keys(this.database) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set types = enforced_constraint_types() + existing_constraint_types(relation) -%}
    {{ return('primary_key' in types or 'unique' in types) }}
{%- endmacro %}
