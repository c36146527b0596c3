//! Inserting a row under a number that is drawn at random.

use crate::Tx;
use kernel::{Code, Random, Result, Timestamp};

/// Numbers drawn before the job fails. There are at least 923,521 of a kind for each tenth of a second, so that even at 10,000
/// a second the chance that eight in a row are taken is below 10^-23: then the source of chance is broken.
const DRAWS_MAX: u32 = 8;

impl Tx<'_> {
    /// Draws a number and inserts a row with it; draws again while the number is taken. `insert` returns `None` when it
    /// is taken, so its statement ends in `{on conflict ignore: …}`. C001 when [`DRAWS_MAX`] numbers were taken.
    ///
    /// If another unique key of the table can be taken too, `insert` looks for that row and returns it or an error;
    /// otherwise every further draw would meet the same row.
    ///
    /// ```
    /// # use kernel::{PaymentNumber, Result};
    /// # use store::{Tx, args};
    /// const INSERT: &str = "insert into payments (payment_number, amount) values (?, ?)
    ///     {on conflict ignore: payment_number}";
    ///
    /// fn begin(tx: &mut Tx<'_>, amount: i64) -> Result<i64> {
    ///     tx.insert_drawn(PaymentNumber::draw, |tx, number| tx.insert_new(INSERT, args![number, amount]))
    /// }
    /// ```
    pub fn insert_drawn<N, T>(
        &mut self,
        draw: impl Fn(&mut Random, Timestamp) -> N,
        mut insert: impl FnMut(&mut Self, &N) -> Result<Option<T>>,
    ) -> Result<T> {
        let now = self.now();
        for _ in 0..DRAWS_MAX {
            let number = draw(self.random(), now);
            if let Some(inserted) = insert(self, &number)? {
                return Ok(inserted);
            }
        }
        Err(Code::Internal.error().caused_by(format!("{DRAWS_MAX} drawn numbers in a row were taken")))
    }
}
