-- Which groups of people become victims most often.
select
    crime_month,
    area,
    victim_sex,
    victim_descent,
    count(*) as crimes,
    {{ dbt.cast('sum(victim_age)', dbt.type_bigint()) }} as victim_age_sum
from {{ ref('fact_crimes') }}
group by crime_month, area, victim_sex, victim_descent
