//! More cookies than servers take (F31).

use super::{Lang, Subject};
use crate::report::{Code, Notice};

/// All is well, and may not stay so: one request to `site` carries `bytes` of cookies.
pub(super) fn heavy(site: &str, bytes: usize, subject: &Subject<'_>) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    // Rounded up: it is said because it is more than eight.
    let size = bytes.div_ceil(1024);
    let (what, cure) = match lang {
        Lang::En => (
            format!(
                "Each request to {site} carries {size} KB of cookies, and many servers refuse more than 8 KB."
            ),
            format!(
                "Nothing while it works. If {service} refuses (status 400, 413 or 431), reconnect: a new login begins with few cookies."
            ),
        ),
        Lang::Fr => (
            format!(
                "Chaque requête vers {site} porte {size} Ko de cookies, et bien des serveurs en refusent plus de 8 Ko."
            ),
            format!(
                "Rien tant que cela fonctionne. Si {service} refuse (statut 400, 413 ou 431), reconnectez-vous\u{a0}: une nouvelle connexion commence avec peu de cookies."
            ),
        ),
    };
    Notice::new(Code::Temporary, what)
        .safe(lang.pick(
            "Your login is safe, and every cookie is kept.",
            "Votre connexion n’est pas perdue, et chaque cookie est conservé.",
        ))
        .next(lang.pick(
            "It is refreshed as before; you are told if the service refuses.",
            "Elle est rafraîchie comme avant\u{a0}; vous serez prévenu si le service refuse.",
        ))
        .cure(cure)
}
