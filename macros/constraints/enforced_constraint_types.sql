{#
    enforced_constraint_types(): the types of constraints in the model's contract, if it is enforced: ['primary_key'].
    A value for macros, not SQL.
#}
{% macro enforced_constraint_types() -%}
    {%- set types = [] -%}
    {%- if config.get('contract').enforced -%}
        {%- for constraint in model.get('constraints') or [] -%}
            {%- do types.append(constraint.type) -%}
        {%- endfor -%}
        {%- for column in (model.get('columns') or {}).values() -%}
            {%- for constraint in column.get('constraints') or [] -%}
                {%- do types.append(constraint.type) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(types) }}
{%- endmacro %}
