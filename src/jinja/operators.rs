//! Finds the arithmetic of expressions and has it done by functions: `a - b` becomes `__sub(a, b)`.
//!
//! minijinja's operators know numbers, texts and lists. Python's also take dates and durations, and `%` fills texts;
//! `arithmetic.rs` has what the functions do. Precedence is Jinja2's, so what was one operand stays one.

use minijinja::machinery::Token;

use super::rewrite::{Lexeme, Replacement};

/// Notes a call for every arithmetic operator among `lexemes`.
pub(super) fn rewrite(lexemes: &[Lexeme<'_>], into: &mut Vec<Replacement>) {
    let mut reader = Reader { lexemes, at: 0, into, depth: 0 };
    while reader.at < lexemes.len() {
        match lexemes[reader.at].token {
            // The word after `{%` says what the tag is: `{% if -x %}` subtracts nothing.
            Token::BlockStart => reader.at += 2,
            Token::VariableStart => reader.at += 1,
            _ => {
                if reader.condition().is_none() {
                    reader.at += 1;
                }
            }
        }
    }
}

/// Deepest nesting followed; what lies deeper keeps minijinja's operators.
pub(super) const DEPTH_MAX: usize = 100;

/// Most operators in a row that become calls within each other.
const NESTED_MAX: usize = 30;

/// Where an operand starts and ends, in bytes.
type Place = (usize, usize);

/// An operator, and where its right side ends.
struct Link {
    name: &'static str,
    sign: Place,
    end: usize,
}

struct Reader<'a, 't> {
    lexemes: &'a [Lexeme<'t>],
    at: usize,
    into: &'a mut Vec<Replacement>,
    depth: usize,
}

impl<'t> Reader<'_, 't> {
    fn peek(&self) -> Option<&Token<'t>> {
        self.lexemes.get(self.at).map(|lexeme| &lexeme.token)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Ident(name)) if *name == word)
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    /// The next token's place, and past it.
    fn take(&mut self) -> Option<Place> {
        let lexeme = self.lexemes.get(self.at)?;
        self.at += 1;
        Some((lexeme.start, lexeme.end))
    }

    /// `a if b else c`; `None` where no expression starts.
    fn condition(&mut self) -> Option<Place> {
        if self.depth > DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        let mut place = self.either();
        while let Some(start) = place
            && self.skip_word("if")
        {
            let end = self.either().unwrap_or(start).1;
            place = Some((start.0, end));
            if self.skip_word("else") {
                place = self.condition().map_or(place, |other| Some((start.0, other.1)));
            }
        }
        self.depth -= 1;
        place
    }

    /// Operands joined by words and comparisons, which stay as they are.
    fn either(&mut self) -> Option<Place> {
        while self.skip_word("not") {}
        let mut place = self.sum()?;
        loop {
            match self.peek() {
                Some(Token::Ident("and" | "or" | "in" | "not")) => self.at += 1,
                Some(Token::Eq | Token::Ne | Token::Lt | Token::Lte | Token::Gt | Token::Gte) => self.at += 1,
                _ => return Some(place),
            }
            while self.skip_word("not") || self.skip_word("in") {}
            match self.sum() {
                Some(other) => place.1 = other.1,
                None => return Some(place),
            }
        }
    }

    fn sum(&mut self) -> Option<Place> {
        self.chain(Self::concatenation, |token| match token {
            Token::Plus => Some("__add"),
            Token::Minus => Some("__sub"),
            _ => None,
        })
    }

    fn concatenation(&mut self) -> Option<Place> {
        self.chain(Self::product, |token| matches!(token, Token::Tilde).then_some("__cat"))
    }

    fn product(&mut self) -> Option<Place> {
        self.chain(Self::power, |token| match token {
            Token::Mul => Some("__mul"),
            Token::Div => Some("__div"),
            Token::FloorDiv => Some("__floordiv"),
            Token::Mod => Some("__mod"),
            _ => None,
        })
    }

    fn power(&mut self) -> Option<Place> {
        self.chain(Self::signed, |token| matches!(token, Token::Pow).then_some("__pow"))
    }

    /// Operands of one precedence, from left to right.
    fn chain(
        &mut self,
        operand: impl Fn(&mut Self) -> Option<Place>,
        function: impl Fn(&Token<'_>) -> Option<&'static str>,
    ) -> Option<Place> {
        let first = self.into.len();
        let start = operand(self)?;
        let mut links = Vec::new();
        while let Some(name) = self.peek().and_then(&function) {
            let Some(sign) = self.take() else { break };
            let Some(right) = operand(self) else { break };
            links.push(Link { name, sign, end: right.1 });
        }
        match links.len() {
            0..=NESTED_MAX => self.nest(first, start, &links),
            _ => self.flatten(first, start, &links),
        }
        Some((start.0, links.last().map_or(start.1, |link| link.end)))
    }

    /// A call within a call for each operator, so that errors tell of the two operands they are about.
    fn nest(&mut self, first: usize, start: Place, links: &[Link]) {
        for &Link { name, sign, end } in links {
            // Before all that the left side noted: calls that start at one place open outermost first.
            let opening = Replacement { start: start.0, end: start.0, with: format!("{name}(") };
            self.into.insert(first, opening);
            self.into.push(Replacement { start: sign.0, end: sign.1, with: ",".to_string() });
            self.into.push(Replacement { start: end, end, with: ")".to_string() });
        }
    }

    /// One call for all operators, in a list: minijinja reads no deeper than some 150 brackets, and no more than some
    /// 2,000 arguments.
    fn flatten(&mut self, first: usize, start: Place, links: &[Link]) {
        let opening = Replacement { start: start.0, end: start.0, with: "__chain([".to_string() };
        self.into.insert(first, opening);
        for Link { name, sign, .. } in links {
            self.into.push(Replacement { start: sign.0, end: sign.1, with: format!(",'{name}',") });
        }
        if let Some(&Link { end, .. }) = links.last() {
            self.into.push(Replacement { start: end, end, with: "])".to_string() });
        }
    }

    /// A sign before an operand holds before filters do: `-1|abs` is 1.
    fn signed(&mut self) -> Option<Place> {
        let Some(Token::Minus | Token::Plus) = self.peek() else { return self.operand(true) };
        let mut signs = Vec::new();
        while let Some(Token::Minus | Token::Plus) = self.peek() {
            let is_minus = matches!(self.peek(), Some(Token::Minus));
            signs.push((self.take()?, is_minus));
        }
        let first = signs.first().map(|(place, _)| place.0)?;
        let is_number = matches!(self.peek(), Some(Token::Int(_) | Token::Int128(_) | Token::Float(_)));
        let Some(operand) = self.operand(false) else { return signs.last().map(|(last, _)| (first, last.1)) };
        let last = self.at.checked_sub(1).map(|at| &self.lexemes[at].token);
        if matches!(last, Some(Token::ParenOpen | Token::BracketOpen | Token::BraceOpen)) {
            // A bracket that is not closed: the parser tells of it.
            return Some((first, operand.1));
        }
        let mut place = (first, operand.1);
        for ((start, end), is_minus) in signs {
            match is_minus {
                // minijinja's minus knows numbers only, and has no plus.
                true if is_number => {}
                true => {
                    self.into.push(Replacement { start, end, with: "__neg(".to_string() });
                    self.into.push(Replacement { start: place.1, end: place.1, with: ")".to_string() });
                }
                false => self.into.push(Replacement { start, end, with: String::new() }),
            }
        }
        self.filters(&mut place);
        Some(place)
    }

    /// A value with its attributes, subscripts, calls, and filters.
    fn operand(&mut self, with_filters: bool) -> Option<Place> {
        let first = self.into.len();
        let mut place = match self.peek()? {
            Token::Ident(name) if !is_reserved(name) => self.take()?,
            Token::Str(_) | Token::String(_) => {
                let mut place = self.take()?;
                // Texts side by side are one text.
                while let Some(Token::Str(_) | Token::String(_)) = self.peek() {
                    place.1 = self.take()?.1;
                }
                place
            }
            Token::Int(_) | Token::Int128(_) | Token::Float(_) => self.take()?,
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => self.bracketed()?,
            _ => return None,
        };
        loop {
            match self.peek() {
                Some(Token::Dot) => {
                    self.at += 1;
                    place.1 = self.take().map_or(place.1, |name| name.1);
                }
                Some(Token::BracketOpen | Token::ParenOpen) => {
                    let open = self.at;
                    place.1 = self.bracketed().map_or(place.1, |bracket| bracket.1);
                    if self.is_slice(open) {
                        // What minijinja cuts out of a list cannot be changed.
                        let opening = Replacement { start: place.0, end: place.0, with: "__slice(".to_string() };
                        self.into.insert(first, opening);
                        self.into.push(Replacement { start: place.1, end: place.1, with: ")".to_string() });
                    }
                }
                _ => break,
            }
        }
        if with_filters {
            self.filters(&mut place);
        }
        Some(place)
    }

    /// Whether the brackets from token `open` to here are a subscript with a colon: `[1:]`.
    fn is_slice(&self, open: usize) -> bool {
        let mut depth = 0;
        let is_subscript = matches!(self.lexemes[open].token, Token::BracketOpen);
        is_subscript
            && self.lexemes[open..self.at].iter().any(|lexeme| {
                match lexeme.token {
                    Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
                    Token::ParenClose | Token::BracketClose | Token::BraceClose => depth -= 1,
                    _ => {}
                }
                depth == 1 && matches!(lexeme.token, Token::Colon)
            })
    }

    /// `| name(…)`, `is name …` and calls of what they give.
    fn filters(&mut self, place: &mut Place) {
        loop {
            let is_test = match self.peek() {
                Some(Token::Pipe) => false,
                Some(Token::Ident("is")) => true,
                _ => return,
            };
            self.at += 1;
            if is_test {
                self.skip_word("not");
            }
            let Some(name) = self.take() else { return };
            place.1 = name.1;
            while let Some(Token::Dot) = self.peek() {
                self.at += 1;
                place.1 = self.take().map_or(place.1, |name| name.1);
            }
            if let Some(Token::ParenOpen) = self.peek() {
                place.1 = self.bracketed().map_or(place.1, |bracket| bracket.1);
            } else if is_test && !self.is_word("is") {
                // A test takes one operand without brackets: `x is divisibleby 3`.
                place.1 = self.operand(false).map_or(place.1, |argument| argument.1);
            }
        }
    }

    /// From a bracket to the one that closes it.
    fn bracketed(&mut self) -> Option<Place> {
        let open = self.take()?;
        let mut end = open.1;
        loop {
            match self.peek() {
                None | Some(Token::VariableEnd | Token::BlockEnd) => return Some((open.0, end)),
                Some(Token::ParenClose | Token::BracketClose | Token::BraceClose) => {
                    return self.take().map(|close| (open.0, close.1));
                }
                Some(_) => {}
            }
            match self.condition() {
                Some(place) => end = place.1,
                None => end = self.take()?.1,
            }
        }
    }
}

/// Words that join expressions and are none.
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(name, "and" | "or" | "in" | "if" | "else" | "is" | "not")
}

#[cfg(test)]
mod tests {
    use super::super::rewrite::{apply, lex};

    fn rewritten(text: &str) -> String {
        let lexemes = lex(text).expect("test text is Jinja");
        let mut replacements = Vec::new();
        super::rewrite(&lexemes, &mut replacements);
        apply(text, replacements).text
    }

    #[test]
    fn operators_become_calls_by_their_precedence() {
        assert_eq!(rewritten("{{ a - b }}"), "{{ __sub(a , b) }}");
        assert_eq!(rewritten("{{ a - b + c }}"), "{{ __add(__sub(a , b) , c) }}");
        assert_eq!(rewritten("{{ a - b * c }}"), "{{ __sub(a , __mul(b , c)) }}");
        assert_eq!(rewritten("{{ (a - b) * c }}"), "{{ __mul((__sub(a , b)) , c) }}");
        assert_eq!(rewritten("{{ a ~ b % c|d ~ e }}"), "{{ __cat(__cat(a , __mod(b , c|d)) , e) }}");
        assert_eq!(
            rewritten("{{ x.y[i - 1].z(k=a + 1)|f(-1) - 2 }}"),
            "{{ __sub(x.y[__sub(i , 1)].z(k=__add(a , 1))|f(-1) , 2) }}"
        );
        assert_eq!(rewritten("{{ -a|abs - 1 }}{{ - 2 ** 3 }}"), "{{ __sub(__neg(a)|abs , 1) }}{{ __pow(- 2 , 3) }}");
        assert_eq!(rewritten("{{ f(a=+1, b=+x - +2) }}"), "{{ f(a=1, b=__sub(x , 2)) }}");
        assert_eq!(rewritten("{{ f(*a, **b) }}{{ a[1:-1] }}"), "{{ f(*a, **b) }}{{ __slice(a[1:-1]) }}");
        assert_eq!(
            rewritten("{{ a[b[1:]:] ~ {'c': 1}['c'] }}"),
            "{{ __cat(__slice(a[__slice(b[1:]):]) , {'c': 1}['c']) }}"
        );
    }

    #[test]
    fn many_operands_are_one_call() {
        let text = format!("{{{{ a{} - c }}}}", " + b * 2".repeat(30));
        let sum = " ,'__add', __mul(b , 2)".repeat(30);
        assert_eq!(rewritten(&text), format!("{{{{ __chain([a{sum} ,'__sub', c]) }}}}"));
    }

    #[test]
    fn tags_keep_their_words() {
        assert_eq!(
            rewritten("{% if -x %}{% set a, b = c + 1, d %}"),
            "{% if __neg(x) %}{% set a, b = __add(c , 1), d %}"
        );
        assert_eq!(
            rewritten("{% for a in b + c if not a - 1 %}{% do l.append(a + 1) %}"),
            "{% for a in __add(b , c) if not __sub(a , 1) %}{% do l.append(__add(a , 1)) %}"
        );
        assert_eq!(
            rewritten("{% macro m(a, b=1 + 2) %}{% call(x) n(y - 1) %}"),
            "{% macro m(a, b=__add(1 , 2)) %}{% call(x) n(__sub(y , 1)) %}"
        );
        assert_eq!(
            rewritten("{{ a if x is divisibleby 3 else b - 1 }}{{ 1 if a - 1 }}"),
            "{{ a if x is divisibleby 3 else __sub(b , 1) }}{{ 1 if __sub(a , 1) }}"
        );
        assert_eq!(rewritten("{{ {'a': b - 1, 'c': [d + e]} }}"), "{{ {'a': __sub(b , 1), 'c': [__add(d , e)]} }}");
    }

    #[test]
    fn what_is_no_expression_is_left_alone() {
        for text in
            ["{{ }}", "{{ + }}", "{{ a - }}", "{% set %}", "{{ (((( }}", "{{ a if }}", "{{ a | }}", "{{ ) - ( }}"]
        {
            assert_eq!(rewritten(text), text);
        }
    }
}
