//! How macros are called: loaded into the running render on first use, arguments bound as Jinja2 binds them,
//! `return()` turned into a typed value.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Kwargs, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::blocks::PRIVATE_NAME;
use super::library::Entry;
use super::scope::Scope;
use super::silent;
use super::values::{Dict, List, invalid, split_kwargs};

/// Text put before every rendered template: macros can be loaded into this render then.
pub(super) const PRELUDE: &str = "{% include '__loader' %}";

/// The name of [`LOADER`].
pub(super) const LOADER_NAME: &str = "__loader";

/// A macro that loads other templates' macros into this very render, which is the only place a minijinja macro can
/// live. A template of its own, since it is read and compiled once then, and not again with every text.
pub(super) const LOADER: &str = "{% macro __load(__name) %}{% import __name as __module %}{{ __register(__name, __module) }}{% endmacro %}{{ __install(__load) }}";

/// Macros loaded into a render so far, by template name.
#[derive(Default)]
struct Loaded {
    loader: Option<Value>,
    bodies: HashMap<String, Value>,
}

/// `__install(loader)`: the prelude hands over its loader.
pub(super) fn install(state: &mut State<'_, '_>, loader: Value) -> Value {
    state.get_or_insert_extension_with(Loaded::default).loader = Some(loader);
    Value::from("")
}

/// `__register(name, module)`: the loader hands over a macro.
pub(super) fn register(state: &mut State<'_, '_>, name: String, module: Value) -> Result<Value, Error> {
    let body = module.get_attr(PRIVATE_NAME)?;
    state.get_or_insert_extension_with(Loaded::default).bodies.insert(name, body);
    Ok(Value::from(""))
}

/// A macro as the templates of one render see it.
pub(super) struct MacroHandle {
    pub scope: Arc<Scope>,
    pub entry: Arc<Entry>,
    /// Whether it was asked for by its name alone. dbt makes an object of its own for each `package.name`.
    is_by_name: bool,
}

impl fmt::Debug for MacroHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<macro {}>", self.entry.facts.name)
    }
}

impl Object for MacroHandle {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.scope.entered_macro(&self.entry.facts.unique_id);
        let result = self.called(state, args);
        self.scope.left_macro();
        result
    }

    /// As Python compares functions: by what they are, not by what they do.
    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        if self.is_by_name && other.is_by_name {
            return Some(self.entry.facts.unique_id.cmp(&other.entry.facts.unique_id));
        }
        let place = |handle: &Self| std::ptr::from_ref(handle).addr();
        Some(place(self).cmp(&place(other)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<macro {}>", self.entry.facts.name)
    }
}

impl MacroHandle {
    pub fn value(scope: &Arc<Scope>, entry: &Arc<Entry>) -> Value {
        Self::made(scope, entry, false)
    }

    /// The macro of a name that has no package before it.
    pub fn by_name(scope: &Arc<Scope>, entry: &Arc<Entry>) -> Value {
        Self::made(scope, entry, true)
    }

    fn made(scope: &Arc<Scope>, entry: &Arc<Entry>, is_by_name: bool) -> Value {
        Value::from_object(Self { scope: Arc::clone(scope), entry: Arc::clone(entry), is_by_name })
    }

    fn called(&self, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let arguments = self.bind(args)?;
        let body = self.load(state)?;
        match body.call(state, &arguments) {
            Ok(text) => Ok(text),
            Err(error) => match Returned::take(&error) {
                Some(value) => Ok(value),
                // A new error without a place, so that minijinja marks this call; the chain is the trace.
                None => {
                    let around = Error::new(error.kind(), InMacro::text(&self.entry.facts.name));
                    let names = self.not_passed(args);
                    Err(if names.is_empty() {
                        around.with_source(error)
                    } else {
                        around.with_source(NotPassed { names, error })
                    })
                }
            },
        }
    }

    /// Arguments that this call leaves undefined.
    fn not_passed(&self, args: &[Value]) -> Vec<String> {
        let (positional, kwargs) = split_kwargs(args);
        let named: Vec<&str> = kwargs.iter().flat_map(Kwargs::args).collect();
        let rest = self.entry.block.signature.iter().skip(positional.len());
        let is_missing =
            |(name, default): &&(String, Option<String>)| default.is_none() && !named.contains(&name.as_str());
        rest.filter(is_missing).map(|(name, _)| name.clone()).collect()
    }

    /// An undefined value that is handed over stays undefined: a default is for what is not handed over at all.
    fn keep_undefined(&self, positional: &mut [Value], named: &mut [(Value, Value)]) {
        let signature = &self.entry.block.signature;
        let has_default = |key: &str| signature.iter().any(|(name, default)| name == key && default.is_some());
        for (value, (_, default)) in positional.iter_mut().zip(signature) {
            if value.is_undefined() && default.is_some() {
                *value = silent::value();
            }
        }
        for (key, value) in named {
            if value.is_undefined() && key.as_str().is_some_and(has_default) {
                *value = silent::value();
            }
        }
    }

    fn load(&self, state: &mut State<'_, '_>) -> Result<Value, Error> {
        let name: &str = &self.entry.facts.unique_id;
        let loaded = state.get_or_insert_extension_with(Loaded::default);
        if let Some(body) = loaded.bodies.get(name) {
            return Ok(body.clone());
        }
        let loader = loaded.loader.clone().ok_or_else(|| invalid("macros cannot be called here"))?;
        loader.call(state, &[Value::from(name)])?;
        let loaded = state.get_or_insert_extension_with(Loaded::default);
        loaded.bodies.get(name).cloned().ok_or_else(|| invalid(format!("macro `{name}` could not be loaded")))
    }

    /// Arguments for the body: surplus ones go to `varargs` and `kwargs` where the body uses them.
    fn bind(&self, args: &[Value]) -> Result<Vec<Value>, Error> {
        let (positional, kwargs) = split_kwargs(args);
        let signature = &self.entry.block.signature;
        let uses = self.entry.block.uses;
        let name = &self.entry.facts.name;
        if positional.len() > signature.len() && !uses.varargs {
            let most = signature.len();
            return Err(Error::new(
                ErrorKind::TooManyArguments,
                format!("macro `{name}` takes at most {most} argument{}", if most == 1 { "" } else { "s" }),
            ));
        }
        let (plain, surplus) = positional.split_at(positional.len().min(signature.len()));
        let mut bound = plain.to_vec();
        let mut named: Vec<(Value, Value)> = Vec::new();
        let mut others: Vec<(Value, Value)> = Vec::new();
        for key in kwargs.iter().flat_map(Kwargs::args) {
            let value: Value = kwargs.as_ref().map_or(Ok(Value::UNDEFINED), |kwargs| kwargs.peek(key))?;
            if key == "caller" {
                if uses.caller {
                    named.push((Value::from(key), value));
                }
            } else if let Some(at) = signature.iter().position(|(argument, _)| argument == key) {
                if at < plain.len() {
                    return Err(Error::new(
                        ErrorKind::TooManyArguments,
                        format!("macro `{name}` got two values for its argument `{key}`"),
                    ));
                }
                named.push((Value::from(key), value));
            } else if uses.kwargs {
                others.push((Value::from(key), value));
            } else {
                let known = signature.iter().map(|(argument, _)| argument.as_str());
                let hint = crate::diagnostic::nearest(key, known)
                    .map_or(String::new(), |near| format!(", did you mean `{near}`?"));
                return Err(Error::new(
                    ErrorKind::TooManyArguments,
                    format!("macro `{name}` has no argument `{key}`{hint}"),
                ));
            }
        }
        self.keep_undefined(&mut bound, &mut named);
        if uses.varargs {
            named.push((Value::from("varargs"), List::value(surplus.to_vec())));
        }
        if uses.kwargs {
            named.push((Value::from("kwargs"), Dict::value(others)));
        }
        if !named.is_empty() {
            let pairs = named.iter().map(|(key, value)| (key.as_str().unwrap_or_default(), value.clone()));
            bound.push(Value::from(Kwargs::from_iter(pairs)));
        }
        Ok(bound)
    }
}

/// The message of an error that only says which macro the real one happened in.
pub(super) struct InMacro;

impl InMacro {
    const PREFIX: &'static str = "in macro ";

    fn text(name: &str) -> String {
        format!("{}{name}", Self::PREFIX)
    }

    /// The macro's name, if `detail` is such a message.
    pub fn name(detail: &str) -> Option<&str> {
        detail.strip_prefix(Self::PREFIX)
    }
}

/// An error in a macro that was called without some of its arguments.
#[derive(Debug)]
pub(super) struct NotPassed {
    pub names: Vec<String>,
    error: Error,
}

impl fmt::Display for NotPassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "called without {}", self.names.join(", "))
    }
}

impl std::error::Error for NotPassed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Carries the value of `return(…)` up to the macro's caller.
#[derive(Debug)]
struct Returned(Value);

impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`return` is only for macros")
    }
}

impl std::error::Error for Returned {}

/// What `return(…)` gave, where a text was left by it.
pub(super) fn returned(error: &Error) -> Option<Value> {
    Returned::take(error)
}

impl Returned {
    fn take(error: &Error) -> Option<Value> {
        let source = std::error::Error::source(error)?;
        source.downcast_ref::<Self>().map(|returned| returned.0.clone())
    }
}

/// `return(value)`.
pub(super) fn return_value(args: &[Value]) -> Error {
    let value = args.first().cloned().unwrap_or_else(|| Value::from(()));
    invalid("`return` is only for macros").with_source(Returned(value))
}
