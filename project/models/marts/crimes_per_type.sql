-- Which types of crime are the most common, and how often a weapon is used.
select
    crime_month,
    area,
    crime_type,
    count(*) as crimes,
    count(case when weapon_used = 'Y' then 1 end) as crimes_with_weapon
from {{ ref('fact_crimes') }}
group by crime_month, area, crime_type
