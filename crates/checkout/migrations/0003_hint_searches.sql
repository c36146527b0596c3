-- when the gateway was asked last because of a hint, and when it is asked next: a hint that comes a moment later is not lost
alter table gateway_hints add column searched_at bigint not null default 0;
alter table gateway_hints add column search_at bigint;

update gateway_hints set searched_at = heard_at;

create index gateway_hints_due on gateway_hints (search_at);
