{#
    bigquery_view_options(config, node): the options of a node's view: expiration, description, labels, tags.

    bigquery  OPTIONS(
                description="""Reported crimes"""
              )
#}
{% macro bigquery_view_options(config, node) %}
    {{ return(bigquery_options(adapter.get_view_options(config, node))) }}
{% endmacro %}
