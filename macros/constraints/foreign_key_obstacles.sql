{#
    foreign_key_obstacles(relation, tables, parents): why tables whose foreign keys point to a relation cannot be set
    aside: because this run does not make them anew after it. A list of texts for people; empty when nothing is in the
    way. `parents` names the tables that each points to.
#}
{% macro foreign_key_obstacles(relation, tables, parents) -%}
    {%- set nodes, ids = {}, {relation.identifier | lower: model.unique_id} -%}
    {%- for node in (graph.nodes.values() if tables else []) if node.resource_type == 'model'
        and (node.database or '') | lower == (relation.database or '') | lower
        and node.schema | lower == relation.schema | lower -%}
        {%- set name = (node.alias or node.name) | lower -%}
        {%- do nodes.update({name: node}) -%}
        {%- do ids.update({name: node.unique_id}) -%}
    {%- endfor -%}

    {%- set obstacles = [] -%}
    {%- for table in tables -%}
        {%- set node = nodes.get(table | lower) -%}
        {%- set refers = [] -%}
        {%- for parent in parents[table] if node and ids.get(parent) in node.depends_on.nodes -%}
            {%- do refers.append(parent) -%}
        {%- endfor -%}
        {%- set is_new = node and (node.config.materialized == 'table' or (
            node.config.materialized == 'incremental'
            and (flags.FULL_REFRESH if node.config.full_refresh is none else node.config.full_refresh)
        )) -%}
        {%- if not node -%}
            {%- do obstacles.append(table ~ ' is not made by a model of this project') -%}
        {%- elif node.unique_id not in selected_resources -%}
            {%- do obstacles.append(table ~ ' is made by model ' ~ node.name ~ ', which is not selected') -%}
        {%- elif not refers -%}
            {%- do obstacles.append(table ~ ' is made by model ' ~ node.name ~ ', which does not ref() the table its foreign key points to') -%}
        {%- elif not is_new -%}
            {%- do obstacles.append(table ~ ' is made by model ' ~ node.name ~ ', which would lose its rows without --full-refresh') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(obstacles) }}
{%- endmacro %}
