use super::*;
use crate::{
    SystemClock,
    gate::conformance::{self, Rows, histories, user},
};
use proptest::{strategy::ValueTree, test_runner::TestRunner};
use testdb::{Proxy, Redis};

fn at(url: &str) -> Settings {
    // builds run beside these tests, so an answer may take longer than in a shop
    Settings { url: url.to_owned(), timeout: Duration::from_millis(500), ..Settings::default() }
}

fn gate(url: &str) -> RedisGate {
    with(&at(url))
}

fn with(settings: &Settings) -> RedisGate {
    RedisGate::new(settings, Arc::new(SystemClock)).unwrap()
}

/// Sells what there is, and waits until the gate refuses who comes too late.
async fn knows(gate: &RedisGate, rows: &mut Rows) {
    (0..u64::try_from(rows.total).unwrap()).for_each(|n| _ = rows.buys(user(n), 1));
    rows.refused(gate, user(900), 1).await;
}

/// Waits until the gate says that it works: on a slow machine Redis may have been late just now.
async fn is_up(gate: &RedisGate) {
    let began = Instant::now();
    while gate.health().await != Health::Up {
        assert!(began.elapsed() < Duration::from_secs(20), "Redis does not answer");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn it_does_what_every_gate_does() {
    match Redis::private() {
        Ok(redis) => conformance::all(&gate(&redis.url()), 1).await,
        Err(missing) => testdb::skip(missing),
    }
}

// a script whose keys are in several slots would fail, and one whose key is on another node has to follow there
#[tokio::test]
async fn it_does_the_same_on_a_cluster_and_after_one_of_its_nodes_has_failed_over() {
    let mut redis = match Redis::cluster() {
        Ok(redis) => redis,
        Err(missing) => return testdb::skip(missing),
    };
    let gate = with(&Settings { cluster: true, ..at(&redis.url()) });
    conformance::all(&gate, 1).await;
    assert!(redis.keys().iter().all(|keys| *keys > 0), "every node has its part: {:?}", redis.keys());
    is_up(&gate).await;
    redis.fails_over();
    for id in 100..112 {
        knows(&gate, &mut Rows::of(id, 2, None)).await;
    }
    is_up(&gate).await;
    // a gate that takes it for a single server is away, and the log says why
    let one = redis.url().split(',').next().unwrap().to_owned();
    assert_eq!(with(&at(&one)).health().await, Health::Away);
}

#[tokio::test]
async fn it_encrypts_signs_in_and_talks_to_no_one_else() {
    let redis = match Redis::encrypted(&["127.0.0.1"], "open-sesame") {
        Ok(redis) => redis,
        Err(missing) => return testdb::skip(missing),
    };
    let authority = redis.authority().display().to_string();
    let right = Settings { password: "open-sesame".to_owned(), authority, ..at(&redis.url()) };
    knows(&with(&right), &mut Rows::of(1, 2, None)).await;
    let in_url = redis.url().replace("//", "//default:open-sesame@");
    is_up(&with(&Settings { url: in_url, password: String::new(), ..right.clone() })).await;
    let elsewhere = redis.url().replace("127.0.0.1", "localhost");
    let in_the_clear = redis.url().replace("rediss", "redis");
    for (what, wrong) in [
        ("another password", Settings { password: "open-barley".to_owned(), ..right.clone() }),
        ("no password", Settings { password: String::new(), ..right.clone() }),
        ("a user that is unknown", Settings { user: "ali".to_owned(), ..right.clone() }),
        ("an authority that this machine does not trust", Settings { authority: String::new(), ..right.clone() }),
        ("a name that is not in the certificate", Settings { url: elsewhere, ..right.clone() }),
        ("no encryption", Settings { url: in_the_clear, authority: String::new(), ..right.clone() }),
    ] {
        let gate = with(&wrong);
        let (answer, took) = Rows::of(1, 2, None).ask(&gate, user(7), 1).await;
        assert!(matches!(answer, Answer::Through(_)) && took, "{what}: {answer:?}");
        assert_eq!(gate.health().await, Health::Away, "{what}");
    }
}

#[tokio::test]
async fn a_replica_that_takes_over_goes_on_after_a_crash_and_after_a_planned_change() {
    let (first, second) = match (Redis::private(), Redis::private()) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(missing), _) | (_, Err(missing)) => return testdb::skip(missing),
    };
    // the address that moves with the primary
    let proxy = Proxy::before(first.port());
    let gate = gate(&format!("redis://127.0.0.1:{}", proxy.port()));
    let mut rows = Rows::of(1, 3, None);
    knows(&gate, &mut rows).await;
    second.follows(&first);
    first.kill();
    second.leads();
    proxy.turn_to(second.port());
    knows(&gate, &mut rows).await;

    first.start();
    first.follows(&second);
    first.leads();
    // open connections stay, and lead to a replica now
    second.follows(&first);
    assert_eq!(gate.health().await, Health::Away, "a replica takes no scripts that write");
    proxy.turn_to(first.port());
    let openings = gate.breaker_openings();
    knows(&gate, &mut rows).await;
    assert_eq!(gate.breaker_openings(), openings, "it goes to the other server as soon as this one refuses to write");
    is_up(&gate).await;
    // a coupon more: what the other server remembered holds no one back
    rows.total += 1;
    gate.open(&rows.subject).await;
    assert!(rows.ask(&gate, user(901), 1).await.1);
}

#[tokio::test]
async fn a_clock_that_goes_back_keeps_no_one_out() {
    let redis = match Redis::private() {
        Ok(redis) => redis,
        Err(missing) => return testdb::skip(missing),
    };
    let gate = gate(&redis.url());
    let mut rows = Rows::of(1, 3, Some(1));
    knows(&gate, &mut rows).await;
    // as another machine leaves them whose clock is an hour ahead
    let later = Clock::now(&SystemClock).after(Duration::from_secs(3_600)).as_millis();
    redis.command(&format!("HSET holdfast:{{TIME_DEAL_PRODUCT:1}}:rows looked {later} elected {later}"));
    redis.command(&format!("HSET holdfast:{{TIME_DEAL_PRODUCT:1}}:users #loaded {later}"));
    rows.total += 5;
    assert!(rows.ask(&gate, user(901), 1).await.1, "what was read then counts no more");
    knows(&gate, &mut rows).await;
}

#[tokio::test]
async fn no_history_lets_it_refuse_whom_the_rows_would_serve() {
    let redis = match Redis::private() {
        Ok(redis) => redis,
        Err(missing) => return testdb::skip(missing),
    };
    let (gate, mut runner) = (gate(&redis.url()), TestRunner::deterministic());
    for id in 0..100 {
        let history = proptest::strategy::Strategy::new_tree(&histories::any(), &mut runner).unwrap().current();
        conformance::play(&gate, id, &history).await;
    }
    assert_eq!(gate.breaker_openings(), 0);
}

#[tokio::test]
async fn two_instances_share_what_they_know() {
    let redis = match Redis::private() {
        Ok(redis) => redis,
        Err(missing) => return testdb::skip(missing),
    };
    let (one, other) = (gate(&redis.url()), gate(&redis.url()));
    let mut rows = Rows::of(1, 4, None);
    for n in 0..4 {
        rows.ask(if n % 2 == 0 { &one } else { &other }, user(n), 1).await;
    }
    assert_eq!(rows.refused(&other, user(9), 1).await, Refusal::SoldOut { left: 0 });
    assert_eq!(rows.refused(&other, user(0), 1).await, Refusal::OverLimit { per_user: 1 });
}

#[tokio::test]
async fn while_redis_is_killed_flushed_or_slow_everybody_is_let_through() {
    let redis = match Redis::private() {
        Ok(redis) => redis,
        Err(missing) => return testdb::skip(missing),
    };
    let proxy = Proxy::before(redis.port());
    let gate = gate(&format!("redis://127.0.0.1:{}", proxy.port()));
    let mut rows = Rows::of(1, 1, None);
    rows.ask(&gate, user(1), 1).await;
    let refused = async |rows: &mut Rows| matches!(rows.ask(&gate, user(2), 1).await.0, Answer::Refused(_));
    knows(&gate, &mut rows).await;
    redis.flush();
    assert!(!refused(&mut rows).await, "it knows nothing any more");
    knows(&gate, &mut rows).await;
    redis.kill();
    for _ in 0..5 {
        assert!(!refused(&mut rows).await, "killed");
    }
    // a slow machine has tried it again by now
    assert!(gate.health().await == Health::Away && gate.breaker_openings() > 0);
    redis.start();
    knows(&gate, &mut rows).await;
    is_up(&gate).await;
    proxy.delay(Duration::from_secs(1));
    let began = Instant::now();
    for _ in 0..20 {
        assert!(!refused(&mut rows).await, "slow");
    }
    // without it each waits twice, half a second each time
    assert!(began.elapsed() < Duration::from_secs(12), "the breaker spares most of them the wait");
    proxy.delay(Duration::ZERO);
    knows(&gate, &mut rows).await;
}

#[test]
fn an_address_that_is_none_is_refused() {
    let refused = |url: &str, cluster| {
        let settings = Settings { url: url.to_owned(), cluster, ..Settings::default() };
        RedisGate::new(&settings, Arc::new(SystemClock)).is_err()
    };
    let two = "redis://one:6379,redis://other:6379";
    assert!(refused("http://localhost", false) && refused("redis://one:6379,", true) && refused(two, false));
    assert!(!refused(two, true));
}
