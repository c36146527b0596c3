//! The products of a shop that is searched: made up, or the rows of a file many times over.

use crate::Outcome;
use serde_json::{Value, json};
use std::path::Path;

const BRANDS: [&str; 24] = [
    "Nike",
    "Adidas",
    "Puma",
    "Reebok",
    "Fila",
    "Converse",
    "Vans",
    "Titan",
    "Casio",
    "Fossil",
    "Levis",
    "Wrangler",
    "Arrow",
    "Lee",
    "Baggit",
    "Wildcraft",
    "Timberland",
    "Clarks",
    "Skechers",
    "Asics",
    "달항아리",
    "한산모시",
    "온기",
    "결",
];
const WHO: [&str; 5] = ["Men", "Women", "Boys", "Girls", "남녀공용"];
const HOW: [&str; 24] = [
    "Printed",
    "Solid",
    "Striped",
    "Checked",
    "Slim Fit",
    "Leather",
    "Canvas",
    "Running",
    "Training",
    "Casual",
    "Formal",
    "Quilted",
    "Washed",
    "Cotton",
    "Linen",
    "Wool",
    "Travel",
    "Classic",
    "Sport",
    "Light",
    "데일리",
    "클래식",
    "포근한",
    "가벼운",
];
const COLOURS: [&str; 16] = [
    "Black",
    "White",
    "Blue",
    "Red",
    "Pink",
    "Green",
    "Navy Blue",
    "Brown",
    "Grey",
    "Purple",
    "Silver",
    "Gold",
    "Yellow",
    "Beige",
    "네이비",
    "검정",
];
const KINDS: [(&str, &str); 24] = [
    ("Tshirt", "Apparel > Topwear > Tshirts"),
    ("Shirt", "Apparel > Topwear > Shirts"),
    ("Top", "Apparel > Topwear > Tops"),
    ("Sweatshirt", "Apparel > Topwear > Sweatshirts"),
    ("Jacket", "Apparel > Topwear > Jackets"),
    ("Jeans", "Apparel > Bottomwear > Jeans"),
    ("Trousers", "Apparel > Bottomwear > Trousers"),
    ("Shorts", "Apparel > Bottomwear > Shorts"),
    ("Dress", "Apparel > Dress > Dresses"),
    ("Socks", "Apparel > Socks > Socks"),
    ("Sports Shoes", "Footwear > Shoes > Sports Shoes"),
    ("Casual Shoes", "Footwear > Shoes > Casual Shoes"),
    ("Sandals", "Footwear > Sandal > Sandals"),
    ("Flip Flops", "Footwear > Flip Flops > Flip Flops"),
    ("Watch", "Accessories > Watches > Watches"),
    ("Belt", "Accessories > Belts > Belts"),
    ("Wallet", "Accessories > Wallets > Wallets"),
    ("Sunglasses", "Accessories > Eyewear > Sunglasses"),
    ("Handbag", "Accessories > Bags > Handbags"),
    ("Backpack", "Accessories > Bags > Backpacks"),
    ("운동화", "Footwear > Shoes > Sports Shoes"),
    ("머그컵", "Home > Kitchen > Mugs"),
    ("티셔츠", "Apparel > Topwear > Tshirts"),
    ("손가방", "Accessories > Bags > Handbags"),
];
/// What a row of a file is called when it comes again: a name of the series and its number.
const SERIES: [&str; 20] = [
    "Aurora",
    "Breeze",
    "Canyon",
    "Delta",
    "Ember",
    "Fjord",
    "Grove",
    "Harbor",
    "Island",
    "Juniper",
    "달빛",
    "바다",
    "온기",
    "새벽",
    "가을",
    "들꽃",
    "물결",
    "소나무",
    "이슬",
    "하루",
];
/// Columns of the research data set; the last two may be empty.
const COLUMNS: [&str; 8] =
    ["productDisplayName", "gender", "masterCategory", "subCategory", "articleType", "baseColour", "usage", "season"];

/// Where products come from.
pub enum Catalogue {
    MadeUp,
    /// By [`COLUMNS`].
    Rows(Vec<[String; COLUMNS.len()]>),
}

impl Catalogue {
    /// Of this file of the research data set, or made up.
    pub fn of(file: Option<&Path>) -> Outcome<Catalogue> {
        let Some(file) = file else { return Ok(Catalogue::MadeUp) };
        let text = std::fs::read_to_string(file)?;
        // no field of the data set has a comma or a quote in it
        let mut lines = text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
        let header = lines.next().unwrap_or_default();
        let places: Option<Vec<usize>> =
            COLUMNS.iter().map(|name| header.iter().position(|column| column == name)).collect();
        let places = places.ok_or("the file lacks a column of the research data set")?;
        let mut rows = Vec::new();
        for fields in lines.filter(|fields| fields.len() == header.len()) {
            let row: [String; COLUMNS.len()] = std::array::from_fn(|n| fields[places[n]].to_owned());
            if row[..5].iter().all(|field| !field.is_empty()) {
                rows.push(row);
            }
        }
        if rows.is_empty() { Err("the file has no products".into()) } else { Ok(Catalogue::Rows(rows)) }
    }

    /// What one product is.
    pub fn product(&self, n: usize) -> Value {
        match self {
            Catalogue::MadeUp => made_up(n),
            Catalogue::Rows(rows) => again(&rows[n % rows.len()], n, n / rows.len()),
        }
    }
}

/// Every product is another one: the words of its name are counted through, with a number of its model.
fn made_up(n: usize) -> Value {
    let at = |words: &[&str], step: usize| words[n / step % words.len()].to_owned();
    let (kind, category) = KINDS[n % KINDS.len()];
    let (brand, who, how) = (at(&BRANDS, 7), at(&WHO, 3), at(&HOW, 11));
    let colour = at(&COLOURS, 5);
    let name = format!("{brand} {who} {how} {colour} {kind} M{} {}", n % 4_999, n / 4_999);
    let description = format!("{how} {kind}, made for {who}. 매일 쓰기 좋은 상품입니다.");
    let mut product = wares(n, &name, category, &colour, &description);
    product["brand"] = json!(brand);
    product
}

/// A row of the file, for the `times`th time.
fn again(row: &[String; COLUMNS.len()], n: usize, times: usize) -> Value {
    let [name, gender, master, sub, kind, colour, usage, season] = row;
    let name = match times {
        0 => name.clone(),
        times => format!("{name} {} {times}", SERIES[times % SERIES.len()]),
    };
    let description = format!("{gender} {usage} {kind} in {colour}, {season}");
    wares(n, &name, &format!("{master} > {sub} > {kind}"), colour, &description)
}

fn wares(n: usize, name: &str, category: &str, colour: &str, description: &str) -> Value {
    let colour = if colour.is_empty() { "None" } else { colour };
    let variant = |size: &str| {
        let options = json!({"color": colour, "size": size});
        json!({"sku": format!("S-{n}-{size}"), "options": options, "stock": 1_000})
    };
    json!({
        "sku": format!("S-{n}"), "name": name, "price": 9_900 + n % 900 * 100, "category": category,
        "description": description, "variants": [variant("M"), variant("L")],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, io::Write};

    fn names(catalogue: &Catalogue, count: usize) -> HashSet<String> {
        (0..count).map(|n| catalogue.product(n)["name"].to_string()).collect()
    }

    #[test]
    fn every_product_is_another_one() {
        assert_eq!(names(&Catalogue::MadeUp, 20_000).len(), 20_000);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "id,{}", COLUMNS.join(",")).unwrap();
        writeln!(file, "1,Titan Women Silver Watch,Women,Accessories,Watches,Watches,Silver,Casual,Winter").unwrap();
        writeln!(file, "2,,Men,Apparel,Topwear,Shirts,Blue,,").unwrap();
        writeln!(file, "3,Blue Shirt,Men,Apparel,Topwear,Shirts,Blue,,").unwrap();
        let catalogue = Catalogue::of(Some(file.path())).unwrap();
        assert_eq!(names(&catalogue, 400).len(), 400);
        assert_eq!(catalogue.product(3)["name"], "Blue Shirt Breeze 1");
        assert_eq!(catalogue.product(0)["category"], "Accessories > Watches > Watches");
    }
}
