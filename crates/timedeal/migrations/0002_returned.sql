-- units that ever came back: together with the sold ones it shows the gate whether anything happened
alter table time_deal_products add column returned_quantity bigint not null default 0;
