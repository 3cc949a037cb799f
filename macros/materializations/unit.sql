{#
    How a unit test runs: the model's SQL over fixtures and the expected rows in one query, which `get_unit_test_sql`
    writes. The types of the expected values are those of the model's columns, asked of the warehouse without making
    anything in it.
#}
{% materialization unit, default %}
    {%- set header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none -%}
    {%- set expected_rows = config.get('expected_rows') or [] -%}
    {%- set expected_sql = config.get('expected_sql') -%}

    {%- set types, quoted, names = {}, {}, [] -%}
    {%- for column in get_column_schema_from_query(sql, header) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do quoted.update({column.name | lower: column.quoted}) -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {%- set tested = expected_rows[0].keys() | list if expected_rows else names -%}
    {%- set tested_quoted = [] -%}
    {%- for name in tested -%}
        {%- do tested_quoted.append(quoted.get(name | lower) or adapter.quote(name)) -%}
    {%- endfor -%}

    {%- set expected_sql = expected_sql or get_expected_sql(expected_rows, types, quoted) -%}
    {%- call statement('main', fetch_result=true) -%}
        {%- if header %}{{ header }}{% endif -%}
        {{ get_unit_test_sql(sql, expected_sql, tested_quoted) }}
    {%- endcall -%}

    {{ return({'relations': []}) }}
{% endmaterialization %}
