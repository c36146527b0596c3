-- what was searched for: how often on each day of the shop, and by whom lately
create table search_keywords (
    day bigint not null,
    keyword varchar(100) not null,
    searches bigint not null,
    primary key (day, keyword)
) {table};

create table search_recent (
    user_id varchar(36) not null,
    keyword_key varchar(300) not null,
    keyword varchar(100) not null,
    searched_at bigint not null,
    primary key (user_id, keyword_key)
) {table};

create index search_recent_searched on search_recent (searched_at);
