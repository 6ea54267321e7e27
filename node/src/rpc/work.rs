//! Runs work for a client off the event loop: anything that takes the processor or the disk.
//!
//! In: a client, and a function to run.
//! Out: the function's result.
//! Always: work waits for a processing slot of the client's address (R12), and holds the slot until it is
//! done.
//! Not for work that takes no time.

use super::problem::Problem;
use crate::limiter::Client;

/// Runs a function in one of the client's processing slots.
///
/// # Errors
/// `busy` if no slot became free in time, or the error of the function.
pub async fn work<T: Send + 'static, E: Into<Problem> + Send + 'static>(
    client: &Client,
    act: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem> {
    let slot = client.slot().await?;
    // The slot is freed when the work ends, even if no task waits for the result any more.
    let task = tokio::task::spawn_blocking(move || {
        let _slot = slot;
        act()
    });
    match task.await {
        Ok(result) => result.map_err(Into::into),
        Err(error) => Err(Problem::internal(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;
    use crate::limiter::ClientLimiter;
    use crate::metrics::Metrics;
    use std::sync::Arc;

    #[tokio::test]
    async fn r12_work_is_done_in_turn() {
        let limiter = ClientLimiter::new(Limits::default(), Arc::new(Metrics::default()));
        let client = limiter.try_begin([192, 0, 2, 1].into()).unwrap();
        assert_eq!(work(&client, || Ok::<_, Problem>(7)).await.unwrap(), 7);
        assert!(work(&client, || Err::<(), _>(Problem::malformed("no"))).await.is_err());
    }
}
