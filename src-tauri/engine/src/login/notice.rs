//! What a login says when it did not come to one: which account, what happened, whether the login from before
//! is safe, what happens next, what the person can do.

use std::time::Duration;

use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::NotSent;
use lamplighter_core::login::OTHER_VERSION;
use lamplighter_core::provider::{BindError, ExtractError};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, cause, no_certificates};

use super::LoginJob;
use super::child::NoWindow;
use super::loopback::NoListener;
use super::steps::StepFailure;

/// Makes notices about one login.
pub struct Notices {
    pub(super) lang: Lang,
    pub(super) account: String,
    pub(super) service: String,
    has_before: bool,
}

impl Notices {
    /// About `job`.
    pub fn of(job: &LoginJob) -> Self {
        Self {
            lang: job.lang,
            account: job.account.to_string(),
            service: job.provider.name.clone(),
            has_before: job.before.is_some(),
        }
    }

    pub(super) fn notice(&self, code: Code, what: (String, String), cure: (&str, &str)) -> Notice {
        let lang = self.lang;
        let pick = |(en, fr): (String, String)| if lang == Lang::Fr { fr } else { en };
        let safe = if self.has_before {
            lang.pick("The login from before is untouched.", "La connexion précédente est intacte.")
        } else {
            lang.pick("Nothing was stored.", "Rien n’a été enregistré.")
        };
        let next = lang.pick("Nothing more happens by itself.", "Rien d’autre ne se fera tout seul.");
        Notice::new(code, pick(what)).of(&self.account).safe(safe).next(next).cure(lang.pick(cure.0, cure.1))
    }

    /// The account's variables do not fit.
    pub fn unbound(&self, error: &BindError) -> Notice {
        let mut notice = self.notice(Code::Usage, (error.what(Lang::En), error.what(Lang::Fr)), ("", ""));
        notice.cure = Some(error.cure(self.lang));
        notice
    }

    /// Nobody finished it in time.
    pub fn too_late(&self, after: Duration) -> Notice {
        let (service, minutes) = (&self.service, after.as_secs() / 60);
        let en = format!("The login at {service} was not finished within {minutes} minutes.");
        let fr = format!("La connexion à {service} n’a pas été terminée en {minutes} minutes.");
        self.notice(
            Code::NeedsLogin,
            (en, fr),
            (
                "Start it again when you have your password and second factor at hand.",
                "Recommencez quand vous aurez votre mot de passe et votre second facteur sous la main.",
            ),
        )
    }

    /// No window can be opened.
    pub(super) fn no_window(&self, why: &NoWindow) -> Notice {
        match why {
            NoWindow::NoApp => self.notice(
                Code::NoDisplay,
                (
                    "The program that shows login windows is not installed.".to_owned(),
                    "Le programme qui affiche les fenêtres de connexion n’est pas installé.".to_owned(),
                ),
                (
                    "Install the desktop app `lamplighter` beside `lamp`, or name it in LAMPLIGHTER_APP. On a server: \
                     choose a way without a window with --way, if the service has one; else end `lamp serve`, log in \
                     once over `ssh -X`, and start it again.",
                    "Installez l’application `lamplighter` à côté de `lamp`, ou indiquez-la dans LAMPLIGHTER_APP. Sur \
                     un serveur\u{a0}: choisissez une méthode sans fenêtre avec --way, si le service en a une\u{a0}; \
                     sinon arrêtez `lamp serve`, connectez-vous une fois par `ssh -X`, et relancez-le.",
                ),
            ),
            NoWindow::NotStarted(kind) => {
                tracing::warn!(%kind, "the login window was not started");
                self.window_ended()
            }
        }
    }

    /// The window says that it cannot.
    pub fn window_failed(&self, why: &str) -> Notice {
        if why == OTHER_VERSION {
            return self.notice(
                Code::Temporary,
                (
                    "Lamplighter was updated while it ran, and its login window is of another version.".to_owned(),
                    "Lamplighter a été mis à jour pendant qu’il tournait, et sa fenêtre de connexion est d’une autre \
                     version."
                        .to_owned(),
                ),
                (
                    "Quit Lamplighter and start it again, then log in.",
                    "Quittez Lamplighter et redémarrez-le, puis connectez-vous.",
                ),
            );
        }
        if why != "no display" {
            tracing::warn!(why, "the login window has failed");
            return self.window_ended();
        }
        self.notice(
            Code::NoDisplay,
            (
                "There is no display for a login window.".to_owned(),
                "Il n’y a pas d’affichage pour une fenêtre de connexion.".to_owned(),
            ),
            (
                "Log in from a desktop session, or choose a login way that needs no window (--way). On a server \
                 without one: end `lamp serve`, log in once over `ssh -X`, and start it again.",
                "Connectez-vous depuis une session de bureau, ou choisissez une méthode sans fenêtre (--way). Sur un \
                 serveur qui n’en a pas\u{a0}: arrêtez `lamp serve`, connectez-vous une fois par `ssh -X`, et \
                 relancez-le.",
            ),
        )
    }

    /// The window is gone, and nobody closed it. How its process ended is for the log: it tells a person nothing.
    pub fn window_ended(&self) -> Notice {
        let en = "The login window ended unexpectedly.".to_owned();
        let fr = "La fenêtre de connexion s’est arrêtée de façon inattendue.".to_owned();
        self.notice(Code::NeedsLogin, (en, fr), ("Start the login again.", "Recommencez la connexion."))
    }

    /// The service or the person refused, with the service's code.
    pub fn access_refused(&self, code: &str) -> Notice {
        let service = &self.service;
        let en = format!("{service} did not give access ({code}).");
        let fr = format!("{service} n’a pas donné l’accès ({code}).");
        let cure = if code == "access_denied" {
            (
                "If you refused by mistake, start the login again and agree.",
                "Si vous avez refusé par erreur, recommencez la connexion et acceptez.",
            )
        } else {
            (
                "Check the app’s settings at the service (client id, redirect address, scopes), then start again.",
                "Vérifiez les réglages de l’application chez le service (identifiant client, adresse de retour, \
                 portées), puis recommencez.",
            )
        };
        self.notice(Code::NeedsLogin, (en, fr), cure)
    }

    /// What was pasted is not the answer to this login.
    pub fn foreign_address(&self, wanted: &str) -> Notice {
        let en = format!("The pasted address does not belong to this login; it must begin with {wanted}.");
        let fr = format!(
            "L’adresse collée ne correspond pas à cette connexion\u{a0}; elle doit commencer par {wanted}."
        );
        self.notice(
            Code::Usage,
            (en, fr),
            (
                "Start again, sign in, and copy the whole address that the browser ends at.",
                "Recommencez, connectez-vous, et copiez toute l’adresse à laquelle le navigateur aboutit.",
            ),
        )
    }

    /// Nobody can listen for the browser's return.
    pub(super) fn no_listener(&self, why: NoListener) -> Notice {
        let service = &self.service;
        match why {
            NoListener::Taken(port) => {
                let en = format!("Port {port} of this computer is taken, and {service} answers only there.");
                let fr =
                    format!("Le port {port} de cet ordinateur est occupé, et {service} ne répond que là.");
                self.notice(
                    Code::AddressTaken,
                    (en, fr),
                    (
                        "End the program that uses the port, then start the login again.",
                        "Arrêtez le programme qui utilise ce port, puis recommencez la connexion.",
                    ),
                )
            }
            NoListener::Refused(kind) => {
                let en = format!("The browser’s answer cannot be received on this computer ({kind}).");
                let fr =
                    format!("La réponse du navigateur ne peut pas être reçue sur cet ordinateur ({kind}).");
                self.notice(
                    Code::AddressTaken,
                    (en, fr),
                    (
                        "Check firewall and sandbox rules for 127.0.0.1, then start again.",
                        "Vérifiez les règles du pare-feu pour 127.0.0.1, puis recommencez.",
                    ),
                )
            }
        }
    }

    /// A required field was left empty.
    pub fn field_missing(&self, label: &str) -> Notice {
        let (en, fr) = (format!("{label} is not filled in."), format!("{label} n’est pas renseigné."));
        self.notice(
            Code::Usage,
            (en, fr),
            ("Start the login again and fill it in.", "Recommencez la connexion et renseignez-le."),
        )
    }

    /// The probe says: not logged in.
    pub fn not_logged_in(&self) -> Notice {
        let service = &self.service;
        let en = format!("{service} does not accept this login.");
        let fr = format!("{service} n’accepte pas cette connexion.");
        self.notice(
            Code::NeedsLogin,
            (en, fr),
            (
                "Check what you entered, or choose another login way.",
                "Vérifiez votre saisie, ou choisissez une autre méthode de connexion.",
            ),
        )
    }

    /// The probe got no answer, again and again.
    pub fn unreachable(&self, host: &str) -> Notice {
        let en = format!("{host} gave no answer that would prove the login.");
        let fr = format!("{host} n’a donné aucune réponse qui prouverait la connexion.");
        self.notice(
            Code::Temporary,
            (en, fr),
            (
                "Start the login again when its pages open in a browser.",
                "Recommencez la connexion quand ses pages s’ouvrent dans un navigateur.",
            ),
        )
    }

    /// One of the login's own requests failed.
    pub(super) fn step_failed(&self, failure: &StepFailure) -> Notice {
        let service = &self.service;
        match failure {
            StepFailure::Refused { status, code, .. } => {
                let code: String =
                    code.iter().flat_map(|code| code.chars()).filter(|c| !c.is_control()).take(80).collect();
                let said = if code.is_empty() { format!("HTTP {status}") } else { code };
                let en = format!("{service} did not accept the login ({said}).");
                let fr = format!("{service} n’a pas accepté la connexion ({said}).");
                self.notice(
                    Code::NeedsLogin,
                    (en, fr),
                    (
                        "Check what you entered and the app’s settings at the service, then start again.",
                        "Vérifiez votre saisie et les réglages chez le service, puis recommencez.",
                    ),
                )
            }
            StepFailure::Unreachable { host, has_left: false } => self.unreachable(host),
            StepFailure::Unreachable { host, has_left: true } => {
                let en = format!("The answer of {host} was lost on the way.");
                let fr = format!("La réponse de {host} s’est perdue en route.");
                self.notice(
                    Code::Temporary,
                    (en, fr),
                    ("Start the login again.", "Recommencez la connexion."),
                )
            }
            StepFailure::NoCertificates => {
                let why = NotSent::NoCertificates;
                let what = |lang| format!("{service}: {}.", cause(&Cause::NotSent { why }, lang));
                let cure = (no_certificates(Lang::En), no_certificates(Lang::Fr));
                self.notice(Code::Temporary, (what(Lang::En), what(Lang::Fr)), cure)
            }
            StepFailure::Incomplete(ExtractError::Missing(field)) => {
                let en = format!("The answer of {service} has no {field}.");
                let fr = format!("La réponse de {service} ne contient pas {field}.");
                self.file_notice((en, fr))
            }
            StepFailure::Incomplete(error) => self.bad_file(&error.to_string()),
            StepFailure::Impossible(error) => self.bad_file(&error.to_string()),
            StepFailure::NotStored(notice) => Notice::clone(notice),
        }
    }

    /// The provider file and the service do not fit together.
    pub fn bad_file(&self, why: &str) -> Notice {
        let service = &self.service;
        let en = format!("The provider file of {service} does not work: {why}.");
        let fr = format!("Le fichier du fournisseur {service} ne fonctionne pas\u{a0}: {why}.");
        self.file_notice((en, fr))
    }

    fn file_notice(&self, what: (String, String)) -> Notice {
        self.notice(
            Code::BadFile,
            what,
            (
                "Check the provider file and the account’s variables: lamp provider check.",
                "Vérifiez le fichier du fournisseur et les variables du compte\u{a0}: lamp provider check.",
            ),
        )
    }

    /// The provider has no login way of that number.
    pub fn no_such_way(&self) -> Notice {
        let service = &self.service;
        let en = format!("{service} has no such login way.");
        let fr = format!("{service} n’a pas cette méthode de connexion.");
        self.notice(
            Code::Usage,
            (en, fr),
            ("Choose one that the provider has.", "Choisissez-en une que le fournisseur propose."),
        )
    }

    /// A login that needs a Chrome window.
    pub fn chrome_only(&self) -> Notice {
        let service = &self.service;
        let en = format!("{service} can only be signed in to with Chrome, which this version cannot show.");
        let fr = format!("La connexion à {service} exige Chrome, que cette version ne peut pas afficher.");
        self.notice(
            Code::NoChrome,
            (en, fr),
            (
                "Choose another login way of this service, if it has one.",
                "Choisissez une autre méthode de connexion de ce service, s’il en a une.",
            ),
        )
    }

    /// The system gives no random numbers.
    pub fn no_randomness(&self) -> Notice {
        self.notice(
            Code::Internal,
            (
                "The system gives no random numbers, without which a login is not safe.".to_owned(),
                "Le système ne fournit pas de nombres aléatoires, sans lesquels une connexion n’est pas sûre."
                    .to_owned(),
            ),
            ("Restart the computer.", "Redémarrez l’ordinateur."),
        )
    }
}
