{#
    create_table_as(temporary, relation, compiled_code, language='sql'): the statement that makes a table of a query's
    rows. With an enforced contract the columns are checked first, and the table is made with their types and
    constraints. DuckLake tables may be `partitioned_by` and `sorted_by` expressions.

    duckdb    create table "dev"."main"."fact_crimes" as (
                  select …
              );
    bigquery  create or replace table `dev`.`main`.`fact_crimes`
              partition by date_trunc(crime_date, month)
              cluster by area
              OPTIONS()
              as (
                  select …
              );
#}
{% macro create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- set create = adapter.dispatch('create_table_as', 'dbt') -%}
    {%- if partitioned_by or sorted_by -%}
        {{ create(temporary, relation, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by) }}
    {%- elif language == 'sql' -%}
        {{ create(temporary, relation, compiled_code) }}
    {%- else -%}
        {{ create(temporary, relation, compiled_code, language) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__create_table_as(temporary, relation, sql) -%}
    {%- set has_contract = config.get('contract').enforced and not temporary -%}
    {%- if has_contract -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- set header = config.get('sql_header', none) -%}
{{ header ~ '\n' if header is not none -}}
create {{ 'temporary ' if temporary }}table {{ relation.include(database=(not temporary), schema=(not temporary)) }}
{%- if has_contract %} {{ get_table_columns_and_constraints() }}{% endif %} as (
{{ get_select_subquery(sql) if has_contract else sql }}
);
{%- endmacro %}

{# DuckDB takes column types and constraints only in a statement of their own, and none at all for temporary tables. #}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- if language != 'sql' -%}
        {{ exceptions.raise_compiler_error('models in ' ~ language ~ ' are not supported yet') }}
    {%- endif -%}
    {%- set has_contract = config.get('contract').enforced and not temporary -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
    {%- endif -%}
    {%- set header = config.get('sql_header', none) -%}
    {%- set name = relation.include(database=(not temporary), schema=(not temporary)) -%}
    {%- set is_laid_out = partitioned_by or sorted_by -%}
{{ header ~ '\n' if header is not none -}}
    {%- if has_contract -%}
create table {{ name }} {{ get_table_columns_and_constraints() }} ;
    {%- elif is_laid_out -%}
create table {{ name }} as (
select * from (
{{ compiled_code }}
) as model_subq
limit 0
);
    {%- endif -%}
    {%- if partitioned_by %}
{{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) }}
    {%- endif -%}
    {%- if sorted_by %}
{{ duckdb__alter_table_set_sorted_by(relation, sorted_by) }}
    {%- endif -%}
    {%- if has_contract %}
insert into {{ name }} {{ get_column_names() }}
(
{{ get_select_subquery(compiled_code) }}
);
    {%- elif is_laid_out %}
insert into {{ name }}
select * from (
{{ compiled_code }}
) as model_subq;
    {%- else -%}
create {{ 'temporary ' if temporary }}table {{ name }} as (
{{ compiled_code }}
);
    {%- endif -%}
{%- endmacro %}

{#
    An ingestion-time partitioned table cannot be made from a query: it is made empty, with its columns, and filled by
    `bq_insert_into_ingestion_time_partitioned_table_sql`.
#}
{% macro bigquery__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if language != 'sql' -%}
        {{ exceptions.raise_compiler_error('models in ' ~ language ~ ' are not supported yet') }}
    {%- endif -%}
    {%- set partitioning = adapter.parse_partition_by(config.get('partition_by', none)) -%}
    {%- set is_by_ingestion = partitioning is not none and partitioning.time_ingestion_partitioning -%}
    {%- set has_contract = config.get('contract').enforced -%}
    {%- set is_iceberg = adapter.build_catalog_relation(config.model).table_format == 'iceberg' and not temporary -%}
    {%- set columns = '' -%}
    {%- set query = compiled_code -%}
    {%- if has_contract -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- set columns = get_table_columns_and_constraints() | trim -%}
        {%- set query = get_select_subquery(compiled_code) -%}
    {%- elif is_by_ingestion -%}
        {%- set found = get_columns_with_types_in_query_sql(compiled_code) -%}
        {%- set columns = '(' ~ columns_without_partition_fields_csv(partitioning, found) ~ ')' -%}
    {%- endif -%}
    {%- set header = config.get('sql_header', none) -%}
    {%- set clauses = [
        columns,
        partition_by(partitioning) | trim,
        cluster_by(config.get('cluster_by', none)) | trim,
        'with connection default' if is_iceberg else '',
        bigquery_table_options(config, model, temporary),
    ] -%}
{{ header ~ '\n' if header is not none -}}
create or replace table {{ relation.render() }}
{% for clause in clauses if clause -%}
{{ clause }}
{% endfor -%}
    {%- if not is_by_ingestion -%}
as (
{{ query }}
);
    {%- endif -%}
{%- endmacro %}
