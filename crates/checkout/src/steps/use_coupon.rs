//! USE_COUPON: the buyer's coupon is used in the order, and in no other one.

use crate::flow::Checkout;
use kernel::{Result, UserCouponId};
use saga::Local;
use store::Tx;

/// An order without a coupon does nothing here. Compensation gives the coupon back, which is EXPIRED then if its time is over.
pub struct UseCoupon;

impl Local for UseCoupon {
    const NAME: &'static str = "USE_COUPON";
    type Saga = Checkout;
    type Memory = Option<UserCouponId>;

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<Option<UserCouponId>> {
        let order = &saga.order;
        if let Some(coupon) = order.coupon {
            coupon::ops::spend(tx, &order.user, coupon, &order.number, order.amounts.coupon_discount)?;
        }
        Ok(order.coupon)
    }

    fn compensate(tx: &mut Tx<'_>, saga: &Checkout, coupon: Option<UserCouponId>) -> Result<()> {
        match coupon {
            Some(coupon) => coupon::ops::give_back(tx, &saga.order.user, coupon, &saga.order.number),
            None => Ok(()),
        }
    }
}
