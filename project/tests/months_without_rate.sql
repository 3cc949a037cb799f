{{ config(severity='warn') }}

-- Months of which the rate is not published yet. They stay in fact_crimes; this is to know of them.
select
    crime_month,
    count(*) as crimes
from {{ ref('fact_crimes') }}
where unemp_percent is null
group by crime_month
