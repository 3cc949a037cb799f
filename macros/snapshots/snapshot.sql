{#
    How a snapshot is made: the first time its query with the columns that tell when a row was valid; later the rows that
    are new, changed or gone are found, and put into the table: what changed is ended, what is new begins.

    On DuckDB all of it is one transaction; on BigQuery one table of changes, which expires, and one merge.

    duckdb    update … set dbt_valid_to = …; insert into …
    bigquery  merge into `dev`.`snapshots`.`areas` as DBT_INTERNAL_DEST using … on …
#}
{% materialization snapshot, default %}
    {%- set identifier = model.get('alias') or model.get('name') -%}
    {%- set exists, target_relation = get_or_create_relation(
        database=model.database, schema=model.schema, identifier=identifier, type='table'
    ) -%}
    {%- if not target_relation.is_table -%}
        {{ exceptions.relation_wrong_type(target_relation, 'table') }}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}

    {%- set strategy = strategy_dispatch(config.get('strategy'))(
        model, 'snapshotted_data', 'source_data', model['config'], exists
    ) -%}
    {%- if exists -%}
        {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
        {{ assert_snapshot_target(target_relation, columns, strategy) }}
        {%- set changes_sql = snapshot_staging_table(strategy, sql, target_relation) -%}
        {%- set changes = build_snapshot_staging_table(strategy, sql, target_relation) -%}
        {%- set build_sql = snapshot_add_changes_sql(target_relation, changes, strategy) -%}
    {%- else -%}
        {%- set changes_sql = build_snapshot_table(strategy, model['compiled_code']) -%}
        {%- set build_sql = create_table_as(false, target_relation, changes_sql) -%}
    {%- endif -%}
{{ check_time_data_types(changes_sql) }}
    {%- call statement('main') -%}
        {{ build_sql }}
    {%- endcall -%}

    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(exists, full_refresh_mode=false)) -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- if not exists -%}
        {%- do create_indexes(target_relation) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {{ adapter.commit() }}
    {%- if exists -%}
        {%- do post_snapshot(changes) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=false) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
