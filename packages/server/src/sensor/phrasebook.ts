/** The phrases themselves, in the notation of words.ts, with what each is worth. Data; weighing is phrases.ts's. */

/** What a phrase does; points of one kind count once within a stretch. */
export type PhraseKind = 'override' | 'address' | 'task' | 'role' | 'secrecy' | 'act'

/** Lines by what they do; the kinds that are everyday words alone are worth one point. */
export const phrasebook: Readonly<Record<PhraseKind, readonly (readonly [points: number, line: string])[]>> =
  {
    override: [
      [3, 'ignore|disregard|forget whatever|everything|anything ~3 user|told|asked|said|wrote'],
      [
        3,
        'not follow|obey ~3 previous|prior|earlier|above|preceding|your ~2 instruction*|prompt*|rules|guideline*|orders',
      ],
      [
        3,
        'override|bypass ~5 previous|prior|earlier|existing|original|system|initial|all|any|your|its|their ~3 instruction*|prompt*|directive*|guideline*|guardrail*|constraints',
      ],
      [
        3,
        'ignore|disregard|forget ~5 previous|prior|above|earlier|preceding|existing|original|former|system|initial|all|any|your|its|their|other ~3 instruction*|prompt*|directive*|guideline*|rules|command*|orders|guardrail*|constraints',
      ],
      [
        3,
        'ignore|disregard|forget ~1 everything|anything|all|what ~4 above|before|previously|told|said|prior',
      ],
      [
        3,
        'ignoriere|ignorieren|vergiss|vergesse|missachte|missachten|verwirf ~3 bisherigen|vorherigen|vorigen|alle|deine|obigen|fruheren|ursprunglichen ~3 anweisung*|instruktion*|befehl*|regeln|vorgaben|auftrag*',
      ],
      [
        3,
        'ignore|ignorez|oublie|oubliez|neglige ~3 instruction*|consigne*|directive*|regles ~3 precedent*|anterieur*|ci|initial*',
      ],
      [3, 'ignore|ignorez|oublie|oubliez ~3 precedent*|anterieur* ~2 instruction*|consigne*'],
      [
        3,
        'ignora|ignore|ignorar|olvida|olvide|descarta ~3 instruccion*|ordenes|reglas|indicacion* ~3 anterior*|previas|previos|arriba',
      ],
      [
        3,
        'ignora|ignorate|dimentica|dimenticate|trascura ~3 istruzioni|regole|ordini|indicazioni ~3 precedenti|sopra|iniziali',
      ],
      [3, 'ignora|ignora|dimentica ~3 precedenti ~2 istruzioni|regole'],
      [
        3,
        'ignore|ignora|esqueca|desconsidere ~3 instrucoes|regras|ordens|orientacoes ~3 anteriores|acima|previas',
      ],
      [3, 'negeer|vergeet ~3 vorige|eerdere|alle|bovenstaande|voorgaande ~2 instructies|opdrachten|regels'],
      [
        3,
        'zignoruj|ignoruj|zapomnij ~3 poprzednie|wczesniejsze|wszystkie|powyzsze ~2 instrukcje|polecenia|zasady',
      ],
      [
        3,
        'игнорируй|игнорируйте|проигнорируй|забудь|забудьте ~3 предыдущие|прежние|все|вышеуказанные ~2 инструкции|указания|команды|правила',
      ],
      [3, 'onceki|yukaridaki|tum ~2 talimat*|komut*|yonerge* ~3 yok|unut|gormezden|dikkate'],
      [3, 'تجاهل|انس ~3 التعليمات|الأوامر|تعليماتك'],
      [3, 'पिछले|पिछली|सभी ~2 निर्देश* ~3 अनदेखा|अनदेखी|भूल'],
      [3, '이전|앞의|기존|모든 ~2 지시* ~2 무시*|잊*'],
      [3, '이전|앞의|기존|모든 ~2 명령* ~2 무시*|잊*'],
      [3, 'abaikan|lupakan ~3 instruksi|perintah ~3 sebelumnya|di'],
    ],
    address: [
      [1, 'if|when an|any|a ~2 llm|ai|chatbot|model|agent ~1 reads|sees|processes|summarizes|visits'],
      [1, 'assistant|assistants ~1 must|should|has|have|is|are'],
      [1, 'if you are|re an|a ~2 ai|llm|language|chatbot|assistant|agent|bot|gpt'],
      [
        1,
        'attention|note|message|notice|instructions|instruction|hello|dear|hey|attn ~3 ai|llm|llms|assistants|agents|chatbots|gpt|claude|gemini|model|models|copilot',
      ],
      [
        1,
        'ai|llm|language ~1 assistants|agents|assistant|agent|models|systems ~3 must|should|reading|summarizing|processing|are|need|please|have',
      ],
      [1, "you|you're ~2 gpt-4|gpt|chatgpt|claude|llama|gemini|an ai"],
      [1, 'to you ~1 gpt-4|gpt|chatgpt|claude|llama|gemini|mistral|assistant'],
      [1, 'wenn du|sie ein|eine ~2 ki|sprachmodell|assistent|ki-assistent|chatbot|agent'],
      [
        1,
        'hinweis|achtung|nachricht|anweisung|anweisungen ~3 ki|ki-assistent*|ki-agent*|sprachmodell*|assistent|assistenten',
      ],
      [1, 'si tu|vous es|etes un|une ~2 ia|assistant|modele|agent'],
      [1, 'si eres un|una ~2 ia|asistente|modelo|agente'],
      [1, 'как|если ~2 ии|нейросеть|ассистент|языковая'],
    ],
    task: [
      [2, 'the real|actual|true task|objective|goal'],
      [2, 'before using|calling|running ~2 tool|function|skill'],
      [
        2,
        'before you|i ~2 solve|complete|answer|finish|do|continue|proceed|reply|respond|summarize ~4 task|request|question|user|page',
      ],
      [
        2,
        'your|the new|real|actual|true|only|primary task|goal|objective|mission|instructions|instruction|purpose ~1 is|are',
      ],
      [2, 'in order to ~1 complete|finish|answer|fulfil|fulfill|solve ~10 must|need|have|first'],
      [2, 'to complete|finish|continue ~6 must|need|have'],
      [3, 'important message from me ~5 to you'],
      [2, 'new instruction|instructions|task|directive'],
      [2, 'instead ~3 you must|should|will|now|need'],
      [2, 'bevor du|sie ~4 aufgabe|anfrage|frage|antwort*'],
      [2, 'deine|ihre neue|eigentliche|wahre aufgabe|anweisung|anweisungen|ziel'],
      [2, 'um|bevor ~4 abzuschliessen|beenden|fertig ~4 musst|mussen'],
      [2, 'ta|votre|tu|su|tua|sua nouvelle|nueva|nuova|nova tache|mission|tarea|compito|tarefa ~1 est|es|e'],
    ],
    role: [
      [1, 'you are|re now ~1 a|an|in|dan|free|no'],
      [1, 'from now on ~1 you|your|act|respond|answer'],
      [
        1,
        'act|pretend|behave|respond ~2 as|like ~2 dan|system|admin|administrator|developer|unrestricted|root',
      ],
      [1, 'developer|debug|god|sudo|admin|maintenance mode ~1 enabled|activated|on|now'],
      [1, 'system prompt|message|override|instruction|instructions|alert'],
      [1, 'reveal|print|repeat|show|output|leak ~3 system|initial|hidden|secret prompt|instructions|message'],
      [1, 'ab jetzt|sofort ~1 bist|wirst|du|antwort*'],
      [1, 'du bist jetzt|nun|ab'],
      [1, 'tu es|eres|sei maintenant|ahora|desormais|adesso'],
    ],
    secrecy: [
      [
        1,
        "do|don't|never|not ~1 mention|tell|inform|reveal|disclose|say|show|notify|alert|report|warn|ask ~5 user|owner|human|this|anyone|anything|him|her|them|instruction*|message|confirmation",
      ],
      [
        1,
        'without ~1 telling|informing|mentioning|notifying|asking|alerting|confirmation|disclosing ~3 user|owner|human|it|this|them|him|anyone|permission',
      ],
      [1, 'keep ~2 secret|hidden|confidential ~3 user|owner|human|from'],
      [1, 'user ~2 must|should|does|need ~2 not ~2 know|see|notice|be'],
      [1, 'erwahne|erwahnen|sage|sag|verrate|erzahle|informiere|informieren ~5 nicht|nichts|niemand*|nie'],
      [1, 'ohne ~3 nutzer|benutzer|besitzer|zu ~3 informieren|sagen|erwahnen|fragen'],
      [
        1,
        'ne|no|non ~1 mentionne|mentionnez|dis|dites|menciones|mencione|digas|diga|menzionare|dire|revele|reveles ~4 utilisateur|usuario|utente|cela|esto|questo|rien|nada',
      ],
      [1, 'не ~1 говори|сообщай|упоминай|сообщайте|упоминайте ~3 пользователю|об|это|этом'],
    ],
    act: [
      [
        1,
        'send|forward|email|post|upload|transfer|exfiltrate|submit|wire|pay|copy|share ~8 to ~8 @|http|https|iban|address|attacker|account|me',
      ],
      [1, 'call|use|invoke|execute|run|trigger ~2 tool|function|following|tools|shell|command|skill'],
      [1, 'visit|open|fetch|click|navigate|request|load ~4 http|https|link|url'],
      [1, 'delete|remove|erase|wipe ~3 all|every|files|file|emails|messages|events'],
      [1, 'password*|credential*|secret*|api|token|tokens|keys ~6 to|into|send|post|include|append'],
      [
        1,
        'must|should|need|have|first ~3 read|send|forward|post|upload|delete|transfer|invite|pay|visit|call|email|include|append|recommend|say|reply|respond|book|buy|create|share',
      ],
      [
        1,
        'please|first|then|also|immediately ~1 send|forward|post|upload|delete|transfer|invite|pay|visit|email|append|recommend|book|buy|share|follow|do',
      ],
      [
        1,
        'sende|senden|schicke|schicken|uberweise|uberweisen|losche|loschen|leite|lade|ladt ~8 an|auf|alle|weiter|hoch|nach',
      ],
      [
        1,
        'envoie|envoyez|transfere|transferez|supprime|envia|envie|reenvia|transfiere|borra|invia|inoltra|elimina|paga ~8 a|au|al|todos|tous|tutti|ti|il|la|el',
      ],
      [1, 'отправь|отправьте|перешли|перешлите|переведи|удали|удалите ~6 на|все|по|всё'],
      [1, 'recommend|rate|rank|praise|say|respond ~5 best|highest|positive|positively|only|exactly|strong'],
    ],
  }
