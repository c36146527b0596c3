//! Two rushes of the day: for a coupon, and for a time deal behind a waiting queue.

use super::claims::Claims;
use super::day::People;
use crate::config::Fault;
use crate::opening;
use crate::rush::{
    Rush, Rushed,
    crowd::Crowd,
    goods::Goods,
    lobby::{Passage, Rules},
};
use indicatif::HumanCount;

/// People who want a coupon.
pub const COUPON_CROWD: usize = 3_000;
/// Coupons that there are.
const COUPONS: u32 = 100;
/// People who wait for the deal.
const DEAL_CROWD: usize = 500;
/// Units of the deal.
const UNITS: u32 = 50;
/// People who are admitted to the deal at a time.
const ADMITTED: Rules = Rules { capacity: 250 };
/// Connections that a crowd shares.
const CONNECTIONS: u32 = 64;

/// Three thousand people want one of a hundred coupons.
pub async fn for_coupons(claims: &mut Claims, people: &People) -> Option<()> {
    claims.act(&format!("{} people want one of {COUPONS} coupons", HumanCount(COUPON_CROWD as u64)));
    let crowd = Crowd::of(&people.base, CONNECTIONS, None);
    let coupons = Goods::coupons(&people.admin, COUPONS, opening::clock().now()).await;
    let goods = made(claims, coupons)?;
    let rush = Rush { admin: &people.admin, goods, people: &people.crowd, crowd: &crowd };
    let done = made(claims, rush.play(None, false).await)?;
    exact(claims, &done, &goods);
    closed(claims, people, &goods).await;
    Some(())
}

/// Five hundred people wait for a deal of fifty units; a lottery decides who may buy first.
pub async fn for_deal(claims: &mut Claims, people: &People) -> Option<()> {
    claims.act(&format!("{DEAL_CROWD} people queue for a deal of {UNITS} units"));
    let crowd = Crowd::of(&people.base, CONNECTIONS, None);
    let deal = Goods::deal(&people.admin, UNITS, opening::clock().now()).await;
    let goods = made(claims, deal)?.paid_at_once();
    let rush = Rush { admin: &people.admin, goods, people: &people.crowd[..DEAL_CROWD], crowd: &crowd };
    let done = made(claims, rush.play(Some(ADMITTED), false).await)?;
    if let Some(queue) = &done.queue {
        queued(claims, queue);
    }
    exact(claims, &done, &goods);
    closed(claims, people, &goods).await;
    Some(())
}

fn made<T>(claims: &mut Claims, made: Result<T, Fault>) -> Option<T> {
    made.map_err(|fault| claims.claim(false, "the shop prepares it", fault)).ok()
}

fn queued(claims: &mut Claims, queue: &Passage) {
    let found = format!("{queue:?}");
    let all = queue.waited == DEAL_CROWD as u64;
    claims.claim(all, format!("{DEAL_CROWD} wait in the lobby, without a place"), &found);
    let (half, lucky) = (DEAL_CROWD / 2, queue.early_birds);
    // by lottery about half of them, within six standard deviations; in the order of arrival nearly all
    let text = format!("a lottery gives the places: of the {half} who came first, {lucky} are among the first {half}");
    claims.claim((half * 3 / 10..half * 7 / 10).contains(&lucky), text, &found);
    let bounded = queue.admitted_most > 0 && queue.admitted_most <= queue.capacity;
    let text = format!("never more than {} are admitted at a time: {}", queue.capacity, queue.admitted_most);
    claims.claim(bounded, text, &found);
    claims.claim(queue.left_over == 0, "who bought or left has freed the slot: the queue is empty", &found);
}

fn exact(claims: &mut Claims, done: &Rushed, goods: &Goods) {
    let (counts, given) = (&done.counts, goods.given());
    let found = format!("{counts:?}");
    let (units, lost) = (counts.units, counts.people - counts.units);
    let text = format!("exactly {units} are {given}, as the shop counts ({} ms)", done.took.as_millis());
    claims.claim(counts.got == units && u64::try_from(counts.counted) == Ok(units), text, &found);
    let one_each = counts.holders == units && counts.twice == 0;
    claims.claim(one_each, format!("{units} people have one, none was {given} twice"), &found);
    let sold_out = goods.codes().sold_out;
    let refused = counts.refused.get(sold_out) == Some(&lost) && counts.refused.len() == 1;
    claims.claim(refused, format!("everyone else gets {sold_out}: {}", HumanCount(lost)), &found);
    let differences = counts.differences();
    claims.claim(differences.is_empty(), "no errors, and everybody has what the shop answered", differences.join("; "));
}

async fn closed(claims: &mut Claims, people: &People, goods: &Goods) {
    let refused = goods.close(&people.admin).await;
    claims.claim(refused.is_empty(), format!("the shop closes its {}", goods.name()), refused.join("; "));
}
