//! The drawing of a product as an image with light and shadow. It is the storefront's drawing of that product; the demo uploads it
//! as a seller would upload a photograph.

use image::{ImageFormat, ImageResult, Rgb, RgbImage};
use std::io::Cursor;
use storefront::drawing::Scene;
use zeno::{Mask, Transform};

/// Pixels for each unit of a drawing, which is 400 wide and 500 high.
const SCALE: f32 = 1.6;
const WIDTH: u32 = 640;
const HEIGHT: u32 = 800;

/// Red, green and blue, 0 to 255; more than that is as bright as can be.
type Colour = [f32; 3];

/// The image of a scene as PNG.
pub fn png(scene: &Scene) -> ImageResult<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    drawn(scene).write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// The wall, the table and a sun, with light from above, and what stands on the table, with light from the left.
fn drawn(scene: &Scene) -> RgbImage {
    let mut image = RgbImage::new(WIDTH, HEIGHT);
    let (wall, table, sun) = (colour(scene.ground), colour(scene.table), colour(scene.accent));
    let shade = lit(colour(scene.shade), 0.55);
    let horizon = scene.horizon;
    fill(&mut image, &format!("M0 0h400v{horizon}H0z"), |_, down| (lit(wall, 1.04 - 0.09 * down), 1.0));
    fill(&mut image, &format!("M0 {horizon}h400V500H0z"), |_, down| (lit(table, 1.05 - 0.16 * down), 1.0));
    fill(&mut image, &ellipse(scene.sun, 58.0, 58.0), |_, _| (sun, 0.9));
    fill(&mut image, &ellipse((206.0, 402.0), 190.0, 40.0), |across, down| {
        let (across, down) = (2.0 * across - 1.0, 2.0 * down - 1.0);
        let fade = 1.0 - (across * across + down * down).min(1.0);
        (shade, 0.6 * fade * fade * fade)
    });
    for (path, paint) in &scene.parts {
        let paint = colour(paint);
        fill(&mut image, path, |across, _| {
            let gleam = 1.0 - ((across - 0.27) / 0.2).abs().min(1.0);
            (lit(paint, 1.07 - 0.24 * across + 0.1 * gleam * gleam), 1.0)
        });
    }
    image
}

/// The channels of `#rrggbb`.
fn colour(text: &str) -> Colour {
    let channel = |at: usize| text.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0);
    [1, 3, 5].map(|at| f32::from(channel(at)))
}

fn lit(colour: Colour, light: f32) -> Colour {
    colour.map(|channel| channel * light)
}

/// An ellipse as an SVG path.
fn ellipse((x, y): (f32, f32), wide: f32, high: f32) -> String {
    let (left, across) = (x - wide, 2.0 * wide);
    format!("M{left} {y}a{wide} {high} 0 0 1 {across} 0a{wide} {high} 0 0 1 -{across} 0z")
}

/// Fills an SVG path. `paint` gives for each place in the box around it, from 0 to 1 across and down, a colour and how much that covers.
fn fill(image: &mut RgbImage, path: &str, paint: impl Fn(f32, f32) -> (Colour, f32)) {
    let (mask, place) = Mask::new(path).transform(Some(Transform::scale(SCALE, SCALE))).render();
    let (wide, high) = (place.width.max(1), place.height.max(1));
    for (n, inside) in (0..).zip(&mask).filter(|(_, inside)| **inside > 0) {
        let (column, row) = (n % wide, n / wide);
        let (paint, amount) = paint(column as f32 / wide as f32, row as f32 / high as f32);
        let amount = amount * f32::from(*inside) / 255.0;
        let pixel = match (place.left.checked_add_unsigned(column), place.top.checked_add_unsigned(row)) {
            (Some(x @ 0..), Some(y @ 0..)) => image.get_pixel_mut_checked(x as u32, y as u32),
            _ => None,
        };
        if let Some(Rgb(channels)) = pixel {
            for (channel, above) in channels.iter_mut().zip(paint) {
                let below = f32::from(*channel);
                *channel = (below + (above - below) * amount).round() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pixels of the image a path covers, by units of the drawing, and whether it covers this point of it.
    fn covers(path: &str, (x, y): (u32, u32)) -> (f32, bool) {
        let mut image = RgbImage::new(WIDTH, HEIGHT);
        fill(&mut image, path, |_, _| ([255.0; 3], 1.0));
        let sum: f32 = image.pixels().map(|pixel| f32::from(pixel.0[0]) / 255.0).sum();
        let at = |units: u32| (units as f32 * SCALE) as u32;
        ((sum / SCALE / SCALE).round(), image.get_pixel(at(x), at(y)).0[0] == 255)
    }

    #[test]
    fn a_path_covers_what_it_surrounds() {
        assert_eq!(covers("M10 20h30v40H10z", (25, 40)), (1_200.0, true));
        assert_eq!(covers("M10 20h30v40H10z", (45, 40)), (1_200.0, false));
        // what is outside of the drawing is left out
        assert_eq!(covers("M-10-10h30v30h-30z", (10, 10)), (400.0, true));
        let (circle, is_inside) = covers(&ellipse((200.0, 324.0), 76.0, 76.0), (200, 324));
        assert!(is_inside && (circle - 18_146.0).abs() < 30.0, "{circle}");
        let (bowl, is_inside) = covers("M88 276h224c0 74-46 110-112 110s-112-36-112-110z", (200, 300));
        assert!(is_inside && (bowl - 20_184.0).abs() < 30.0, "{bowl}");
    }

    #[test]
    fn a_drawing_is_the_scene_of_its_product() {
        let scene = Scene::of(7, "moon jar mug", None);
        let image = drawn(&scene);
        let near = |(x, y): (f32, f32), paint: &str| {
            let found = image.get_pixel((x * SCALE) as u32, (y * SCALE) as u32).0.map(f32::from);
            found.iter().zip(colour(paint)).all(|(found, wanted)| (found - wanted).abs() < 30.0)
        };
        assert!(near(scene.sun, scene.accent) && near((3.0, 250.0), scene.ground) && near((3.0, 480.0), scene.table));
        assert_ne!(png(&scene).unwrap(), png(&Scene::of(8, "moon jar mug", None)).unwrap());
    }
}
