//! What is said of a desktop that lacks something.

use super::Lang;

/// That nothing on the desktop shows notifications: what works without, and what to install.
pub fn no_notifications(lang: Lang) -> &'static str {
    lang.pick(
        "Your desktop shows no notifications: no notification server is running. Logins are kept alive all the same, \
         and the window, the tray icon and “lamp status” say what needs you. To be told at once, install a server, \
         such as dunst or xfce4-notifyd: what is waiting is shown as soon as it runs.",
        "Votre bureau n’affiche pas de notifications\u{a0}: aucun serveur de notifications n’est en marche. Vos \
         connexions sont maintenues quand même, et la fenêtre, l’icône de la barre d’état et «\u{a0}lamp \
         status\u{a0}» disent ce qui vous attend. Pour être averti aussitôt, installez un serveur, par exemple dunst \
         ou xfce4-notifyd\u{a0}: ce qui attend s’affichera dès qu’il sera en marche.",
    )
}
