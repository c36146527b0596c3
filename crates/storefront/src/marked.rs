//! Texts in which a search has marked what it found. The API sends them as HTML; here they become pieces of plain text, so that a
//! template escapes them as every other text.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// Whether it is what was searched for.
    pub is_found: bool,
}

/// A text in which nothing is marked.
pub fn plain(text: &str) -> Vec<Piece> {
    vec![Piece { text: text.to_owned(), is_found: false }]
}

/// The pieces of the API's text: HTML in which only `<em>` and `</em>` are markup.
pub fn pieces(html: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (n, part) in html.split("<em>").enumerate() {
        let (found, rest) = match part.split_once("</em>") {
            Some((found, rest)) if n > 0 => (found, rest),
            _ => ("", part),
        };
        for (text, is_found) in [(found, true), (rest, false)] {
            if !text.is_empty() {
                pieces.push(Piece { text: unescaped(text), is_found });
            }
        }
    }
    pieces
}

fn unescaped(text: &str) -> String {
    // the ampersand last: what it makes is no beginning of another sign
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    signs.iter().fold(text.to_owned(), |text, (coded, sign)| text.replace(coded, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(html: &str) -> Vec<(String, bool)> {
        pieces(html).into_iter().map(|piece| (piece.text, piece.is_found)).collect()
    }

    #[test]
    fn what_was_found_is_a_piece_of_its_own() {
        let found = brief("Nike <em>Running</em> Shoes · <em>러닝</em>화");
        let wanted = [("Nike ", false), ("Running", true), (" Shoes · ", false), ("러닝", true), ("화", false)];
        assert_eq!(found, wanted.map(|(text, is_found)| (text.to_owned(), is_found)));
        assert_eq!(brief("plain"), [("plain".to_owned(), false)]);
        assert!(brief("").is_empty());
    }

    #[test]
    fn signs_are_as_they_were_typed() {
        let found = brief("<em>&lt;b&gt;</em> &amp;lt; &quot;&#39;");
        assert_eq!(found, [("<b>".to_owned(), true), (" &lt; \"'".to_owned(), false)]);
        // what is no mark of ours stays text
        assert_eq!(brief("a</em>b<em>c"), [("a</em>b".to_owned(), false), ("c".to_owned(), false)]);
    }
}
