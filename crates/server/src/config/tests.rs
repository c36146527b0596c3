use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn the_default_file_and_the_structs_agree() {
    // every field must be in the file (there are no serde defaults), every name in the file must be a field
    let config = Config::defaults();
    assert_eq!(config.settings.server.listen.to_string(), "127.0.0.1:8080");
    let (ours, default) = (config.settings.shop().unwrap(), web::Shop::default());
    assert_eq!((ours.zone, ours.currency), (default.zone, default.currency));
    let key = &config.settings.auth.settings().unwrap().keys[0];
    assert_eq!(key.secret.reveal(), web::auth::DEVELOPMENT_SECRET);
}

#[test]
fn every_modules_section_of_the_default_file_is_its_default() {
    let sections: Map<String, Value> = toml::from_str(layers::DEFAULT_FILE).unwrap();
    for module in MODULES {
        match (&module.settings, sections.get(module.name)) {
            (Some(section), Some(written)) => section.compare_with_default(written.clone()).unwrap(),
            (None, None) => {}
            _ => panic!("[{}] is in the default file or the module registers settings, but not both", module.name),
        }
    }
}

#[test]
fn a_setting_that_moved_keeps_its_old_name() {
    let pay_within = |config: Config| config.settings.modules.get::<checkout::Settings>().pay_within.as_secs();
    let old = "[shop]\npay_within = \"5m\"\nzone = \"UTC\"\n";
    assert_eq!(pay_within(Config::of(Some(("old.toml", old)), [], &[]).unwrap()), 300);
    let environment = variables(&[("HOLDFAST_SHOP__PAY_WITHIN", "4m")]);
    assert_eq!(pay_within(Config::of(Some(("old.toml", old)), environment, &[]).unwrap()), 240);
    assert_eq!(pay_within(Config::of(None, [], &variables(&[("shop.pay_within", "3m")])).unwrap()), 180);
    let both = "[shop]\npay_within = \"5m\"\n[checkout]\npay_within = \"5m\"\n";
    let fault = Config::of(Some(("both.toml", both)), [], &[]).unwrap_err();
    assert!(fault.what.contains("both.toml") && fault.remedy.contains("checkout.pay_within"), "{fault}");
}

#[test]
fn every_setting_has_a_sentence() {
    let mut said = false;
    for line in layers::DEFAULT_FILE.lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(said, "no sentence for: {line}");
        }
        assert!(line.len() <= 125, "too long: {line}");
        said = line.starts_with("# ") && (said || line.starts_with("# "));
    }
}

#[test]
fn the_documents_agree_with_the_default_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SETTINGS.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == documents(), "run: holdfast config default --markdown > docs/SETTINGS.md");
}

#[test]
fn a_later_source_wins() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\nrate_per_second = 5\nconnections_max = 7\n";
    let environment =
        variables(&[("HOLDFAST_SERVER__LISTEN", "127.0.0.1:2"), ("HOLDFAST_SERVER__RATE_PER_SECOND", "6")]);
    let options = variables(&[("server.listen", "127.0.0.1:3")]);
    let config = Config::of(Some(("holdfast.toml", file)), environment, &options).unwrap();
    let server = &config.settings.server;
    assert_eq!((server.listen.port(), server.rate_per_second, server.connections_max), (3, 6, 7));
    let shown = shown(&config);
    let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("listen").ends_with("# command line"), "{shown}");
    assert!(line("rate_per_second").ends_with("# environment"), "{shown}");
    assert!(line("connections_max").ends_with("# holdfast.toml"), "{shown}");
    assert!(line("body_max_bytes").ends_with("# default"), "{shown}");
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest() {
    for (file, named, near) in [
        ("[server]\nlisten_on = \"x\"\n", "server.listen_on", "server.listen"),
        ("[database]\nlisten = \"x\"\n", "database.listen", "server.listen"),
        ("[shop]\npaywithin = \"5m\"\n", "shop.paywithin", "checkout.pay_within"),
        ("[sever]\nlisten = \"x\"\n", "sever.listen", "server.listen"),
        ("listen = \"x\"\n", "listen", "server.listen"),
    ] {
        let fault = Config::of(Some(("holdfast.toml", file)), [], &[]).unwrap_err();
        assert!(fault.what.contains(named) && fault.what.contains("holdfast.toml"), "{fault}");
        assert!(fault.remedy.contains(near), "{fault}");
    }
    let fault = Config::of(None, variables(&[("HOLDFAST_SERVER__LISEN", "x")]), &[]).unwrap_err();
    assert!(fault.what.contains("HOLDFAST_SERVER__LISEN") && fault.remedy.contains("server.listen"), "{fault}");
    let fault = Config::of(None, [], &variables(&[("log.level", "info")])).unwrap_err();
    assert!(fault.what.contains("command line"), "{fault}");
}

#[test]
fn a_wrong_value_is_named_with_its_place() {
    let fault = Config::of(Some(("my.toml", "[server]\nrequest_timeout = \"soon\"\n")), [], &[]).unwrap_err();
    assert!(fault.what.contains("server.request_timeout") && fault.what.contains("my.toml"), "{fault}");
    assert!(fault.why.contains("soon"), "{fault}");
    let fault = Config::of(None, variables(&[("HOLDFAST_DATABASE__QUEUE", "many")]), &[]).unwrap_err();
    assert!(fault.what.contains("database.queue") && fault.what.contains("environment"), "{fault}");
}

#[test]
fn text_stays_text_and_lists_may_be_plain() {
    let environment = variables(&[
        ("HOLDFAST_AUTH__ISSUER", "12345"),
        ("HOLDFAST_SERVER__CORS_ORIGINS", "https://a.example, https://b.example"),
        ("HOLDFAST_CONFIG", "ignored.toml"),
        (store::fault::VARIABLE, "store.before-commit"),
        ("PATH", "/bin"),
    ]);
    let settings = Config::of(None, environment, &[]).unwrap().settings;
    assert_eq!(settings.auth.issuer, "12345");
    assert_eq!(settings.server.cors_origins, ["https://a.example", "https://b.example"]);
}

#[test]
fn secrets_are_not_shown() {
    let options =
        variables(&[("auth.secrets", "a:correct-horse-battery-staple"), ("auth.gateway_secret", "tr0ub4dor")]);
    let config = Config::of(None, [], &options).unwrap();
    let text = format!("{} {:?}", shown(&config), config.settings);
    assert!(!text.contains("horse") && !text.contains("tr0ub4dor"), "{text}");
}

#[test]
fn a_weak_secret_is_refused_beyond_this_machine() {
    let outside = variables(&[("server.listen", "0.0.0.0:8080")]);
    let fault = Config::of(None, [], &outside).unwrap_err();
    assert!(fault.why.contains("development default"), "{fault}");
    let strong =
        variables(&[("server.listen", "0.0.0.0:8080"), ("auth.secrets", "k1:p9Kd0s/7yQx2LmVb4RtZc8WnEa1GhJf6")]);
    assert!(Config::of(None, [], &strong).is_ok());
}

#[test]
fn a_weak_secret_is_refused_where_a_setting_says_that_others_reach_the_shop() {
    let strong = ("auth.secrets", "k1:p9Kd0s/7yQx2LmVb4RtZc8WnEa1GhJf6");
    let live = [("gateway.kind", "toss"), ("toss.secret", "live_sk_x")];
    for reached in [
        &[("server.client_address_header", "X-Forwarded-For")][..],
        &[("storefront.public_url", "https://shop.example")],
        &live,
    ] {
        for weak in [None, Some(("auth.secrets", "k1:nineteen-bytes-long"))] {
            let given: Vec<_> = reached.iter().copied().chain(weak).collect();
            let fault = Config::of(None, [], &variables(&given)).unwrap_err();
            assert!(fault.what.contains("auth") && fault.why.contains(reached.last().unwrap().0), "{given:?}: {fault}");
        }
        assert!(Config::of(None, [], &variables(&[reached, &[strong]].concat())).is_ok(), "{reached:?}");
    }
    for here in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
        assert!(Config::of(None, [], &variables(&[("storefront.public_url", here)])).is_ok(), "{here}");
    }
}

#[test]
fn metrics_may_have_another_port_or_another_address() {
    for metrics in ["127.0.0.1:9090", "127.0.0.2:8080", "[::1]:8080", "127.0.0.1:0"] {
        assert!(Config::of(None, [], &variables(&[("server.metrics_listen", metrics)])).is_ok(), "{metrics}");
    }
}

#[test]
fn a_variable_of_another_program_is_no_setting() {
    let kubernetes = [
        ("HOLDFAST_PORT", "tcp://10.96.0.12:8080"),
        ("HOLDFAST_SERVICE_HOST", "10.96.0.12"),
        ("HOLDFAST_SERVICE_PORT", "8080"),
        ("HOLDFAST_SERVICE_PORT_HTTP", "8080"),
        ("HOLDFAST_PORT_8080_TCP", "tcp://10.96.0.12:8080"),
        ("HOLDFAST_PORT_8080_TCP_PROTO", "tcp"),
        ("HOLDFAST_PORT_8080_TCP_PORT", "8080"),
        ("HOLDFAST_PORT_8080_TCP_ADDR", "10.96.0.12"),
        ("HOLDFAST_REDIS_SERVICE_HOST", "10.96.0.13"),
    ];
    assert!(Config::of(None, variables(&kubernetes), &[]).is_ok());
    for misspelled in ["HOLDFAST_SERVER_LISTEN", "HOLDFAST_SERVER_LISEN", "HOLDFAST_LISTEN", "HOLDFAST_DATABASE_URL"] {
        let fault = Config::of(None, variables(&[(misspelled, "x")]), &[]).unwrap_err();
        assert!(fault.what.contains(misspelled), "{fault}");
    }
}

#[test]
fn a_secret_of_the_wrong_kind_or_in_a_broken_file_is_not_repeated() {
    for file in [
        "[auth]\nsecrets = \"k:geheim123\"\n",
        "[auth]\nsecrets = [123456789, \"geheim123\"]\n",
        "[toss]\nsecret = \"test_sk_geheim123\n",
        "[database]\npassword = 123456789\n",
        "[media]\ns3_secret_key = 123456789\n",
        "[collector]\nurl = [\"https://geheim123@x\"]\n",
        "[redis]\nurl = \"redis://:geheim123@x\" \"\n",
    ] {
        let fault = Config::of(Some(("my.toml", file)), [], &[]).unwrap_err();
        let said = fault.to_string();
        assert!(said.contains("my.toml"), "{said}");
        assert!(!said.contains("geheim") && !said.contains("123"), "{said}");
    }
    let fault = Config::of(Some(("my.toml", "[toss]\n\nsecret = \"x\n")), [], &[]).unwrap_err();
    assert!(fault.why.starts_with("line 3: "), "{fault}");
    let urls = variables(&[
        ("reviews.url", "http://u:geheim123@x/y?key=geheim123"),
        ("carriers.url", "http://u:geheim123@x/y"),
    ]);
    let shown = shown(&Config::of(None, [], &urls).unwrap());
    assert!(!shown.contains("geheim"), "{shown}");
}

#[test]
fn a_time_or_a_limit_of_nothing_is_refused() {
    let times = [
        "server.header_timeout",
        "server.idle_timeout",
        "server.request_timeout",
        "server.shutdown_timeout",
        "database.connect_timeout",
        "database.statement_timeout",
        "auth.access_ttl",
        "auth.jwks_refresh",
        "account.refresh_ttl",
        "checkout.pay_within",
        "gateway.timeout",
        "reviews.timeout",
        "retention.idempotency",
        "retention.events",
    ];
    let limits = [
        "server.connections_max",
        "server.body_max_bytes",
        "database.queue",
        "retention.audits",
        "events.file_max_bytes",
        "events.file_keep",
    ];
    let names = times.map(|name| (name, "0s")).into_iter().chain(limits.map(|name| (name, "0")));
    for (name, value) in names.chain([("auth.access_ttl", "400ms"), ("retention.audits", "-1"), ("auth.issuer", " ")]) {
        let fault = Config::of(None, [], &variables(&[(name, value)])).unwrap_err();
        assert!(fault.what.contains(name), "{name}: {fault}");
    }
}

#[test]
fn values_that_would_fail_later_fail_now() {
    for (key, value) in [
        ("shop.zone", "Mars/Olympus"),
        ("shop.currency", "SHELLS"),
        ("checkout.pay_within", "0s"),
        ("checkout.deposit_within", "0s"),
        ("inventory.low_stock_threshold", "-1"),
        ("account.refresh_ttl", "soon"),
        ("database.url", "postgres://x"),
        ("gateway.approve_percent", "101"),
        ("gateway.timeout", "31s"),
        ("server.cors_origins", "shop.example"),
        ("server.metrics_listen", "9090"),
        ("server.client_address_header", "X Forwarded"),
        ("server.connections_max", "0"),
        ("auth.secrets", "no-name"),
        ("auth.role_names", "BOSS=KING"),
        ("log.filter", "info,=what="),
        ("log.filter", "loud"),
        ("auth.role_names", "A=ADMIN,A=USER"),
        ("auth.role_names", "A=ADMIN,role_a=USER"),
        ("auth.role_names", "ADMIN=USER"),
        ("database.readers", "100000"),
        ("database.writers", "100000"),
        ("redis.connections", "100000"),
        ("events.file_keep", "4294967295"),
        ("server.metrics_listen", "127.0.0.1:8080"),
        ("server.metrics_listen", "0.0.0.0:8080"),
        ("server.metrics_listen", "[::]:8080"),
        ("log.format", "xml"),
    ] {
        let fault = Config::of(None, [], &variables(&[(key, value)])).unwrap_err();
        let section = key.split('.').next().unwrap();
        assert!(fault.what.contains(section), "{key}: {fault}");
        assert!(!fault.why.contains("no-name"), "{fault}");
    }
}
