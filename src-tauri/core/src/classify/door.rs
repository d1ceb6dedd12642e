//! A check without any secret at the address of a refresh: whether what answers there can be the service.

use url::Url;

use crate::exchange::Reply;
use crate::provider::Answer;

/// Whether `reply`, from `door` and to a request without any secret, can be the service's own. What stands before
/// it answers with 5xx (F11), and the sign-in page of a network with a page, or by leading elsewhere (F1, F2). To
/// a service's end point for refreshes such a request is a mistake, and it says so.
pub fn may_be_service(reply: &Reply, door: &Url) -> bool {
    let answer = Answer::read(reply, Some(door.clone()));
    let is_page = answer.is_2xx() && answer.is_html();
    let leads_away = answer.location().is_some_and(|to| to.origin() != door.origin());
    let is_failure = matches!(reply.status, 429 | 500..=599);
    !(is_page || leads_away || is_failure)
}
