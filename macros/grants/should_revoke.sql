{#
    should_revoke(existing_relation, full_refresh_mode=true): whether grants may be left on a relation from before this
    run. A value for macros, not SQL.
#}
{% macro should_revoke(existing_relation, full_refresh_mode=true) %}
    {%- if not existing_relation -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(copy_grants() if full_refresh_mode else true) }}
{% endmacro %}
