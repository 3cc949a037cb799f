//! Wrong YAML and wrong inputs: each is one pointed message, and the table stands as before.
