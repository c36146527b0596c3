-- What an order costs besides its goods, and what each line's share of the discounts is, so that money goes back to the won.
-- Orders of older versions had neither discounts nor shipping fees; how much tax was in them is not known.
alter table orders add column shipping_fee bigint not null default 0;
alter table orders add column tax bigint;
alter table order_items add column coupon_discount bigint not null default 0;
alter table order_items add column points_used bigint not null default 0;
alter table order_items add column tax_free bigint not null default 0;
