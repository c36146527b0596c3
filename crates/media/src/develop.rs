//! From an upload to the files that are served: decoded, turned upright, made smaller, and encoded anew. Nothing of an upload but its
//! pixels comes through, so neither what a camera wrote about its owner nor what somebody hid in it.

use crate::content::{self, Kind};
use crate::image::{Address, SIDE_MAX, Size};
use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, Rgb, RgbImage, codecs::jpeg::JpegEncoder,
    imageops::FilterType, metadata::Orientation,
};
use kernel::{Code, Error, Result, hex};
use sha2::{Digest, Sha256};
use std::io::Cursor;

/// Longest side of an upload, in pixels. It bounds what a decoder keeps for each row.
const UPLOAD_SIDE_MAX: u32 = 20_000;
/// Most bytes of a decoded pixel: four channels of 16 bits.
const PIXEL_BYTES_MAX: u64 = 8;
/// What decoders may use beside the pixels.
const DECODER_BYTES: u64 = 32 << 20;
/// Of JPEG: beyond it files become much larger and look the same.
const QUALITY: u8 = 84;
/// Bytes of the hash in an address.
const HASH_BYTES: usize = 16;

/// An image that is ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Developed {
    /// The address of its largest file.
    pub address: Address,
    /// Its files, smallest first.
    pub files: Vec<(Address, Bytes)>,
}

impl Developed {
    /// The bytes of all files.
    pub fn bytes(&self) -> i64 {
        self.files.iter().map(|(_, bytes)| i64::try_from(bytes.len()).unwrap_or(i64::MAX)).sum()
    }
}

/// The files of an upload. S1202 when it is no image that we read, S1203 for more than `pixels_max` pixels, which its header says before
/// anything is decoded, S1204 when it cannot be decoded. Takes a moment of a processor and several bytes for each pixel.
pub fn develop(upload: &[u8], pixels_max: u64) -> Result<Developed> {
    let kind = content::kind(upload)?;
    let image = decoded(kind, content::whole(kind, upload)?, pixels_max)?;
    let size = Size { width: image.width(), height: image.height() };
    let largest = encoded(&image)?;
    let hash = hex(&Sha256::digest(&largest)[..HASH_BYTES]);
    let address = Address::of(&hash, size).ok_or_else(|| internal("an image of a size that is not stored"))?;
    let image = DynamicImage::ImageRgb8(image);
    let mut files = Vec::new();
    for file in address.files() {
        let bytes = match file.size == size {
            true => largest.clone(),
            false => {
                encoded(&image.resize_exact(file.size.width, file.size.height, FilterType::CatmullRom).into_rgb8())?
            }
        };
        files.push((file, bytes));
    }
    Ok(Developed { address, files })
}

fn internal(cause: &str) -> Error {
    Code::Internal.error().caused_by(cause.to_owned())
}

/// The pixels as they are stored: upright, at most [`SIDE_MAX`] wide and high, and without transparency.
fn decoded(kind: Kind, image: &[u8], pixels_max: u64) -> Result<RgbImage> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(UPLOAD_SIDE_MAX);
    limits.max_image_height = Some(UPLOAD_SIDE_MAX);
    limits.max_alloc = Some(pixels_max.saturating_mul(PIXEL_BYTES_MAX).saturating_add(DECODER_BYTES));
    let mut reader = ImageReader::with_format(Cursor::new(image), kind.format());
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > pixels_max {
        return Err(Code::ImageTooLarge.because(format!("{width} × {height} is more than {pixels_max} pixels")));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = smaller(DynamicImage::from_decoder(decoder).map_err(refused)?);
    image.apply_orientation(orientation);
    Ok(on_white(image))
}

fn refused(error: ImageError) -> Error {
    let refusal = match error {
        ImageError::Limits(_) => Code::ImageTooLarge
            .because(format!("a side is longer than {UPLOAD_SIDE_MAX} pixels, or it needs too much memory")),
        _ => Code::ImageDamaged.error(),
    };
    refusal.caused_by(error)
}

/// The image with sides of at most [`SIDE_MAX`].
fn smaller(image: DynamicImage) -> DynamicImage {
    if image.width().max(image.height()) <= SIDE_MAX {
        return image;
    }
    // a coarse step first: the fine one needs 16 bytes for each pixel that it reads
    let near = 2 * SIDE_MAX;
    let image = if image.width().max(image.height()) > near { image.thumbnail(near, near) } else { image };
    image.resize(SIDE_MAX, SIDE_MAX, FilterType::CatmullRom)
}

/// The image laid on white where it is transparent: pages in both themes show it on light ground, and one format is enough.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let mut laid = RgbImage::new(image.width(), image.height());
    for (to, from) in laid.pixels_mut().zip(image.pixels()) {
        let [red, green, blue, alpha] = from.0;
        *to = Rgb([red, green, blue].map(|channel| over_white(channel, alpha)));
    }
    laid
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let (channel, alpha) = (u32::from(channel), u32::from(alpha));
    u8::try_from((channel * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

fn encoded(image: &RgbImage) -> Result<Bytes> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(image)
        .map_err(|error| Code::Internal.error().caused_by(error))?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{drawn, jpeg, png, png_of, webp};
    use image::{GenericImageView, Rgba, RgbaImage};

    const PIXELS_MAX: u64 = 40_000_000;

    fn seen(files: &[(Address, Bytes)]) -> Vec<(u32, u32)> {
        files.iter().map(|(_, bytes)| image::load_from_memory(bytes).unwrap().dimensions()).collect()
    }

    #[test]
    fn every_format_becomes_the_same_files() {
        for upload in [jpeg(200, 150), png(200, 150), webp(200, 150)] {
            let developed = develop(&upload, PIXELS_MAX).unwrap();
            assert_eq!(seen(&developed.files), [(160, 120), (200, 150)]);
            assert_eq!(developed, develop(&upload, PIXELS_MAX).unwrap(), "the same upload has the same address");
            for (_, bytes) in &developed.files {
                assert!(bytes.starts_with(b"\xff\xd8\xff") && bytes.ends_with(b"\xff\xd9"));
            }
        }
        assert_ne!(
            develop(&png(40, 30), PIXELS_MAX).unwrap().address,
            develop(&png(30, 40), PIXELS_MAX).unwrap().address
        );
    }

    #[test]
    fn a_large_upload_becomes_smaller_and_keeps_its_shape() {
        let developed = develop(&png(1_925, 10), PIXELS_MAX).unwrap();
        assert_eq!(seen(&developed.files), [(160, 1), (320, 2), (640, 3), (1_280, 7), (1_920, 10)]);
    }

    #[test]
    fn the_header_of_a_bomb_is_enough_to_refuse_it() {
        // a header that promises 19,999 × 19,999 pixels, in a file of a few bytes
        let mut bomb = png(8, 8);
        bomb[16..24].copy_from_slice(&[0, 0, 0x4e, 0x1f, 0, 0, 0x4e, 0x1f]);
        let checksum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
        let refused = develop(&bomb, PIXELS_MAX).unwrap_err();
        assert_eq!(refused.code(), Code::ImageTooLarge);
        assert!(refused.detail().unwrap().contains("19999 × 19999"), "{refused:?}");
        // more than a side may have
        bomb[18] = 0xff;
        let checksum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(develop(&bomb, PIXELS_MAX).unwrap_err().code(), Code::ImageTooLarge);
        assert_eq!(develop(&png(100, 100), 9_999).unwrap_err().code(), Code::ImageTooLarge);
    }

    /// The checksum of a chunk of a PNG.
    fn crc(bytes: &[u8]) -> u32 {
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        };
        !bytes.iter().fold(u32::MAX, step)
    }

    #[test]
    fn damaged_content_is_refused() {
        for (mut upload, at) in [(png(60, 60), 60), (webp(60, 60), 24)] {
            upload[at..at + 12].fill(0xa5);
            assert_eq!(develop(&upload, PIXELS_MAX).unwrap_err().code(), Code::ImageDamaged);
        }
        let ends_at_once = b"\xff\xd8\xff\xd9";
        assert_eq!(develop(ends_at_once, PIXELS_MAX).unwrap_err().code(), Code::ImageDamaged);
    }

    #[test]
    fn nothing_but_pixels_comes_through() {
        let secret = b"GPS 37.5665 126.9780 <script>alert(1)</script>";
        // a comment and camera data behind the first mark of a JPEG
        let mut camera = jpeg(200, 100);
        let length = u16::try_from(secret.len() + 2).unwrap().to_be_bytes();
        let comment = [&[0xff, 0xfe][..], &length, secret].concat();
        camera.splice(2..2, comment);
        let mut film = camera.clone();
        film.extend_from_slice(secret);
        let plain = develop(&jpeg(200, 100), PIXELS_MAX).unwrap();
        for upload in [camera, film] {
            let developed = develop(&upload, PIXELS_MAX).unwrap();
            let hidden =
                |(_, bytes): &(Address, Bytes)| bytes.windows(8).any(|part| secret.windows(8).any(|word| word == part));
            assert!(!developed.files.iter().any(hidden));
            assert_eq!(developed, plain, "what is beside the pixels changes nothing");
        }
    }

    #[test]
    fn a_camera_that_was_held_sideways_is_turned_upright() {
        // Exif of a TIFF with one entry: orientation 6, a quarter turn
        let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let mut sideways = jpeg(40, 20);
        sideways.splice(2..2, [&[0xff, 0xe1][..], &length, exif].concat());
        assert_eq!(seen(&develop(&sideways, PIXELS_MAX).unwrap().files), [(20, 40)]);
    }

    #[test]
    fn transparency_is_laid_on_white() {
        let clear = RgbaImage::from_pixel(20, 20, Rgba([0, 0, 0, 0]));
        let developed = develop(&png_of(&clear.into()), PIXELS_MAX).unwrap();
        let shown = image::load_from_memory(&developed.files[0].1).unwrap().into_rgb8();
        assert!(shown.pixels().all(|pixel| pixel.0.iter().all(|channel| *channel > 250)));
        assert_eq!((over_white(0, 255), over_white(0, 0), over_white(100, 128)), (0, 255, 177));
        assert_eq!(drawn(3, 2).dimensions(), (3, 2));
    }
}
