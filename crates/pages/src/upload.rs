//! Forms with files. A file is read only after the form has proved that it comes from a page of our own.

use crate::{
    Fields, Refused,
    cookie::Cookies,
    form::{self, BYTES_MAX, FIELDS_MAX},
};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequestParts, Request},
    http::{header, request::Parts},
};
use kernel::{Code, Error, Result};
use multer::{Constraints, Multipart, SizeLimit};
use std::sync::Arc;
use web::uploads::{Uploads, paced};

/// Forms with files that an instance reads at once, because each is in memory.
const UPLOADS_MAX: usize = 4;
static UPLOADS: Uploads = Uploads::new(UPLOADS_MAX, UPLOADS_MAX);

/// A file that was sent with a form.
#[derive(Debug, Clone)]
pub struct File {
    /// The field.
    pub field: String,
    /// What the browser calls it; another person may have named it.
    pub name: String,
    /// What the browser takes it for.
    pub kind: String,
    pub bytes: Bytes,
}

/// The files of a form that has proved where it comes from.
#[derive(Debug, Clone, Default)]
pub struct Files(Arc<Vec<File>>);

impl Files {
    /// The files of a field, in order.
    pub fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a File> {
        self.0.iter().filter(move |file| file.field == field)
    }
}

/// [`form::checked`] for a form that may have files, which together have at most `bytes_max`. The form token stands before the files.
/// C004, C002 for what is no form, C010.
pub async fn checked(request: Request, cookies: &Cookies, bytes_max: u64) -> Result<Request> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Ok(boundary) = multer::parse_boundary(kind) else { return form::checked(request, cookies).await };
    let (mut parts, body) = request.into_parts();
    // the others wait without having sent their files
    let _turn = UPLOADS.turn(None).await?;
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(bytes_max));
    let mut sent = Multipart::with_constraints(paced(body).into_data_stream(), boundary, limits);
    let (mut pairs, mut files, mut text) = (Vec::new(), Vec::new(), 0);
    while let Some(part) = sent.next_field().await.map_err(unread)? {
        if pairs.len() + files.len() >= FIELDS_MAX {
            return Err(Code::PayloadTooLarge.error());
        }
        let field = part.name().unwrap_or_default().to_owned();
        let Some(name) = part.file_name().map(str::to_owned) else {
            let value = part.text().await.map_err(unread)?;
            text += value.len();
            pairs.push((field, value));
            if text > BYTES_MAX {
                return Err(Code::PayloadTooLarge.error());
            }
            continue;
        };
        form::must_show_token(&Fields::of(pairs.clone()), cookies)?;
        let kind = part.content_type().map(ToString::to_string).unwrap_or_default();
        let bytes = part.bytes().await.map_err(unread)?;
        // a browser sends a field without a file, too
        if !bytes.is_empty() {
            files.push(File { field, name, kind, bytes });
        }
    }
    let fields = Fields::of(pairs);
    form::must_show_token(&fields, cookies)?;
    parts.extensions.insert(fields);
    parts.extensions.insert(Files(Arc::new(files)));
    Ok(Request::from_parts(parts, Body::empty()))
}

fn unread(error: multer::Error) -> Error {
    use multer::Error::{FieldSizeExceeded, StreamSizeExceeded};
    match error {
        FieldSizeExceeded { .. } | StreamSizeExceeded { .. } => Code::PayloadTooLarge.error(),
        other => Code::InvalidInput.because("the body could not be read").caused_by(other),
    }
}

impl<S: Sync> FromRequestParts<S> for Files {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Files, Refused> {
        Ok(parts.extensions.get::<Files>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderMap;

    const GOOD: &str = "AAAAAAAAAAAAAAAAAAAAAA";

    fn part(head: &str, body: &str) -> String {
        format!("--cut\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    }

    async fn post(parts: &[String], bytes_max: u64) -> Result<(Fields, Files), Code> {
        let body = format!("{}--cut--\r\n", parts.concat());
        let kind = "multipart/form-data; boundary=cut";
        let request = Request::builder().method("POST").header("content-type", kind).body(Body::from(body)).unwrap();
        let value = format!("holdfast_form={GOOD}").parse().unwrap();
        let cookies = Cookies::of(&HeaderMap::from_iter([(header::COOKIE, value)]), false);
        let request = checked(request, &cookies, bytes_max).await.map_err(|error| error.code())?;
        let sent = request.extensions();
        Ok((sent.get::<Fields>().cloned().unwrap(), sent.get::<Files>().cloned().unwrap()))
    }

    #[tokio::test]
    async fn a_file_is_read_only_behind_the_token_of_the_cookie() {
        let token = part("name=\"form\"", GOOD);
        let file = part("name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv", "sku,name");
        let none = part("name=\"other\"; filename=\"\"", "");
        let (fields, files) = post(&[token.clone(), file.clone(), none], 1_000).await.unwrap();
        assert_eq!(fields.text("form"), GOOD);
        let found: Vec<&File> = files.of("file").collect();
        assert_eq!((found.len(), found[0].name.as_str(), found[0].kind.as_str()), (1, "a.csv", "text/csv"));
        assert_eq!((&found[0].bytes[..], files.of("other").count()), (&b"sku,name"[..], 0));
        for wrong in
            [vec![file.clone(), token.clone()], vec![file.clone()], vec![part("name=\"form\"", "x"), file.clone()]]
        {
            assert_eq!(post(&wrong, 1_000).await.unwrap_err(), Code::Forbidden, "{wrong:?}");
        }
        assert_eq!(post(&[token.clone(), file], 100).await.unwrap_err(), Code::PayloadTooLarge);
        let many: Vec<String> = (0..=FIELDS_MAX).map(|_| token.clone()).collect();
        assert_eq!(post(&many, 1_000_000).await.unwrap_err(), Code::PayloadTooLarge);
        let long = part("name=\"q\"", &"x".repeat(BYTES_MAX + 1));
        assert_eq!(post(&[token, long], 1_000_000).await.unwrap_err(), Code::PayloadTooLarge);
    }
}
