// The list of rooms. A feature is registered here and nowhere else.
import type { Feature } from '@/shared/feature'
import { profile } from '@/features/profile'

export const features: Feature[] = [profile]
