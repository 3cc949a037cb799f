{#
    How a seed becomes a table: the file is loaded in one step, so readers see the old rows or the new ones. A view in its
    place is refused. With --empty the table has its columns, by the file's rows, and none of the rows.

    duckdb    create or replace table … from the file's rows, in the node's transaction
    bigquery  one load job that replaces the table
#}
{% materialization seed, default %}
    {%- set existing_relation = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set full_refresh_mode = should_full_refresh() -%}
    {%- if existing_relation is not none and existing_relation.is_view -%}
        {{ exceptions.raise_compiler_error("Cannot seed to '" ~ existing_relation.render() ~ "', it is a view") }}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {%- do adapter.ensure_transaction() -%}
    {%- set row_count = adapter.load_seed(target_relation) -%}
    {%- if flags.EMPTY -%}
        {%- do adapter.truncate_relation(target_relation) -%}
        {%- set row_count = 0 -%}
    {%- endif -%}
    {%- set code = 'CREATE' if full_refresh_mode else 'INSERT' -%}
    {%- call noop_statement('main', code ~ ' ' ~ row_count, code, row_count) -%}
        -- {{ row_count }} rows of {{ model['original_file_path'] }} into {{ target_relation }}
    {%- endcall -%}
    {%- do create_indexes(target_relation) -%}

    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=false) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
