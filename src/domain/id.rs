//! Identifiers. Two sorts: codes that people give (areas, departments, categories), kept as text
//! exactly as published, and ids that we make (UUIDv7).

use std::fmt;

/// Why a text is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("a code must not be empty")]
    Empty,
    #[error("a code has at most {CODE_CHARS_MAX} characters, this one has {0}")]
    TooLong(usize),
    #[error(
        "a code must not hold {0:?}: white space at the ends, '/', ';' and control characters are reserved"
    )]
    Reserved(char),
}

/// The longest code, in characters. The longest known one (GB/T 30428.1 grid) has 20.
pub const CODE_CHARS_MAX: usize = 64;

fn parse_code(text: &str) -> Result<Box<str>, CodeError> {
    let chars = text.chars().count();
    if chars == 0 {
        return Err(CodeError::Empty);
    }
    if chars > CODE_CHARS_MAX {
        return Err(CodeError::TooLong(chars));
    }
    if text.trim() != text {
        return Err(CodeError::Reserved(' '));
    }
    match text.chars().find(|c| c.is_control() || matches!(c, '/' | ';')) {
        Some(c) => Err(CodeError::Reserved(c)),
        None => Ok(text.into()),
    }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// # Errors
            /// Empty, too long, or holding a reserved character.
            pub fn parse(text: &str) -> Result<Self, CodeError> {
                parse_code(text).map(Self)
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }
    };
}

code!(/// An area's code: an identifier with a scheme, never derived from geometry, never reused.
    AreaCode);
code!(/// A department's code.
    DepartmentCode);
code!(/// A category's code within its scheme.
    CategoryCode);
code!(/// A filing condition's code.
    ConditionCode);
code!(/// A party branch's code.
    BranchCode);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl $name {
            /// Reads the hyphenated form, in either case.
            pub fn parse(text: &str) -> Option<Self> {
                parse_uuid(text).map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_uuid(self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_uuid(self.0, f)
            }
        }
    };
}

fn parse_uuid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut value: u128 = 0;
    for (i, &b) in bytes.iter().enumerate() {
        if matches!(i, 8 | 13 | 18 | 23) {
            if b != b'-' {
                return None;
            }
            continue;
        }
        value = (value << 4) | u128::from((b as char).to_digit(16)?);
    }
    Some(value)
}

fn write_uuid(v: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        v >> 96,
        (v >> 80) & 0xffff,
        (v >> 64) & 0xffff,
        (v >> 48) & 0xffff,
        v & 0xffff_ffff_ffff
    )
}

uuid_id!(/// An issue.
    IssueId);
uuid_id!(/// An account.
    AccountId);
uuid_id!(/// A photo or other file attached to an issue.
    AttachmentId);
uuid_id!(/// A person with posts in grids.
    WorkerId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes() {
        let text = "0192f3a4-5b6c-7d8e-9f00-112233445566";
        assert_eq!(IssueId::parse(text).unwrap().to_string(), text);
        assert_eq!(IssueId::parse(&text.to_uppercase()).unwrap().to_string(), text);
        for bad in ["", "0192f3a45b6c7d8e9f00112233445566", "0192f3a4-5b6c-7d8e-9f00-11223344556g"]
        {
            assert_eq!(IssueId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_code_is_kept_as_published_or_refused() {
        assert_eq!(AreaCode::parse("41010500100101").unwrap().as_str(), "41010500100101");
        assert_eq!(AreaCode::parse(""), Err(CodeError::Empty));
        assert_eq!(AreaCode::parse("a/b"), Err(CodeError::Reserved('/')));
        assert_eq!(AreaCode::parse(" a"), Err(CodeError::Reserved(' ')));
        assert_eq!(AreaCode::parse(&"9".repeat(65)), Err(CodeError::TooLong(65)));
    }
}
