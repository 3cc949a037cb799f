{#
    grant_access_to(entity, entity_type, role, grant_target_dict): lets a view read the dataset that the dictionary names
    by `project` and `dataset`. Changes the dataset, runs no SQL.
#}
{% macro grant_access_to(entity, entity_type, role, grant_target_dict) -%}
    {%- do adapter.grant_access_to(entity, entity_type, role, grant_target_dict) -%}
{%- endmacro %}
