{#
    The portal's one-letter descent of a victim, as one of four groups.

    column: a column name or an SQL expression; all its codes are in the seed `victim_descents`.
    get_vict_descent('vict_descent') → case vict_descent when 'H' then 'Latin' … else 'Other' end
#}
{% macro get_vict_descent(column) -%}
    case {{ column }}
        when 'H' then 'Latin'
        when 'W' then 'White'
        when 'B' then 'Black'
        else 'Other'
    end
{%- endmacro %}
