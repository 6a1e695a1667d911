//! From the bytes that came to a checked photo with a public copy and a thumbnail. What the file
//! calls itself does not count; its bytes do.

use super::complete::is_complete;
use super::exif::{Claims, TakenAt};
use crate::domain::audit::Hash;
use bytes::Bytes;
use fast_image_resize::images::Image;
use fast_image_resize::{PixelType, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::error::ImageError;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use sha2::{Digest, Sha256};
use std::io::Cursor;

/// The longest edge of the public copy, in pixels.
pub const PUBLIC_EDGE_PIXELS_MAX: u32 = 1_600;
/// The longest edge of the thumbnail, in pixels.
pub const THUMB_EDGE_PIXELS_MAX: u32 = 320;
/// JPEG quality of both.
const QUALITY: u8 = 80;

/// How large a photo may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoLimits {
    pub photo_bytes_max: u64,
    /// Width times height, as the header says.
    pub photo_pixels_max: u64,
    /// Memory for the decoded pixels.
    pub decode_bytes_max: u64,
}

impl Default for PhotoLimits {
    fn default() -> Self {
        Self {
            photo_bytes_max: 10 << 20,
            photo_pixels_max: 50_000_000,
            decode_bytes_max: 256 << 20,
        }
    }
}

impl PhotoLimits {
    /// # Errors
    /// `TooLarge`.
    pub fn check_size(&self, bytes: &[u8]) -> Result<(), PhotoError> {
        let size = bytes.len() as u64;
        if size > self.photo_bytes_max {
            return Err(PhotoError::TooLarge { bytes: size, bytes_max: self.photo_bytes_max });
        }
        Ok(())
    }
}

/// Why a photo is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    #[error("the photo has {bytes} bytes; {bytes_max} are allowed")]
    TooLarge { bytes: u64, bytes_max: u64 },
    #[error("the file is no JPEG, PNG or WebP photo")]
    NotAPhoto,
    #[error("the photo has {width} × {height} pixels; {pixels_max} in all are allowed")]
    TooManyPixels { width: u32, height: u32, pixels_max: u64 },
    #[error("the photo needs {bytes} bytes of memory; {bytes_max} are allowed")]
    TooMuchMemory { bytes: u64, bytes_max: u64 },
    #[error("the photo breaks off before its end; send it again")]
    Truncated,
    #[error("the photo is damaged: {0}")]
    Damaged(String),
    #[error("too many photos are waiting; try again")]
    Busy,
}

/// A photo that was checked, with its copies.
#[derive(Clone, Debug, PartialEq)]
pub struct Processed {
    /// SHA-256 of the original, in hexadecimal.
    pub sha256: String,
    /// What the bytes are, whatever they were declared as.
    pub media_type: &'static str,
    pub size_bytes: i64,
    /// Pixels of the original, turned upright.
    pub width: u32,
    pub height: u32,
    pub original: Bytes,
    /// Upright, no edge longer than [`PUBLIC_EDGE_PIXELS_MAX`], no metadata.
    pub public_jpeg: Bytes,
    /// Upright, no edge longer than [`THUMB_EDGE_PIXELS_MAX`], no metadata.
    pub thumb_jpeg: Bytes,
    pub taken_at: Option<TakenAt>,
    /// Longitude and latitude in degrees, as the camera says.
    pub taken_position: Option<(f64, f64)>,
}

/// Checks a photo and makes its copies. Takes up to a second or so for the largest: not for an
/// async thread.
///
/// # Errors
/// A limit is broken (pixels and memory are judged by the header, before anything is decoded), the
/// type is another, or the file is truncated or damaged.
pub fn process(original: Bytes, limits: &PhotoLimits) -> Result<Processed, PhotoError> {
    limits.check_size(&original)?;
    let (format, media_type) = sniff(&original)?;
    let (pixels, claims) = decode(&original, format, limits)?;
    let public = upright(shrink(&pixels, PUBLIC_EDGE_PIXELS_MAX)?, &claims);
    let thumb = shrink(&public, THUMB_EDGE_PIXELS_MAX)?;
    let (width, height) = match claims.turns_sideways() {
        true => (pixels.height(), pixels.width()),
        false => pixels.dimensions(),
    };
    Ok(Processed {
        sha256: Hash(Sha256::digest(&original).into()).to_string(),
        media_type,
        size_bytes: i64::try_from(original.len()).unwrap_or(i64::MAX),
        width,
        height,
        public_jpeg: encode(&public)?,
        thumb_jpeg: encode(&thumb)?,
        taken_at: claims.taken_at,
        taken_position: claims.taken_position,
        original,
    })
}

fn sniff(bytes: &[u8]) -> Result<(ImageFormat, &'static str), PhotoError> {
    match image::guess_format(bytes) {
        Ok(format @ ImageFormat::Jpeg) => Ok((format, "image/jpeg")),
        Ok(format @ ImageFormat::Png) => Ok((format, "image/png")),
        Ok(format @ ImageFormat::WebP) => Ok((format, "image/webp")),
        _ => Err(PhotoError::NotAPhoto),
    }
}

fn damaged(error: &ImageError) -> PhotoError {
    PhotoError::Damaged(error.to_string())
}

fn decode(
    bytes: &[u8],
    format: ImageFormat,
    limits: &PhotoLimits,
) -> Result<(RgbImage, Claims), PhotoError> {
    let mut allowed = Limits::no_limits();
    allowed.max_alloc = Some(limits.decode_bytes_max);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allowed);
    // This reads no more than the header.
    let mut decoder = reader.into_decoder().map_err(|error| damaged(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.photo_pixels_max {
        let pixels_max = limits.photo_pixels_max;
        return Err(PhotoError::TooManyPixels { width, height, pixels_max });
    }
    if decoder.total_bytes() > limits.decode_bytes_max {
        let bytes_max = limits.decode_bytes_max;
        return Err(PhotoError::TooMuchMemory { bytes: decoder.total_bytes(), bytes_max });
    }
    if !is_complete(format, bytes) {
        return Err(PhotoError::Truncated);
    }
    let block = decoder.exif_metadata().ok().flatten();
    let claims = block.map_or(Claims::NONE, |block| Claims::read(&block));
    let pixels = DynamicImage::from_decoder(decoder).map_err(|error| damaged(&error))?;
    Ok((flatten(pixels), claims))
}

/// JPEG knows no transparency: what is seen through shows white.
fn flatten(pixels: DynamicImage) -> RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8();
    }
    let pixels = pixels.into_rgba8();
    let (width, height) = pixels.dimensions();
    let over_white = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u32::from(colour), u32::from(alpha));
        // At most 255 * 255 / 255.
        ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let mut flat = RgbImage::new(width, height);
    for (to, from) in flat.pixels_mut().zip(pixels.pixels()) {
        let [red, green, blue, alpha] = from.0;
        to.0 = [red, green, blue].map(|colour| over_white(colour, alpha));
    }
    flat
}

/// The picture with no edge longer than `edge_max`; a smaller one is not enlarged.
fn shrink(pixels: &RgbImage, edge_max: u32) -> Result<RgbImage, PhotoError> {
    let (width, height) = pixels.dimensions();
    let longest = width.max(height);
    if longest <= edge_max {
        return Ok(pixels.clone());
    }
    let scaled = |edge: u32| {
        let scaled = u64::from(edge) * u64::from(edge_max) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(edge_max).clamp(1, edge_max)
    };
    let fault = |why: &dyn std::fmt::Display| PhotoError::Damaged(why.to_string());
    let from = fast_image_resize::images::ImageRef::new(width, height, pixels, PixelType::U8x3)
        .map_err(|why| fault(&why))?;
    let mut to = Image::new(scaled(width), scaled(height), PixelType::U8x3);
    Resizer::new().resize(&from, &mut to, None).map_err(|why| fault(&why))?;
    let (width, height) = (to.width(), to.height());
    RgbImage::from_raw(width, height, to.into_vec())
        .ok_or_else(|| fault(&"its size does not fit its pixels"))
}

fn upright(pixels: RgbImage, claims: &Claims) -> RgbImage {
    let mut pixels = DynamicImage::ImageRgb8(pixels);
    pixels.apply_orientation(claims.orientation);
    pixels.into_rgb8()
}

fn encode(pixels: &RgbImage) -> Result<Bytes, PhotoError> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(pixels)
        .map_err(|error| damaged(&error))?;
    Ok(jpeg.into())
}
