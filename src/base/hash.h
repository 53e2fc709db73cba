/* Hashes and random: thin over libsodium. */
#ifndef TRIPOD_HASH_H
#define TRIPOD_HASH_H

#include "base/arena.h"

enum { SHA256_BYTES = 32, SHA256_HEX = 65 };

/* Once at the start, before threads; calling it again does nothing. */
void hash_init(void);
void sha256(const void *p, size_t n, u8 out[SHA256_BYTES]);
void sha256_hex(const void *p, size_t n, char out[SHA256_HEX]);
/* Streaming, for files. */
struct sha256_state {
	u64 opaque[16];
};
void sha256_begin(struct sha256_state *s);
void sha256_add(struct sha256_state *s, const void *p, size_t n);
void sha256_end(struct sha256_state *s, char out[SHA256_HEX]);
void hmac_sha256_hex(const void *key, size_t kn, const void *p, size_t n, char out[SHA256_HEX]);
/* n random bytes as unpadded base64url (32 bytes: 43 characters). */
const char *random_token(struct arena *a, size_t n);
/* Standard base64 with padding, as content security policies have it. */
const char *base64(struct arena *a, const void *p, size_t n);
void random_bytes(void *p, size_t n);
bool equal_secret(const char *a, const char *b); /* constant time in the length of b */
u64 fnv1a(const void *p, size_t n);              /* for tables in memory only */

/* argon2id INTERACTIVE, about 80 ms and 64 MiB; at most as many at once as there are cores, others
 * wait: not for threads that serve requests.  password_verify() is false for a broken hash. */
const char *password_hash(struct arena *a, const char *password);
bool password_verify(const char *hash, const char *password);

#endif
