-- The read models. Each row is what `report::truth` works out of the other domains' tables; reactions keep it so.
create table mv_orders (
    id {id},
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    status varchar(20) not null,
    payment_status varchar(30),
    total_amount bigint not null,
    refunded_amount bigint not null,
    currency varchar(3) not null,
    day bigint not null,
    units bigint not null,
    order_date bigint not null,
    paid_at bigint,
    synced_at bigint not null
) {table};

create index mv_orders_of_day on mv_orders (day, id);

create index mv_orders_of_user on mv_orders (user_id, day, paid_at);

create table mv_payments (
    id {id},
    payment_number varchar(30) not null,
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    amount bigint not null,
    refunded_amount bigint not null,
    status varchar(30) not null,
    payment_method varchar(30) not null,
    payment_provider varchar(20) not null,
    created_at bigint not null,
    captured_at bigint,
    synced_at bigint not null
) {table};

create index mv_payments_of_order on mv_payments (order_number, id);

create table mv_users (
    user_id varchar(36) not null primary key,
    placed_orders bigint not null,
    total_orders bigint not null,
    total_spent bigint not null,
    first_order_day bigint,
    last_order_date bigint,
    synced_at bigint not null
) {clustered};

create index mv_users_spent on mv_users (total_spent, user_id);

create index mv_users_first on mv_users (first_order_day, user_id);

create table mv_products (
    id {id},
    sku varchar(100) not null,
    name varchar(200) not null,
    status varchar(20) not null,
    brand varchar(100),
    category_id bigint,
    base_price bigint not null,
    sale_price bigint,
    primary_image_url varchar(500),
    seller_id varchar(36),
    created_at bigint not null,
    available_stock bigint not null,
    low_stock_threshold bigint not null,
    purchase_count bigint not null,
    synced_at bigint not null
) {table};

create index mv_products_of_seller on mv_products (seller_id, id);

create table mv_daily_sales (
    day bigint not null primary key,
    total_orders bigint not null,
    completed_orders bigint not null,
    cancelled_orders bigint not null,
    refunded_orders bigint not null,
    units bigint not null,
    gross_revenue bigint not null,
    refunded_amount bigint not null,
    unique_customers bigint not null,
    synced_at bigint not null
) {clustered};

create table mv_daily_products (
    day bigint not null,
    product_id bigint not null,
    orders bigint not null,
    units bigint not null,
    amount bigint not null,
    primary key (day, product_id)
) {clustered};

create index mv_daily_products_of_product on mv_daily_products (product_id, day, units);

-- one row, which whoever works out read models holds until the end of its transaction
create table mv_turn (
    id bigint not null primary key,
    taken bigint not null
) {table};

-- the orders of an older shop
insert into mv_orders (id, order_number, user_id, status, payment_status, total_amount, refunded_amount, currency, day,
        units, order_date, paid_at, synced_at)
    select o.id, o.order_number, o.user_id, o.status,
           (select p.status from payments p
             where p.order_number = o.order_number and p.status not in ('PENDING', 'PROCESSING')
             order by case when p.live_key is null then 1 else 0 end, p.id desc limit 1),
           o.payable,
           coalesce((select cast(sum(p.refunded) as {bigint}) from payments p
                      where p.order_number = o.order_number and p.live_key is not null), 0),
           o.currency, cast(substr(o.order_number, 5, 8) as {bigint}),
           coalesce((select cast(sum(l.quantity) as {bigint}) from order_items l where l.order_id = o.id), 0),
           o.created_at, o.paid_at, 0
      from orders o;

insert into mv_payments (id, payment_number, order_number, user_id, amount, refunded_amount, status, payment_method,
        payment_provider, created_at, captured_at, synced_at)
    select p.id, p.payment_number, p.order_number, p.user_id, p.amount, p.refunded, p.status, p.method,
           case when p.method = 'BALANCE' then 'SHOP' else 'GATEWAY' end, p.created_at, p.paid_at, 0
      from payments p where p.status not in ('PENDING', 'PROCESSING');

insert into mv_users (user_id, placed_orders, total_orders, total_spent, first_order_day, last_order_date, synced_at)
    select m.user_id, count(*), count(m.paid_at),
           cast(sum(case when m.paid_at is null then 0 else m.total_amount - m.refunded_amount end) as {bigint}),
           min(case when m.paid_at is null then null else m.day end),
           max(case when m.paid_at is null then null else m.order_date end), 0
      from mv_orders m group by m.user_id;

insert into mv_daily_sales (day, total_orders, completed_orders, cancelled_orders, refunded_orders, units,
        gross_revenue, refunded_amount, unique_customers, synced_at)
    select m.day, count(*), count(m.paid_at),
           cast(sum(case when m.status = 'CANCELLED' then 1 else 0 end) as {bigint}),
           cast(sum(case when m.status = 'REFUNDED' then 1 else 0 end) as {bigint}),
           cast(sum(case when m.paid_at is null then 0 else m.units end) as {bigint}),
           cast(sum(case when m.paid_at is null then 0 else m.total_amount end) as {bigint}),
           cast(sum(case when m.paid_at is null then 0 else m.refunded_amount end) as {bigint}),
           count(distinct case when m.paid_at is null then null else m.user_id end), 0
      from mv_orders m group by m.day;

insert into mv_daily_products (day, product_id, orders, units, amount)
    select m.day, l.product_id, count(distinct m.id), cast(sum(l.quantity) as {bigint}),
           cast(sum(l.subtotal) as {bigint})
      from mv_orders m join order_items l on l.order_id = m.id
     where m.paid_at is not null and m.status <> 'REFUNDED' group by m.day, l.product_id;

insert into mv_products (id, sku, name, status, brand, category_id, base_price, sale_price, primary_image_url, seller_id,
        created_at, available_stock, low_stock_threshold, purchase_count, synced_at)
    select p.id, p.sku, p.name, p.status, p.brand,
           case when p.status = 'DISCONTINUED' then null else p.category_id end, p.price, p.sale_price, p.image_url, p.seller_id,
           p.created_at,
           coalesce((select cast(sum(s.available) as {bigint}) from product_variants v
                       join inventory_snapshots s on s.variant_id = v.id
                      where v.product_id = p.id and v.status = 'ACTIVE'), 0),
           coalesce((select max(s.low_stock_threshold) from product_variants v
                       join inventory_snapshots s on s.variant_id = v.id
                      where v.product_id = p.id and v.status = 'ACTIVE'), 0),
           coalesce((select cast(sum(d.units) as {bigint}) from mv_daily_products d where d.product_id = p.id), 0), 0
      from products p;
