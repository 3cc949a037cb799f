{#
    generate_schema_name_for_env(custom_schema_name, node): in the target `prod` the `schema` config alone, in every
    other target the target's schema alone. For projects to call from their own `generate_schema_name`.

    prod      core
    others    main
#}
{% macro generate_schema_name_for_env(custom_schema_name, node) -%}
    {%- if target.name == 'prod' and custom_schema_name is not none -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}
