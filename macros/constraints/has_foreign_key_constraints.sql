{#
    has_foreign_key_constraints(relation=none): whether the model's contract, or the table that is there, has foreign
    keys. Such a table is made under its own name: DuckDB never learns of a rename of it. A value for macros, not SQL.
#}
{% macro has_foreign_key_constraints(relation=none) -%}
    {%- if 'foreign_key' in enforced_constraint_types() -%}
        {{ return(true) }}
    {%- endif -%}
    {{ return(adapter.catalog_supports_foreign_keys(this.database) and 'foreign_key' in existing_constraint_types(relation)) }}
{%- endmacro %}
