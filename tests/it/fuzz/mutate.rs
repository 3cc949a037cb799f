//! Changes texts at random, by a seed.

/// Longest input: what is slow by its length alone is of no interest here.
const BYTES_MAX: usize = 20_000;

/// Numbers and letters at the edges of what is expected.
const EDGES: [&str; 14] = [
    "0",
    "-1",
    "99999999999999999999",
    "-9223372036854775808",
    "1e400",
    "0x7f",
    "\0",
    "\u{feff}",
    "\u{2028}",
    "é",
    "𝔘",
    "\r\n",
    "\t",
    "\u{7f}",
];

/// SplitMix64. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
pub struct Mutator {
    state: u64,
}

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`; 0 where there is nothing below it.
    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// One of the texts with one to eight changes.
    pub fn changed(&mut self, texts: &[String], words: &[&str]) -> String {
        let mut bytes = self.one_of(texts).clone().into_bytes();
        for _ in 0..=self.below(8) {
            self.change(&mut bytes, texts, words);
        }
        bytes.truncate(BYTES_MAX);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn change(&mut self, bytes: &mut Vec<u8>, texts: &[String], words: &[&str]) {
        let at = self.below(bytes.len() + 1);
        match self.below(10) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << (self.next() % 8);
                }
            }
            1 => bytes.insert(at, (self.next() % 128) as u8),
            2 | 3 => insert(bytes, at, self.one_of(words).as_bytes()),
            4 => insert(bytes, at, self.one_of(&EDGES).as_bytes()),
            5 => {
                let end = (at + self.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
            // A part of another text.
            6 => {
                let other = self.one_of(texts).as_bytes();
                let start = self.below(other.len());
                let end = (start + self.below(200)).min(other.len());
                insert(bytes, at, &other[start..end]);
            }
            // A part of its own, again and again: deep nesting comes of it.
            7 => {
                let end = (at + self.below(30)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let most = if self.below(10) == 0 { 400 } else { 4 };
                let times = 1 + self.below(most);
                insert(bytes, at, &part.repeat(times));
            }
            8 => bytes.truncate(at),
            _ => {
                let other = self.below(bytes.len());
                if at < bytes.len() {
                    bytes.swap(at, other);
                }
            }
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    bytes.splice(at..at, part.iter().copied());
}

/// FNV-1a, 64 bits.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
