//! The people of a rush. Signing up costs the shop a slow hash for each of them, on purpose; so tokens are signed with the shop's
//! secret where it is at hand, as an outside provider of identities would. Otherwise people sign up, a few in a second.

use crate::client::{Answer, Caller};
use crate::commands::say;
use crate::config::{Fault, Settings};
use kernel::{Random, Timestamp, UserId};
use serde_json::json;
use std::time::{Duration, Instant};
use web::{Auth, Role, Roles};

/// How long tokens are valid: longer than the longest rush.
const TOKEN_TTL: Duration = Duration::from_secs(24 * 3_600);
/// How often a sign-up is repeated when the shop's limit of costly requests refuses it.
const PATIENCE: u32 = 20;
/// How often the progress of many sign-ups is shown.
const SHOWN_EVERY: Duration = Duration::from_secs(10);

/// Somebody who wants one.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their access token.
    pub token: String,
}

/// Makes callers of a shop.
pub struct Identities {
    auth: Option<Auth>,
    now: Timestamp,
    random: Random,
}

impl Identities {
    /// With the secrets of these settings, whether they are the shop's or not.
    pub fn of(settings: &Settings, now: Timestamp) -> Result<Identities, Fault> {
        let auth = settings.auth.settings().map(Auth::from_settings)?.ok();
        Ok(Identities { auth, now, random: Random::from_system() })
    }

    /// A token for a new user.
    fn token(&mut self, role: Role) -> Option<String> {
        let user = UserId::new(self.random.uuid());
        let issued = self.auth.as_ref()?.issue_for(&user, Roles::of(role), self.now, TOKEN_TTL);
        issued.ok().map(|token| token.token)
    }

    /// An administrator: with the token that was named, or a signed one. A fault when the shop does not accept it, or does not
    /// answer at all.
    pub async fn admin(&mut self, shop: &Caller, named: Option<&str>, base: &str) -> Result<Caller, Fault> {
        let token = named.map(str::to_owned).or_else(|| self.token(Role::Admin)).unwrap_or_default();
        let admin = shop.with_token(&token);
        let answer = admin.get("/admin/coupons?size=1").await;
        match answer.status {
            200 => Ok(admin),
            0 => {
                let what = format!("no shop answers at {base}");
                Err(Fault::new(what, answer.brief(), "start one with `holdfast serve`, or name another with --url")
                    .failed())
            }
            _ => {
                let what = format!("the shop at {base} does not accept the administrator's token");
                let remedy = "run this with the shop's own settings (auth.secrets), or give --token";
                Err(Fault::new(what, answer.brief(), remedy).failed())
            }
        }
    }

    /// So many people: with signed tokens if the shop accepts them, otherwise signed up, `sign_ups` in a second.
    pub async fn people(&mut self, shop: &Caller, count: u32, sign_ups: u32) -> Result<Vec<Person>, Fault> {
        if let Some(token) = self.token(Role::User)
            && shop.with_token(&token).get("/coupons/my").await.status == 200
        {
            say(format_args!("{count} people have tokens, signed with the shop's secret"));
            let people = (0..count).filter_map(|_| self.token(Role::User)).map(|token| Person { token });
            return Ok(people.collect());
        }
        let seconds = count.div_ceil(sign_ups);
        say(format_args!(
            "{count} people sign up, {sign_ups} in a second: about {seconds} s. With the shop's auth.secrets they would have signed \
             tokens at once"
        ));
        let (mut people, mut shown) = (Vec::new(), Instant::now());
        for n in 0..count {
            let next = Instant::now() + Duration::from_secs(1) / sign_ups;
            people.push(self.signed_up(shop).await?);
            if shown.elapsed() >= SHOWN_EVERY {
                shown = Instant::now();
                say(format_args!("  {} of {count} have signed up", n + 1));
            }
            tokio::time::sleep_until(next.into()).await;
        }
        Ok(people)
    }

    async fn signed_up(&mut self, shop: &Caller) -> Result<Person, Fault> {
        let drawn = self.random.uuid().simple().to_string();
        let (email, password) = (format!("rush-{drawn}@example.com"), format!("Rush-{}", self.random.uuid()));
        let new = json!({"email": email, "password": password, "nickname": "rush"});
        patiently(async || shop.post("/api/v1/users/signup", new.clone()).await, 201).await?;
        let known = json!({"email": email, "password": password});
        let signed_in = patiently(async || shop.post("/api/v1/auth/login", known.clone()).await, 200).await?;
        Ok(Person { token: signed_in.text("/accessToken").to_owned() })
    }
}

/// Repeats a request while the shop's limit of costly requests refuses it.
async fn patiently(request: impl AsyncFn() -> Answer, wanted: u16) -> Result<Answer, Fault> {
    for attempt in 1.. {
        let answer = request().await;
        match answer.status {
            status if status == wanted => return Ok(answer),
            429 if attempt < PATIENCE => {
                tokio::time::sleep(answer.retry_after.unwrap_or(Duration::from_secs(1))).await;
            }
            _ => {
                let remedy = "run this with the shop's own settings (auth.secrets), and no one has to sign up";
                return Err(Fault::new("people cannot sign up in this shop", answer.brief(), remedy).failed());
            }
        }
    }
    unreachable!("the last attempt returns")
}
