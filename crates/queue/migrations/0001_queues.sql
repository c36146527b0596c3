create table waiting_queues (
    id {id},
    event_type varchar(50) not null,
    event_key varchar(100) not null,
    event_id bigint not null,
    active bigint not null,
    max_capacity bigint not null,
    batch_size bigint not null,
    interval_seconds bigint not null,
    admission_seconds bigint not null,
    places_per_address bigint,
    opens_at bigint,
    opened_at bigint,
    activated_at bigint not null,
    deactivated_at bigint,
    changed_at bigint not null,
    -- what signs the entry tokens of this queue
    token_key varchar(64) not null,
    -- counts every change of the queue and of its entries, in the order of their commits
    version bigint not null,
    waiting bigint not null,
    entered bigint not null,
    -- places up to this one are given; those above lobby_after up to here are drawn in the lobby
    last_place bigint not null,
    lobby_after bigint not null,
    -- the largest place that was admitted
    admitted_place bigint not null,
    admitted_at bigint,
    unique (event_key, event_id)
) {table};

create index waiting_queues_active on waiting_queues (active, id);

create table queue_entries (
    id {id},
    queue_id bigint not null,
    user_id varchar(36) not null,
    -- the queue's version at which the user entered; the entry token names it
    visit bigint not null,
    status varchar(20) not null,
    place bigint not null,
    -- where the user entered from; empty once the entry has ended
    address varchar(45) not null,
    joined_at bigint not null,
    admitted_at bigint,
    -- how long the slot is held; null when none is
    admitted_until bigint,
    ended_at bigint,
    -- the queue's version at which this row changed last
    changed bigint not null,
    unique (queue_id, user_id)
) {table};

create index queue_entries_in_order on queue_entries (queue_id, status, place, id);
create index queue_entries_changed on queue_entries (queue_id, changed, id);
create index queue_entries_of_address on queue_entries (queue_id, address);
create index queue_entries_until on queue_entries (admitted_until);
create index queue_entries_ended on queue_entries (ended_at);
