//! Images of products, drawn from their names: the same product always looks the same, and nothing is stored or loaded. The address
//! says what is drawn, so that a browser keeps it for ever.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::Code;
use pages::{assets::FOREVER, html::DRAWING_POLICY};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use web::{Failure, Path};

/// Where drawings are.
pub const ROUTE: &str = "/images/{file}";

/// What is drawn, by words in a product's category and name.
const SUBJECTS: &[(&str, &[&str])] = &[
    ("mug", &["컵", "머그", "텀블러", "커피", "mug", "cup", "tumbler", "coffee"]),
    ("bowl", &["그릇", "접시", "식기", "bowl", "plate", "dish"]),
    ("pot", &["냄비", "팬", "조리", "주전자", "칼", "도마", "pot", "pan", "kettle", "knife"]),
    (
        "shirt",
        &["의류", "티셔츠", "셔츠", "니트", "아우터", "하의", "홈웨어", "shirt", "jacket", "knit", "coat", "pants"],
    ),
    ("shoe", &["신발", "스니커즈", "구두", "샌들", "shoe", "sneaker", "boot", "sandal"]),
    ("bag", &["가방", "지갑", "잡화", "배낭", "bag", "wallet", "backpack", "pouch"]),
    ("bottle", &["뷰티", "스킨", "향수", "헤어", "장과", "양념", "오일", "bottle", "perfume", "cream", "sauce"]),
    ("box", &["식품", "간식", "과자", "곡물", "차와", "키트", "퍼즐", "snack", "tea", "rice", "kit", "puzzle", "game"]),
    (
        "book",
        &["도서", "소설", "에세이", "그림책", "노트", "다이어리", "문구", "필기구", "book", "note", "diary", "pen"],
    ),
    ("lamp", &["조명", "캔들", "디퓨저", "램프", "lamp", "candle", "light"]),
    ("textile", &["침구", "쿠션", "러그", "패브릭", "요가", "머플러", "blanket", "cushion", "rug", "towel", "mat"]),
    ("device", &["전자", "음향", "키보드", "충전", "가전", "speaker", "headphone", "keyboard", "charger"]),
    ("tent", &["캠핑", "등산", "트레킹", "아웃도어", "자전거", "tent", "camp", "hiking", "bike"]),
    ("ball", &["반려", "강아지", "고양이", "dog", "cat", "toy", "ball"]),
    ("jar", &[]),
];

/// Ground, table, body, shade and accent of a drawing.
const PALETTES: [[&str; 5]; 10] = [
    ["#efe7da", "#dccdb8", "#b5654a", "#964e37", "#f7f1e6"],
    ["#e3e8e1", "#c9d3c6", "#4f7363", "#3c5a4d", "#f1f0e3"],
    ["#e9e4ec", "#d3c9da", "#6f5d86", "#574869", "#f5efe6"],
    ["#e2e9ee", "#c6d4de", "#3f6483", "#2f4d66", "#f3eee2"],
    ["#f2e6e0", "#e3cdc3", "#c98a6b", "#ab6f52", "#fbf5ec"],
    ["#ecebdd", "#d8d5ba", "#8a8a4e", "#6d6d3b", "#f8f6e9"],
    ["#e6e3df", "#cfc9c2", "#54504b", "#3d3a36", "#efe9df"],
    ["#f1e5e6", "#e0c9cc", "#a34f5c", "#853d49", "#faf0ea"],
    ["#e0eae8", "#c2d5d1", "#2f7a72", "#235d57", "#f4efe1"],
    ["#f3ead6", "#e5d5b2", "#c79a3b", "#a67d2b", "#fcf6e6"],
];

/// What is drawn of a product, and the number that decides everything else about its drawing.
fn subject(id: i64, name: &str, category: Option<&str>) -> (&'static str, u32) {
    let text = format!("{} {name}", category.unwrap_or_default()).to_lowercase();
    let subject = SUBJECTS.iter().find(|(_, words)| words.iter().any(|word| text.contains(word)));
    let hash = Sha256::digest(format!("{id} {name}"));
    let seed = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    (subject.map_or("jar", |(subject, _)| subject), seed)
}

/// The address of the drawing for a product.
pub fn address(id: i64, name: &str, category: Option<&str>) -> String {
    let (subject, seed) = subject(id, name, category);
    format!("/images/{subject}-{seed:08x}.svg")
}

/// What there is in a drawing, which is 400 wide and 500 high. Colours are written as in a stylesheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub ground: &'static str,
    pub table: &'static str,
    pub shade: &'static str,
    pub accent: &'static str,
    /// The middle of a circle with a radius of 58.
    pub sun: (f32, f32),
    /// Where the table begins.
    pub horizon: f32,
    /// Paths with their colours, those behind first.
    pub parts: Vec<(String, &'static str)>,
}

impl Scene {
    /// The drawing for a product.
    pub fn of(id: i64, name: &str, category: Option<&str>) -> Scene {
        let (subject, seed) = subject(id, name, category);
        scene(subject, seed)
    }
}

fn scene(subject: &str, seed: u32) -> Scene {
    let [ground, table, body, shade, accent] = PALETTES[seed as usize % PALETTES.len()];
    let colour = |kind: &Kind| match kind {
        Kind::Body => body,
        Kind::Shade => shade,
        Kind::Accent => accent,
    };
    let parts = PARTS.iter().find(|(known, _)| *known == subject).map_or(&[][..], |(_, parts)| *parts);
    let mut parts: Vec<_> = parts.iter().map(|(path, kind)| ((*path).to_owned(), colour(kind))).collect();
    if matches!(subject, "mug" | "jar" | "bottle") {
        // a band of glaze, at a height of its own for each product
        parts.push((format!("M148 {}h104v9H148z", 262 + seed / 5_280_000 % 60), accent));
    }
    let sun = ((90 + seed / 10 % 220) as f32, (90 + seed / 2_200 % 80) as f32);
    Scene { ground, table, shade, accent, sun, horizon: (350 + seed / 176_000 % 30) as f32, parts }
}

/// A drawing. An address that names none is 404.
pub async fn image(Path(file): Path<String>) -> Result<Response, Failure> {
    let named = file.strip_suffix(".svg").and_then(|name| name.split_once('-'));
    let (subject, seed) = named.ok_or(Code::NotFound)?;
    let subject =
        SUBJECTS.iter().find(|(known, _)| *known == subject).map(|(known, _)| *known).ok_or(Code::NotFound)?;
    let good = seed.len() == 8 && seed.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let seed = u32::from_str_radix(seed, 16).ok().filter(|_| good).ok_or(Code::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, FOREVER),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DRAWING_POLICY)),
    ];
    Ok((headers, drawn(subject, seed)).into_response())
}

fn drawn(subject: &str, seed: u32) -> String {
    let Scene { ground, table, shade, accent, sun: (sun_x, sun_y), horizon, parts } = scene(subject, seed);
    let mut svg = String::with_capacity(1_200);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 500\" role=\"img\" aria-hidden=\"true\">\
         <rect width=\"400\" height=\"500\" fill=\"{ground}\"/>\
         <circle cx=\"{sun_x}\" cy=\"{sun_y}\" r=\"58\" fill=\"{accent}\"/>\
         <rect y=\"{horizon}\" width=\"400\" height=\"150\" fill=\"{table}\"/>\
         <ellipse cx=\"200\" cy=\"400\" rx=\"128\" ry=\"17\" fill=\"{shade}\" opacity=\".22\"/>"
    );
    for (path, colour) in parts {
        let _ = write!(svg, "<path d=\"{path}\" fill=\"{colour}\"/>");
    }
    svg.push_str("</svg>");
    svg
}

/// The colour of a part.
#[derive(Clone, Copy)]
enum Kind {
    Body,
    Shade,
    Accent,
}

/// The parts of each subject, those behind first. All of them stand on the table at y = 400.
const PARTS: &[(&str, &[(&str, Kind)])] = {
    use Kind::{Accent, Body, Shade};
    &[
        (
            "mug",
            &[
                (
                    "M252 262h26a34 34 0 0 1 34 34v18a34 34 0 0 1-34 34h-30v-22h26a16 16 0 0 0 16-16v-10a16 16 0 0 0-16-16h-22z",
                    Shade,
                ),
                ("M132 236h126v136a28 28 0 0 1-28 28h-70a28 28 0 0 1-28-28z", Body),
                ("M132 236a63 12 0 0 1 126 0a63 12 0 0 1-126 0z", Shade),
            ],
        ),
        (
            "bowl",
            &[
                ("M166 384h68v16h-68z", Shade),
                ("M88 276h224c0 74-46 110-112 110s-112-36-112-110z", Body),
                ("M88 276a112 19 0 0 1 224 0a112 19 0 0 1-224 0z", Shade),
                ("M112 277a88 12 0 0 1 176 0a88 12 0 0 1-176 0z", Accent),
            ],
        ),
        (
            "pot",
            &[
                ("M70 298h34v20H70zM296 298h34v20h-34z", Shade),
                ("M100 272h200v96a32 32 0 0 1-32 32H132a32 32 0 0 1-32-32z", Body),
                ("M92 258h216v20H92z", Shade),
                ("M186 236h28v22h-28z", Body),
            ],
        ),
        (
            "shirt",
            &[
                ("M120 196l46-24h68l46 24 40 62-44 26-20-30v146H144V254l-20 30-44-26z", Body),
                ("M166 172h68a34 30 0 0 1-68 0z", Accent),
                ("M144 254h8v146h-8zM248 254h8v146h-8z", Shade),
            ],
        ),
        (
            "shoe",
            &[
                ("M78 372h250a14 14 0 0 1 0 28H86a12 12 0 0 1-12-12z", Accent),
                ("M82 290l62-8 36 36 88 18c34 7 54 16 56 36H78z", Body),
                ("M144 282l36 36-16 12-40-42z", Shade),
            ],
        ),
        (
            "bag",
            &[
                ("M150 250v-22a50 50 0 0 1 100 0v22h-18v-22a32 32 0 0 0-64 0v22z", Shade),
                ("M112 244h176l16 156H96z", Body),
                ("M176 290h48v34h-48z", Accent),
            ],
        ),
        (
            "bottle",
            &[
                ("M178 176h44v40h-44z", Shade),
                ("M166 214h68l22 34v132a20 20 0 0 1-20 20h-72a20 20 0 0 1-20-20V248z", Body),
                ("M160 290h80v64h-80z", Accent),
            ],
        ),
        (
            "box",
            &[
                ("M104 268l96-30 96 30v6l-96 24-96-24z", Accent),
                ("M104 272l96 24v104l-96-24z", Body),
                ("M296 272l-96 24v104l96-24z", Shade),
            ],
        ),
        (
            "book",
            &[
                ("M120 366h160v34H120z", Shade),
                ("M130 372h150v22H130z", Accent),
                ("M138 196h122a8 8 0 0 1 8 8v162H138z", Body),
                ("M138 196h14v170h-14z", Shade),
                ("M176 234h68v10h-68zM176 256h44v8h-44z", Accent),
            ],
        ),
        (
            "lamp",
            &[
                ("M192 286h16v98h-16z", Shade),
                ("M156 380h88v20h-88z", Shade),
                ("M158 186h84l36 104H122z", Body),
                ("M122 290a78 11 0 0 0 156 0z", Accent),
            ],
        ),
        (
            "textile",
            &[
                ("M92 352h216a16 16 0 0 1 16 16v32H76v-32a16 16 0 0 1 16-16z", Shade),
                ("M104 306h192a16 16 0 0 1 16 16v30H88v-30a16 16 0 0 1 16-16z", Body),
                ("M116 262h168a14 14 0 0 1 14 14v30H102v-30a14 14 0 0 1 14-14z", Accent),
                ("M160 262h16v44h-16zM224 262h16v44h-16z", Shade),
            ],
        ),
        (
            "device",
            &[
                (
                    "M136 206h128a18 18 0 0 1 18 18v158a18 18 0 0 1-18 18H136a18 18 0 0 1-18-18V224a18 18 0 0 1 18-18z",
                    Body,
                ),
                ("M200 268a48 48 0 0 1 0 96a48 48 0 0 1 0-96z", Shade),
                ("M200 296a20 20 0 0 1 0 40a20 20 0 0 1 0-40z", Accent),
                ("M182 230h36v10h-36z", Accent),
            ],
        ),
        ("tent", &[("M200 196l136 204H64z", Body), ("M200 196l136 204h-70z", Shade), ("M200 258l40 142h-80z", Accent)]),
        (
            "ball",
            &[
                ("M200 248a76 76 0 0 1 0 152a76 76 0 0 1 0-152z", Body),
                ("M132 300c44 22 92 22 136 0 4 8 7 16 8 25-48 24-104 24-152 0 1-9 4-17 8-25z", Accent),
                ("M158 387c28-12 56-12 84 0-26 17-58 17-84 0z", Shade),
            ],
        ),
        (
            "jar",
            &[
                ("M174 210h52v20h-52z", Shade),
                ("M166 226h68c52 20 70 62 62 106-7 40-36 68-66 68h-60c-30 0-59-28-66-68-8-44 10-86 62-106z", Body),
                ("M236 230c44 22 58 62 52 102-6 36-28 60-54 66 26-26 36-60 34-94-2-30-12-54-32-74z", Shade),
            ],
        ),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_product_always_gets_the_same_drawing_and_no_text_of_a_person_is_in_it() {
        let evil = "<script>alert(1)</script>\" onload=\"";
        let one = address(7, evil, Some("주방 > 컵과 잔"));
        assert_eq!(one, address(7, evil, Some("주방 > 컵과 잔")));
        assert!(one.starts_with("/images/mug-") && !one.contains('<'), "{one}");
        assert_ne!(address(8, evil, None), address(7, evil, None));
        let response = image(Path(one.trim_start_matches("/images/").to_owned())).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], DRAWING_POLICY);
        for wrong in
            ["jar.svg", "jar-123.svg", "jar-0000000g.svg", "other-00000000.svg", "jar-00000000", "jar-+0000000.svg"]
        {
            assert!(image(Path(wrong.to_owned())).await.is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_subject_has_a_drawing_of_its_own() {
        let drawings: std::collections::HashSet<String> =
            SUBJECTS.iter().map(|(subject, _)| drawn(subject, 5)).collect();
        assert_eq!(drawings.len(), SUBJECTS.len());
    }
}
