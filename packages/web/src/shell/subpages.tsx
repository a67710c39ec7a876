/** A room of several pages, each with its own address: the heading, the list of pages, and one of them. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Room } from '../parts.tsx'
import './subpages.css'

/** The room around one of its pages. */
export const SubpageRoom = ({
  title,
  about,
  pages,
  children,
}: {
  title: string
  about: string
  pages: readonly { readonly to: string; readonly name: string }[]
  children: ReactNode
}) => (
  <Room title={title} about={about}>
    <nav className="subpages" aria-label={title}>
      {pages.map((page) => (
        <Link
          key={page.to}
          to={page.to}
          activeOptions={{ exact: true }}
          activeProps={{ 'aria-current': 'page' }}
        >
          {page.name}
        </Link>
      ))}
    </nav>
    {children}
  </Room>
)
