-- The rate of unemployment, one row per month.
select
    date_numeric as unemp_month,
    {{ dbt.cast('unemployment_rate', dbt.type_float()) }} as unemp_percent
from {{ source('staging', 'unemp_rate') }}
{{ limit_in_test_run('unemp_month') }}
