{#
    load_cached_relation(relation): the relation as the warehouse has it, with its kind; none when it does not exist. A
    listing that failed raises, so "not known" is never taken for "not there".
#}
{% macro load_cached_relation(relation) %}
    {{ return(adapter.get_relation(
        database=relation.database, schema=relation.schema, identifier=relation.identifier
    )) }}
{% endmacro %}
