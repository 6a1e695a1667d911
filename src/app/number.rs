//! Tracking numbers: short enough to read over the phone, too many to guess. And the code that
//! comes with a report's receipt and nowhere else: a number is in every list of the office, so the
//! code makes the word of whoever gives both the reporter's.

/// Crockford's base 32: no I, L, O or U, so that no two letters are mistaken for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Random characters in a number: 65 bits.
const CHARS: usize = 13;
const PREFIX: &str = "HX";

/// A new random number such as `HX-7K2M-9QPD-4TXW3`.
pub fn new_number() -> String {
    let mut number = String::from(PREFIX);
    for (i, byte) in rand::random::<[u8; CHARS]>().into_iter().enumerate() {
        if i % 4 == 0 && i < 12 {
            number.push('-');
        }
        number.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    number
}

/// Characters in a code: 40 bits, which are guessed at a few a minute.
const CODE_CHARS: usize = 8;

/// A new random code such as `7K2M9QPD`.
pub fn new_code() -> String {
    let bytes = rand::random::<[u8; CODE_CHARS]>();
    bytes.into_iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// What a person writes, as this alphabet has it: any case, with or without hyphens and spaces, O
/// for 0, I or L for 1.
fn fold(text: &str) -> String {
    let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    letters
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

fn is_of(letters: &str, chars: usize) -> bool {
    letters.len() == chars && letters.bytes().all(|b| ALPHABET.contains(&b))
}

/// The code that a person means; `None` when it cannot be one.
pub fn parse_code(text: &str) -> Option<String> {
    Some(fold(text)).filter(|letters| is_of(letters, CODE_CHARS))
}

/// The number that a person means: any case, with or without hyphens and spaces, O for 0, I or L
/// for 1. `None` when it cannot be one.
pub fn parse_number(text: &str) -> Option<String> {
    let letters = fold(text);
    let letters = letters.strip_prefix(PREFIX).filter(|letters| is_of(letters, CHARS))?;
    Some(format!("{PREFIX}-{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_however_it_is_written_down() {
        for _ in 0..1_000 {
            let number = new_number();
            assert_eq!(parse_number(&number), Some(number.clone()));
            let spoken =
                number.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            assert_eq!(parse_number(&spoken), Some(number));
        }
    }

    #[test]
    fn a_code_reads_back_however_it_is_written_down() {
        for _ in 0..1_000 {
            let code = new_code();
            let spoken = code.to_lowercase().replace('0', "o").replace('1', "i");
            let spoken = format!(" {}-{} ", &spoken[..4], &spoken[4..]);
            assert_eq!(parse_code(&spoken), Some(code));
        }
        for text in ["", "1234567", "123456789", "1234567U", "网格员网格员"] {
            assert_eq!(parse_code(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in
            ["", "HX", "HX-0000-0000-0000", "HX-0000-0000-0000U", "0000-0000-00000", "HX-网格"]
        {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }
}
