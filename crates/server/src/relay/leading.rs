//! What a subscriber that runs in the leader keeps while this instance leads.

use super::progress::Standing;
use kernel::Result;
use store::{Lease, Tx, dead_letter, subscriber};
use web::App;

/// The lease under which a subscriber works, with the shop under it; empty while another instance leads.
#[derive(Default)]
pub(super) struct Leading(Option<(Lease, App)>);

impl Leading {
    /// The shop under the lease, if this instance leads. A new leader first reads where the last one stopped; it does so
    /// under the lease, so that the last one can no longer move the position.
    pub async fn under(&mut self, lease: Option<Lease>, app: &App, standing: &Standing) -> Result<Option<App>> {
        let Some(lease) = lease else {
            if self.0.take().is_some() {
                standing.rests();
            }
            return Ok(None);
        };
        if let Some((_, app)) = self.0.as_ref().filter(|(led, _)| *led == lease) {
            return Ok(Some(app.clone()));
        }
        let app = app.under(lease);
        begin(&app, standing).await?;
        self.0 = Some((lease, app.clone()));
        Ok(Some(app))
    }
}

/// Reads the stored position and the number of dead letters.
async fn begin(app: &App, standing: &Standing) -> Result<()> {
    let name = standing.name;
    let read = move |tx: &mut Tx<'_>| Ok((subscriber::position(tx, name)?, dead_letter::count(tx, name)?));
    let (position, dead_letters) = app.db.write("relay.lead", read).await?;
    standing.moved(position.unwrap_or(0));
    // a new subscriber gets a stored position soon, so that the outbox waits for it
    standing.stored(position.unwrap_or(-1));
    standing.has_dead_letters(dead_letters);
    Ok(())
}
