//! Reads columns, rules, filters and what comes out.

use super::conditions::{read_column, read_condition, read_literal, read_pattern, read_values};
use super::fields::Fields;
use crate::ingest::dates::{DIRECTIVES, DateFormat};
use crate::ingest::derive::DERIVATIONS;
use crate::ingest::pipeline::{Check, Comparison, Condition, Filter, InputColumn, Operand, OutputColumn, OutputValue};
use crate::ingest::types::{Reason, TYPE_NAMES, Type};
use crate::project::yaml::{Yaml, YamlKind};

const COLUMN_KEYS: [&str; 12] = [
    "name",
    "from",
    "type",
    "format",
    "required",
    "trim",
    "min",
    "max",
    "allowed",
    "pattern",
    "max_length",
    "description",
];

/// The declared columns, and the rules written on them; `None` when there are none to go on with.
pub fn read_columns(node: &Yaml, fields: &Fields<'_>) -> Option<(Vec<InputColumn>, Vec<Check>)> {
    fields.required(node, "a pipeline", "columns")?;
    let (mut columns, mut checks) = (Vec::<InputColumn>::new(), Vec::new());
    for column in fields.list(node, "columns") {
        if !fields.check_keys("a column", column, &COLUMN_KEYS) {
            continue;
        }
        let Some(read) = read_input_column(column, fields) else { continue };
        if columns.iter().any(|other| other.name == read.name) {
            fields.wrong(column, format!("two columns are named `{}`", read.name), "again here");
            continue;
        }
        checks.extend(value_checks(column, columns.len(), &read, fields));
        columns.push(read);
    }
    (!columns.is_empty()).then_some((columns, checks))
}

fn read_input_column(node: &Yaml, fields: &Fields<'_>) -> Option<InputColumn> {
    let name = fields.required_text("a column", node, "name");
    let kind = read_type(node, fields);
    let (name, kind) = (name?, kind?);
    let is_dated = matches!(kind, Type::Date | Type::Timestamp);
    if let Some(format) = node.get("format").filter(|_| !is_dated) {
        fields.wrong(format, format!("`format` is for dates and timestamps; `{name}` is {kind}"), "leave it out");
    }
    let mut formats: Vec<DateFormat> = Vec::new();
    for text in fields.texts(node, "format") {
        let place = node.get("format").unwrap_or(node);
        match DateFormat::parse(&text) {
            Ok(format) if format.has_year_and_month() => formats.push(format),
            Ok(_) => fields.wrong(place, format!("`{text}` has no year and month"), "a date needs them"),
            Err(directive) => {
                fields.wrong(place, format!("`{directive}` is not known in a format"), format!("known: {DIRECTIVES}"));
            }
        }
    }
    if formats.is_empty() && is_dated {
        let iso = if kind == Type::Date { DateFormat::iso_date() } else { DateFormat::iso_timestamp() };
        formats.push(iso);
    }
    Some(InputColumn {
        from: fields.texts(node, "from"),
        is_required: fields.flag(node, "required").unwrap_or(false),
        is_trimmed: fields.flag(node, "trim").unwrap_or(false),
        span: fields.span(node.get("from").or(node.get("name")).unwrap_or(node)),
        name,
        kind,
        formats,
    })
}

fn read_type(node: &Yaml, fields: &Fields<'_>) -> Option<Type> {
    let text = fields.required_text("a column", node, "type")?;
    let kind = Type::parse(&text);
    if kind.is_none() {
        fields.unknown(node.get("type").unwrap_or(node), "type", &text, TYPE_NAMES);
    }
    kind
}

/// `required`, `min`, `max`, `allowed`, `pattern` and `max_length` as rules over the column.
fn value_checks(node: &Yaml, at: usize, column: &InputColumn, fields: &Fields<'_>) -> Vec<Check> {
    let check = |reason: Reason, holds| Check { code: format!("{}:{}", column.name, reason.name()), holds };
    let mut checks = Vec::new();
    if column.is_required {
        checks.push(check(Reason::Missing, Condition::Present(at)));
    }
    for (key, by) in [("min", Comparison::AtLeast), ("max", Comparison::AtMost)] {
        if let Some(value) = node.get(key).and_then(|bound| read_literal(bound, column.kind, fields)) {
            let with = Operand::Value(value);
            checks.push(check(Reason::Range, Condition::Compare { column: at, by, with }));
        }
    }
    if let Some(values) = node.get("allowed").and_then(|list| read_values(list, column.kind, fields)) {
        checks.push(check(Reason::Allowed, Condition::In { column: at, values }));
    }
    for key in ["pattern", "max_length"] {
        if let Some(value) = node.get(key).filter(|_| column.kind != Type::Varchar) {
            fields.wrong(value, format!("`{key}` looks at text; `{}` is {}", column.name, column.kind), "leave it out");
            return checks;
        }
    }
    if let Some(pattern) = node.get("pattern").and_then(|pattern| read_pattern(pattern, fields)) {
        checks.push(check(Reason::Pattern, Condition::Matches { column: at, pattern }));
    }
    if let Some(length) = fields.whole(node, "max_length", 1) {
        checks.push(check(Reason::Length, Condition::LengthAtMost { column: at, length: length as usize }));
    }
    checks
}

/// Rules over whole rows.
pub fn read_checks(node: &Yaml, columns: &[InputColumn], fields: &Fields<'_>) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for check in fields.list(node, "checks") {
        if !fields.check_keys("a check", check, &["name", "expect", "description"]) {
            continue;
        }
        let Some(name) = fields.required_text("a check", check, "name") else { continue };
        let Some(expect) = fields.required(check, "a check", "expect") else { continue };
        let code = format!("row:{name}");
        if checks.iter().any(|other| other.code == code) {
            fields.wrong(check.get("name").unwrap_or(check), format!("two checks are named `{name}`"), "again here");
        }
        checks.extend(read_condition(expect, columns, fields).map(|holds| Check { code, holds }));
    }
    checks
}

pub fn read_filters(node: &Yaml, columns: &[InputColumn], fields: &Fields<'_>) -> Vec<Filter> {
    let mut filters: Vec<Filter> = Vec::new();
    for filter in fields.list(node, "filters") {
        if !fields.check_keys("a filter", filter, &["name", "drop_when", "keep_when", "description"]) {
            continue;
        }
        let Some(name) = fields.required_text("a filter", filter, "name") else { continue };
        if filters.iter().any(|other| other.name == name) {
            fields.wrong(filter.get("name").unwrap_or(filter), format!("two filters are named `{name}`"), "again here");
        }
        let keeps = match (filter.get("keep_when"), filter.get("drop_when")) {
            (Some(keep), None) => read_condition(keep, columns, fields),
            (None, Some(drop)) => read_condition(drop, columns, fields)
                .map(|condition| Condition::Not(Box::new(Condition::Surely(Box::new(condition))))),
            (Some(_), Some(_)) | (None, None) => {
                fields.wrong(filter, format!("filter `{name}` needs `drop_when` or `keep_when`, one of them"), "here");
                None
            }
        };
        filters.extend(keeps.map(|keeps| Filter { name, keeps }));
    }
    filters
}

/// The columns that come out: those that were read, derived ones in their place or behind them, then `select`.
pub fn read_output(node: &Yaml, columns: &[InputColumn], fields: &Fields<'_>) -> Vec<OutputColumn> {
    let mut output: Vec<OutputColumn> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| OutputColumn {
            name: column.name.clone(),
            kind: column.kind,
            value: OutputValue::Column(at),
        })
        .collect();
    let mut derived: Vec<String> = Vec::new();
    for item in fields.list(node, "derive") {
        let Some(column) = read_derived(item, columns, fields) else { continue };
        if derived.contains(&column.name) {
            fields.wrong(item, format!("`{}` is derived twice", column.name), "again here");
        }
        derived.push(column.name.clone());
        match output.iter_mut().find(|other| other.name == column.name) {
            Some(replaced) => *replaced = column,
            None => output.push(column),
        }
    }
    if node.get("select").is_none_or(Yaml::is_null) { output } else { read_select(node, &output, fields) }
}

fn read_derived(node: &Yaml, columns: &[InputColumn], fields: &Fields<'_>) -> Option<OutputColumn> {
    let known: Vec<&str> = ["name", "description"].into_iter().chain(DERIVATIONS).collect();
    if !fields.check_keys("a derived column", node, &known) {
        return None;
    }
    let name = fields.required_text("a derived column", node, "name")?;
    let named: Vec<&str> = DERIVATIONS.into_iter().filter(|key| node.get(key).is_some()).collect();
    let [how] = named.as_slice() else {
        fields.wrong(
            node,
            format!("`{name}` needs one way to be derived"),
            format!("one of {}", DERIVATIONS.join(", ")),
        );
        return None;
    };
    let of = node.get(how)?;
    let one = || read_column(of, columns, fields);
    let value = match *how {
        "days_between" => match of.items() {
            [from, to] => {
                let (from, to) = (read_column(from, columns, fields), read_column(to, columns, fields));
                OutputValue::DaysBetween(from?, to?)
            }
            _ => {
                fields.wrong(of, "`days_between` takes two columns: `[from, to]`", "not two columns");
                return None;
            }
        },
        "first_word" => OutputValue::FirstWord(one()?),
        "yes_no" => OutputValue::YesNo(one()?),
        "hour_of_hhmm" => OutputValue::HourOfHhmm(one()?),
        "month_of" => OutputValue::MonthOf(one()?),
        "year_of" => OutputValue::YearOf(one()?),
        "upper" => OutputValue::Upper(one()?),
        _ => OutputValue::Lower(one()?),
    };
    match value.output_type(|at| columns[at].kind) {
        Ok(kind) => Some(OutputColumn { name, kind, value }),
        Err(wanted) => {
            fields.wrong(of, format!("`{how}` takes {wanted}"), "another type");
            None
        }
    }
}

fn read_select(node: &Yaml, output: &[OutputColumn], fields: &Fields<'_>) -> Vec<OutputColumn> {
    let mut selected: Vec<OutputColumn> = Vec::new();
    for item in fields.list(node, "select") {
        let is_renamed = matches!(item.kind, YamlKind::Map(_));
        if is_renamed && !fields.check_keys("a selected column", item, &["column", "as"]) {
            continue;
        }
        let column = if is_renamed { fields.required(item, "a selected column", "column") } else { Some(item) };
        let Some(name) = column.and_then(|column| fields.as_text(column)) else { continue };
        let Some(found) = output.iter().find(|other| other.name == name) else {
            fields.unknown(item, "column", &name, output.iter().map(|other| other.name.as_str()));
            continue;
        };
        let renamed = if is_renamed { fields.text(item, "as") } else { None };
        let name = renamed.unwrap_or(name);
        if selected.iter().any(|other| other.name == name) {
            fields.wrong(item, format!("`{name}` is selected twice"), "again here");
        }
        selected.push(OutputColumn { name, ..found.clone() });
    }
    if selected.is_empty() {
        fields.wrong(node.get("select").unwrap_or(node), "nothing is selected", "name the columns to keep");
    }
    selected
}
