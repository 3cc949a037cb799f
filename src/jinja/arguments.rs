//! What Rust hands to a macro beside plain values.

use minijinja::value::Value;

use super::relation_object::{RelationObject, information_schema};
use super::values::{List, from_json};
use crate::manifest::Json;
use crate::relation::Relation;

/// One argument of [`super::Engine::call_with`].
pub enum Argument {
    Relation(Relation),
    Relations(Vec<Relation>),
    /// Where the warehouse describes the relations that lie beside this one.
    InformationSchemaOf(Relation),
    Plain(Json),
}

impl Argument {
    pub(super) fn value(self) -> Value {
        match self {
            Self::Relation(relation) => RelationObject::value(relation),
            Self::Relations(relations) => List::value(relations.into_iter().map(RelationObject::value).collect()),
            Self::InformationSchemaOf(relation) => information_schema(&relation, None),
            Self::Plain(json) => from_json(&json),
        }
    }
}
