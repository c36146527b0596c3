//! Charts, drawn here, so that they need no script. Each stands above a table that has the same values.

use askama::Template;

/// Height of a drawing, in its own units.
const HEIGHT: i64 = 100;
/// Width of a bar with the gap behind it.
const SLOT: usize = 10;
/// Names in a list of bars; a longer one is read in the table.
const NAMED_MAX: usize = 12;

/// A value of a chart.
#[derive(Debug, Clone, Default)]
pub struct Bar {
    pub name: String,
    pub value: i64,
    /// The value as people read it.
    pub shown: String,
    /// The value with which it is compared, and how people read it.
    pub before: Option<(i64, String)>,
}

/// Bars beside each other, for values that follow each other in time.
#[derive(Debug, Clone, Template)]
#[template(path = "columns.html")]
pub struct Columns {
    title: String,
    /// What the chart says in one sentence.
    summary: String,
    width: usize,
    /// The largest value, at which the drawing ends.
    top: String,
    first: String,
    last: String,
    bars: Vec<Column>,
}

#[derive(Debug, Clone)]
struct Column {
    x: usize,
    height: i64,
    /// Where the mark of the other value stands.
    mark: Option<i64>,
    text: String,
}

impl Column {
    fn y(&self) -> i64 {
        HEIGHT - self.height
    }
}

/// `value` of the largest one, in parts of [`HEIGHT`]. A small value is a line, no value is nothing.
fn part(value: i64, largest: i64) -> i64 {
    match value {
        ..=0 => 0,
        _ => (i128::from(value) * i128::from(HEIGHT) / i128::from(largest.max(1))).try_into().unwrap_or(HEIGHT).max(1),
    }
}

impl Columns {
    /// The chart of these values; `None` when there is nothing to draw.
    pub fn of(title: impl Into<String>, summary: impl Into<String>, bars: &[Bar]) -> Option<Columns> {
        let values = |bar: &Bar| [Some((bar.value, bar.shown.clone())), bar.before.clone()].into_iter().flatten();
        let (largest, top) =
            bars.iter().flat_map(values).max_by_key(|(value, _)| *value).filter(|(value, _)| *value > 0)?;
        let column = |(n, bar): (usize, &Bar)| Column {
            x: n * SLOT,
            height: part(bar.value, largest),
            mark: bar.before.as_ref().map(|(value, _)| HEIGHT - part(*value, largest)),
            text: match &bar.before {
                Some((_, before)) => format!("{}: {} ({before})", bar.name, bar.shown),
                None => format!("{}: {}", bar.name, bar.shown),
            },
        };
        let name = |bar: Option<&Bar>| bar.map(|bar| bar.name.clone()).unwrap_or_default();
        Some(Columns {
            title: title.into(),
            summary: summary.into(),
            width: bars.len() * SLOT,
            top,
            first: name(bars.first()),
            last: name(bars.last()),
            bars: bars.iter().enumerate().map(column).collect(),
        })
    }
}

/// Bars below each other, each with its name.
#[derive(Debug, Clone, Template)]
#[template(path = "bars.html")]
pub struct Bars {
    title: String,
    rows: Vec<(String, i64, String)>,
}

impl Bars {
    /// The chart of the largest of these values; `None` when there is nothing to draw.
    pub fn of(title: impl Into<String>, bars: &[Bar]) -> Option<Bars> {
        let largest = bars.iter().map(|bar| bar.value).max().filter(|largest| *largest > 0)?;
        let mut bars: Vec<&Bar> = bars.iter().filter(|bar| bar.value > 0).collect();
        bars.sort_by_key(|bar| -bar.value);
        bars.truncate(NAMED_MAX);
        let row = |bar: &Bar| (bar.name.clone(), part(bar.value, largest), bar.shown.clone());
        Some(Bars { title: title.into(), rows: bars.into_iter().map(row).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, value: i64) -> Bar {
        Bar { name: name.to_owned(), value, shown: value.to_string(), before: None }
    }

    #[test]
    fn bars_are_as_high_as_their_part_of_the_largest_value() {
        let with = Bar { before: Some((400, "400".to_owned())), ..bar("c", 100) };
        let chart = Columns::of("Sales", "", &[bar("a", 0), bar("b", 1), with]).unwrap();
        let heights: Vec<i64> = chart.bars.iter().map(|column| column.height).collect();
        assert_eq!((heights, chart.bars[2].mark, chart.top.as_str()), (vec![0, 1, 25], Some(0), "400"));
        assert_eq!(part(i64::MAX, i64::MAX), HEIGHT);
        assert!(Columns::of("", "", &[]).is_none() && Columns::of("", "", &[bar("a", 0)]).is_none());
    }

    #[test]
    fn the_largest_values_are_named() {
        let many: Vec<Bar> = (0..20).map(|n| bar(&n.to_string(), n)).collect();
        let chart = Bars::of("Products", &many).unwrap();
        assert_eq!((chart.rows.len(), chart.rows[0].0.as_str(), chart.rows[0].1), (NAMED_MAX, "19", HEIGHT));
    }
}
