/** Answering a question: one request, the factor asked for in place, and plain words when it fails. */
import { CastellanError, type QuestionView } from '@castellan/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type RefObject, useRef, useState } from 'react'
import { factorsQuery } from '../account/api.ts'
import { showPasskey } from '../account/passkey.ts'
import { questions } from '../api.ts'
import { client, overviewQuery, questionsQuery } from '../queries.ts'
import { keepAnswer } from './answered.ts'
import { type YesWay, yesWays } from './proof.tsx'
import { areSettled, useSettled } from './settling.ts'

/** What the card needs to let a person answer. */
export interface Answering {
  /** Whether a yes is taken. */
  armed: boolean
  approve: () => void
  deny: () => void
  busy: 'approve' | 'deny' | null
  /** How the person proves the yes now, and how else they could; null while that is not known or a click suffices. */
  way: YesWay | null
  ways: readonly YesWay[]
  choose: (way: YesWay) => void
  /** They have nothing that would suffice. */
  cannot: boolean
  isOwner: boolean
  /** What was typed: the password or the code. */
  proof: string
  setProof: (value: string) => void
  proofField: RefObject<HTMLInputElement | null>
  proofError: string | null
  /** Paths that the owner calls right for the rest of the run; none is ticked beforehand. */
  endorsed: readonly string[]
  endorse: (path: string, right: boolean) => void
  trouble: string | null
}

const settle = (question: QuestionView): void => {
  keepAnswer(question)
  client.setQueryData(questionsQuery.queryKey, (open) => open?.filter((q) => q.id !== question.id))
  void client.invalidateQueries({ queryKey: overviewQuery.queryKey })
  void client.invalidateQueries({ queryKey: questionsQuery.queryKey })
  if (question.conversation !== null) {
    void client.invalidateQueries({ queryKey: ['conversation', question.conversation] })
  }
}

const isWrong = (error: Error | null): boolean =>
  error instanceof CastellanError && (error.code === 'wrong_password' || error.code === 'wrong_code')

const troubleOf = (error: Error | null): string | null => {
  if (error === null || isWrong(error)) return null
  const hint = error instanceof CastellanError && error.hint !== undefined ? ` ${error.hint}` : ''
  return `${error.message}${hint}`
}

const names = { password: 'the password', code: 'the code', passkey: '' }

const proofErrorOf = (missing: boolean, way: YesWay | null, error: Error | null): string | null => {
  if (missing && way !== null) return `Type ${names[way]} to approve, or deny without it.`
  if (!isWrong(error)) return null
  return way === 'code'
    ? `${error?.message} Nothing was approved.`
    : 'That is not the password. Nothing was approved.'
}

/** How somebody proves a yes to this question: the ways they have, and the one that is chosen. */
const useProof = ({ id, factor }: QuestionView) => {
  const { data } = useQuery({ ...factorsQuery, enabled: factor !== 'click' })
  const [chosen, choose] = useState<YesWay | null>(null)
  const [proof, setProof] = useState('')
  const ways = yesWays(factor, data)
  const way = (chosen !== null && ways.includes(chosen) ? chosen : ways[0]) ?? null
  const given = async (): Promise<object> => {
    if (way === 'passkey') return { passkey: await showPasskey(await questions.passkeyOptions(id)) }
    return way === null ? {} : way === 'code' ? { code: proof } : { password: proof }
  }
  const isOwner = data?.admin_password !== 'none'
  return {
    way,
    ways,
    choose,
    cannot: data !== undefined && factor !== 'click' && way === null,
    isOwner,
    proof,
    setProof,
    given,
  }
}

/** Holds the state of answering one question. */
export const useAnswer = (question: QuestionView): Answering => {
  const { given, ...shown } = useProof(question)
  const { way, proof, setProof } = shown
  const [missing, setMissing] = useState(false)
  const [endorsed, setEndorsed] = useState<readonly string[]>([])
  const proofField = useRef<HTMLInputElement>(null)
  const approve = useMutation({
    mutationFn: async () =>
      questions.approve(question.id, {
        ...(await given()),
        ...(endorsed.length === 0 ? {} : { endorse: [...endorsed] }),
        ...(question.kind === 'pause' ? { go_on: true as const } : {}),
      }),
    onSuccess: settle,
    onSettled: () => setProof(''),
    onError: () => proofField.current?.focus(),
  })
  const deny = useMutation({
    mutationFn: () => questions.deny(question.id),
    onSuccess: settle,
  })
  const armed = useSettled(question.state)
  const idle = !approve.isPending && !deny.isPending
  return {
    ...shown,
    armed,
    approve: () => {
      // Until it is known how they prove it, nothing is sent that could only be refused.
      if (!idle || !areSettled() || (question.factor !== 'click' && way === null)) return
      const lacking = way !== null && way !== 'passkey' && proof === ''
      setMissing(lacking)
      if (lacking) proofField.current?.focus()
      else approve.mutate()
    },
    deny: () => {
      if (idle) deny.mutate()
    },
    busy: approve.isPending ? 'approve' : deny.isPending ? 'deny' : null,
    setProof: (value) => {
      setMissing(false)
      setProof(value)
    },
    proofField,
    proofError: proofErrorOf(missing, way, approve.error),
    endorsed,
    endorse: (path, right) =>
      setEndorsed((old) => [...old.filter((each) => each !== path), ...(right ? [path] : [])]),
    trouble: troubleOf(approve.error ?? deny.error),
  }
}
