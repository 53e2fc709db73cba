import { featureMessages } from '@/shared/i18n'
import en from './locales/en-US.json'
import zh from './locales/zh-CN.json'
export const t = featureMessages(zh, en)
