// The list of rooms. A feature is registered here and nowhere else; records comes last, because
// its addresses take whatever no other room claimed.
import type { Feature } from '@/shared/feature'
import { accounts } from '@/features/accounts'
import { admin } from '@/features/admin'
import { board } from '@/features/board'
import { calendars } from '@/features/calendars'
import { contacts } from '@/features/contacts'
import { importer } from '@/features/importer'
import { leads } from '@/features/leads'
import { notify } from '@/features/notify'
import { opportunity } from '@/features/opportunity'
import { profile } from '@/features/profile'
import { records } from '@/features/records'
import { trash } from '@/features/trash'
import { work } from '@/features/work'

export const features: Feature[] = [work, leads, accounts, contacts, opportunity, board, importer, admin, calendars, notify, trash, profile, records]
