//! A new shop with a bundled catalogue, and one day in it over HTTP.

mod claims;
mod day;
mod discounts;
mod drawn;
mod elsewhere;
mod figures;
mod finding;
mod folder;
mod images;
mod rushes;
mod sent_back;
mod wallet;

use crate::cli::{Demo, not_in_order};
use crate::client::Caller;
use crate::commands::{self, say};
use crate::config::{Config, Fault, Flags};
use crate::rush::people::Person;
use crate::serve::{Server, asked_to_stop};
use claims::Claims;
use folder::Folder;
use kernel::{Random, UserId};
use serde_json::json;
use std::{net::SocketAddr, process::ExitCode, time::Duration};
use web::{App, Role, Roles};

/// The bundled catalogue.
const CATALOGUE: &str = include_str!("../demo/catalogue.ndjson");
/// How long an order waits for its payment during the day: short, so that one expires.
const PAY_WITHIN: &str = "4s";
/// Products that get an image when the demo ends after its day, so that there are no visitors.
const IMAGES_OF_ONCE: usize = 2;
/// The people who sign up. The first is the administrator.
const PEOPLE: [(&str, &str, Role); 3] =
    [("boss", "점장", Role::Admin), ("minji", "민지", Role::User), ("joon", "준", Role::User)];
/// The password of all people in the demo.
const PASSWORD: &str = "purple-Tiger-4821!";
/// Buyers who want the last unit.
const RACERS: usize = 50;
/// How long the printed tokens are valid.
const TOKEN_TTL: Duration = Duration::from_secs(24 * 3_600);

/// Runs `holdfast demo`.
pub(crate) fn run(flags: Flags, demo: &Demo) -> Result<ExitCode, Fault> {
    let folder = Folder::fresh(&demo.data)?;
    let listen = demo.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
    let config = configured(&flags, &folder, listen, PAY_WITHIN)?;
    crate::logs::start(&config.settings.log)?;
    commands::runtime()?.block_on(async {
        say(format_args!("Holdfast demo: a day in a small shop, in {}", demo.data.display()));
        let mut claims = Claims::default();
        let (server, app) = commands::start(&config.settings).await?;
        let address = server.address;
        let people = open(&mut claims, &app, address).await?;
        let pay_within = config.settings.modules.get::<checkout::Settings>().pay_within;
        if let Some((people, products)) = &people {
            images::upload(&mut claims, &people.admin, if demo.once { IMAGES_OF_ONCE } else { usize::MAX }).await;
            day::play(&mut claims, people, *products, pay_within).await;
        }
        let all_held = claims.all_held();
        drop(app);
        server.stop().await;
        if !demo.once
            && let Some((people, _)) = people
        {
            let config = configured(&flags, &folder, address, "10m")?;
            stay(&config, &people).await?;
        }
        Ok(if all_held { ExitCode::SUCCESS } else { not_in_order() })
    })
}

/// The settings of the demo; settings of the caller come first.
fn configured(flags: &Flags, folder: &Folder, listen: SocketAddr, pay_within: &str) -> Result<Config, Fault> {
    let own = [
        ("server.listen", listen.to_string()),
        ("database.url", format!("sqlite:{}", folder.database().display())),
        ("gateway.journal", folder.journal().display().to_string()),
        ("search.folder", folder.search().display().to_string()),
        ("media.folder", folder.media().display().to_string()),
        ("gateway.approve_percent", "100".to_owned()),
        ("checkout.pay_within", pay_within.to_owned()),
        ("storefront.offer_outcomes", "true".to_owned()),
        ("log.filter", "warn".to_owned()),
    ];
    let mut options: Vec<_> = own.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    options.extend(flags.options.iter().cloned());
    Config::load(&Flags { file: flags.file.clone(), options })
}

async fn open(claims: &mut Claims, app: &App, address: SocketAddr) -> Result<Option<(day::People, i64)>, Fault> {
    claims.act("The shop opens");
    let imported = commands::import_text(app, CATALOGUE).await?;
    let text = format!("{} products imported in {} ms, none refused", imported.products, imported.ms);
    claims.claim(imported.refused == 0 && imported.products >= 150, text, imported.report);
    let anyone = Caller::anonymous(&format!("http://{address}"));
    let mut signed_in = Vec::new();
    for (name, nickname, role) in PEOPLE {
        match sign_up(claims, app, &anyone, name, nickname, role).await? {
            Some(caller) => signed_in.push(caller),
            None => return Ok(None),
        }
    }
    let Ok([(admin, boss), (minji, buyer), (joon, _)]) = <[(Caller, UserId); 3]>::try_from(signed_in) else {
        return Ok(None);
    };
    let mut random = Random::from_system();
    let mut somebody = || token(app, &UserId::new(random.uuid()), Role::User).map(|token| Person { token });
    let crowd = (0..rushes::COUPON_CROWD).map(|_| somebody()).collect::<Result<Vec<_>, _>>()?;
    let racers = crowd[..RACERS].iter().map(|person| anyone.with_token(&person.token)).collect();
    claims.note(format_args!(
        "the shop serves http://{address}; {} more buyers have tokens of an outside provider",
        crowd.len()
    ));
    let base = format!("http://{address}");
    Ok(Some((day::People { admin, minji, joon, racers, crowd, base, ids: [boss, buyer] }, imported.products)))
}

/// Signs up and in, over HTTP; grants other roles as `holdfast grant` does.
async fn sign_up(
    claims: &mut Claims,
    app: &App,
    anyone: &Caller,
    name: &str,
    nickname: &str,
    role: Role,
) -> Result<Option<(Caller, UserId)>, Fault> {
    let email = format!("{name}@example.com");
    let signed_up =
        anyone.post("/api/v1/users/signup", json!({"email": email, "password": PASSWORD, "nickname": nickname})).await;
    if role != Role::User && signed_up.status == 201 {
        commands::give(app, &email, Roles::of(role)).await?;
    }
    let signed_in = anyone.post("/api/v1/auth/login", json!({"email": email, "password": PASSWORD})).await;
    let token = signed_in.text("/accessToken").to_owned();
    let good = signed_up.status == 201 && signed_in.status == 200 && !token.is_empty();
    let found = format!("{} / {}", signed_up.brief(), signed_in.brief());
    claims.claim(good, format!("{nickname} signs up and in: {email}, {}", role.name()), found);
    let id = signed_in.text("/user/id").parse().ok();
    Ok(id.filter(|_| good).map(|id| (anyone.with_token(&token), id)))
}

fn token(app: &App, user: &UserId, role: Role) -> Result<String, Fault> {
    let token = app.auth.issue_for(user, Roles::of(role), app.now(), TOKEN_TTL);
    token
        .map(|token| token.token)
        .map_err(|e| Fault::caused_by("no token can be made", &e, "leave auth.secrets as it is"))
}

/// Serves the shop after its day, with the usual time to pay, until a signal stops it.
async fn stay(config: &Config, people: &day::People) -> Result<(), Fault> {
    let (server, app) = commands::start(&config.settings).await?;
    let [boss, buyer] = &people.ids;
    say(tour(&server, &token(&app, buyer, Role::User)?, &token(&app, boss, Role::Admin)?));
    drop(app);
    asked_to_stop().await;
    say("closing");
    server.stop().await;
    Ok(())
}

fn tour(server: &Server, minji: &str, admin: &str) -> String {
    let at = format!("http://{}", server.address);
    let base = format!("{at}{}", web::BASE);
    format!(
        "\nThe shop stays open; Ctrl-C closes it.\n\
         \n  THE SHOP            {at}/  (sign in as minji@example.com, password {PASSWORD})\n\
         \n  THE CONSOLE         {at}/console  (sign in as boss@example.com, password {PASSWORD})\n\
         \n  reader of the API   {at}/docs\n  document            {at}/openapi.json\n  measurements        {at}/metrics\n\
         \n  Everyone's password is {PASSWORD}; minji@example.com, joon@example.com and boss@example.com (ADMIN) can sign in:\
         \n\
         \n    curl -s '{at}/api/v1/auth/login' -H 'Content-Type: application/json' \\\
         \n      -d '{{\"email\":\"minji@example.com\",\"password\":\"{PASSWORD}\"}}'\n\
         \n  Or as Minji, with a token good for a day:\n\
         \n    TOKEN={minji}\
         \n    curl -s -H \"Authorization: Bearer $TOKEN\" '{base}/orders'\n    curl -s '{base}/products?size=3&sort=price,desc'\n\
         \n  and as the admin:\n\
         \n    ADMIN={admin}\
         \n    curl -s -H \"Authorization: Bearer $ADMIN\" '{base}/admin/orders'\
         \n    curl -s -H \"Authorization: Bearer $ADMIN\" '{base}/admin/events'\n",
    )
}
