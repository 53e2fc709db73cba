/* The route tables of this floor, each in the file that holds its handlers. */
#ifndef TRIPOD_API_TABLES_H
#define TRIPOD_API_TABLES_H

#include "api/entity_routes.h"

extern const struct api_route session_routes[], login_routes[], me_routes[], meta_routes[],
	admin_routes[], system_routes[], data_routes[], import_routes[], live_routes[],
	file_routes[], process_routes[], record_routes[], undo_routes[], bulk_routes[],
	merge_routes[], handover_routes[], tool_routes[], notice_routes[], user_access_routes[],
	audit_routes[], review_routes[];

#endif
