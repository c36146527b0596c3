//! Images for the tests of this crate.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use std::io::Cursor;

/// An image with something in it.
pub(crate) fn drawn(width: u32, height: u32) -> RgbImage {
    let part = |n: u32, of: u32| u8::try_from(n * 255 / of.max(1)).unwrap_or(u8::MAX);
    RgbImage::from_fn(width, height, |x, y| Rgb([part(x, width), part(y, height), 90]))
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("an image can be written");
    bytes.into_inner()
}

/// An image as PNG.
pub(crate) fn png_of(image: &DynamicImage) -> Vec<u8> {
    written(image, ImageFormat::Png)
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    png_of(&drawn(width, height).into())
}

pub(crate) fn webp(width: u32, height: u32) -> Vec<u8> {
    written(&drawn(width, height).into(), ImageFormat::WebP)
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&drawn(width, height)).expect("an image can be written");
    bytes
}
