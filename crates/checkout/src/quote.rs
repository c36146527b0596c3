//! What an order costs now, and everything that prevents it. One calculation in stages serves quotes and placing:
//! lines → unit price → stock → coupon → points → shipping → amounts.

use crate::{
    discount,
    draft::OrderDraft,
    obstacle::{Problem, Stock, Total, Unavailable, shown_subtotal},
    price::{self, Options, Price, Rules, Share},
    request::{Item, OrderRequest},
};
use catalog::ops::{ItemRef, Sellable};
use coupon::{Offer, UserCoupon, ops::Named};
use inventory::{Level, Shortage, StockStatus};
use kernel::{
    CategoryId, Code, Currency, Detail, Error, Money, ProductId, Quantity, Result, UserCouponId, UserId, VariantId,
};
use order::{Amounts, NewLine};
use serde::Serialize;
use std::collections::HashMap;
use store::Tx;
use utoipa::ToSchema;
use wallet::{Account, ops::points, wallet::short};
use web::Context;

/// What an order would cost now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// What would be ordered; things that do not exist are missing.
    pub lines: Vec<QuoteLine>,
    /// What of it cannot be bought now, each with the reason. No amount below counts it.
    pub unavailable: Vec<Unavailable>,
    /// Σ price × quantity of what can be bought now.
    pub subtotal: Money,
    /// The coupon and what it takes off; none when it cannot be used.
    pub coupon: Option<QuoteCoupon>,
    /// What points pay.
    pub points: Money,
    /// What sending it costs; without an address, the fee without surcharge.
    pub shipping_fee: Money,
    /// What is left to pay.
    pub payable: Money,
    /// The value added tax that `payable` contains.
    pub tax: Money,
    /// ISO 4217 code of every amount.
    pub currency: &'static str,
    /// Whether the order would be accepted at this moment: there are no problems.
    pub orderable: bool,
    /// Everything that stands in its way.
    pub problems: Vec<Problem>,
}

/// A line of a quote.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteLine {
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// Its stock keeping unit.
    pub sku: String,
    /// The product's name.
    pub product_name: String,
    /// What the variant is called: its name, else the values of its options.
    pub variant_name: Option<String>,
    /// The product's first image.
    pub image_url: Option<String>,
    /// What one unit costs now.
    pub price: Money,
    /// How many.
    pub quantity: Quantity,
    /// Price × quantity; the largest amount if it is more.
    pub subtotal: Money,
    /// Its share of what the coupon takes off.
    pub discount_amount: Money,
    /// Its share of what points pay.
    pub points_used: Money,
    /// What would be paid for it; 0 of a line that cannot be bought now.
    pub final_amount: Money,
    /// Whether these units can be bought now, together with the lines above. If not, `unavailable` has the reason.
    pub orderable: bool,
    /// Units of the variant that can be sold now.
    pub available: i64,
    /// How well it is in stock.
    pub stock_status: StockStatus,
}

/// A coupon in a quote.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteCoupon {
    /// The coupon.
    pub user_coupon_id: UserCouponId,
    /// Its name.
    pub coupon_name: String,
    /// What it takes off.
    pub discount: Money,
}

/// A line with what is known of it so far.
#[derive(Debug)]
struct Line {
    sellable: Sellable,
    quantity: Quantity,
    unit_price: Money,
    /// The product's category and those above it, once a coupon has to know them.
    categories: Vec<CategoryId>,
    /// What it costs, once the price is calculated.
    share: Share,
    /// `None` before the stock is read, and when no stock is kept.
    level: Option<Level>,
    /// Why it cannot be bought now, once the stock is read.
    obstacle: Option<Error>,
}

/// An order that is being calculated. Every stage adds the problems it finds.
#[derive(Debug)]
pub(crate) struct Calculation {
    lines: Vec<Line>,
    /// Items that do not exist.
    missing: Vec<(ItemRef, Quantity)>,
    /// The coupon that it uses.
    coupon: Option<UserCoupon>,
    price: Price,
    problems: Vec<Error>,
}

/// What a buyer wants beside lines and coupon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub rules: &'a Rules,
    pub points: Money,
    pub zip_code: Option<&'a str>,
    /// What it shall cost.
    pub expected: Option<Money>,
}

impl Calculation {
    /// The stages *lines* and *unit price*, in one statement. Problems: S001, S003. Errors: C002 for an item that names neither
    /// a product nor a variant.
    pub(crate) fn priced(tx: &mut Tx<'_>, items: &[Item]) -> Result<Calculation> {
        let names: Vec<ItemRef> = items.iter().map(Item::item_ref).collect();
        let found = catalog::ops::find_public(tx, &names)?;
        let (mut lines, mut missing) = (Vec::with_capacity(items.len()), Vec::new());
        for ((found, name), item) in found.into_iter().zip(names).zip(items) {
            let quantity = item.quantity;
            match found {
                Some(sellable) => {
                    let unit_price = unit_price(&sellable);
                    lines.push(Line::new(sellable, quantity, unit_price));
                }
                None => missing.push((name, quantity)),
            }
        }
        let mut problems = Vec::new();
        if !missing.is_empty() {
            problems.push(catalog::ops::not_found(&missing.iter().map(|(name, _)| name).collect::<Vec<_>>()));
        }
        problems.extend(not_on_sale(lines.iter().map(|line| &line.sellable)));
        Ok(Calculation { lines, missing, coupon: None, price: Price::default(), problems })
    }

    /// The stage *unit price* of an order in a time deal: its line costs what the deal says, and never more than otherwise.
    pub(crate) fn in_deal(mut self, offer: &timedeal::Offer) -> Calculation {
        for line in self.lines.iter_mut().filter(|line| line.sellable.variant == offer.variant) {
            line.unit_price = line.unit_price.at_most(offer.price);
        }
        self
    }

    /// The stage *unit price* of an order that was placed elsewhere: its lines cost what was agreed there, where that is known.
    pub(crate) fn at_prices(mut self, prices: &[Option<Money>]) -> Calculation {
        for (line, price) in self.lines.iter_mut().zip(prices) {
            line.unit_price = price.unwrap_or(line.unit_price);
        }
        self
    }

    /// The stage *stock*, in one statement. Problems: S401, S402, and C002 when the sum leaves the range of money. From now on
    /// the amounts leave out what cannot be bought. Placing leaves this stage out.
    pub(crate) fn with_stock(mut self, tx: &mut Tx<'_>) -> Result<Calculation> {
        let variants: Vec<VariantId> = self.lines.iter().map(|line| line.sellable.variant).collect();
        let levels = inventory::ops::levels(tx, &variants)?;
        let lines: Vec<inventory::Line> = self.lines.iter().map(Line::in_stock).collect();
        let short = inventory::ops::shortage(&levels, &lines);
        self.problems.extend(Shortage::refusals(&short, Code::InsufficientStock));
        let mut total = Total::of(Stock::of(&levels), Code::InsufficientStock);
        let levels: HashMap<VariantId, Level> = levels.into_iter().map(|level| (level.variant, level)).collect();
        for line in &mut self.lines {
            line.level = levels.get(&line.sellable.variant).cloned();
            line.obstacle = total.add(&line.name(), Some(&line.sellable), line.unit_price, line.quantity).err();
        }
        let mut obstacles = self.lines.iter().filter_map(|line| line.obstacle.as_ref());
        let beyond = obstacles.find(|obstacle| obstacle.code() == Code::InvalidInput);
        self.problems.extend(beyond.map(|obstacle| obstacle.code().because(obstacle.detail().unwrap_or_default())));
        Ok(self)
    }

    /// The stage *coupon*, in one statement, or three for a coupon that is limited to categories. Problems: S608, S609, S610, S613.
    pub(crate) fn with_coupon(mut self, tx: &mut Tx<'_>, user: &UserId, named: Option<&Named>) -> Result<Calculation> {
        let Some(named) = named else { return Ok(self) };
        match discount::usable(tx, user, named) {
            Ok(held) => {
                let products = self.lines.iter().map(|line| line.sellable.product);
                let above = discount::categories_of(tx, products, &held.offer.scope)?;
                for line in &mut self.lines {
                    line.categories = above.get(&line.sellable.product).cloned().unwrap_or_default();
                }
                self.coupon = Some(held);
            }
            Err(refusal) if refusal.code().status() < 500 => self.problems.push(refusal),
            Err(fault) => return Err(fault),
        }
        Ok(self)
    }

    /// What the coupon takes off which orders.
    pub(crate) fn offer(&self) -> Option<&Offer> {
        self.coupon.as_ref().map(|held| &held.offer)
    }

    /// The stages *points*, *shipping* and *amounts*, without statements. Problems: S211 of the zip code; S612 and S611 of the coupon, without which the
    /// rest is calculated then; S210 when another amount is expected.
    pub(crate) fn totalled(mut self, choice: &Choice<'_>) -> Result<Calculation> {
        let wrong = choice.zip_code.and_then(|zip_code| choice.rules.shipping.check(zip_code).err());
        self.problems.extend(wrong.map(|wrong| wrong.within("shippingAddress")));
        let bought: Vec<price::Line> = self.bought().map(|line| line.to_price()).collect();
        let (rules, points, zip_code) = (choice.rules, choice.points, choice.zip_code);
        let options = Options { rules, coupon: self.coupon.as_ref().map(|held| &held.offer), points, zip_code };
        let priced = match price::price(&bought, &options) {
            Err(refusal) if is_of_coupon(&refusal) => {
                let without = price::price(&bought, &Options { coupon: None, ..options })?;
                self.coupon = None;
                self.problems.push(refusal);
                without
            }
            outcome => outcome?,
        };
        for (line, share) in self.bought().zip(&priced.shares) {
            line.share = *share;
        }
        self.problems.extend(expect("expectedAmount", choice.expected, priced.payable).err());
        self.price = priced;
        Ok(self)
    }

    /// S310 when fewer points are held than the order would use. Placing does not ask: USE_POINTS locks the lots of points and refuses
    /// with the same.
    fn short_of_points(&self, wanted: Money, held: Money) -> Option<Error> {
        let goods = self.price.shares.iter().map(|share| share.subtotal.as_minor() - share.coupon_discount.as_minor());
        let used = wanted.at_most(Money::minor(goods.sum()));
        (used > held).then(|| short(Account::Points, held, used))
    }

    /// The lines that can be bought, as far as that is known.
    fn bought(&mut self) -> impl Iterator<Item = &mut Line> {
        self.lines.iter_mut().filter(|line| line.obstacle.is_none())
    }

    /// The calculation so far; the first problem when there is one. S210 comes last, because the other problems explain it.
    pub(crate) fn accepted(mut self) -> Result<Calculation> {
        let is_cause = |problem: &Error| problem.code() != Code::OrderAmountMismatch;
        match self.problems.iter().position(is_cause).or((!self.problems.is_empty()).then_some(0)) {
            Some(first) => Err(self.problems.swap_remove(first)),
            None => Ok(self),
        }
    }

    /// Whether nothing stands in the order's way so far.
    pub(crate) fn is_accepted(&self) -> bool {
        self.problems.is_empty()
    }

    /// What cannot be bought now.
    fn unavailable(&self, context: &Context) -> Vec<Unavailable> {
        let unavailable = |name: ItemRef, quantity, reason: &Error| Unavailable {
            item_id: None,
            product_id: name.product,
            variant_id: name.variant,
            quantity,
            reason: Problem::of(reason, context),
        };
        let missing = self.missing.iter().map(|(name, quantity)| {
            let reason = catalog::ops::not_found(&[name]);
            unavailable(*name, *quantity, &reason)
        });
        let known = self.lines.iter().filter_map(|line| {
            let reason = line.obstacle.as_ref()?;
            Some(unavailable(line.name(), line.quantity, reason))
        });
        missing.chain(known).collect()
    }

    /// The lines as they are priced; for a coupon that is looked at without an order.
    pub(crate) fn into_price_lines(self) -> Vec<price::Line> {
        self.lines.iter().map(Line::to_price).collect()
    }

    /// What an order stores.
    pub(crate) fn into_order(self) -> Result<Priced> {
        let lines: Vec<NewLine> = self.lines.iter().map(Line::to_order).collect();
        let amounts = Amounts::of(&lines, self.price.shipping_fee, Some(self.price.tax))?;
        Ok(Priced { lines, amounts, coupon: self.coupon.map(|held| held.id) })
    }
}

/// What an order stores of its calculation.
pub(crate) struct Priced {
    pub lines: Vec<NewLine>,
    pub amounts: Amounts,
    pub coupon: Option<UserCouponId>,
}

/// Whether the coupon is why something cannot be priced.
fn is_of_coupon(refusal: &Error) -> bool {
    matches!(refusal.code(), Code::CouponNotApplicable | Code::CouponMinimumOrderNotMet)
}

impl Line {
    fn new(sellable: Sellable, quantity: Quantity, unit_price: Money) -> Line {
        let (categories, share) = (Vec::new(), Share::default());
        Line { sellable, quantity, unit_price, categories, share, level: None, obstacle: None }
    }

    fn to_price(&self) -> price::Line {
        price::Line {
            product: self.sellable.product,
            categories: self.categories.clone(),
            seller: self.sellable.seller,
            unit_price: self.unit_price,
            quantity: self.quantity,
            tax_free: self.sellable.tax_free,
        }
    }

    fn name(&self) -> ItemRef {
        ItemRef { product: Some(self.sellable.product), variant: Some(self.sellable.variant) }
    }

    fn in_stock(&self) -> inventory::Line {
        inventory::Line { variant: self.sellable.variant, product: self.sellable.product, quantity: self.quantity }
    }

    fn to_order(&self) -> NewLine {
        let Sellable { product, variant, sku, product_name, variant_name, tax_free, .. } = self.sellable.clone();
        NewLine {
            product,
            variant,
            sku,
            product_name,
            variant_name,
            unit_price: self.unit_price,
            quantity: self.quantity,
            coupon_discount: self.share.coupon_discount,
            points_used: self.share.points_used,
            tax_free,
        }
    }

    fn shown(self) -> QuoteLine {
        QuoteLine {
            product_id: self.sellable.product,
            variant_id: self.sellable.variant,
            sku: self.sellable.sku,
            product_name: self.sellable.product_name,
            variant_name: self.sellable.variant_name,
            image_url: self.sellable.image_url,
            price: self.unit_price,
            quantity: self.quantity,
            subtotal: shown_subtotal(self.unit_price, self.quantity),
            discount_amount: self.share.coupon_discount,
            points_used: self.share.points_used,
            final_amount: self.share.paid(),
            orderable: self.obstacle.is_none(),
            available: self.level.as_ref().map_or(0, |level| level.available),
            stock_status: self.level.map_or(StockStatus::OutOfStock, |level| level.status),
        }
    }
}

/// What `user` would pay for what can be bought now, with every problem. Errors: C002 for lines that cannot be read; S101, S103,
/// S104 of the user's cart.
pub fn quote(
    tx: &mut Tx<'_>,
    currency: Currency,
    rules: &Rules,
    user: &UserId,
    request: &OrderRequest,
    context: &Context,
) -> Result<Quote> {
    let mut draft = OrderDraft::to_quote(request)?;
    let items = draft.lines_to_quote(tx, user)?;
    let mut calculation = Calculation::priced(tx, &items)?.with_stock(tx)?;
    calculation = calculation.with_coupon(tx, user, draft.coupon.as_ref())?;
    calculation.problems.append(&mut draft.problems);
    let wanted = draft.points;
    let held = if wanted.is_positive() { points::held(tx, user)? } else { Money::ZERO };
    draft.points = wanted.at_most(held);
    let mut calculation = calculation.totalled(&draft.choice(rules))?;
    calculation.problems.extend(calculation.short_of_points(wanted, held));
    let unavailable = calculation.unavailable(context);
    let Calculation { lines, coupon, price, problems, .. } = calculation;
    let sum = |of: fn(&Share) -> Money| Money::sum(price.shares.iter().map(of));
    let discount = sum(|share| share.coupon_discount)?;
    let coupon = coupon.map(|held| QuoteCoupon { user_coupon_id: held.id, coupon_name: held.name, discount });
    Ok(Quote {
        lines: lines.into_iter().map(Line::shown).collect(),
        unavailable,
        subtotal: sum(|share| share.subtotal)?,
        coupon,
        points: sum(|share| share.points_used)?,
        shipping_fee: price.shipping_fee,
        payable: price.payable,
        tax: price.tax,
        currency: currency.code(),
        orderable: problems.is_empty(),
        problems: problems.iter().map(|problem| Problem::of(problem, context)).collect(),
    })
}

/// What one unit costs now outside of a time deal: the catalogue's price, which is the sale price when there is one.
pub(crate) fn unit_price(sellable: &Sellable) -> Money {
    sellable.price
}

/// S003 naming everything that is not on sale.
pub(crate) fn not_on_sale<'a>(sellables: impl Iterator<Item = &'a Sellable>) -> Option<Error> {
    let detail = |sellable: &Sellable| {
        Detail::note("is not on sale")
            .with("productId", sellable.product.raw())
            .with("variantId", sellable.variant.raw())
    };
    let details: Vec<Detail> = sellables.filter(|sellable| !sellable.on_sale).map(detail).collect();
    (!details.is_empty()).then(|| details.into_iter().fold(Code::ProductInactive.error(), Error::with))
}

/// S210 unless the order costs what the caller was shown.
pub(crate) fn expect(field: &'static str, expected: Option<Money>, payable: Money) -> Result<()> {
    match expected {
        Some(expected) if expected != payable => Err(Code::OrderAmountMismatch.error().with(
            Detail::field(field, format!("the order costs {payable}"))
                .with("expectedAmount", expected.as_minor())
                .with("actualAmount", payable.as_minor()),
        )),
        Some(_) | None => Ok(()),
    }
}
