//! The drawing of a product as an image with light and shadow. It is the storefront's drawing of that product; the demo uploads it
//! as a seller would upload a photograph.

use image::{DynamicImage, ImageFormat, ImageResult, Rgb, RgbImage};
use std::{io::Cursor, ops::Range};
use storefront::drawing::Scene;

/// Pixels for each unit of a drawing, which is 400 wide and 500 high.
const SCALE: f32 = 1.6;
const WIDTH: u32 = 640;
const HEIGHT: u32 = 800;
/// Lines that are drawn for each row of pixels, so that edges are smooth.
const LINES: u32 = 4;
/// Pieces of a curve.
const PIECES: u32 = 14;

type Point = (f32, f32);
type Colour = [f32; 3];

/// The image of a scene as PNG.
pub fn png(scene: &Scene) -> ImageResult<Vec<u8>> {
    let mut canvas = Canvas(vec![[0.0; 3]; (WIDTH * HEIGHT) as usize]);
    canvas.ground(scene);
    canvas.shadow(colour(scene.shade));
    for (path, paint) in &scene.parts {
        canvas.fill(&outlines(path), colour(paint));
    }
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(canvas.finished()).write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// The channels of `#rrggbb`, 0 to 255.
fn colour(text: &str) -> Colour {
    let channel = |at: usize| text.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0);
    [1, 3, 5].map(|at| f32::from(channel(at)))
}

fn lit(colour: Colour, light: f32) -> Colour {
    colour.map(|channel| channel * light)
}

struct Canvas(Vec<Colour>);

impl Canvas {
    fn row(&mut self, y: u32) -> &mut [Colour] {
        let width = WIDTH as usize;
        &mut self.0[y as usize * width..][..width]
    }

    fn blend(&mut self, x: u32, y: u32, colour: Colour, amount: f32) {
        if let Some(pixel) = self.row(y).get_mut(x as usize) {
            for (below, above) in pixel.iter_mut().zip(colour) {
                *below += (above - *below) * amount;
            }
        }
    }

    /// The wall, the table and a sun, with light from above.
    fn ground(&mut self, scene: &Scene) {
        let (wall, table, sun) = (colour(scene.ground), colour(scene.table), colour(scene.accent));
        let edge = scene.horizon * SCALE;
        for y in 0..HEIGHT {
            let at = y as f32;
            let paint = match at < edge {
                true => lit(wall, 1.04 - 0.09 * at / edge),
                false => lit(table, 1.05 - 0.16 * (at - edge) / (HEIGHT as f32 - edge)),
            };
            self.row(y).fill(paint);
        }
        let (centre, radius) = ((scene.sun.0 * SCALE, scene.sun.1 * SCALE), 58.0 * SCALE);
        for (x, y) in around(centre, radius + 1.0, radius + 1.0) {
            let distance = (x as f32 - centre.0).hypot(y as f32 - centre.1);
            self.blend(x, y, sun, (radius - distance).clamp(0.0, 1.0) * 0.9);
        }
    }

    /// What stands on the table darkens it.
    fn shadow(&mut self, shade: Colour) {
        let (centre, wide, high) = ((206.0 * SCALE, 402.0 * SCALE), 190.0 * SCALE, 40.0 * SCALE);
        for (x, y) in around(centre, wide, high) {
            let (across, down) = ((x as f32 - centre.0) / wide, (y as f32 - centre.1) / high);
            let fade = 1.0 - (across * across + down * down).min(1.0);
            self.blend(x, y, lit(shade, 0.55), 0.6 * fade * fade * fade);
        }
    }

    /// Fills outlines with a colour that is lighter where the light falls, from the left.
    fn fill(&mut self, outlines: &[Vec<Point>], paint: Colour) {
        let points = || outlines.iter().flatten();
        let bounds = |value: fn(&Point) -> f32| {
            points().map(value).fold((f32::MAX, f32::MIN), |(least, most), at| (least.min(at), most.max(at)))
        };
        let ((left, right), (top, bottom)) = (bounds(|point| point.0), bounds(|point| point.1));
        let light = |x: u32| {
            let part = (x as f32 - left) / (right - left).max(1.0);
            let gleam = 1.0 - ((part - 0.27) / 0.2).abs().min(1.0);
            1.07 - 0.24 * part + 0.1 * gleam * gleam
        };
        let paints: Vec<Colour> = (0..WIDTH).map(|x| lit(paint, light(x))).collect();
        for y in rows(top, bottom) {
            let covered = covered(outlines, y);
            for (x, amount) in (0..).zip(&covered).filter(|(_, amount)| **amount > 0.0) {
                self.blend(x, y, paints[x as usize], amount.min(1.0));
            }
        }
    }

    fn finished(&self) -> RgbImage {
        let channel = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        RgbImage::from_fn(WIDTH, HEIGHT, |x, y| Rgb(self.0[(y * WIDTH + x) as usize].map(channel)))
    }
}

fn rows(top: f32, bottom: f32) -> Range<u32> {
    top.max(0.0) as u32..(bottom.max(0.0) as u32 + 1).min(HEIGHT)
}

/// The pixels of the rectangle around a point.
fn around((x, y): Point, wide: f32, high: f32) -> impl Iterator<Item = (u32, u32)> {
    let columns = (x - wide).max(0.0) as u32..((x + wide) as u32 + 1).min(WIDTH);
    rows(y - high, y + high).flat_map(move |row| columns.clone().map(move |column| (column, row)))
}

/// How much of each pixel of a row is inside of the outlines.
fn covered(outlines: &[Vec<Point>], y: u32) -> Vec<f32> {
    let mut covered = vec![0.0; WIDTH as usize];
    for line in 0..LINES {
        let at = y as f32 + (line as f32 + 0.5) / LINES as f32;
        let mut crossings: Vec<(f32, i32)> = outlines.iter().flat_map(|outline| crossings(outline, at)).collect();
        crossings.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut turns = 0;
        for pair in crossings.windows(2) {
            turns += pair[0].1;
            if turns != 0 {
                span(&mut covered, pair[0].0, pair[1].0);
            }
        }
    }
    covered
}

/// Where an outline crosses a line, and in which direction.
fn crossings(outline: &[Point], at: f32) -> impl Iterator<Item = (f32, i32)> {
    let ends = outline.iter().skip(1).chain(outline.first());
    outline.iter().zip(ends).filter_map(move |(from, to)| {
        let down = from.1 <= at && to.1 > at;
        let up = to.1 <= at && from.1 > at;
        let x = from.0 + (at - from.1) / (to.1 - from.1) * (to.0 - from.0);
        (down || up).then_some((x, if down { 1 } else { -1 }))
    })
}

/// Adds a part of a line to the pixels that it covers, as a whole or in part.
fn span(covered: &mut [f32], from: f32, to: f32) {
    let (from, to) = (from.max(0.0), to.min(covered.len() as f32));
    for x in from as usize..(to.ceil() as usize).min(covered.len()) {
        let inside = (to.min(x as f32 + 1.0) - from.max(x as f32)).max(0.0);
        covered[x] += inside / LINES as f32;
    }
}

/// The outlines of an SVG path in pixels. It knows the commands that drawings have: `M L l H h V v C c S s A a Z z`, arcs without rotation.
fn outlines(path: &str) -> Vec<Vec<Point>> {
    let mut pen = Pen::default();
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        rest = &rest[command.len_utf8()..];
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let numbers = numbers(&rest[..end]);
        rest = &rest[end..];
        pen.follow(command, &numbers);
    }
    pen.close();
    pen.done
}

/// Numbers that are separated by blanks, commas, or a sign.
fn numbers(text: &str) -> Vec<f32> {
    let spaced = text.replace('-', " -").replace(',', " ");
    spaced.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

#[derive(Default)]
struct Pen {
    at: Point,
    begin: Point,
    /// The second handle of the last curve, for a curve that goes on smoothly.
    handle: Point,
    line: Vec<Point>,
    done: Vec<Vec<Point>>,
}

impl Pen {
    fn follow(&mut self, command: char, numbers: &[f32]) {
        let (from_here, kind) = (command.is_ascii_lowercase(), command.to_ascii_lowercase());
        let size = match kind {
            'h' | 'v' => 1,
            'm' | 'l' => 2,
            's' => 4,
            'c' => 6,
            'a' => 7,
            _ => return self.close(),
        };
        for numbers in numbers.chunks_exact(size) {
            let base = if from_here { self.at } else { (0.0, 0.0) };
            let point = |n: usize| (base.0 + numbers[n], base.1 + numbers[n + 1]);
            match kind {
                'm' => self.begin_at(point(0)),
                'l' => self.to(point(0)),
                'h' => self.to((base.0 + numbers[0], self.at.1)),
                'v' => self.to((self.at.0, base.1 + numbers[0])),
                'c' => self.curve(point(0), point(2), point(4)),
                's' => {
                    self.curve((2.0 * self.at.0 - self.handle.0, 2.0 * self.at.1 - self.handle.1), point(0), point(2))
                }
                _ => self.arc((numbers[0], numbers[1]), numbers[3] != 0.0, numbers[4] != 0.0, point(5)),
            }
        }
    }

    fn begin_at(&mut self, point: Point) {
        self.close();
        (self.at, self.begin, self.handle) = (point, point, point);
        self.line.push(scaled(point));
    }

    fn close(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.len() > 2 {
            self.done.push(line);
        }
        self.at = self.begin;
    }

    fn to(&mut self, point: Point) {
        (self.at, self.handle) = (point, point);
        self.line.push(scaled(point));
    }

    fn curve(&mut self, one: Point, two: Point, end: Point) {
        let begin = self.at;
        for piece in 1..=PIECES {
            let t = piece as f32 / PIECES as f32;
            let u = 1.0 - t;
            let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
            let sum = |of: fn(&Point) -> f32| [begin, one, two, end].iter().zip(weights).map(|(p, w)| of(p) * w).sum();
            self.to((sum(|point| point.0), sum(|point| point.1)));
        }
        self.handle = two;
    }

    /// An arc of an ellipse, by the formulas of the specification of SVG without rotation.
    fn arc(&mut self, (wide, high): Point, is_large: bool, is_clockwise: bool, end: Point) {
        let begin = self.at;
        let half = ((begin.0 - end.0) / 2.0 / wide, (begin.1 - end.1) / 2.0 / high);
        let distance = half.0 * half.0 + half.1 * half.1;
        let grown = distance.sqrt().max(1.0);
        let (wide, high, half) = (wide * grown, high * grown, (half.0 / grown, half.1 / grown));
        let distance = (half.0 * half.0 + half.1 * half.1).max(f32::EPSILON);
        let side = if is_large == is_clockwise { -1.0 } else { 1.0 };
        let away = side * ((1.0 - distance) / distance).max(0.0).sqrt();
        let centre = (away * half.1, -away * half.0);
        let first = (half.1 - centre.1).atan2(half.0 - centre.0);
        let last = (-half.1 - centre.1).atan2(-half.0 - centre.0);
        let turn = match (is_clockwise, last - first) {
            (true, turn) if turn < 0.0 => turn + std::f32::consts::TAU,
            (false, turn) if turn > 0.0 => turn - std::f32::consts::TAU,
            (_, turn) => turn,
        };
        let middle = ((begin.0 + end.0) / 2.0, (begin.1 + end.1) / 2.0);
        for piece in 1..=PIECES {
            let angle = first + turn * piece as f32 / PIECES as f32;
            let on_circle = (centre.0 + angle.cos(), centre.1 + angle.sin());
            self.to((middle.0 + wide * on_circle.0, middle.1 + high * on_circle.1));
        }
        self.to(end);
    }
}

fn scaled((x, y): Point) -> Point {
    (x * SCALE, y * SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The width and the height of what a path surrounds, in units of a drawing.
    fn extent(path: &str) -> (i32, i32) {
        let points: Vec<Point> = outlines(path).concat();
        let reach = |of: fn(&Point) -> f32| {
            let values = || points.iter().map(of);
            (values().fold(f32::MIN, f32::max) - values().fold(f32::MAX, f32::min)) / SCALE
        };
        (reach(|point| point.0).round() as i32, reach(|point| point.1).round() as i32)
    }

    #[test]
    fn paths_are_followed() {
        assert_eq!(extent("M10 20h30v40H10z"), (30, 40));
        assert_eq!(extent("M104 268l96-30 96 30v6l-96 24-96-24z"), (192, 60));
        // a circle of two arcs, and half of an ellipse
        assert_eq!(extent("M200 248a76 76 0 0 1 0 152a76 76 0 0 1 0-152z"), (152, 152));
        assert_eq!(extent("M132 236a63 12 0 0 1 126 0z"), (126, 12));
        assert_eq!(extent("M0 0c0 74-46 110-112 110s-112-36-112-110z"), (224, 110));
    }

    #[test]
    fn a_row_is_covered_as_far_as_the_outline_reaches() {
        let square = outlines("M10 10h10v10h-10z");
        let covered = covered(&square, 20);
        assert_eq!(covered.iter().sum::<f32>().round(), (10.0 * SCALE).round());
        assert_eq!((covered[15], covered[17], covered[33]), (0.0, 1.0, 0.0));
    }
}
