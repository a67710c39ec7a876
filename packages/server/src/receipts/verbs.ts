/** Words of completed effects, English and German, and the small words around them that decide whose deed is told. Data. */

/** What a verb says was done to the world. */
export type Deed = 'send' | 'write' | 'delete' | 'spend' | 'execute' | 'grant'

/** Completed forms by deed. */
const forms: Readonly<Record<Deed, string>> = {
  send: `sent emailed e-mailed mailed messaged forwarded replied posted published uploaded submitted tweeted shared notified informed texted
    gesendet gesandt geschickt verschickt versendet abgeschickt gemailt weitergeleitet geantwortet beantwortet gepostet veröffentlicht hochgeladen
    eingereicht mitgeteilt benachrichtigt informiert`,
  write: `saved stored wrote written created updated edited changed overwrote overwritten appended added renamed moved recorded noted remembered
    scheduled entered archived drafted replaced set
    gespeichert abgespeichert geschrieben angelegt erstellt aktualisiert bearbeitet geändert ergänzt hinzugefügt umbenannt verschoben notiert
    gemerkt eingetragen abgelegt archiviert ersetzt geplant`,
  delete: `deleted removed erased wiped cleared trashed unsubscribed cancelled canceled
    gelöscht entfernt geleert abgesagt abbestellt storniert`,
  spend: `paid transferred bought purchased ordered booked reserved wired
    bezahlt gezahlt überwiesen gekauft bestellt gebucht reserviert`,
  execute: `ran executed installed restarted deployed launched
    ausgeführt installiert gestartet eingespielt`,
  grant: `granted invited authorised authorized approved unlocked
    freigegeben eingeladen berechtigt freigeschaltet`,
}

/** The deed of a completed form. */
export const deeds: ReadonlyMap<string, Deed> = new Map(
  (Object.keys(forms) as Deed[]).flatMap((deed) =>
    forms[deed]
      .split(/\s+/)
      .filter((form) => form !== '')
      .map((form) => [form, deed] as const),
  ),
)

const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.split(/\s+/).filter((word) => word !== ''))

/** Forms that also tell of writing an answer: they count only where they name a thing that is kept somewhere. */
export const vague =
  wordsOf(`wrote written created updated edited changed added moved recorded noted entered drafted replaced set removed cleared
  shared approved ordered reserved ran started moved stored saved remembered appended renamed informed replied
  geschrieben erstellt aktualisiert bearbeitet geändert ergänzt hinzugefügt verschoben notiert ersetzt entfernt geplant bestellt
  beantwortet informiert gestartet angelegt`)

/** Things that are kept somewhere, and words that stand for one. */
export const things =
  wordsOf(`file files folder document documents note notes mail mails email emails e-mail message messages event events appointment
  appointments meeting reminder reminders calendar entry entries memory memories contact contacts task tasks issue ticket comment post page record
  backup script command program server package invitation access account booking order table room flight hotel payment invoice workspace draft
  channel repository it this them that list
  datei dateien ordner dokument notiz notizen mail mails e-mail e-mails nachricht nachrichten termin termine erinnerung kalender eintrag einträge
  kontakt aufgabe ticket kommentar beitrag seite skript befehl server paket einladung zugriff zugang konto buchung bestellung tisch zimmer flug
  hotel zahlung rechnung entwurf kanal es sie das dies ihn liste arbeitsbereich`)

/** Between a subject and its verb, changing nothing. */
export const adverbs = wordsOf(`just now also already successfully then since both finally again immediately
  jetzt nun soeben eben bereits schon auch gerade erfolgreich gleich sofort dann wieder`)

/** What makes a sentence no report of a deed: it was not done, or only might be. */
export const undone =
  wordsOf(`not never no cannot can't couldn't didn't haven't hasn't hadn't wasn't isn't won't wouldn't don't unable failed without nothing nobody
  neither nor almost nearly
  nicht nie niemals kein keine keinen keiner nichts weder ohne fast beinahe leider`)

/** What puts a deed into another time or another mouth. */
export const elsewhere =
  wordsOf(`if once when whenever unless until whether would could should might may shall will had before after as though wish thought
  claim claims claimed says said assume suppose supposed pretend example
  wenn falls sobald bevor nachdem ob würde könnte hätte hättest wäre sollte dass damit bis behauptet`)

/** Who else could have done it. */
export const others =
  wordsOf(`you he she they who which someone somebody anyone everyone people author page website company
  du er ihr wer welche welcher jemand man seite firma`)

/** Nouns of asking, which are no deed. */
export const asking = wordsOf(
  `request question approval permission confirmation anfrage frage freigabe erlaubnis bestätigung`,
)
