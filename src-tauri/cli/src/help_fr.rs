//! The help in French, laid over the command that clap made from [`crate::args`].

use clap::{Arg, Command};

/// The same command, with help in French.
pub fn french(command: Command) -> Command {
    // The quick way knows `lamp token` alone, under both names at once.
    let path = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    below(command, &path)
}

fn below(command: Command, path: &str) -> Command {
    let command = match about(path) {
        Some(about) => command.about(about),
        None => command,
    };
    // "Options" and "Arguments" are the same words in both languages.
    command
        .subcommand_help_heading("Commandes")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .help_template(TEMPLATE)
        .arg(
            Arg::new("help").short('h').long("help").action(clap::ArgAction::Help).help("Affiche cette aide"),
        )
        .mut_args(|given| argument(given, path))
        .mut_subcommands(|command| {
            let path = format!("{path} {}", command.get_name());
            below(command, &path)
        })
}

const TEMPLATE: &str = "{about-with-newline}\nUtilisation\u{a0}: {usage}\n\n{all-args}";

/// Keyed by the whole path: `lamp check` and `lamp provider check` are different things.
fn about(path: &str) -> Option<&'static str> {
    Some(match path {
        "lamp" => {
            "Connectez-vous une fois. Lamplighter garde chaque session et chaque jeton en vie, et en donne de frais à vos programmes."
        }
        "lamp login" => {
            "Se connecter\u{a0}: à un service pour la première fois, ou de nouveau avec un compte"
        }
        "lamp list" => "Lister tous les comptes",
        "lamp status" => "Montrer l’état d’un compte, ou de tous\u{a0}; le code de sortie dit le pire",
        "lamp token" => "Afficher un jeton valide, rafraîchi d’abord s’il le faut",
        "lamp refresh" => "Rafraîchir ce qui doit l’être",
        "lamp check" => "Prouver qu’une connexion fonctionne, en rafraîchissant s’il le faut",
        "lamp pause" => "Ne plus rafraîchir jusqu’à la reprise",
        "lamp resume" => "Rafraîchir de nouveau",
        "lamp logout" => "Mettre fin à la session auprès du service, puis effacer ce qui est stocké",
        "lamp rename" => "Donner un autre nom à un compte",
        "lamp history" => "Montrer les rafraîchissements passés, le plus récent d’abord",
        "lamp provider" => "Les services que Lamplighter connaît",
        "lamp provider list" => "Lister tous les services",
        "lamp provider show" => "Montrer un service",
        "lamp provider check" => "Vérifier un fichier de service",
        "lamp alert" => "Qui est prévenu ailleurs quand une connexion a besoin de vous",
        "lamp alert list" => "Lister qui est prévenu, et l’issue du dernier message",
        "lamp alert test" => "Envoyer un essai marqué comme tel, et dire ce qu’il en est",
        "lamp secret" => "Réglages secrets d’un compte, par exemple un secret client",
        "lamp secret set" => "Définir un secret\u{a0}: demandé sans écho, ou lu sur l’entrée standard",
        "lamp secret list" => "Lister les noms des secrets d’un compte",
        "lamp secret rm" => "Supprimer un secret",
        "lamp store" => "Où les connexions sont gardées",
        "lamp store show" => "Montrer quel stockage est utilisé, et dans lequel se trouve chaque connexion",
        "lamp store move" => {
            "Déplacer toutes les connexions vers un stockage, et l’utiliser désormais\u{a0}; Lamplighter ne doit pas être en marche"
        }
        "lamp store key" => {
            "Créer une clé pour des fichiers scellés\u{a0}: 32 octets aléatoires que vous seul pouvez lire"
        }
        "lamp serve" => {
            "Garder les connexions en vie sans bureau, jusqu’à l’arrêt\u{a0}: pour serveurs, conteneurs, gestionnaires de services"
        }
        "lamp openapi" => "Afficher la description de l’API locale (OpenAPI)",
        "lamp completions" => "Afficher les complétions pour un shell",
        _ => return None,
    })
}

fn argument(argument: Arg, path: &str) -> Arg {
    let positional = argument.is_positional();
    let help = match argument.get_id().as_str() {
        "json" => "Afficher du JSON stable, erreurs comprises",
        "target" => "Un service (voir `lamp provider list`), ou le nom d’un compte",
        "account" if path.starts_with("lamp secret") => {
            "Nom ou identifiant du compte\u{a0}; `alerts` pour les adresses des alertes"
        }
        "account" if path == "lamp alert test" => {
            "Seulement à qui est prévenu de ce compte\u{a0}: son nom ou son identifiant"
        }
        "account" => "Nom ou identifiant du compte",
        "accounts" => "Noms ou identifiants\u{a0}; tous si aucun n’est donné",
        "name" if path.starts_with("lamp secret") => "Nom du secret",
        "name" if path == "lamp login" => "Nom du nouveau compte",
        "name" if positional => "Le nouveau nom",
        "name" => "Lequel\u{a0}; celui par défaut s’il est omis",
        "settings" => "Un réglage du service\u{a0}; pour un secret, écrivez CLÉ=- et il sera demandé",
        "way" => "Laquelle des façons de se connecter, comptées à partir de 0",
        "no_open" => "Afficher les adresses, ne pas ouvrir de navigateur",
        "min_valid" => "Il doit rester valide au moins ce temps, par exemple 5m",
        "header" => "Afficher plutôt l’en-tête à envoyer, par exemple `Authorization: Bearer …`",
        "rejected" => "Un jeton a reçu un 401\u{a0}: `-` le lit sur l’entrée standard",
        "stale" => "N’importe quel jeton encore valide convient",
        "wait" => "Combien de temps attendre un rafraîchissement (30s)",
        "force" => "Rafraîchir même si rien ne presse",
        "try_once" => {
            "Renvoyer une fois une requête dont la réponse s’est perdue, là où c’est à vous d’en décider"
        }
        "dry_run" => "Dire seulement ce qui serait fait",
        "all" => "Tous les comptes",
        "limit" => "Combien (20)",
        "to" => "Lequel\u{a0}: keyring, keyutils ou sealed",
        "file" if path == "lamp store key" => "Le fichier\u{a0}; il ne doit pas encore exister",
        "id" => "Son identifiant",
        "file" => "Le fichier",
        "shell" => "Le shell",
        _ => return argument,
    };
    // Where there is a default, the help says it; clap would say it in English.
    let has_default = !argument.get_default_values().is_empty();
    let argument = argument.help(help);
    if has_default { argument.hide_default_value(true) } else { argument }
}
