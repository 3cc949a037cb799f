{#
    The portal's one-letter sex of a victim, in words.

    column: a column name or an SQL expression, `M` or `F` or anything else.
    get_vict_sex('vict_sex') → case vict_sex when 'M' then 'Male' when 'F' then 'Female' else 'Other' end
#}
{% macro get_vict_sex(column) -%}
    case {{ column }}
        when 'M' then 'Male'
        when 'F' then 'Female'
        else 'Other'
    end
{%- endmacro %}
