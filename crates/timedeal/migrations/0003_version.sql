-- grows with every rewriting of a deal: who buys compares it with what they read
alter table time_deal_products add column version bigint not null default 1;
