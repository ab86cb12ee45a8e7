//! The help of every command and option in French; a test holds it to the English.

/// Each command's sentence and each argument's, by path: `score`, `score/out`, `models/list`.
pub const WORDS: &[(&str, &str)] = &[
    (
        "",
        "Note les prospects sur votre propre machine\u{a0}; chaque décision s’explique et se prouve.",
    ),
    (
        "/workspace",
        "Dossier de travail (par défaut\u{a0}: le dossier le plus proche, en remontant, qui contient probant.toml)",
    ),
    ("/json", "Imprime un document JSON au lieu de texte"),
    (
        "/lang",
        "Langue de ce qui est imprimé\u{a0}: fr ou en (par défaut\u{a0}: LANG)",
    ),
    (
        "/threads",
        "Nombre de cœurs à employer (par défaut\u{a0}: tous)\u{a0}; ne change jamais un résultat",
    ),
    ("/help", "Affiche cette aide"),
    ("/version", "Affiche la version"),
    (
        "demo",
        "Joue tout le parcours sur des prospects inventés\u{a0}: entraîner, activer, noter, expliquer, effacer, vérifier",
    ),
    (
        "demo/dir",
        "Dossier à créer, laissé en place pour être exploré",
    ),
    (
        "demo/leads",
        "Nombre de prospects inventés pour l’entraînement",
    ),
    (
        "init",
        "Crée un dossier de travail et rédige une première politique, d’après un export s’il y en a un",
    ),
    ("init/data", "Un export à examiner"),
    (
        "check",
        "Dit ce qui serait lu d’un export, ce qui serait refusé, et pourquoi",
    ),
    (
        "check/data",
        "Exports (un motif comme «\u{a0}*.csv\u{a0}» désigne plusieurs fichiers)",
    ),
    (
        "check/consents",
        "Preuves de consentement, un acte par ligne\u{a0}: lead, event (given\u{a0}: donné, withdrawn\u{a0}: retiré), when, wording, source, act, scope",
    ),
    (
        "check/strict",
        "Les colonnes non déclarées deviennent une erreur",
    ),
    ("policy", "Vérifie la politique, ou imprime son schéma"),
    (
        "policy/check",
        "Lit la politique et énumère tout ce qui n’y va pas",
    ),
    ("policy/schema", "Imprime le schéma JSON de la politique"),
    (
        "law",
        "Montre ce que disent les corpus juridiques, compte qui une autre date ferait changer, et signe les mises en balance",
    ),
    (
        "law/show",
        "Énumère les corpus juridiques, ou montre les règles, paramètres, refus et sources de l’un d’eux",
    ),
    (
        "law/show/pack",
        "Le corpus\u{a0}; tous sont énumérés s’il n’est pas donné",
    ),
    (
        "law/diff",
        "Compte les prospects dont une autre date changerait le statut, par motif\u{a0}; ne consigne rien, ne montre personne",
    ),
    (
        "law/diff/data",
        "Exports (un motif comme «\u{a0}*.csv\u{a0}» désigne plusieurs fichiers)",
    ),
    ("law/diff/at", "L’autre date"),
    (
        "law/diff/from",
        "La date à laquelle la comparer, au lieu d’aujourd’hui",
    ),
    (
        "law/diff/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "law/diff/consents",
        "Preuves de consentement, un acte par ligne\u{a0}: lead, event (given\u{a0}: donné, withdrawn\u{a0}: retiré), when, wording, source, act, scope",
    ),
    (
        "law/sign",
        "Signe une mise en balance d’intérêt légitime avec la clé d’une personne",
    ),
    ("law/sign/file", "La mise en balance, un fichier TOML"),
    (
        "law/sign/person",
        "Qui signe\u{a0}: la personne de la politique que la mise en balance nomme",
    ),
    ("law/sign/key", "Le fichier de la clé de cette personne"),
    (
        "release",
        "Remet à un outil des prospects validés, avec la classe du message\u{a0}; énumère ce qui a été remis",
    ),
    (
        "release/tool",
        "L’outil\u{a0}: son identifiant sous [[tools]] dans probant.toml",
    ),
    (
        "release/message",
        "La classe du message\u{a0}: promotional, informational ou legal\u{a0}; rien ne part sans elle",
    ),
    (
        "release/data",
        "Les exports qui contiennent les prospects (un motif comme «\u{a0}*.csv\u{a0}» désigne plusieurs fichiers)",
    ),
    (
        "release/out",
        "Le fichier destiné à l’outil\u{a0}: .csv ou .parquet",
    ),
    (
        "release/run",
        "Le passage\u{a0}: son identifiant, ses premiers chiffres, ou @latest",
    ),
    ("release/bands", "Seulement les prospects de ces tranches"),
    (
        "release/consents",
        "Preuves de consentement, un acte par ligne\u{a0}: lead, event (given\u{a0}: donné, withdrawn\u{a0}: retiré), when, wording, source, act, scope",
    ),
    (
        "release/person",
        "Qui s’en charge\u{a0}: une personne de la politique",
    ),
    (
        "release/purpose",
        "La finalité, si ce n’est pas celle du passage",
    ),
    (
        "release/dry_run",
        "Compter seulement\u{a0}: ne rien écrire, ne rien consigner",
    ),
    (
        "release/again",
        "Laisser repartir les prospects déjà remis à cet outil depuis ce passage\u{a0}; les plafonds valent toujours",
    ),
    ("release/list", "Énumère ce qui a été remis, à qui et quand"),
    (
        "why",
        "Dit pourquoi un prospect était dans une remise ce jour-là, d’après l’enregistrement du jour",
    ),
    ("why/lead", "L’identifiant du prospect dans le CRM"),
    (
        "why/release",
        "Le numéro de la remise, tel que `probant release list` le montre",
    ),
    (
        "why/why",
        "À quelle fin cet enregistrement est consulté, en un mot\u{a0}; elle est consignée",
    ),
    (
        "why/person",
        "Qui demande\u{a0}: une personne de la politique",
    ),
    (
        "train",
        "Ajuste un modèle candidat\u{a0}; il n’est jamais actif de lui-même",
    ),
    (
        "train/data",
        "Exports dont l’issue est connue (un motif comme «\u{a0}*.csv\u{a0}» désigne plusieurs fichiers)",
    ),
    (
        "train/person",
        "Qui entraîne\u{a0}: une personne de la politique",
    ),
    (
        "train/key",
        "La moitié secrète de sa clé\u{a0}: une approbation suppose un entraînement signé",
    ),
    (
        "train/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "train/cv",
        "Valide toute la démarche par blocs croisés, sans écrire de modèle",
    ),
    (
        "train/folds",
        "Le bloc de chaque ligne, un numéro par ligne, dans l’ordre du fichier",
    ),
    (
        "train/strict",
        "Les colonnes non déclarées deviennent une erreur",
    ),
    (
        "models",
        "Énumère, montre, approuve et active les modèles, et revient à un modèle antérieur",
    ),
    (
        "models/list",
        "Énumère les modèles du dossier de travail, et dit où en est chacun",
    ),
    ("models/show", "Montre l’origine et les mesures d’un modèle"),
    (
        "models/show/version",
        "Version, ses premiers chiffres, @active, @candidate ou @latest",
    ),
    (
        "models/show/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "models/card",
        "Écrit de nouveau la carte d’un modèle, avec ce qu’on en sait aujourd’hui",
    ),
    (
        "models/card/version",
        "Version, ses premiers chiffres, @active, @candidate ou @latest",
    ),
    (
        "models/card/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "models/card/out",
        "Le fichier à écrire\u{a0}; sans lui, la carte va sur la sortie standard",
    ),
    (
        "models/approve",
        "Approuve un modèle entraîné par quelqu’un d’autre, s’il satisfait à toutes les exigences",
    ),
    (
        "models/reject",
        "Refuse un modèle, ou revient sur une approbation avant qu’il soit actif",
    ),
    (
        "models/activate",
        "Fait d’un modèle approuvé celui qui note",
    ),
    ("models/rollback", "Revient au modèle qui notait auparavant"),
    (
        "models/rollback/to",
        "Le modèle auquel revenir, au lieu du précédent\u{a0}: une version ou ses premiers chiffres",
    ),
    ("models/retire", "Met un modèle hors d’usage"),
    (
        "models/retire/purge",
        "Supprime aussi son dossier, quand aucune décision n’en a plus besoin",
    ),
    ("models/at", "Dit quel modèle notait un jour donné"),
    (
        "models/at/date",
        "La date civile, dans le fuseau de la politique",
    ),
    (
        "models/approve/version",
        "Version, ses premiers chiffres, @candidate, @active ou @latest",
    ),
    (
        "models/reject/version",
        "Version, ses premiers chiffres, @candidate, @active ou @latest",
    ),
    (
        "models/activate/version",
        "Version, ses premiers chiffres, @candidate, @active ou @latest",
    ),
    (
        "models/retire/version",
        "Version, ses premiers chiffres, @candidate, @active ou @latest",
    ),
    (
        "models/approve/person",
        "Qui agit\u{a0}: une personne de la politique",
    ),
    (
        "models/approve/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "models/approve/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "models/reject/person",
        "Qui agit\u{a0}: une personne de la politique",
    ),
    (
        "models/reject/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "models/reject/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "models/activate/person",
        "Qui agit\u{a0}: une personne de la politique",
    ),
    (
        "models/activate/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "models/activate/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "models/rollback/person",
        "Qui agit\u{a0}: une personne de la politique",
    ),
    (
        "models/rollback/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "models/rollback/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "models/retire/person",
        "Qui agit\u{a0}: une personne de la politique",
    ),
    (
        "models/retire/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "models/retire/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "export",
        "Exporte un modèle en SQL, à exécuter là où se trouvent les prospects",
    ),
    (
        "export/sql",
        "Exporte un modèle sous forme d’une requête SELECT, contributions comprises\u{a0}; ce qu’elle calcule n’est pas une décision consignée",
    ),
    (
        "export/sql/dialect",
        "La base de données visée\u{a0}: duckdb, postgres, snowflake, bigquery ou spark",
    ),
    (
        "export/sql/model",
        "Le modèle\u{a0}: @active, @latest, une version ou ses premiers chiffres",
    ),
    (
        "export/sql/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "export/sql/from",
        "La table ou la sous-requête des prospects, reprise telle quelle\u{a0}; ses colonnes sont typées et nommées comme dans probant.toml",
    ),
    (
        "export/sql/out",
        "Le fichier à écrire\u{a0}; s’il n’est pas donné, la requête va sur la sortie standard",
    ),
    (
        "export/sql/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "score",
        "Note un export avec le modèle actif et consigne chaque prédiction",
    ),
    (
        "score/data",
        "Exports (un motif comme «\u{a0}*.csv\u{a0}» désigne plusieurs fichiers)\u{a0}; plusieurs ne font qu’un passage",
    ),
    (
        "score/consents",
        "Preuves de consentement, un acte par ligne\u{a0}: lead, event (given\u{a0}: donné, withdrawn\u{a0}: retiré), when, wording, source, act, scope",
    ),
    (
        "score/out",
        "Le fichier de scores à écrire\u{a0}: .parquet ou .csv",
    ),
    (
        "score/rejects",
        "Où énumérer les lignes en échec, par enregistrement, ligne et colonne",
    ),
    (
        "score/refused",
        "Où énumérer les prospects qui ne peuvent pas être notés",
    ),
    (
        "score/dry_run",
        "Compter seulement\u{a0}: ne rien écrire, ne rien consigner",
    ),
    (
        "score/again",
        "Noter de nouveau, même si la même entrée l’a déjà été",
    ),
    (
        "score/date",
        "La date à laquelle le droit s’apprécie, au lieu d’aujourd’hui",
    ),
    (
        "score/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "score/model",
        "Un autre modèle que l’actif\u{a0}; le passage est marqué comme un essai",
    ),
    (
        "score/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "score/strict",
        "Les colonnes non déclarées deviennent une erreur",
    ),
    ("runs", "Énumère les passages, ou en montre un"),
    ("runs/list", "Énumère les passages du registre"),
    ("runs/show", "Montre le compte rendu d’un passage"),
    (
        "runs/show/run",
        "L’identifiant du passage, ses premiers chiffres, ou @latest",
    ),
    (
        "explain",
        "Dit pourquoi un prospect a ce score, d’après la trace elle-même",
    ),
    ("explain/lead", "L’identifiant du prospect dans le CRM"),
    ("explain/decision", "Une autre décision que la dernière"),
    (
        "explain/why",
        "Dans quel but vous le lisez\u{a0}: access-request (demande d’accès), contest (contestation), review (relecture), quality (qualité), audit ou support (assistance)\u{a0}; consigné",
    ),
    (
        "explain/data",
        "Un export qui contient le prospect, pour montrer ses valeurs à côté des codes",
    ),
    (
        "explain/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "review",
        "Montre les propositions à une personne, et reçoit ce qu’elle décide",
    ),
    (
        "review/list",
        "Énumère les propositions par numéro, les cas limites d’abord, et ce qui manque pour approuver le passage",
    ),
    (
        "review/list/run",
        "L’identifiant du passage, ses premiers chiffres, ou @latest",
    ),
    (
        "review/list/band",
        "De cette tranche, par son identifiant dans la politique",
    ),
    (
        "review/list/status",
        "open (à décider), validated (validée), overridden (autre tranche), rejected (écartée) ou contested (contestée)",
    ),
    (
        "review/list/borderline",
        "Seulement celles proches du seuil d’une tranche",
    ),
    ("review/list/limit", "Au plus autant"),
    (
        "review/list/person",
        "Pour quelle personne, si plusieurs examinent",
    ),
    (
        "review/show",
        "Montre une proposition avec ses raisons, et consigne d’abord qu’elle a été montrée",
    ),
    (
        "review/show/what",
        "Le numéro d’une décision, ou l’identifiant du prospect dans le CRM",
    ),
    (
        "review/show/lead",
        "C’est l’identifiant d’un prospect, bien qu’il se lise comme un nombre",
    ),
    (
        "review/show/person",
        "Qui examine\u{a0}: une personne de la politique",
    ),
    (
        "review/show/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "review/validate",
        "Approuve des propositions qui ont été ouvertes",
    ),
    ("review/validate/decisions", "Les numéros des décisions"),
    (
        "review/validate/note",
        "Pourquoi, en toutes lettres\u{a0}; le registre n’en garde qu’une empreinte salée",
    ),
    (
        "review/validate/person",
        "Qui examine\u{a0}: une personne de la politique",
    ),
    (
        "review/validate/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "review/override",
        "Décide d’une autre tranche que celle proposée",
    ),
    ("review/override/decision", "Le numéro de la décision"),
    (
        "review/override/band",
        "La tranche, par son identifiant dans la politique",
    ),
    (
        "review/override/reason",
        "Le motif, par son identifiant ou son code dans la politique",
    ),
    (
        "review/override/note",
        "Pourquoi, en toutes lettres\u{a0}; le registre n’en garde qu’une empreinte salée",
    ),
    (
        "review/override/person",
        "Qui examine\u{a0}: une personne de la politique",
    ),
    (
        "review/override/key",
        "La moitié secrète de la clé de cette personne",
    ),
    ("review/reject", "Décide qu’un prospect ne sera pas utilisé"),
    ("review/reject/decision", "Le numéro de la décision"),
    (
        "review/reject/reason",
        "Le motif, par son identifiant ou son code dans la politique",
    ),
    (
        "review/reject/note",
        "Pourquoi, en toutes lettres\u{a0}; le registre n’en garde qu’une empreinte salée",
    ),
    (
        "review/reject/person",
        "Qui examine\u{a0}: une personne de la politique",
    ),
    (
        "review/reject/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "review/sign-off",
        "Approuve un passage entier, une fois lus tous les cas limites et l’échantillon tiré au hasard",
    ),
    (
        "review/sign-off/run",
        "L’identifiant du passage, ses premiers chiffres, ou @latest",
    ),
    (
        "review/sign-off/person",
        "Qui examine\u{a0}: une personne de la politique",
    ),
    (
        "review/sign-off/key",
        "La moitié secrète de la clé de cette personne",
    ),
    (
        "subject/contest",
        "Reçoit une contestation\u{a0}: la décision attend une seconde personne, et n’est pas utilisée d’ici là",
    ),
    (
        "subject/contest/lead",
        "L’identifiant du prospect dans le CRM",
    ),
    (
        "subject/contest/request",
        "La référence de la demande, en toutes lettres\u{a0}; elle n’entre jamais au registre",
    ),
    (
        "subject/contest/person",
        "Qui reçoit la demande\u{a0}: une personne de la politique",
    ),
    (
        "subject/contest/decision",
        "Le numéro de la décision, tel que `probant explain` le montre",
    ),
    (
        "subject/contest/note",
        "Ce que dit la personne, dans ses mots, pour qui examinera\u{a0}; le registre n’en garde qu’une empreinte salée",
    ),
    (
        "subject",
        "Reçoit les demandes d’une personne\u{a0}: effacement, limitation, contestation\u{a0}; les énumère, en établit le reçu",
    ),
    (
        "subject/erase",
        "Efface tout ce qui est consigné d’un prospect, avec la prochaine nuit ou tout de suite",
    ),
    (
        "subject/erase/lead",
        "L’identifiant du prospect dans le CRM",
    ),
    (
        "subject/erase/request",
        "La référence de la demande, en toutes lettres\u{a0}; elle n’entre jamais au registre",
    ),
    (
        "subject/erase/batch",
        "Un fichier de demandes, un en-tête et deux colonnes\u{a0}: prospect, référence",
    ),
    (
        "subject/erase/reason",
        "L’article\u{a0}: de art17-1-a à art17-1-f (par défaut\u{a0}: art17-1)",
    ),
    (
        "subject/erase/person",
        "Qui reçoit la demande\u{a0}: une personne de la politique",
    ),
    (
        "subject/erase/now",
        "Exécuter tout de suite tout ce qui attend, sans attendre la prochaine nuit",
    ),
    (
        "subject/restrict",
        "Limite le traitement de tout ce qui est consigné d’un prospect\u{a0}: conservé, ni utilisé ni détruit",
    ),
    (
        "subject/restrict/lead",
        "L’identifiant du prospect dans le CRM",
    ),
    (
        "subject/restrict/request",
        "La référence de la demande, en toutes lettres\u{a0}; elle n’entre jamais au registre",
    ),
    (
        "subject/restrict/person",
        "Qui reçoit la demande\u{a0}: une personne de la politique",
    ),
    (
        "subject/restrict/reason",
        "L’article\u{a0}: de art18-1-a à art18-1-d, ou legal-hold, conservation pour un litige (par défaut\u{a0}: art18-1)",
    ),
    (
        "subject/object",
        "Reçoit une opposition\u{a0}: en vigueur aussitôt, sans motif, et que nul ne peut lever",
    ),
    (
        "subject/object/lead",
        "L’identifiant du prospect dans le CRM",
    ),
    (
        "subject/object/request",
        "La référence de la demande, en toutes lettres\u{a0}; elle n’entre jamais au registre",
    ),
    (
        "subject/object/person",
        "Qui reçoit la demande\u{a0}: une personne de la politique",
    ),
    (
        "subject/object/scope",
        "À quoi\u{a0}: all (à tout, par défaut), profiling (être noté) ou promotion (être démarché)",
    ),
    (
        "subject/lift",
        "Lève la limitation sur les enregistrements d’un prospect",
    ),
    ("subject/lift/lead", "L’identifiant du prospect dans le CRM"),
    (
        "subject/lift/request",
        "La référence de la demande, en toutes lettres\u{a0}; elle n’entre jamais au registre",
    ),
    (
        "subject/lift/person",
        "Qui reçoit la demande\u{a0}: une personne de la politique",
    ),
    (
        "subject/list",
        "Énumère les demandes, en attente et exécutées",
    ),
    (
        "subject/list/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "subject/receipt",
        "Établit le reçu d’un effacement exécuté\u{a0}: ses preuves et une lettre",
    ),
    (
        "subject/receipt/request",
        "La référence de la demande, telle qu’elle a été donnée",
    ),
    ("subject/receipt/out", "Un nouveau dossier"),
    (
        "subject/receipt/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    ("ledger", "Vérifie, montre et mesure le registre"),
    (
        "ledger/verify",
        "Vérifie signatures, empreintes et comptes\u{a0}; avec --full, rejoue chaque score",
    ),
    (
        "ledger/verify/full",
        "Rejouer chaque prédiction d’après ses codes et son modèle",
    ),
    (
        "ledger/show",
        "Énumère les entrées du registre, ou en imprime une telle quelle",
    ),
    ("ledger/show/index", "Le rang d’une entrée"),
    (
        "ledger/purge",
        "Détruit ce qui a passé son échéance, et exécute ce qui attend",
    ),
    (
        "ledger/purge/dry_run",
        "Dire ce qui serait détruit, sans rien détruire",
    ),
    (
        "ledger/purge/person",
        "Qui décide\u{a0}: une personne de la politique",
    ),
    ("ledger/gc", "Supprime ce que des arrêts brutaux ont laissé"),
    ("ledger/gc/dry_run", "L’énumérer, sans rien supprimer"),
    (
        "ledger/gc/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    ("ledger/stats", "Mesure le registre"),
    (
        "ledger/verify/anchors",
        "Comparer avec les ancrages d’un dossier (peut être répété)",
    ),
    (
        "ledger/anchor",
        "Fait sortir le point de contrôle de la machine, et garde ce qui revient",
    ),
    (
        "ledger/anchor/request",
        "Écrit une demande, pour un témoin ou pour une autorité d’horodatage",
    ),
    (
        "ledger/anchor/request/cosign",
        "Écrire dans ce fichier une demande à un témoin",
    ),
    (
        "ledger/anchor/request/timestamp",
        "Écrire dans ce fichier une demande d’horodatage (RFC 3161)",
    ),
    (
        "ledger/anchor/request/witness",
        "Quel témoin, si plusieurs ont contresigné",
    ),
    (
        "ledger/anchor/request/old",
        "La taille dont le témoin se souvient, au lieu de celle qui est ancrée",
    ),
    (
        "ledger/anchor/request/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "ledger/anchor/add",
        "Vérifie et garde ce qui est revenu\u{a0}: la réponse d’un témoin ou un horodatage",
    ),
    ("ledger/anchor/add/answer", "Le fichier qui est revenu"),
    (
        "ledger/anchor/add/witness",
        "La clé du témoin, telle qu’il la lit à voix haute\u{a0}: nécessaire la première fois",
    ),
    (
        "ledger/anchor/add/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "ledger/anchor/copy",
        "Écrit une simple copie du point de contrôle, à garder ailleurs",
    ),
    (
        "ledger/anchor/copy/file",
        "La copie à écrire\u{a0}; son nom se termine par .note",
    ),
    (
        "ledger/anchor/copy/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    ("ledger/anchor/list", "Énumère les ancrages gardés ici"),
    (
        "ledger/anchor/accept-rollback",
        "Continue avec un registre plus ancien que ses ancrages, et consigne qui l’a décidé",
    ),
    (
        "ledger/anchor/accept-rollback/person",
        "Qui le décide\u{a0}: une personne de la politique",
    ),
    (
        "ledger/cosign",
        "Contresigne le registre d’une autre machine, s’il prolonge ce qui a déjà été contresigné",
    ),
    ("ledger/cosign/request", "La demande de l’exploitant"),
    (
        "ledger/cosign/witness",
        "Le dossier du témoin, créé au premier usage",
    ),
    ("ledger/cosign/out", "La réponse à écrire"),
    (
        "ledger/cosign/log",
        "La clé du registre, comparée par téléphone ou sur papier\u{a0}: nécessaire la première fois",
    ),
    (
        "ledger/witness",
        "Montre la clé d’un témoin et ce dont il se souvient\u{a0}; le crée au premier usage",
    ),
    ("ledger/witness/folder", "Le dossier du témoin"),
    (
        "keys",
        "Énumère les clés par leur identifiant, ferme et détruit les périodes de pseudonymes, crée une clé de secours",
    ),
    (
        "keys/list",
        "Énumère les périodes de pseudonymes et les identifiants des autres clés\u{a0}; jamais un secret",
    ),
    (
        "keys/rotate",
        "Ferme la période de pseudonymes en usage et en ouvre une autre",
    ),
    (
        "keys/rotate/person",
        "Qui le fait\u{a0}: une personne de la politique",
    ),
    (
        "keys/rewrap",
        "Enveloppe à nouveau la clé de chaque segment et détruit l’ancienne enveloppe\u{a0}: les copies antérieures ne s’ouvrent plus",
    ),
    (
        "keys/rewrap/person",
        "Qui le fait\u{a0}: une personne de la politique",
    ),
    (
        "keys/destroy",
        "Détruit la clé d’une période close\u{a0}: plus personne ne peut y être retrouvé",
    ),
    (
        "keys/destroy/period",
        "La période, telle que `probant keys list` la montre, ou ses premiers chiffres",
    ),
    (
        "keys/destroy/person",
        "Qui le fait\u{a0}: une personne de la politique",
    ),
    ("keys/destroy/yes", "Le faire\u{a0}: c’est définitif"),
    (
        "keys/person",
        "Crée la clé personnelle de qui décide, sur sa machine, pour signer ses décisions\u{a0}; sans dossier de travail",
    ),
    (
        "keys/person/person",
        "L’identifiant de la personne dans la politique",
    ),
    ("keys/person/out", "Où écrire la moitié secrète"),
    (
        "keys/recovery",
        "Crée une clé de secours, sur la machine de qui la garde\u{a0}; sans dossier de travail",
    ),
    ("keys/recovery/out", "Où écrire la moitié secrète"),
    (
        "doctor",
        "Examine chaque partie du dossier de travail et dit que faire\u{a0}; refait l’état à partir du registre",
    ),
    (
        "doctor/rebuild",
        "Relire chaque acte dans le registre, dans un nouveau state.db si l’ancien est illisible",
    ),
    (
        "doctor/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "backup",
        "Copie le registre et, à part, les clés, scellées pour la clé de secours",
    ),
    ("backup/dir", "Dossier des sauvegardes, sur un autre disque"),
    (
        "backup/prune",
        "Détruire les sauvegardes de clés qui s’y trouvent au-delà de leur durée",
    ),
    (
        "backup/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "restore",
        "Fait un nouveau dossier de travail d’une sauvegarde, et le vérifie",
    ),
    ("restore/dir", "Dossier des sauvegardes"),
    (
        "restore/identity",
        "L’identité de secours, telle que `probant keys recovery` l’a écrite",
    ),
    (
        "restore/into",
        "Le dossier de travail à créer\u{a0}: absent, ou vide",
    ),
    (
        "restore/stamp",
        "Une autre sauvegarde que la dernière, par la date dans son nom",
    ),
    (
        "restore/keys",
        "Les clés scellées, si elles sont gardées ailleurs",
    ),
    (
        "ledger/bundle",
        "Fait un dossier qu’un auditeur vérifie sans ce programme, et consigne qui l’a reçu",
    ),
    (
        "ledger/bundle/run",
        "Un passage\u{a0}: son identifiant, ses premiers chiffres, ou @latest",
    ),
    (
        "ledger/bundle/lead",
        "Les décisions sur un seul prospect, sans celles de personne d’autre\u{a0}: son identifiant dans le CRM",
    ),
    (
        "ledger/bundle/decision",
        "Une seule de ses décisions (par défaut\u{a0}: toutes)",
    ),
    (
        "ledger/bundle/from",
        "Les passages d’une période, selon la date à laquelle le droit s’est apprécié\u{a0}: le premier jour",
    ),
    ("ledger/bundle/to", "Le dernier jour"),
    (
        "ledger/bundle/rows",
        "Ajouter les enregistrements de tous, en clair",
    ),
    (
        "ledger/bundle/recipient",
        "À qui il est destiné\u{a0}: un nom court, expliqué dans votre propre registre",
    ),
    (
        "ledger/bundle/person",
        "Qui le remet\u{a0}: une personne de la politique",
    ),
    ("ledger/bundle/out", "Le nouveau dossier"),
];
