/** Answering a question: one request, the factor asked for in place, and plain words when it fails. */
import { CastellanError, type QuestionView } from '@castellan/contracts'
import { useMutation } from '@tanstack/react-query'
import { type RefObject, useRef, useState } from 'react'
import { questions } from '../api.ts'
import { client, overviewQuery, questionsQuery } from '../queries.ts'
import { keepAnswer } from './answered.ts'
import { areSettled, useSettled } from './settling.ts'

/** What the card needs to let a person answer. */
export interface Answering {
  /** Whether a yes is taken. */
  armed: boolean
  approve: () => void
  deny: () => void
  busy: 'approve' | 'deny' | null
  password: string
  setPassword: (value: string) => void
  passwordField: RefObject<HTMLInputElement | null>
  passwordError: string | null
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

const troubleOf = (error: Error | null): string | null => {
  if (error === null || (error instanceof CastellanError && error.code === 'wrong_password')) return null
  const hint = error instanceof CastellanError && error.hint !== undefined ? ` ${error.hint}` : ''
  return `${error.message}${hint}`
}

const passwordErrorOf = (missing: boolean, error: Error | null): string | null => {
  if (missing) return 'Type the password to approve, or deny without it.'
  const wrong = error instanceof CastellanError && error.code === 'wrong_password'
  return wrong ? 'That is not the password. Nothing was approved.' : null
}

/** Holds the state of answering one question. */
export const useAnswer = (question: QuestionView): Answering => {
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const [endorsed, setEndorsed] = useState<readonly string[]>([])
  const passwordField = useRef<HTMLInputElement>(null)
  const approve = useMutation({
    mutationFn: () =>
      questions.approve(question.id, {
        ...(question.factor === 'password' ? { password } : {}),
        ...(endorsed.length === 0 ? {} : { endorse: [...endorsed] }),
        ...(question.kind === 'pause' ? { go_on: true as const } : {}),
      }),
    onSuccess: settle,
    onSettled: () => setPassword(''),
    onError: () => passwordField.current?.focus(),
  })
  const deny = useMutation({
    mutationFn: () => questions.deny(question.id),
    onSuccess: settle,
  })
  const armed = useSettled(question.state)
  const idle = !approve.isPending && !deny.isPending
  return {
    armed,
    approve: () => {
      if (!idle || !areSettled()) return
      const lacking = question.factor === 'password' && password === ''
      setMissing(lacking)
      if (lacking) passwordField.current?.focus()
      else approve.mutate()
    },
    deny: () => {
      if (idle) deny.mutate()
    },
    busy: approve.isPending ? 'approve' : deny.isPending ? 'deny' : null,
    password,
    setPassword: (value) => {
      setMissing(false)
      setPassword(value)
    },
    passwordField,
    endorsed,
    endorse: (path, right) =>
      setEndorsed((old) => [...old.filter((each) => each !== path), ...(right ? [path] : [])]),
    passwordError: passwordErrorOf(missing, approve.error),
    trouble: troubleOf(approve.error ?? deny.error),
  }
}
