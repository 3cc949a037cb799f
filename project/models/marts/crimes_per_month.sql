-- How the number of crimes develops in each area, beside the rate of unemployment.
select
    crime_month,
    area,
    count(*) as crimes,
    count(case when weapon_used = 'Y' then 1 end) as crimes_with_weapon,
    max(unemp_percent) as unemp_percent
from {{ ref('fact_crimes') }}
group by crime_month, area
