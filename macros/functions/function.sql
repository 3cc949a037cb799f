{#
    How a function of the project is made in the warehouse, by the macro of its type and language.

    duckdb    CREATE OR REPLACE FUNCTION "dev"."main"."is_adult" (age integer) RETURNS boolean AS $$ … $$ LANGUAGE SQL;
    bigquery  CREATE OR REPLACE FUNCTION `dev`.`main`.`is_adult` (age INT64) RETURNS BOOL AS ( … );
#}
{% materialization function, default, supported_languages=['sql', 'python', 'javascript'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='function') -%}
    {%- set type = model.config.get('type') or 'scalar' -%}
    {%- set language = model.get('language') or 'sql' -%}

    {{ run_hooks(pre_hooks) }}
    {%- set write = context[adapter.type() ~ '__' ~ type ~ '_function_' ~ language] or context[type ~ '_function_' ~ language] -%}
    {%- if not write -%}
        {{ exceptions.raise_compiler_error(
            'a function of type ' ~ type ~ ' in ' ~ language ~ ' is not supported on ' ~ adapter.type() ~ ' yet'
        ) }}
    {%- endif -%}
{{ function_execute_build_sql(write(target_relation), existing_relation, target_relation) }}
    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
