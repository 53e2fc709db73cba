/* Addresses: which ones are reached by everybody, and which only from inside a network. */
#ifndef TRIPOD_ADDRESS_H
#define TRIPOD_ADDRESS_H

#include <sys/socket.h>

#include "base/base.h"

/* False for loopback, private, link-local, shared, documentation, multicast and reserved
 * addresses, also those inside an IPv6 form that carries an IPv4 one; and for other families. */
bool address_public(const struct sockaddr *sa);
/* The same for "10.0.0.1" or "fe80::1"; false for what is no address. */
bool address_public_text(const char *s);

#endif
