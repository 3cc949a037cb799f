{#
    table_columns_and_constraints(): what `get_table_columns_and_constraints` gives unless a warehouse says otherwise.

    both      (
                  id integer not null,
                  primary key (id)
              )
#}
{% macro table_columns_and_constraints() %}
    {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
    {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    {%- set lines = [] -%}
    {%- for line in columns -%}{%- do lines.append(line) -%}{%- endfor -%}
    {%- for line in constraints -%}{%- do lines.append(line) -%}{%- endfor -%}
(
    {{ lines | join(',\n    ') }}
)
{%- endmacro %}
