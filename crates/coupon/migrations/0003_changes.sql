-- when a user's coupon was issued, or changed: leads the incremental audit to what changed; 0 in a row of an older version
alter table user_coupons add column changed_at bigint not null default 0;

create index user_coupons_changed on user_coupons (changed_at);
