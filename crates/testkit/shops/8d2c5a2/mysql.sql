-- written at 1770372660000

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
DROP TABLE IF EXISTS `abandoned_charges`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `abandoned_charges` (
  `payment_number` varchar(30) NOT NULL,
  `order_number` varchar(30) NOT NULL,
  `abandoned_at` bigint(20) NOT NULL,
  `searches` bigint(20) NOT NULL,
  `search_at` bigint(20) NOT NULL,
  PRIMARY KEY (`payment_number`),
  KEY `abandoned_charges_due` (`search_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `abandoned_charges` DISABLE KEYS */;
INSERT INTO `abandoned_charges` VALUES ('PAY-UA4VBDAJ','ORD-20260206-S7NFFCZZ',1770372660000,0,1770372720000);
/*!40000 ALTER TABLE `abandoned_charges` ENABLE KEYS */;
DROP TABLE IF EXISTS `audit_runs`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `audit_runs` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `asked_by` varchar(60) NOT NULL,
  `started_at` bigint(20) NOT NULL,
  `finished_at` bigint(20) NOT NULL,
  `violations` bigint(20) NOT NULL,
  `report` longtext NOT NULL,
  `compared_from` bigint(20) DEFAULT NULL,
  `compared_to` bigint(20) DEFAULT NULL,
  `left_out` varchar(500) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `audit_runs` DISABLE KEYS */;
INSERT INTO `audit_runs` VALUES (1,'00000000-0000-4000-8000-000000000020',1770372660000,1770372660000,0,'[]',1769767860001,1770372660001,NULL);
/*!40000 ALTER TABLE `audit_runs` ENABLE KEYS */;
DROP TABLE IF EXISTS `cart_items`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `cart_items` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `cart_id` bigint(20) NOT NULL,
  `product_id` bigint(20) NOT NULL,
  `variant_id` bigint(20) NOT NULL,
  `product_name` varchar(255) NOT NULL,
  `price` bigint(20) NOT NULL CHECK (`price` >= 0),
  `quantity` bigint(20) NOT NULL CHECK (`quantity` > 0),
  `added_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `cart_id` (`cart_id`,`variant_id`)
) ENGINE=InnoDB AUTO_INCREMENT=10 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `cart_items` DISABLE KEYS */;
INSERT INTO `cart_items` VALUES (1,1,1,1,'mug',9000,2,1770372000000);
INSERT INTO `cart_items` VALUES (2,1,2,2,'plate',12000,1,1770372000000);
INSERT INTO `cart_items` VALUES (3,2,1,1,'mug',9000,1,1770372000000);
INSERT INTO `cart_items` VALUES (4,2,2,2,'plate',12000,1,1770372660000);
INSERT INTO `cart_items` VALUES (5,3,1,1,'mug',9000,2,1770372660000);
INSERT INTO `cart_items` VALUES (6,3,2,2,'plate',12000,1,1770372660000);
INSERT INTO `cart_items` VALUES (7,4,2,2,'plate',12000,3,1770372660000);
INSERT INTO `cart_items` VALUES (8,5,1,1,'mug',9000,1,1770372660000);
INSERT INTO `cart_items` VALUES (9,6,1,1,'mug',9000,1,1770372660000);
/*!40000 ALTER TABLE `cart_items` ENABLE KEYS */;
DROP TABLE IF EXISTS `carts`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `carts` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `user_id` varchar(36) NOT NULL,
  `status` varchar(20) NOT NULL,
  `active_key` varchar(36) DEFAULT NULL,
  `order_number` varchar(30) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `version` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `active_key` (`active_key`),
  KEY `carts_user` (`user_id`,`id`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `carts` DISABLE KEYS */;
INSERT INTO `carts` VALUES (1,'00000000-0000-4000-8000-000000000011','CHECKED_OUT',NULL,'ORD-20260206-RYSJSP8D',1770372000000,1770372000000,4);
INSERT INTO `carts` VALUES (2,'00000000-0000-4000-8000-000000000011','ACTIVE','00000000-0000-4000-8000-000000000011',NULL,1770372000000,1770372660000,3);
INSERT INTO `carts` VALUES (3,'00000000-0000-4000-8000-00000000001e','ACTIVE','00000000-0000-4000-8000-00000000001e',NULL,1770372660000,1770372660000,3);
INSERT INTO `carts` VALUES (4,'00000000-0000-4000-8000-00000000001f','CHECKED_OUT','00000000-0000-4000-8000-00000000001f',NULL,1770372660000,1770372660000,3);
INSERT INTO `carts` VALUES (5,'guest-29baf925936f5ae86edb7358b48271','ACTIVE','guest-29baf925936f5ae86edb7358b48271',NULL,1770372660000,1770372660000,2);
INSERT INTO `carts` VALUES (6,'00000000-0000-4000-8000-000000000021','ACTIVE','00000000-0000-4000-8000-000000000021',NULL,1770372660000,1770372660000,2);
/*!40000 ALTER TABLE `carts` ENABLE KEYS */;
DROP TABLE IF EXISTS `categories`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `categories` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `parent_id` bigint(20) NOT NULL,
  `name` varchar(100) NOT NULL,
  `display_order` bigint(20) NOT NULL,
  `version` bigint(20) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `name_key` varchar(300) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `parent_id` (`parent_id`,`name`),
  UNIQUE KEY `categories_name_identity` (`parent_id`,`name_key`),
  KEY `categories_name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `categories` DISABLE KEYS */;
INSERT INTO `categories` VALUES (1,0,'Cups',0,1,1770372000000,1770372000000,'cups');
INSERT INTO `categories` VALUES (2,1,'Small cups',0,1,1770372000000,1770372000000,'small cups');
/*!40000 ALTER TABLE `categories` ENABLE KEYS */;
DROP TABLE IF EXISTS `consumer_positions`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `consumer_positions` (
  `consumer` varchar(60) NOT NULL,
  `position` bigint(20) NOT NULL,
  PRIMARY KEY (`consumer`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `consumer_positions` DISABLE KEYS */;
INSERT INTO `consumer_positions` VALUES ('order',123);
/*!40000 ALTER TABLE `consumer_positions` ENABLE KEYS */;
DROP TABLE IF EXISTS `coupons`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `coupons` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `code` varchar(50) NOT NULL,
  `code_key` varchar(100) NOT NULL,
  `name` varchar(100) NOT NULL,
  `description` longtext DEFAULT NULL,
  `discount_type` varchar(20) NOT NULL,
  `discount_value` bigint(20) NOT NULL,
  `minimum_order` bigint(20) DEFAULT NULL,
  `maximum_discount` bigint(20) DEFAULT NULL,
  `total_quantity` bigint(20) NOT NULL,
  `issued_quantity` bigint(20) NOT NULL,
  `listed` bigint(20) NOT NULL,
  `starts_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  `deactivated_at` bigint(20) DEFAULT NULL,
  `seller_id` varchar(36) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `version` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `code_key` (`code_key`),
  KEY `coupons_by_expiry` (`expires_at`,`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `coupons` DISABLE KEYS */;
INSERT INTO `coupons` VALUES (1,'OPEN','open','Spring',NULL,'PERCENTAGE',1000,NULL,3000,10,1,1,1577836800000,4102444800000,NULL,NULL,1770372000000,1770372000000,1);
INSERT INTO `coupons` VALUES (2,'LAST','last','Spring',NULL,'PERCENTAGE',1000,NULL,3000,1,1,1,1577836800000,4102444800000,NULL,NULL,1770372000000,1770372000000,1);
INSERT INTO `coupons` VALUES (3,'ENDED','ended','Spring',NULL,'PERCENTAGE',1000,NULL,3000,10,1,1,1577836800000,4102444800000,1770372000000,NULL,1770372000000,1770372000000,2);
/*!40000 ALTER TABLE `coupons` ENABLE KEYS */;
DROP TABLE IF EXISTS `deliveries`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `deliveries` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `tracking_number` varchar(30) NOT NULL,
  `order_number` varchar(30) NOT NULL,
  `user_id` varchar(36) NOT NULL,
  `status` varchar(20) NOT NULL,
  `carrier` varchar(50) NOT NULL,
  `receiver_name` varchar(100) NOT NULL,
  `receiver_phone` varchar(20) NOT NULL,
  `zip_code` varchar(10) NOT NULL,
  `address1` varchar(255) NOT NULL,
  `address2` varchar(255) DEFAULT NULL,
  `estimated_at` bigint(20) NOT NULL,
  `delivered_at` bigint(20) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `version` bigint(20) NOT NULL,
  `returned_by_hand` bigint(20) NOT NULL DEFAULT 0,
  `memo` varchar(500) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `tracking_number` (`tracking_number`),
  UNIQUE KEY `order_number` (`order_number`)
) ENGINE=InnoDB AUTO_INCREMENT=11 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `deliveries` DISABLE KEYS */;
INSERT INTO `deliveries` VALUES (1,'TRK-EYN3QWHSEWPK','ORD-20260206-CW6NRV6D','00000000-0000-4000-8000-000000000003','CANCELLED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770595200000,NULL,1770336000000,1770336000000,2,0,NULL);
INSERT INTO `deliveries` VALUES (2,'TRK-MZXHSBA26JWD','ORD-20260206-JXG4JJHT','00000000-0000-4000-8000-000000000006','CANCELLED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770613200000,NULL,1770354000000,1770354000000,2,0,NULL);
INSERT INTO `deliveries` VALUES (3,'TRK-U38YBDJS5ADN','ORD-20260206-RYSJSP8D','00000000-0000-4000-8000-000000000011','DELIVERED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631200000,1770372000000,1770372000000,1770372000000,4,0,NULL);
INSERT INTO `deliveries` VALUES (4,'TRK-U38Y94QEGW9D','ORD-20260206-RYSJT28M','00000000-0000-4000-8000-000000000011','SHIPPED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631200000,NULL,1770372000000,1770372000000,2,0,NULL);
INSERT INTO `deliveries` VALUES (5,'TRK-U38YBH4S237A','ORD-20260206-RYSJET9H','00000000-0000-4000-8000-000000000011','RETURNED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631200000,1770372000000,1770372000000,1770372000000,5,0,NULL);
INSERT INTO `deliveries` VALUES (6,'TRK-U38YAJX4ECE3','ORD-20260206-RYSJARVY','00000000-0000-4000-8000-000000000011','PREPARING','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631200000,NULL,1770372000000,1770372000000,1,0,NULL);
INSERT INTO `deliveries` VALUES (7,'TRK-UA4VN36TADTT','ORD-20260206-S7NFBQ94','00000000-0000-4000-8000-00000000001a','CANCELLED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631860000,NULL,1770372660000,1770372660000,2,0,NULL);
INSERT INTO `deliveries` VALUES (8,'TRK-UA4VE9DGUQAJ','ORD-20260206-S7NFCSR7','00000000-0000-4000-8000-00000000001a','PREPARING','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631860000,NULL,1770372660000,1770372660000,1,0,NULL);
INSERT INTO `deliveries` VALUES (9,'TRK-UA4V7GJZ4GRR','ORD-20260206-S7NF7UXC','00000000-0000-4000-8000-00000000001a','PREPARING','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631860000,NULL,1770372660000,1770372660000,1,0,NULL);
INSERT INTO `deliveries` VALUES (10,'TRK-UA4VQ5YJZ8J6','ORD-20260206-S7NFQTG9','00000000-0000-4000-8000-000000000021','CANCELLED','기본택배','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770631860000,NULL,1770372660000,1770372660000,2,0,NULL);
/*!40000 ALTER TABLE `deliveries` ENABLE KEYS */;
DROP TABLE IF EXISTS `delivery_history`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `delivery_history` (
  `delivery_id` bigint(20) NOT NULL,
  `entry_number` bigint(20) NOT NULL,
  `status` varchar(20) NOT NULL,
  `location` varchar(255) DEFAULT NULL,
  `description` varchar(500) DEFAULT NULL,
  `at_time` bigint(20) NOT NULL,
  PRIMARY KEY (`delivery_id`,`entry_number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `delivery_history` DISABLE KEYS */;
INSERT INTO `delivery_history` VALUES (1,1,'PREPARING',NULL,NULL,1770336000000);
INSERT INTO `delivery_history` VALUES (1,2,'CANCELLED',NULL,'the order was cancelled',1770336000000);
INSERT INTO `delivery_history` VALUES (2,1,'PREPARING',NULL,NULL,1770354000000);
INSERT INTO `delivery_history` VALUES (2,2,'CANCELLED',NULL,'the order was cancelled',1770354000000);
INSERT INTO `delivery_history` VALUES (3,1,'PREPARING',NULL,NULL,1770372000000);
INSERT INTO `delivery_history` VALUES (3,2,'SHIPPED','Seoul','on its way',1770372000000);
INSERT INTO `delivery_history` VALUES (3,3,'IN_TRANSIT','Seoul','on its way',1770372000000);
INSERT INTO `delivery_history` VALUES (3,4,'DELIVERED','Seoul','on its way',1770372000000);
INSERT INTO `delivery_history` VALUES (4,1,'PREPARING',NULL,NULL,1770372000000);
INSERT INTO `delivery_history` VALUES (4,2,'SHIPPED','Seoul','on its way',1770372000000);
INSERT INTO `delivery_history` VALUES (5,1,'PREPARING',NULL,NULL,1770372000000);
INSERT INTO `delivery_history` VALUES (5,2,'SHIPPED','Seoul','on its way',1770372000000);
INSERT INTO `delivery_history` VALUES (5,3,'IN_TRANSIT','Seoul','on its way',1770372000000);
INSERT INTO `delivery_history` VALUES (5,4,'DELIVERED','Seoul','on its way',1770372000000);
INSERT INTO `delivery_history` VALUES (5,5,'RETURNED','Seoul','on its way',1770372000000);
INSERT INTO `delivery_history` VALUES (6,1,'PREPARING',NULL,NULL,1770372000000);
INSERT INTO `delivery_history` VALUES (7,1,'PREPARING',NULL,NULL,1770372660000);
INSERT INTO `delivery_history` VALUES (7,2,'CANCELLED',NULL,'the order was cancelled',1770372660000);
INSERT INTO `delivery_history` VALUES (8,1,'PREPARING',NULL,NULL,1770372660000);
INSERT INTO `delivery_history` VALUES (9,1,'PREPARING',NULL,NULL,1770372660000);
INSERT INTO `delivery_history` VALUES (10,1,'PREPARING',NULL,NULL,1770372660000);
INSERT INTO `delivery_history` VALUES (10,2,'CANCELLED',NULL,'the order was cancelled',1770372660000);
/*!40000 ALTER TABLE `delivery_history` ENABLE KEYS */;
DROP TABLE IF EXISTS `gateway_hints`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `gateway_hints` (
  `hint` varchar(64) NOT NULL,
  `heard_at` bigint(20) NOT NULL,
  PRIMARY KEY (`hint`),
  KEY `gateway_hints_age` (`heard_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `gateway_hints` DISABLE KEYS */;
/*!40000 ALTER TABLE `gateway_hints` ENABLE KEYS */;
DROP TABLE IF EXISTS `idempotency_records`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `idempotency_records` (
  `scope` varchar(64) NOT NULL,
  `idem_key` varchar(255) NOT NULL,
  `request_hash` varchar(64) NOT NULL,
  `status` bigint(20) DEFAULT NULL,
  `location` varchar(500) DEFAULT NULL,
  `body` longtext DEFAULT NULL,
  `reference` varchar(100) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `headers` longtext DEFAULT NULL,
  `refused` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`scope`,`idem_key`),
  KEY `idempotency_records_age` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `idempotency_records` DISABLE KEYS */;
INSERT INTO `idempotency_records` VALUES ('00000000-0000-4000-8000-000000000011','first','7949ce255af03f2e134a5b33b982cf30f148906c88834448e92640dfe6535946',201,NULL,'{\"success\":true,\"data\":{\"id\":3,\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"CONFIRMED\",\"statusDescription\":\"confirmed\",\"items\":[{\"id\":1,\"productId\":1,\"variantId\":1,\"sku\":\"SKU-MUG\",\"productName\":\"mug\",\"variantName\":null,\"price\":9000,\"quantity\":2,\"subtotal\":18000},{\"id\":2,\"productId\":2,\"variantId\":2,\"sku\":\"SKU-PLATE\",\"productName\":\"plate\",\"variantName\":null,\"price\":12000,\"quantity\":1,\"subtotal\":12000}],\"itemCount\":2,\"totalQuantity\":3,\"totalAmount\":30000,\"discountAmount\":0,\"pointsUsed\":0,\"finalAmount\":30000,\"currency\":\"KRW\",\"appliedUserCouponId\":null,\"shippingAddress\":{\"receiverName\":\"김하늘\",\"receiverPhone\":\"010-1234-5678\",\"zipCode\":\"04524\",\"address1\":\"서울시 중구 세종대로 110\",\"address2\":\"3층\",\"fullAddress\":\"[04524] 서울시 중구 세종대로 110 3층\"},\"memo\":null,\"payBy\":\"2026-02-06T10:10:00.000Z\",\"paidAt\":null,\"shippedAt\":null,\"deliveredAt\":null,\"cancelReason\":null,\"cancelledAt\":null,\"refundedAt\":null,\"createdAt\":\"2026-02-06T10:00:00.000Z\",\"updatedAt\":\"2026-02-06T10:00:00.000Z\",\"version\":1,\"payment\":null}}',NULL,1770372000000,'{\"location\":\"/api/v1/shopping/orders/ORD-20260206-RYSJSP8D\"}',0);
INSERT INTO `idempotency_records` VALUES ('00000000-0000-4000-8000-000000000011','pay','dd28710f9f01245502b801fd550007bb7740cde3a411b53a7a2365bd3cabc9c3',201,NULL,'{\"success\":true,\"data\":{\"id\":3,\"paymentNumber\":\"PAY-U38YAJ3N\",\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"amount\":30000,\"status\":\"COMPLETED\",\"statusDescription\":\"completed\",\"paymentMethod\":\"CREDIT_CARD\",\"canonicalPaymentMethod\":\"CREDIT_CARD\",\"paymentMethodDescription\":\"card\",\"pgTransactionId\":\"PG-UZ9EMB4HECDG\",\"failureReason\":null,\"refundedAmount\":0,\"paidAt\":\"2026-02-06T10:00:00.000Z\",\"refundedAt\":null,\"createdAt\":\"2026-02-06T10:00:00.000Z\",\"updatedAt\":\"2026-02-06T10:00:00.000Z\"}}','SAGA-U38YFQUC',1770372000000,'{\"location\":\"/api/v1/shopping/payments/PAY-U38YAJ3N\"}',0);
/*!40000 ALTER TABLE `idempotency_records` ENABLE KEYS */;
DROP TABLE IF EXISTS `inventory_events`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `inventory_events` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `snapshot_id` bigint(20) NOT NULL,
  `aggregate_version` bigint(20) NOT NULL CHECK (`aggregate_version` > 0),
  `product_id` bigint(20) NOT NULL,
  `variant_id` bigint(20) NOT NULL,
  `location_code` varchar(50) NOT NULL,
  `event_type` varchar(20) NOT NULL,
  `quantity_change` bigint(20) NOT NULL,
  `quantity_after` bigint(20) NOT NULL,
  `reserved_change` bigint(20) NOT NULL,
  `reserved_after` bigint(20) NOT NULL,
  `reference_type` varchar(20) NOT NULL,
  `reference_id` varchar(40) NOT NULL,
  `correlation_id` varchar(40) NOT NULL,
  `change_reason` varchar(500) DEFAULT NULL,
  `performed_by` varchar(100) NOT NULL,
  `occurred_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `snapshot_id` (`snapshot_id`,`aggregate_version`)
) ENGINE=InnoDB AUTO_INCREMENT=47 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `inventory_events` DISABLE KEYS */;
INSERT INTO `inventory_events` VALUES (1,1,1,1,1,'MAIN','RECEIVED',500,500,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000001',1770336000000);
INSERT INTO `inventory_events` VALUES (2,2,1,2,2,'MAIN','RECEIVED',200,200,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000002',1770336000000);
INSERT INTO `inventory_events` VALUES (3,1,2,1,1,'MAIN','RESERVED',-2,498,2,2,'ORDER','ORD-20260206-CW6NRV6D','ORD-20260206-CW6NRV6D',NULL,'00000000-0000-4000-8000-000000000003',1770336000000);
INSERT INTO `inventory_events` VALUES (4,1,3,1,1,'MAIN','COMMITTED',0,498,-2,0,'ORDER','ORD-20260206-CW6NRV6D','ORD-20260206-CW6NRV6D',NULL,'00000000-0000-4000-8000-000000000003',1770336000000);
INSERT INTO `inventory_events` VALUES (5,1,4,1,1,'MAIN','RETURNED',2,500,0,0,'ORDER','ORD-20260206-CW6NRV6D','ORD-20260206-CW6NRV6D','the order was cancelled','00000000-0000-4000-8000-000000000003',1770336000000);
INSERT INTO `inventory_events` VALUES (6,1,5,1,1,'MAIN','RESERVED',-2,498,2,2,'ORDER','ORD-20260206-JXG4JJHT','ORD-20260206-JXG4JJHT',NULL,'00000000-0000-4000-8000-000000000006',1770354000000);
INSERT INTO `inventory_events` VALUES (7,1,6,1,1,'MAIN','COMMITTED',0,498,-2,0,'ORDER','ORD-20260206-JXG4JJHT','ORD-20260206-JXG4JJHT',NULL,'00000000-0000-4000-8000-000000000006',1770354000000);
INSERT INTO `inventory_events` VALUES (8,1,7,1,1,'MAIN','RETURNED',2,500,0,0,'ORDER','ORD-20260206-JXG4JJHT','ORD-20260206-JXG4JJHT','the order was cancelled','00000000-0000-4000-8000-000000000006',1770354000000);
INSERT INTO `inventory_events` VALUES (9,3,1,3,3,'MAIN','RECEIVED',10,10,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000008',1770372000000);
INSERT INTO `inventory_events` VALUES (10,4,1,3,4,'MAIN','RECEIVED',20,20,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000008',1770372000000);
INSERT INTO `inventory_events` VALUES (11,3,2,3,3,'MAIN','ADJUSTED',-3,7,0,0,'ADMIN','4ca8ed0e3cdc5a93','4ca8ed0e3cdc5a93','set','00000000-0000-4000-8000-000000000008',1770372000000);
INSERT INTO `inventory_events` VALUES (12,5,1,4,5,'MAIN','RECEIVED',100,100,0,0,'SYSTEM','OPENING','OPENING',NULL,'00000000-0000-4000-8000-000000000009',1770372000000);
INSERT INTO `inventory_events` VALUES (13,1,8,1,1,'MAIN','RESERVED',-2,498,2,2,'ORDER','ORD-20260206-RYSJSP8D','ORD-20260206-RYSJSP8D',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (14,2,2,2,2,'MAIN','RESERVED',-1,199,1,1,'ORDER','ORD-20260206-RYSJSP8D','ORD-20260206-RYSJSP8D',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (15,1,9,1,1,'MAIN','COMMITTED',0,498,-2,0,'ORDER','ORD-20260206-RYSJSP8D','ORD-20260206-RYSJSP8D',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (16,2,3,2,2,'MAIN','COMMITTED',0,199,-1,0,'ORDER','ORD-20260206-RYSJSP8D','ORD-20260206-RYSJSP8D',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (17,1,10,1,1,'MAIN','RESERVED',-2,496,2,2,'ORDER','ORD-20260206-RYSJT28M','ORD-20260206-RYSJT28M',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (18,1,11,1,1,'MAIN','COMMITTED',0,496,-2,0,'ORDER','ORD-20260206-RYSJT28M','ORD-20260206-RYSJT28M',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (19,2,4,2,2,'MAIN','RESERVED',-2,197,2,2,'ORDER','ORD-20260206-RYSJET9H','ORD-20260206-RYSJET9H',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (20,2,5,2,2,'MAIN','COMMITTED',0,197,-2,0,'ORDER','ORD-20260206-RYSJET9H','ORD-20260206-RYSJET9H',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (21,2,6,2,2,'MAIN','RETURNED',2,199,0,0,'ORDER','ORD-20260206-RYSJET9H','ORD-20260206-RYSJET9H','the parcel came back','00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (22,2,7,2,2,'MAIN','RESERVED',-2,197,2,2,'ORDER','ORD-20260206-RYSJARVY','ORD-20260206-RYSJARVY',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (23,2,8,2,2,'MAIN','COMMITTED',0,197,-2,0,'ORDER','ORD-20260206-RYSJARVY','ORD-20260206-RYSJARVY',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (24,1,12,1,1,'MAIN','RESERVED',-1,495,1,1,'ORDER','ORD-20260206-RYSJUX48','ORD-20260206-RYSJUX48',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (25,1,13,1,1,'MAIN','RELEASED',1,496,-1,0,'ORDER','ORD-20260206-RYSJUX48','ORD-20260206-RYSJUX48','the order was cancelled','00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (26,1,14,1,1,'MAIN','RESERVED',-1,495,1,1,'ORDER','ORD-20260206-RYSJ3BNK','ORD-20260206-RYSJ3BNK',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (27,1,15,1,1,'MAIN','RELEASED',1,496,-1,0,'ORDER','ORD-20260206-RYSJ3BNK','ORD-20260206-RYSJ3BNK','the order was cancelled','00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (28,2,9,2,2,'MAIN','RESERVED',-1,196,1,1,'ORDER','ORD-20260206-RYSJYFSW','ORD-20260206-RYSJYFSW',NULL,'00000000-0000-4000-8000-000000000011',1770372000000);
INSERT INTO `inventory_events` VALUES (29,2,10,2,2,'MAIN','RELEASED',1,197,-1,0,'ORDER','ORD-20260206-RYSJYFSW','ORD-20260206-RYSJYFSW','the order was cancelled','00000000-0000-4000-8000-000000000011',1770372660000);
INSERT INTO `inventory_events` VALUES (30,1,16,1,1,'MAIN','RESERVED',-2,494,2,2,'ORDER','ORD-20260206-S7NFBQ94','ORD-20260206-S7NFBQ94',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (31,1,17,1,1,'MAIN','COMMITTED',0,494,-2,0,'ORDER','ORD-20260206-S7NFBQ94','ORD-20260206-S7NFBQ94',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (32,1,18,1,1,'MAIN','RETURNED',2,496,0,0,'ORDER','ORD-20260206-S7NFBQ94','ORD-20260206-S7NFBQ94','the order was cancelled','00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (33,1,19,1,1,'MAIN','RESERVED',-1,495,1,1,'ORDER','ORD-20260206-S7NFCSR7','ORD-20260206-S7NFCSR7',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (34,2,11,2,2,'MAIN','RESERVED',-1,196,1,1,'ORDER','ORD-20260206-S7NFCSR7','ORD-20260206-S7NFCSR7',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (35,1,20,1,1,'MAIN','COMMITTED',0,495,-1,0,'ORDER','ORD-20260206-S7NFCSR7','ORD-20260206-S7NFCSR7',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (36,2,12,2,2,'MAIN','COMMITTED',0,196,-1,0,'ORDER','ORD-20260206-S7NFCSR7','ORD-20260206-S7NFCSR7',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (37,1,21,1,1,'MAIN','RESERVED',-2,493,2,2,'ORDER','ORD-20260206-S7NF7UXC','ORD-20260206-S7NF7UXC',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (38,1,22,1,1,'MAIN','COMMITTED',0,493,-2,0,'ORDER','ORD-20260206-S7NF7UXC','ORD-20260206-S7NF7UXC',NULL,'00000000-0000-4000-8000-00000000001a',1770372660000);
INSERT INTO `inventory_events` VALUES (39,1,23,1,1,'MAIN','RESERVED',-1,492,1,1,'ORDER','ORD-20260206-S7NFFCZZ','ORD-20260206-S7NFFCZZ',NULL,'00000000-0000-4000-8000-000000000021',1770372660000);
INSERT INTO `inventory_events` VALUES (40,1,24,1,1,'MAIN','RELEASED',1,493,-1,0,'ORDER','ORD-20260206-S7NFFCZZ','ORD-20260206-S7NFFCZZ','the order was cancelled','00000000-0000-4000-8000-000000000021',1770372660000);
INSERT INTO `inventory_events` VALUES (41,1,25,1,1,'MAIN','RESERVED',-1,492,1,1,'ORDER','ORD-20260206-S7NFQTG9','ORD-20260206-S7NFQTG9',NULL,'00000000-0000-4000-8000-000000000021',1770372660000);
INSERT INTO `inventory_events` VALUES (42,1,26,1,1,'MAIN','COMMITTED',0,492,-1,0,'ORDER','ORD-20260206-S7NFQTG9','ORD-20260206-S7NFQTG9',NULL,'00000000-0000-4000-8000-000000000021',1770372660000);
INSERT INTO `inventory_events` VALUES (43,1,27,1,1,'MAIN','RETURNED',1,493,0,0,'ORDER','ORD-20260206-S7NFQTG9','ORD-20260206-S7NFQTG9','the order was cancelled','00000000-0000-4000-8000-000000000021',1770372660000);
INSERT INTO `inventory_events` VALUES (44,1,28,1,1,'MAIN','RESERVED',-3,490,3,3,'ORDER','ORD-20260206-S7NFSYFM','ORD-20260206-S7NFSYFM',NULL,'00000000-0000-4000-8000-000000000022',1770372660000);
INSERT INTO `inventory_events` VALUES (45,2,13,2,2,'MAIN','RESERVED',-1,195,1,1,'ORDER','ORD-20260206-S7NFRXPB','ORD-20260206-S7NFRXPB',NULL,'00000000-0000-4000-8000-000000000023',1770372660000);
INSERT INTO `inventory_events` VALUES (46,1,29,1,1,'MAIN','RESERVED',-2,488,2,5,'ORDER','ORD-20260206-S7NFC8K8','ORD-20260206-S7NFC8K8',NULL,'00000000-0000-4000-8000-000000000021',1770372660000);
/*!40000 ALTER TABLE `inventory_events` ENABLE KEYS */;
DROP TABLE IF EXISTS `inventory_reservations`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `inventory_reservations` (
  `order_number` varchar(30) NOT NULL,
  `line_no` bigint(20) NOT NULL,
  `snapshot_id` bigint(20) NOT NULL,
  `user_id` varchar(36) NOT NULL,
  `quantity` bigint(20) NOT NULL CHECK (`quantity` > 0),
  `state` varchar(20) NOT NULL,
  `reserved_version` bigint(20) NOT NULL,
  `settled_version` bigint(20) DEFAULT NULL,
  `returned_version` bigint(20) DEFAULT NULL,
  `reserved_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  PRIMARY KEY (`order_number`,`line_no`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `inventory_reservations` DISABLE KEYS */;
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-CW6NRV6D',0,1,'00000000-0000-4000-8000-000000000003',2,'RETURNED',2,3,4,1770336000000,1770336000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-JXG4JJHT',0,1,'00000000-0000-4000-8000-000000000006',2,'RETURNED',5,6,7,1770354000000,1770354000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-RYSJ3BNK',0,1,'00000000-0000-4000-8000-000000000011',1,'RELEASED',14,15,NULL,1770372000000,1770372000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-RYSJARVY',0,2,'00000000-0000-4000-8000-000000000011',2,'COMMITTED',7,8,NULL,1770372000000,1770372000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-RYSJET9H',0,2,'00000000-0000-4000-8000-000000000011',2,'RETURNED',4,5,6,1770372000000,1770372000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-RYSJSP8D',0,1,'00000000-0000-4000-8000-000000000011',2,'COMMITTED',8,9,NULL,1770372000000,1770372000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-RYSJSP8D',1,2,'00000000-0000-4000-8000-000000000011',1,'COMMITTED',2,3,NULL,1770372000000,1770372000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-RYSJT28M',0,1,'00000000-0000-4000-8000-000000000011',2,'COMMITTED',10,11,NULL,1770372000000,1770372000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-RYSJUX48',0,1,'00000000-0000-4000-8000-000000000011',1,'RELEASED',12,13,NULL,1770372000000,1770372000000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-RYSJYFSW',0,2,'00000000-0000-4000-8000-000000000011',1,'RELEASED',9,10,NULL,1770372000000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NF7UXC',0,1,'00000000-0000-4000-8000-00000000001a',2,'COMMITTED',21,22,NULL,1770372660000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NFBQ94',0,1,'00000000-0000-4000-8000-00000000001a',2,'RETURNED',16,17,18,1770372660000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NFC8K8',0,1,'00000000-0000-4000-8000-000000000021',2,'LIVE',29,NULL,NULL,1770372660000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NFCSR7',0,1,'00000000-0000-4000-8000-00000000001a',1,'COMMITTED',19,20,NULL,1770372660000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NFCSR7',1,2,'00000000-0000-4000-8000-00000000001a',1,'COMMITTED',11,12,NULL,1770372660000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NFFCZZ',0,1,'00000000-0000-4000-8000-000000000021',1,'RELEASED',23,24,NULL,1770372660000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NFQTG9',0,1,'00000000-0000-4000-8000-000000000021',1,'RETURNED',25,26,27,1770372660000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NFRXPB',0,2,'00000000-0000-4000-8000-000000000023',1,'LIVE',13,NULL,NULL,1770372660000,1770372660000);
INSERT INTO `inventory_reservations` VALUES ('ORD-20260206-S7NFSYFM',0,1,'00000000-0000-4000-8000-000000000022',3,'LIVE',28,NULL,NULL,1770372660000,1770372660000);
/*!40000 ALTER TABLE `inventory_reservations` ENABLE KEYS */;
DROP TABLE IF EXISTS `inventory_snapshots`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `inventory_snapshots` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `product_id` bigint(20) NOT NULL,
  `variant_id` bigint(20) NOT NULL,
  `location_code` varchar(50) NOT NULL,
  `available` bigint(20) NOT NULL CHECK (`available` >= 0),
  `reserved` bigint(20) NOT NULL CHECK (`reserved` >= 0),
  `low_stock_threshold` bigint(20) NOT NULL CHECK (`low_stock_threshold` >= 0),
  `version` bigint(20) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `variant_id` (`variant_id`,`location_code`),
  KEY `inventory_snapshots_product` (`product_id`)
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `inventory_snapshots` DISABLE KEYS */;
INSERT INTO `inventory_snapshots` VALUES (1,1,1,'MAIN',488,5,10,29,1770336000000,1770372660000);
INSERT INTO `inventory_snapshots` VALUES (2,2,2,'MAIN',195,1,10,13,1770336000000,1770372660000);
INSERT INTO `inventory_snapshots` VALUES (3,3,3,'MAIN',7,0,10,2,1770372000000,1770372000000);
INSERT INTO `inventory_snapshots` VALUES (4,3,4,'MAIN',20,0,10,1,1770372000000,1770372000000);
INSERT INTO `inventory_snapshots` VALUES (5,4,5,'MAIN',100,0,10,1,1770372000000,1770372000000);
/*!40000 ALTER TABLE `inventory_snapshots` ENABLE KEYS */;
DROP TABLE IF EXISTS `lease_fences`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `lease_fences` (
  `name` varchar(60) NOT NULL,
  `fence` bigint(20) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `lease_fences` DISABLE KEYS */;
INSERT INTO `lease_fences` VALUES ('background',1);
/*!40000 ALTER TABLE `lease_fences` ENABLE KEYS */;
DROP TABLE IF EXISTS `leases`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `leases` (
  `name` varchar(60) NOT NULL,
  `holder` varchar(60) NOT NULL,
  `fence` bigint(20) NOT NULL,
  `beat` bigint(20) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `leases` DISABLE KEYS */;
INSERT INTO `leases` VALUES ('background','21253-7951abe95f59015e',1,0);
/*!40000 ALTER TABLE `leases` ENABLE KEYS */;
DROP TABLE IF EXISTS `one_time_tokens`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `one_time_tokens` (
  `token_hash` varchar(64) NOT NULL,
  `purpose` varchar(20) NOT NULL,
  `email` varchar(254) NOT NULL,
  `user_id` varchar(36) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`token_hash`),
  KEY `one_time_tokens_email` (`email`,`purpose`),
  KEY `one_time_tokens_expiry` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `one_time_tokens` DISABLE KEYS */;
INSERT INTO `one_time_tokens` VALUES ('99f8e96b1e1eb7d49d85c6b0cb86a1ab93e2358b3e26f75699831a8d04078e7d','PASSWORD_RESET','haneul@example.com','db8e85e5-d338-4dd2-b88a-2c836a9ba2ec',1770372000000,1770373800000);
INSERT INTO `one_time_tokens` VALUES ('ec80873f2d8e8c66b07a70c3669211f0effc761e4c3af732a0c08e8d9d9aefde','EMAIL_VERIFICATION','haneul@example.com','db8e85e5-d338-4dd2-b88a-2c836a9ba2ec',1770372000000,1770631200000);
/*!40000 ALTER TABLE `one_time_tokens` ENABLE KEYS */;
DROP TABLE IF EXISTS `order_items`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `order_items` (
  `order_id` bigint(20) NOT NULL,
  `line_number` bigint(20) NOT NULL,
  `product_id` bigint(20) NOT NULL,
  `variant_id` bigint(20) NOT NULL,
  `sku` varchar(100) NOT NULL,
  `product_name` varchar(255) NOT NULL,
  `variant_name` varchar(255) DEFAULT NULL,
  `unit_price` bigint(20) NOT NULL,
  `quantity` bigint(20) NOT NULL,
  `subtotal` bigint(20) NOT NULL,
  PRIMARY KEY (`order_id`,`line_number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `order_items` DISABLE KEYS */;
INSERT INTO `order_items` VALUES (1,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
INSERT INTO `order_items` VALUES (2,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
INSERT INTO `order_items` VALUES (3,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
INSERT INTO `order_items` VALUES (3,2,2,2,'SKU-PLATE','plate',NULL,12000,1,12000);
INSERT INTO `order_items` VALUES (4,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
INSERT INTO `order_items` VALUES (5,1,2,2,'SKU-PLATE','plate',NULL,12000,2,24000);
INSERT INTO `order_items` VALUES (6,1,2,2,'SKU-PLATE','plate',NULL,12000,2,24000);
INSERT INTO `order_items` VALUES (7,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
INSERT INTO `order_items` VALUES (8,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
INSERT INTO `order_items` VALUES (9,1,2,2,'SKU-PLATE','plate',NULL,12000,1,12000);
INSERT INTO `order_items` VALUES (10,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
INSERT INTO `order_items` VALUES (11,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
INSERT INTO `order_items` VALUES (11,2,2,2,'SKU-PLATE','plate',NULL,12000,1,12000);
INSERT INTO `order_items` VALUES (12,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
INSERT INTO `order_items` VALUES (13,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
INSERT INTO `order_items` VALUES (14,1,1,1,'SKU-MUG','mug',NULL,9000,1,9000);
INSERT INTO `order_items` VALUES (15,1,1,1,'SKU-MUG','mug',NULL,9000,3,27000);
INSERT INTO `order_items` VALUES (16,1,2,2,'SKU-PLATE','plate',NULL,12000,1,12000);
INSERT INTO `order_items` VALUES (17,1,1,1,'SKU-MUG','mug',NULL,9000,2,18000);
/*!40000 ALTER TABLE `order_items` ENABLE KEYS */;
DROP TABLE IF EXISTS `orders`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `orders` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `order_number` varchar(30) NOT NULL,
  `user_id` varchar(36) NOT NULL,
  `status` varchar(20) NOT NULL,
  `subtotal` bigint(20) NOT NULL,
  `coupon_discount` bigint(20) NOT NULL,
  `points_used` bigint(20) NOT NULL,
  `payable` bigint(20) NOT NULL,
  `currency` varchar(3) NOT NULL,
  `user_coupon_id` bigint(20) DEFAULT NULL,
  `receiver_name` varchar(100) NOT NULL,
  `receiver_phone` varchar(20) NOT NULL,
  `zip_code` varchar(10) NOT NULL,
  `address1` varchar(255) NOT NULL,
  `address2` varchar(255) DEFAULT NULL,
  `pay_by` bigint(20) DEFAULT NULL,
  `paid_at` bigint(20) DEFAULT NULL,
  `delivered_at` bigint(20) DEFAULT NULL,
  `ended_at` bigint(20) DEFAULT NULL,
  `end_reason` varchar(500) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `version` bigint(20) NOT NULL,
  `shipped_at` bigint(20) DEFAULT NULL,
  `memo` varchar(500) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `order_number` (`order_number`),
  KEY `orders_of_user` (`user_id`,`id`),
  KEY `orders_by_time` (`created_at`,`id`),
  KEY `orders_by_status` (`status`,`created_at`,`id`)
) ENGINE=InnoDB AUTO_INCREMENT=18 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `orders` DISABLE KEYS */;
INSERT INTO `orders` VALUES (1,'ORD-20260206-CW6NRV6D','00000000-0000-4000-8000-000000000003','REFUNDED',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770336600000,1770336000000,NULL,1770354000000,'changed my mind',1770336000000,1770354000000,3,NULL,NULL);
INSERT INTO `orders` VALUES (2,'ORD-20260206-JXG4JJHT','00000000-0000-4000-8000-000000000006','PAID',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770354600000,1770354000000,NULL,NULL,NULL,1770354000000,1770354000000,2,NULL,NULL);
INSERT INTO `orders` VALUES (3,'ORD-20260206-RYSJSP8D','00000000-0000-4000-8000-000000000011','DELIVERED',30000,0,0,30000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,1770372000000,1770372000000,NULL,NULL,1770372000000,1770372000000,4,1770372000000,NULL);
INSERT INTO `orders` VALUES (4,'ORD-20260206-RYSJT28M','00000000-0000-4000-8000-000000000011','SHIPPING',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,1770372000000,NULL,NULL,NULL,1770372000000,1770372000000,3,1770372000000,NULL);
INSERT INTO `orders` VALUES (5,'ORD-20260206-RYSJET9H','00000000-0000-4000-8000-000000000011','DELIVERED',24000,0,0,24000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,1770372000000,1770372000000,NULL,NULL,1770372000000,1770372000000,4,1770372000000,NULL);
INSERT INTO `orders` VALUES (6,'ORD-20260206-RYSJARVY','00000000-0000-4000-8000-000000000011','PAID',24000,0,0,24000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,1770372000000,NULL,NULL,NULL,1770372000000,1770372000000,2,NULL,NULL);
INSERT INTO `orders` VALUES (7,'ORD-20260206-RYSJUX48','00000000-0000-4000-8000-000000000011','CANCELLED',9000,0,0,9000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,NULL,NULL,1770372000000,'changed my mind',1770372000000,1770372000000,2,NULL,NULL);
INSERT INTO `orders` VALUES (8,'ORD-20260206-RYSJ3BNK','00000000-0000-4000-8000-000000000011','CANCELLED',9000,0,0,9000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,NULL,NULL,1770372000000,'CARD_DECLINED: the card company refused',1770372000000,1770372000000,2,NULL,NULL);
INSERT INTO `orders` VALUES (9,'ORD-20260206-RYSJYFSW','00000000-0000-4000-8000-000000000011','CANCELLED',12000,0,0,12000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770372600000,NULL,NULL,1770372660000,'not paid in time',1770372000000,1770372660000,2,NULL,NULL);
INSERT INTO `orders` VALUES (10,'ORD-20260206-S7NFBQ94','00000000-0000-4000-8000-00000000001a','REFUNDED',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,1770372660000,NULL,1770372660000,'changed my mind',1770372660000,1770372660000,3,NULL,NULL);
INSERT INTO `orders` VALUES (11,'ORD-20260206-S7NFCSR7','00000000-0000-4000-8000-00000000001a','PAID',21000,0,0,21000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,1770372660000,NULL,NULL,NULL,1770372660000,1770372660000,2,NULL,NULL);
INSERT INTO `orders` VALUES (12,'ORD-20260206-S7NF7UXC','00000000-0000-4000-8000-00000000001a','PAID',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,1770372660000,NULL,NULL,NULL,1770372660000,1770372660000,2,NULL,NULL);
INSERT INTO `orders` VALUES (13,'ORD-20260206-S7NFFCZZ','00000000-0000-4000-8000-000000000021','CANCELLED',9000,0,0,9000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,NULL,NULL,1770372660000,'changed my mind',1770372660000,1770372660000,2,NULL,NULL);
INSERT INTO `orders` VALUES (14,'ORD-20260206-S7NFQTG9','00000000-0000-4000-8000-000000000021','PAID',9000,0,0,9000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,1770372660000,NULL,NULL,NULL,1770372660000,1770372660000,2,NULL,NULL);
INSERT INTO `orders` VALUES (15,'ORD-20260206-S7NFSYFM','00000000-0000-4000-8000-000000000022','CONFIRMED',27000,0,0,27000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,NULL,NULL,NULL,NULL,1770372660000,1770372660000,1,NULL,NULL);
INSERT INTO `orders` VALUES (16,'ORD-20260206-S7NFRXPB','00000000-0000-4000-8000-000000000023','CONFIRMED',12000,0,0,12000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,NULL,NULL,NULL,NULL,1770372660000,1770372660000,1,NULL,NULL);
INSERT INTO `orders` VALUES (17,'ORD-20260206-S7NFC8K8','00000000-0000-4000-8000-000000000021','CONFIRMED',18000,0,0,18000,'KRW',NULL,'김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1770373260000,NULL,NULL,NULL,NULL,1770372660000,1770372660000,1,NULL,NULL);
/*!40000 ALTER TABLE `orders` ENABLE KEYS */;
DROP TABLE IF EXISTS `outbox`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `outbox` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `topic` varchar(100) NOT NULL,
  `event_key` varchar(100) NOT NULL,
  `payload` longtext NOT NULL,
  `trace` varchar(64) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `position` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `outbox_position` (`position`),
  KEY `outbox_key` (`event_key`)
) ENGINE=InnoDB AUTO_INCREMENT=128 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `outbox` DISABLE KEYS */;
INSERT INTO `outbox` VALUES (1,'shopping.product.changed','1','{\"productId\":1,\"change\":\"CREATED\"}',NULL,1770336000000,1);
INSERT INTO `outbox` VALUES (2,'shopping.inventory.changed','1','{\"productId\":1,\"variantId\":1,\"available\":500,\"reserved\":0}',NULL,1770336000000,2);
INSERT INTO `outbox` VALUES (3,'shopping.product.changed','2','{\"productId\":2,\"change\":\"CREATED\"}',NULL,1770336000000,3);
INSERT INTO `outbox` VALUES (4,'shopping.inventory.changed','2','{\"productId\":2,\"variantId\":2,\"available\":200,\"reserved\":0}',NULL,1770336000000,4);
INSERT INTO `outbox` VALUES (5,'shopping.order.created','ORD-20260206-CW6NRV6D','{\"orderNumber\":\"ORD-20260206-CW6NRV6D\",\"userId\":\"00000000-0000-4000-8000-000000000003\",\"totalAmount\":18000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":2,\"price\":9000}],\"payBy\":\"2026-02-06T00:10:00.000Z\",\"createdAt\":\"2026-02-06T00:00:00.000Z\"}',NULL,1770336000000,5);
INSERT INTO `outbox` VALUES (6,'shopping.inventory.reserved','ORD-20260206-CW6NRV6D','{\"orderNumber\":\"ORD-20260206-CW6NRV6D\",\"userId\":\"00000000-0000-4000-8000-000000000003\",\"reservedQuantities\":{\"1\":2},\"reservedAt\":\"2026-02-06T00:00:00.000Z\"}',NULL,1770336000000,6);
INSERT INTO `outbox` VALUES (7,'shopping.payment.completed','ORD-20260206-CW6NRV6D','{\"paymentNumber\":\"PAY-EYN3UDAA\",\"orderNumber\":\"ORD-20260206-CW6NRV6D\",\"userId\":\"00000000-0000-4000-8000-000000000003\",\"amount\":18000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-4RGFE67QW567\",\"paidAt\":\"2026-02-06T00:00:00.000Z\"}',NULL,1770336000000,7);
INSERT INTO `outbox` VALUES (8,'shopping.inventory.committed','ORD-20260206-CW6NRV6D','{\"orderNumber\":\"ORD-20260206-CW6NRV6D\",\"userId\":\"00000000-0000-4000-8000-000000000003\",\"reservedQuantities\":{\"1\":2},\"committedAt\":\"2026-02-06T00:00:00.000Z\"}',NULL,1770336000000,8);
INSERT INTO `outbox` VALUES (9,'shopping.order.confirmed','ORD-20260206-CW6NRV6D','{\"orderNumber\":\"ORD-20260206-CW6NRV6D\",\"userId\":\"00000000-0000-4000-8000-000000000003\",\"totalAmount\":18000,\"paymentNumber\":\"PAY-EYN3UDAA\",\"confirmedAt\":\"2026-02-06T00:00:00.000Z\"}',NULL,1770336000000,9);
INSERT INTO `outbox` VALUES (10,'shopping.delivery.updated','ORD-20260206-CW6NRV6D','{\"trackingNumber\":\"TRK-EYN3QWHSEWPK\",\"orderNumber\":\"ORD-20260206-CW6NRV6D\",\"userId\":\"00000000-0000-4000-8000-000000000003\",\"status\":\"CANCELLED\",\"at\":\"2026-02-06T00:00:00.000Z\"}',NULL,1770336000000,10);
INSERT INTO `outbox` VALUES (11,'shopping.inventory.changed','1','{\"productId\":1,\"variantId\":1,\"available\":500,\"reserved\":0}',NULL,1770336000000,11);
INSERT INTO `outbox` VALUES (12,'shopping.saga.compensation-failed','ORD-20260206-CW6NRV6D','{\"sagaId\":\"SAGA-EYN3CTQY\",\"saga\":\"order.v2\",\"orderNumber\":\"ORD-20260206-CW6NRV6D\",\"step\":\"PROCESS_PAYMENT\",\"attempts\":3,\"failedAt\":\"2026-02-06T01:00:00.000Z\",\"subject\":{\"kind\":\"order\",\"id\":\"ORD-20260206-CW6NRV6D\"}}',NULL,1770339600000,12);
INSERT INTO `outbox` VALUES (13,'shopping.order.cancelled','ORD-20260206-CW6NRV6D','{\"orderNumber\":\"ORD-20260206-CW6NRV6D\",\"userId\":\"00000000-0000-4000-8000-000000000003\",\"totalAmount\":18000,\"status\":\"REFUNDED\",\"cancelReason\":\"changed my mind\",\"cancelledBy\":\"00000000-0000-4000-8000-000000000003\",\"cancelledAt\":\"2026-02-06T05:00:00.000Z\"}',NULL,1770354000000,13);
INSERT INTO `outbox` VALUES (14,'shopping.order.created','ORD-20260206-JXG4JJHT','{\"orderNumber\":\"ORD-20260206-JXG4JJHT\",\"userId\":\"00000000-0000-4000-8000-000000000006\",\"totalAmount\":18000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":2,\"price\":9000}],\"payBy\":\"2026-02-06T05:10:00.000Z\",\"createdAt\":\"2026-02-06T05:00:00.000Z\"}',NULL,1770354000000,14);
INSERT INTO `outbox` VALUES (15,'shopping.inventory.reserved','ORD-20260206-JXG4JJHT','{\"orderNumber\":\"ORD-20260206-JXG4JJHT\",\"userId\":\"00000000-0000-4000-8000-000000000006\",\"reservedQuantities\":{\"1\":2},\"reservedAt\":\"2026-02-06T05:00:00.000Z\"}',NULL,1770354000000,15);
INSERT INTO `outbox` VALUES (16,'shopping.payment.completed','ORD-20260206-JXG4JJHT','{\"paymentNumber\":\"PAY-MZXHYQJP\",\"orderNumber\":\"ORD-20260206-JXG4JJHT\",\"userId\":\"00000000-0000-4000-8000-000000000006\",\"amount\":18000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-F5FD4EU3KCEH\",\"paidAt\":\"2026-02-06T05:00:00.000Z\"}',NULL,1770354000000,16);
INSERT INTO `outbox` VALUES (17,'shopping.inventory.committed','ORD-20260206-JXG4JJHT','{\"orderNumber\":\"ORD-20260206-JXG4JJHT\",\"userId\":\"00000000-0000-4000-8000-000000000006\",\"reservedQuantities\":{\"1\":2},\"committedAt\":\"2026-02-06T05:00:00.000Z\"}',NULL,1770354000000,17);
INSERT INTO `outbox` VALUES (18,'shopping.order.confirmed','ORD-20260206-JXG4JJHT','{\"orderNumber\":\"ORD-20260206-JXG4JJHT\",\"userId\":\"00000000-0000-4000-8000-000000000006\",\"totalAmount\":18000,\"paymentNumber\":\"PAY-MZXHYQJP\",\"confirmedAt\":\"2026-02-06T05:00:00.000Z\"}',NULL,1770354000000,18);
INSERT INTO `outbox` VALUES (19,'shopping.delivery.updated','ORD-20260206-JXG4JJHT','{\"trackingNumber\":\"TRK-MZXHSBA26JWD\",\"orderNumber\":\"ORD-20260206-JXG4JJHT\",\"userId\":\"00000000-0000-4000-8000-000000000006\",\"status\":\"CANCELLED\",\"at\":\"2026-02-06T05:00:00.000Z\"}',NULL,1770354000000,19);
INSERT INTO `outbox` VALUES (20,'shopping.inventory.changed','1','{\"productId\":1,\"variantId\":1,\"available\":500,\"reserved\":0}',NULL,1770354000000,20);
INSERT INTO `outbox` VALUES (21,'shopping.saga.compensation-failed','ORD-20260206-JXG4JJHT','{\"sagaId\":\"SAGA-MZXHZ2GM\",\"saga\":\"order.v2\",\"orderNumber\":\"ORD-20260206-JXG4JJHT\",\"step\":\"PROCESS_PAYMENT\",\"attempts\":3,\"failedAt\":\"2026-02-06T06:00:00.000Z\",\"subject\":{\"kind\":\"order\",\"id\":\"ORD-20260206-JXG4JJHT\"}}',NULL,1770357600000,21);
INSERT INTO `outbox` VALUES (22,'shopping.category.changed','category-1','{\"categoryId\":1,\"change\":\"CREATED\"}',NULL,1770372000000,22);
INSERT INTO `outbox` VALUES (23,'shopping.category.changed','category-2','{\"categoryId\":2,\"change\":\"CREATED\"}',NULL,1770372000000,23);
INSERT INTO `outbox` VALUES (24,'shopping.product.changed','3','{\"productId\":3,\"change\":\"CREATED\"}',NULL,1770372000000,24);
INSERT INTO `outbox` VALUES (25,'shopping.inventory.changed','3','{\"productId\":3,\"variantId\":3,\"available\":10,\"reserved\":0}',NULL,1770372000000,25);
INSERT INTO `outbox` VALUES (26,'shopping.inventory.changed','3','{\"productId\":3,\"variantId\":4,\"available\":20,\"reserved\":0}',NULL,1770372000000,26);
INSERT INTO `outbox` VALUES (27,'shopping.inventory.changed','3','{\"productId\":3,\"variantId\":3,\"available\":7,\"reserved\":0}',NULL,1770372000000,27);
INSERT INTO `outbox` VALUES (28,'shopping.product.changed','4','{\"productId\":4,\"change\":\"CREATED\"}',NULL,1770372000000,28);
INSERT INTO `outbox` VALUES (29,'shopping.inventory.changed','4','{\"productId\":4,\"variantId\":5,\"available\":100,\"reserved\":0}',NULL,1770372000000,29);
INSERT INTO `outbox` VALUES (30,'shopping.product.changed','4','{\"productId\":4,\"change\":\"DISCONTINUED\"}',NULL,1770372000000,30);
INSERT INTO `outbox` VALUES (31,'shopping.account.email-verification-requested','user-db8e85e5-d338-4dd2-b88a-2c836a9ba2ec','{\"userId\":\"db8e85e5-d338-4dd2-b88a-2c836a9ba2ec\",\"email\":\"haneul@example.com\",\"nickname\":\"하늘\",\"token\":\"Al1v_3EMMNhphzin7B6yrRkbVZmCb-ACZ0AZRhIZVew\",\"expiresAt\":\"2026-02-09T10:00:00.000Z\"}',NULL,1770372000000,31);
INSERT INTO `outbox` VALUES (32,'shopping.account.password-reset-requested','user-db8e85e5-d338-4dd2-b88a-2c836a9ba2ec','{\"userId\":\"db8e85e5-d338-4dd2-b88a-2c836a9ba2ec\",\"email\":\"haneul@example.com\",\"nickname\":\"하늘\",\"token\":\"DKXGR9p3e7eIBp0xR_XO1LsKiFBJUi0exXWYTpAMCuw\",\"expiresAt\":\"2026-02-06T10:30:00.000Z\"}',NULL,1770372000000,32);
INSERT INTO `outbox` VALUES (33,'shopping.coupon.issued','OPEN','{\"couponId\":1,\"userCouponId\":1,\"userId\":\"00000000-0000-4000-8000-00000000000d\",\"couponCode\":\"OPEN\",\"couponName\":\"Spring\",\"discountType\":\"PERCENTAGE\",\"discountValue\":10,\"issuedAt\":\"2026-02-06T10:00:00.000Z\",\"expiresAt\":\"2100-01-01T00:00:00.000Z\"}',NULL,1770372000000,33);
INSERT INTO `outbox` VALUES (34,'shopping.coupon.issued','LAST','{\"couponId\":2,\"userCouponId\":2,\"userId\":\"00000000-0000-4000-8000-00000000000e\",\"couponCode\":\"LAST\",\"couponName\":\"Spring\",\"discountType\":\"PERCENTAGE\",\"discountValue\":10,\"issuedAt\":\"2026-02-06T10:00:00.000Z\",\"expiresAt\":\"2100-01-01T00:00:00.000Z\"}',NULL,1770372000000,34);
INSERT INTO `outbox` VALUES (35,'shopping.coupon.issued','ENDED','{\"couponId\":3,\"userCouponId\":3,\"userId\":\"00000000-0000-4000-8000-00000000000f\",\"couponCode\":\"ENDED\",\"couponName\":\"Spring\",\"discountType\":\"PERCENTAGE\",\"discountValue\":10,\"issuedAt\":\"2026-02-06T10:00:00.000Z\",\"expiresAt\":\"2100-01-01T00:00:00.000Z\"}',NULL,1770372000000,35);
INSERT INTO `outbox` VALUES (36,'shopping.order.created','ORD-20260206-RYSJSP8D','{\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":30000,\"currency\":\"KRW\",\"itemCount\":2,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":2,\"price\":9000},{\"productId\":2,\"variantId\":2,\"productName\":\"plate\",\"quantity\":1,\"price\":12000}],\"payBy\":\"2026-02-06T10:10:00.000Z\",\"createdAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,36);
INSERT INTO `outbox` VALUES (37,'shopping.inventory.reserved','ORD-20260206-RYSJSP8D','{\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"1\":2,\"2\":1},\"reservedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,37);
INSERT INTO `outbox` VALUES (38,'shopping.payment.completed','ORD-20260206-RYSJSP8D','{\"paymentNumber\":\"PAY-U38YAJ3N\",\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"amount\":30000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-UZ9EMB4HECDG\",\"paidAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,38);
INSERT INTO `outbox` VALUES (39,'shopping.inventory.committed','ORD-20260206-RYSJSP8D','{\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"1\":2,\"2\":1},\"committedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,39);
INSERT INTO `outbox` VALUES (40,'shopping.order.confirmed','ORD-20260206-RYSJSP8D','{\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":30000,\"paymentNumber\":\"PAY-U38YAJ3N\",\"confirmedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,40);
INSERT INTO `outbox` VALUES (41,'shopping.delivery.updated','ORD-20260206-RYSJSP8D','{\"trackingNumber\":\"TRK-U38YBDJS5ADN\",\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"SHIPPED\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,41);
INSERT INTO `outbox` VALUES (42,'shopping.delivery.shipped','ORD-20260206-RYSJSP8D','{\"trackingNumber\":\"TRK-U38YBDJS5ADN\",\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"carrier\":\"기본택배\",\"estimatedDeliveryDate\":\"2026-02-09\",\"shippedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,42);
INSERT INTO `outbox` VALUES (43,'shopping.order.status-changed','ORD-20260206-RYSJSP8D','{\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"previousStatus\":\"PAID\",\"status\":\"SHIPPING\",\"reason\":null,\"changedBy\":\"00000000-0000-4000-8000-000000000012\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,43);
INSERT INTO `outbox` VALUES (44,'shopping.delivery.updated','ORD-20260206-RYSJSP8D','{\"trackingNumber\":\"TRK-U38YBDJS5ADN\",\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"IN_TRANSIT\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,44);
INSERT INTO `outbox` VALUES (45,'shopping.delivery.updated','ORD-20260206-RYSJSP8D','{\"trackingNumber\":\"TRK-U38YBDJS5ADN\",\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"DELIVERED\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,45);
INSERT INTO `outbox` VALUES (46,'shopping.delivery.delivered','ORD-20260206-RYSJSP8D','{\"trackingNumber\":\"TRK-U38YBDJS5ADN\",\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"deliveredAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,46);
INSERT INTO `outbox` VALUES (47,'shopping.order.status-changed','ORD-20260206-RYSJSP8D','{\"orderNumber\":\"ORD-20260206-RYSJSP8D\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"previousStatus\":\"SHIPPING\",\"status\":\"DELIVERED\",\"reason\":null,\"changedBy\":\"00000000-0000-4000-8000-000000000014\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,47);
INSERT INTO `outbox` VALUES (48,'shopping.order.created','ORD-20260206-RYSJT28M','{\"orderNumber\":\"ORD-20260206-RYSJT28M\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":18000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":2,\"price\":9000}],\"payBy\":\"2026-02-06T10:10:00.000Z\",\"createdAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,48);
INSERT INTO `outbox` VALUES (49,'shopping.inventory.reserved','ORD-20260206-RYSJT28M','{\"orderNumber\":\"ORD-20260206-RYSJT28M\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"1\":2},\"reservedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,49);
INSERT INTO `outbox` VALUES (50,'shopping.payment.completed','ORD-20260206-RYSJT28M','{\"paymentNumber\":\"PAY-U38YMK5P\",\"orderNumber\":\"ORD-20260206-RYSJT28M\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"amount\":18000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-UMPDDAXGESR4\",\"paidAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,50);
INSERT INTO `outbox` VALUES (51,'shopping.inventory.committed','ORD-20260206-RYSJT28M','{\"orderNumber\":\"ORD-20260206-RYSJT28M\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"1\":2},\"committedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,51);
INSERT INTO `outbox` VALUES (52,'shopping.order.confirmed','ORD-20260206-RYSJT28M','{\"orderNumber\":\"ORD-20260206-RYSJT28M\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":18000,\"paymentNumber\":\"PAY-U38YMK5P\",\"confirmedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,52);
INSERT INTO `outbox` VALUES (53,'shopping.delivery.updated','ORD-20260206-RYSJT28M','{\"trackingNumber\":\"TRK-U38Y94QEGW9D\",\"orderNumber\":\"ORD-20260206-RYSJT28M\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"SHIPPED\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,53);
INSERT INTO `outbox` VALUES (54,'shopping.delivery.shipped','ORD-20260206-RYSJT28M','{\"trackingNumber\":\"TRK-U38Y94QEGW9D\",\"orderNumber\":\"ORD-20260206-RYSJT28M\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"carrier\":\"기본택배\",\"estimatedDeliveryDate\":\"2026-02-09\",\"shippedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,54);
INSERT INTO `outbox` VALUES (55,'shopping.order.status-changed','ORD-20260206-RYSJT28M','{\"orderNumber\":\"ORD-20260206-RYSJT28M\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"previousStatus\":\"PAID\",\"status\":\"SHIPPING\",\"reason\":null,\"changedBy\":\"00000000-0000-4000-8000-000000000015\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,55);
INSERT INTO `outbox` VALUES (56,'shopping.order.created','ORD-20260206-RYSJET9H','{\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":24000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":2,\"variantId\":2,\"productName\":\"plate\",\"quantity\":2,\"price\":12000}],\"payBy\":\"2026-02-06T10:10:00.000Z\",\"createdAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,56);
INSERT INTO `outbox` VALUES (57,'shopping.inventory.reserved','ORD-20260206-RYSJET9H','{\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"2\":2},\"reservedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,57);
INSERT INTO `outbox` VALUES (58,'shopping.payment.completed','ORD-20260206-RYSJET9H','{\"paymentNumber\":\"PAY-U38YBR4T\",\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"amount\":24000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-PVFKE7E3WY5N\",\"paidAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,58);
INSERT INTO `outbox` VALUES (59,'shopping.inventory.committed','ORD-20260206-RYSJET9H','{\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"2\":2},\"committedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,59);
INSERT INTO `outbox` VALUES (60,'shopping.order.confirmed','ORD-20260206-RYSJET9H','{\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":24000,\"paymentNumber\":\"PAY-U38YBR4T\",\"confirmedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,60);
INSERT INTO `outbox` VALUES (61,'shopping.delivery.updated','ORD-20260206-RYSJET9H','{\"trackingNumber\":\"TRK-U38YBH4S237A\",\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"SHIPPED\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,61);
INSERT INTO `outbox` VALUES (62,'shopping.delivery.shipped','ORD-20260206-RYSJET9H','{\"trackingNumber\":\"TRK-U38YBH4S237A\",\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"carrier\":\"기본택배\",\"estimatedDeliveryDate\":\"2026-02-09\",\"shippedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,62);
INSERT INTO `outbox` VALUES (63,'shopping.order.status-changed','ORD-20260206-RYSJET9H','{\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"previousStatus\":\"PAID\",\"status\":\"SHIPPING\",\"reason\":null,\"changedBy\":\"00000000-0000-4000-8000-000000000016\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,63);
INSERT INTO `outbox` VALUES (64,'shopping.delivery.updated','ORD-20260206-RYSJET9H','{\"trackingNumber\":\"TRK-U38YBH4S237A\",\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"IN_TRANSIT\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,64);
INSERT INTO `outbox` VALUES (65,'shopping.delivery.updated','ORD-20260206-RYSJET9H','{\"trackingNumber\":\"TRK-U38YBH4S237A\",\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"DELIVERED\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,65);
INSERT INTO `outbox` VALUES (66,'shopping.delivery.delivered','ORD-20260206-RYSJET9H','{\"trackingNumber\":\"TRK-U38YBH4S237A\",\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"deliveredAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,66);
INSERT INTO `outbox` VALUES (67,'shopping.order.status-changed','ORD-20260206-RYSJET9H','{\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"previousStatus\":\"SHIPPING\",\"status\":\"DELIVERED\",\"reason\":null,\"changedBy\":\"00000000-0000-4000-8000-000000000018\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,67);
INSERT INTO `outbox` VALUES (68,'shopping.delivery.updated','ORD-20260206-RYSJET9H','{\"trackingNumber\":\"TRK-U38YBH4S237A\",\"orderNumber\":\"ORD-20260206-RYSJET9H\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"status\":\"RETURNED\",\"at\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,68);
INSERT INTO `outbox` VALUES (69,'shopping.inventory.changed','2','{\"productId\":2,\"variantId\":2,\"available\":199,\"reserved\":0}',NULL,1770372000000,69);
INSERT INTO `outbox` VALUES (70,'shopping.order.created','ORD-20260206-RYSJARVY','{\"orderNumber\":\"ORD-20260206-RYSJARVY\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":24000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":2,\"variantId\":2,\"productName\":\"plate\",\"quantity\":2,\"price\":12000}],\"payBy\":\"2026-02-06T10:10:00.000Z\",\"createdAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,70);
INSERT INTO `outbox` VALUES (71,'shopping.inventory.reserved','ORD-20260206-RYSJARVY','{\"orderNumber\":\"ORD-20260206-RYSJARVY\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"2\":2},\"reservedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,71);
INSERT INTO `outbox` VALUES (72,'shopping.payment.completed','ORD-20260206-RYSJARVY','{\"paymentNumber\":\"PAY-U38YAK7B\",\"orderNumber\":\"ORD-20260206-RYSJARVY\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"amount\":24000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-DY76PZ3UUU39\",\"paidAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,72);
INSERT INTO `outbox` VALUES (73,'shopping.inventory.committed','ORD-20260206-RYSJARVY','{\"orderNumber\":\"ORD-20260206-RYSJARVY\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"2\":2},\"committedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,73);
INSERT INTO `outbox` VALUES (74,'shopping.order.confirmed','ORD-20260206-RYSJARVY','{\"orderNumber\":\"ORD-20260206-RYSJARVY\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":24000,\"paymentNumber\":\"PAY-U38YAK7B\",\"confirmedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,74);
INSERT INTO `outbox` VALUES (75,'shopping.order.created','ORD-20260206-RYSJUX48','{\"orderNumber\":\"ORD-20260206-RYSJUX48\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":9000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":1,\"price\":9000}],\"payBy\":\"2026-02-06T10:10:00.000Z\",\"createdAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,75);
INSERT INTO `outbox` VALUES (76,'shopping.inventory.reserved','ORD-20260206-RYSJUX48','{\"orderNumber\":\"ORD-20260206-RYSJUX48\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"1\":1},\"reservedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,76);
INSERT INTO `outbox` VALUES (77,'shopping.inventory.released','ORD-20260206-RYSJUX48','{\"orderNumber\":\"ORD-20260206-RYSJUX48\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"1\":1},\"reason\":\"the order was cancelled\",\"releasedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,77);
INSERT INTO `outbox` VALUES (78,'shopping.order.cancelled','ORD-20260206-RYSJUX48','{\"orderNumber\":\"ORD-20260206-RYSJUX48\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":9000,\"status\":\"CANCELLED\",\"cancelReason\":\"changed my mind\",\"cancelledBy\":\"00000000-0000-4000-8000-000000000011\",\"cancelledAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,78);
INSERT INTO `outbox` VALUES (79,'shopping.order.created','ORD-20260206-RYSJ3BNK','{\"orderNumber\":\"ORD-20260206-RYSJ3BNK\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":9000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":1,\"price\":9000}],\"payBy\":\"2026-02-06T10:10:00.000Z\",\"createdAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,79);
INSERT INTO `outbox` VALUES (80,'shopping.inventory.reserved','ORD-20260206-RYSJ3BNK','{\"orderNumber\":\"ORD-20260206-RYSJ3BNK\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"1\":1},\"reservedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,80);
INSERT INTO `outbox` VALUES (81,'shopping.payment.failed','ORD-20260206-RYSJ3BNK','{\"paymentNumber\":\"PAY-U38Y42GS\",\"orderNumber\":\"ORD-20260206-RYSJ3BNK\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"amount\":9000,\"paymentMethod\":\"CREDIT_CARD\",\"failureReason\":\"CARD_DECLINED: the card company refused\",\"failedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,81);
INSERT INTO `outbox` VALUES (82,'shopping.inventory.released','ORD-20260206-RYSJ3BNK','{\"orderNumber\":\"ORD-20260206-RYSJ3BNK\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"1\":1},\"reason\":\"the order was cancelled\",\"releasedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,82);
INSERT INTO `outbox` VALUES (83,'shopping.order.cancelled','ORD-20260206-RYSJ3BNK','{\"orderNumber\":\"ORD-20260206-RYSJ3BNK\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":9000,\"status\":\"CANCELLED\",\"cancelReason\":\"CARD_DECLINED: the card company refused\",\"cancelledBy\":\"SYSTEM\",\"cancelledAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,83);
INSERT INTO `outbox` VALUES (84,'shopping.order.created','ORD-20260206-RYSJYFSW','{\"orderNumber\":\"ORD-20260206-RYSJYFSW\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":12000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":2,\"variantId\":2,\"productName\":\"plate\",\"quantity\":1,\"price\":12000}],\"payBy\":\"2026-02-06T10:10:00.000Z\",\"createdAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,84);
INSERT INTO `outbox` VALUES (85,'shopping.inventory.reserved','ORD-20260206-RYSJYFSW','{\"orderNumber\":\"ORD-20260206-RYSJYFSW\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"2\":1},\"reservedAt\":\"2026-02-06T10:00:00.000Z\"}',NULL,1770372000000,85);
INSERT INTO `outbox` VALUES (86,'shopping.inventory.released','ORD-20260206-RYSJYFSW','{\"orderNumber\":\"ORD-20260206-RYSJYFSW\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"reservedQuantities\":{\"2\":1},\"reason\":\"the order was cancelled\",\"releasedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,86);
INSERT INTO `outbox` VALUES (87,'shopping.order.cancelled','ORD-20260206-RYSJYFSW','{\"orderNumber\":\"ORD-20260206-RYSJYFSW\",\"userId\":\"00000000-0000-4000-8000-000000000011\",\"totalAmount\":12000,\"status\":\"CANCELLED\",\"cancelReason\":\"not paid in time\",\"cancelledBy\":\"SYSTEM\",\"cancelledAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,87);
INSERT INTO `outbox` VALUES (88,'shopping.order.created','ORD-20260206-S7NFBQ94','{\"orderNumber\":\"ORD-20260206-S7NFBQ94\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"totalAmount\":18000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":2,\"price\":9000}],\"payBy\":\"2026-02-06T10:21:00.000Z\",\"createdAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,88);
INSERT INTO `outbox` VALUES (89,'shopping.inventory.reserved','ORD-20260206-S7NFBQ94','{\"orderNumber\":\"ORD-20260206-S7NFBQ94\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"reservedQuantities\":{\"1\":2},\"reservedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,89);
INSERT INTO `outbox` VALUES (90,'shopping.payment.completed','ORD-20260206-S7NFBQ94','{\"paymentNumber\":\"PAY-UA4VP4QW\",\"orderNumber\":\"ORD-20260206-S7NFBQ94\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"amount\":18000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-AQ3H59TW5UBN\",\"paidAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,90);
INSERT INTO `outbox` VALUES (91,'shopping.inventory.committed','ORD-20260206-S7NFBQ94','{\"orderNumber\":\"ORD-20260206-S7NFBQ94\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"reservedQuantities\":{\"1\":2},\"committedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,91);
INSERT INTO `outbox` VALUES (92,'shopping.order.confirmed','ORD-20260206-S7NFBQ94','{\"orderNumber\":\"ORD-20260206-S7NFBQ94\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"totalAmount\":18000,\"paymentNumber\":\"PAY-UA4VP4QW\",\"confirmedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,92);
INSERT INTO `outbox` VALUES (93,'shopping.delivery.updated','ORD-20260206-S7NFBQ94','{\"trackingNumber\":\"TRK-UA4VN36TADTT\",\"orderNumber\":\"ORD-20260206-S7NFBQ94\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"status\":\"CANCELLED\",\"at\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,93);
INSERT INTO `outbox` VALUES (94,'shopping.inventory.changed','1','{\"productId\":1,\"variantId\":1,\"available\":496,\"reserved\":0}',NULL,1770372660000,94);
INSERT INTO `outbox` VALUES (95,'shopping.payment.refunded','ORD-20260206-S7NFBQ94','{\"paymentNumber\":\"PAY-UA4VP4QW\",\"orderNumber\":\"ORD-20260206-S7NFBQ94\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"amount\":18000,\"refundedAmount\":18000,\"paymentMethod\":\"CREDIT_CARD\",\"reason\":\"the order was cancelled\",\"refundedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,95);
INSERT INTO `outbox` VALUES (96,'shopping.order.cancelled','ORD-20260206-S7NFBQ94','{\"orderNumber\":\"ORD-20260206-S7NFBQ94\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"totalAmount\":18000,\"status\":\"REFUNDED\",\"cancelReason\":\"changed my mind\",\"cancelledBy\":\"00000000-0000-4000-8000-00000000001a\",\"cancelledAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,96);
INSERT INTO `outbox` VALUES (97,'shopping.order.created','ORD-20260206-S7NFCSR7','{\"orderNumber\":\"ORD-20260206-S7NFCSR7\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"totalAmount\":21000,\"currency\":\"KRW\",\"itemCount\":2,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":1,\"price\":9000},{\"productId\":2,\"variantId\":2,\"productName\":\"plate\",\"quantity\":1,\"price\":12000}],\"payBy\":\"2026-02-06T10:21:00.000Z\",\"createdAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,97);
INSERT INTO `outbox` VALUES (98,'shopping.inventory.reserved','ORD-20260206-S7NFCSR7','{\"orderNumber\":\"ORD-20260206-S7NFCSR7\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"reservedQuantities\":{\"1\":1,\"2\":1},\"reservedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,98);
INSERT INTO `outbox` VALUES (99,'shopping.payment.completed','ORD-20260206-S7NFCSR7','{\"paymentNumber\":\"PAY-UA4VFDHS\",\"orderNumber\":\"ORD-20260206-S7NFCSR7\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"amount\":21000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-X2WC9CXBPQ64\",\"paidAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,99);
INSERT INTO `outbox` VALUES (100,'shopping.inventory.committed','ORD-20260206-S7NFCSR7','{\"orderNumber\":\"ORD-20260206-S7NFCSR7\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"reservedQuantities\":{\"1\":1,\"2\":1},\"committedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,100);
INSERT INTO `outbox` VALUES (101,'shopping.order.confirmed','ORD-20260206-S7NFCSR7','{\"orderNumber\":\"ORD-20260206-S7NFCSR7\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"totalAmount\":21000,\"paymentNumber\":\"PAY-UA4VFDHS\",\"confirmedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,101);
INSERT INTO `outbox` VALUES (102,'shopping.payment.refunded','ORD-20260206-S7NFCSR7','{\"paymentNumber\":\"PAY-UA4VFDHS\",\"orderNumber\":\"ORD-20260206-S7NFCSR7\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"amount\":9000,\"refundedAmount\":9000,\"paymentMethod\":\"CREDIT_CARD\",\"reason\":\"broken\",\"refundedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,102);
INSERT INTO `outbox` VALUES (103,'shopping.payment.refunded','ORD-20260206-S7NFCSR7','{\"paymentNumber\":\"PAY-UA4VFDHS\",\"orderNumber\":\"ORD-20260206-S7NFCSR7\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"amount\":500,\"refundedAmount\":9500,\"paymentMethod\":\"CREDIT_CARD\",\"reason\":\"broken\",\"refundedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,103);
INSERT INTO `outbox` VALUES (104,'shopping.order.created','ORD-20260206-S7NF7UXC','{\"orderNumber\":\"ORD-20260206-S7NF7UXC\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"totalAmount\":18000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":2,\"price\":9000}],\"payBy\":\"2026-02-06T10:21:00.000Z\",\"createdAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,104);
INSERT INTO `outbox` VALUES (105,'shopping.inventory.reserved','ORD-20260206-S7NF7UXC','{\"orderNumber\":\"ORD-20260206-S7NF7UXC\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"reservedQuantities\":{\"1\":2},\"reservedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,105);
INSERT INTO `outbox` VALUES (106,'shopping.payment.completed','ORD-20260206-S7NF7UXC','{\"paymentNumber\":\"PAY-UA4V7KWN\",\"orderNumber\":\"ORD-20260206-S7NF7UXC\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"amount\":18000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-JEVZETW463FU\",\"paidAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,106);
INSERT INTO `outbox` VALUES (107,'shopping.inventory.committed','ORD-20260206-S7NF7UXC','{\"orderNumber\":\"ORD-20260206-S7NF7UXC\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"reservedQuantities\":{\"1\":2},\"committedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,107);
INSERT INTO `outbox` VALUES (108,'shopping.order.confirmed','ORD-20260206-S7NF7UXC','{\"orderNumber\":\"ORD-20260206-S7NF7UXC\",\"userId\":\"00000000-0000-4000-8000-00000000001a\",\"totalAmount\":18000,\"paymentNumber\":\"PAY-UA4V7KWN\",\"confirmedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,108);
INSERT INTO `outbox` VALUES (109,'shopping.order.created','ORD-20260206-S7NFFCZZ','{\"orderNumber\":\"ORD-20260206-S7NFFCZZ\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"totalAmount\":9000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":1,\"price\":9000}],\"payBy\":\"2026-02-06T10:21:00.000Z\",\"createdAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,109);
INSERT INTO `outbox` VALUES (110,'shopping.inventory.reserved','ORD-20260206-S7NFFCZZ','{\"orderNumber\":\"ORD-20260206-S7NFFCZZ\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"reservedQuantities\":{\"1\":1},\"reservedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,110);
INSERT INTO `outbox` VALUES (111,'shopping.payment.failed','ORD-20260206-S7NFFCZZ','{\"paymentNumber\":\"PAY-UA4VBDAJ\",\"orderNumber\":\"ORD-20260206-S7NFFCZZ\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"amount\":9000,\"paymentMethod\":\"CREDIT_CARD\",\"failureReason\":\"CANCELLED: given up before there was an outcome\",\"failedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,111);
INSERT INTO `outbox` VALUES (112,'shopping.inventory.released','ORD-20260206-S7NFFCZZ','{\"orderNumber\":\"ORD-20260206-S7NFFCZZ\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"reservedQuantities\":{\"1\":1},\"reason\":\"the order was cancelled\",\"releasedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,112);
INSERT INTO `outbox` VALUES (113,'shopping.order.cancelled','ORD-20260206-S7NFFCZZ','{\"orderNumber\":\"ORD-20260206-S7NFFCZZ\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"totalAmount\":9000,\"status\":\"CANCELLED\",\"cancelReason\":\"changed my mind\",\"cancelledBy\":\"00000000-0000-4000-8000-000000000021\",\"cancelledAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,113);
INSERT INTO `outbox` VALUES (114,'shopping.order.created','ORD-20260206-S7NFQTG9','{\"orderNumber\":\"ORD-20260206-S7NFQTG9\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"totalAmount\":9000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":1,\"price\":9000}],\"payBy\":\"2026-02-06T10:21:00.000Z\",\"createdAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,114);
INSERT INTO `outbox` VALUES (115,'shopping.inventory.reserved','ORD-20260206-S7NFQTG9','{\"orderNumber\":\"ORD-20260206-S7NFQTG9\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"reservedQuantities\":{\"1\":1},\"reservedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,115);
INSERT INTO `outbox` VALUES (116,'shopping.payment.completed','ORD-20260206-S7NFQTG9','{\"paymentNumber\":\"PAY-UA4V5Q53\",\"orderNumber\":\"ORD-20260206-S7NFQTG9\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"amount\":9000,\"paymentMethod\":\"CREDIT_CARD\",\"pgTransactionId\":\"PG-4ZE68ZMD9RZ3\",\"paidAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,116);
INSERT INTO `outbox` VALUES (117,'shopping.inventory.committed','ORD-20260206-S7NFQTG9','{\"orderNumber\":\"ORD-20260206-S7NFQTG9\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"reservedQuantities\":{\"1\":1},\"committedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,117);
INSERT INTO `outbox` VALUES (118,'shopping.order.confirmed','ORD-20260206-S7NFQTG9','{\"orderNumber\":\"ORD-20260206-S7NFQTG9\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"totalAmount\":9000,\"paymentNumber\":\"PAY-UA4V5Q53\",\"confirmedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,118);
INSERT INTO `outbox` VALUES (119,'shopping.delivery.updated','ORD-20260206-S7NFQTG9','{\"trackingNumber\":\"TRK-UA4VQ5YJZ8J6\",\"orderNumber\":\"ORD-20260206-S7NFQTG9\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"status\":\"CANCELLED\",\"at\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,119);
INSERT INTO `outbox` VALUES (120,'shopping.inventory.changed','1','{\"productId\":1,\"variantId\":1,\"available\":493,\"reserved\":0}',NULL,1770372660000,120);
INSERT INTO `outbox` VALUES (121,'shopping.order.created','ORD-20260206-S7NFSYFM','{\"orderNumber\":\"ORD-20260206-S7NFSYFM\",\"userId\":\"00000000-0000-4000-8000-000000000022\",\"totalAmount\":27000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":3,\"price\":9000}],\"payBy\":\"2026-02-06T10:21:00.000Z\",\"createdAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,121);
INSERT INTO `outbox` VALUES (122,'shopping.inventory.reserved','ORD-20260206-S7NFSYFM','{\"orderNumber\":\"ORD-20260206-S7NFSYFM\",\"userId\":\"00000000-0000-4000-8000-000000000022\",\"reservedQuantities\":{\"1\":3},\"reservedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,122);
INSERT INTO `outbox` VALUES (123,'shopping.delivery.shipped','ORD-20260206-S7NFSYFM','{\"trackingNumber\":\"TRK-23456789ABCD\",\"orderNumber\":\"ORD-20260206-S7NFSYFM\",\"userId\":\"00000000-0000-4000-8000-000000000022\",\"carrier\":\"by hand\",\"estimatedDeliveryDate\":\"2026-02-08\",\"shippedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,123);
INSERT INTO `outbox` VALUES (124,'shopping.order.created','ORD-20260206-S7NFRXPB','{\"orderNumber\":\"ORD-20260206-S7NFRXPB\",\"userId\":\"00000000-0000-4000-8000-000000000023\",\"totalAmount\":12000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":2,\"variantId\":2,\"productName\":\"plate\",\"quantity\":1,\"price\":12000}],\"payBy\":\"2026-02-06T10:21:00.000Z\",\"createdAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,NULL);
INSERT INTO `outbox` VALUES (125,'shopping.inventory.reserved','ORD-20260206-S7NFRXPB','{\"orderNumber\":\"ORD-20260206-S7NFRXPB\",\"userId\":\"00000000-0000-4000-8000-000000000023\",\"reservedQuantities\":{\"2\":1},\"reservedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,NULL);
INSERT INTO `outbox` VALUES (126,'shopping.order.created','ORD-20260206-S7NFC8K8','{\"orderNumber\":\"ORD-20260206-S7NFC8K8\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"totalAmount\":18000,\"currency\":\"KRW\",\"itemCount\":1,\"items\":[{\"productId\":1,\"variantId\":1,\"productName\":\"mug\",\"quantity\":2,\"price\":9000}],\"payBy\":\"2026-02-06T10:21:00.000Z\",\"createdAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,NULL);
INSERT INTO `outbox` VALUES (127,'shopping.inventory.reserved','ORD-20260206-S7NFC8K8','{\"orderNumber\":\"ORD-20260206-S7NFC8K8\",\"userId\":\"00000000-0000-4000-8000-000000000021\",\"reservedQuantities\":{\"1\":2},\"reservedAt\":\"2026-02-06T10:11:00.000Z\"}',NULL,1770372660000,NULL);
/*!40000 ALTER TABLE `outbox` ENABLE KEYS */;
DROP TABLE IF EXISTS `parked_events`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `parked_events` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `consumer` varchar(60) NOT NULL,
  `event_id` bigint(20) NOT NULL,
  `topic` varchar(100) NOT NULL,
  `event_key` varchar(100) NOT NULL,
  `payload` longtext NOT NULL,
  `occurred_at` bigint(20) NOT NULL,
  `attempts` bigint(20) NOT NULL,
  `status` varchar(20) NOT NULL,
  `try_at` bigint(20) NOT NULL,
  `last_error` varchar(1000) DEFAULT NULL,
  `parked_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `consumer` (`consumer`,`event_id`),
  KEY `parked_events_due` (`status`,`try_at`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `parked_events` DISABLE KEYS */;
INSERT INTO `parked_events` VALUES (1,'order',123,'shopping.delivery.shipped','ORD-20260206-S7NFSYFM','{\"trackingNumber\":\"TRK-23456789ABCD\",\"orderNumber\":\"ORD-20260206-S7NFSYFM\",\"userId\":\"00000000-0000-4000-8000-000000000022\",\"carrier\":\"by hand\",\"estimatedDeliveryDate\":\"2026-02-08\",\"shippedAt\":\"2026-02-06T10:11:00.000Z\"}',1770372660000,1,'RETRYING',1770372661000,'S205 this order is not paid yet: its parcel left before it was paid',1770372660000);
/*!40000 ALTER TABLE `parked_events` ENABLE KEYS */;
DROP TABLE IF EXISTS `payments`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `payments` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `payment_number` varchar(30) NOT NULL,
  `order_number` varchar(30) NOT NULL,
  `user_id` varchar(36) NOT NULL,
  `amount` bigint(20) NOT NULL,
  `method` varchar(30) NOT NULL,
  `payment_key` varchar(200) DEFAULT NULL,
  `status` varchar(30) NOT NULL,
  `live_key` varchar(30) DEFAULT NULL,
  `transaction_id` varchar(100) DEFAULT NULL,
  `captured` bigint(20) NOT NULL,
  `refunded` bigint(20) NOT NULL,
  `refund_claimed` bigint(20) NOT NULL,
  `failure_reason` varchar(500) DEFAULT NULL,
  `paid_at` bigint(20) DEFAULT NULL,
  `ended_at` bigint(20) DEFAULT NULL,
  `refunded_at` bigint(20) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `version` bigint(20) NOT NULL,
  `method_sent` varchar(30) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `payment_number` (`payment_number`),
  UNIQUE KEY `live_key` (`live_key`),
  UNIQUE KEY `transaction_id` (`transaction_id`),
  KEY `payments_of_order` (`order_number`,`id`)
) ENGINE=InnoDB AUTO_INCREMENT=14 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `payments` DISABLE KEYS */;
INSERT INTO `payments` VALUES (1,'PAY-EYN3UDAA','ORD-20260206-CW6NRV6D','00000000-0000-4000-8000-000000000003',18000,'CREDIT_CARD','refund-declined','COMPLETED','ORD-20260206-CW6NRV6D','PG-4RGFE67QW567',18000,0,0,NULL,1770336000000,NULL,NULL,1770336000000,1770339600000,8,'CREDIT_CARD');
INSERT INTO `payments` VALUES (2,'PAY-MZXHYQJP','ORD-20260206-JXG4JJHT','00000000-0000-4000-8000-000000000006',18000,'CREDIT_CARD','refund-declined','COMPLETED','ORD-20260206-JXG4JJHT','PG-F5FD4EU3KCEH',18000,0,0,NULL,1770354000000,NULL,NULL,1770354000000,1770357600000,8,'CREDIT_CARD');
INSERT INTO `payments` VALUES (3,'PAY-U38YAJ3N','ORD-20260206-RYSJSP8D','00000000-0000-4000-8000-000000000011',30000,'CREDIT_CARD','approve','COMPLETED','ORD-20260206-RYSJSP8D','PG-UZ9EMB4HECDG',30000,0,0,NULL,1770372000000,NULL,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
INSERT INTO `payments` VALUES (4,'PAY-U38YMK5P','ORD-20260206-RYSJT28M','00000000-0000-4000-8000-000000000011',18000,'CREDIT_CARD','approve','COMPLETED','ORD-20260206-RYSJT28M','PG-UMPDDAXGESR4',18000,0,0,NULL,1770372000000,NULL,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
INSERT INTO `payments` VALUES (5,'PAY-U38YBR4T','ORD-20260206-RYSJET9H','00000000-0000-4000-8000-000000000011',24000,'CREDIT_CARD','approve','COMPLETED','ORD-20260206-RYSJET9H','PG-PVFKE7E3WY5N',24000,0,0,NULL,1770372000000,NULL,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
INSERT INTO `payments` VALUES (6,'PAY-U38YAK7B','ORD-20260206-RYSJARVY','00000000-0000-4000-8000-000000000011',24000,'CREDIT_CARD','approve','COMPLETED','ORD-20260206-RYSJARVY','PG-DY76PZ3UUU39',24000,0,0,NULL,1770372000000,NULL,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
INSERT INTO `payments` VALUES (7,'PAY-U38Y42GS','ORD-20260206-RYSJ3BNK','00000000-0000-4000-8000-000000000011',9000,'CREDIT_CARD','decline-card-declined','FAILED',NULL,NULL,0,0,0,'CARD_DECLINED: the card company refused',NULL,1770372000000,NULL,1770372000000,1770372000000,2,'CREDIT_CARD');
INSERT INTO `payments` VALUES (8,'PAY-UA4VP4QW','ORD-20260206-S7NFBQ94','00000000-0000-4000-8000-00000000001a',18000,'CREDIT_CARD','approve','REFUNDED','ORD-20260206-S7NFBQ94','PG-AQ3H59TW5UBN',18000,18000,18000,NULL,1770372660000,NULL,1770372660000,1770372660000,1770372660000,4,'CREDIT_CARD');
INSERT INTO `payments` VALUES (9,'PAY-UA4VFDHS','ORD-20260206-S7NFCSR7','00000000-0000-4000-8000-00000000001a',21000,'CREDIT_CARD','approve','PARTIALLY_REFUNDED','ORD-20260206-S7NFCSR7','PG-X2WC9CXBPQ64',21000,9500,9500,NULL,1770372660000,NULL,1770372660000,1770372660000,1770372660000,6,'CREDIT_CARD');
INSERT INTO `payments` VALUES (10,'PAY-UA4V7KWN','ORD-20260206-S7NF7UXC','00000000-0000-4000-8000-00000000001a',18000,'CREDIT_CARD','refund-declined','COMPLETED','ORD-20260206-S7NF7UXC','PG-JEVZETW463FU',18000,0,0,NULL,1770372660000,NULL,NULL,1770372660000,1770372660000,4,'CREDIT_CARD');
INSERT INTO `payments` VALUES (11,'PAY-UA4VBDAJ','ORD-20260206-S7NFFCZZ','00000000-0000-4000-8000-000000000021',9000,'CREDIT_CARD','timeout-uncharged','CANCELLED',NULL,NULL,0,0,0,NULL,NULL,1770372660000,NULL,1770372660000,1770372660000,2,'CREDIT_CARD');
INSERT INTO `payments` VALUES (12,'PAY-UA4V5Q53','ORD-20260206-S7NFQTG9','00000000-0000-4000-8000-000000000021',9000,'CREDIT_CARD','refund-pending','COMPLETED','ORD-20260206-S7NFQTG9','PG-4ZE68ZMD9RZ3',9000,0,9000,NULL,1770372660000,NULL,NULL,1770372660000,1770372660000,3,'CREDIT_CARD');
INSERT INTO `payments` VALUES (13,'PAY-UA4VJD3E','ORD-20260206-S7NFC8K8','00000000-0000-4000-8000-000000000021',18000,'CREDIT_CARD','timeout-charged','PROCESSING','ORD-20260206-S7NFC8K8',NULL,0,0,0,NULL,NULL,NULL,NULL,1770372660000,1770372660000,1,'CREDIT_CARD');
/*!40000 ALTER TABLE `payments` ENABLE KEYS */;
DROP TABLE IF EXISTS `product_images`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `product_images` (
  `product_id` bigint(20) NOT NULL,
  `position` bigint(20) NOT NULL,
  `url` varchar(500) NOT NULL,
  PRIMARY KEY (`product_id`,`position`),
  CONSTRAINT `product_images_ibfk_1` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `product_images` DISABLE KEYS */;
/*!40000 ALTER TABLE `product_images` ENABLE KEYS */;
DROP TABLE IF EXISTS `product_variants`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `product_variants` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `product_id` bigint(20) NOT NULL,
  `default_of` bigint(20) DEFAULT NULL,
  `sku` varchar(100) NOT NULL,
  `name` varchar(200) DEFAULT NULL,
  `options` varchar(2000) NOT NULL,
  `price_adjustment` bigint(20) NOT NULL,
  `status` varchar(20) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `sku_key` varchar(300) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `sku` (`sku`),
  UNIQUE KEY `default_of` (`default_of`),
  UNIQUE KEY `product_variants_sku_identity` (`sku_key`),
  KEY `product_variants_product` (`product_id`,`status`),
  CONSTRAINT `product_variants_ibfk_1` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `product_variants` DISABLE KEYS */;
INSERT INTO `product_variants` VALUES (1,1,1,'SKU-MUG',NULL,'{}',0,'ACTIVE',1770336000000,1770336000000,'sku-mug');
INSERT INTO `product_variants` VALUES (2,2,2,'SKU-PLATE',NULL,'{}',0,'ACTIVE',1770336000000,1770336000000,'sku-plate');
INSERT INTO `product_variants` VALUES (3,3,3,'TEE-S',NULL,'{\"size\":\"S\"}',0,'ACTIVE',1770372000000,1770372000000,'tee-s');
INSERT INTO `product_variants` VALUES (4,3,NULL,'TEE-L',NULL,'{\"size\":\"L\"}',1000,'ACTIVE',1770372000000,1770372000000,'tee-l');
INSERT INTO `product_variants` VALUES (5,4,4,'SKU-LAMP',NULL,'{}',0,'ACTIVE',1770372000000,1770372000000,'sku-lamp');
/*!40000 ALTER TABLE `product_variants` ENABLE KEYS */;
DROP TABLE IF EXISTS `products`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `products` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `sku` varchar(100) NOT NULL,
  `name` varchar(200) NOT NULL,
  `held_name` varchar(200) DEFAULT NULL,
  `description` longtext DEFAULT NULL,
  `price` bigint(20) NOT NULL,
  `sale_price` bigint(20) DEFAULT NULL,
  `current_price` bigint(20) NOT NULL,
  `category_id` bigint(20) DEFAULT NULL,
  `brand` varchar(100) DEFAULT NULL,
  `image_url` varchar(500) DEFAULT NULL,
  `status` varchar(20) NOT NULL,
  `seller_id` varchar(36) DEFAULT NULL,
  `version` bigint(20) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `lowest_price` bigint(20) NOT NULL DEFAULT 0,
  `highest_price` bigint(20) NOT NULL DEFAULT 0,
  `name_key` varchar(600) NOT NULL DEFAULT '',
  `sku_key` varchar(300) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `sku` (`sku`),
  UNIQUE KEY `held_name` (`held_name`),
  UNIQUE KEY `products_sku_identity` (`sku_key`),
  KEY `products_newest` (`status`,`created_at`,`id`),
  KEY `products_category` (`category_id`,`status`),
  KEY `products_brand` (`brand`,`status`),
  KEY `products_seller` (`seller_id`,`status`,`created_at`),
  KEY `products_lowest` (`status`,`lowest_price`,`id`),
  KEY `products_highest` (`status`,`highest_price`,`id`),
  KEY `products_sorted` (`status`,`name_key`,`id`),
  CONSTRAINT `products_ibfk_1` FOREIGN KEY (`category_id`) REFERENCES `categories` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `products` DISABLE KEYS */;
INSERT INTO `products` VALUES (1,'SKU-MUG','mug','mug',NULL,9000,NULL,9000,NULL,NULL,NULL,'ACTIVE',NULL,1,1770336000000,1770336000000,9000,9000,'1FpBr-FR00k','sku-mug');
INSERT INTO `products` VALUES (2,'SKU-PLATE','plate','plate',NULL,12000,NULL,12000,NULL,NULL,NULL,'ACTIVE',NULL,1,1770336000000,1770336000000,12000,12000,'1HJ3fJIB01F38','sku-plate');
INSERT INTO `products` VALUES (3,'TEE','Tee','Tee',NULL,20000,15000,15000,1,NULL,NULL,'ACTIVE',NULL,1,1770372000000,1770372000000,15000,16000,'1JIBn-FR0r-N','tee');
INSERT INTO `products` VALUES (4,'SKU-LAMP','lamp',NULL,NULL,10000,NULL,10000,NULL,NULL,NULL,'DISCONTINUED','00000000-0000-4000-8000-000000000009',2,1770372000000,1770372000000,10000,10000,'1FHh2HF37-FV','sku-lamp');
/*!40000 ALTER TABLE `products` ENABLE KEYS */;
DROP TABLE IF EXISTS `refresh_tokens`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `refresh_tokens` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `token_hash` varchar(64) NOT NULL,
  `family` varchar(36) NOT NULL,
  `user_id` varchar(36) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  `used_at` bigint(20) DEFAULT NULL,
  `ended_at` bigint(20) DEFAULT NULL,
  `successor_salt` varchar(64) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `token_hash` (`token_hash`),
  KEY `refresh_tokens_family` (`family`),
  KEY `refresh_tokens_user` (`user_id`),
  KEY `refresh_tokens_expiry` (`expires_at`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `refresh_tokens` DISABLE KEYS */;
INSERT INTO `refresh_tokens` VALUES (1,'21d14c66693dea78ad1c85539fd80f32541021644b02b6388f9e7f08054a3b14','b79c1c6d-c21e-4f35-81a5-4d43c567ef7b','db8e85e5-d338-4dd2-b88a-2c836a9ba2ec',1770372000000,1770976800000,1770372000000,NULL,'f090bd684cc51ab9e5e0ffb024d56f1f4136cd24782868a0672ef4a664fa71eb');
INSERT INTO `refresh_tokens` VALUES (2,'261f02b624dd0272d9baa585fa290a30f6c930fa9e7181e101f841d82b9b6c84','b79c1c6d-c21e-4f35-81a5-4d43c567ef7b','db8e85e5-d338-4dd2-b88a-2c836a9ba2ec',1770372000000,1770976800000,NULL,NULL,NULL);
/*!40000 ALTER TABLE `refresh_tokens` ENABLE KEYS */;
DROP TABLE IF EXISTS `refund_lines`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `refund_lines` (
  `refund_id` bigint(20) NOT NULL,
  `line_number` bigint(20) NOT NULL,
  `units` bigint(20) NOT NULL,
  `amount` bigint(20) NOT NULL,
  PRIMARY KEY (`refund_id`,`line_number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `refund_lines` DISABLE KEYS */;
INSERT INTO `refund_lines` VALUES (8,1,1,9000);
/*!40000 ALTER TABLE `refund_lines` ENABLE KEYS */;
DROP TABLE IF EXISTS `refunds`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `refunds` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `payment_number` varchar(30) NOT NULL,
  `order_number` varchar(30) NOT NULL,
  `amount` bigint(20) NOT NULL,
  `reason` varchar(500) NOT NULL,
  `status` varchar(20) NOT NULL,
  `transaction_id` varchar(100) DEFAULT NULL,
  `failure_reason` varchar(500) DEFAULT NULL,
  `ended_at` bigint(20) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `refunds_of_payment` (`payment_number`,`id`),
  KEY `refunds_of_order` (`order_number`,`id`)
) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `refunds` DISABLE KEYS */;
INSERT INTO `refunds` VALUES (1,'PAY-EYN3UDAA','ORD-20260206-CW6NRV6D',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770336000000,1770336000000);
INSERT INTO `refunds` VALUES (2,'PAY-EYN3UDAA','ORD-20260206-CW6NRV6D',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770337800000,1770337800000);
INSERT INTO `refunds` VALUES (3,'PAY-EYN3UDAA','ORD-20260206-CW6NRV6D',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770339600000,1770339600000);
INSERT INTO `refunds` VALUES (4,'PAY-MZXHYQJP','ORD-20260206-JXG4JJHT',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770354000000,1770354000000);
INSERT INTO `refunds` VALUES (5,'PAY-MZXHYQJP','ORD-20260206-JXG4JJHT',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770355800000,1770355800000);
INSERT INTO `refunds` VALUES (6,'PAY-MZXHYQJP','ORD-20260206-JXG4JJHT',18000,'the order was cancelled','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770357600000,1770357600000);
INSERT INTO `refunds` VALUES (7,'PAY-UA4VP4QW','ORD-20260206-S7NFBQ94',18000,'the order was cancelled','COMPLETED','RF-PG-GS3P7XE2BD66',NULL,1770372660000,1770372660000);
INSERT INTO `refunds` VALUES (8,'PAY-UA4VFDHS','ORD-20260206-S7NFCSR7',9000,'broken','COMPLETED','RF-PG-2EYMZEF5N3R5',NULL,1770372660000,1770372660000);
INSERT INTO `refunds` VALUES (9,'PAY-UA4VFDHS','ORD-20260206-S7NFCSR7',500,'broken','COMPLETED','RF-PG-WVJVTA54UZWC',NULL,1770372660000,1770372660000);
INSERT INTO `refunds` VALUES (10,'PAY-UA4V7KWN','ORD-20260206-S7NF7UXC',1000,'broken','FAILED',NULL,'REFUND_REJECTED: the card company refused the refund',1770372660000,1770372660000);
INSERT INTO `refunds` VALUES (11,'PAY-UA4V5Q53','ORD-20260206-S7NFQTG9',9000,'the order was cancelled','PROCESSING',NULL,NULL,NULL,1770372660000);
/*!40000 ALTER TABLE `refunds` ENABLE KEYS */;
DROP TABLE IF EXISTS `saga_runs`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `saga_runs` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `saga_id` varchar(20) NOT NULL,
  `name` varchar(40) NOT NULL,
  `family` varchar(40) NOT NULL,
  `subject_kind` varchar(40) NOT NULL,
  `subject_id` varchar(60) NOT NULL,
  `event_key` varchar(60) NOT NULL,
  `status` varchar(30) NOT NULL,
  `step` varchar(40) NOT NULL,
  `completed_steps` varchar(500) NOT NULL,
  `memory` longtext NOT NULL,
  `attempts` bigint(20) NOT NULL,
  `last_error` varchar(1000) DEFAULT NULL,
  `reason` varchar(500) DEFAULT NULL,
  `ended_by` varchar(60) DEFAULT NULL,
  `resolution` varchar(600) DEFAULT NULL,
  `wake_at` bigint(20) DEFAULT NULL,
  `version` bigint(20) NOT NULL,
  `started_by` varchar(60) NOT NULL,
  `started_at` bigint(20) NOT NULL,
  `completed_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `saga_id` (`saga_id`),
  UNIQUE KEY `event_key` (`event_key`,`family`,`subject_kind`,`subject_id`),
  KEY `saga_runs_due` (`status`,`wake_at`)
) ENGINE=InnoDB AUTO_INCREMENT=21 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `saga_runs` DISABLE KEYS */;
INSERT INTO `saga_runs` VALUES (1,'SAGA-EYN3CTQY','order.v2','order','order','ORD-20260206-CW6NRV6D','ORD-20260206-CW6NRV6D','FAILED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT','{\"CONFIRM_ORDER\":{},\"CREATE_DELIVERY\":{\"memory\":\"TRK-EYN3QWHSEWPK\"},\"DEDUCT_INVENTORY\":{},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-EYN3UDAA\",\"transaction\":\"PG-4RGFE67QW567\"},\"forward\":{\"key\":\"SAGA-EYN3CTQY/PROCESS_PAYMENT\",\"intent\":{\"amount\":18000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-CW6NRV6D\",\"payment\":\"PAY-EYN3UDAA\",\"paymentKey\":\"refund-declined\"},\"unanswered\":0},\"past\":[{\"key\":\"SAGA-EYN3CTQY/PROCESS_PAYMENT/UNDO\",\"intent\":{\"amount\":18000,\"payment\":\"PAY-EYN3UDAA\",\"refund\":1,\"transaction\":\"PG-4RGFE67QW567\"},\"unanswered\":0,\"refused\":\"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund\"},{\"key\":\"SAGA-EYN3CTQY/PROCESS_PAYMENT/UNDO.2\",\"intent\":{\"amount\":18000,\"payment\":\"PAY-EYN3UDAA\",\"refund\":2,\"transaction\":\"PG-4RGFE67QW567\"},\"unanswered\":0,\"refused\":\"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund\"},{\"key\":\"SAGA-EYN3CTQY/PROCESS_PAYMENT/UNDO.3\",\"intent\":{\"amount\":18000,\"payment\":\"PAY-EYN3UDAA\",\"refund\":3,\"transaction\":\"PG-4RGFE67QW567\"},\"unanswered\":0,\"refused\":\"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund\"}]},\"RESERVE_INVENTORY\":{}}',3,'S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund','changed my mind','00000000-0000-4000-8000-000000000003','00000000-0000-4000-8000-000000000005: paid back by bank transfer',NULL,9,'00000000-0000-4000-8000-000000000003',1770336000000,1770354000000);
INSERT INTO `saga_runs` VALUES (2,'SAGA-MZXHZ2GM','order.v2','order','order','ORD-20260206-JXG4JJHT','ORD-20260206-JXG4JJHT','COMPENSATION_FAILED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT','{\"CONFIRM_ORDER\":{},\"CREATE_DELIVERY\":{\"memory\":\"TRK-MZXHSBA26JWD\"},\"DEDUCT_INVENTORY\":{},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-MZXHYQJP\",\"transaction\":\"PG-F5FD4EU3KCEH\"},\"forward\":{\"key\":\"SAGA-MZXHZ2GM/PROCESS_PAYMENT\",\"intent\":{\"amount\":18000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-JXG4JJHT\",\"payment\":\"PAY-MZXHYQJP\",\"paymentKey\":\"refund-declined\"},\"unanswered\":0},\"past\":[{\"key\":\"SAGA-MZXHZ2GM/PROCESS_PAYMENT/UNDO\",\"intent\":{\"amount\":18000,\"payment\":\"PAY-MZXHYQJP\",\"refund\":4,\"transaction\":\"PG-F5FD4EU3KCEH\"},\"unanswered\":0,\"refused\":\"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund\"},{\"key\":\"SAGA-MZXHZ2GM/PROCESS_PAYMENT/UNDO.2\",\"intent\":{\"amount\":18000,\"payment\":\"PAY-MZXHYQJP\",\"refund\":5,\"transaction\":\"PG-F5FD4EU3KCEH\"},\"unanswered\":0,\"refused\":\"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund\"},{\"key\":\"SAGA-MZXHZ2GM/PROCESS_PAYMENT/UNDO.3\",\"intent\":{\"amount\":18000,\"payment\":\"PAY-MZXHYQJP\",\"refund\":6,\"transaction\":\"PG-F5FD4EU3KCEH\"},\"unanswered\":0,\"refused\":\"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund\"}]},\"RESERVE_INVENTORY\":{}}',3,'S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund','changed my mind','00000000-0000-4000-8000-000000000006',NULL,NULL,8,'00000000-0000-4000-8000-000000000006',1770354000000,NULL);
INSERT INTO `saga_runs` VALUES (3,'SAGA-U38YFQUC','order.v2','order','order','ORD-20260206-RYSJSP8D','ORD-20260206-RYSJSP8D','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{\"CONFIRM_ORDER\":{\"memory\":null},\"CREATE_DELIVERY\":{\"memory\":\"TRK-U38YBDJS5ADN\"},\"DEDUCT_INVENTORY\":{\"memory\":null},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-U38YAJ3N\",\"transaction\":\"PG-UZ9EMB4HECDG\"},\"forward\":{\"key\":\"SAGA-U38YFQUC/PROCESS_PAYMENT\",\"intent\":{\"amount\":30000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-RYSJSP8D\",\"payment\":\"PAY-U38YAJ3N\",\"paymentKey\":\"approve\"},\"unanswered\":0}},\"RESERVE_INVENTORY\":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
INSERT INTO `saga_runs` VALUES (4,'SAGA-U38YHQ3K','order.v2','order','order','ORD-20260206-RYSJT28M','ORD-20260206-RYSJT28M','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{\"CONFIRM_ORDER\":{\"memory\":null},\"CREATE_DELIVERY\":{\"memory\":\"TRK-U38Y94QEGW9D\"},\"DEDUCT_INVENTORY\":{\"memory\":null},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-U38YMK5P\",\"transaction\":\"PG-UMPDDAXGESR4\"},\"forward\":{\"key\":\"SAGA-U38YHQ3K/PROCESS_PAYMENT\",\"intent\":{\"amount\":18000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-RYSJT28M\",\"payment\":\"PAY-U38YMK5P\",\"paymentKey\":\"approve\"},\"unanswered\":0}},\"RESERVE_INVENTORY\":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
INSERT INTO `saga_runs` VALUES (5,'SAGA-U38Y4G2Q','order.v2','order','order','ORD-20260206-RYSJET9H','ORD-20260206-RYSJET9H','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{\"CONFIRM_ORDER\":{\"memory\":null},\"CREATE_DELIVERY\":{\"memory\":\"TRK-U38YBH4S237A\"},\"DEDUCT_INVENTORY\":{\"memory\":null},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-U38YBR4T\",\"transaction\":\"PG-PVFKE7E3WY5N\"},\"forward\":{\"key\":\"SAGA-U38Y4G2Q/PROCESS_PAYMENT\",\"intent\":{\"amount\":24000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-RYSJET9H\",\"payment\":\"PAY-U38YBR4T\",\"paymentKey\":\"approve\"},\"unanswered\":0}},\"RESERVE_INVENTORY\":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
INSERT INTO `saga_runs` VALUES (6,'SAGA-U38YRAA2','order.v2','order','order','ORD-20260206-RYSJARVY','ORD-20260206-RYSJARVY','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{\"CONFIRM_ORDER\":{\"memory\":null},\"CREATE_DELIVERY\":{\"memory\":\"TRK-U38YAJX4ECE3\"},\"DEDUCT_INVENTORY\":{\"memory\":null},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-U38YAK7B\",\"transaction\":\"PG-DY76PZ3UUU39\"},\"forward\":{\"key\":\"SAGA-U38YRAA2/PROCESS_PAYMENT\",\"intent\":{\"amount\":24000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-RYSJARVY\",\"payment\":\"PAY-U38YAK7B\",\"paymentKey\":\"approve\"},\"unanswered\":0}},\"RESERVE_INVENTORY\":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
INSERT INTO `saga_runs` VALUES (7,'SAGA-U38YDX6N','order.v2','order','order','ORD-20260206-RYSJUX48','ORD-20260206-RYSJUX48','FAILED','PLACE_ORDER','','{\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{},\"RESERVE_INVENTORY\":{}}',0,NULL,'changed my mind','00000000-0000-4000-8000-000000000011',NULL,NULL,1,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
INSERT INTO `saga_runs` VALUES (8,'SAGA-U38YCWZ3','order.v2','order','order','ORD-20260206-RYSJ3BNK','ORD-20260206-RYSJ3BNK','FAILED','PLACE_ORDER','','{\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"past\":[{\"key\":\"SAGA-U38YCWZ3/PROCESS_PAYMENT\",\"intent\":{\"amount\":9000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-RYSJ3BNK\",\"payment\":\"PAY-U38Y42GS\",\"paymentKey\":\"decline-card-declined\"},\"unanswered\":0,\"refused\":\"S304 the payment was declined: CARD_DECLINED: the card company refused\"}]},\"RESERVE_INVENTORY\":{}}',0,'S304 the payment was declined: CARD_DECLINED: the card company refused','CARD_DECLINED: the card company refused','SYSTEM',NULL,NULL,2,'00000000-0000-4000-8000-000000000011',1770372000000,1770372000000);
INSERT INTO `saga_runs` VALUES (9,'SAGA-U38Y7XWF','order.v2','order','order','ORD-20260206-RYSJYFSW','ORD-20260206-RYSJYFSW','FAILED','PLACE_ORDER','','{\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{},\"RESERVE_INVENTORY\":{}}',0,'S905 the order took too long: not paid in time','not paid in time','SYSTEM',NULL,NULL,1,'00000000-0000-4000-8000-000000000011',1770372000000,1770372660000);
INSERT INTO `saga_runs` VALUES (10,'SAGA-UA4V9P8K','order.v2','order','order','ORD-20260206-S7NFBQ94','ORD-20260206-S7NFBQ94','FAILED','PLACE_ORDER','','{\"CONFIRM_ORDER\":{},\"CREATE_DELIVERY\":{\"memory\":\"TRK-UA4VN36TADTT\"},\"DEDUCT_INVENTORY\":{},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-UA4VP4QW\",\"transaction\":\"PG-AQ3H59TW5UBN\"},\"forward\":{\"key\":\"SAGA-UA4V9P8K/PROCESS_PAYMENT\",\"intent\":{\"amount\":18000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-S7NFBQ94\",\"payment\":\"PAY-UA4VP4QW\",\"paymentKey\":\"approve\"},\"unanswered\":0},\"backward\":{\"key\":\"SAGA-UA4V9P8K/PROCESS_PAYMENT/UNDO\",\"intent\":{\"amount\":18000,\"payment\":\"PAY-UA4VP4QW\",\"refund\":7,\"transaction\":\"PG-AQ3H59TW5UBN\"},\"unanswered\":0}},\"RESERVE_INVENTORY\":{}}',0,NULL,'changed my mind','00000000-0000-4000-8000-00000000001a',NULL,NULL,4,'00000000-0000-4000-8000-00000000001a',1770372660000,1770372660000);
INSERT INTO `saga_runs` VALUES (11,'SAGA-UA4VGNFB','order.v2','order','order','ORD-20260206-S7NFCSR7','ORD-20260206-S7NFCSR7','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{\"CONFIRM_ORDER\":{\"memory\":null},\"CREATE_DELIVERY\":{\"memory\":\"TRK-UA4VE9DGUQAJ\"},\"DEDUCT_INVENTORY\":{\"memory\":null},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-UA4VFDHS\",\"transaction\":\"PG-X2WC9CXBPQ64\"},\"forward\":{\"key\":\"SAGA-UA4VGNFB/PROCESS_PAYMENT\",\"intent\":{\"amount\":21000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-S7NFCSR7\",\"payment\":\"PAY-UA4VFDHS\",\"paymentKey\":\"approve\"},\"unanswered\":0}},\"RESERVE_INVENTORY\":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-00000000001a',1770372660000,1770372660000);
INSERT INTO `saga_runs` VALUES (12,'SAGA-UA4VR3FX','refund.v1','refund','refund','8','ORD-20260206-S7NFCSR7','COMPLETED','CLOSE_ORDER','REFUND_PAYMENT,CLOSE_ORDER','{\"CLOSE_ORDER\":{\"memory\":null},\"REFUND_PAYMENT\":{\"memory\":\"RF-PG-2EYMZEF5N3R5\",\"forward\":{\"key\":\"SAGA-UA4VR3FX/REFUND_PAYMENT\",\"intent\":{\"amount\":9000,\"payment\":\"PAY-UA4VFDHS\",\"refund\":8,\"transaction\":\"PG-X2WC9CXBPQ64\"},\"unanswered\":0}}}',0,NULL,NULL,NULL,NULL,NULL,1,'00000000-0000-4000-8000-00000000001b',1770372660000,1770372660000);
INSERT INTO `saga_runs` VALUES (13,'SAGA-UA4VCAJW','refund.v1','refund','refund','9','ORD-20260206-S7NFCSR7','COMPLETED','CLOSE_ORDER','REFUND_PAYMENT,CLOSE_ORDER','{\"CLOSE_ORDER\":{\"memory\":null},\"REFUND_PAYMENT\":{\"memory\":\"RF-PG-WVJVTA54UZWC\",\"forward\":{\"key\":\"SAGA-UA4VCAJW/REFUND_PAYMENT\",\"intent\":{\"amount\":500,\"payment\":\"PAY-UA4VFDHS\",\"refund\":9,\"transaction\":\"PG-X2WC9CXBPQ64\"},\"unanswered\":0}}}',0,NULL,NULL,NULL,NULL,NULL,1,'00000000-0000-4000-8000-00000000001c',1770372660000,1770372660000);
INSERT INTO `saga_runs` VALUES (14,'SAGA-UA4VNU49','order.v2','order','order','ORD-20260206-S7NF7UXC','ORD-20260206-S7NF7UXC','COMPLETED','CONFIRM_ORDER','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT,DEDUCT_INVENTORY,CREATE_DELIVERY,CONFIRM_ORDER','{\"CONFIRM_ORDER\":{\"memory\":null},\"CREATE_DELIVERY\":{\"memory\":\"TRK-UA4V7GJZ4GRR\"},\"DEDUCT_INVENTORY\":{\"memory\":null},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-UA4V7KWN\",\"transaction\":\"PG-JEVZETW463FU\"},\"forward\":{\"key\":\"SAGA-UA4VNU49/PROCESS_PAYMENT\",\"intent\":{\"amount\":18000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-S7NF7UXC\",\"payment\":\"PAY-UA4V7KWN\",\"paymentKey\":\"refund-declined\"},\"unanswered\":0}},\"RESERVE_INVENTORY\":{}}',0,NULL,NULL,NULL,NULL,NULL,2,'00000000-0000-4000-8000-00000000001a',1770372660000,1770372660000);
INSERT INTO `saga_runs` VALUES (15,'SAGA-UA4V7UD6','refund.v1','refund','refund','10','ORD-20260206-S7NF7UXC','FAILED','REFUND_PAYMENT','','{\"REFUND_PAYMENT\":{\"past\":[{\"key\":\"SAGA-UA4V7UD6/REFUND_PAYMENT\",\"intent\":{\"amount\":1000,\"payment\":\"PAY-UA4V7KWN\",\"refund\":10,\"transaction\":\"PG-JEVZETW463FU\"},\"unanswered\":0,\"refused\":\"S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund\"}]}}',0,'S305 the payment could not be refunded: REFUND_REJECTED: the card company refused the refund','REFUND_REJECTED: the card company refused the refund','SYSTEM',NULL,NULL,1,'00000000-0000-4000-8000-00000000001d',1770372660000,1770372660000);
INSERT INTO `saga_runs` VALUES (16,'SAGA-UA4V96UV','order.v2','order','order','ORD-20260206-S7NFFCZZ','ORD-20260206-S7NFFCZZ','FAILED','PLACE_ORDER','','{\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"past\":[{\"key\":\"SAGA-UA4V96UV/PROCESS_PAYMENT\",\"intent\":{\"amount\":9000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-S7NFFCZZ\",\"payment\":\"PAY-UA4VBDAJ\",\"paymentKey\":\"timeout-uncharged\"},\"unanswered\":1,\"refused\":\"S309 the buyer cancelled the payment: cancelled by its payer\"}]},\"RESERVE_INVENTORY\":{}}',0,NULL,'changed my mind','00000000-0000-4000-8000-000000000021',NULL,NULL,5,'00000000-0000-4000-8000-000000000021',1770372660000,1770372660000);
INSERT INTO `saga_runs` VALUES (17,'SAGA-UA4V3VVA','order.v2','order','order','ORD-20260206-S7NFQTG9','ORD-20260206-S7NFQTG9','COMPENSATING','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY,PROCESS_PAYMENT','{\"CONFIRM_ORDER\":{},\"CREATE_DELIVERY\":{\"memory\":\"TRK-UA4VQ5YJZ8J6\"},\"DEDUCT_INVENTORY\":{},\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"memory\":{\"payment\":\"PAY-UA4V5Q53\",\"transaction\":\"PG-4ZE68ZMD9RZ3\"},\"forward\":{\"key\":\"SAGA-UA4V3VVA/PROCESS_PAYMENT\",\"intent\":{\"amount\":9000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-S7NFQTG9\",\"payment\":\"PAY-UA4V5Q53\",\"paymentKey\":\"refund-pending\"},\"unanswered\":0},\"backward\":{\"key\":\"SAGA-UA4V3VVA/PROCESS_PAYMENT/UNDO\",\"intent\":{\"amount\":9000,\"payment\":\"PAY-UA4V5Q53\",\"refund\":11,\"transaction\":\"PG-4ZE68ZMD9RZ3\"},\"unanswered\":1}},\"RESERVE_INVENTORY\":{}}',0,NULL,'changed my mind','00000000-0000-4000-8000-000000000021',NULL,1770372662000,4,'00000000-0000-4000-8000-000000000021',1770372660000,NULL);
INSERT INTO `saga_runs` VALUES (18,'SAGA-UA4VF6KV','order.v2','order','order','ORD-20260206-S7NFSYFM','ORD-20260206-S7NFSYFM','STARTED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY','{\"PLACE_ORDER\":{\"memory\":null},\"PROCESS_PAYMENT\":{},\"RESERVE_INVENTORY\":{\"memory\":null}}',0,NULL,NULL,NULL,NULL,1770373260000,0,'00000000-0000-4000-8000-000000000022',1770372660000,NULL);
INSERT INTO `saga_runs` VALUES (19,'SAGA-UA4VENB6','order.v2','order','order','ORD-20260206-S7NFRXPB','ORD-20260206-S7NFRXPB','STARTED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY','{\"PLACE_ORDER\":{\"memory\":null},\"PROCESS_PAYMENT\":{},\"RESERVE_INVENTORY\":{\"memory\":null}}',0,NULL,NULL,NULL,NULL,1770373260000,0,'00000000-0000-4000-8000-000000000023',1770372660000,NULL);
INSERT INTO `saga_runs` VALUES (20,'SAGA-UA4V3G3V','order.v2','order','order','ORD-20260206-S7NFC8K8','ORD-20260206-S7NFC8K8','STARTED','PROCESS_PAYMENT','PLACE_ORDER,RESERVE_INVENTORY','{\"PLACE_ORDER\":{},\"PROCESS_PAYMENT\":{\"forward\":{\"key\":\"SAGA-UA4V3G3V/PROCESS_PAYMENT\",\"intent\":{\"amount\":18000,\"mayBeFollowed\":false,\"method\":\"CREDIT_CARD\",\"order\":\"ORD-20260206-S7NFC8K8\",\"payment\":\"PAY-UA4VJD3E\",\"paymentKey\":\"timeout-charged\"},\"unanswered\":1}},\"RESERVE_INVENTORY\":{}}',0,NULL,NULL,NULL,NULL,1770372662000,2,'00000000-0000-4000-8000-000000000021',1770372660000,NULL);
/*!40000 ALTER TABLE `saga_runs` ENABLE KEYS */;
DROP TABLE IF EXISTS `schema_migrations`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `schema_migrations` (
  `name` varchar(120) NOT NULL,
  `applied_at` bigint(20) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `schema_migrations` DISABLE KEYS */;
INSERT INTO `schema_migrations` VALUES ('account/0001_accounts',1770336000000);
INSERT INTO `schema_migrations` VALUES ('account/0002_refresh_grace',1770336000000);
INSERT INTO `schema_migrations` VALUES ('account/0003_sign_in_addresses',1770336000000);
INSERT INTO `schema_migrations` VALUES ('account/0004_sessions',1770336000000);
INSERT INTO `schema_migrations` VALUES ('cart/0001_cart',1770336000000);
INSERT INTO `schema_migrations` VALUES ('cart/0002_one_cart',1770336000000);
INSERT INTO `schema_migrations` VALUES ('catalog/0001_catalog',1770336000000);
INSERT INTO `schema_migrations` VALUES ('catalog/0002_keys',1770336000000);
INSERT INTO `schema_migrations` VALUES ('checkout/0001_sagas',1770336000000);
INSERT INTO `schema_migrations` VALUES ('checkout/0002_saga_runs',1770336000000);
INSERT INTO `schema_migrations` VALUES ('coupon/0001_coupons',1770336000000);
INSERT INTO `schema_migrations` VALUES ('delivery/0001_deliveries',1770336000000);
INSERT INTO `schema_migrations` VALUES ('delivery/0002_returned_by_hand',1770336000000);
INSERT INTO `schema_migrations` VALUES ('delivery/0003_memo',1770336000000);
INSERT INTO `schema_migrations` VALUES ('inventory/0001_inventory',1770336000000);
INSERT INTO `schema_migrations` VALUES ('order/0001_orders',1770336000000);
INSERT INTO `schema_migrations` VALUES ('order/0002_shipped_at',1770336000000);
INSERT INTO `schema_migrations` VALUES ('order/0003_memo',1770336000000);
INSERT INTO `schema_migrations` VALUES ('payment/0001_payments',1770336000000);
INSERT INTO `schema_migrations` VALUES ('payment/0002_refund_lines',1770336000000);
INSERT INTO `schema_migrations` VALUES ('payment/0003_method_sent',1770336000000);
INSERT INTO `schema_migrations` VALUES ('saga/0001_runs',1770336000000);
INSERT INTO `schema_migrations` VALUES ('server/0001_audits',1770336000000);
INSERT INTO `schema_migrations` VALUES ('server/0002_compared',1770336000000);
INSERT INTO `schema_migrations` VALUES ('store/0001_base',1770336000000);
INSERT INTO `schema_migrations` VALUES ('store/0002_instances',1770336000000);
INSERT INTO `schema_migrations` VALUES ('store/0003_outcomes',1770336000000);
/*!40000 ALTER TABLE `schema_migrations` ENABLE KEYS */;
DROP TABLE IF EXISTS `sessions`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `sessions` (
  `family` varchar(36) NOT NULL,
  `user_id` varchar(36) NOT NULL,
  `address` varchar(45) NOT NULL,
  `device` varchar(200) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `used_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  `ended_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`family`),
  KEY `sessions_user` (`user_id`),
  KEY `sessions_expiry` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `sessions` DISABLE KEYS */;
INSERT INTO `sessions` VALUES ('b79c1c6d-c21e-4f35-81a5-4d43c567ef7b','db8e85e5-d338-4dd2-b88a-2c836a9ba2ec','',NULL,1770372000000,1770372000000,1770976800000,NULL);
/*!40000 ALTER TABLE `sessions` ENABLE KEYS */;
DROP TABLE IF EXISTS `sign_in_addresses`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `sign_in_addresses` (
  `user_id` varchar(36) NOT NULL,
  `address` varchar(45) NOT NULL,
  `seen_at` bigint(20) NOT NULL,
  PRIMARY KEY (`user_id`,`address`),
  KEY `sign_in_addresses_seen` (`seen_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `sign_in_addresses` DISABLE KEYS */;
INSERT INTO `sign_in_addresses` VALUES ('db8e85e5-d338-4dd2-b88a-2c836a9ba2ec','',1770372000000);
/*!40000 ALTER TABLE `sign_in_addresses` ENABLE KEYS */;
DROP TABLE IF EXISTS `sign_in_attempts`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `sign_in_attempts` (
  `email` varchar(254) NOT NULL,
  `address` varchar(45) NOT NULL,
  `failures` bigint(20) NOT NULL,
  `since` bigint(20) NOT NULL,
  PRIMARY KEY (`email`,`address`),
  KEY `sign_in_attempts_since` (`since`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `sign_in_attempts` DISABLE KEYS */;
INSERT INTO `sign_in_attempts` VALUES ('haneul@example.com','',1,1770372000000);
/*!40000 ALTER TABLE `sign_in_attempts` ENABLE KEYS */;
DROP TABLE IF EXISTS `store_probe`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `store_probe` (
  `id` bigint(20) NOT NULL,
  `written_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `store_probe` DISABLE KEYS */;
/*!40000 ALTER TABLE `store_probe` ENABLE KEYS */;
DROP TABLE IF EXISTS `user_addresses`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `user_addresses` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `user_id` varchar(36) NOT NULL,
  `label` varchar(50) DEFAULT NULL,
  `receiver_name` varchar(100) NOT NULL,
  `receiver_phone` varchar(20) NOT NULL,
  `zip_code` varchar(10) NOT NULL,
  `address1` varchar(255) NOT NULL,
  `address2` varchar(255) DEFAULT NULL,
  `is_default` bigint(20) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `user_addresses_user` (`user_id`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `user_addresses` DISABLE KEYS */;
INSERT INTO `user_addresses` VALUES (1,'db8e85e5-d338-4dd2-b88a-2c836a9ba2ec','home','김하늘','010-1234-5678','04524','서울시 중구 세종대로 110','3층',1,1770372000000,1770372000000);
/*!40000 ALTER TABLE `user_addresses` ENABLE KEYS */;
DROP TABLE IF EXISTS `user_coupons`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `user_coupons` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `coupon_id` bigint(20) NOT NULL,
  `user_id` varchar(36) NOT NULL,
  `issued_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  `used_at` bigint(20) DEFAULT NULL,
  `order_number` varchar(30) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `coupon_id` (`coupon_id`,`user_id`),
  KEY `user_coupons_of_user` (`user_id`,`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `user_coupons` DISABLE KEYS */;
INSERT INTO `user_coupons` VALUES (1,1,'00000000-0000-4000-8000-00000000000d',1770372000000,4102444800000,NULL,NULL);
INSERT INTO `user_coupons` VALUES (2,2,'00000000-0000-4000-8000-00000000000e',1770372000000,4102444800000,NULL,NULL);
INSERT INTO `user_coupons` VALUES (3,3,'00000000-0000-4000-8000-00000000000f',1770372000000,4102444800000,NULL,NULL);
/*!40000 ALTER TABLE `user_coupons` ENABLE KEYS */;
DROP TABLE IF EXISTS `users`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `users` (
  `id` varchar(36) NOT NULL,
  `email` varchar(254) NOT NULL,
  `password_hash` varchar(200) NOT NULL,
  `nickname` varchar(50) NOT NULL,
  `real_name` varchar(100) DEFAULT NULL,
  `marketing_agree` bigint(20) NOT NULL,
  `roles` varchar(60) NOT NULL,
  `status` varchar(20) NOT NULL,
  `version` bigint(20) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `email_verified_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40000 ALTER TABLE `users` DISABLE KEYS */;
INSERT INTO `users` VALUES ('db8e85e5-d338-4dd2-b88a-2c836a9ba2ec','haneul@example.com','$argon2id$v=19$m=19456,t=2,p=1$golIM0pDEESB6hIX/Y/Xow$5Gp8gVZdI0J3R7bN2mdnKuPjDpuBwX3gJlvh518GCn4','하늘',NULL,0,'USER','ACTIVE',1,1770372000000,1770372000000,NULL);
/*!40000 ALTER TABLE `users` ENABLE KEYS */;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

