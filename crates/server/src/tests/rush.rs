//! Rushes in a shop on a real socket.

use super::running::started;
use crate::Server;
use crate::client::Caller;
use crate::config::{Config, Settings};
use crate::rush::{
    Rush,
    crowd::Crowd,
    goods::Goods,
    lobby::Rules,
    people::{Identities, Person},
};
use kernel::{Clock, Timestamp};

fn now() -> Timestamp {
    ports::SystemClock.now()
}

/// The settings of the shops of these tests, or of another shop when `secret` is another.
fn settings(secret: Option<&str>) -> Settings {
    let secret = secret.map(|secret| ("auth.secrets".to_owned(), format!("other:{secret}")));
    Config::of(None, [], secret.as_slice()).unwrap().settings
}

struct Scene {
    server: Server,
    base: String,
    admin: Caller,
    people: Vec<Person>,
    _space: testdb::Space,
}

async fn scene(count: u32) -> Scene {
    let (server, space) = started(&[]).await;
    let base = format!("http://{}", server.address);
    let (shop, mut identities) = (Caller::anonymous(&base), Identities::of(&settings(None), now()).unwrap());
    let admin = identities.admin(&shop, None, &base).await.unwrap();
    let people = identities.people(&shop, count, 1).await.unwrap();
    assert_eq!(people.len(), count as usize);
    Scene { server, base, admin, people, _space: space }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_people_rush_for_twenty_coupons_and_every_count_is_exact() {
    let scene = scene(200).await;
    let crowd = Crowd::of(&scene.base, 16, Some(8));
    let goods = Goods::coupons(&scene.admin, 20, now()).await.unwrap();
    let rush = Rush { admin: &scene.admin, goods, people: &scene.people, crowd: &crowd };
    let done = rush.play(None, false).await.unwrap();
    let counts = &done.counts;
    assert_eq!(counts.differences(), Vec::<String>::new(), "{counts:?}");
    assert_eq!((counts.got, counts.counted, counts.holders, counts.twice), (20, 20, 20, 0));
    assert_eq!(counts.refused.get("S602"), Some(&180));
    assert_eq!((done.tally.answered(), done.tally.in_flight), (200, 0));
    // the same people again: everybody is refused, and nothing of it is exact
    let again = rush.play(None, false).await.unwrap().counts;
    assert_eq!((again.refused.get("S602"), again.refused.get("S604")), (Some(&180), Some(&20)));
    assert_eq!(goods.close(&scene.admin).await, Vec::<String>::new());
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_behind_a_queue_is_sold_to_whom_the_lottery_chose() {
    let scene = scene(60).await;
    let crowd = Crowd::of(&scene.base, 16, None);
    let goods = Goods::deal(&scene.admin, 10, now()).await.unwrap().paid_at_once();
    let rush = Rush { admin: &scene.admin, goods, people: &scene.people, crowd: &crowd };
    let done = rush.play(Some(Rules { capacity: 30 }), false).await.unwrap();
    assert_eq!(done.counts.differences(), Vec::<String>::new(), "{:?}", done.counts);
    assert_eq!((done.counts.counted, done.counts.refused.get("S704")), (10, Some(&50)));
    let queue = done.queue.unwrap();
    assert_eq!((queue.waited, queue.left_over, queue.differences()), (60, 0, Vec::new()));
    assert!((1..=30).contains(&queue.admitted_most) && queue.early_birds < 30, "{queue:?}");
    assert_eq!(goods.close(&scene.admin).await, Vec::<String>::new());
    assert!(scene.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_sign_up_in_a_shop_whose_secret_is_another() {
    let scene = scene(1).await;
    let shop = Caller::anonymous(&scene.base);
    let mut strange = Identities::of(&settings(Some(&"Kq7s".repeat(12))), now()).unwrap();
    let refused = strange.admin(&shop, None, &scene.base).await.map(drop).unwrap_err();
    assert!(refused.to_string().contains("--token") && refused.exit_code == 3, "{refused}");
    let signed_up = strange.people(&shop, 3, 100).await.unwrap();
    for person in &signed_up {
        assert_eq!(shop.with_token(&person.token).get("/coupons/my").await.status, 200);
    }
    assert!(scene.server.stop().await);
    let gone = strange.admin(&shop, None, &scene.base).await.map(drop).unwrap_err();
    assert!(gone.to_string().contains("no shop answers"), "{gone}");
}
