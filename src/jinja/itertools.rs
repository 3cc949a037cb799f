//! `modules.itertools`: what Python makes lazily is a list here, so what never ends is refused.

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};

use super::adapter_object::Arguments;
use super::values::{List, invalid, tuple, tuple_of};

/// Most rows that a product, permutations or repetitions may have: a typo must not fill the memory.
const ROWS_MAX: usize = 1_000_000;

pub(super) fn call(method: &str, args: &[Value]) -> Result<Value, Error> {
    let (positional, _) = super::values::split_kwargs(args);
    let arguments = Arguments::new(args);
    let pool = || positional.first().map(items).transpose().map(Option::unwrap_or_default);
    let rows = |rows: Vec<Vec<Value>>| List::value(rows.into_iter().map(tuple_of).collect());
    Ok(match method {
        "chain" => {
            let all = positional.iter().map(items).collect::<Result<Vec<_>, Error>>()?;
            List::value(all.concat())
        }
        "product" => {
            let repeat = arguments.named("repeat").and_then(|count| count.as_usize()).unwrap_or(1);
            let pools = positional.iter().map(items).collect::<Result<Vec<_>, Error>>()?;
            rows(product(&pools, repeat)?)
        }
        "combinations" => {
            let size = arguments.required(1, "r")?.as_usize().unwrap_or(0);
            rows(chosen(&pool()?, size, &|used, at| used.last().is_none_or(|last| at > *last))?)
        }
        "combinations_with_replacement" => {
            let size = arguments.required(1, "r")?.as_usize().unwrap_or(0);
            rows(chosen(&pool()?, size, &|used, at| used.last().is_none_or(|last| at >= *last))?)
        }
        "permutations" => {
            let pool = pool()?;
            let size = arguments.get(1, "r").and_then(|size| size.as_usize()).unwrap_or(pool.len());
            rows(chosen(&pool, size, &|used, at| !used.contains(&at))?)
        }
        "zip_longest" => {
            let fill = arguments.named("fillvalue").unwrap_or_else(|| Value::from(()));
            let pools = positional.iter().map(items).collect::<Result<Vec<_>, Error>>()?;
            let longest = pools.iter().map(Vec::len).max().unwrap_or(0);
            let row = |at: usize| pools.iter().map(|pool| pool.get(at).unwrap_or(&fill).clone()).collect();
            rows((0..longest).map(row).collect())
        }
        "accumulate" => {
            let mut sums: Vec<Value> = Vec::new();
            for item in pool()? {
                let sum = match sums.last() {
                    Some(last) => super::arithmetic::add(last.clone(), item)?,
                    None => item,
                };
                sums.push(sum);
            }
            List::value(sums)
        }
        "compress" => {
            let keep = positional.get(1).map(items).transpose()?.unwrap_or_default();
            let kept = pool()?.into_iter().zip(keep).filter(|(_, keep)| keep.is_true());
            List::value(kept.map(|(item, _)| item).collect())
        }
        "islice" => islice(&pool()?, &positional[1.min(positional.len())..]),
        "repeat" => {
            let count = arguments.get(1, "times").and_then(|count| count.as_usize());
            let count = count.ok_or_else(|| invalid("`itertools.repeat` without `times` does not end"))?;
            List::value(vec![arguments.required(0, "object")?; count.min(ROWS_MAX)])
        }
        "pairwise" => {
            let pool = pool()?;
            List::value(pool.windows(2).map(|pair| tuple([pair[0].clone(), pair[1].clone()])).collect())
        }
        "groupby" => groups(&pool()?),
        "count" | "cycle" => {
            return Err(invalid(format!("`modules.itertools.{method}` does not end; write `range` or a loop")));
        }
        _ => return Err(Error::from(ErrorKind::UnknownMethod)),
    })
}

/// `chain.from_iterable`.
pub(super) fn flattened(args: &[Value]) -> Result<Value, Error> {
    let outer = args.first().map(items).transpose()?.unwrap_or_default();
    let inner = outer.iter().map(items).collect::<Result<Vec<_>, Error>>()?;
    Ok(List::value(inner.concat()))
}

fn items(value: &Value) -> Result<Vec<Value>, Error> {
    match value.as_str() {
        Some(text) => Ok(text.chars().map(|c| Value::from(c.to_string())).collect()),
        None => Ok(value.try_iter()?.collect()),
    }
}

fn too_many() -> Error {
    invalid(format!("this makes more than {ROWS_MAX} rows"))
}

fn product(pools: &[Vec<Value>], repeat: usize) -> Result<Vec<Vec<Value>>, Error> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for pool in std::iter::repeat_n(pools, repeat).flatten() {
        if rows.len().saturating_mul(pool.len()) > ROWS_MAX {
            return Err(too_many());
        }
        let longer = |row: &Vec<Value>, item: &Value| [row.as_slice(), std::slice::from_ref(item)].concat();
        rows = rows.iter().flat_map(|row| pool.iter().map(move |item| longer(row, item))).collect();
    }
    Ok(rows)
}

/// Rows of `size` places; `may_follow` says whether a place may come after those before it.
fn chosen(pool: &[Value], size: usize, may_follow: &dyn Fn(&[usize], usize) -> bool) -> Result<Vec<Vec<Value>>, Error> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let mut longer = Vec::new();
        for row in &rows {
            for at in (0..pool.len()).filter(|at| may_follow(row, *at)) {
                longer.push([row.as_slice(), &[at]].concat());
            }
        }
        if longer.len() > ROWS_MAX {
            return Err(too_many());
        }
        rows = longer;
    }
    Ok(rows.into_iter().map(|row| row.into_iter().map(|at| pool[at].clone()).collect()).collect())
}

fn islice(pool: &[Value], bounds: &[Value]) -> Value {
    let bound = |at: usize| bounds.get(at).and_then(Value::as_usize);
    let (start, stop, step) = match bounds.len() {
        0 | 1 => (0, bound(0), 1),
        _ => (bound(0).unwrap_or(0), bound(1), bound(2).unwrap_or(1).max(1)),
    };
    let stop = stop.unwrap_or(pool.len()).min(pool.len());
    List::value(pool.iter().take(stop).skip(start).step_by(step).cloned().collect())
}

/// Runs of equal items: `(item, [items])`.
fn groups(pool: &[Value]) -> Value {
    let mut runs: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in pool {
        match runs.last_mut() {
            Some((key, run)) if key == item => run.push(item.clone()),
            _ => runs.push((item.clone(), vec![item.clone()])),
        }
    }
    List::value(runs.into_iter().map(|(key, run)| tuple([key, List::value(run)])).collect())
}
