//! What an erased person is given: the proof that the log says so, and what opens their part of it.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::batch::Told;
use super::writer;
use crate::digest::sha256;
use crate::event::{Act, Circumstances, Seen, Why};
use crate::lang::Lang;
use crate::ledger::entry::{Note, request_commitment};
use crate::ledger::note::base64;
use crate::ledger::text::Progress;
use crate::ledger::{Entry, tree};
use crate::ledger::{EventId, Hash};
use crate::name::Token;
use crate::policy::Right;
use crate::say;
use crate::workspace::acts::{self, Doing};
use crate::workspace::error::Error;
use crate::workspace::journal::{Commit, View};
use crate::workspace::state::{Kind, Request, Which};
use crate::workspace::{Workspace, World, place};

/// A receipt that was written.
#[derive(Clone, Debug, Serialize)]
pub struct Receipt {
    /// Of this document.
    pub schema_version: u32,
    /// The folder.
    pub path: PathBuf,
    /// The act in the log.
    pub event: String,
    /// The entries that say that the records will go, and that they are gone.
    pub entries: [u64; 2],
    /// To whom the records had been handed.
    pub told: Vec<Told>,
    /// Days after which a backup of keys is destroyed.
    pub key_backups_days: u32,
}

/// Writes the receipt of a request that was carried out to the new folder `out`.
pub fn receipt(
    ws: &Workspace,
    world: &mut World,
    reference: &str,
    out: &Path,
    person: Option<&str>,
    lang: Lang,
) -> Result<Receipt, Error> {
    let by = ws.may(person, Right::Receipt)?.id.clone();
    let request = carried_out(ws, reference)?;
    let event = request.event.ok_or_else(|| Error::Refused {
        what: "when this request was carried out, nothing was recorded about its lead any more".to_owned(),
        hint: "there is no entry to prove: what had been recorded was destroyed before, at its date",
    })?;
    let view = View::open(&ws.root)?;
    let commitment = request_commitment(&request.salt, reference);
    let [begun, done] = entries(&view, event, &commitment).ok_or_else(|| unknown(reference))?;
    place::vacant(out)?;
    let told: Vec<Told> = serde_json::from_str(&request.told).unwrap_or_default();
    let receipt = Receipt {
        schema_version: 1,
        path: out.to_owned(),
        event: event.to_string(),
        entries: [begun, done],
        told,
        key_backups_days: ws.policy.backup.keep_keys_days,
    };
    let opening = json!({
        "schema_version": 1,
        "reference": reference,
        "salt": crate::digest::hex(&request.salt),
        "commitment": base64(&commitment),
        "rule": "SHA-256(\"probant/req/v1\\0\" || salt || reference)",
        "log": view.verifier(),
    });
    let opening = serde_json::to_string_pretty(&opening).unwrap_or_default() + "\n";
    let letter = letter(ws, &request, &receipt, lang);
    let shown = sha256(&[letter.as_bytes()]);
    let files = [
        ("intent.entry", text(&view, begun)),
        ("intent.tlog-proof", proof(&view, begun)),
        ("done.entry", text(&view, done)),
        ("done.tlog-proof", proof(&view, done)),
        ("opening.json", opening),
        (say!(lang, "receipt.txt" | "recu.txt").as_str(), letter),
    ]
    .map(|(name, text)| (name.to_owned(), text));
    let part = out.with_file_name(format!(
        ".{}.part",
        out.file_name().unwrap_or_default().to_string_lossy()
    ));
    world.disk.remove_tree(&part)?;
    world.disk.create_directory(&part)?;
    for (name, text) in files {
        world.disk.create(&part.join(name), text.as_bytes())?;
    }
    record(ws, world, &by, &commitment, shown)?;
    world.disk.place(&part, out)?;
    Ok(receipt)
}

/// Records that somebody read whose request it was, before they do: about the person as the suppression set knows them,
/// for no other pseudonym is left; in the main log where that knows nobody by this request.
fn record(
    ws: &Workspace,
    world: &mut World,
    by: &Token,
    commitment: &Hash,
    shown: [u8; 32],
) -> Result<(), Error> {
    let mut writer = writer(ws, world)?;
    let mut state = ws.state()?;
    acts::catch_up(&mut state, writer.view())?;
    let known = match writer.view().suppression_kid() {
        Some(kid) => state.acts(Which::Key(kid))?,
        None => Vec::new(),
    };
    let whose = known.into_iter().find(|told| {
        matches!(Act::of(&told.event), Some(Act::Objected { request, .. }) if request == *commitment)
    });
    let Some(whose) = whose else {
        let note = Entry::Note(Note {
            about: "receipt-read".parse().expect("a word is a name"),
            time: world.now,
            actor: by.clone(),
            checkpoint: None,
        });
        writer.commit(&Commit {
            documents: Vec::new(),
            entries: vec![note],
        })?;
        return Ok(());
    };
    let act = Act::Accessed {
        what: Seen::Identity,
        why: Why::AccessRequest.name(),
    };
    let event = act.record(&Circumstances {
        event: world.entropy.bytes(),
        pseudonym: whose.event.pseudonym,
        decision: None,
        actor: by.clone(),
        shown,
        time: world.now.0,
        note: None,
    })?;
    let doing = Doing {
        kid: whose.kid,
        purpose: whose.purpose,
        schema: None,
        retention: None,
        event,
        note: None,
    };
    acts::record(ws, world, &mut writer, Commit::default(), vec![doing])?;
    Ok(())
}

/// The newest erasure that was carried out for this reference.
fn carried_out(ws: &Workspace, reference: &str) -> Result<Request, Error> {
    let requests = ws.state()?.requests()?;
    let mut named = requests
        .into_iter()
        .filter(|it| it.reference == reference && it.kind == Kind::Erase.token());
    let request = named.next_back().ok_or_else(|| unknown(reference))?;
    if request.done.is_none() {
        return Err(Error::Refused {
            what: "this request is not carried out yet".to_owned(),
            hint: "`probant subject erase --now` carries out what waits",
        });
    }
    Ok(request)
}

fn unknown(reference: &str) -> Error {
    Error::Unknown {
        what: "request",
        name: reference.to_owned(),
        near: None,
    }
}

/// The entry that names the request, and the one that ends its erasure.
fn entries(view: &View, event: EventId, commitment: &[u8; 32]) -> Option<[u64; 2]> {
    let of = |wanted: Progress, names: bool| {
        view.entries().find_map(|(index, entry)| match entry {
            Entry::Erase(it)
                if it.event == event
                    && it.state == wanted
                    && (!names || it.requests.contains(commitment)) =>
            {
                Some(index)
            }
            _ => None,
        })
    };
    Some([of(Progress::Intent, true)?, of(Progress::Done, false)?])
}

fn text(view: &View, index: u64) -> String {
    let mut entries = view.entries();
    entries
        .nth(index as usize)
        .map(|(_, entry)| entry.text())
        .unwrap_or_default()
}

/// C2SP `tlog-proof`: the entry's number, its path, and the checkpoint.
fn proof(view: &View, index: u64) -> String {
    let leaves: Vec<Hash> = view
        .entries()
        .map(|(_, entry)| tree::leaf(&[entry.text().as_bytes()]))
        .collect();
    let mut proof = format!("c2sp.org/tlog-proof@v1\nindex {index}\n");
    for hash in tree::inclusion(&leaves, index as usize) {
        proof += &base64(&hash);
        proof.push('\n');
    }
    proof.push('\n');
    proof + &String::from_utf8_lossy(view.checkpoint())
}

fn letter(ws: &Workspace, request: &Request, receipt: &Receipt, lang: Lang) -> String {
    let controller = &ws.policy.controller.name;
    let dpo = &ws.policy.controller.dpo;
    let (reference, days) = (&request.reference, receipt.key_backups_days);
    let day = |text: &str| crate::report::moment(text, lang);
    let received = day(&request.received);
    let done = day(request.done.as_deref().unwrap_or_default());
    let [begun, ended] = receipt.entries;
    let event = receipt.event.as_str();
    let told = if receipt.told.is_empty() {
        say!(
            lang,
            "This program handed no copy of these records outside the company."
                | "Ce programme n’a remis aucune copie de ces enregistrements hors de l’entreprise."
        )
    } else {
        let names: Vec<&str> = receipt
            .told
            .iter()
            .map(|it| it.recipient.as_str())
            .collect();
        let names = names.join(", ");
        say!(
            lang,
            "A copy of these records had been handed to: {names}. We are telling them of this erasure (GDPR art. 19)."
                | "Une copie de ces enregistrements avait été remise à\u{a0}: {names}. Nous leur faisons part de cet effacement (RGPD, art. 19)."
        )
    };
    say!(
        lang,
        "Receipt of an erasure\n\n{controller}\n\nYour request: {reference}\nReceived on: {received}\nCarried out on: {done} (GDPR art. 17)\n\nEverything that our register of scores held about you was erased: scores, their reasons, and what became of them. For each record only a fingerprint remains, which nobody can connect to you any more; it shows that the other records were not touched.\n\n{told}\n\nThis letter covers the register of scores and the score files that this program wrote, as of the date above. Your customer file and models already trained are handled separately. So that you are not scored again should the customer system export your file once more, a fingerprint of your identifier, made with a secret key, is kept and serves nothing else. Backups of the keys that opened the erased records are destroyed after {days} days.\n\nYou may write to our data protection officer ({dpo}), complain to the CNIL (www.cnil.fr), or go to court.\n\nFor whoever wants to check this without us: intent.tlog-proof and done.tlog-proof prove that entries {begun} and {ended} of the register (event {event}) stand in it; opening.json shows that your request is one of those that the first of them names. The format is that of https://c2sp.org/tlog-proof.\n"
            | "Reçu d’effacement\n\n{controller}\n\nVotre demande\u{a0}: {reference}\nReçue le\u{a0}: {received}\nExécutée le\u{a0}: {done} (RGPD, art. 17)\n\nTout ce que notre registre de notation contenait à votre sujet a été effacé\u{a0}: les scores, leurs raisons et ce qu’il en est advenu. Il n’en reste, pour chaque enregistrement, qu’une empreinte que plus personne ne peut relier à vous\u{a0}; elle montre que les autres enregistrements n’ont pas été modifiés.\n\n{told}\n\nCette lettre porte sur le registre de notation et sur les fichiers de scores que ce programme a écrits, à la date d’exécution. Votre fiche commerciale et les modèles déjà appris sont traités à part. Pour que vous ne soyez plus noté si notre outil commercial exportait de nouveau votre fiche, une empreinte de votre identifiant, faite avec une clé secrète, est conservée\u{a0}; elle ne sert à rien d’autre. Les sauvegardes des clés qui ouvraient les enregistrements effacés sont détruites au bout de {days} jours.\n\nVous pouvez écrire à notre délégué à la protection des données ({dpo}), introduire une réclamation auprès de la CNIL (www.cnil.fr) ou saisir un tribunal.\n\nPour qui veut vérifier sans nous\u{a0}: intent.tlog-proof et done.tlog-proof prouvent que les entrées {begun} et {ended} figurent au registre (acte {event})\u{a0}; opening.json montre que votre demande est l’une de celles que nomme la première. Le format est celui de https://c2sp.org/tlog-proof.\n"
    )
}
