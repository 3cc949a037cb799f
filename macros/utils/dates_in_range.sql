{#
    dates_in_range(start_date_str, end_date_str=none, in_fmt="%Y%m%d", out_fmt="%Y%m%d"): every day from the first to the
    last, both included, as text; as moments where `out_fmt` is empty. A list for macros, not SQL: ['20240101'].
#}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt="%Y%m%d", out_fmt="%Y%m%d") %}
    {%- set start = convert_datetime(start_date_str, in_fmt) -%}
    {%- set end = convert_datetime(start_date_str if end_date_str is none else end_date_str, in_fmt) -%}
    {%- set day_count = (end - start).days -%}
    {%- if day_count < 0 -%}
        {{ exceptions.raise_compiler_error('Partition start date is after the end date (' ~ start ~ ', ' ~ end ~ ')') }}
    {%- endif -%}
    {%- set dates = [] -%}
    {%- for day in range(day_count + 1) -%}
        {%- set date = start + modules.datetime.timedelta(days=day) -%}
        {%- do dates.append(date.strftime(out_fmt) if out_fmt else date) -%}
    {%- endfor -%}
    {{ return(dates) }}
{% endmacro %}
