-- Which hour is the most dangerous.
select
    crime_month,
    area,
    crime_time,
    count(*) as crimes
from {{ ref('fact_crimes') }}
group by crime_month, area, crime_time
