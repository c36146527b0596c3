create table abandoned_charges (
    payment_number varchar(30) not null primary key,
    order_number varchar(30) not null,
    abandoned_at bigint not null,
    searches bigint not null,
    search_at bigint not null
) {table};

create index abandoned_charges_due on abandoned_charges (search_at);

-- runs of late.v1 that still search become searches
insert into abandoned_charges (payment_number, order_number, abandoned_at, searches, search_at)
    select p.payment_number, p.order_number, s.started_at,
           case s.completed_steps when '' then 0 when 'LOOK_SOON' then 1 else 2 end, coalesce(s.wake_at, s.started_at)
    from saga_states s join payments p on p.id = s.slot
    where s.name = 'late.v1' and s.status = 'STARTED';

-- runs of late.v1 that give money back become runs of late-capture.v1; those that have ended are kept as they were
insert into saga_runs (saga_id, name, family, subject_kind, subject_id, event_key, status, step, completed_steps, memory,
        attempts, last_error, reason, ended_by, resolution, wake_at, version, started_by, started_at, completed_at)
    select s.saga_id,
           case when s.name = 'late.v1' and s.status in ('COMPENSATING', 'COMPENSATION_FAILED')
                then 'late-capture.v1' else s.name end,
           case when s.name = 'order.v1' then 'order' when s.name = 'refund.v1' then 'refund'
                when s.status in ('COMPENSATING', 'COMPENSATION_FAILED') then 'late-capture' else 'late' end,
           case s.name when 'order.v1' then 'order' when 'refund.v1' then 'refund' else 'payment' end,
           case s.name when 'order.v1' then s.order_number when 'refund.v1' then concat('', s.slot)
                else coalesce(p.payment_number, concat('', s.slot)) end,
           s.order_number, s.status,
           case when s.name = 'late.v1' and s.status in ('COMPENSATING', 'COMPENSATION_FAILED')
                then 'LATE_CAPTURE' else s.step end,
           case when s.name = 'late.v1' and s.status in ('COMPENSATING', 'COMPENSATION_FAILED')
                then 'LATE_CAPTURE' else s.completed_steps end,
           case when s.name = 'late.v1' and s.status in ('COMPENSATING', 'COMPENSATION_FAILED')
                then replace(s.memory, '"LOOK_LAST":', '"LATE_CAPTURE":') else s.memory end,
           s.attempts, s.last_error, s.reason, s.ended_by, s.resolution, s.wake_at, s.version, s.started_by, s.started_at,
           s.completed_at
    from saga_states s left join payments p on s.name = 'late.v1' and p.id = s.slot
    where s.name <> 'late.v1' or s.status <> 'STARTED'
    order by s.id;

drop table if exists saga_states;
