//! Operations on images: an ordered gallery, whose first image is the one shown in lists.

use crate::ops::products::{changed, lock_to_change};
use crate::product::{ALTERNATIVE_TEXT_MAX, Author, IMAGES_MAX, Image, Product};
use crate::store;
use crate::text::url;
use ::store::Tx;
use events::Change;
use kernel::{ProductId, Result, Together, text};

/// The images of these products, grouped by product, in display order.
pub fn of_products(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<(ProductId, Image)>> {
    store::variants::images_of(tx, products)
}

/// The images of one product, in display order.
pub fn of_product(tx: &mut Tx<'_>, product: ProductId) -> Result<Vec<Image>> {
    Ok(of_products(tx, &[product])?.into_iter().map(|(_, image)| image).collect())
}

/// The addresses of one product's images, in display order.
pub fn urls(tx: &mut Tx<'_>, product: ProductId) -> Result<Vec<String>> {
    Ok(of_product(tx, product)?.into_iter().map(|image| image.url).collect())
}

/// Those of these addresses that a product shows, in whatever state the product is.
pub fn shown(tx: &mut Tx<'_>, urls: &[String]) -> Result<Vec<String>> {
    store::variants::shown(tx, urls)
}

/// What an image shows, without surrounding blanks; nothing but blanks is nothing. C002.
pub fn alternative_text(field: &str, text: Option<&str>) -> Result<Option<String>> {
    text::optional(field, text, ALTERNATIVE_TEXT_MAX)
}

/// Says what the image at this address shows. The caller has changed the gallery in this job, with its version and its event.
pub fn describe(tx: &mut Tx<'_>, product: ProductId, url: &str, text: Option<&str>) -> Result<()> {
    store::variants::describe_image(tx, product, url, text)
}

/// The addresses without surrounding blanks; C002 naming an invalid one.
pub fn checked(urls: Vec<String>) -> Result<Vec<String>> {
    urls.iter().enumerate().map(|(n, one)| url(&format!("images[{n}]"), one)).collect::<Vec<_>>().together()
}

/// The address of one image without surrounding blanks; C002.
pub fn address(text: &str) -> Result<String> {
    url("url", text)
}

/// The new gallery of a product: `given` with `first` in front; or, without a given gallery, `shown` with `first` as
/// its first image. Removes duplicates; C002 above [`IMAGES_MAX`].
pub(crate) fn gallery(first: Option<String>, given: Option<Vec<String>>, shown: &[String]) -> Result<Vec<String>> {
    let rest = match (&first, given) {
        (_, Some(given)) => given,
        (Some(first), None) if shown.contains(first) => shown.to_vec(),
        (Some(_), None) => shown.iter().skip(1).cloned().collect(),
        (None, None) => Vec::new(),
    };
    let mut gallery: Vec<String> = first.into_iter().collect();
    for one in rest {
        if !gallery.contains(&one) {
            gallery.push(one);
        }
    }
    if gallery.len() > IMAGES_MAX {
        return Err(text::wrong("images", format!("must be at most {IMAGES_MAX}")));
    }
    Ok(gallery)
}

/// Replaces the gallery. S001, A002, C016, C002.
pub fn set(
    tx: &mut Tx<'_>,
    author: Author,
    id: ProductId,
    urls: Vec<String>,
    expected: Option<i64>,
) -> Result<Vec<String>> {
    let gallery = gallery(None, Some(checked(urls)?), &[])?;
    let product = lock_to_change(tx, author, id, expected)?;
    show(tx, product, gallery)
}

/// Adds one image at the end. S001, A002, C016, C002.
pub fn add(
    tx: &mut Tx<'_>,
    author: Author,
    id: ProductId,
    address: &str,
    expected: Option<i64>,
) -> Result<Vec<String>> {
    let address = self::address(address)?;
    let product = lock_to_change(tx, author, id, expected)?;
    let all = urls(tx, id)?.into_iter().chain([address]).collect();
    let gallery = gallery(None, Some(all), &[])?;
    show(tx, product, gallery)
}

fn show(tx: &mut Tx<'_>, mut product: Product, gallery: Vec<String>) -> Result<Vec<String>> {
    product.content.image_url = gallery.first().cloned();
    store::variants::set_images(tx, product.id, &gallery)?;
    changed(tx, product, Change::Updated)?;
    Ok(gallery)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn urls(list: &[&str]) -> Vec<String> {
        list.iter().map(|url| (*url).to_owned()).collect()
    }

    #[test]
    fn the_first_image_is_in_front_and_none_is_shown_twice() {
        let shown = urls(&["a", "b"]);
        assert_eq!(gallery(Some("c".into()), None, &shown).unwrap(), urls(&["c", "b"]));
        assert_eq!(gallery(Some("b".into()), None, &shown).unwrap(), urls(&["b", "a"]));
        assert_eq!(gallery(Some("a".into()), Some(urls(&["x", "a"])), &shown).unwrap(), urls(&["a", "x"]));
        assert_eq!(gallery(None, None, &shown).unwrap(), urls(&[]));
        assert!(gallery(None, Some((0..21).map(|n| n.to_string()).collect()), &[]).is_err());
    }

    proptest! {
        #[test]
        fn a_gallery_is_a_set_in_order(first in proptest::option::of("[a-e]"), given in proptest::collection::vec("[a-e]", 0..9)) {
            let gallery = gallery(first.clone(), Some(given), &[]).unwrap();
            let distinct: std::collections::BTreeSet<_> = gallery.iter().collect();
            prop_assert_eq!(distinct.len(), gallery.len());
            if first.is_some() {
                prop_assert_eq!(gallery.first(), first.as_ref());
            }
        }
    }
}
