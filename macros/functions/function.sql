{#
    How a function of the project is made in the warehouse, by the macro of its type and language: `scalar_function_sql`,
    `aggregate_function_javascript`, …, which a project may override or add for its adapter.

    duckdb    create or replace function "dev"."main"."is_adult" (age) as cast(( age >= 18 ) as boolean)
    bigquery  CREATE OR REPLACE FUNCTION `dev`.`main`.`is_adult` (age INT64) RETURNS BOOL AS ( age >= 18 );
#}
{% materialization function, default, supported_languages=['sql', 'python', 'javascript'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='function') -%}
    {%- set type = model.config.get('type') or 'scalar' -%}
    {%- set language = model.get('language') or 'sql' -%}
    {%- set name = type ~ '_function_' ~ language -%}

    {{ run_hooks(pre_hooks) }}
    {%- if not (context[adapter.type() ~ '__' ~ name] or context['default__' ~ name]) -%}
        {{ exceptions.raise_compiler_error(
            'a function of type ' ~ type ~ ' in ' ~ language ~ ' is not supported on ' ~ adapter.type()
        ) }}
    {%- endif -%}
    {%- if model.get('overloads') and adapter.type() == 'bigquery' -%}
        {{ exceptions.raise_compiler_error('a function has no overloads on ' ~ adapter.type()) }}
    {%- endif -%}
    {%- if language == 'python' -%}
        {%- for key in ['runtime_version', 'entry_point'] if not model.config.get(key) -%}
            {{ exceptions.raise_compiler_error('a function in python needs the config `' ~ key ~ '`') }}
        {%- endfor -%}
    {%- endif -%}
    {%- set build_sql = adapter.dispatch(name, 'dbt')(target_relation) -%}
{{ function_execute_build_sql(build_sql, existing_relation, target_relation) }}
    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
