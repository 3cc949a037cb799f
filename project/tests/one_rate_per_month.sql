-- A second rate for a month, such as a preliminary one beside the final one, would count its crimes twice.
select
    crime_month,
    count(distinct unemp_percent) as rates
from {{ ref('fact_crimes') }}
group by crime_month
having count(distinct unemp_percent) > 1
