//! Who is let in and, more so, who is not.

use super::*;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::HeaderValue;
use serde_json::json;
use std::path::PathBuf;

const SECRET: &str = "a-secret-of-at-least-32-bytes-for-tests";
const OTHER: &str = "another-secret-of-at-least-32-bytes-here";

fn now() -> Timestamp {
    Timestamp::from_millis(1_770_000_000_000)
}

fn later(seconds: u64) -> Timestamp {
    now().after(Duration::from_secs(seconds))
}

fn buyer() -> UserId {
    "018f2b6e-5a51-7c3e-9d0b-2f6c1a7e4b11".parse().unwrap()
}

fn auth(settings: AuthSettings) -> Auth {
    Auth::from_settings(settings).unwrap()
}

fn ours() -> Auth {
    auth(AuthSettings::single(SECRET))
}

fn bearer(token: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap())])
}

/// A token as some other program would make it.
fn forged(header: Value, claims: Value, secret: &str) -> String {
    let mut wanted = Header::new(Algorithm::HS256);
    wanted.kid = header.get("kid").and_then(Value::as_str).map(str::to_owned);
    jsonwebtoken::encode(&wanted, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn code(outcome: Result<Option<Identity>>) -> &'static str {
    outcome.unwrap_err().code().code()
}

#[test]
fn a_token_we_issued_says_who_it_is_until_it_expires() {
    let auth = ours();
    let issued = auth.issue(&buyer(), Roles::of(Role::Seller), now()).unwrap();
    assert_eq!(issued.expires_in, 900);
    let caller = auth.verify(&bearer(&issued.token), later(899)).unwrap().unwrap();
    assert_eq!((caller.id, caller.roles), (buyer(), Roles::of(Role::Seller)));
    assert_eq!(code(auth.verify(&bearer(&issued.token), later(900))), "A003");
}

#[test]
fn a_token_that_was_verified_before_is_no_better_than_a_new_one() {
    let auth = ours();
    let access = auth.issue(&buyer(), Roles::of(Role::User), now()).unwrap().token;
    for _ in 0..2 {
        assert!(auth.verify(&bearer(&access), now()).is_ok());
        assert_eq!(auth.verify_stream_token(&access, now()).unwrap_err().code().code(), "A004");
    }
    assert_eq!(code(auth.verify(&bearer(&access), later(900))), "A003", "kept, but expired");
    let altered = format!("{}x", &access[..access.len() - 1]);
    assert_eq!(code(auth.verify(&bearer(&altered), now())), "A004");
    let early = json!({"iss": "holdfast", "sub": buyer(), "exp": later(900).as_millis() / 1_000,
        "nbf": later(60).as_millis() / 1_000});
    let early = forged(json!({"kid": "key-default"}), early, SECRET);
    assert!(auth.verify(&bearer(&early), later(60)).is_ok());
    assert_eq!(code(auth.verify(&bearer(&early), later(59))), "A004", "kept, but not good yet");
}

#[test]
fn a_request_without_a_caller_is_anonymous_and_not_an_error() {
    assert_eq!(ours().verify(&HeaderMap::new(), now()).unwrap(), None);
}

#[test]
fn anything_that_is_not_our_token_is_refused() {
    let auth = ours();
    let good = auth.issue(&buyer(), Roles::of(Role::User), now()).unwrap().token;
    let parts: Vec<&str> = good.split('.').collect();
    let admin = BASE64_URL_SAFE_NO_PAD
        .encode(json!({"sub": buyer(), "roles": ["ADMIN"], "exp": 9_999_999_999_u64}).to_string());
    let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let claims = json!({"sub": buyer(), "roles": ["ADMIN"], "exp": 9_999_999_999_u64});
    let refused = [
        String::new(),
        "x".to_owned(),
        "a.b.c".to_owned(),
        "x".repeat(TOKEN_BYTES_MAX + 1),
        format!("{}.{}.{}", parts[0], admin, parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{none}.{admin}."),
        forged(json!({"kid": "key-default"}), claims.clone(), OTHER),
        forged(json!({"kid": "unheard-of"}), claims, SECRET),
        forged(json!({}), json!({"sub": buyer()}), SECRET),
        forged(json!({}), json!({"sub": "kim", "exp": 9_999_999_999_u64}), SECRET),
        forged(json!({}), json!({"sub": buyer(), "exp": 9_999_999_999_u64, "nbf": 1_770_000_100}), SECRET),
    ];
    for token in refused {
        assert_eq!(code(auth.verify(&bearer(&token), now())), "A004", "{token}");
    }
    let basic = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Basic a2ltOnB3"))]);
    assert_eq!(code(auth.verify(&basic, now())), "A004");
    let junk = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff").unwrap())]);
    assert_eq!(code(auth.verify(&junk, now())), "A004");
}

#[test]
fn keys_can_be_changed_without_signing_anyone_out() {
    let old = ours();
    let token = old.issue(&buyer(), Roles::of(Role::User), now()).unwrap().token;
    let mut settings = AuthSettings::single(SECRET);
    settings.keys.insert(0, HmacKey { kid: "key-2026".to_owned(), secret: Secret::new(OTHER) });
    let both = auth(settings.clone());
    assert!(both.verify(&bearer(&token), now()).unwrap().is_some());
    let newer = both.issue(&buyer(), Roles::of(Role::User), now()).unwrap().token;
    assert_eq!(jsonwebtoken::decode_header(&newer).unwrap().kid.as_deref(), Some("key-2026"));
    assert_eq!(code(old.verify(&bearer(&newer), now())), "A004");
    settings.keys.truncate(1);
    assert_eq!(code(auth(settings).verify(&bearer(&token), now())), "A004");
}

/// Also accepts tokens of a service that names itself `blog`, and tokens without an issuer.
fn among_services() -> Auth {
    auth(AuthSettings { other_issuers: vec!["blog".to_owned(), String::new()], ..AuthSettings::single(SECRET) })
}

#[test]
fn another_services_token_with_the_shared_secret_is_understood() {
    let claims = json!({"sub": buyer(), "iss": "blog", "roles": ["ROLE_SUPER_ADMIN", "ROLE_BLOG"], "nickname": "kim",
        "exp": 1_770_000_010.5});
    let token = forged(json!({"kid": "key-default"}), claims, SECRET);
    let caller = among_services().verify(&bearer(&token), later(20)).unwrap().unwrap();
    assert!(caller.roles.includes(Role::Admin), "its clock may be 30 s off");
    assert_eq!(code(among_services().verify(&bearer(&token), later(60))), "A003");
    let plain = forged(json!({}), json!({"sub": buyer(), "exp": 1_770_000_010}), SECRET);
    let caller = among_services().verify(&bearer(&plain), now()).unwrap().unwrap();
    assert_eq!(caller.roles, Roles::of(Role::User));
}

#[test]
fn a_token_of_an_issuer_that_is_not_listed_is_refused_although_its_key_is_ours() {
    for issuer in [json!("another-shop"), json!("Holdfast"), json!(["holdfast"]), json!(7), Value::Null] {
        let token = forged(json!({}), json!({"sub": buyer(), "iss": issuer, "exp": 1_770_000_010}), SECRET);
        assert_eq!(code(ours().verify(&bearer(&token), now())), "A004", "{issuer}");
        assert_eq!(code(among_services().verify(&bearer(&token), now())), "A004", "{issuer}");
    }
    let without = forged(json!({}), json!({"sub": buyer(), "exp": 1_770_000_010}), SECRET);
    assert_eq!(code(ours().verify(&bearer(&without), now())), "A004");
    let named = forged(json!({}), json!({"sub": buyer(), "iss": "holdfast", "exp": 1_770_000_010}), SECRET);
    assert!(ours().verify(&bearer(&named), now()).unwrap().is_some());
}

#[test]
fn a_token_that_demands_an_unknown_extension_is_refused() {
    let good = ours().issue(&buyer(), Roles::of(Role::User), now()).unwrap().token;
    let claims = good.split('.').nth(1).unwrap();
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for (head, accepted) in [
        (json!({"alg": "HS256", "kid": "key-default"}), true),
        (json!({"alg": "HS256", "kid": "key-default", "crit": ["b64"], "b64": false}), false),
        (json!({"alg": "HS256", "kid": "key-default", "crit": []}), false),
        (json!({"alg": "HS256", "kid": "key-default", "crit": "exp"}), false),
    ] {
        let signed = format!("{}.{claims}", BASE64_URL_SAFE_NO_PAD.encode(head.to_string()));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap();
        let outcome = ours().verify(&bearer(&format!("{signed}.{signature}")), now());
        assert_eq!(outcome.map_err(|error| error.code().code()).err(), (!accepted).then_some("A004"), "{head}");
    }
}

#[test]
fn a_stream_token_opens_streams_and_nothing_else() {
    let auth = ours();
    let stream = auth.issue_stream_token(&buyer(), Roles::of(Role::User), now()).unwrap();
    assert_eq!(stream.expires_in, 60);
    assert_eq!(auth.verify_stream_token(&stream.token, now()).unwrap().id, buyer());
    assert_eq!(code(auth.verify(&bearer(&stream.token), now())), "A004");
    let access = auth.issue(&buyer(), Roles::of(Role::User), now()).unwrap();
    assert_eq!(auth.verify_stream_token(&access.token, now()).unwrap_err().code().code(), "A004");
}

#[test]
fn a_services_token_is_no_users() {
    let auth = ours();
    let token = auth.issue(&buyer(), Roles::of(Role::Service), now()).unwrap().token;
    let service = auth.verify(&bearer(&token), now()).unwrap().unwrap();
    assert!(service.roles.includes(Role::Service) && !service.roles.includes(Role::User));
    let named =
        forged(json!({}), json!({"sub": "review-service", "roles": ["SERVICE"], "exp": 9_999_999_999_u64}), SECRET);
    assert_eq!(among_services().verify(&bearer(&named), now()).unwrap().unwrap().id, no_user());
}

fn behind_gateway() -> Auth {
    let gateway = GatewaySettings { header: "X-Gateway-Secret".to_owned(), secret: Secret::new(OTHER) };
    auth(AuthSettings { gateway: Some(gateway), ..AuthSettings::single(SECRET) })
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
}

#[test]
fn identity_headers_count_only_with_the_gateways_secret() {
    let id = buyer().to_string();
    let admin = [("x-user-id", id.as_str()), ("x-user-roles", "ROLE_USER,ROLE_SHOPPING_ADMIN")];
    assert_eq!(behind_gateway().verify(&headers(&admin), now()).unwrap(), None);
    assert_eq!(ours().verify(&headers(&[admin[0], admin[1], ("x-gateway-secret", OTHER)]), now()).unwrap(), None);
    let wrong = headers(&[admin[0], admin[1], ("x-gateway-secret", SECRET)]);
    assert_eq!(code(behind_gateway().verify(&wrong, now())), "A004");
    let right = headers(&[admin[0], admin[1], ("x-gateway-secret", OTHER)]);
    let caller = behind_gateway().verify(&right, now()).unwrap().unwrap();
    assert_eq!((caller.id, caller.roles), (buyer(), Roles::of(Role::Admin)));
}

#[test]
fn a_header_that_says_who_is_calling_may_not_come_twice() {
    let id = buyer().to_string();
    let right = [("x-user-id", id.as_str()), ("x-user-roles", "USER"), ("x-gateway-secret", OTHER)];
    assert!(behind_gateway().verify(&headers(&right), now()).unwrap().is_some());
    for (name, value) in
        [("x-user-roles", "ADMIN"), ("x-user-roles", "USER"), ("x-user-id", id.as_str()), ("x-gateway-secret", OTHER)]
    {
        let mut twice = headers(&right);
        twice.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        assert_eq!(code(behind_gateway().verify(&twice, now())), "A004", "{name}");
    }
    let token = ours().issue(&buyer(), Roles::of(Role::User), now()).unwrap().token;
    let mut twice = bearer(&token);
    twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer another"));
    assert_eq!(code(ours().verify(&twice, now())), "A004");
}

#[test]
fn the_gateways_anonymous_callers_have_no_user_and_services_must_be_named() {
    let auth = behind_gateway();
    let secret = ("x-gateway-secret", OTHER);
    assert_eq!(auth.verify(&headers(&[secret]), now()).unwrap(), None);
    let service = auth.verify(&headers(&[secret, ("x-user-roles", "SERVICE")]), now()).unwrap().unwrap();
    assert_eq!((service.id, service.roles), (no_user(), Roles::of(Role::Service)));
    let id = buyer().to_string();
    let user = auth.verify(&headers(&[secret, ("x-user-id", &id)]), now()).unwrap().unwrap();
    assert_eq!(user.roles, Roles::of(Role::User));
    assert_eq!(code(auth.verify(&headers(&[secret, ("x-user-id", "kim")]), now())), "A004");
}

fn testdata(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src/auth/testdata", name].iter().collect()
}

fn provider(source: JwksSource) -> AuthSettings {
    let jwks = JwksSettings {
        source,
        issuer: Some("https://id.example".to_owned()),
        audience: Some("shop".to_owned()),
        refresh: Duration::from_secs(300),
    };
    AuthSettings { jwks: Some(jwks), ..AuthSettings::single(SECRET) }
}

fn of_provider(kid: Option<&str>, claims: &Value) -> String {
    let pem = std::fs::read(testdata("provider-for-tests.pem")).unwrap();
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_rsa_pem(&pem).unwrap()).unwrap()
}

fn provider_claims() -> Value {
    json!({"sub": buyer(), "iss": "https://id.example", "aud": ["blog", "shop"], "roles": "ROLE_SELLER", "exp": 1_770_000_100})
}

#[test]
fn an_outside_providers_tokens_are_verified_against_its_key_set() {
    let auth = auth(provider(JwksSource::File(testdata("jwks.json"))));
    for kid in [Some("provider-1"), None] {
        let caller = auth.verify(&bearer(&of_provider(kid, &provider_claims())), now()).unwrap().unwrap();
        assert_eq!((caller.id, caller.roles), (buyer(), Roles::of(Role::Seller)));
    }
    for kid in ["for-encryption", "curve", "key-default", "unknown-kind"] {
        assert_eq!(code(auth.verify(&bearer(&of_provider(Some(kid), &provider_claims())), now())), "A004", "{kid}");
    }
    for (claim, value) in
        [("iss", json!("https://evil.example")), ("aud", json!("blog")), ("aud", Value::Null), ("iss", Value::Null)]
    {
        let mut claims = provider_claims();
        claims[claim] = value;
        let token = of_provider(Some("provider-1"), &claims);
        assert_eq!(code(auth.verify(&bearer(&token), now())), "A004", "{claims}");
    }
    assert_eq!(code(auth.verify(&bearer(&of_provider(Some("provider-1"), &provider_claims())), later(131))), "A003");
    assert_eq!(code(ours().verify(&bearer(&of_provider(Some("provider-1"), &provider_claims())), now())), "A004");
}

#[test]
fn the_providers_public_key_is_no_shared_secret() {
    let auth = auth(provider(JwksSource::File(testdata("jwks.json"))));
    let set = std::fs::read_to_string(testdata("jwks.json")).unwrap();
    let token = forged(json!({"kid": "provider-1"}), provider_claims(), &set);
    assert_eq!(code(auth.verify(&bearer(&token), now())), "A004");
}

#[tokio::test]
async fn a_key_set_is_read_again_when_due_or_wanted_and_kept_when_it_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let good = std::fs::read_to_string(testdata("jwks.json")).unwrap();
    std::fs::write(&file, good.replace("provider-1", "provider-0")).unwrap();
    let auth = auth(provider(JwksSource::File(file.clone())));
    assert!(auth.refresh_keys(now()).await.unwrap());
    assert!(!auth.refresh_keys(later(299)).await.unwrap(), "not due yet");

    let token = bearer(&of_provider(Some("provider-1"), &provider_claims()));
    assert_eq!(code(auth.verify(&token, now())), "A004");
    std::fs::write(&file, &good).unwrap();
    assert!(!auth.refresh_keys(later(29)).await.unwrap(), "strangers cannot make us look all the time");
    assert!(auth.refresh_keys(later(30)).await.unwrap());
    assert!(auth.verify(&token, now()).unwrap().is_some());

    std::fs::write(&file, r#"{"keys": []}"#).unwrap();
    assert!(auth.refresh_keys(later(1_000)).await.is_err());
    assert!(auth.verify(&token, now()).unwrap().is_some(), "the keys we had are kept");

    let other = std::fs::read_to_string(testdata("jwks.json")).unwrap().replace("provider-1", "provider-2");
    std::fs::write(&file, other).unwrap();
    assert!(auth.refresh_keys(later(2_000)).await.unwrap());
    assert_eq!(code(auth.verify(&token, now())), "A004", "its key was withdrawn");
}

#[tokio::test]
async fn a_key_set_behind_an_address_is_fetched() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let body = std::fs::read_to_string(testdata("jwks.json")).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 2_048];
        let _ = stream.read(&mut request).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    });
    let auth = auth(provider(JwksSource::Url(url)));
    let token = bearer(&of_provider(Some("provider-1"), &provider_claims()));
    assert_eq!(code(auth.verify(&token, now())), "A004", "nothing fetched yet");
    assert!(auth.refresh_keys(now()).await.unwrap());
    assert!(auth.verify(&token, now()).unwrap().is_some());
}

#[test]
fn settings_that_cannot_work_are_refused_at_start() {
    let refused = |settings: AuthSettings| Auth::from_settings(settings).unwrap_err().code().code();
    let none = AuthSettings { keys: Vec::new(), ..AuthSettings::single(SECRET) };
    assert_eq!(refused(none), "C002");
    assert_eq!(refused(AuthSettings::single("")), "C002");
    let mut twice = AuthSettings::single(SECRET);
    twice.keys.push(twice.keys[0].clone());
    assert_eq!(refused(twice), "C002");
    for url in
        ["http://id.example/jwks", "http://127.0.0.1.id.example/jwks", "http://localhost@id.example/", "jwks.json", ""]
    {
        assert_eq!(refused(provider(JwksSource::Url(url.to_owned()))), "C002", "{url}");
    }
    assert_eq!(refused(provider(JwksSource::File(testdata("missing.json")))), "C002");
    let gateway = GatewaySettings { header: "X Secret".to_owned(), secret: Secret::new(OTHER) };
    assert_eq!(refused(AuthSettings { gateway: Some(gateway), ..AuthSettings::single(SECRET) }), "C002");
}

#[test]
fn secrets_and_tokens_are_never_printed() {
    let auth = ours();
    let issued = auth.issue(&buyer(), Roles::of(Role::User), now()).unwrap();
    let printed = format!("{auth:?} {issued:?}");
    assert!(!printed.contains(SECRET) && !printed.contains(&issued.token), "{printed}");
}
