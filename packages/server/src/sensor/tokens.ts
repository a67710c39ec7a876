/** Tokens that frame a chat for the common families of models. In foreign text they pretend that another turn began. */
import { fold } from './fold.ts'
import type { Sight } from './marks.ts'

/** `<|…|>` of OpenAI, Llama 3, Qwen, Phi, Cohere, Granite, DeepSeek, GLM and their like. */
const barred =
  /<\|(?:im_(?:start|end|sep)|system|user|assistant|tool|endoftext|endofprompt|startoftext|eo[tm]_id|(?:start|end)_header_id|(?:begin|end)_of_text|begin▁of▁sentence|end▁of▁sentence|tool▁[a-z▁]{3,20}|python_tag|channel|message|start|end|call|return|constrain|observation|prompter|endofturn|(?:start|end)_of_(?:turn_token|role)|(?:system|user|chatbot)_token|fim_(?:prefix|middle|suffix))\|>/g

/** The others: Llama 2, Mistral, Gemma, tool calls as tags, the plain frames of older models. */
const others =
  /\[\/?inst\]|<<\/?sys>>|<(?:start|end)_of_turn>|\[\/?(?:tool_calls|available_tools|tool_results|system_prompt)\]|<\/?(?:function_calls|tool_call|tool_response|tool_result|system-reminder|system_prompt|untrusted_content)>|<\/?information>|### ?(?:instruction|system prompt|system message) ?:/g

/** Words of those who write about templates. */
const discussing =
  /chat template|chat_template|tokenizer|tokeniser|special token|chatml|prompt format|prompt template|fine-tun|inference|jinja|prompt injection|vocabulary|llama\.cpp|hugging ?face|sonderzeichen-token|steuertoken/

/** Most tokens that are counted. */
const mostTokens = 1_000

/** The tokens of a text, told once with their number; light where the text is about them. */
export function tokensIn(text: string, folded = fold(text)): Omit<Sight, 'kind' | 'where'> | null {
  // The cheap look first: nearly every text has none of these signs.
  if (!/[<[#＜［]/.test(text)) return null
  const places: number[] = []
  for (const each of [barred, others]) {
    for (const match of folded.text.matchAll(each)) {
      if (places.length >= mostTokens) break
      places.push(match.index)
    }
  }
  const first = places.sort((a, b) => a - b)[0]
  if (first === undefined) return null
  const from = folded.place(first)
  const discussed = discussing.test(folded.text) || isCode(text, from)
  return { weight: discussed ? 'low' : 'high', text: text.slice(from, from + 200), count: places.length }
}

/** Within back-ticks, or a fenced block. */
function isCode(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 1_000), at)
  return before.split('```').length % 2 === 0 || (before.split('\n').at(-1) ?? '').split('`').length % 2 === 0
}
