{#
    py_script_postfix(model): what stands behind a model's own code in Python: the `dbt` object that it is called with.

    both      def ref(…): …  def source(…): …  class dbtObj: …
#}
{% macro py_script_postfix(model) %}
# What follows was written around the model's own code.

{{ build_ref_function(model) }}
{{ build_source_function(model) }}
{{ build_config_dict(model) }}

class config:
    def __init__(self, *args, **kwargs):
        pass

    @staticmethod
    def get(key, default=None):
        return config_dict.get(key, default)

    @staticmethod
    def meta_get(key, default=None):
        return meta_dict.get(key, default)


class this:
    """The model's own relation: dbt.this, dbt.this.identifier."""
    database = "{{ this.database }}"
    schema = "{{ this.schema }}"
    identifier = "{{ this.identifier }}"

    def __repr__(self):
        return "{{ resolve_model_name(this) }}"


class dbtObj:
    def __init__(self, load_df_function) -> None:
        self.source = lambda *args: source(*args, dbt_load_df_function=load_df_function)
        self.ref = lambda *args, **kwargs: ref(*args, **kwargs, dbt_load_df_function=load_df_function)
        self.config = config
        self.this = this()
        self.is_incremental = {{ 'True' if is_incremental() else 'False' }}

{{ py_script_comment() }}
{% endmacro %}
