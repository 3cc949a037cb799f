//! The names dbt gives generic tests, and the hash in their unique ids.
//!
//! Source: dbt-core 1.12, `synthesize_generic_test_names` and `SchemaGenericTestParser.create_test_node`.

use md5::{Digest, Md5};

use crate::manifest::{Json, JsonMap, python};

/// Longest name that a test has as a relation and a file; longer ones are cut and hashed.
const NAME_LENGTH_MAX: usize = 63;
/// Characters of the test and its target that a cut name keeps.
const KEPT_LENGTH: usize = 30;
/// Hexadecimal digits of the hash in a unique id.
const HASH_LENGTH: usize = 10;

/// `(short, full)`: the short one names the file and the relation, the full one the node.
///
/// `kind` is `unique`, `dbt_utils_at_least_one`, `source_unique`, …
pub(crate) fn generic_test_names(kind: &str, target: &str, arguments: &JsonMap) -> (String, String) {
    let mut keys: Vec<_> = arguments.keys().filter(|key| *key != "model").collect();
    keys.sort();
    let mut parts = Vec::new();
    for key in keys {
        match &arguments[key] {
            Json::Object(entries) => parts.extend(entries.values().map(|value| cleaned(&python::text(value)))),
            Json::Array(items) => parts.extend(items.iter().map(|value| cleaned(&python::text(value)))),
            value => parts.push(cleaned(&python::text(value))),
        }
    }
    let identifier = format!("{kind}_{target}");
    let full = format!("{identifier}_{}", parts.join("__"));
    if full.chars().count() <= NAME_LENGTH_MAX {
        return (full.clone(), full);
    }
    let kept: String = identifier.chars().take(KEPT_LENGTH).collect();
    (format!("{kept}_{}", md5_hexadecimal(&full)), full)
}

/// The last part of a generic test's unique id.
pub(crate) fn generic_test_hash(node_name: &str, test: &str, namespace: Option<&str>, arguments: &JsonMap) -> String {
    let mut text = String::from(node_name);
    text.push_str("{'kwargs': ");
    write_hashable_map(arguments, &mut text);
    text.push_str(", 'name': ");
    python::write_text_repr(test, &mut text);
    text.push_str(", 'namespace': ");
    python::write_text_repr(namespace.unwrap_or("None"), &mut text);
    text.push('}');
    let digest = md5_hexadecimal(&text);
    digest[digest.len() - HASH_LENGTH..].to_string()
}

/// Maps by sorted key, lists as they are, everything else as its text in quotes.
fn write_hashable(value: &Json, out: &mut String) {
    match value {
        Json::Object(map) => write_hashable_map(map, out),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_hashable(item, out);
            }
            out.push(']');
        }
        Json::String(text) => python::write_text_repr(text, out),
        Json::Null | Json::Bool(_) | Json::Number(_) => python::write_text_repr(&python::text(value), out),
    }
}

fn write_hashable_map(map: &JsonMap, out: &mut String) {
    let mut keys: Vec<_> = map.keys().collect();
    keys.sort();
    out.push('{');
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        python::write_text_repr(key, out);
        out.push_str(": ");
        write_hashable(&map[key], out);
    }
    out.push('}');
}

/// Runs of anything but ASCII letters, digits and underscores become one underscore.
fn cleaned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_in_run = false;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            out.push(character);
            is_in_run = false;
        } else if !is_in_run {
            out.push('_');
            is_in_run = true;
        }
    }
    out
}

pub(crate) fn md5_hexadecimal(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(32);
    for byte in Md5::digest(text.as_bytes()) {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(kind: &str, target: &str, arguments: Json) -> String {
        let (short, full) = generic_test_names(kind, target, arguments.as_object().expect("an object"));
        if short == full { full } else { format!("{short}\n{full}") }
    }

    #[test]
    fn arguments_are_part_of_the_name_in_the_order_of_their_keys() {
        insta::assert_snapshot!(names("unique", "orders", json!({"column_name": "id", "model": "x"})), @"unique_orders_id");
        insta::assert_snapshot!(
            names("accepted_values", "orders", json!({"values": ["a b", 1, true, null], "column_name": "status"})),
            @"accepted_values_orders_status__a_b__1__True__None"
        );
    }

    #[test]
    fn a_long_name_is_cut_and_hashed() {
        insta::assert_snapshot!(
            names("relationships", "int_orders_joined", json!({"column_name": "customer_id", "field": "customer_id", "to": "ref('customers')"})),
            @r"
        relationships_int_orders_joine_f7f106e16ac544cb071b0f21af8a7535
        relationships_int_orders_joined_customer_id__customer_id__ref_customers_
        "
        );
    }

    #[test]
    fn the_hash_of_the_id_is_dbts() {
        let arguments = json!({"column_name": "id", "model": "{{ get_where_subquery(ref('orders')) }}"});
        insta::assert_snapshot!(
            generic_test_hash("unique_orders_id", "unique", None, arguments.as_object().expect("an object")),
            @"1360ecc70e"
        );
    }
}
