-- parcels whose carrier is asked where they are; a parcel that has ended has no row
create table carrier_questions (
    delivery_id bigint not null primary key,
    since bigint not null,
    ask_at bigint not null
) {table};

create index carrier_questions_due on carrier_questions (ask_at);

-- what a carrier has told about a parcel
create table delivery_scans (
    delivery_id bigint not null,
    scan_number bigint not null,
    status varchar(20) not null,
    place varchar(255),
    what varchar(500),
    at_time bigint not null,
    entry_number bigint,
    primary key (delivery_id, scan_number)
) {clustered};
