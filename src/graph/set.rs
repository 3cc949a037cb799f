//! Sets of graph positions: one bit per node, so that unions of thousands of nodes cost nothing.

/// Positions of a graph, each in or out. All sets of one graph have the same capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    pub fn new(capacity: usize) -> Self {
        Self { words: vec![0; capacity.div_ceil(64)] }
    }

    /// Whether it was not there before.
    pub fn insert(&mut self, position: usize) -> bool {
        let (word, bit) = (position / 64, 1 << (position % 64));
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        is_new
    }

    pub fn contains(&self, position: usize) -> bool {
        self.words[position / 64] & (1 << (position % 64)) != 0
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub fn union_with(&mut self, other: &Self) {
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            *mine |= theirs;
        }
    }

    pub fn intersect_with(&mut self, other: &Self) {
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            *mine &= theirs;
        }
    }

    pub fn remove_all(&mut self, other: &Self) {
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            *mine &= !theirs;
        }
    }

    /// Positions in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::NodeSet;

    #[test]
    fn sets_combine_and_list_their_positions_in_order() {
        let mut a = NodeSet::new(130);
        assert!(a.is_empty());
        for position in [129, 3, 64] {
            assert!(a.insert(position));
        }
        assert!(!a.insert(3));
        let mut b = NodeSet::new(130);
        for position in [3, 4, 64] {
            b.insert(position);
        }
        assert!(b.contains(4) && !b.contains(129));
        b.intersect_with(&a);
        assert_eq!(b.iter().collect::<Vec<_>>(), [3, 64]);
        a.remove_all(&b);
        assert_eq!(a.iter().collect::<Vec<_>>(), [129]);
        a.union_with(&b);
        assert_eq!(a.iter().collect::<Vec<_>>(), [3, 64, 129]);
    }
}
