{#
    How `clone` makes a node: as a copy without rows of its own where the warehouse has such copies and the other
    relation is a table, else as a view of it. Does nothing where nothing is found to clone, or the relation is there and
    --full-refresh was not given.

    duckdb    create view "dev"."main"."fact_crimes" as (select * from "prod"."main"."fact_crimes");
    bigquery  create or replace table `dev`.`main`.`fact_crimes` clone `prod`.`main`.`fact_crimes`
#}
{% materialization clone, default %}
    {%- if not defer_relation -%}
        {{ log('No relation found in state manifest for ' ~ model.unique_id, info=true) }}
        {{ return({'relations': []}) }}
    {%- endif -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- if existing_relation and not flags.FULL_REFRESH -%}
        {{ log('Relation ' ~ existing_relation ~ ' already exists', info=true) }}
        {{ return({'relations': []}) }}
    {%- endif -%}

    {%- set other = load_cached_relation(defer_relation) -%}
    {%- if not (other and other.type == 'table' and can_clone_table()) -%}
        {%- set view = 'materialization_view_' ~ adapter.type() -%}
        {{ return(context[view if view in context else 'materialization_view_default']()) }}
    {%- endif -%}

    {%- set target_relation = this.incorporate(type='table') -%}
    {%- if target_relation.render() != defer_relation.render() -%}
        {%- if existing_relation and not existing_relation.is_table -%}
            {{ drop_relation_if_exists(existing_relation) }}
        {%- endif -%}
        {%- call statement('main') -%}
            {{ create_or_replace_clone(target_relation, defer_relation) }}
        {%- endcall -%}
    {%- endif -%}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode=true)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
