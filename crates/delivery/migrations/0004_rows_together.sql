-- A history is read by its delivery, so it lies in the order of its key. On SQLite that needs another table; servers have it so.
{sqlite: alter table delivery_history rename to delivery_history_before};

{sqlite: create table delivery_history (
    delivery_id bigint not null,
    entry_number bigint not null,
    status varchar(20) not null,
    location varchar(255),
    description varchar(500),
    at_time bigint not null,
    primary key (delivery_id, entry_number)
) without rowid};

{sqlite: insert into delivery_history select * from delivery_history_before order by delivery_id, entry_number};

{sqlite: drop table if exists delivery_history_before};
