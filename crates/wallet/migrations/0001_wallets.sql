create table wallets (
    user_id varchar(36) not null,
    balance bigint not null,
    charging bigint not null,
    points bigint not null,
    points_owed bigint not null,
    balance_entries bigint not null,
    point_entries bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    primary key (user_id)
) {table};

create index wallets_changed on wallets (updated_at);

create table wallet_entries (
    id {id},
    user_id varchar(36) not null,
    account varchar(10) not null,
    number bigint not null,
    kind varchar(20) not null,
    reference varchar(60) not null,
    amount bigint not null,
    balance_after bigint not null,
    reason varchar(500),
    booked_by varchar(36),
    created_at bigint not null,
    unique (user_id, account, number),
    unique (user_id, account, kind, reference)
) {table};

create table balance_charges (
    id {id},
    charge_number varchar(20) not null,
    user_id varchar(36) not null,
    amount bigint not null,
    method varchar(30) not null,
    method_sent varchar(30) not null,
    payment_key varchar(200),
    status varchar(20) not null,
    transaction_id varchar(100),
    failure_reason varchar(500),
    balance_before bigint,
    ended_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    unique (charge_number),
    unique (transaction_id)
) {table};

create index balance_charges_changed on balance_charges (updated_at);

create index balance_charges_of_user on balance_charges (user_id, id);

create table point_lots (
    id {id},
    user_id varchar(36) not null,
    reference varchar(60) not null,
    amount bigint not null,
    remaining bigint not null,
    gone bigint not null,
    expires_at bigint not null,
    expired bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (user_id, reference)
) {table};

create index point_lots_changed on point_lots (updated_at);

create index point_lots_by_expiry on point_lots (expires_at) {where: remaining > 0};

create table point_uses (
    order_number varchar(30) not null,
    lot_id bigint not null,
    amount bigint not null,
    restored_at bigint,
    primary key (order_number, lot_id)
) {table};

create index point_uses_of_lot on point_uses (lot_id);

create table point_earnings (
    id {id},
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    base bigint not null,
    basis_points bigint,
    points bigint not null,
    taken_back bigint not null,
    delivered_at bigint not null,
    granted_at bigint,
    updated_at bigint not null,
    unique (order_number)
) {table};

create index point_earnings_changed on point_earnings (updated_at);

create index point_earnings_waiting on point_earnings (delivered_at) {where: granted_at is null};
