{#
    existing_constraint_types(relation): the types of keys that the table has now: ['primary_key', 'foreign_key'].
    A value for macros, not SQL.
#}
{% macro existing_constraint_types(relation) -%}
    {{ return(adapter.existing_key_constraint_types(relation) if relation is not none and relation.is_table else []) }}
{%- endmacro %}
