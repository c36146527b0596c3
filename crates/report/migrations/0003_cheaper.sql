-- only orders that were paid are looked for by their user, so an order that is placed needs no entry of its own on a random page
{drop index: mv_orders_of_user on mv_orders};
create index mv_orders_paid_by on mv_orders (user_id, day) {where: paid_at is not null};

-- counted from the orders when somebody reads it, so that a user's row is written when an order is paid and not when it is placed
alter table mv_users drop column placed_orders;

-- products have a subscriber of their own now, which goes on where both were
insert into consumer_positions (consumer, position)
    select 'report-products', position from consumer_positions where consumer = 'report';
