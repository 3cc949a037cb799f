{#
    cast(field, type): a value that cannot be converted is an error; `safe_cast` gives null instead.

    both      cast(victim_age as integer)
#}
{% macro cast(field, type) %}
    {{ return(adapter.dispatch('cast', 'dbt')(field, type)) }}
{% endmacro %}

{% macro default__cast(field, type) %}
    cast({{ field }} as {{ type }})
{% endmacro %}
