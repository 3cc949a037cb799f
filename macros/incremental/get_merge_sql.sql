{#
    get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none): rows with the same key are
    updated, others added; without a key all are added. Which columns are updated: `merge_update_columns`, or all but
    `merge_exclude_columns`, or all. DuckDB also takes `merge_clauses` and the other `merge_…` configs of dbt-duckdb.

    duckdb    MERGE INTO "dev"."main"."t" AS DBT_INTERNAL_DEST
                  USING "t__dbt_tmp" AS DBT_INTERNAL_SOURCE
                  ON (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
              WHEN MATCHED THEN UPDATE BY NAME
              WHEN NOT MATCHED THEN INSERT BY NAME
    bigquery  merge into `dev`.`main`.`t` as DBT_INTERNAL_DEST
                  using (…) as DBT_INTERNAL_SOURCE
                  on ((DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id))
              when matched then update set
                  `id` = DBT_INTERNAL_SOURCE.`id`, `area` = DBT_INTERNAL_SOURCE.`area`
              when not matched then insert
                  (`id`, `area`)
              values
                  (`id`, `area`)
#}
{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
    {%- set predicates = kwargs.get('predicates', incremental_predicates) -%}
    {{ adapter.dispatch('get_merge_sql', 'dbt')(target, source, unique_key, dest_columns, predicates) }}
{%- endmacro %}

{% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
    {%- set predicates = [] -%}
    {%- for predicate in incremental_predicates or [] -%}
        {%- do predicates.append(predicate) -%}
    {%- endfor -%}
    {%- set has_several_keys = unique_key is sequence and unique_key is not mapping and unique_key is not string -%}
    {%- if unique_key and has_several_keys -%}
        {%- for key in unique_key -%}
            {%- do predicates.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}
        {%- endfor -%}
    {%- elif unique_key -%}
        {%- do predicates.append(get_merge_unique_key_match(
            'DBT_INTERNAL_SOURCE.' ~ unique_key, 'DBT_INTERNAL_DEST.' ~ unique_key
        )) -%}
    {%- else -%}
        {%- do predicates.append('FALSE') -%}
    {%- endif -%}
    {%- set updated = get_merge_update_columns(
        config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns
    ) -%}
    {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
    {%- set header = config.get('sql_header', none) -%}
{{ header ~ '\n' if header is not none -}}
merge into {{ target }} as DBT_INTERNAL_DEST
    using {{ source }} as DBT_INTERNAL_SOURCE
    on ({{ predicates | join(') and (') }})

    {%- if unique_key %}

when matched then update set
    {% for column in updated -%}
    {{ column }} = DBT_INTERNAL_SOURCE.{{ column }}{{ ', ' if not loop.last }}
        {%- endfor %}
    {%- endif %}

when not matched then insert
    ({{ columns }})
values
    ({{ columns }})
{%- endmacro %}

{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
    {{ validate_merge_config(config, target) }}
    {%- set defaults = merge_clause_defaults(
        config.get('merge_update_condition', none),
        config.get('merge_insert_condition', none),
        config.get('merge_update_columns', []),
        config.get('merge_exclude_columns', []),
        config.get('merge_update_set_expressions', {})
    ) -%}
    {%- set names_columns = config.get('merge_update_columns') or config.get('merge_exclude_columns') or config.get('merge_update_set_expressions') -%}
    {%- set update = defaults.when_matched_update_explicit if names_columns else defaults.when_matched_update_by_name -%}
    {%- set clauses = config.get('merge_clauses', {}) -%}
    {%- set header = config.get('sql_header', none) -%}
    {%- set returned = config.get('merge_returning_columns') -%}
{{ header ~ '\n' if header is not none -}}
MERGE INTO {{ target }} AS DBT_INTERNAL_DEST
    USING {{ source }} AS DBT_INTERNAL_SOURCE
    {{ duckdb__merge_join_clause(unique_key, config.get('merge_on_using_columns', []), incremental_predicates) | trim }}
    {%- for clause in clauses.get('when_matched', [update]) %}
WHEN MATCHED{{ duckdb__merge_condition(clause) }} THEN {{ duckdb__merge_action(clause, dest_columns) | trim }}
    {%- endfor %}
    {%- for clause in clauses.get('when_not_matched', [defaults.when_not_matched_insert_by_name]) %}
WHEN NOT MATCHED{{ ' BY ' ~ (clause.get('by') | upper) if clause.get('by') }}{{ duckdb__merge_condition(clause) }} THEN {{ duckdb__merge_action(clause, dest_columns) | trim }}
    {%- endfor %}
    {%- if returned %}
RETURNING {{ returned if returned is string else returned | join(', ') }}
    {%- endif -%}
{%- endmacro %}
