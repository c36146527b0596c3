//! The image of a product on a page: an uploaded one in the sizes that there are, so that a phone loads a small file; otherwise a drawing.
//! An image of another host is not shown, because a page loads nothing from elsewhere.

use crate::drawing;
use catalog::{ops::products, product::Product};
use checkout::images::{self, GoodsImage};
use kernel::{ProductId, Result};
use media::response::Source;
use merchandising::{images::GalleryImage, page::ProductPage};
use std::collections::HashMap;
use store::Tx;

/// The file for browsers that do not choose by themselves, as wide as this or narrower.
const USUAL_WIDTH: u32 = 640;
/// The size of a drawing.
const DRAWN: (u32, u32) = (400, 500);

/// An image as a page shows it.
pub struct Photo {
    pub src: String,
    /// Its files with their widths; `None` for a drawing, which is as large as it needs to be.
    pub srcset: Option<String>,
    pub width: u32,
    pub height: u32,
    /// What it shows. Empty where the name of the product stands beside it.
    pub alt: String,
}

impl Photo {
    fn drawn(id: ProductId, name: &str, category: Option<&str>) -> Photo {
        Photo {
            src: drawing::address(id.raw(), name, category),
            srcset: None,
            width: DRAWN.0,
            height: DRAWN.1,
            alt: String::new(),
        }
    }

    /// The images of a product: the uploaded ones of its gallery, or its drawing. The first one may be a drawing, the others are not.
    pub fn all(product: &ProductPage) -> (Photo, Vec<Photo>) {
        let text = |image: &GalleryImage| image.alternative_text.clone().unwrap_or_default();
        let mut all = product.gallery.iter().filter_map(|image| Photo::uploaded(&image.sources, &text(image)));
        let first = all.next();
        let drawn = || Photo::drawn(product.id, &product.name, product.category.as_deref());
        // the others are links, which need a name
        let named = |photo: Photo| match photo.alt.is_empty() {
            true => Photo { alt: product.name.clone(), ..photo },
            false => photo,
        };
        (first.unwrap_or_else(drawn), all.map(named).collect())
    }

    /// Whether it is a photo and no drawing. Those who show links read no drawings.
    pub fn is_uploaded(&self) -> bool {
        self.srcset.is_some()
    }

    fn uploaded(files: &[Source], alt: &str) -> Option<Photo> {
        let (smallest, largest) = (files.first()?, files.last()?);
        let usual = files.iter().rev().find(|file| file.width <= USUAL_WIDTH).unwrap_or(smallest);
        let each = files.iter().map(|file| format!("{} {}w", file.url, file.width));
        Some(Photo {
            src: usual.url.clone(),
            srcset: Some(each.collect::<Vec<_>>().join(", ")),
            width: largest.width,
            height: largest.height,
            alt: alt.to_owned(),
        })
    }
}

/// The images of the products of a cart, an order or a deal, as lists of products show them now.
pub struct Photos {
    images: HashMap<ProductId, GoodsImage>,
    products: HashMap<ProductId, Product>,
}

impl Photos {
    /// Two statements, none for no products.
    pub fn of(tx: &mut Tx<'_>, ids: impl IntoIterator<Item = ProductId>) -> Result<Photos> {
        let ids: Vec<ProductId> = ids.into_iter().collect();
        let images = images::of(tx, &ids)?.into_iter().map(|image| (image.product_id, image)).collect();
        let products = if ids.is_empty() { Vec::new() } else { products::products(tx, &ids)? };
        Ok(Photos { images, products: products.into_iter().map(|product| (product.id, product)).collect() })
    }

    /// The image of this product, which has this name in the cart or the order.
    pub fn get(&self, id: ProductId, name: &str) -> Photo {
        let image = self.images.get(&id);
        let text = |image: &GoodsImage| image.alternative_text.clone().unwrap_or_default();
        let uploaded = image.and_then(|image| Photo::uploaded(&image.sources, &text(image)));
        uploaded.unwrap_or_else(|| match self.products.get(&id) {
            Some(product) => Photo::drawn(id, &product.content.name, product.category.as_deref()),
            None => Photo::drawn(id, name, None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::response::sources;

    #[test]
    fn an_uploaded_image_comes_in_its_sizes_and_any_other_as_a_drawing() {
        let hash = "0123456789abcdef0123456789abcdef";
        let files = |url: &str| Photo::uploaded(&sources(url), "a mug");
        let photo = files(&format!("/media/{hash}-800x1000.jpg")).unwrap();
        assert_eq!((photo.src.as_str(), photo.width), (format!("/media/{hash}-640x800.jpg").as_str(), 800));
        let srcset = photo.srcset.unwrap();
        assert!(
            srcset.starts_with(&format!("/media/{hash}-160x200.jpg 160w, ")) && srcset.ends_with(" 800w"),
            "{srcset}"
        );
        for other in ["https://img.example/mug.jpg", "javascript:alert(1)", "mug.jpg"] {
            assert!(files(other).is_none(), "{other}");
        }
        let none = Photos { images: HashMap::new(), products: HashMap::new() };
        let drawn = none.get(ProductId::new(7), "mug");
        assert!(drawn.src.starts_with("/images/mug-") && drawn.srcset.is_none() && drawn.alt.is_empty());
    }
}
