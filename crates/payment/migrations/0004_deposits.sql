create table deposit_accounts (
    payment_number varchar(30) not null,
    bank varchar(30) not null,
    account_number varchar(40) not null,
    holder varchar(100) not null,
    due_at bigint not null,
    pay_by_before bigint,
    refund_bank varchar(30),
    refund_account varchar(40),
    refund_holder varchar(100),
    created_at bigint not null,
    primary key (payment_number)
) {table};

create table wrong_captures (
    id {id},
    payment_number varchar(30) not null,
    order_number varchar(30) not null,
    transaction_id varchar(100) not null,
    amount bigint not null,
    currency varchar(3) not null,
    expected bigint not null,
    found_at bigint not null,
    resolved_at bigint,
    resolved_by varchar(36),
    resolution varchar(500),
    unique (transaction_id)
) {table};

create index wrong_captures_of_order on wrong_captures (order_number);
