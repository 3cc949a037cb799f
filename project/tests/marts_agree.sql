-- Whichever way the crimes are counted, it is the same number of crimes.
{% set marts = ['crimes_per_month', 'crimes_per_hour', 'crimes_per_type', 'crimes_per_victim_group'] %}

with totals as (
    {% for mart in marts %}
    select '{{ mart }}' as mart, sum(crimes) as crimes from {{ ref(mart) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select *
from totals
where crimes <> (select count(*) from {{ ref('fact_crimes') }})
