//! A computer without certificates of authorities: nobody can be trusted.

use super::Lang;

/// What a computer needs that has no certificates of authorities.
pub fn no_certificates(lang: Lang) -> &'static str {
    lang.pick(
        "Install the certificates of your system (on Debian and others the package ca-certificates), then try again; \
         no restart is needed.",
        "Installez les certificats de votre système (sous Debian et d’autres, le paquet ca-certificates), puis \
         réessayez\u{a0}; aucun redémarrage n’est nécessaire.",
    )
}
