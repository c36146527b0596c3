-- what a coupon applies to; ids separated by commas, null for everything
alter table coupons add column product_ids {text};
alter table coupons add column category_ids {text};
alter table coupons add column first_order_only bigint not null default 0;
