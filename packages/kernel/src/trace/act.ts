/**
 * Whether the owner asked for what a call does. Their words may name whom it reaches and what it touches and still ask for
 * something else: who wants a file read did not ask to have it deleted, and who asks what Bob paid did not ask to pay Bob.
 */
import type { Effect, Role } from '@castellan/contracts'
import type { Words } from './words.ts'

/** Kinds of doing that words ask for. */
type Act = 'send' | 'publish' | 'reply' | 'pay' | 'book' | 'remember' | 'remove' | 'change' | 'add' | 'make'

/**
 * What each is asked for with. A word that is missing here makes the gate ask once too often, never too rarely. English
 * words are nouns as often ("his last mail"), so they count where a request begins; others are told by their forms.
 */
const requests: Readonly<Record<Act, { readonly english: string; readonly others: string }>> = {
  send: {
    english:
      'send resend email e-mail mail message text dm ping write tell ask reply answer respond forward notify inform invite remind post publish announce submit upload share let say comment thank greet congratulate warn alert suggest propose confirm accept decline refuse contact deliver apologise apologize',
    others:
      'schick schicke schicken send sende senden schreib schreibe schreiben sag sage sagen frag frage fragen antworte antworten beantworte beantworten leite weiterleiten teile mitteilen informiere informieren erinnere erinnern lade einladen veröffentliche veröffentlichen kommentiere kommentieren envoie envoyez envoyer écris écrivez écrire dis dites réponds répondez répondre transfère transférer informe informez rappelle invitez publie publier envía envíe enviar manda mandar escribe escribir responde responder avisa invita invitar publica publicar invia inviare scrivi scrivere rispondi rispondere inoltra inoltrare chiedi stuur sturen verstuur schrijf schrijven vertel vraag antwoord beantwoord informeer herinner nodig plaats',
  },
  publish: {
    english: 'post publish announce submit upload share open create file tweet send tell reply answer',
    others:
      'veröffentliche veröffentlichen poste posten schicke sende erstelle eröffne teile publie publiez publier partage publica publicar pubblica pubblicare comparte plaats deel',
  },
  reply: {
    english: 'comment reply answer respond write post tell say ask thank note',
    others:
      'kommentiere kommentieren antworte antworten beantworte schreib schreibe schreiben sag commente commentez réponds répondez écris comenta responde escribe commenta rispondi scrivi antwoord schrijf',
  },
  pay: {
    english:
      'pay send transfer refund reimburse repay settle buy purchase order book reserve rent hire subscribe donate tip renew wire schedule make set get give return adjust change update move',
    others:
      'zahl zahle zahlen bezahl bezahle bezahlen überweise überweisen kauf kaufe kaufen bestell bestelle bestellen buch buche buchen reserviere reservieren miete mieten spende spenden erstatte erstatten paie payez payer verse verser achète acheter commande commander réserve réserver rembourse rembourser paga pagar compra comprar reserva reservar alquila devuelve acquista acquistare prenota prenotare compri betaal betalen koop kopen reserveer boek',
  },
  book: {
    english: 'book reserve rent hire schedule make get arrange plan set put',
    others:
      'buch buche buchen reserviere reservieren miete mieten vereinbare vereinbaren réserve réservez réserver loue louer reserva reservar alquila prenota prenotare reserveer boek',
  },
  remember: {
    english: 'remember remind memorise memorize keep',
    others: 'merk merke merken retiens retenir recuerda recordar ricorda ricordare onthoud',
  },
  remove: {
    english:
      'delete remove cancel erase clear discard revoke unsubscribe drop reject withdraw kick clean purge trash empty',
    others:
      'lösch lösche löschen entferne entfernen storniere stornieren kündige kündigen absagen supprime supprimez supprimer annule annulez annuler efface effacer elimina eliminar borra borrar cancela cancelar anula cancella cancellare rimuovi annulla verwijder verwijderen annuleer',
  },
  change: {
    english:
      'update adjust change modify edit move reschedule postpone rename correct fix shift set put replace increase decrease raise lower extend shorten swap convert rewrite revise push bring delay',
    others:
      'ändere ändern aktualisiere aktualisieren verschiebe verschieben verlege verlegen korrigiere korrigieren ersetze ersetzen erhöhe erhöhen anpassen umbenennen modifie modifiez modifier changer déplace déplacer reporte reporter actualise actualiser modifica modificar cambia cambiar mueve mover actualiza sposta spostare aggiorna aggiornare wijzig wijzigen verplaats verzet',
  },
  add: {
    english:
      'add append write insert attach include extend complete fill enter put log save store invite note record update',
    others:
      'füge hinzufügen ergänze ergänzen schreib schreibe schreiben trag trage eintragen notiere notieren speichere speichern hänge anhängen lade einladen ajoute ajoutez ajouter écris écrire enregistre enregistrer añade añadir agrega agregar escribe escribir anota anotar guarda guardar aggiungi aggiungere scrivi scrivere annota salva salvare voeg toevoegen schrijf schrijven noteer bewaar',
  },
  make: {
    english:
      'create make add set put save store write prepare draft schedule arrange organise organize compose generate invite enter compile plan book note record start open keep summarise summarize sum translate collect list',
    others:
      'erstelle erstellen lege anlegen mach mache machen trag trage eintragen schreib schreibe schreiben speichere speichern plane planen vereinbare vereinbaren crée créez créer fais faites faire ajoute ajouter écris écrire enregistre enregistrer planifie planifier crea crear haz hacer añade añadir agrega agregar escribe escribir guarda guardar programa programar creare aggiungi scrivi scrivere salva salvare maak maken schrijf schrijven bewaar',
  },
}

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const taken: ReadonlyMap<
  string,
  { readonly english: ReadonlySet<string>; readonly others: ReadonlySet<string> }
> = new Map(
  Object.entries(requests).map(([act, { english, others }]) => [
    act,
    { english: wordsOf(english), others: wordsOf(others) },
  ]),
)

const changing = /^(?:updat|adjust|chang|modif|edit|mov|reschedul|renam|replac|standing)/
const booking = /^(?:book|reserv|rent|schedul)/
const posting = /^(?:publish|post|put)/
const replying = /^(?:comment|repl|answer|respond)/

/** What a skill does whose own verb begins so; a verb that is not here must itself be said. */
const ownActs: readonly (readonly [verb: RegExp, acts: readonly Act[]])[] = [
  [/^(?:delet|remov|cancel|eras|clear|discard|revok|unsubscrib|drop|trash)/, ['remove']],
  [changing, ['change']],
  [/^(?:append|add|insert|attach|invit|note|record|log|enter|label|tag|mark|assign)/, ['add', 'change']],
  [/^(?:writ|sav|stor|put|set|creat|mak)/, ['add', 'change', 'make']],
]
/** Verbs of paying in general; one that pays for something else (`refund`) must be said. */
const paying =
  /^(?:pay|send|transfer|wire|schedul|updat|book|reserv|order|buy|purchas|rent|standing|create|make|add)/

/** Whether a call is given things to act on, and nothing else that matters. */
export function onlyTouches(roles: readonly Role[]): boolean {
  return roles.includes('object') && roles.every((role) => ['object', 'option', 'time'].includes(role))
}

/** Whether the words ask for a call with this effect, of a skill with these verbs, given arguments of these roles. */
export function isAskedFor(
  words: Words,
  { effect, verbs = [] }: { readonly effect: Effect; readonly verbs?: readonly string[] },
  roles: readonly Role[],
): boolean {
  const own = verbs.map((verb) => verb.toLowerCase())
  const said = [...words.opening].some((token) => own.some((verb) => token.startsWith(verb)))
  return said || actsOf(effect, own, roles).some((act) => asks(words, act))
}

/** What the words may ask for instead of the skill's own verbs. */
function actsOf(effect: Effect, own: readonly string[], roles: readonly Role[]): readonly Act[] {
  if (effect === 'send') return ['send']
  if (effect === 'publish') {
    if (own.some((verb) => replying.test(verb))) return ['reply']
    return own.some((verb) => posting.test(verb)) ? ['publish', 'add'] : ['publish']
  }
  if (effect === 'spend') {
    if (own.length > 0 && !own.some((verb) => paying.test(verb))) return []
    if (own.some((verb) => booking.test(verb))) return ['book']
    return own.some((verb) => changing.test(verb)) ? ['pay', 'change'] : ['pay']
  }
  if (!roles.includes('object')) return ['make', 'add', 'change', 'send', 'remember']
  if (own.length === 0) return onlyTouches(roles) ? ['remove'] : ['add', 'change', 'make']
  return own.flatMap((verb) => ownActs.find(([pattern]) => pattern.test(verb))?.[1] ?? [])
}

/** Asked for only by their own name, of a skill that is called so. */
const furtherRequests = wordsOf(
  'close merge archive approve reject assign label tag mark run start stop lock unlock pin mute block schließ schließe schließen archiviere archivieren',
)

/** Whether a word asks for something to be done. */
export function isRequest(word: string): boolean {
  if (furtherRequests.has(word)) return true
  return [...taken.values()].some(({ english, others }) => english.has(word) || others.has(word))
}

/** Whether a word asks that something be sent or said. */
export function isSending(word: string): boolean {
  const known = taken.get('send')
  return known?.english.has(word) === true || known?.others.has(word) === true
}

/** Whether a word asks that something be written. */
export function isAdding(word: string): boolean {
  const known = taken.get('add')
  return known?.english.has(word) === true || known?.others.has(word) === true
}

function asks({ opening, unrefused }: Words, act: Act): boolean {
  const known = taken.get(act)
  if (known === undefined) return false
  return (
    [...opening].some((token) => known.english.has(token)) ||
    [...unrefused].some((token) => known.others.has(token))
  )
}
