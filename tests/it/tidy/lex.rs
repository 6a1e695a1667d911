//! Just enough of Rust's lexical structure for the tidy rules: identifiers and punctuation with
//! their lines; comments, strings, characters and lifetimes are left out.

/// An identifier, a number, `::` or one character of punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    /// Counted from 1.
    pub line: usize,
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Token>,
}

/// The tokens of a source text.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars = source.chars().collect();
    let mut lexer = Lexer { chars, at: 0, line: 1, out: Vec::new() };
    while lexer.at < lexer.chars.len() {
        lexer.step();
    }
    lexer.out
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn advance(&mut self) {
        if self.peek(0) == '\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    fn advance_by(&mut self, count: usize) {
        (0..count).for_each(|_| self.advance());
    }

    fn step(&mut self) {
        let (c, next) = (self.peek(0), self.peek(1));
        match c {
            '/' if next == '/' => self.skip_while(|c| c != '\n'),
            '/' if next == '*' => self.skip_block_comment(),
            '"' => self.skip_string(),
            '\'' => self.skip_char_or_lifetime(),
            ':' if next == ':' => {
                self.push("::".into());
                self.advance_by(2);
            }
            c if c.is_alphanumeric() || c == '_' => self.word(),
            c if c.is_whitespace() => self.advance(),
            c => {
                self.push(c.to_string());
                self.advance();
            }
        }
    }

    fn push(&mut self, text: String) {
        self.out.push(Token { text, line: self.line });
    }

    fn skip_while(&mut self, go_on: impl Fn(char) -> bool) {
        while self.at < self.chars.len() && go_on(self.peek(0)) {
            self.advance();
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.advance();
                    continue;
                }
            }
            self.advance_by(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.advance();
        while self.at < self.chars.len() && self.peek(0) != '"' {
            let step = if self.peek(0) == '\\' { 2 } else { 1 };
            self.advance_by(step);
        }
        self.advance();
    }

    /// `r"…"`, `r#"…"#` …; the reader stands on the first `#` or quote.
    fn skip_raw_string(&mut self) {
        let mut hashes = 0;
        while self.peek(hashes) == '#' {
            hashes += 1;
        }
        self.advance_by(hashes + 1);
        while self.at < self.chars.len() {
            if self.peek(0) == '"' && (1..=hashes).all(|i| self.peek(i) == '#') {
                self.advance_by(hashes + 1);
                return;
            }
            self.advance();
        }
    }

    /// `'x'`, `'\n'`, `'\u{…}'` are characters; `'a` without a closing quote is a lifetime.
    fn skip_char_or_lifetime(&mut self) {
        if self.peek(1) == '\\' {
            self.advance_by(3);
            self.skip_while(|c| c != '\'');
            self.advance();
        } else if self.peek(2) == '\'' {
            self.advance_by(3);
        } else {
            self.advance();
            self.skip_while(|c| c.is_alphanumeric() || c == '_');
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let line = self.line;
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        let text: String = self.chars[start..self.at].iter().collect();
        let quote = |lexer: &Self, ahead: usize| lexer.peek(ahead) == '"';
        match text.as_str() {
            "r" | "br" | "cr" if quote(self, 0) || (self.peek(0) == '#' && self.raw_ahead()) => {
                self.skip_raw_string();
            }
            "b" | "c" if quote(self, 0) => self.skip_string(),
            "b" if self.peek(0) == '\'' => self.skip_char_or_lifetime(),
            // A raw identifier such as r#type.
            "r" if self.peek(0) == '#' => self.advance(),
            _ => self.out.push(Token { text, line }),
        }
    }

    /// Whether the `#`s here end at a quote.
    fn raw_ahead(&self) -> bool {
        let mut ahead = 0;
        while self.peek(ahead) == '#' {
            ahead += 1;
        }
        self.peek(ahead) == '"'
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn check(source: &str, expected: &str) {
        let words: Vec<_> = tokens(source).into_iter().map(|t| t.text).collect();
        assert_eq!(words.join(" "), expected, "{source}");
    }

    #[test]
    fn comments_strings_characters_and_lifetimes_are_left_out() {
        check("a // b\nc", "a c");
        check("a /* b /* c */ d */ e", "a e");
        check(r#"f("g { \" } h") i"#, "f ( ) i");
        check("r#\"a \" { b\"# c", "c");
        check("br##\"x\"# y\"## z b\"q\" b'{' end", "z end");
        check("let r#type = 'x';", "let type = ;");
        check(r"m('{', '\'', '\u{7d}', '\\') n", "m ( , , , ) n");
        check("fn f<'a>(x: &'a str, y: &'static T)", "fn f < > ( x : & str , y : & T )");
        check("use a::{b, c};", "use a :: { b , c } ;");
    }

    #[test]
    fn lines_are_counted_through_what_is_left_out() {
        let found = tokens("a\n/* \n */ b\n\"x\ny\" c r\"\n\" d");
        let lines: Vec<_> = found.iter().map(|t| (t.text.as_str(), t.line)).collect();
        assert_eq!(lines, [("a", 1), ("b", 3), ("c", 5), ("d", 6)]);
    }
}
