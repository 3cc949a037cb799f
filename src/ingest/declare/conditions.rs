//! Reads conditions: `{column: vict_age, greater_than: 0}`, `{any: […]}`.

use std::sync::Arc;

use super::fields::Fields;
use crate::ingest::dates::DateFormat;
use crate::ingest::pipeline::{Comparison, Condition, InputColumn, Operand, Pattern};
use crate::ingest::types::{Reason, Type, Value, read_value};
use crate::project::yaml::{Yaml, YamlKind};

const CONDITION_KEYS: [&str; 15] = [
    "any",
    "all",
    "not",
    "column",
    "is",
    "equals",
    "not_equals",
    "in",
    "not_in",
    "greater_than",
    "at_least",
    "less_than",
    "at_most",
    "matches",
    "starts_with",
];

pub fn read_condition(node: &Yaml, columns: &[InputColumn], fields: &Fields<'_>) -> Option<Condition> {
    if !fields.check_keys("a condition", node, &CONDITION_KEYS) {
        return None;
    }
    let groups: Vec<&str> = ["any", "all", "not", "column"].into_iter().filter(|key| node.get(key).is_some()).collect();
    let [group] = groups.as_slice() else {
        fields.wrong(node, "a condition is about one `column`, or one of `any`, `all`, `not`", "not clear");
        return None;
    };
    let part = node.get(group)?;
    match *group {
        "not" => read_condition(part, columns, fields).map(|inner| Condition::Not(Box::new(inner))),
        "column" => read_tests(node, part, columns, fields),
        group => {
            let parts: Vec<_> =
                fields.list(node, group).iter().map(|part| read_condition(part, columns, fields)).collect();
            if parts.is_empty() {
                fields.wrong(part, format!("`{group}` needs at least one condition"), "empty");
            }
            let parts: Vec<Condition> = parts.into_iter().collect::<Option<_>>()?;
            Some(if group == "any" { Condition::Any(parts) } else { Condition::All(parts) })
        }
    }
}

/// Every test written beside `column`; all must hold.
fn read_tests(node: &Yaml, column: &Yaml, columns: &[InputColumn], fields: &Fields<'_>) -> Option<Condition> {
    let at = read_column(column, columns, fields)?;
    let tests = node.entries().iter().filter(|(key, _)| key.as_str() != Some("column"));
    let tests: Vec<_> = tests.map(|(key, value)| read_test(&key.key_text(), value, at, columns, fields)).collect();
    if tests.is_empty() {
        fields.wrong(node, "the condition does not say what is asked of the column", "`is: present`, `equals: …`");
    }
    let mut tests: Vec<Condition> = tests.into_iter().collect::<Option<_>>()?;
    match tests.len() {
        0 => None,
        1 => tests.pop(),
        _ => Some(Condition::All(tests)),
    }
}

/// Position of a column by its name.
pub fn read_column(node: &Yaml, columns: &[InputColumn], fields: &Fields<'_>) -> Option<usize> {
    let name = fields.as_text(node)?;
    let at = columns.iter().position(|column| column.name == name);
    if at.is_none() {
        fields.unknown(node, "column", &name, columns.iter().map(|column| column.name.as_str()));
    }
    at
}

fn read_test(
    key: &str,
    value: &Yaml,
    column: usize,
    columns: &[InputColumn],
    fields: &Fields<'_>,
) -> Option<Condition> {
    let kind = columns[column].kind;
    let not = |condition| Condition::Not(Box::new(condition));
    let compared = |by| read_operand(value, kind, columns, fields).map(|with| Condition::Compare { column, by, with });
    match key {
        "is" => match fields.as_text(value)?.as_str() {
            "present" => Some(Condition::Present(column)),
            "blank" => Some(not(Condition::Present(column))),
            other => {
                fields.unknown(value, "`is`", other, ["present", "blank"]);
                None
            }
        },
        "equals" => compared(Comparison::Equal),
        "not_equals" => compared(Comparison::Equal).map(not),
        "greater_than" => compared(Comparison::Greater),
        "at_least" => compared(Comparison::AtLeast),
        "less_than" => compared(Comparison::Less),
        "at_most" => compared(Comparison::AtMost),
        "in" => read_values(value, kind, fields).map(|values| Condition::In { column, values }),
        "not_in" => read_values(value, kind, fields).map(|values| not(Condition::In { column, values })),
        "matches" | "starts_with" if kind != Type::Varchar => {
            fields.wrong(value, format!("`{key}` looks at text; `{}` is {kind}", columns[column].name), "not text");
            None
        }
        "matches" => read_pattern(value, fields).map(|pattern| Condition::Matches { column, pattern }),
        "starts_with" => fields.as_text(value).map(|prefix| Condition::StartsWith { column, prefix }),
        // `check_keys` has named it.
        _ => None,
    }
}

/// A literal, or `{column: other}`.
fn read_operand(node: &Yaml, kind: Type, columns: &[InputColumn], fields: &Fields<'_>) -> Option<Operand> {
    if !matches!(node.kind, YamlKind::Map(_)) {
        return read_literal(node, kind, fields).map(Operand::Value);
    }
    if !fields.check_keys("a value", node, &["column"]) {
        return None;
    }
    let other = fields.required(node, "a value", "column")?;
    let at = read_column(other, columns, fields)?;
    if !kind.is_comparable_with(columns[at].kind) {
        fields.wrong(other, format!("{kind} cannot be compared with {}", columns[at].kind), "another type");
        return None;
    }
    Some(Operand::Column(at))
}

/// Literals of a list.
pub fn read_values(node: &Yaml, kind: Type, fields: &Fields<'_>) -> Option<Vec<Value>> {
    if !matches!(node.kind, YamlKind::List(_)) || node.items().is_empty() {
        fields.wrong(node, "a list of values belongs here", "not a list, or empty");
        return None;
    }
    let values: Vec<_> = node.items().iter().map(|item| read_literal(item, kind, fields)).collect();
    values.into_iter().collect()
}

/// A value as the column's type has it; dates are written `2020-01-31`, whatever the file's format.
pub fn read_literal(node: &Yaml, kind: Type, fields: &Fields<'_>) -> Option<Value> {
    let text = fields.as_text(node)?;
    let formats = [if kind == Type::Timestamp { DateFormat::iso_timestamp() } else { DateFormat::iso_date() }];
    match read_value(kind, &formats, &text) {
        Ok(value) => Some(value),
        Err(reason) => {
            let label = match (kind, reason) {
                (Type::Date, _) => "dates are written `2020-01-31`".to_string(),
                (Type::Timestamp, _) => "timestamps are written `2020-01-31 21:30:00`".to_string(),
                (_, Reason::Range) => format!("outside of what {kind} holds"),
                (_, _) => format!("the column is {kind}"),
            };
            fields.wrong(node, format!("`{text}` is not a value of type {kind}"), label);
            None
        }
    }
}

pub fn read_pattern(node: &Yaml, fields: &Fields<'_>) -> Option<Pattern> {
    let text = fields.as_text(node)?;
    match fancy_regex::Regex::new(&format!("^(?:{text})$")) {
        Ok(regex) => Some(Pattern { text, regex: Arc::new(regex) }),
        Err(error) => {
            fields.wrong(node, format!("`{text}` is not a regular expression"), error.to_string().replace('\n', " "));
            None
        }
    }
}
