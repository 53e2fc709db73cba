/* tripod: the shipped modules and migrations, made into a program. */
#include "app/command.h"
#include "app/modules.h"
#include "db/migrate.h"

int main(int argc, char **argv)
{
	return tripod_main(argc, argv, app_modules, migration_steps);
}
