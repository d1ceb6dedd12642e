//! Every mistake that a file can hold, with its words. Each provider mistake has a sample file of its name.

use crate::text::Lang;

/// Declares [`Fault`]: fields, the sample's name, and what and cure in English and French.
macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident { $($field:ident),* } $name:literal
        $what_en:literal $what_fr:literal $cure_en:literal $cure_fr:literal)*) => {
        /// What is wrong.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "fields are the words that the texts name")]
        pub enum Fault { $($(#[$doc])* $variant { $($field: String),* },)* }

        impl Fault {
            /// Stable name; the sample file is called so.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $name,)* }
            }

            /// Names of all mistakes.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// What is wrong.
            pub fn what(&self, lang: Lang) -> String {
                match self {
                    $(Self::$variant { $($field),* } => {
                        $(let _ = $field;)*
                        match lang { Lang::En => format!($what_en), Lang::Fr => format!($what_fr) }
                    })*
                }
            }

            /// What to do about it.
            pub fn cure(&self, lang: Lang) -> String {
                match self {
                    $(Self::$variant { $($field),* } => {
                        $(let _ = $field;)*
                        match lang { Lang::En => format!($cure_en), Lang::Fr => format!($cure_fr) }
                    })*
                }
            }
        }
    };
}

faults! {
    /// The TOML parser refused it.
    NotToml { why } "not-toml"
        "This is not TOML: {why}." "Ce n’est pas du TOML\u{a0}: {why}."
        "Correct the line; the rest of the file is read after that." "Corrigez la ligne\u{a0}; le reste du fichier sera lu ensuite."
    /// TOML 1.1, not 1.0.
    InlineTableLines {} "inline-table-lines"
        "An inline table goes over several lines, which TOML 1.0 does not allow." "Une table en ligne s’étend sur plusieurs lignes, ce que TOML 1.0 ne permet pas."
        "Write it on one line, or as a [table] of its own." "Écrivez-la sur une ligne, ou comme une [table] à part."
    /// TOML 1.1, not 1.0.
    InlineTableComma {} "inline-table-comma"
        "An inline table ends with a comma, which TOML 1.0 does not allow." "Une table en ligne se termine par une virgule, ce que TOML 1.0 ne permet pas."
        "Remove the last comma." "Retirez la dernière virgule."
    /// TOML 1.1, not 1.0.
    NewEscape { escape } "new-escape"
        "`{escape}` is no escape in TOML 1.0." "`{escape}` n’est pas un échappement de TOML 1.0."
        "Use \\u followed by four hex digits." "Utilisez \\u suivi de quatre chiffres hexadécimaux."
    /// Far larger than any provider is.
    TooLarge {} "too-large"
        "The file is larger than 256 KiB." "Le fichier dépasse 256 Kio."
        "A provider needs a few kilobytes; remove what does not belong here." "Un fournisseur tient en quelques kilo-octets\u{a0}; retirez ce qui n’a rien à faire ici."
    /// A key that means nothing here.
    UnknownKey { key, known } "unknown-key"
        "`{key}` means nothing here." "`{key}` n’a pas de sens ici."
        "Keys that can stand here: {known}." "Clés possibles ici\u{a0}: {known}."
    /// A key that is nearly one.
    MistypedKey { key, near } "mistyped-key"
        "`{key}` means nothing here." "`{key}` n’a pas de sens ici."
        "Did you mean `{near}`?" "Vouliez-vous dire `{near}`\u{a0}?"
    /// A key that must be there.
    MissingKey { key } "missing-key"
        "`{key}` is missing here." "`{key}` manque ici."
        "Add it." "Ajoutez-le."
    /// Another kind of value.
    WrongType { wanted, wanted_fr } "wrong-type"
        "This must be {wanted}." "Il faut ici {wanted_fr}."
        "Write {wanted}." "Écrivez {wanted_fr}."
    /// One of a few words.
    NotOneOf { value, choices } "not-one-of"
        "`{value}` is none of the values that can stand here." "`{value}` n’est pas une valeur possible ici."
        "Use one of: {choices}." "Utilisez\u{a0}: {choices}."
    /// A later format.
    NewerFormat { found } "newer-format"
        "The file has format {found}; this version of Lamplighter reads format 1." "Le fichier est au format {found}\u{a0}; cette version de Lamplighter lit le format 1."
        "Update Lamplighter, or write the file for format 1." "Mettez Lamplighter à jour, ou écrivez le fichier au format 1."
    /// A text that says nothing.
    EmptyText {} "empty-text"
        "This must not be empty." "Ceci ne doit pas être vide."
        "Fill it in." "Remplissez-le."
    /// A list with nothing in it.
    EmptyList { key } "empty-list"
        "`{key}` must have at least one entry." "`{key}` doit avoir au moins une entrée."
        "Add one." "Ajoutez-en une."
    /// A name with other characters.
    BadName { name } "bad-name"
        "`{name}` cannot be a name here." "`{name}` ne peut pas être un nom ici."
        "Use 1 to 64 of a-z, 0-9 and _, a letter first." "Utilisez 1 à 64 caractères parmi a-z, 0-9 et _, une lettre d’abord."
    /// A dotted key that has to be quoted.
    QuoteField { field } "quote-field"
        "Without quotes, `{field}.…` is a table and no field." "Sans guillemets, `{field}.…` est une table et non un champ."
        "Write the field in quotes: \"{field}.NAME\"." "Écrivez le champ entre guillemets\u{a0}: \"{field}.NOM\"."
    /// A template without an end.
    TemplateUnclosed {} "template-unclosed"
        "A {{{{ is never closed by }}}}." "Un {{{{ n’est jamais fermé par }}}}."
        "Close it: {{{{name}}}}." "Fermez-le\u{a0}: {{{{nom}}}}."
    /// A place that names nothing.
    BadPlace { place } "bad-place"
        "{{{{{place}}}}} names nothing that can be filled in." "{{{{{place}}}}} ne désigne rien qui puisse être rempli."
        "Use a variable, token.NAME, refresh.CHAIN, var.NAME, step.NAME or form.NAME." "Utilisez une variable, token.NOM, refresh.CHAÎNE, var.NOM, step.NOM ou form.NOM."
    /// A variable that is not declared.
    UnknownVar { name } "unknown-var"
        "There is no variable `{name}`." "Il n’y a pas de variable `{name}`."
        "Declare it as [vars.{name}], or use one that is." "Déclarez-la comme [vars.{name}], ou utilisez-en une qui l’est."
    /// A token that is not declared.
    UnknownToken { name } "unknown-token"
        "There is no token `{name}`." "Il n’y a pas de jeton `{name}`."
        "Declare it as [tokens.{name}], or use one that is." "Déclarez-le comme [tokens.{name}], ou utilisez-en un qui l’est."
    /// A chain that no token belongs to.
    UnknownChain { name } "unknown-chain"
        "No token belongs to a chain `{name}`." "Aucun jeton n’appartient à une chaîne `{name}`."
        "Give a token chain = \"{name}\", or use the chain of one." "Donnez chain = \"{name}\" à un jeton, ou utilisez la chaîne de l’un d’eux."
    /// A field that nothing fills.
    NeverSaved { field } "never-saved"
        "Nothing ever saves `{field}`." "Rien n’enregistre jamais `{field}`."
        "Save it in a login or a refresh, or use a field that is saved." "Enregistrez-le à la connexion ou au renouvellement, ou utilisez un champ qui l’est."
    /// A scratch field used before it is there.
    StepNotSaved { field } "step-not-saved"
        "`{field}` is not saved by an earlier step of this list." "`{field}` n’est enregistré par aucune étape précédente de cette liste."
        "Save it in a step before this one." "Enregistrez-le dans une étape précédente."
    /// form.X elsewhere.
    FormOutsideLogin {} "form-outside-login"
        "What a person types can be used only in the steps of a login of kind \"form\"." "Ce qu’une personne saisit ne sert que dans les étapes d’une connexion de type \"form\"."
        "Save what is needed later as var.NAME there." "Enregistrez-y comme var.NOM ce qui sert plus tard."
    /// form.X that is no field.
    UnknownFormField { name } "unknown-form-field"
        "The form has no field `{name}`." "Le formulaire n’a pas de champ `{name}`."
        "Add it to [login.fields], or use one that is there." "Ajoutez-le à [login.fields], ou utilisez-en un qui y est."
    /// Something other than plain variables.
    NotPlain {} "not-plain"
        "Only variables that are no secrets can stand here." "Seules des variables non secrètes peuvent figurer ici."
        "Use a plain variable or the text itself." "Utilisez une variable simple ou le texte lui-même."
    /// No field.
    BadField { field } "bad-field"
        "`{field}` is no field." "`{field}` n’est pas un champ."
        "Use token.NAME, refresh.CHAIN, var.NAME or step.NAME." "Utilisez token.NOM, refresh.CHAÎNE, var.NOM ou step.NOM."
    /// No source.
    BadSource { source } "bad-source"
        "`{source}` is no source." "`{source}` n’est pas une source."
        "Use json:PATH, cookie:NAME, header:NAME, local_storage:KEY, session_storage:KEY, request_header:NAME, text:REGEX or jwt:FIELD/CLAIM."
        "Utilisez json:CHEMIN, cookie:NOM, header:NOM, local_storage:CLÉ, session_storage:CLÉ, request_header:NOM, text:REGEX ou jwt:CHAMP/CLAIM."
    /// A source where it can never yield.
    SourceOutOfPlace { source } "source-out-of-place"
        "`{source}:` never yields anything here." "`{source}:` ne donne jamais rien ici."
        "json, header and text need a reply; storage needs a browser; request_header needs a Chrome." "json, header et text demandent une réponse\u{a0}; le stockage demande un navigateur\u{a0}; request_header demande un Chrome."
    /// No path.
    BadJsonPath { path } "bad-json-path"
        "`{path}` is no path into JSON." "`{path}` n’est pas un chemin JSON."
        "Write the keys with dots between them, such as data.items.0.id." "Écrivez les clés séparées par des points, par exemple data.items.0.id."
    /// A pattern that cannot be read.
    BadRegex { why } "bad-regex"
        "This is no regular expression: {why}." "Ce n’est pas une expression régulière\u{a0}: {why}."
        "Correct it." "Corrigez-la."
    /// A pattern that finds nothing to keep.
    RegexWithoutGroup {} "regex-without-group"
        "The regular expression has no group, so there is nothing to save." "L’expression régulière n’a pas de groupe\u{a0}: il n’y a rien à enregistrer."
        "Put brackets around the part that is the value." "Mettez entre parenthèses la partie qui est la valeur."
    /// No condition, or two in one.
    BadCondition {} "bad-condition"
        "A condition says exactly one thing." "Une condition dit exactement une chose."
        "Use one of: status, json, header, url, cookie, local_storage, session_storage, selector, present, absent." "Utilisez\u{a0}: status, json, header, url, cookie, local_storage, session_storage, selector, present ou absent."
    /// A condition where it can never hold.
    ConditionOutOfPlace { condition } "condition-out-of-place"
        "`{condition}` can never be known here." "`{condition}` ne peut jamais être connu ici."
        "Use a condition that fits: a reply has status, json and header; a browser has url, cookie, storage and selector." "Utilisez une condition qui convient\u{a0}: une réponse a status, json et header\u{a0}; un navigateur a url, cookie, le stockage et selector."
    /// equals and in.
    EqualsAndIn {} "equals-and-in"
        "A condition has either `equals` or `in`." "Une condition a soit `equals`, soit `in`."
        "Put all values into `in`." "Mettez toutes les valeurs dans `in`."
    /// No HTTP status.
    BadStatus { status } "bad-status"
        "{status} is no HTTP status." "{status} n’est pas un code HTTP."
        "Use a number from 100 to 599." "Utilisez un nombre de 100 à 599."
    /// No address.
    BadUrl {} "bad-url"
        "This is no address." "Ce n’est pas une adresse."
        "Write it with its scheme, such as https://example.com/path." "Écrivez-la avec son protocole, par exemple https://example.com/chemin."
    /// Without encryption.
    NotHttps { host } "not-https"
        "{host} would get secrets without encryption." "{host} recevrait des secrets sans chiffrement."
        "Use https; http is for this machine only (127.0.0.1, localhost)." "Utilisez https\u{a0}; http est réservé à cette machine (127.0.0.1, localhost)."
    /// A fragment is never sent.
    Fragment {} "fragment"
        "An address that is requested has no fragment." "Une adresse demandée n’a pas de fragment."
        "Remove the # and what follows." "Retirez le # et ce qui suit."
    /// Not among the hosts.
    HostNotListed { host } "host-not-listed"
        "{host} is not among `hosts`, so it gets nothing." "{host} ne fait pas partie de `hosts` et ne reçoit donc rien."
        "Add it to `hosts` if it may get secrets." "Ajoutez-le à `hosts` s’il peut recevoir des secrets."
    /// No host.
    BadHost { host } "bad-host"
        "`{host}` is no host." "`{host}` n’est pas un hôte."
        "Write a host such as example.com, *.example.com or 127.0.0.1:8080, without a path." "Écrivez un hôte comme example.com, *.example.com ou 127.0.0.1:8080, sans chemin."
    /// Everybody's.
    PublicSuffix { host } "public-suffix"
        "Under `{host}` anybody can have a site." "N’importe qui peut avoir un site sous `{host}`."
        "Name the service’s own host." "Indiquez l’hôte propre au service."
    /// json and form and body.
    TwoBodies {} "two-bodies"
        "A request has one body." "Une requête a un seul corps."
        "Keep one of json, form and body." "Gardez json, form ou body, un seul."
    /// A GET with a body.
    BodyOnGet { method } "body-on-get"
        "A {method} request has no body." "Une requête {method} n’a pas de corps."
        "Use `query`, or another method." "Utilisez `query`, ou une autre méthode."
    /// A text body that says nothing about what it is.
    BodyWithoutType {} "body-without-type"
        "A `body` of any text needs a Content-Type header." "Un `body` de texte libre demande un en-tête Content-Type."
        "Add headers = {{ Content-Type = \"…\" }}, or use json or form." "Ajoutez headers = {{ Content-Type = \"…\" }}, ou utilisez json ou form."
    /// Not a header's name, or one that is not ours to set.
    BadHeader { name } "bad-header"
        "`{name}` cannot be set as a header." "`{name}` ne peut pas être défini comme en-tête."
        "Remove it; Host, Cookie and headers about length and connection are set by Lamplighter." "Retirez-le\u{a0}; Host, Cookie et les en-têtes de longueur et de connexion sont définis par Lamplighter."
    /// A header's value with a line break.
    BadHeaderValue { name } "bad-header-value"
        "The value of `{name}` holds control characters." "La valeur de `{name}` contient des caractères de contrôle."
        "Write it on one line." "Écrivez-la sur une ligne."
    /// auth and a header.
    AuthTwice {} "auth-twice"
        "`auth` and an Authorization header both say what is presented." "`auth` et un en-tête Authorization disent tous deux ce qui est présenté."
        "Keep one of them." "Gardez l’un des deux."
    /// No auth.
    BadAuth { auth } "bad-auth"
        "`{auth}` is no way to present something." "`{auth}` n’est pas une façon de s’authentifier."
        "Use none, cookies or token:NAME." "Utilisez none, cookies ou token:NOM."
    /// OAuth without its part.
    OAuthMissing { key } "oauth-missing"
        "This needs `{key}` in [oauth]." "Ceci demande `{key}` dans [oauth]."
        "Add it." "Ajoutez-le."
    /// client_auth and client_secret disagree.
    ClientSecret { auth } "client-secret"
        "client_auth = \"{auth}\" and client_secret do not fit together." "client_auth = \"{auth}\" et client_secret ne vont pas ensemble."
        "A client with a secret uses basic or body; one without uses body or none." "Un client avec secret utilise basic ou body\u{a0}; un client sans secret, body ou none."
    /// No redirect.
    BadRedirect { redirect } "bad-redirect"
        "`{redirect}` is no redirect." "`{redirect}` n’est pas une redirection."
        "Use loopback, localhost:PORT/PATH or paste:ADDRESS." "Utilisez loopback, localhost:PORT/CHEMIN ou paste:ADRESSE."
    /// The same login twice.
    DuplicateLogin {} "duplicate-login"
        "This login is the same as one above." "Cette connexion est identique à une autre plus haut."
        "Remove one of them." "Retirez l’une des deux."
    /// Nothing mints it.
    TokenWithoutRung { token } "token-without-rung"
        "No [[refresh]] brings the token `{token}`." "Aucun [[refresh]] n’apporte le jeton `{token}`."
        "Add a [[refresh]] of its chain that saves it, or strategy = \"manual\"." "Ajoutez un [[refresh]] de sa chaîne qui l’enregistre, ou strategy = \"manual\"."
    /// No login brings it.
    TokenWithoutLogin { token } "token-without-login"
        "Neither a login nor a refresh can bring the first token `{token}`." "Ni une connexion ni un rafraîchissement n’apporte le premier jeton `{token}`."
        "Save it in a [[login]]." "Enregistrez-le dans un [[login]]."
    /// Chains that need each other.
    ChainCycle { chains } "chain-cycle"
        "These chains need each other’s tokens: {chains}." "Ces chaînes ont besoin des jetons l’une de l’autre\u{a0}: {chains}."
        "Let one of them refresh without the other’s token." "Faites que l’une se rafraîchisse sans le jeton de l’autre."
    /// Something after manual.
    ManualNotLast {} "manual-not-last"
        "Nothing comes after the [[refresh]] that asks the person." "Rien ne vient après le [[refresh]] qui demande à la personne."
        "Make strategy = \"manual\" the last of its chain." "Placez strategy = \"manual\" en dernier dans sa chaîne."
    /// No duration.
    BadDuration { text } "bad-duration"
        "`{text}` is no duration." "`{text}` n’est pas une durée."
        "Write a number and a unit: 90s, 15m, 12h, 30d." "Écrivez un nombre et une unité\u{a0}: 90s, 15m, 12h, 30d."
    /// No expiry source.
    BadExpiry { text } "bad-expiry"
        "`{text}` does not tell when something ends." "`{text}` ne dit pas quand quelque chose se termine."
        "Use jwt, json:PATH, cookie:NAME or a duration such as 15m." "Utilisez jwt, json:CHEMIN, cookie:NOM ou une durée comme 15m."
    /// A margin as long as the life.
    MarginTooLong { token } "margin-too-long"
        "The margin is 90 % or more of the life of `{token}`: it would be refreshed all the time." "La marge atteint 90 % ou plus de la durée de vie de `{token}`\u{a0}: il serait rafraîchi sans cesse."
        "Make the margin shorter." "Raccourcissez la marge."
    /// idle or max_age over life.
    LongerThanLife { key } "longer-than-life"
        "`{key}` is longer than `life`." "`{key}` est plus long que `life`."
        "Make it shorter, or leave it out." "Raccourcissez-le, ou retirez-le."
    /// Under a minute.
    ConfirmTooSoon {} "confirm-too-soon"
        "`confirm_after` is shorter than 60 seconds." "`confirm_after` est inférieur à 60 secondes."
        "Use at least 60s." "Utilisez au moins 60s."
    /// The window is over before the try.
    WindowTooShort {} "window-too-short"
        "`confirm_window` ends before the confirming try comes." "`confirm_window` se termine avant l’essai de confirmation."
        "Make it longer than `confirm_after` (5m if that is not given)." "Choisissez-le plus long que `confirm_after` (5m par défaut)."
    /// A secret in a file for everybody.
    SecretDefault {} "secret-default"
        "A secret variable has a default, in a file that is no secret." "Une variable secrète a une valeur par défaut, dans un fichier qui n’est pas secret."
        "Remove the default; it is asked for and kept in the keyring." "Retirez-la\u{a0}; elle sera demandée et gardée dans le trousseau."
    /// The same code in two lists.
    CodeTwice { code } "code-twice"
        "`{code}` stands in two lists." "`{code}` figure dans deux listes."
        "Decide what it means, and keep it in one." "Décidez de son sens, et gardez-le dans une seule."
    /// config.toml: an account's name.
    BadAccountName { name } "bad-account-name"
        "`{name}` cannot be an account’s name." "`{name}` ne peut pas être le nom d’un compte."
        "Use 1 to 64 of a-z, 0-9, dot, _ and -, a letter or digit first." "Utilisez 1 à 64 caractères parmi a-z, 0-9, point, _ et -, une lettre ou un chiffre d’abord."
    /// config.toml: an account's id.
    BadAccountId {} "bad-account-id"
        "This is no account’s id." "Ce n’est pas l’identifiant d’un compte."
        "Restore the 32 hex digits from a backup, or remove the section and log in again." "Rétablissez les 32 chiffres hexadécimaux depuis une sauvegarde, ou retirez la section et reconnectez-vous."
    /// config.toml: two accounts with one id.
    IdTwice { name } "id-twice"
        "The account `{name}` has the same id." "Le compte `{name}` a le même identifiant."
        "Remove the copy; add a second account in the window or with: lamp login." "Retirez la copie\u{a0}; ajoutez un second compte dans la fenêtre ou avec\u{a0}: lamp login."
    /// config.toml: no provider's id.
    BadProviderId { name } "bad-provider-id"
        "`{name}` cannot be a provider’s id." "`{name}` ne peut pas être l’identifiant d’un fournisseur."
        "Use the provider file’s name without .toml." "Utilisez le nom du fichier du fournisseur sans .toml."
    /// config.toml: a key that no env file can hold.
    BadEnvKey { key } "bad-env-key"
        "`{key}` cannot be a key of an env file." "`{key}` ne peut pas être une clé d’un fichier env."
        "Use letters, digits and _, no digit first." "Utilisez des lettres, des chiffres et _, pas de chiffre d’abord."
    /// config.toml: where no message may go.
    BadAlertUrl {} "bad-alert-url"
        "No message can go to this address." "Aucun message ne peut aller à cette adresse."
        "Use https://…, or keychain:NAME and `lamp secret set alerts NAME`; http:// only for this computer." "Utilisez https://…, ou keychain:NOM et `lamp secret set alerts NOM`\u{a0}; http:// seulement pour cet ordinateur."
    /// config.toml: a program that would have to be looked for.
    CommandNotAbsolute { path } "command-not-absolute"
        "`{path}` is not an absolute path." "`{path}` n’est pas un chemin absolu."
        "Write the program’s whole path; its arguments follow as texts of their own, for there is no shell." "Écrivez le chemin complet du programme\u{a0}; ses arguments suivent comme textes séparés, car il n’y a pas de shell."
    /// config.toml: a file that Windows gives to a shell.
    CommandIsScript { path } "command-is-script"
        "`{path}` would be run by a shell, which reads its arguments in a way of its own." "`{path}` serait exécuté par un interpréteur qui lit ses arguments à sa manière."
        "Name a program instead of a .bat or .cmd file." "Indiquez un programme plutôt qu’un fichier .bat ou .cmd."
}
