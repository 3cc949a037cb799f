{#
    get_fixture_sql(rows, column_name_to_data_types): the rows of a unit test's input, which stands in for a relation.
    A column that a row leaves out is null, in the relation's own type. Without types they are looked up: in `this`, or
    where --defer finds the relation.

    duckdb    select cast(1 as BIGINT) as "id", cast(null as VARCHAR) as "area"
    bigquery  select safe_cast(1 as INT64) as `id`, safe_cast(null as STRING) as `area`
#}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
{%- set types, quoted, nulls = {}, {}, {} -%}
{%- do types.update(column_name_to_data_types or {}) -%}
{%- if not types -%}
    {%- set relation = defer_relation if defer_relation and not load_relation(this) else this -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
{%- endif -%}
{%- if not types -%}
    {{ exceptions.raise_compiler_error("Not able to get columns for unit test '" ~ model.name ~ "' from relation " ~ this ~ " because the relation doesn't exist") }}
{%- endif -%}

{%- for name, type in types.items() -%}
    {%- do nulls.update({name: safe_cast('null', type) | trim}) -%}
{%- endfor -%}

{{ validate_fixture_rows(rows, row_number) }}
-- Fixture for {{ model.name }}
{% for row in rows -%}
{%- set values = {} -%}
{%- do values.update(nulls) -%}
{%- do values.update(format_row(row, types)) -%}
select {% for name, value in values.items() %}{{ value }} as {{ quoted.get(name) or adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
{{- '\nunion all\n' if not loop.last }}
{%- endfor %}
{%- if not rows -%}
    select {% for name, value in nulls.items() %}{{ value }} as {{ quoted.get(name) or adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
    limit 0
{%- endif -%}
{% endmacro %}
