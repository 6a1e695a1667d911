//! The font of printed reports: a part of Noto Sans SC that ships in the binary
//! (`geodata/font/SOURCE.md`). Chinese and Latin letters stand beside each other as they are, so a
//! glyph for each character is all the shaping that there is.

use super::DocumentError;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use std::sync::LazyLock;
use ttf_parser::Face;

static BYTES: &[u8] = include_bytes!("../../../geodata/font/NotoSansSC-hexward.otf");

/// Stands for a character that the font lacks.
const LACKING: char = '〓';

/// The font, as the page needs it and as the layout measures it.
pub struct Type {
    pub font: Font,
    face: Face<'static>,
    em: f32,
}

/// Read once: the tables of a font are looked up for every cell.
static FACE: LazyLock<Option<Face<'static>>> = LazyLock::new(|| Face::parse(BYTES, 0).ok());

impl Type {
    /// # Errors
    /// The shipped font cannot be read.
    pub fn load() -> Result<Self, DocumentError> {
        let unreadable = || DocumentError::Print("the shipped font cannot be read".into());
        let font = Font::new(BYTES.into(), 0).ok_or_else(unreadable)?;
        let face = FACE.clone().ok_or_else(unreadable)?;
        let em = f32::from(face.units_per_em());
        Ok(Self { font, face, em })
    }

    fn glyph(&self, c: char) -> ttf_parser::GlyphId {
        let known = self.face.glyph_index(c).or_else(|| self.face.glyph_index(LACKING));
        known.unwrap_or_default()
    }

    /// The width of a character at size 1.
    pub fn advance(&self, c: char) -> f32 {
        f32::from(self.face.glyph_hor_advance(self.glyph(c)).unwrap_or(0)) / self.em
    }

    /// The width of a text at a size, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    /// A text with only such characters as the font has.
    pub fn plain(&self, text: &str) -> String {
        let shown = |c: char| match c {
            c if c.is_control() => ' ',
            c if self.face.glyph_index(c).is_some() => c,
            _ => LACKING,
        };
        text.chars().map(shown).collect()
    }

    pub fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, c): (usize, char)| {
            let id = GlyphId::new(u32::from(self.glyph(c).0));
            KrillaGlyph::new(id, self.advance(c), 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        };
        text.char_indices().map(glyph).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_what_reports_say() {
        let own = Type::load().unwrap();
        let says = "网格哨台账：按期结案率 90.5%（n = 12）〓≥≤–—·×²";
        assert_eq!(own.plain(says), says);
        assert_eq!(own.plain("a\u{1F600}b\n"), "a〓b ");
        assert!((own.width("网格", 10.0) - 20.0).abs() < 0.01);
        assert!(own.width("ii", 10.0) < own.width("mm", 10.0));
    }

    #[test]
    fn every_name_that_ships_can_be_printed() {
        let own = Type::load().unwrap();
        for text in [
            include_str!("../../../geodata/jinshui/source/streets.csv"),
            include_str!("../../../geodata/matrix/jinshui_departments.csv"),
            include_str!("../../../geodata/catalog/yuncheng/standard.csv"),
        ] {
            for line in text.lines() {
                let line = line.trim_start_matches('\u{feff}');
                assert!(!own.plain(line).contains(LACKING), "{line}");
            }
        }
    }
}
