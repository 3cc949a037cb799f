{#
    register_upstream_external_models(): for `on-run-start`; makes the views over the files of external models that the
    selected nodes read and this run does not make.

    duckdb    create or replace view "dev"."main"."crimes" as (
                  select * from 'out/crimes.parquet'
              );
#}
{% macro register_upstream_external_models() -%}
    {%- set seen = [] -%}
    {%- for id in (selected_resources if execute else []) if id in graph['nodes'] -%}
        {%- for parent_id in graph['nodes'][id]['depends_on']['nodes'] if parent_id not in seen and parent_id not in selected_resources -%}
            {%- do seen.append(parent_id) -%}
            {%- set parent = graph['nodes'].get(parent_id) -%}
            {%- if parent and parent.resource_type in ['model', 'seed'] and parent.config.materialized == 'external' -%}
                {{ exceptions.raise_compiler_error(
                    'materialization `external` is not supported yet: model `' ~ parent.name ~ '` is read by ' ~ id
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
