{#
    render_write_options(config): an external model's `options`, with `format` and `delimiter` from their older places,
    each rendered. A value for macros, not SQL: {'format': 'csv', 'delimiter': ';'}.
#}
{% macro render_write_options(config) -%}
    {%- set given = config.get('options', {}) -%}
    {%- if given is not mapping -%}
        {{ exceptions.raise_compiler_error('The options argument must be a dictionary') }}
    {%- endif -%}
    {%- set options = {} -%}
    {%- for name, value in given.items() -%}
        {%- do options.update({name: render(value)}) -%}
    {%- endfor -%}
    {%- for name in ['format', 'delimiter'] if config.get(name) -%}
        {%- do options.update({name: render(config.get(name))}) -%}
    {%- endfor -%}
    {{ return(options) }}
{%- endmacro %}
