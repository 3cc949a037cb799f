//! Small results, row by row: tests, `run_query`, `show`.

/// One value of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    /// Exact decimals, and integers past 64 bits, as text.
    Decimal(String),
    Float(f64),
    Text(String),
    /// `YYYY-MM-DD`.
    Date(String),
    /// `YYYY-MM-DD HH:MM:SS[.ffffff]`, with an offset where the type has one.
    Timestamp(String),
    /// `HH:MM:SS[.ffffff]`.
    Time(String),
    Bytes(Vec<u8>),
    List(Vec<Cell>),
    /// Field names with their values.
    Struct(Vec<(String, Cell)>),
}

impl Cell {
    /// As a person would write it; null is empty.
    pub fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => format!("{value:?}"),
            Self::Decimal(text) | Self::Text(text) | Self::Date(text) | Self::Timestamp(text) | Self::Time(text) => {
                text.clone()
            }
            Self::Bytes(bytes) => bytes.iter().map(|byte| format!("\\x{byte:02X}")).collect(),
            Self::List(items) => format!("[{}]", items.iter().map(Self::text).collect::<Vec<_>>().join(", ")),
            Self::Struct(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, cell)| format!("{name}: {}", cell.text())).collect();
                format!("{{{}}}", fields.join(", "))
            }
        }
    }

    /// Whole numbers, and numbers and texts that are whole.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Float(value) if value.fract() == 0.0 => Some(*value as i64),
            Self::Decimal(text) | Self::Text(text) => text
                .parse()
                .ok()
                .or_else(|| text.parse::<f64>().ok().filter(|value| value.fract() == 0.0).map(|value| value as i64)),
            _ => None,
        }
    }
}

/// Rows with named columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    /// The warehouse's own type names, one per column.
    pub types: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Position of a column, letters' case aside.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))
    }
}
