{#
    Every value lies from `at_least` to `at_most`, both included; answers with those that do not.
#}
{% test between(model, column_name, at_least, at_most) %}
select {{ column_name }} as value_found
from {{ model }}
where {{ column_name }} < {{ at_least }} or {{ column_name }} > {{ at_most }}
{% endtest %}
