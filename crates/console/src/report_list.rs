//! The reports that the console shows: their addresses, titles and columns, in both languages.

/// How a value of a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A day or a month.
    Day,
    Number,
    /// An amount in minor units.
    Money,
    /// A share in basis points.
    Share,
}

use Kind::{Day, Money, Number, Share, Text};

/// A column: its name in the API, how it is written, its English and its Korean title.
pub type Column = (&'static str, Kind, &'static str, &'static str);

/// How a report is drawn above its table: by which column its values are named, and which column has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    Nothing,
    /// Values that follow each other in time.
    Columns(&'static str, &'static str),
    /// Values with names.
    Bars(&'static str, &'static str),
}

/// A report.
pub struct Report {
    /// Below `/admin/reports/`, and below `/console/reports/`.
    pub name: &'static str,
    pub english: &'static str,
    pub korean: &'static str,
    /// Whether sellers see it, limited to what is theirs.
    pub for_sellers: bool,
    pub drawing: Drawing,
    pub columns: &'static [Column],
}

const ORDERS: Column = ("orders", Number, "Orders", "주문");
const UNITS: Column = ("units", Number, "Units", "수량");
const AMOUNT: Column = ("amount", Money, "Amount", "금액");
const REFUNDED: Column = ("refundedAmount", Money, "Refunded", "환불액");
const GROSS: Column = ("grossRevenue", Money, "Paid", "결제액");
const COMPLETED: Column = ("completedOrders", Number, "Completed orders", "완료된 주문");
const PRODUCT: Column = ("productName", Text, "Product", "상품");
const SKU: Column = ("sku", Text, "SKU", "상품 코드");

/// Every report, in the order of the page that lists them.
pub const REPORTS: &[Report] = &[
    Report {
        name: "daily-sales",
        english: "Sales",
        korean: "매출",
        for_sellers: false,
        drawing: Drawing::Columns("from", "totalRevenue"),
        columns: &[
            ("from", Day, "From", "시작일"),
            ("to", Day, "Until", "종료일"),
            ("totalOrders", Number, "Orders", "주문"),
            COMPLETED,
            ("cancelledOrders", Number, "Cancelled", "취소"),
            ("refundedOrders", Number, "Refunded orders", "환불 주문"),
            UNITS,
            ("uniqueCustomers", Number, "Customers", "고객"),
            GROSS,
            REFUNDED,
            ("totalRevenue", Money, "Revenue", "매출액"),
        ],
    },
    Report {
        name: "hours",
        english: "Hours of the day",
        korean: "시간대별 매출",
        for_sellers: false,
        drawing: Drawing::Columns("hour", "grossRevenue"),
        columns: &[("hour", Number, "Hour", "시"), ("totalOrders", Number, "Orders", "주문"), COMPLETED, UNITS, GROSS],
    },
    Report {
        name: "top-products",
        english: "What sells most",
        korean: "인기 상품",
        for_sellers: true,
        drawing: Drawing::Bars("productName", "amount"),
        columns: &[PRODUCT, SKU, ORDERS, UNITS, ("returnedUnits", Number, "Returned units", "반품 수량"), AMOUNT],
    },
    Report {
        name: "categories",
        english: "Categories",
        korean: "카테고리별 매출",
        for_sellers: true,
        drawing: Drawing::Bars("categoryName", "amount"),
        columns: &[
            ("categoryName", Text, "Category", "카테고리"),
            ("products", Number, "Products", "상품"),
            ORDERS,
            UNITS,
            AMOUNT,
        ],
    },
    Report {
        name: "stock",
        english: "Stock beside sales",
        korean: "재고와 판매",
        for_sellers: true,
        drawing: Drawing::Nothing,
        columns: &[
            PRODUCT,
            SKU,
            ("availableStock", Number, "Can be sold", "판매 가능"),
            ("unitsSold", Number, "Units sold", "판매 수량"),
            ("daysLeft", Number, "Days left", "남은 일수"),
            ("turnover", Share, "Turnover", "회전율"),
        ],
    },
    Report {
        name: "payments",
        english: "Payments",
        korean: "결제 수단별",
        for_sellers: false,
        drawing: Drawing::Bars("paymentMethod", "amount"),
        columns: &[
            ("paymentMethod", Text, "Method", "결제 수단"),
            ("paymentProvider", Text, "Provider", "결제사"),
            ("payments", Number, "Payments", "결제"),
            ("completed", Number, "Completed", "완료"),
            ("failureRate", Share, "Failed", "실패율"),
            AMOUNT,
            REFUNDED,
        ],
    },
    Report {
        name: "coupons",
        english: "Coupons",
        korean: "쿠폰별",
        for_sellers: false,
        drawing: Drawing::Bars("couponName", "grossRevenue"),
        columns: &[
            ("couponCode", Text, "Code", "쿠폰 코드"),
            ("couponName", Text, "Coupon", "쿠폰"),
            ORDERS,
            COMPLETED,
            ("discount", Money, "Discount", "할인액"),
            GROSS,
            REFUNDED,
        ],
    },
    Report {
        name: "time-deals",
        english: "Time deals",
        korean: "타임딜별",
        for_sellers: false,
        drawing: Drawing::Nothing,
        columns: &[("timeDealName", Text, "Deal", "타임딜"), ORDERS, COMPLETED, UNITS, GROSS, REFUNDED],
    },
    Report {
        name: "orders",
        english: "From the cart to the parcel",
        korean: "주문 전환",
        for_sellers: false,
        drawing: Drawing::Nothing,
        columns: &[
            ("carts", Number, "Carts", "장바구니"),
            ("orderedCarts", Number, "Ordered carts", "주문된 장바구니"),
            ("paidCarts", Number, "Paid carts", "결제된 장바구니"),
            ("totalOrders", Number, "Orders", "주문"),
            COMPLETED,
            ("cancelledOrders", Number, "Cancelled", "취소"),
            ("completionRate", Share, "Completed, share", "완료율"),
            ("cancellationRate", Share, "Cancelled, share", "취소율"),
            ("refundRate", Share, "Refunded, share", "환불율"),
        ],
    },
    Report {
        name: "cohorts",
        english: "Customers who come back",
        korean: "재구매",
        for_sellers: false,
        drawing: Drawing::Nothing,
        columns: &[
            ("cohort", Day, "First order in", "첫 주문 월"),
            ("month", Day, "Month", "월"),
            ("monthsLater", Number, "Months later", "경과 개월"),
            ("customers", Number, "Customers", "고객"),
            ORDERS,
            ("retention", Share, "Came back", "재구매율"),
            ("revenue", Money, "Revenue", "매출액"),
        ],
    },
];

/// What the shop owes and is owed, day by day.
pub const SETTLEMENT: Report = Report {
    name: "settlement",
    english: "Settlement",
    korean: "정산",
    for_sellers: false,
    drawing: Drawing::Nothing,
    columns: &[
        ("day", Day, "Day", "날짜"),
        ("gateway", Text, "Gateway", "결제사"),
        ("payments", Number, "Payments", "결제"),
        ("paymentAmount", Money, "Paid", "결제액"),
        ("charges", Number, "Charges", "충전"),
        ("chargeAmount", Money, "Charged", "충전액"),
        ("refunds", Number, "Refunds", "환불"),
        ("refundAmount", Money, "Refunded", "환불액"),
        ("grossAmount", Money, "In all", "합계"),
        ("gatewayFee", Money, "Gateway's fee", "결제 수수료"),
        ("platformFee", Money, "Shop's fee", "플랫폼 수수료"),
        ("netAmount", Money, "Left", "정산액"),
    ],
};

/// Where the records of shop and gateway differ.
pub const DIFFERENCES: Report = Report {
    name: "settlement/differences",
    english: "Differences to the gateway",
    korean: "결제사와의 차이",
    for_sellers: false,
    drawing: Drawing::Nothing,
    columns: &[
        ("movement", Text, "Movement", "유형"),
        ("reference", Text, "Order", "주문"),
        ("transaction", Text, "Transaction", "거래 번호"),
        ("shopAmount", Money, "In the shop", "쇼핑몰 금액"),
        ("gatewayAmount", Money, "At the gateway", "결제사 금액"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use pages::words::{Row, compare};

    #[test]
    fn a_drawing_names_columns_of_its_report() {
        for report in REPORTS {
            if let Drawing::Columns(name, value) | Drawing::Bars(name, value) = report.drawing {
                let has = |wanted: &str| report.columns.iter().any(|(known, ..)| *known == wanted);
                assert!(has(name) && has(value), "{}", report.name);
            }
        }
    }

    #[test]
    fn every_title_is_there_in_both_languages() {
        let all = || REPORTS.iter().chain([&SETTLEMENT, &DIFFERENCES]);
        let titles = all().map(|report| (report.name, report.english, report.korean));
        let columns =
            all().flat_map(|report| report.columns).map(|(name, _, english, korean)| (*name, *english, *korean));
        let rows: Vec<Row> = titles.chain(columns).collect();
        compare(&rows);
    }
}
