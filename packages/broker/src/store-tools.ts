export {
  exportStore,
  type ExportOptions,
  importStore,
  type ImportOptions,
  type Transferred,
} from './journal/offline/archive.ts'
export { type BackedUp, type BackupOptions, backupStore } from './journal/offline/backup.ts'
export {
  type ListedRecord,
  listRecords,
  type Repaired,
  type RepairOptions,
  repairStore,
  type Verified,
  type VerifyOptions,
  verifyStore,
} from './journal/offline/inspect.ts'
export type { Damage, TornTail } from './journal/offline/store-files.ts'
