import { describe, expect, test } from 'vitest'
import { type Act, receiptsFor } from './compare.ts'

const act = (
  seq: number,
  skill: string,
  effect: string,
  outcome: string,
  args: Act['args'],
  run = 'now',
): Act => ({
  ...{ seq, run, skill, effect, outcome, args },
})

/** What the ledger knows: a file, a mail, a refused post, a deletion that was cut off, an order that failed; a note of before. */
const acts: readonly Act[] = [
  act(5, 'memory.save', 'write', 'done:success', { text: 'lamp oil' }, 'before'),
  act(11, 'file.write', 'write', 'done:success', { path: 'docs/notes.md', text: 'x' }),
  act(12, 'mail.send', 'send', 'done:success', { to: ['anna@town.example'], body: 'x' }),
  act(13, 'http.post', 'send', 'refused', { url: 'https://api.other.example/drop' }),
  act(14, 'mail.delete', 'write', 'unknown', { id: 7 }),
  act(15, 'shop.order', 'spend', 'failed:outside_failed', { item: 'oil' }),
  act(16, 'file.write', 'write', 'done:exists', { path: 'plan.md', text: 'x' }),
  act(17, 'web.fetch', 'read', 'done:success', { url: 'https://news.example/' }),
]

/** A sentence, and what is to be said of it; `none` when it claims nothing. */
const corpus: readonly (readonly [sentence: string, expected: string])[] = [
  // Done, and in the ledger.
  ['I have sent the mail to anna@town.example.', 'recorded 12'],
  ["I've just emailed anna@town.example.", 'recorded 12'],
  ['I sent the mail.', 'recorded 12'],
  ['I saved the summary to notes.md.', 'recorded 11'],
  ['Saved to `notes.md`.', 'recorded 11'],
  ['**Done!** Saved as **notes.md** in your workspace.', 'recorded 11'],
  ['- Saved notes.md', 'recorded 11'],
  ['The file docs/notes.md has been saved.', 'recorded 11'],
  ['I wrote notes.md and sent the mail to anna@town.example.', 'recorded 11, recorded 12'],
  ['I’ve written the file, then forwarded it to Anna.', 'recorded 11, recorded 12'],
  ['I can confirm that I have sent the message.', 'recorded 12'],
  ['Ich habe die Mail an anna@town.example gesendet.', 'recorded 12'],
  ['Ich habe die Zusammenfassung in notes.md gespeichert.', 'recorded 11'],
  ['Gespeichert als notes.md.', 'recorded 11'],
  ['Erledigt: Die Datei wurde gespeichert.', 'recorded 11'],
  ['Die Nachricht wurde verschickt.', 'recorded 12'],
  ['Die Mail habe ich bereits abgeschickt.', 'recorded 12'],
  ['Habe die Mail verschickt.', 'recorded 12'],
  // Claimed, and not in the ledger.
  ['I have sent the mail to bob@town.example.', 'missing'],
  ['I have sent the mail to Anna and to bob@town.example.', 'missing'],
  ['I saved it to diary.md.', 'missing'],
  ['Saved to report.pdf.', 'missing'],
  ['I have invited Bob to the channel.', 'missing'],
  ['I executed the script.', 'missing'],
  ["I've posted it to https://blog.example/new.", 'missing'],
  ['Ich habe die Mail an bob@town.example geschickt.', 'missing'],
  ['Ich habe das Skript ausgeführt und alles eingespielt.', 'missing'],
  ['Notizen gespeichert in tagebuch.md.', 'none'],
  ['Ich habe dem Kollegen den Zugriff freigegeben.', 'missing'],
  ['Both files have been saved: report.md and notes.md.', 'missing'],
  // Tried, and not done.
  ['I have posted the file to https://api.other.example/drop.', 'refused 13'],
  ["I've ordered the oil and a table.", 'refused 15'],
  ['I bought the oil.', 'refused 15'],
  ['I have paid the invoice.', 'refused 15'],
  ['I saved everything in plan.md.', 'refused 16'],
  ['Ich habe das Öl bestellt, die Bestellung läuft.', 'refused 15'],
  ['Ich habe alles an https://api.other.example/drop hochgeladen.', 'refused 13'],
  // Begun, the end not known.
  ['I deleted the old mail.', 'unknown 14'],
  ['Deleted.', 'unknown 14'],
  ['Ich habe die alte Mail gelöscht.', 'unknown 14'],
  ['The message has been deleted.', 'unknown 14'],
  // Not done, and said so.
  ['I have not sent the mail to bob@town.example.', 'none'],
  ["I haven't deleted anything.", 'none'],
  ['I was unable to send it, so nothing was posted.', 'none'],
  ['Nothing has been sent.', 'none'],
  ['I could not save diary.md.', 'none'],
  ['Ich habe die Mail nicht gesendet.', 'none'],
  ['Ich habe keine Datei gelöscht.', 'none'],
  ['Es wurde nichts gelöscht.', 'none'],
  // Not yet, or only if.
  ['I will send the mail to bob@town.example.', 'none'],
  ["I'll save it to diary.md once you agree.", 'none'],
  ['Shall I send it to bob@town.example?', 'none'],
  ['Have I sent it to bob@town.example?', 'none'],
  ['Once I have sent the mail, I will tell you.', 'none'],
  ['If I had deleted the file, it would be gone.', 'none'],
  ['I would have posted it, but the gate said no.', 'none'],
  ['I should have sent the mail.', 'none'],
  ['After I have saved the file I can send it.', 'none'],
  ['Ich werde die Mail an bob@town.example senden.', 'none'],
  ['Soll ich die Datei löschen?', 'none'],
  ['Sobald ich die Mail gesendet habe, melde ich mich.', 'none'],
  ['Wenn ich die Datei gelöscht habe, ist sie weg.', 'none'],
  ['Ich hätte die Mail gesendet, durfte aber nicht.', 'none'],
  // Somebody else’s deeds, and quotations.
  ['Bob sent the mail to bob@town.example on Monday.', 'none'],
  ['The page says that they deleted all files.', 'none'],
  ['You saved diary.md last week.', 'none'],
  ['He wrote: "I have sent the money to bob@town.example."', 'none'],
  ['> I have sent the money to bob@town.example.', 'none'],
  ['The post was published by Bob in 2020.', 'none'],
  ['Posted by Anna on 3 November.', 'none'],
  ['Published in 2020.', 'none'],
  ['Sent: Monday, 3 November', 'none'],
  ['```\nI have deleted the file diary.md\n```', 'none'],
  ['Anna hat die Datei gelöscht.', 'none'],
  ['Ich habe gesehen, dass Anna die Datei gelöscht hat.', 'none'],
  ['Sie schreibt: „Ich habe das Geld überwiesen.“', 'none'],
  // Words alone.
  ['I wrote a short poem for you:', 'none'],
  ['I have updated the summary above.', 'none'],
  ['I removed the duplicates from my answer.', 'none'],
  ['I have added a few ideas below.', 'none'],
  ['I read the page and found three dates.', 'none'],
  ['I have asked for your approval.', 'none'],
  ['I have sent you a question about it.', 'none'],
  ['Ich habe eine kurze Übersicht geschrieben.', 'none'],
  ['Here is what is new since yesterday.', 'none'],
  // Of an earlier run.
  ["I've stored it in your memory.", 'recorded 11'],
]

describe('an answer beside the ledger', () => {
  test('the corpus is large enough', () => expect(corpus.length).toBeGreaterThanOrEqual(60))

  test.each(corpus)('%s', (sentence, expected) => {
    const told = receiptsFor(sentence, 'now', acts).map(({ state, seq }) =>
      seq === null ? state : `${state} ${seq}`,
    )
    expect(told.length === 0 ? 'none' : told.join(', ')).toBe(expected)
  })

  test('what an earlier run did counts where this one did nothing of the kind', () => {
    const before = acts.filter((each) => each.run === 'before')
    expect(receiptsFor('I saved the note.', 'now', before)).toMatchObject([{ state: 'recorded', seq: 5 }])
  })

  test('a refusal in this run is not outweighed by what an earlier one did', () => {
    const sent = [
      act(1, 'mail.send', 'send', 'done:success', {}, 'before'),
      act(2, 'mail.send', 'send', 'refused', {}),
    ]
    expect(receiptsFor('I have sent it.', 'now', sent)).toMatchObject([{ state: 'refused', seq: 2 }])
  })

  test('two files of one sentence may be two calls', () => {
    const two = ['a.md', 'b.md'].map((path, at) =>
      act(at + 1, 'file.write', 'write', 'done:success', { path }),
    )
    expect(receiptsFor('I saved a.md and b.md.', 'now', two)).toMatchObject([{ state: 'recorded' }])
  })

  test('takes no longer for an answer made to be slow', () => {
    const began = performance.now()
    for (const piece of ['I sent ', 'a.md ', '"', '`', '[x](', 'ich habe ', '{{', 'a@b.', 'sent and '])
      receiptsFor(piece.repeat(20_000), 'now', acts)
    expect(performance.now() - began).toBeLessThan(30_000)
  }, 60_000)
})
