-- written at 1770372660000
pragma foreign_keys = off;
begin;
CREATE TABLE schema_migrations (
    name varchar(120) not null primary key,
    applied_at bigint not null
);
insert into schema_migrations values ('store/0001_base',1770336000000);
insert into schema_migrations values ('store/0002_instances',1770336000000);
insert into schema_migrations values ('store/0003_outcomes',1770336000000);
insert into schema_migrations values ('account/0001_accounts',1770336000000);
insert into schema_migrations values ('account/0002_refresh_grace',1770336000000);
insert into schema_migrations values ('account/0003_sign_in_addresses',1770336000000);
insert into schema_migrations values ('account/0004_sessions',1770336000000);
insert into schema_migrations values ('catalog/0001_catalog',1770336000000);
insert into schema_migrations values ('catalog/0002_keys',1770336000000);
insert into schema_migrations values ('inventory/0001_inventory',1770336000000);
insert into schema_migrations values ('cart/0001_cart',1770336000000);
insert into schema_migrations values ('cart/0002_one_cart',1770336000000);
insert into schema_migrations values ('order/0001_orders',1770336000000);
insert into schema_migrations values ('order/0002_shipped_at',1770336000000);
insert into schema_migrations values ('order/0003_memo',1770336000000);
insert into schema_migrations values ('payment/0001_payments',1770336000000);
insert into schema_migrations values ('payment/0002_refund_lines',1770336000000);
insert into schema_migrations values ('payment/0003_method_sent',1770336000000);
insert into schema_migrations values ('coupon/0001_coupons',1770336000000);
insert into schema_migrations values ('delivery/0001_deliveries',1770336000000);
insert into schema_migrations values ('delivery/0002_returned_by_hand',1770336000000);
insert into schema_migrations values ('delivery/0003_memo',1770336000000);
insert into schema_migrations values ('saga/0001_runs',1770336000000);
insert into schema_migrations values ('checkout/0001_sagas',1770336000000);
insert into schema_migrations values ('checkout/0002_saga_runs',1770336000000);
insert into schema_migrations values ('server/0001_audits',1770336000000);
insert into schema_migrations values ('server/0002_compared',1770336000000);
CREATE TABLE outbox (
    id integer primary key,
    topic varchar(100) not null,
    event_key varchar(100) not null,
    payload text not null,
    trace varchar(64),
    created_at bigint not null
);
insert into outbox values (1,'shopping.product.changed','1','{"productId":1,"change":"CREATED"}',NULL,1770336000000);
insert into outbox values (2,'shopping.inventory.changed','1','{"productId":1,"variantId":1,"available":500,"reserved":0}',NULL,1770336000000);
insert into outbox values (3,'shopping.product.changed','2','{"productId":2,"change":"CREATED"}',NULL,1770336000000);
insert into outbox values (4,'shopping.inventory.changed','2','{"productId":2,"variantId":2,"available":200,"reserved":0}',NULL,1770336000000);
insert into outbox values (5,'shopping.order.created','ORD-20260206-CW6NRSAS','{"orderNumber":"ORD-20260206-CW6NRSAS","userId":"00000000-0000-4000-8000-000000000003","totalAmount":18000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":2,"price":9000}],"payBy":"2026-02-06T00:10:00.000Z","createdAt":"2026-02-06T00:00:00.000Z"}',NULL,1770336000000);
insert into outbox values (6,'shopping.inventory.reserved','ORD-20260206-CW6NRSAS','{"orderNumber":"ORD-20260206-CW6NRSAS","userId":"00000000-0000-4000-8000-000000000003","reservedQuantities":{"1":2},"reservedAt":"2026-02-06T00:00:00.000Z"}',NULL,1770336000000);
insert into outbox values (7,'shopping.payment.completed','ORD-20260206-CW6NRSAS','{"paymentNumber":"PAY-EYN36EFH","orderNumber":"ORD-20260206-CW6NRSAS","userId":"00000000-0000-4000-8000-000000000003","amount":18000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-PTTDWCSNBTXW","paidAt":"2026-02-06T00:00:00.000Z"}',NULL,1770336000000);
insert into outbox values (8,'shopping.inventory.committed','ORD-20260206-CW6NRSAS','{"orderNumber":"ORD-20260206-CW6NRSAS","userId":"00000000-0000-4000-8000-000000000003","reservedQuantities":{"1":2},"committedAt":"2026-02-06T00:00:00.000Z"}',NULL,1770336000000);
insert into outbox values (9,'shopping.order.confirmed','ORD-20260206-CW6NRSAS','{"orderNumber":"ORD-20260206-CW6NRSAS","userId":"00000000-0000-4000-8000-000000000003","totalAmount":18000,"paymentNumber":"PAY-EYN36EFH","confirmedAt":"2026-02-06T00:00:00.000Z"}',NULL,1770336000000);
insert into outbox values (10,'shopping.delivery.updated','ORD-20260206-CW6NRSAS','{"trackingNumber":"TRK-EYN3JYVGZP3H","orderNumber":"ORD-20260206-CW6NRSAS","userId":"00000000-0000-4000-8000-000000000003","status":"CANCELLED","at":"2026-02-06T00:00:00.000Z"}',NULL,1770336000000);
insert into outbox values (11,'shopping.inventory.changed','1','{"productId":1,"variantId":1,"available":500,"reserved":0}',NULL,1770336000000);
insert into outbox values (12,'shopping.saga.compensation-failed','ORD-20260206-CW6NRSAS','{"sagaId":"SAGA-EYN3QMHP","saga":"order.v2","orderNumber":"ORD-20260206-CW6NRSAS","step":"PROCESS_PAYMENT","attempts":3,"failedAt":"2026-02-06T01:00:00.000Z","subject":{"kind":"order","id":"ORD-20260206-CW6NRSAS"}}',NULL,1770339600000);
insert into outbox values (13,'shopping.order.cancelled','ORD-20260206-CW6NRSAS','{"orderNumber":"ORD-20260206-CW6NRSAS","userId":"00000000-0000-4000-8000-000000000003","totalAmount":18000,"status":"REFUNDED","cancelReason":"changed my mind","cancelledBy":"00000000-0000-4000-8000-000000000003","cancelledAt":"2026-02-06T05:00:00.000Z"}',NULL,1770354000000);
insert into outbox values (14,'shopping.order.created','ORD-20260206-JXG4DSQ4','{"orderNumber":"ORD-20260206-JXG4DSQ4","userId":"00000000-0000-4000-8000-000000000006","totalAmount":18000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":2,"price":9000}],"payBy":"2026-02-06T05:10:00.000Z","createdAt":"2026-02-06T05:00:00.000Z"}',NULL,1770354000000);
insert into outbox values (15,'shopping.inventory.reserved','ORD-20260206-JXG4DSQ4','{"orderNumber":"ORD-20260206-JXG4DSQ4","userId":"00000000-0000-4000-8000-000000000006","reservedQuantities":{"1":2},"reservedAt":"2026-02-06T05:00:00.000Z"}',NULL,1770354000000);
insert into outbox values (16,'shopping.payment.completed','ORD-20260206-JXG4DSQ4','{"paymentNumber":"PAY-MZXHF7MF","orderNumber":"ORD-20260206-JXG4DSQ4","userId":"00000000-0000-4000-8000-000000000006","amount":18000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-6ZNZN486NZ86","paidAt":"2026-02-06T05:00:00.000Z"}',NULL,1770354000000);
insert into outbox values (17,'shopping.inventory.committed','ORD-20260206-JXG4DSQ4','{"orderNumber":"ORD-20260206-JXG4DSQ4","userId":"00000000-0000-4000-8000-000000000006","reservedQuantities":{"1":2},"committedAt":"2026-02-06T05:00:00.000Z"}',NULL,1770354000000);
insert into outbox values (18,'shopping.order.confirmed','ORD-20260206-JXG4DSQ4','{"orderNumber":"ORD-20260206-JXG4DSQ4","userId":"00000000-0000-4000-8000-000000000006","totalAmount":18000,"paymentNumber":"PAY-MZXHF7MF","confirmedAt":"2026-02-06T05:00:00.000Z"}',NULL,1770354000000);
insert into outbox values (19,'shopping.delivery.updated','ORD-20260206-JXG4DSQ4','{"trackingNumber":"TRK-MZXH6TE2ERSG","orderNumber":"ORD-20260206-JXG4DSQ4","userId":"00000000-0000-4000-8000-000000000006","status":"CANCELLED","at":"2026-02-06T05:00:00.000Z"}',NULL,1770354000000);
insert into outbox values (20,'shopping.inventory.changed','1','{"productId":1,"variantId":1,"available":500,"reserved":0}',NULL,1770354000000);
insert into outbox values (21,'shopping.saga.compensation-failed','ORD-20260206-JXG4DSQ4','{"sagaId":"SAGA-MZXHDVCY","saga":"order.v2","orderNumber":"ORD-20260206-JXG4DSQ4","step":"PROCESS_PAYMENT","attempts":3,"failedAt":"2026-02-06T06:00:00.000Z","subject":{"kind":"order","id":"ORD-20260206-JXG4DSQ4"}}',NULL,1770357600000);
insert into outbox values (22,'shopping.category.changed','category-1','{"categoryId":1,"change":"CREATED"}',NULL,1770372000000);
insert into outbox values (23,'shopping.category.changed','category-2','{"categoryId":2,"change":"CREATED"}',NULL,1770372000000);
insert into outbox values (24,'shopping.product.changed','3','{"productId":3,"change":"CREATED"}',NULL,1770372000000);
insert into outbox values (25,'shopping.inventory.changed','3','{"productId":3,"variantId":3,"available":10,"reserved":0}',NULL,1770372000000);
insert into outbox values (26,'shopping.inventory.changed','3','{"productId":3,"variantId":4,"available":20,"reserved":0}',NULL,1770372000000);
insert into outbox values (27,'shopping.inventory.changed','3','{"productId":3,"variantId":3,"available":7,"reserved":0}',NULL,1770372000000);
insert into outbox values (28,'shopping.product.changed','4','{"productId":4,"change":"CREATED"}',NULL,1770372000000);
insert into outbox values (29,'shopping.inventory.changed','4','{"productId":4,"variantId":5,"available":100,"reserved":0}',NULL,1770372000000);
insert into outbox values (30,'shopping.product.changed','4','{"productId":4,"change":"DISCONTINUED"}',NULL,1770372000000);
insert into outbox values (31,'shopping.account.email-verification-requested','user-6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee','{"userId":"6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee","email":"haneul@example.com","nickname":"하늘","token":"R13Ws2RSO8CMQ9H6Q_wLU4t6fADd6j7svp5FlPk_Fuc","expiresAt":"2026-02-09T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (32,'shopping.account.password-reset-requested','user-6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee','{"userId":"6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee","email":"haneul@example.com","nickname":"하늘","token":"XutBGifkpk8NxHGYJkysj8yqsrN81ZWXGXsjbz1J3U4","expiresAt":"2026-02-06T10:30:00.000Z"}',NULL,1770372000000);
insert into outbox values (33,'shopping.coupon.issued','OPEN','{"couponId":1,"userCouponId":1,"userId":"00000000-0000-4000-8000-00000000000d","couponCode":"OPEN","couponName":"Spring","discountType":"PERCENTAGE","discountValue":10,"issuedAt":"2026-02-06T10:00:00.000Z","expiresAt":"2100-01-01T00:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (34,'shopping.coupon.issued','LAST','{"couponId":2,"userCouponId":2,"userId":"00000000-0000-4000-8000-00000000000e","couponCode":"LAST","couponName":"Spring","discountType":"PERCENTAGE","discountValue":10,"issuedAt":"2026-02-06T10:00:00.000Z","expiresAt":"2100-01-01T00:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (35,'shopping.coupon.issued','ENDED','{"couponId":3,"userCouponId":3,"userId":"00000000-0000-4000-8000-00000000000f","couponCode":"ENDED","couponName":"Spring","discountType":"PERCENTAGE","discountValue":10,"issuedAt":"2026-02-06T10:00:00.000Z","expiresAt":"2100-01-01T00:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (36,'shopping.order.created','ORD-20260206-RYSJ9F7X','{"orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","totalAmount":30000,"currency":"KRW","itemCount":2,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":2,"price":9000},{"productId":2,"variantId":2,"productName":"plate","quantity":1,"price":12000}],"payBy":"2026-02-06T10:10:00.000Z","createdAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (37,'shopping.inventory.reserved','ORD-20260206-RYSJ9F7X','{"orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"1":2,"2":1},"reservedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (38,'shopping.payment.completed','ORD-20260206-RYSJ9F7X','{"paymentNumber":"PAY-U38YMQH6","orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","amount":30000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-6ZF96G3N4KET","paidAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (39,'shopping.inventory.committed','ORD-20260206-RYSJ9F7X','{"orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"1":2,"2":1},"committedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (40,'shopping.order.confirmed','ORD-20260206-RYSJ9F7X','{"orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","totalAmount":30000,"paymentNumber":"PAY-U38YMQH6","confirmedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (41,'shopping.delivery.updated','ORD-20260206-RYSJ9F7X','{"trackingNumber":"TRK-U38Y44M5D2MZ","orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","status":"SHIPPED","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (42,'shopping.delivery.shipped','ORD-20260206-RYSJ9F7X','{"trackingNumber":"TRK-U38Y44M5D2MZ","orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","carrier":"기본택배","estimatedDeliveryDate":"2026-02-09","shippedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (43,'shopping.order.status-changed','ORD-20260206-RYSJ9F7X','{"orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","previousStatus":"PAID","status":"SHIPPING","reason":null,"changedBy":"00000000-0000-4000-8000-000000000012","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (44,'shopping.delivery.updated','ORD-20260206-RYSJ9F7X','{"trackingNumber":"TRK-U38Y44M5D2MZ","orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","status":"IN_TRANSIT","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (45,'shopping.delivery.updated','ORD-20260206-RYSJ9F7X','{"trackingNumber":"TRK-U38Y44M5D2MZ","orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","status":"DELIVERED","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (46,'shopping.delivery.delivered','ORD-20260206-RYSJ9F7X','{"trackingNumber":"TRK-U38Y44M5D2MZ","orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","deliveredAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (47,'shopping.order.status-changed','ORD-20260206-RYSJ9F7X','{"orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","previousStatus":"SHIPPING","status":"DELIVERED","reason":null,"changedBy":"00000000-0000-4000-8000-000000000014","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (48,'shopping.order.created','ORD-20260206-RYSJMEFX','{"orderNumber":"ORD-20260206-RYSJMEFX","userId":"00000000-0000-4000-8000-000000000011","totalAmount":18000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":2,"price":9000}],"payBy":"2026-02-06T10:10:00.000Z","createdAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (49,'shopping.inventory.reserved','ORD-20260206-RYSJMEFX','{"orderNumber":"ORD-20260206-RYSJMEFX","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"1":2},"reservedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (50,'shopping.payment.completed','ORD-20260206-RYSJMEFX','{"paymentNumber":"PAY-U38Y7MJ3","orderNumber":"ORD-20260206-RYSJMEFX","userId":"00000000-0000-4000-8000-000000000011","amount":18000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-MBFNHAGCTWQA","paidAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (51,'shopping.inventory.committed','ORD-20260206-RYSJMEFX','{"orderNumber":"ORD-20260206-RYSJMEFX","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"1":2},"committedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (52,'shopping.order.confirmed','ORD-20260206-RYSJMEFX','{"orderNumber":"ORD-20260206-RYSJMEFX","userId":"00000000-0000-4000-8000-000000000011","totalAmount":18000,"paymentNumber":"PAY-U38Y7MJ3","confirmedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (53,'shopping.delivery.updated','ORD-20260206-RYSJMEFX','{"trackingNumber":"TRK-U38YRVGSTDTE","orderNumber":"ORD-20260206-RYSJMEFX","userId":"00000000-0000-4000-8000-000000000011","status":"SHIPPED","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (54,'shopping.delivery.shipped','ORD-20260206-RYSJMEFX','{"trackingNumber":"TRK-U38YRVGSTDTE","orderNumber":"ORD-20260206-RYSJMEFX","userId":"00000000-0000-4000-8000-000000000011","carrier":"기본택배","estimatedDeliveryDate":"2026-02-09","shippedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (55,'shopping.order.status-changed','ORD-20260206-RYSJMEFX','{"orderNumber":"ORD-20260206-RYSJMEFX","userId":"00000000-0000-4000-8000-000000000011","previousStatus":"PAID","status":"SHIPPING","reason":null,"changedBy":"00000000-0000-4000-8000-000000000015","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (56,'shopping.order.created','ORD-20260206-RYSJ4C8E','{"orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","totalAmount":24000,"currency":"KRW","itemCount":1,"items":[{"productId":2,"variantId":2,"productName":"plate","quantity":2,"price":12000}],"payBy":"2026-02-06T10:10:00.000Z","createdAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (57,'shopping.inventory.reserved','ORD-20260206-RYSJ4C8E','{"orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"2":2},"reservedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (58,'shopping.payment.completed','ORD-20260206-RYSJ4C8E','{"paymentNumber":"PAY-U38Y8HHF","orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","amount":24000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-PNHTWC6PY9BW","paidAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (59,'shopping.inventory.committed','ORD-20260206-RYSJ4C8E','{"orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"2":2},"committedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (60,'shopping.order.confirmed','ORD-20260206-RYSJ4C8E','{"orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","totalAmount":24000,"paymentNumber":"PAY-U38Y8HHF","confirmedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (61,'shopping.delivery.updated','ORD-20260206-RYSJ4C8E','{"trackingNumber":"TRK-U38Y3TE6GRXQ","orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","status":"SHIPPED","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (62,'shopping.delivery.shipped','ORD-20260206-RYSJ4C8E','{"trackingNumber":"TRK-U38Y3TE6GRXQ","orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","carrier":"기본택배","estimatedDeliveryDate":"2026-02-09","shippedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (63,'shopping.order.status-changed','ORD-20260206-RYSJ4C8E','{"orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","previousStatus":"PAID","status":"SHIPPING","reason":null,"changedBy":"00000000-0000-4000-8000-000000000016","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (64,'shopping.delivery.updated','ORD-20260206-RYSJ4C8E','{"trackingNumber":"TRK-U38Y3TE6GRXQ","orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","status":"IN_TRANSIT","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (65,'shopping.delivery.updated','ORD-20260206-RYSJ4C8E','{"trackingNumber":"TRK-U38Y3TE6GRXQ","orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","status":"DELIVERED","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (66,'shopping.delivery.delivered','ORD-20260206-RYSJ4C8E','{"trackingNumber":"TRK-U38Y3TE6GRXQ","orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","deliveredAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (67,'shopping.order.status-changed','ORD-20260206-RYSJ4C8E','{"orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","previousStatus":"SHIPPING","status":"DELIVERED","reason":null,"changedBy":"00000000-0000-4000-8000-000000000018","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (68,'shopping.delivery.updated','ORD-20260206-RYSJ4C8E','{"trackingNumber":"TRK-U38Y3TE6GRXQ","orderNumber":"ORD-20260206-RYSJ4C8E","userId":"00000000-0000-4000-8000-000000000011","status":"RETURNED","at":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (69,'shopping.inventory.changed','2','{"productId":2,"variantId":2,"available":199,"reserved":0}',NULL,1770372000000);
insert into outbox values (70,'shopping.order.created','ORD-20260206-RYSJWB4J','{"orderNumber":"ORD-20260206-RYSJWB4J","userId":"00000000-0000-4000-8000-000000000011","totalAmount":24000,"currency":"KRW","itemCount":1,"items":[{"productId":2,"variantId":2,"productName":"plate","quantity":2,"price":12000}],"payBy":"2026-02-06T10:10:00.000Z","createdAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (71,'shopping.inventory.reserved','ORD-20260206-RYSJWB4J','{"orderNumber":"ORD-20260206-RYSJWB4J","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"2":2},"reservedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (72,'shopping.payment.completed','ORD-20260206-RYSJWB4J','{"paymentNumber":"PAY-U38YW6WW","orderNumber":"ORD-20260206-RYSJWB4J","userId":"00000000-0000-4000-8000-000000000011","amount":24000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-FYVF42M29B3A","paidAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (73,'shopping.inventory.committed','ORD-20260206-RYSJWB4J','{"orderNumber":"ORD-20260206-RYSJWB4J","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"2":2},"committedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (74,'shopping.order.confirmed','ORD-20260206-RYSJWB4J','{"orderNumber":"ORD-20260206-RYSJWB4J","userId":"00000000-0000-4000-8000-000000000011","totalAmount":24000,"paymentNumber":"PAY-U38YW6WW","confirmedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (75,'shopping.order.created','ORD-20260206-RYSJDYAZ','{"orderNumber":"ORD-20260206-RYSJDYAZ","userId":"00000000-0000-4000-8000-000000000011","totalAmount":9000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":1,"price":9000}],"payBy":"2026-02-06T10:10:00.000Z","createdAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (76,'shopping.inventory.reserved','ORD-20260206-RYSJDYAZ','{"orderNumber":"ORD-20260206-RYSJDYAZ","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"1":1},"reservedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (77,'shopping.inventory.released','ORD-20260206-RYSJDYAZ','{"orderNumber":"ORD-20260206-RYSJDYAZ","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"1":1},"reason":"the order was cancelled","releasedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (78,'shopping.order.cancelled','ORD-20260206-RYSJDYAZ','{"orderNumber":"ORD-20260206-RYSJDYAZ","userId":"00000000-0000-4000-8000-000000000011","totalAmount":9000,"status":"CANCELLED","cancelReason":"changed my mind","cancelledBy":"00000000-0000-4000-8000-000000000011","cancelledAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (79,'shopping.order.created','ORD-20260206-RYSJ9S36','{"orderNumber":"ORD-20260206-RYSJ9S36","userId":"00000000-0000-4000-8000-000000000011","totalAmount":9000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":1,"price":9000}],"payBy":"2026-02-06T10:10:00.000Z","createdAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (80,'shopping.inventory.reserved','ORD-20260206-RYSJ9S36','{"orderNumber":"ORD-20260206-RYSJ9S36","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"1":1},"reservedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (81,'shopping.payment.failed','ORD-20260206-RYSJ9S36','{"paymentNumber":"PAY-U38YQ53B","orderNumber":"ORD-20260206-RYSJ9S36","userId":"00000000-0000-4000-8000-000000000011","amount":9000,"paymentMethod":"CREDIT_CARD","failureReason":"CARD_DECLINED: the card company refused","failedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (82,'shopping.inventory.released','ORD-20260206-RYSJ9S36','{"orderNumber":"ORD-20260206-RYSJ9S36","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"1":1},"reason":"the order was cancelled","releasedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (83,'shopping.order.cancelled','ORD-20260206-RYSJ9S36','{"orderNumber":"ORD-20260206-RYSJ9S36","userId":"00000000-0000-4000-8000-000000000011","totalAmount":9000,"status":"CANCELLED","cancelReason":"CARD_DECLINED: the card company refused","cancelledBy":"SYSTEM","cancelledAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (84,'shopping.order.created','ORD-20260206-RYSJMQF4','{"orderNumber":"ORD-20260206-RYSJMQF4","userId":"00000000-0000-4000-8000-000000000011","totalAmount":12000,"currency":"KRW","itemCount":1,"items":[{"productId":2,"variantId":2,"productName":"plate","quantity":1,"price":12000}],"payBy":"2026-02-06T10:10:00.000Z","createdAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (85,'shopping.inventory.reserved','ORD-20260206-RYSJMQF4','{"orderNumber":"ORD-20260206-RYSJMQF4","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"2":1},"reservedAt":"2026-02-06T10:00:00.000Z"}',NULL,1770372000000);
insert into outbox values (86,'shopping.inventory.released','ORD-20260206-RYSJMQF4','{"orderNumber":"ORD-20260206-RYSJMQF4","userId":"00000000-0000-4000-8000-000000000011","reservedQuantities":{"2":1},"reason":"the order was cancelled","releasedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (87,'shopping.order.cancelled','ORD-20260206-RYSJMQF4','{"orderNumber":"ORD-20260206-RYSJMQF4","userId":"00000000-0000-4000-8000-000000000011","totalAmount":12000,"status":"CANCELLED","cancelReason":"not paid in time","cancelledBy":"SYSTEM","cancelledAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (88,'shopping.order.created','ORD-20260206-S7NFXNNT','{"orderNumber":"ORD-20260206-S7NFXNNT","userId":"00000000-0000-4000-8000-00000000001a","totalAmount":18000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":2,"price":9000}],"payBy":"2026-02-06T10:21:00.000Z","createdAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (89,'shopping.inventory.reserved','ORD-20260206-S7NFXNNT','{"orderNumber":"ORD-20260206-S7NFXNNT","userId":"00000000-0000-4000-8000-00000000001a","reservedQuantities":{"1":2},"reservedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (90,'shopping.payment.completed','ORD-20260206-S7NFXNNT','{"paymentNumber":"PAY-UA4VWTN2","orderNumber":"ORD-20260206-S7NFXNNT","userId":"00000000-0000-4000-8000-00000000001a","amount":18000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-FCGJ74GZK7FP","paidAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (91,'shopping.inventory.committed','ORD-20260206-S7NFXNNT','{"orderNumber":"ORD-20260206-S7NFXNNT","userId":"00000000-0000-4000-8000-00000000001a","reservedQuantities":{"1":2},"committedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (92,'shopping.order.confirmed','ORD-20260206-S7NFXNNT','{"orderNumber":"ORD-20260206-S7NFXNNT","userId":"00000000-0000-4000-8000-00000000001a","totalAmount":18000,"paymentNumber":"PAY-UA4VWTN2","confirmedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (93,'shopping.delivery.updated','ORD-20260206-S7NFXNNT','{"trackingNumber":"TRK-UA4VGSEVRDEV","orderNumber":"ORD-20260206-S7NFXNNT","userId":"00000000-0000-4000-8000-00000000001a","status":"CANCELLED","at":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (94,'shopping.inventory.changed','1','{"productId":1,"variantId":1,"available":496,"reserved":0}',NULL,1770372660000);
insert into outbox values (95,'shopping.payment.refunded','ORD-20260206-S7NFXNNT','{"paymentNumber":"PAY-UA4VWTN2","orderNumber":"ORD-20260206-S7NFXNNT","userId":"00000000-0000-4000-8000-00000000001a","amount":18000,"refundedAmount":18000,"paymentMethod":"CREDIT_CARD","reason":"the order was cancelled","refundedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (96,'shopping.order.cancelled','ORD-20260206-S7NFXNNT','{"orderNumber":"ORD-20260206-S7NFXNNT","userId":"00000000-0000-4000-8000-00000000001a","totalAmount":18000,"status":"REFUNDED","cancelReason":"changed my mind","cancelledBy":"00000000-0000-4000-8000-00000000001a","cancelledAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (97,'shopping.order.created','ORD-20260206-S7NF89ZB','{"orderNumber":"ORD-20260206-S7NF89ZB","userId":"00000000-0000-4000-8000-00000000001a","totalAmount":21000,"currency":"KRW","itemCount":2,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":1,"price":9000},{"productId":2,"variantId":2,"productName":"plate","quantity":1,"price":12000}],"payBy":"2026-02-06T10:21:00.000Z","createdAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (98,'shopping.inventory.reserved','ORD-20260206-S7NF89ZB','{"orderNumber":"ORD-20260206-S7NF89ZB","userId":"00000000-0000-4000-8000-00000000001a","reservedQuantities":{"1":1,"2":1},"reservedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (99,'shopping.payment.completed','ORD-20260206-S7NF89ZB','{"paymentNumber":"PAY-UA4VR2BS","orderNumber":"ORD-20260206-S7NF89ZB","userId":"00000000-0000-4000-8000-00000000001a","amount":21000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-9ZCXDSKBPSA3","paidAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (100,'shopping.inventory.committed','ORD-20260206-S7NF89ZB','{"orderNumber":"ORD-20260206-S7NF89ZB","userId":"00000000-0000-4000-8000-00000000001a","reservedQuantities":{"1":1,"2":1},"committedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (101,'shopping.order.confirmed','ORD-20260206-S7NF89ZB','{"orderNumber":"ORD-20260206-S7NF89ZB","userId":"00000000-0000-4000-8000-00000000001a","totalAmount":21000,"paymentNumber":"PAY-UA4VR2BS","confirmedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (102,'shopping.payment.refunded','ORD-20260206-S7NF89ZB','{"paymentNumber":"PAY-UA4VR2BS","orderNumber":"ORD-20260206-S7NF89ZB","userId":"00000000-0000-4000-8000-00000000001a","amount":9000,"refundedAmount":9000,"paymentMethod":"CREDIT_CARD","reason":"broken","refundedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (103,'shopping.payment.refunded','ORD-20260206-S7NF89ZB','{"paymentNumber":"PAY-UA4VR2BS","orderNumber":"ORD-20260206-S7NF89ZB","userId":"00000000-0000-4000-8000-00000000001a","amount":500,"refundedAmount":9500,"paymentMethod":"CREDIT_CARD","reason":"broken","refundedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (104,'shopping.order.created','ORD-20260206-S7NF7RRU','{"orderNumber":"ORD-20260206-S7NF7RRU","userId":"00000000-0000-4000-8000-00000000001a","totalAmount":18000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":2,"price":9000}],"payBy":"2026-02-06T10:21:00.000Z","createdAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (105,'shopping.inventory.reserved','ORD-20260206-S7NF7RRU','{"orderNumber":"ORD-20260206-S7NF7RRU","userId":"00000000-0000-4000-8000-00000000001a","reservedQuantities":{"1":2},"reservedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (106,'shopping.payment.completed','ORD-20260206-S7NF7RRU','{"paymentNumber":"PAY-UA4VVSC5","orderNumber":"ORD-20260206-S7NF7RRU","userId":"00000000-0000-4000-8000-00000000001a","amount":18000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-GH55ERZD828Q","paidAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (107,'shopping.inventory.committed','ORD-20260206-S7NF7RRU','{"orderNumber":"ORD-20260206-S7NF7RRU","userId":"00000000-0000-4000-8000-00000000001a","reservedQuantities":{"1":2},"committedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (108,'shopping.order.confirmed','ORD-20260206-S7NF7RRU','{"orderNumber":"ORD-20260206-S7NF7RRU","userId":"00000000-0000-4000-8000-00000000001a","totalAmount":18000,"paymentNumber":"PAY-UA4VVSC5","confirmedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (109,'shopping.order.created','ORD-20260206-S7NF2FTD','{"orderNumber":"ORD-20260206-S7NF2FTD","userId":"00000000-0000-4000-8000-000000000021","totalAmount":9000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":1,"price":9000}],"payBy":"2026-02-06T10:21:00.000Z","createdAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (110,'shopping.inventory.reserved','ORD-20260206-S7NF2FTD','{"orderNumber":"ORD-20260206-S7NF2FTD","userId":"00000000-0000-4000-8000-000000000021","reservedQuantities":{"1":1},"reservedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (111,'shopping.payment.failed','ORD-20260206-S7NF2FTD','{"paymentNumber":"PAY-UA4VFAS6","orderNumber":"ORD-20260206-S7NF2FTD","userId":"00000000-0000-4000-8000-000000000021","amount":9000,"paymentMethod":"CREDIT_CARD","failureReason":"CANCELLED: given up before there was an outcome","failedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (112,'shopping.inventory.released','ORD-20260206-S7NF2FTD','{"orderNumber":"ORD-20260206-S7NF2FTD","userId":"00000000-0000-4000-8000-000000000021","reservedQuantities":{"1":1},"reason":"the order was cancelled","releasedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (113,'shopping.order.cancelled','ORD-20260206-S7NF2FTD','{"orderNumber":"ORD-20260206-S7NF2FTD","userId":"00000000-0000-4000-8000-000000000021","totalAmount":9000,"status":"CANCELLED","cancelReason":"changed my mind","cancelledBy":"00000000-0000-4000-8000-000000000021","cancelledAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (114,'shopping.order.created','ORD-20260206-S7NFS4A5','{"orderNumber":"ORD-20260206-S7NFS4A5","userId":"00000000-0000-4000-8000-000000000021","totalAmount":9000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":1,"price":9000}],"payBy":"2026-02-06T10:21:00.000Z","createdAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (115,'shopping.inventory.reserved','ORD-20260206-S7NFS4A5','{"orderNumber":"ORD-20260206-S7NFS4A5","userId":"00000000-0000-4000-8000-000000000021","reservedQuantities":{"1":1},"reservedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (116,'shopping.payment.completed','ORD-20260206-S7NFS4A5','{"paymentNumber":"PAY-UA4VB42T","orderNumber":"ORD-20260206-S7NFS4A5","userId":"00000000-0000-4000-8000-000000000021","amount":9000,"paymentMethod":"CREDIT_CARD","pgTransactionId":"PG-Z677BA36HGRC","paidAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (117,'shopping.inventory.committed','ORD-20260206-S7NFS4A5','{"orderNumber":"ORD-20260206-S7NFS4A5","userId":"00000000-0000-4000-8000-000000000021","reservedQuantities":{"1":1},"committedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (118,'shopping.order.confirmed','ORD-20260206-S7NFS4A5','{"orderNumber":"ORD-20260206-S7NFS4A5","userId":"00000000-0000-4000-8000-000000000021","totalAmount":9000,"paymentNumber":"PAY-UA4VB42T","confirmedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (119,'shopping.delivery.updated','ORD-20260206-S7NFS4A5','{"trackingNumber":"TRK-UA4VD62PMFXZ","orderNumber":"ORD-20260206-S7NFS4A5","userId":"00000000-0000-4000-8000-000000000021","status":"CANCELLED","at":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (120,'shopping.inventory.changed','1','{"productId":1,"variantId":1,"available":493,"reserved":0}',NULL,1770372660000);
insert into outbox values (121,'shopping.order.created','ORD-20260206-S7NFTZAZ','{"orderNumber":"ORD-20260206-S7NFTZAZ","userId":"00000000-0000-4000-8000-000000000022","totalAmount":27000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":3,"price":9000}],"payBy":"2026-02-06T10:21:00.000Z","createdAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (122,'shopping.inventory.reserved','ORD-20260206-S7NFTZAZ','{"orderNumber":"ORD-20260206-S7NFTZAZ","userId":"00000000-0000-4000-8000-000000000022","reservedQuantities":{"1":3},"reservedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (123,'shopping.delivery.shipped','ORD-20260206-S7NFTZAZ','{"trackingNumber":"TRK-23456789ABCD","orderNumber":"ORD-20260206-S7NFTZAZ","userId":"00000000-0000-4000-8000-000000000022","carrier":"by hand","estimatedDeliveryDate":"2026-02-08","shippedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (124,'shopping.order.created','ORD-20260206-S7NFK8JC','{"orderNumber":"ORD-20260206-S7NFK8JC","userId":"00000000-0000-4000-8000-000000000023","totalAmount":12000,"currency":"KRW","itemCount":1,"items":[{"productId":2,"variantId":2,"productName":"plate","quantity":1,"price":12000}],"payBy":"2026-02-06T10:21:00.000Z","createdAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (125,'shopping.inventory.reserved','ORD-20260206-S7NFK8JC','{"orderNumber":"ORD-20260206-S7NFK8JC","userId":"00000000-0000-4000-8000-000000000023","reservedQuantities":{"2":1},"reservedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (126,'shopping.order.created','ORD-20260206-S7NFGACP','{"orderNumber":"ORD-20260206-S7NFGACP","userId":"00000000-0000-4000-8000-000000000021","totalAmount":18000,"currency":"KRW","itemCount":1,"items":[{"productId":1,"variantId":1,"productName":"mug","quantity":2,"price":9000}],"payBy":"2026-02-06T10:21:00.000Z","createdAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
insert into outbox values (127,'shopping.inventory.reserved','ORD-20260206-S7NFGACP','{"orderNumber":"ORD-20260206-S7NFGACP","userId":"00000000-0000-4000-8000-000000000021","reservedQuantities":{"1":2},"reservedAt":"2026-02-06T10:11:00.000Z"}',NULL,1770372660000);
CREATE TABLE consumer_positions (
    consumer varchar(60) not null primary key,
    position bigint not null
);
insert into consumer_positions values ('order',123);
CREATE TABLE parked_events (
    id integer primary key,
    consumer varchar(60) not null,
    event_id bigint not null,
    topic varchar(100) not null,
    event_key varchar(100) not null,
    payload text not null,
    occurred_at bigint not null,
    attempts bigint not null,
    status varchar(20) not null,
    try_at bigint not null,
    last_error varchar(1000),
    parked_at bigint not null,
    unique (consumer, event_id)
);
insert into parked_events values (1,'order',123,'shopping.delivery.shipped','ORD-20260206-S7NFTZAZ','{"trackingNumber":"TRK-23456789ABCD","orderNumber":"ORD-20260206-S7NFTZAZ","userId":"00000000-0000-4000-8000-000000000022","carrier":"by hand","estimatedDeliveryDate":"2026-02-08","shippedAt":"2026-02-06T10:11:00.000Z"}',1770372660000,1,'RETRYING',1770372661000,'S205 this order is not paid yet: its parcel left before it was paid',1770372660000);
CREATE TABLE idempotency_records (
    scope varchar(64) not null,
    idem_key varchar(255) not null,
    request_hash varchar(64) not null,
    status bigint,
    location varchar(500),
    body text,
    reference varchar(100),
    created_at bigint not null, headers text, refused bigint,
    primary key (scope, idem_key)
);
insert into idempotency_records values ('00000000-0000-4000-8000-000000000011','first','7949ce255af03f2e134a5b33b982cf30f148906c88834448e92640dfe6535946',201,NULL,'{"success":true,"data":{"id":3,"orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","status":"CONFIRMED","statusDescription":"confirmed","items":[{"id":1,"productId":1,"variantId":1,"sku":"SKU-MUG","productName":"mug","variantName":null,"price":9000,"quantity":2,"subtotal":18000},{"id":2,"productId":2,"variantId":2,"sku":"SKU-PLATE","productName":"plate","variantName":null,"price":12000,"quantity":1,"subtotal":12000}],"itemCount":2,"totalQuantity":3,"totalAmount":30000,"discountAmount":0,"pointsUsed":0,"finalAmount":30000,"currency":"KRW","appliedUserCouponId":null,"shippingAddress":{"receiverName":"김하늘","receiverPhone":"010-1234-5678","zipCode":"04524","address1":"서울시 중구 세종대로 110","address2":"3층","fullAddress":"[04524] 서울시 중구 세종대로 110 3층"},"memo":null,"payBy":"2026-02-06T10:10:00.000Z","paidAt":null,"shippedAt":null,"deliveredAt":null,"cancelReason":null,"cancelledAt":null,"refundedAt":null,"createdAt":"2026-02-06T10:00:00.000Z","updatedAt":"2026-02-06T10:00:00.000Z","version":1,"payment":null}}',NULL,1770372000000,'{"location":"/api/v1/shopping/orders/ORD-20260206-RYSJ9F7X"}',0);
insert into idempotency_records values ('00000000-0000-4000-8000-000000000011','pay','3a862e303047da40223a2674ec8f095de162c000e4d75f9a4cdc92e6bae7e0b2',201,NULL,'{"success":true,"data":{"id":3,"paymentNumber":"PAY-U38YMQH6","orderNumber":"ORD-20260206-RYSJ9F7X","userId":"00000000-0000-4000-8000-000000000011","amount":30000,"status":"COMPLETED","statusDescription":"completed","paymentMethod":"CREDIT_CARD","canonicalPaymentMethod":"CREDIT_CARD","paymentMethodDescription":"card","pgTransactionId":"PG-6ZF96G3N4KET","failureReason":null,"refundedAmount":0,"paidAt":"2026-02-06T10:00:00.000Z","refundedAt":null,"createdAt":"2026-02-06T10:00:00.000Z","updatedAt":"2026-02-06T10:00:00.000Z"}}','SAGA-U38YBKXP',1770372000000,'{"location":"/api/v1/shopping/payments/PAY-U38YMQH6"}',0);
CREATE TABLE store_probe (
    id bigint not null primary key,
    written_at bigint not null
);
CREATE TABLE leases (
    name varchar(60) not null primary key,
    holder varchar(60) not null,
    fence bigint not null,
    beat bigint not null
);
insert into leases values ('background','20778-38bee25c87189fdd',1,0);
CREATE TABLE lease_fences (
    name varchar(60) not null primary key,
    fence bigint not null
);
insert into lease_fences values ('background',1);
CREATE TABLE users (
    id varchar(36) not null primary key,
    email varchar(254) not null,
    password_hash varchar(200) not null,
    nickname varchar(50) not null,
    real_name varchar(100),
    marketing_agree bigint not null,
    roles varchar(60) not null,
    status varchar(20) not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null, email_verified_at bigint,
    unique (email)
);
insert into users values ('6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee','haneul@example.com','$argon2id$v=19$m=19456,t=2,p=1$golIM0pDEESB6hIX/Y/Xow$5Gp8gVZdI0J3R7bN2mdnKuPjDpuBwX3gJlvh518GCn4','하늘',NULL,0,'USER','ACTIVE',1,1770372000000,1770372000000,NULL);
CREATE TABLE refresh_tokens (
    id integer primary key,
    token_hash varchar(64) not null,
    family varchar(36) not null,
    user_id varchar(36) not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    ended_at bigint, successor_salt varchar(64),
    unique (token_hash)
);
insert into refresh_tokens values (1,'ac36402ad6190339cecd7a5d376a5fcc76f26457e631e67aa6c950aad6da1440','420598d0-a2db-48b5-adb4-d0ed6364cb2d','6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee',1770372000000,1770976800000,1770372000000,NULL,'f81c83068729bfc42343eea806a67e4ec31889896d36ef212b29fd7758872903');
insert into refresh_tokens values (2,'5f3bf4fa9a1414ec211f9e4609fcf93825cb92517c5f9415eff734e4b1dcec3a','420598d0-a2db-48b5-adb4-d0ed6364cb2d','6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee',1770372000000,1770976800000,NULL,NULL,NULL);
CREATE TABLE user_addresses (
    id integer primary key,
    user_id varchar(36) not null,
    label varchar(50),
    receiver_name varchar(100) not null,
    receiver_phone varchar(20) not null,
    zip_code varchar(10) not null,
    address1 varchar(255) not null,
    address2 varchar(255),
    is_default bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);
insert into user_addresses values (1,'6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee','home','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1,1770372000000,1770372000000);
CREATE TABLE sign_in_attempts (
    email varchar(254) not null,
    address varchar(45) not null,
    failures bigint not null,
    since bigint not null,
    primary key (email, address)
);
insert into sign_in_attempts values ('haneul@example.com','',1,1770372000000);
CREATE TABLE sign_in_addresses (
    user_id varchar(36) not null,
    address varchar(45) not null,
    seen_at bigint not null,
    primary key (user_id, address)
);
insert into sign_in_addresses values ('6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee','',1770372000000);
CREATE TABLE sessions (
    family varchar(36) not null primary key,
    user_id varchar(36) not null,
    address varchar(45) not null,
    device varchar(200),
    created_at bigint not null,
    used_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
);
insert into sessions values ('420598d0-a2db-48b5-adb4-d0ed6364cb2d','6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee','',NULL,1770372000000,1770372000000,1770976800000,NULL);
CREATE TABLE one_time_tokens (
    token_hash varchar(64) not null primary key,
    purpose varchar(20) not null,
    email varchar(254) not null,
    user_id varchar(36),
    created_at bigint not null,
    expires_at bigint not null
);
insert into one_time_tokens values ('dd81dc1028058affe9364f6aeb491246120430544d1a0f7ceddd7cb30f11c3ea','EMAIL_VERIFICATION','haneul@example.com','6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee',1770372000000,1770631200000);
insert into one_time_tokens values ('cfd09b94699b48db6a8cd0f21001f4d5953fb5bfa4749ff46574aa5b0620ff34','PASSWORD_RESET','haneul@example.com','6a98b5d5-6ea4-4f05-91f4-255f1b0da9ee',1770372000000,1770373800000);
CREATE TABLE categories (
    id integer primary key,
    parent_id bigint not null,
    name varchar(100) not null,
    display_order bigint not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null, name_key varchar(300),
    unique (parent_id, name)
);
insert into categories values (1,0,'Cups',0,1,1770372000000,1770372000000,'cups');
insert into categories values (2,1,'Small cups',0,1,1770372000000,1770372000000,'small cups');
CREATE TABLE products (
    id integer primary key,
    sku varchar(100) not null unique,
    name varchar(200) not null,
    held_name varchar(200) unique,
    description text,
    price bigint not null,
    sale_price bigint,
    current_price bigint not null,
    category_id bigint,
    brand varchar(100),
    image_url varchar(500),
    status varchar(20) not null,
    seller_id varchar(36),
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null, lowest_price bigint not null default 0, highest_price bigint not null default 0, name_key varchar(600) not null default '', sku_key varchar(300),
    foreign key (category_id) references categories (id)
);
insert into products values (1,'SKU-MUG','mug','mug',NULL,9000,NULL,9000,NULL,NULL,NULL,'ACTIVE',NULL,1,1770336000000,1770336000000,9000,9000,'1FpBr-FR00k','sku-mug');
insert into products values (2,'SKU-PLATE','plate','plate',NULL,12000,NULL,12000,NULL,NULL,NULL,'ACTIVE',NULL,1,1770336000000,1770336000000,12000,12000,'1HJ3fJIB01F38','sku-plate');
insert into products values (3,'TEE','Tee','Tee',NULL,20000,15000,15000,1,NULL,NULL,'ACTIVE',NULL,1,1770372000000,1770372000000,15000,16000,'1JIBn-FR0r-N','tee');
insert into products values (4,'SKU-LAMP','lamp',NULL,NULL,10000,NULL,10000,NULL,NULL,NULL,'DISCONTINUED','00000000-0000-4000-8000-000000000009',2,1770372000000,1770372000000,10000,10000,'1FHh2HF37-FV','sku-lamp');
CREATE TABLE product_variants (
    id integer primary key,
    product_id bigint not null,
    default_of bigint unique,
    sku varchar(100) not null unique,
    name varchar(200),
    options varchar(2000) not null,
    price_adjustment bigint not null,
    status varchar(20) not null,
    created_at bigint not null,
    updated_at bigint not null, sku_key varchar(300),
    foreign key (product_id) references products (id)
);
insert into product_variants values (1,1,1,'SKU-MUG',NULL,'{}',0,'ACTIVE',1770336000000,1770336000000,'sku-mug');
insert into product_variants values (2,2,2,'SKU-PLATE',NULL,'{}',0,'ACTIVE',1770336000000,1770336000000,'sku-plate');
insert into product_variants values (3,3,3,'TEE-S',NULL,'{"size":"S"}',0,'ACTIVE',1770372000000,1770372000000,'tee-s');
insert into product_variants values (4,3,NULL,'TEE-L',NULL,'{"size":"L"}',1000,'ACTIVE',1770372000000,1770372000000,'tee-l');
insert into product_variants values (5,4,4,'SKU-LAMP',NULL,'{}',0,'ACTIVE',1770372000000,1770372000000,'sku-lamp');
CREATE TABLE product_images (
    product_id bigint not null,
    position bigint not null,
    url varchar(500) not null,
    primary key (product_id, position),
    foreign key (product_id) references products (id)
);
CREATE TABLE inventory_snapshots (
    id integer primary key,
    product_id bigint not null,
    variant_id bigint not null,
    location_code varchar(50) not null,
    available bigint not null check (available >= 0),
    reserved bigint not null check (reserved >= 0),
    low_stock_threshold bigint not null check (low_stock_threshold >= 0),
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (variant_id, location_code)
);
insert into inventory_snapshots values (1,1,1,'MAIN',488,5,10,29,1770336000000,1770372660000);
insert into inventory_snapshots values (2,2,2,'MAIN',195,1,10,13,1770336000000,1770372660000);
insert into inventory_snapshots values (3,3,3,'MAIN',7,0,10,2,1770372000000,1770372000000);
insert into inventory_snapshots values (4,3,4,'MAIN',20,0,10,1,1770372000000,1770372000000);
insert into inventory_snapshots values (5,4,5,'MAIN',100,0,10,1,1770372000000,1770372000000);
CREATE TABLE inventory_events (
    id integer primary key,
    snapshot_id bigint not null,
    aggregate_version bigint not null check (aggregate_version > 0),
    product_id bigint not null,
    variant_id bigint not null,
    location_code varchar(50) not null,
    event_type varchar(20) not null,
    quantity_change bigint not null,
    quantity_after bigint not null,
    reserved_change bigint not null,
    reserved_after bigint not null,
    reference_type varchar(20) not null,
    reference_id varchar(40) not null,
    correlation_id varchar(40) not null,
    change_reason varchar(500),
    performed_by varchar(100) not null,
    occurred_at bigint not null,
    unique (snapshot_id, aggregate_version)
);
insert into inventory_events values (1,1,1,1,1,'MAIN','RECEIVED',500,500,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000001',1770336000000);
insert into inventory_events values (2,2,1,2,2,'MAIN','RECEIVED',200,200,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000002',1770336000000);
insert into inventory_events values (3,1,2,1,1,'MAIN','RESERVED',-2,498,2,2,'ORDER','ORD-20260206-CW6NRSAS','ORD-20260206-CW6NRSAS',NULL,'00000000-0000-4000-8000-000000000003',1770336000000);
insert into inventory_events values (4,1,3,1,1,'MAIN','COMMITTED',0,498,-2,0,'ORDER','ORD-20260206-CW6NRSAS','ORD-20260206-CW6NRSAS',NULL,'00000000-0000-4000-8000-000000000003',1770336000000);
insert into inventory_events values (5,1,4,1,1,'MAIN','RETURNED',2,500,0,0,'ORDER','ORD-20260206-CW6NRSAS','ORD-20260206-CW6NRSAS','the order was cancelled','00000000-0000-4000-8000-000000000003',1770336000000);
insert into inventory_events values (6,1,5,1,1,'MAIN','RESERVED',-2,498,2,2,'ORDER','ORD-20260206-JXG4DSQ4','ORD-20260206-JXG4DSQ4',NULL,'00000000-0000-4000-8000-000000000006',1770354000000);
insert into inventory_events values (7,1,6,1,1,'MAIN','COMMITTED',0,498,-2,0,'ORDER','ORD-20260206-JXG4DSQ4','ORD-20260206-JXG4DSQ4',NULL,'00000000-0000-4000-8000-000000000006',1770354000000);
insert into inventory_events values (8,1,7,1,1,'MAIN','RETURNED',2,500,0,0,'ORDER','ORD-20260206-JXG4DSQ4','ORD-20260206-JXG4DSQ4','the order was cancelled','00000000-0000-4000-8000-000000000006',1770354000000);
insert into inventory_events values (9,3,1,3,3,'MAIN','RECEIVED',10,10,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000008',1770372000000);
insert into inventory_events values (10,4,1,3,4,'MAIN','RECEIVED',20,20,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000008',1770372000000);
insert into inventory_events values (11,3,2,3,3,'MAIN','ADJUSTED',-3,7,0,0,'ADMIN','c9d8d99099e1195a','c9d8d99099e1195a','set','00000000-0000-4000-8000-000000000008',1770372000000);
insert into inventory_events values (12,5,1,4,5,'MAIN','RECEIVED',100,100,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000009',1770372000000);
insert into inventory_events values (13,1,8,1,1,'MAIN','RESERVED',-2,498,2,2,'ORDER','ORD-20260206-RYSJ9F7X','ORD-20260206-RYSJ9F7X',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (14,2,2,2,2,'MAIN','RESERVED',-1,199,1,1,'ORDER','ORD-20260206-RYSJ9F7X','ORD-20260206-RYSJ9F7X',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (15,1,9,1,1,'MAIN','COMMITTED',0,498,-2,0,'ORDER','ORD-20260206-RYSJ9F7X','ORD-20260206-RYSJ9F7X',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (16,2,3,2,2,'MAIN','COMMITTED',0,199,-1,0,'ORDER','ORD-20260206-RYSJ9F7X','ORD-20260206-RYSJ9F7X',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (17,1,10,1,1,'MAIN','RESERVED',-2,496,2,2,'ORDER','ORD-20260206-RYSJMEFX','ORD-20260206-RYSJMEFX',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (18,1,11,1,1,'MAIN','COMMITTED',0,496,-2,0,'ORDER','ORD-20260206-RYSJMEFX','ORD-20260206-RYSJMEFX',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (19,2,4,2,2,'MAIN','RESERVED',-2,197,2,2,'ORDER','ORD-20260206-RYSJ4C8E','ORD-20260206-RYSJ4C8E',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (20,2,5,2,2,'MAIN','COMMITTED',0,197,-2,0,'ORDER','ORD-20260206-RYSJ4C8E','ORD-20260206-RYSJ4C8E',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (21,2,6,2,2,'MAIN','RETURNED',2,199,0,0,'ORDER','ORD-20260206-RYSJ4C8E','ORD-20260206-RYSJ4C8E','the parcel came back','00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (22,2,7,2,2,'MAIN','RESERVED',-2,197,2,2,'ORDER','ORD-20260206-RYSJWB4J','ORD-20260206-RYSJWB4J',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (23,2,8,2,2,'MAIN','COMMITTED',0,197,-2,0,'ORDER','ORD-20260206-RYSJWB4J','ORD-20260206-RYSJWB4J',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (24,1,12,1,1,'MAIN','RESERVED',-1,495,1,1,'ORDER','ORD-20260206-RYSJDYAZ','ORD-20260206-RYSJDYAZ',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (25,1,13,1,1,'MAIN','RELEASED',1,496,-1,0,'ORDER','ORD-20260206-RYSJDYAZ','ORD-20260206-RYSJDYAZ','the order was cancelled','00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (26,1,14,1,1,'MAIN','RESERVED',-1,495,1,1,'ORDER','ORD-20260206-RYSJ9S36','ORD-20260206-RYSJ9S36',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (27,1,15,1,1,'MAIN','RELEASED',1,496,-1,0,'ORDER','ORD-20260206-RYSJ9S36','ORD-20260206-RYSJ9S36','the order was cancelled','00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (28,2,9,2,2,'MAIN','RESERVED',-1,196,1,1,'ORDER','ORD-20260206-RYSJMQF4','ORD-20260206-RYSJMQF4',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
insert into inventory_events values (29,2,10,2,2,'MAIN','RELEASED',1,197,-1,0,'ORDER','ORD-20260206-RYSJMQF4','ORD-20260206-RYSJMQF4','the order was cancelled','00000000-0000-4000-8000-000000000011',1770372660000);
insert into inventory_events values (30,1,16,1,1,'MAIN','RESERVED',-2,494,2,2,'ORDER','ORD-20260206-S7NFXNNT','ORD-20260206-S7NFXNNT',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (31,1,17,1,1,'MAIN','COMMITTED',0,494,-2,0,'ORDER','ORD-20260206-S7NFXNNT','ORD-20260206-S7NFXNNT',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (32,1,18,1,1,'MAIN','RETURNED',2,496,0,0,'ORDER','ORD-20260206-S7NFXNNT','ORD-20260206-S7NFXNNT','the order was cancelled','00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (33,1,19,1,1,'MAIN','RESERVED',-1,495,1,1,'ORDER','ORD-20260206-S7NF89ZB','ORD-20260206-S7NF89ZB',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (34,2,11,2,2,'MAIN','RESERVED',-1,196,1,1,'ORDER','ORD-20260206-S7NF89ZB','ORD-20260206-S7NF89ZB',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (35,1,20,1,1,'MAIN','COMMITTED',0,495,-1,0,'ORDER','ORD-20260206-S7NF89ZB','ORD-20260206-S7NF89ZB',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (36,2,12,2,2,'MAIN','COMMITTED',0,196,-1,0,'ORDER','ORD-20260206-S7NF89ZB','ORD-20260206-S7NF89ZB',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (37,1,21,1,1,'MAIN','RESERVED',-2,493,2,2,'ORDER','ORD-20260206-S7NF7RRU','ORD-20260206-S7NF7RRU',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (38,1,22,1,1,'MAIN','COMMITTED',0,493,-2,0,'ORDER','ORD-20260206-S7NF7RRU','ORD-20260206-S7NF7RRU',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
insert into inventory_events values (39,1,23,1,1,'MAIN','RESERVED',-1,492,1,1,'ORDER','ORD-20260206-S7NF2FTD','ORD-20260206-S7NF2FTD',NULL,'00000000-0000-4000-8000-000000000021',1770372660000);
insert into inventory_events values (40,1,24,1,1,'MAIN','RELEASED',1,493,-1,0,'ORDER','ORD-20260206-S7NF2FTD','ORD-20260206-S7NF2FTD','the order was cancelled','00000000-0000-4000-8000-000000000021',1770372660000);
insert into inventory_events values (41,1,25,1,1,'MAIN','RESERVED',-1,492,1,1,'ORDER','ORD-20260206-S7NFS4A5','ORD-20260206-S7NFS4A5',NULL,'00000000-0000-4000-8000-000000000021',1770372660000);
insert into inventory_events values (42,1,26,1,1,'MAIN','COMMITTED',0,492,-1,0,'ORDER','ORD-20260206-S7NFS4A5','ORD-20260206-S7NFS4A5',NULL,'00000000-0000-4000-8000-000000000021',1770372660000);
insert into inventory_events values (43,1,27,1,1,'MAIN','RETURNED',1,493,0,0,'ORDER','ORD-20260206-S7NFS4A5','ORD-20260206-S7NFS4A5','the order was cancelled','00000000-0000-4000-8000-000000000021',1770372660000);
insert into inventory_events values (44,1,28,1,1,'MAIN','RESERVED',-3,490,3,3,'ORDER','ORD-20260206-S7NFTZAZ','ORD-20260206-S7NFTZAZ',NULL,'00000000-0000-4000-8000-000000000022',1770372660000);
insert into inventory_events values (45,2,13,2,2,'MAIN','RESERVED',-1,195,1,1,'ORDER','ORD-20260206-S7NFK8JC','ORD-20260206-S7NFK8JC',NULL,'00000000-0000-4000-8000-000000000023',1770372660000);
insert into inventory_events values (46,1,29,1,1,'MAIN','RESERVED',-2,488,2,5,'ORDER','ORD-20260206-S7NFGACP','ORD-20260206-S7NFGACP',NULL,'00000000-0000-4000-8000-000000000021',1770372660000);
CREATE TABLE inventory_reservations (
    order_number varchar(30) not null,
    line_no bigint not null,
    snapshot_id bigint not null,
    user_id varchar(36) not null,
    quantity bigint not null check (quantity > 0),
    state varchar(20) not null,
    reserved_version bigint not null,
    settled_version bigint,
    returned_version bigint,
    reserved_at bigint not null,
    updated_at bigint not null,
    primary key (order_number, line_no)
);
insert into inventory_reservations values ('ORD-20260206-CW6NRSAS',0,1,'00000000-0000-4000-8000-000000000003',2,'RETURNED',2,3,4,1770336000000,1770336000000);
insert into inventory_reservations values ('ORD-20260206-JXG4DSQ4',0,1,'00000000-0000-4000-8000-000000000006',2,'RETURNED',5,6,7,1770354000000,1770354000000);
insert into inventory_reservations values ('ORD-20260206-RYSJ9F7X',0,1,'00000000-0000-4000-8000-000000000011',2,'COMMITTED',8,9,NULL,1770372000000,1770372000000);
insert into inventory_reservations values ('ORD-20260206-RYSJ9F7X',1,2,'00000000-0000-4000-8000-000000000011',1,'COMMITTED',2,3,NULL,1770372000000,1770372000000);
insert into inventory_reservations values ('ORD-20260206-RYSJMEFX',0,1,'00000000-0000-4000-8000-000000000011',2,'COMMITTED',10,11,NULL,1770372000000,1770372000000);
insert into inventory_reservations values ('ORD-20260206-RYSJ4C8E',0,2,'00000000-0000-4000-8000-000000000011',2,'RETURNED',4,5,6,1770372000000,1770372000000);
insert into inventory_reservations values ('ORD-20260206-RYSJWB4J',0,2,'00000000-0000-4000-8000-000000000011',2,'COMMITTED',7,8,NULL,1770372000000,1770372000000);
insert into inventory_reservations values ('ORD-20260206-RYSJDYAZ',0,1,'00000000-0000-4000-8000-000000000011',1,'RELEASED',12,13,NULL,1770372000000,1770372000000);
insert into inventory_reservations values ('ORD-20260206-RYSJ9S36',0,1,'00000000-0000-4000-8000-000000000011',1,'RELEASED',14,15,NULL,1770372000000,1770372000000);
insert into inventory_reservations values ('ORD-20260206-RYSJMQF4',0,2,'00000000-0000-4000-8000-000000000011',1,'RELEASED',9,10,NULL,1770372000000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NFXNNT',0,1,'00000000-0000-4000-8000-00000000001a',2,'RETURNED',16,17,18,1770372660000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NF89ZB',0,1,'00000000-0000-4000-8000-00000000001a',1,'COMMITTED',19,20,NULL,1770372660000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NF89ZB',1,2,'00000000-0000-4000-8000-00000000001a',1,'COMMITTED',11,12,NULL,1770372660000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NF7RRU',0,1,'00000000-0000-4000-8000-00000000001a',2,'COMMITTED',21,22,NULL,1770372660000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NF2FTD',0,1,'00000000-0000-4000-8000-000000000021',1,'RELEASED',23,24,NULL,1770372660000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NFS4A5',0,1,'00000000-0000-4000-8000-000000000021',1,'RETURNED',25,26,27,1770372660000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NFTZAZ',0,1,'00000000-0000-4000-8000-000000000022',3,'LIVE',28,NULL,NULL,1770372660000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NFK8JC',0,2,'00000000-0000-4000-8000-000000000023',1,'LIVE',13,NULL,NULL,1770372660000,1770372660000);
insert into inventory_reservations values ('ORD-20260206-S7NFGACP',0,1,'00000000-0000-4000-8000-000000000021',2,'LIVE',29,NULL,NULL,1770372660000,1770372660000);
CREATE TABLE carts (
    id integer primary key,
    user_id varchar(36) not null,
    status varchar(20) not null,
    active_key varchar(36),
    order_number varchar(30),
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (active_key)
);
insert into carts values (1,'00000000-0000-4000-8000-000000000011','CHECKED_OUT',NULL,'ORD-20260206-RYSJ9F7X',1770372000000,1770372000000,4);
insert into carts values (2,'00000000-0000-4000-8000-000000000011','ACTIVE','00000000-0000-4000-8000-000000000011',NULL,1770372000000,1770372660000,3);
insert into carts values (3,'00000000-0000-4000-8000-00000000001e','ACTIVE','00000000-0000-4000-8000-00000000001e',NULL,1770372660000,1770372660000,3);
insert into carts values (4,'00000000-0000-4000-8000-00000000001f','CHECKED_OUT','00000000-0000-4000-8000-00000000001f',NULL,1770372660000,1770372660000,3);
insert into carts values (5,'guest-ca79c46cdca029dc724ef602bc9966','ACTIVE','guest-ca79c46cdca029dc724ef602bc9966',NULL,1770372660000,1770372660000,2);
insert into carts values (6,'00000000-0000-4000-8000-000000000021','ACTIVE','00000000-0000-4000-8000-000000000021',NULL,1770372660000,1770372660000,2);
CREATE TABLE cart_items (
    id integer primary key,
    cart_id bigint not null,
    product_id bigint not null,
    variant_id bigint not null,
    product_name varchar(255) not null,
    price bigint not null check (price >= 0),
    quantity bigint not null check (quantity > 0),
    added_at bigint not null,
    unique (cart_id, variant_id)
);
insert into cart_items values (1,1,1,1,'mug',9000,2,1770372000000);
insert into cart_items values (2,1,2,2,'plate',12000,1,1770372000000);
insert into cart_items values (3,2,1,1,'mug',9000,1,1770372000000);
insert into cart_items values (4,2,2,2,'plate',12000,1,1770372660000);
insert into cart_items values (5,3,1,1,'mug',9000,2,1770372660000);
insert into cart_items values (6,3,2,2,'plate',12000,1,1770372660000);
insert into cart_items values (7,4,2,2,'plate',12000,3,1770372660000);
insert into cart_items values (8,5,1,1,'mug',9000,1,1770372660000);
insert into cart_items values (9,6,1,1,'mug',9000,1,1770372660000);
CREATE TABLE orders (
    id integer primary key,
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    status varchar(20) not null,
    subtotal bigint not null,
    coupon_discount bigint not null,
    points_used bigint not null,
    payable bigint not null,
    currency varchar(3) not null,
    user_coupon_id bigint,
    receiver_name varchar(100) not null,
    receiver_phone varchar(20) not null,
    zip_code varchar(10) not null,
    address1 varchar(255) not null,
    address2 varchar(255),
    pay_by bigint,
    paid_at bigint,
    delivered_at bigint,
    ended_at bigint,
    end_reason varchar(500),
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null, shipped_at bigint, memo varchar(500),
    unique (order_number)
);
insert into orders values (1,'ORD-20260206-CW6NRSAS','00000000-0000-4000-8000-000000000003','REFUNDED',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770336600000,1770336000000,NULL,1770354000000,'changed my mind',1770336000000,1770354000000,3,NULL,NULL);
insert into orders values (2,'ORD-20260206-JXG4DSQ4','00000000-0000-4000-8000-000000000006','PAID',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770354600000,1770354000000,NULL,NULL,NULL,1770354000000,1770354000000,2,NULL,NULL);
insert into orders values (3,'ORD-20260206-RYSJ9F7X','00000000-0000-4000-8000-000000000011','DELIVERED',30000,0,0,30000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,1770372000000,1770372000000,NULL,NULL,1770372000000,1770372000000,4,1770372000000,NULL);
insert into orders values (4,'ORD-20260206-RYSJMEFX','00000000-0000-4000-8000-000000000011','SHIPPING',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,1770372000000,NULL,NULL,NULL,1770372000000,1770372000000,3,1770372000000,NULL);
insert into orders values (5,'ORD-20260206-RYSJ4C8E','00000000-0000-4000-8000-000000000011','DELIVERED',24000,0,0,24000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,1770372000000,1770372000000,NULL,NULL,1770372000000,1770372000000,4,1770372000000,NULL);
insert into orders values (6,'ORD-20260206-RYSJWB4J','00000000-0000-4000-8000-000000000011','PAID',24000,0,0,24000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,1770372000000,NULL,NULL,NULL,1770372000000,1770372000000,2,NULL,NULL);
insert into orders values (7,'ORD-20260206-RYSJDYAZ','00000000-0000-4000-8000-000000000011','CANCELLED',9000,0,0,9000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,NULL,NULL,1770372000000,'changed my mind',1770372000000,1770372000000,2,NULL,NULL);
insert into orders values (8,'ORD-20260206-RYSJ9S36','00000000-0000-4000-8000-000000000011','CANCELLED',9000,0,0,9000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,NULL,NULL,1770372000000,'CARD_DECLINED: the card company refused',1770372000000,1770372000000,2,NULL,NULL);
insert into orders values (9,'ORD-20260206-RYSJMQF4','00000000-0000-4000-8000-000000000011','CANCELLED',12000,0,0,12000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,NULL,NULL,1770372660000,'not paid in time',1770372000000,1770372660000,2,NULL,NULL);
insert into orders values (10,'ORD-20260206-S7NFXNNT','00000000-0000-4000-8000-00000000001a','REFUNDED',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,1770372660000,NULL,1770372660000,'changed my mind',1770372660000,1770372660000,3,NULL,NULL);
insert into orders values (11,'ORD-20260206-S7NF89ZB','00000000-0000-4000-8000-00000000001a','PAID',21000,0,0,21000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,1770372660000,NULL,NULL,NULL,1770372660000,1770372660000,2,NULL,NULL);
insert into orders values (12,'ORD-20260206-S7NF7RRU','00000000-0000-4000-8000-00000000001a','PAID',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,1770372660000,NULL,NULL,NULL,1770372660000,1770372660000,2,NULL,NULL);
insert into orders values (13,'ORD-20260206-S7NF2FTD','00000000-0000-4000-8000-000000000021','CANCELLED',9000,0,0,9000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,NULL,NULL,1770372660000,'changed my mind',1770372660000,1770372660000,2,NULL,NULL);
insert into orders values (14,'ORD-20260206-S7NFS4A5','00000000-0000-4000-8000-000000000021','PAID',9000,0,0,9000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,1770372660000,NULL,NULL,NULL,1770372660000,1770372660000,2,NULL,NULL);
insert into orders values (15,'ORD-20260206-S7NFTZAZ','00000000-0000-4000-8000-000000000022','CONFIRMED',27000,0,0,27000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,NULL,NULL,NULL,NULL,1770372660000,1770372660000,1,NULL,NULL);
insert into orders values (16,'ORD-20260206-S7NFK8JC','00000000-0000-4000-8000-000000000023','CONFIRMED',12000,0,0,12000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,NULL,NULL,NULL,NULL,1770372660000,1770372660000,1,NULL,NULL);
insert into orders values (17,'ORD-20260206-S7NFGACP','00000000-0000-4000-8000-000000000021','CONFIRMED',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,NULL,NULL,NULL,NULL,1770372660000,1770372660000,1,NULL,NULL);
CREATE TABLE order_items (
    order_id bigint not null,
    line_number bigint not null,
    product_id bigint not null,
    variant_id bigint not null,
    sku varchar(100) not null,
    product_name varchar(255) not null,
    variant_name varchar(255),
    unit_price bigint not null,
    quantity bigint not null,
    subtotal bigint not null,
    primary key (order_id, line_number)
);
insert into order_items values (1,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
insert into order_items values (2,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
insert into order_items values (3,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
insert into order_items values (3,2,2,2,'SKU-PLATE','plate',NULL,12000,1,12000);
insert into order_items values (4,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
insert into order_items values (5,1,2,2,'SKU-PLATE','plate',NULL,12000,2,24000);
insert into order_items values (6,1,2,2,'SKU-PLATE','plate',NULL,12000,2,24000);
insert into order_items values (7,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
insert into order_items values (8,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
insert into order_items values (9,1,2,2,'SKU-PLATE','plate',NULL,12000,1,12000);
insert into order_items values (10,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
insert into order_items values (11,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
insert into order_items values (11,2,2,2,'SKU-PLATE','plate',NULL,12000,1,12000);
insert into order_items values (12,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
insert into order_items values (13,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
insert into order_items values (14,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
insert into order_items values (15,1,1,1,'SKU-MUG','mug',NULL,9000,3,27000);
insert into order_items values (16,1,2,2,'SKU-PLATE','plate',NULL,12000,1,12000);
insert into order_items values (17,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
CREATE TABLE payments (
    id integer primary key,
    payment_number varchar(30) not null,
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    amount bigint not null,
    method varchar(30) not null,
    payment_key varchar(200),
    status varchar(30) not null,
    live_key varchar(30),
    transaction_id varchar(100),
    captured bigint not null,
    refunded bigint not null,
    refund_claimed bigint not null,
    failure_reason varchar(500),
    paid_at bigint,
    ended_at bigint,
    refunded_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null, method_sent varchar(30),
    unique (payment_number),
    unique (live_key),
    unique (transaction_id)
);
insert into payments values (1,'PAY-EYN36EFH','ORD-20260206-CW6NRSAS','00000000-0000-4000-8000-000000000003',18000,'CREDIT_CARD','refund-declined','COMPLETED','ORD-20260206-CW6NRSAS','PG-PTTDWCSNBTXW',18000,0,0,NULL,1770336000000,NULL,NULL,1770336000000,1770339600000,8,'CREDIT_CARD');
insert into payments values (2,'PAY-MZXHF7MF','ORD-20260206-JXG4DSQ4','00000000-0000-4000-8000-000000000006',18000,'CREDIT_CARD','refund-declined','COMPLETED','ORD-20260206-JXG4DSQ4','PG-6ZNZN486NZ86',18000,0,0,NULL,1770354000000,NULL,NULL,1770354000000,1770357600000,8,'CREDIT_CARD');
insert into payments values (3,'PAY-U38YMQH6','ORD-20260206-RYSJ9F7X','00000000-0000-4000-8000-000000000011',30000,'CREDIT_CARD','approve','COMPLETED','ORD-20260206-RYSJ9F7X','PG-6ZF96G3N4KET',30000,0,0,NULL,1770372000000,NULL,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
insert into payments values (4,'PAY-U38Y7MJ3','ORD-20260206-RYSJMEFX','00000000-0000-4000-8000-000000000011',18000,'CREDIT_CARD','approve','COMPLETED','ORD-20260206-RYSJMEFX','PG-MBFNHAGCTWQA',18000,0,0,NULL,1770372000000,NULL,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
insert into payments values (5,'PAY-U38Y8HHF','ORD-20260206-RYSJ4C8E','00000000-0000-4000-8000-000000000011',24000,'CREDIT_CARD','approve','COMPLETED','ORD-20260206-RYSJ4C8E','PG-PNHTWC6PY9BW',24000,0,0,NULL,1770372000000,NULL,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
insert into payments values (6,'PAY-U38YW6WW','ORD-20260206-RYSJWB4J','00000000-0000-4000-8000-000000000011',24000,'CREDIT_CARD','approve','COMPLETED','ORD-20260206-RYSJWB4J','PG-FYVF42M29B3A',24000,0,0,NULL,1770372000000,NULL,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
insert into payments values (7,'PAY-U38YQ53B','ORD-20260206-RYSJ9S36','00000000-0000-4000-8000-000000000011',9000,'CREDIT_CARD','decline-card-declined','FAILED',NULL,NULL,0,0,0,'CARD_DECLINED: the card company refused',NULL,1770372000000,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
insert into payments values (8,'PAY-UA4VWTN2','ORD-20260206-S7NFXNNT','00000000-0000-4000-8000-00000000001a',18000,'CREDIT_CARD','approve','REFUNDED','ORD-20260206-S7NFXNNT','PG-FCGJ74GZK7FP',18000,18000,18000,NULL,1770372660000,NULL,1770372660000,1770372660000,1770372660000,4,'CREDIT_CARD');
insert into payments values (9,'PAY-UA4VR2BS','ORD-20260206-S7NF89ZB','00000000-0000-4000-8000-00000000001a',21000,'CREDIT_CARD','approve','PARTIALLY_REFUNDED','ORD-20260206-S7NF89ZB','PG-9ZCXDSKBPSA3',21000,9500,9500,NULL,1770372660000,NULL,1770372660000,1770372660000,1770372660000,6,'CREDIT_CARD');
insert into payments values (10,'PAY-UA4VVSC5','ORD-20260206-S7NF7RRU','00000000-0000-4000-8000-00000000001a',18000,'CREDIT_CARD','refund-declined','COMPLETED','ORD-20260206-S7NF7RRU','PG-GH55ERZD828Q',18000,0,0,NULL,1770372660000,NULL,NULL,1770372660000,1770372660000,4,'CREDIT_CARD');
insert into payments values (11,'PAY-UA4VFAS6','ORD-20260206-S7NF2FTD','00000000-0000-4000-8000-000000000021',9000,'CREDIT_CARD','timeout-uncharged','CANCELLED',NULL,NULL,0,0,0,NULL,NULL,1770372660000,NULL,1770372660000,1770372660000,2,'CREDIT_CARD');
insert into payments values (12,'PAY-UA4VB42T','ORD-20260206-S7NFS4A5','00000000-0000-4000-8000-000000000021',9000,'CREDIT_CARD','refund-pending','COMPLETED','ORD-20260206-S7NFS4A5','PG-Z677BA36HGRC',9000,0,9000,NULL,1770372660000,NULL,NULL,1770372660000,1770372660000,3,'CREDIT_CARD');
insert into payments values (13,'PAY-UA4VCP76','ORD-20260206-S7NFGACP','00000000-0000-4000-8000-000000000021',18000,'CREDIT_CARD','timeout-charged','PROCESSING','ORD-20260206-S7NFGACP',NULL,0,0,0,NULL,NULL,NULL,NULL,1770372660000,1770372660000,1,'CREDIT_CARD');
CREATE TABLE refunds (
    id integer primary key,
    payment_number varchar(30) not null,
    order_number varchar(30) not null,
    amount bigint not null,
    reason varchar(500) not null,
    status varchar(20) not null,
    transaction_id varchar(100),
    failure_reason varchar(500),
    ended_at bigint,
    created_at bigint not null
);
insert into refunds values (1,'PAY-EYN36EFH','ORD-20260206-CW6NRSAS',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770336000000,1770336000000);
insert into refunds values (2,'PAY-EYN36EFH','ORD-20260206-CW6NRSAS',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770337800000,1770337800000);
insert into refunds values (3,'PAY-EYN36EFH','ORD-20260206-CW6NRSAS',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770339600000,1770339600000);
insert into refunds values (4,'PAY-MZXHF7MF','ORD-20260206-JXG4DSQ4',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770354000000,1770354000000);
insert into refunds values (5,'PAY-MZXHF7MF','ORD-20260206-JXG4DSQ4',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770355800000,1770355800000);
insert into refunds values (6,'PAY-MZXHF7MF','ORD-20260206-JXG4DSQ4',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770357600000,1770357600000);
insert into refunds values (7,'PAY-UA4VWTN2','ORD-20260206-S7NFXNNT',18000,'the order was cancelled','COMPLETED','RF-PG-JUZNQJ9CCE9G',NULL,1770372660000,1770372660000);
insert into refunds values (8,'PAY-UA4VR2BS','ORD-20260206-S7NF89ZB',9000,'broken','COMPLETED','RF-PG-7MX2JPJ4NYAY',NULL,1770372660000,1770372660000);
insert into refunds values (9,'PAY-UA4VR2BS','ORD-20260206-S7NF89ZB',500,'broken','COMPLETED','RF-PG-WJCHFSF9PXZ4',NULL,1770372660000,1770372660000);
insert into refunds values (10,'PAY-UA4VVSC5','ORD-20260206-S7NF7RRU',1000,'broken','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770372660000,1770372660000);
insert into refunds values (11,'PAY-UA4VB42T','ORD-20260206-S7NFS4A5',9000,'the order was cancelled','PROCESSING',NULL,NULL,NULL,1770372660000);
CREATE TABLE refund_lines (
    refund_id bigint not null,
    line_number bigint not null,
    units bigint not null,
    amount bigint not null,
    primary key (refund_id, line_number)
);
insert into refund_lines values (8,1,1,9000);
CREATE TABLE coupons (
    id integer primary key,
    code varchar(50) not null,
    code_key varchar(100) not null,
    name varchar(100) not null,
    description text,
    discount_type varchar(20) not null,
    discount_value bigint not null,
    minimum_order bigint,
    maximum_discount bigint,
    total_quantity bigint not null,
    issued_quantity bigint not null,
    listed bigint not null,
    starts_at bigint not null,
    expires_at bigint not null,
    deactivated_at bigint,
    seller_id varchar(36),
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (code_key)
);
insert into coupons values (1,'OPEN','open','Spring',NULL,'PERCENTAGE',1000,NULL,3000,10,1,1,1577836800000,4102444800000,NULL,NULL,1770372000000,1770372000000,1);
insert into coupons values (2,'LAST','last','Spring',NULL,'PERCENTAGE',1000,NULL,3000,1,1,1,1577836800000,4102444800000,NULL,NULL,1770372000000,1770372000000,1);
insert into coupons values (3,'ENDED','ended','Spring',NULL,'PERCENTAGE',1000,NULL,3000,10,1,1,1577836800000,4102444800000,1770372000000,NULL,1770372000000,1770372000000,2);
CREATE TABLE user_coupons (
    id integer primary key,
    coupon_id bigint not null,
    user_id varchar(36) not null,
    issued_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    order_number varchar(30),
    unique (coupon_id, user_id)
);
insert into user_coupons values (1,1,'00000000-0000-4000-8000-00000000000d',1770372000000,4102444800000,NULL,NULL);
insert into user_coupons values (2,2,'00000000-0000-4000-8000-00000000000e',1770372000000,4102444800000,NULL,NULL);
insert into user_coupons values (3,3,'00000000-0000-4000-8000-00000000000f',1770372000000,4102444800000,NULL,NULL);
CREATE TABLE deliveries (
    id integer primary key,
    tracking_number varchar(30) not null,
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    status varchar(20) not null,
    carrier varchar(50) not null,
    receiver_name varchar(100) not null,
    receiver_phone varchar(20) not null,
    zip_code varchar(10) not null,
    address1 varchar(255) not null,
    address2 varchar(255),
    estimated_at bigint not null,
    delivered_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null, returned_by_hand bigint not null default 0, memo varchar(500),
    unique (tracking_number),
    unique (order_number)
);
insert into deliveries values (1,'TRK-EYN3JYVGZP3H','ORD-20260206-CW6NRSAS','00000000-0000-4000-8000-000000000003','CANCELLED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770595200000,NULL,1770336000000,1770336000000,2,0,NULL);
insert into deliveries values (2,'TRK-MZXH6TE2ERSG','ORD-20260206-JXG4DSQ4','00000000-0000-4000-8000-000000000006','CANCELLED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770613200000,NULL,1770354000000,1770354000000,2,0,NULL);
insert into deliveries values (3,'TRK-U38Y44M5D2MZ','ORD-20260206-RYSJ9F7X','00000000-0000-4000-8000-000000000011','DELIVERED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631200000,1770372000000,1770372000000,1770372000000,4,0,NULL);
insert into deliveries values (4,'TRK-U38YRVGSTDTE','ORD-20260206-RYSJMEFX','00000000-0000-4000-8000-000000000011','SHIPPED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631200000,NULL,1770372000000,1770372000000,2,0,NULL);
insert into deliveries values (5,'TRK-U38Y3TE6GRXQ','ORD-20260206-RYSJ4C8E','00000000-0000-4000-8000-000000000011','RETURNED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631200000,1770372000000,1770372000000,1770372000000,5,0,NULL);
insert into deliveries values (6,'TRK-U38Y3H7JHW9N','ORD-20260206-RYSJWB4J','00000000-0000-4000-8000-000000000011','PREPARING','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631200000,NULL,1770372000000,1770372000000,1,0,NULL);
insert into deliveries values (7,'TRK-UA4VGSEVRDEV','ORD-20260206-S7NFXNNT','00000000-0000-4000-8000-00000000001a','CANCELLED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631860000,NULL,1770372660000,1770372660000,2,0,NULL);
insert into deliveries values (8,'TRK-UA4VK3PQYHX2','ORD-20260206-S7NF89ZB','00000000-0000-4000-8000-00000000001a','PREPARING','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631860000,NULL,1770372660000,1770372660000,1,0,NULL);
insert into deliveries values (9,'TRK-UA4V9M9REFYE','ORD-20260206-S7NF7RRU','00000000-0000-4000-8000-00000000001a','PREPARING','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631860000,NULL,1770372660000,1770372660000,1,0,NULL);
insert into deliveries values (10,'TRK-UA4VD62PMFXZ','ORD-20260206-S7NFS4A5','00000000-0000-4000-8000-000000000021','CANCELLED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631860000,NULL,1770372660000,1770372660000,2,0,NULL);
CREATE TABLE delivery_history (
    delivery_id bigint not null,
    entry_number bigint not null,
    status varchar(20) not null,
    location varchar(255),
    description varchar(500),
    at_time bigint not null,
    primary key (delivery_id, entry_number)
);
insert into delivery_history values (1,1,'PREPARING',NULL,NULL,1770336000000);
insert into delivery_history values (1,2,'CANCELLED',NULL,'the order was cancelled',1770336000000);
insert into delivery_history values (2,1,'PREPARING',NULL,NULL,1770354000000);
insert into delivery_history values (2,2,'CANCELLED',NULL,'the order was cancelled',1770354000000);
insert into delivery_history values (3,1,'PREPARING',NULL,NULL,1770372000000);
insert into delivery_history values (3,2,'SHIPPED','Seoul','on its way',1770372000000);
insert into delivery_history values (3,3,'IN_TRANSIT','Seoul','on its way',1770372000000);
insert into delivery_history values (3,4,'DELIVERED','Seoul','on its way',1770372000000);
insert into delivery_history values (4,1,'PREPARING',NULL,NULL,1770372000000);
insert into delivery_history values (4,2,'SHIPPED','Seoul','on its way',1770372000000);
insert into delivery_history values (5,1,'PREPARING',NULL,NULL,1770372000000);
insert into delivery_history values (5,2,'SHIPPED','Seoul','on its way',1770372000000);
insert into delivery_history values (5,3,'IN_TRANSIT','Seoul','on its way',1770372000000);
insert into delivery_history values (5,4,'DELIVERED','Seoul','on its way',1770372000000);
insert into delivery_history values (5,5,'RETURNED','Seoul','on its way',1770372000000);
insert into delivery_history values (6,1,'PREPARING',NULL,NULL,1770372000000);
insert into delivery_history values (7,1,'PREPARING',NULL,NULL,1770372660000);
insert into delivery_history values (7,2,'CANCELLED',NULL,'the order was cancelled',1770372660000);
insert into delivery_history values (8,1,'PREPARING',NULL,NULL,1770372660000);
insert into delivery_history values (9,1,'PREPARING',NULL,NULL,1770372660000);
insert into delivery_history values (10,1,'PREPARING',NULL,NULL,1770372660000);
insert into delivery_history values (10,2,'CANCELLED',NULL,'the order was cancelled',1770372660000);
CREATE TABLE saga_runs (
    id integer primary key,
    saga_id varchar(20) not null unique,
    name varchar(40) not null,
    family varchar(40) not null,
    subject_kind varchar(40) not null,
    subject_id varchar(60) not null,
    event_key varchar(60) not null,
    status varchar(30) not null,
    step varchar(40) not null,
    completed_steps varchar(500) not null,
    memory text not null,
    attempts bigint not null,
    last_error varchar(1000),
    reason varchar(500),
    ended_by varchar(60),
    resolution varchar(600),
    wake_at bigint,
    version bigint not null,
    started_by varchar(60) not null,
    started_at bigint not null,
    completed_at bigint,
    unique (event_key, family, subject_kind, subject_id)
);
insert into saga_runs values (1,'SAGA-EYN3QMHP','order.v2','order','order','ORD-20260206-CW6NRSAS','ORD-20260206-CW6NRSAS','FAILED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT','{"CONFIRM_ORDER":{},"CREATE_DELIVERY":{"memory":"TRK-EYN3JYVGZP3H"},"DEDUCT_INVENTORY":{},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-EYN36EFH","transaction":"PG-PTTDWCSNBTXW"},"forward":{"key":"SAGA-EYN3QMHP/PROCESS_PAYMENT","intent":{"amount":18000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-CW6NRSAS","payment":"PAY-EYN36EFH","paymentKey":"refund-declined"},"unanswered":0},"past":[{"key":"SAGA-EYN3QMHP/PROCESS_PAYMENT/UNDO","intent":{"amount":18000,"payment":"PAY-EYN36EFH","refund":1,"transaction":"PG-PTTDWCSNBTXW"},"unanswered":0,"refused":"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund"},{"key":"SAGA-EYN3QMHP/PROCESS_PAYMENT/UNDO.2","intent":{"amount":18000,"payment":"PAY-EYN36EFH","refund":2,"transaction":"PG-PTTDWCSNBTXW"},"unanswered":0,"refused":"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund"},{"key":"SAGA-EYN3QMHP/PROCESS_PAYMENT/UNDO.3","intent":{"amount":18000,"payment":"PAY-EYN36EFH","refund":3,"transaction":"PG-PTTDWCSNBTXW"},"unanswered":0,"refused":"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund"}]},"RESERVE_INVENTORY":{}}',3,'S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund','changed my mind','00000000-0000-4000-8000-000000000003','00000000-0000-4000-8000-000000000005: paid back by bank transfer',NULL,9,'00000000-0000-4000-8000-000000000003',1770336000000,1770354000000);
insert into saga_runs values (2,'SAGA-MZXHDVCY','order.v2','order','order','ORD-20260206-JXG4DSQ4','ORD-20260206-JXG4DSQ4','COMPENSATION_FAILED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT','{"CONFIRM_ORDER":{},"CREATE_DELIVERY":{"memory":"TRK-MZXH6TE2ERSG"},"DEDUCT_INVENTORY":{},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-MZXHF7MF","transaction":"PG-6ZNZN486NZ86"},"forward":{"key":"SAGA-MZXHDVCY/PROCESS_PAYMENT","intent":{"amount":18000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-JXG4DSQ4","payment":"PAY-MZXHF7MF","paymentKey":"refund-declined"},"unanswered":0},"past":[{"key":"SAGA-MZXHDVCY/PROCESS_PAYMENT/UNDO","intent":{"amount":18000,"payment":"PAY-MZXHF7MF","refund":4,"transaction":"PG-6ZNZN486NZ86"},"unanswered":0,"refused":"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund"},{"key":"SAGA-MZXHDVCY/PROCESS_PAYMENT/UNDO.2","intent":{"amount":18000,"payment":"PAY-MZXHF7MF","refund":5,"transaction":"PG-6ZNZN486NZ86"},"unanswered":0,"refused":"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund"},{"key":"SAGA-MZXHDVCY/PROCESS_PAYMENT/UNDO.3","intent":{"amount":18000,"payment":"PAY-MZXHF7MF","refund":6,"transaction":"PG-6ZNZN486NZ86"},"unanswered":0,"refused":"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund"}]},"RESERVE_INVENTORY":{}}',3,'S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund','changed my mind','00000000-0000-4000-8000-000000000006',NULL,NULL,8,'00000000-0000-4000-8000-000000000006',1770354000000,NULL);
insert into saga_runs values (3,'SAGA-U38YBKXP','order.v2','order','order','ORD-20260206-RYSJ9F7X','ORD-20260206-RYSJ9F7X','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{"CONFIRM_ORDER":{"memory":null},"CREATE_DELIVERY":{"memory":"TRK-U38Y44M5D2MZ"},"DEDUCT_INVENTORY":{"memory":null},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-U38YMQH6","transaction":"PG-6ZF96G3N4KET"},"forward":{"key":"SAGA-U38YBKXP/PROCESS_PAYMENT","intent":{"amount":30000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-RYSJ9F7X","payment":"PAY-U38YMQH6","paymentKey":"approve"},"unanswered":0}},"RESERVE_INVENTORY":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
insert into saga_runs values (4,'SAGA-U38YMVXD','order.v2','order','order','ORD-20260206-RYSJMEFX','ORD-20260206-RYSJMEFX','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{"CONFIRM_ORDER":{"memory":null},"CREATE_DELIVERY":{"memory":"TRK-U38YRVGSTDTE"},"DEDUCT_INVENTORY":{"memory":null},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-U38Y7MJ3","transaction":"PG-MBFNHAGCTWQA"},"forward":{"key":"SAGA-U38YMVXD/PROCESS_PAYMENT","intent":{"amount":18000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-RYSJMEFX","payment":"PAY-U38Y7MJ3","paymentKey":"approve"},"unanswered":0}},"RESERVE_INVENTORY":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
insert into saga_runs values (5,'SAGA-U38Y87GX','order.v2','order','order','ORD-20260206-RYSJ4C8E','ORD-20260206-RYSJ4C8E','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{"CONFIRM_ORDER":{"memory":null},"CREATE_DELIVERY":{"memory":"TRK-U38Y3TE6GRXQ"},"DEDUCT_INVENTORY":{"memory":null},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-U38Y8HHF","transaction":"PG-PNHTWC6PY9BW"},"forward":{"key":"SAGA-U38Y87GX/PROCESS_PAYMENT","intent":{"amount":24000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-RYSJ4C8E","payment":"PAY-U38Y8HHF","paymentKey":"approve"},"unanswered":0}},"RESERVE_INVENTORY":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
insert into saga_runs values (6,'SAGA-U38YBM7U','order.v2','order','order','ORD-20260206-RYSJWB4J','ORD-20260206-RYSJWB4J','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{"CONFIRM_ORDER":{"memory":null},"CREATE_DELIVERY":{"memory":"TRK-U38Y3H7JHW9N"},"DEDUCT_INVENTORY":{"memory":null},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-U38YW6WW","transaction":"PG-FYVF42M29B3A"},"forward":{"key":"SAGA-U38YBM7U/PROCESS_PAYMENT","intent":{"amount":24000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-RYSJWB4J","payment":"PAY-U38YW6WW","paymentKey":"approve"},"unanswered":0}},"RESERVE_INVENTORY":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
insert into saga_runs values (7,'SAGA-U38Y4RFF','order.v2','order','order','ORD-20260206-RYSJDYAZ','ORD-20260206-RYSJDYAZ','FAILED','PLACE_ORDER','','{"PLACE_ORDER":{},"PROCESS_PAYMENT":{},"RESERVE_INVENTORY":{}}',0,NULL,'changed my mind','00000000-0000-4000-8000-000000000011',NULL,NULL,1,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
insert into saga_runs values (8,'SAGA-U38YTBYR','order.v2','order','order','ORD-20260206-RYSJ9S36','ORD-20260206-RYSJ9S36','FAILED','PLACE_ORDER','','{"PLACE_ORDER":{},"PROCESS_PAYMENT":{"past":[{"key":"SAGA-U38YTBYR/PROCESS_PAYMENT","intent":{"amount":9000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-RYSJ9S36","payment":"PAY-U38YQ53B","paymentKey":"decline-card-declined"},"unanswered":0,"refused":"S304 the payment was declined: CARD_DECLINED: the card company refused"}]},"RESERVE_INVENTORY":{}}',0,'S304 the payment was declined: CARD_DECLINED: the card company refused','CARD_DECLINED: the card company refused','SYSTEM',NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
insert into saga_runs values (9,'SAGA-U38YDCFM','order.v2','order','order','ORD-20260206-RYSJMQF4','ORD-20260206-RYSJMQF4','FAILED','PLACE_ORDER','','{"PLACE_ORDER":{},"PROCESS_PAYMENT":{},"RESERVE_INVENTORY":{}}',0,'S905 the order took too long: not paid in time','not paid in time','SYSTEM',NULL,NULL,1,'00000000-0000-4000-8000-000000000011',1770372000000,1770372660000);
insert into saga_runs values (10,'SAGA-UA4VCE2S','order.v2','order','order','ORD-20260206-S7NFXNNT','ORD-20260206-S7NFXNNT','FAILED','PLACE_ORDER','','{"CONFIRM_ORDER":{},"CREATE_DELIVERY":{"memory":"TRK-UA4VGSEVRDEV"},"DEDUCT_INVENTORY":{},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-UA4VWTN2","transaction":"PG-FCGJ74GZK7FP"},"forward":{"key":"SAGA-UA4VCE2S/PROCESS_PAYMENT","intent":{"amount":18000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-S7NFXNNT","payment":"PAY-UA4VWTN2","paymentKey":"approve"},"unanswered":0},"backward":{"key":"SAGA-UA4VCE2S/PROCESS_PAYMENT/UNDO","intent":{"amount":18000,"payment":"PAY-UA4VWTN2","refund":7,"transaction":"PG-FCGJ74GZK7FP"},"unanswered":0}},"RESERVE_INVENTORY":{}}',0,NULL,'changed my mind','00000000-0000-4000-8000-00000000001a',NULL,NULL,4,'00000000-0000-4000-8000-00000000001a',1770372660000,1770372660000);
insert into saga_runs values (11,'SAGA-UA4VDAAB','order.v2','order','order','ORD-20260206-S7NF89ZB','ORD-20260206-S7NF89ZB','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{"CONFIRM_ORDER":{"memory":null},"CREATE_DELIVERY":{"memory":"TRK-UA4VK3PQYHX2"},"DEDUCT_INVENTORY":{"memory":null},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-UA4VR2BS","transaction":"PG-9ZCXDSKBPSA3"},"forward":{"key":"SAGA-UA4VDAAB/PROCESS_PAYMENT","intent":{"amount":21000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-S7NF89ZB","payment":"PAY-UA4VR2BS","paymentKey":"approve"},"unanswered":0}},"RESERVE_INVENTORY":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-00000000001a',1770372660000,1770372660000);
insert into saga_runs values (12,'SAGA-UA4V4375','refund.v1','refund','refund','8','ORD-20260206-S7NF89ZB','COMPLETED','CLOSE_ORDER','REFUND_PAYMENT,CLOSE_ORDER','{"CLOSE_ORDER":{"memory":null},"REFUND_PAYMENT":{"memory":"RF-PG-7MX2JPJ4NYAY","forward":{"key":"SAGA-UA4V4375/REFUND_PAYMENT","intent":{"amount":9000,"payment":"PAY-UA4VR2BS","refund":8,"transaction":"PG-9ZCXDSKBPSA3"},"unanswered":0}}}',0,NULL,NULL,NULL,NULL,NULL,1,'00000000-0000-4000-8000-00000000001b',1770372660000,1770372660000);
insert into saga_runs values (13,'SAGA-UA4V65SF','refund.v1','refund','refund','9','ORD-20260206-S7NF89ZB','COMPLETED','CLOSE_ORDER','REFUND_PAYMENT,CLOSE_ORDER','{"CLOSE_ORDER":{"memory":null},"REFUND_PAYMENT":{"memory":"RF-PG-WJCHFSF9PXZ4","forward":{"key":"SAGA-UA4V65SF/REFUND_PAYMENT","intent":{"amount":500,"payment":"PAY-UA4VR2BS","refund":9,"transaction":"PG-9ZCXDSKBPSA3"},"unanswered":0}}}',0,NULL,NULL,NULL,NULL,NULL,1,'00000000-0000-4000-8000-00000000001c',1770372660000,1770372660000);
insert into saga_runs values (14,'SAGA-UA4VV3VR','order.v2','order','order','ORD-20260206-S7NF7RRU','ORD-20260206-S7NF7RRU','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{"CONFIRM_ORDER":{"memory":null},"CREATE_DELIVERY":{"memory":"TRK-UA4V9M9REFYE"},"DEDUCT_INVENTORY":{"memory":null},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-UA4VVSC5","transaction":"PG-GH55ERZD828Q"},"forward":{"key":"SAGA-UA4VV3VR/PROCESS_PAYMENT","intent":{"amount":18000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-S7NF7RRU","payment":"PAY-UA4VVSC5","paymentKey":"refund-declined"},"unanswered":0}},"RESERVE_INVENTORY":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-00000000001a',1770372660000,1770372660000);
insert into saga_runs values (15,'SAGA-UA4VJ5KN','refund.v1','refund','refund','10','ORD-20260206-S7NF7RRU','FAILED','REFUND_PAYMENT','','{"REFUND_PAYMENT":{"past":[{"key":"SAGA-UA4VJ5KN/REFUND_PAYMENT","intent":{"amount":1000,"payment":"PAY-UA4VVSC5","refund":10,"transaction":"PG-GH55ERZD828Q"},"unanswered":0,"refused":"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund"}]}}',0,'S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund','REFUND_REJECTED: the card company refused the refund','SYSTEM',NULL,NULL,1,'00000000-0000-4000-8000-00000000001d',1770372660000,1770372660000);
insert into saga_runs values (16,'SAGA-UA4VGFUJ','order.v2','order','order','ORD-20260206-S7NF2FTD','ORD-20260206-S7NF2FTD','FAILED','PLACE_ORDER','','{"PLACE_ORDER":{},"PROCESS_PAYMENT":{"past":[{"key":"SAGA-UA4VGFUJ/PROCESS_PAYMENT","intent":{"amount":9000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-S7NF2FTD","payment":"PAY-UA4VFAS6","paymentKey":"timeout-uncharged"},"unanswered":1,"refused":"S309 the buyer cancelled the payment: cancelled by its payer"}]},"RESERVE_INVENTORY":{}}',0,NULL,'changed my mind','00000000-0000-4000-8000-000000000021',NULL,NULL,5,'00000000-0000-4000-8000-000000000021',1770372660000,1770372660000);
insert into saga_runs values (17,'SAGA-UA4V7YZE','order.v2','order','order','ORD-20260206-S7NFS4A5','ORD-20260206-S7NFS4A5','COMPENSATING','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT','{"CONFIRM_ORDER":{},"CREATE_DELIVERY":{"memory":"TRK-UA4VD62PMFXZ"},"DEDUCT_INVENTORY":{},"PLACE_ORDER":{},"PROCESS_PAYMENT":{"memory":{"payment":"PAY-UA4VB42T","transaction":"PG-Z677BA36HGRC"},"forward":{"key":"SAGA-UA4V7YZE/PROCESS_PAYMENT","intent":{"amount":9000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-S7NFS4A5","payment":"PAY-UA4VB42T","paymentKey":"refund-pending"},"unanswered":0},"backward":{"key":"SAGA-UA4V7YZE/PROCESS_PAYMENT/UNDO","intent":{"amount":9000,"payment":"PAY-UA4VB42T","refund":11,"transaction":"PG-Z677BA36HGRC"},"unanswered":1}},"RESERVE_INVENTORY":{}}',0,NULL,'changed my mind','00000000-0000-4000-8000-000000000021',NULL,1770372662000,4,'00000000-0000-4000-8000-000000000021',1770372660000,NULL);
insert into saga_runs values (18,'SAGA-UA4V4Y3T','order.v2','order','order','ORD-20260206-S7NFTZAZ','ORD-20260206-S7NFTZAZ','STARTED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY','{"PLACE_ORDER":{"memory":null},"PROCESS_PAYMENT":{},"RESERVE_INVENTORY":{"memory":null}}',0,NULL,NULL,NULL,NULL,1770373260000,0,'00000000-0000-4000-8000-000000000022',1770372660000,NULL);
insert into saga_runs values (19,'SAGA-UA4V8JS8','order.v2','order','order','ORD-20260206-S7NFK8JC','ORD-20260206-S7NFK8JC','STARTED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY','{"PLACE_ORDER":{"memory":null},"PROCESS_PAYMENT":{},"RESERVE_INVENTORY":{"memory":null}}',0,NULL,NULL,NULL,NULL,1770373260000,0,'00000000-0000-4000-8000-000000000023',1770372660000,NULL);
insert into saga_runs values (20,'SAGA-UA4VS7HP','order.v2','order','order','ORD-20260206-S7NFGACP','ORD-20260206-S7NFGACP','STARTED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY','{"PLACE_ORDER":{},"PROCESS_PAYMENT":{"forward":{"key":"SAGA-UA4VS7HP/PROCESS_PAYMENT","intent":{"amount":18000,"mayBeFollowed":false,"method":"CREDIT_CARD","order":"ORD-20260206-S7NFGACP","payment":"PAY-UA4VCP76","paymentKey":"timeout-charged"},"unanswered":1}},"RESERVE_INVENTORY":{}}',0,NULL,NULL,NULL,NULL,1770372662000,2,'00000000-0000-4000-8000-000000000021',1770372660000,NULL);
CREATE TABLE gateway_hints (
    hint varchar(64) not null primary key,
    heard_at bigint not null
);
CREATE TABLE abandoned_charges (
    payment_number varchar(30) not null primary key,
    order_number varchar(30) not null,
    abandoned_at bigint not null,
    searches bigint not null,
    search_at bigint not null
);
insert into abandoned_charges values ('PAY-UA4VFAS6','ORD-20260206-S7NF2FTD',1770372660000,0,1770372720000);
CREATE TABLE audit_runs (
    id integer primary key,
    asked_by varchar(60) not null,
    started_at bigint not null,
    finished_at bigint not null,
    violations bigint not null,
    report text not null
, compared_from bigint, compared_to bigint, left_out varchar(500));
insert into audit_runs values (1,'00000000-0000-4000-8000-000000000020',1770372660000,1770372660000,0,'[]',1769767860001,1770372660001,NULL);
CREATE INDEX outbox_key on outbox (event_key);
CREATE INDEX parked_events_due on parked_events (status, try_at);
CREATE INDEX idempotency_records_age on idempotency_records (created_at);
CREATE INDEX refresh_tokens_family on refresh_tokens (family);
CREATE INDEX refresh_tokens_user on refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expiry on refresh_tokens (expires_at);
CREATE INDEX user_addresses_user on user_addresses (user_id);
CREATE INDEX sign_in_attempts_since on sign_in_attempts (since);
CREATE INDEX sign_in_addresses_seen on sign_in_addresses (seen_at);
CREATE INDEX sessions_user on sessions (user_id);
CREATE INDEX sessions_expiry on sessions (expires_at);
CREATE INDEX one_time_tokens_email on one_time_tokens (email, purpose);
CREATE INDEX one_time_tokens_expiry on one_time_tokens (expires_at);
CREATE INDEX categories_name on categories (name);
CREATE INDEX products_newest on products (status, created_at, id);
CREATE INDEX products_category on products (category_id, status);
CREATE INDEX products_brand on products (brand, status);
CREATE INDEX products_seller on products (seller_id, status, created_at);
CREATE INDEX product_variants_product on product_variants (product_id, status);
CREATE INDEX products_lowest on products (status, lowest_price, id);
CREATE INDEX products_highest on products (status, highest_price, id);
CREATE INDEX products_sorted on products (status, name_key, id);
CREATE UNIQUE INDEX products_sku_identity on products (sku_key);
CREATE UNIQUE INDEX product_variants_sku_identity on product_variants (sku_key);
CREATE UNIQUE INDEX categories_name_identity on categories (parent_id, name_key);
CREATE INDEX inventory_snapshots_product on inventory_snapshots (product_id);
CREATE INDEX carts_user on carts (user_id, id);
CREATE INDEX orders_of_user on orders (user_id, id);
CREATE INDEX orders_by_time on orders (created_at, id);
CREATE INDEX orders_by_status on orders (status, created_at, id);
CREATE INDEX payments_of_order on payments (order_number, id);
CREATE INDEX refunds_of_payment on refunds (payment_number, id);
CREATE INDEX refunds_of_order on refunds (order_number, id);
CREATE INDEX coupons_by_expiry on coupons (expires_at, id);
CREATE INDEX user_coupons_of_user on user_coupons (user_id, id);
CREATE INDEX saga_runs_due on saga_runs (status, wake_at);
CREATE INDEX gateway_hints_age on gateway_hints (heard_at);
CREATE INDEX abandoned_charges_due on abandoned_charges (search_at);
commit;
