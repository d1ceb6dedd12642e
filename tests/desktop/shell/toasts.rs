//! Each matter has its notification, in the person's language, as the desktop's own server shows it.

use std::time::Duration;

use lamplighter_core::api::Request;
use lamplighter_core::text::Lang;
use testkit::desktop::Options;
use testkit::practice::{self, Person, Settings, Site};
use testkit::wait;

use super::world::{SOON, World, options};

/// A refusal that the service blames on the app's settings.
fn blaming_the_app() -> String {
    practice::JSON_PROVIDER.replace("rejected = [", "app = [")
}

/// Nobody renews it but the person: it ends with its token.
fn without_refresh() -> String {
    let text = practice::JSON_PROVIDER;
    let (start, end) = (text.find("[[refresh]]").expect("one"), text.find("[answers]").expect("one"));
    format!("{}[[refresh]]\nstrategy = \"manual\"\n\n{}", &text[..start], &text[end..])
}

/// A site of its own, whose tokens are near their end.
fn other_site() -> Site {
    let token_life = Duration::from_secs(300);
    Site::start(Settings { people: vec![Person::new("Ana")], token_life, ..Settings::default() })
}

/// What is looked at, one after the other.
struct Told {
    world: World,
    lang: Lang,
}

impl Told {
    fn new(lang: Lang) -> Self {
        let locale = lang.pick("C.UTF-8", "fr_FR.UTF-8").to_owned();
        let mut world = World::new(&Options { lang: locale, ..options() });
        world.write_provider("practice-app", &blaming_the_app());
        world.write_provider("practice-short", &without_refresh());
        world.start(&["--autostarted"]);
        Self { world, lang }
    }

    fn refresh(&self, account: &str) {
        let accounts = vec![account.to_owned()];
        self.world.ask(&Request::Refresh { accounts, force: true, dry_run: false });
    }

    /// Waits until these words were sent to the notification server and are on the screen.
    fn await_words(&self, matter: &str, en: &[&str], fr: &[&str]) {
        let words = if self.lang == Lang::Fr { fr } else { en };
        let sent = || {
            let log = self.world.desktop.notification_log();
            words.iter().all(|words| log.contains(words))
        };
        let told = wait::until_true(SOON, || sent() && !self.world.desktop.notification_windows().is_empty());
        assert!(told, "not all of {words:?} in {}", self.world.desktop.notification_log());
        self.world.picture(&format!("toast-{matter}-{}", self.lang.pick("en", "fr")));
    }

    fn each_matter(&self) {
        let world = &self.world;
        let (far, kept) = (other_site(), other_site());
        // Whose host is gone is told of when its token nearly is (F4).
        far.set_token_life(Duration::from_secs(60));
        world.log_in("work");
        world.log_in_at(&world.site, "practice-app", "app");
        world.log_in_at(&far, "practice-json", "far");
        world.log_in_at(&kept, "practice-json", "kept");

        world.site.set_token_life(Duration::from_secs(40));
        world.log_in_at(&world.site, "practice-short", "short");
        self.await_words(
            "will-end",
            &["short will probably end ", "Reconnect", "Later"],
            &["short va probablement expirer ", "Se reconnecter", "Plus tard"],
        );
        world.end_session("work");
        self.await_words(
            "needs-you",
            &["work needs you.", "ended the session at ", "Reconnect"],
            &["work a besoin de vous.", "a mis fin à la session à ", "Se reconnecter"],
        );
        self.refresh("app");
        self.await_words(
            "blocked",
            &["app needs you.", "does not accept the app settings", "Open"],
            &["app a besoin de vous.", "n’accepte pas les réglages de l’application\u{a0}: ", "Ouvrir"],
        );
        drop(far);
        self.refresh("far");
        self.await_words(
            "network",
            &["\"Can’t reach Practice JSON since ", "\"Your login is safe. Next try at "],
            &[
                "\"Practice JSON est injoignable depuis ",
                "\"Votre connexion n’est pas perdue. Prochain essai à ",
            ],
        );
        world.desktop.lock_keyring().expect("a keyring");
        self.refresh("kept");
        self.await_words(
            "locked",
            &["Your keyring is locked.", "Unlock"],
            &["Votre trousseau est verrouillé.", "Déverrouiller"],
        );
    }
}

#[test]
fn m5_each_matter_has_its_notification_in_english() {
    Told::new(Lang::En).each_matter();
}

#[test]
fn m5_m8_each_matter_has_its_notification_in_french_and_nothing_in_english() {
    let told = Told::new(Lang::Fr);
    told.each_matter();
    let log = told.world.desktop.notification_log();
    for word in
        ["needs you", "\"Reconnect\"", "\"Later\"", "\"Open\"", "\"Unlock\"", "Your ", "will probably"]
    {
        assert!(!log.contains(word), "{word:?} in {log}");
    }
}
