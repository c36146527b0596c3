create table refund_lines (
    refund_id bigint not null,
    line_number bigint not null,
    units bigint not null,
    amount bigint not null,
    primary key (refund_id, line_number)
) {table};
