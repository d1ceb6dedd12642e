//! The help in French, laid over the command that clap made from [`crate::args`].

use clap::{Arg, Command};

/// The same command, with help in French.
pub fn french(command: Command) -> Command {
    let command = match about(&name(&command)) {
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
        .mut_args(argument)
        .mut_subcommands(french)
}

const TEMPLATE: &str = "{about-with-newline}\nUtilisation : {usage}\n\n{all-args}";

fn name(command: &Command) -> String {
    command.get_bin_name().unwrap_or(command.get_name()).to_owned()
}

fn about(name: &str) -> Option<&'static str> {
    Some(match name {
        "lamp" => {
            "Connectez-vous une fois. Lamplighter garde chaque session et chaque jeton en vie, et en donne de frais à vos programmes."
        }
        "login" => "Se connecter : à un service pour la première fois, ou de nouveau avec un compte",
        "list" => "Lister",
        "status" => "Montrer l'état d'un compte, ou de tous ; le code de sortie dit le pire",
        "token" | "lamp token" => "Afficher un jeton valide, rafraîchi d'abord s'il le faut",
        "refresh" => "Rafraîchir ce qui doit l'être",
        "check" => "Prouver que cela fonctionne",
        "pause" => "Ne plus rafraîchir jusqu'à la reprise",
        "resume" => "Rafraîchir de nouveau",
        "logout" => "Mettre fin à la session auprès du service, puis effacer ce qui est stocké",
        "rename" => "Donner un autre nom à un compte",
        "history" => "Montrer les rafraîchissements passés, le plus récent d'abord",
        "provider" => "Les services que Lamplighter connaît",
        "secret" => "Réglages secrets d'un compte, par exemple un secret client",
        "show" => "Montrer un service",
        "set" => "Définir un secret : demandé sans écho, ou lu sur l'entrée standard",
        "rm" => "Supprimer un secret",
        "openapi" => "Afficher la description de l'API locale (OpenAPI)",
        "completions" => "Afficher les complétions pour un shell",
        _ => return None,
    })
}

fn argument(argument: Arg) -> Arg {
    let positional = argument.is_positional();
    let help = match argument.get_id().as_str() {
        "json" => "Afficher du JSON stable, erreurs comprises",
        "target" => "Un service (voir `lamp provider list`), ou le nom d'un compte",
        "account" => "Nom ou identifiant du compte",
        "accounts" => "Noms ou identifiants ; tous si aucun n'est donné",
        "name" if positional => "Le nom",
        "name" => "Lequel ; celui par défaut s'il est omis",
        "settings" => "Un réglage du service ; pour un secret, écrivez CLÉ=- et il sera demandé",
        "way" => "Laquelle des façons de se connecter, comptées à partir de 0",
        "no_open" => "Afficher les adresses, ne pas ouvrir de navigateur",
        "min_valid" => "Il doit rester valide au moins ce temps, par exemple 5m",
        "header" => "Afficher plutôt l'en-tête à envoyer, par exemple `Authorization: Bearer …`",
        "rejected" => "Un jeton a reçu un 401 : `-` le lit sur l'entrée standard",
        "stale" => "N'importe quel jeton encore valide convient",
        "wait" => "Combien de temps attendre un rafraîchissement (30s)",
        "force" => "Rafraîchir même si rien ne presse",
        "dry_run" => "Dire seulement ce qui serait fait",
        "all" => "Tous les comptes",
        "limit" => "Combien (20)",
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
