/* The numbered list of migrations, in order. Released rows never change. */
#include "migrations/steps.h"

const struct mig_step migration_steps[] = {
	{1, "people, rights, event log, sessions, settings, jobs", step_0001},
	{2, "accounts, leads, opportunities, work", step_0002},
	{3, "playbooks and nodes", step_0003},
	{4, "field rights, added fields, regions", step_0004},
	{5, "administration", step_0005},
	{6, "undo, bulk acts, merges, tags", step_0006},
	{7, "saved views and other tools", step_0007},
	{8, "choices of notifications, outbox", step_0008},
	{9, "what went to the recycle bin with another", step_0009},
	{10, "reviews and absences", step_0010},
	{11, "webhooks and their deliveries", step_0011},
	{0, NULL, NULL},
};
