{#
    except(): the set operator between two queries that keeps the distinct rows found only in the first.

    duckdb    except
    bigquery  except distinct
#}
{% macro except() %}
    {{ return(adapter.dispatch('except', 'dbt')()) }}
{% endmacro %}

{% macro default__except() %}
    except
{% endmacro %}

{% macro bigquery__except() %}
    except distinct
{% endmacro %}
