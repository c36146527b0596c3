//! Images as the API shows them.

use crate::image::{Address, Image};
use kernel::{Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// A file of an image, for `srcset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImageSource)]
pub struct Source {
    /// Where it is. What is there never changes.
    pub url: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// The files of the image at this address in a gallery, smallest first; none when the address is not one of ours.
pub fn sources(url: &str) -> Vec<Source> {
    Address::in_gallery(url).iter().flat_map(Address::files).map(|file| Source::of(&file)).collect()
}

impl Source {
    fn of(file: &Address) -> Source {
        Source { url: file.to_string(), width: file.size.width, height: file.size.height }
    }
}

/// An uploaded image.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UploadedImage)]
pub struct ImageResponse {
    /// Its address, for the gallery of a product.
    pub url: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Its files, smallest first; the last one is at `url`.
    pub sources: Vec<Source>,
    /// The bytes of all files.
    pub bytes: i64,
    /// Who uploaded it first.
    pub uploaded_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

impl From<Image> for ImageResponse {
    fn from(image: Image) -> ImageResponse {
        let Image { address, bytes, uploaded_by, created_at, .. } = image;
        ImageResponse {
            url: address.to_string(),
            width: address.size.width,
            height: address.size.height,
            sources: address.files().iter().map(Source::of).collect(),
            bytes,
            uploaded_by,
            created_at,
        }
    }
}
