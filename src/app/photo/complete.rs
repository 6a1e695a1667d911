//! Whether a file is there to its end. Decoders fill what is missing with grey, and half a photo
//! would pass for evidence; an upload that broke off is to be sent again.

use image::ImageFormat;

/// Whether `bytes` hold the format's own end mark. What follows the mark is not looked at: phones
/// append data of their own there.
pub fn is_complete(format: ImageFormat, bytes: &[u8]) -> bool {
    match format {
        ImageFormat::Jpeg => jpeg_ends(bytes).is_some(),
        ImageFormat::Png => png_ends(bytes).is_some(),
        ImageFormat::WebP => webp_ends(bytes).is_some(),
        _ => false,
    }
}

fn be_u16(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(pair[0]) << 8 | usize::from(pair[1]))
}

/// Walks the segments of ITU-T T.81 annex B up to the end-of-image marker.
fn jpeg_ends(bytes: &[u8]) -> Option<()> {
    const SOI: u8 = 0xd8;
    const EOI: u8 = 0xd9;
    let mut at = 0;
    loop {
        // Within a scan, and before a marker, any bytes that begin no marker are passed over:
        // entropy-coded data, stuffed zeros, restart marks, fill bytes.
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xff)? + 1;
        let marker = *bytes.get(at)?;
        match marker {
            0xff => continue,
            0x00 | 0x01 | 0xd0..=0xd7 | SOI => at += 1,
            EOI => return Some(()),
            _ => at = at.checked_add(1 + be_u16(bytes, at + 1)?)?,
        }
    }
}

/// Walks the chunks of PNG (ISO/IEC 15948) up to the end of `IEND`.
fn png_ends(bytes: &[u8]) -> Option<()> {
    let mut at: usize = 8;
    loop {
        let head = bytes.get(at..at.checked_add(8)?)?;
        let length = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).ok();
        // Length and name before the data, a checksum after it.
        at = at.checked_add(12)?.checked_add(length?)?;
        if &head[4..8] == b"IEND" {
            return (at <= bytes.len()).then_some(());
        }
    }
}

/// The RIFF header says how long the file is.
fn webp_ends(bytes: &[u8]) -> Option<()> {
    let size = bytes.get(4..8)?;
    let size = usize::try_from(u32::from_le_bytes([size[0], size[1], size[2], size[3]])).ok()?;
    (size.checked_add(8)? <= bytes.len()).then_some(())
}
