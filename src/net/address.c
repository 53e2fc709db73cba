/* Address ranges by the registries of IANA (special-purpose addresses). */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* clang-format off */
static const struct {
	u8 net[4];
	int bits;
} inside4[] = {
	{{0, 0, 0, 0}, 8}, {{10, 0, 0, 0}, 8}, {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},
	{{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12}, {{192, 0, 0, 0}, 24}, {{192, 0, 2, 0}, 24},
	{{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24},
	{{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4}, {{240, 0, 0, 0}, 4},
};
/* Only 2000::/3 is given out; of it, what is apart. */
static const struct {
	u8 net[4];
	int bits;
} inside6[] = {
	{{0x20, 0x01, 0x00, 0x00}, 23}, {{0x20, 0x01, 0x0d, 0xb8}, 32}, {{0x20, 0x02, 0, 0}, 16},
	{{0x3f, 0xff, 0x00, 0x00}, 20},
};
/* clang-format on */

static bool within(const u8 *p, const u8 *net, int bits)
{
	for (int i = 0; i < bits; i++)
		if (((p[i / 8] ^ net[i / 8]) >> (7 - i % 8)) & 1)
			return false;
	return true;
}

static bool public4(const u8 *p)
{
	for (size_t i = 0; i < ARRAY_LEN(inside4); i++)
		if (within(p, inside4[i].net, inside4[i].bits))
			return false;
	return true;
}

static bool public6(const u8 *p)
{
	static const u8 mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const u8 translated[12] = {0x00, 0x64, 0xff, 0x9b};
	if (!memcmp(p, mapped, sizeof mapped) || !memcmp(p, translated, sizeof translated))
		return public4(p + 12);
	if ((p[0] & 0xe0) != 0x20)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(inside6); i++)
		if (within(p, inside6[i].net, inside6[i].bits))
			return false;
	return true;
}

bool address_public(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return public4(
			(const u8 *)&((const struct sockaddr_in *)(const void *)sa)->sin_addr);
	if (sa->sa_family == AF_INET6)
		return public6(
			(const u8 *)&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
	return false;
}

bool address_public_text(const char *s)
{
	u8 p[16];
	if (inet_pton(AF_INET, s, p) == 1)
		return public4(p);
	return inet_pton(AF_INET6, s, p) == 1 && public6(p);
}
