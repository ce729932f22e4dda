#pragma once
#include <openssl/md5.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// MD5 (RFC 1321) of several streams at a time.
//
// Within one stream each step of MD5 waits for the one before, so that the processor could do more meanwhile: eight
// streams, one in each lane of a vector, take little more than twice as long as one. Streams begin and end, and go alone,
// by OpenSSL's MD5, whose context is public; what is here moves its state on by whole blocks. Clang's vector types, which
// become what the processor has; words are read as they lie, so it must be little-endian.

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "MD5's words are little-endian"
#endif

#define SAAS_MD5_LANES 8

static inline void saas_md5_begin(MD5_CTX *stream) { MD5_Init(stream); }
static inline void saas_md5_update(MD5_CTX *stream, const void *bytes, size_t count) {
    MD5_Update(stream, bytes, count);
}
static inline void saas_md5_end(MD5_CTX *stream, uint8_t *digest) { MD5_Final(digest, stream); }

#pragma clang diagnostic pop

typedef uint32_t saas_md5_words __attribute__((vector_size(4 * SAAS_MD5_LANES)));

#define SAAS_MD5_F(b, c, d) (d ^ (b & (c ^ d)))
#define SAAS_MD5_G(b, c, d) (c ^ (d & (b ^ c)))
#define SAAS_MD5_H(b, c, d) (b ^ c ^ d)
#define SAAS_MD5_I(b, c, d) (c ^ (b | ~d))
#define SAAS_MD5_STEP(f, a, b, c, d, word, shift, constant) \
    a += words[word] + (uint32_t)constant; \
    a += f(b, c, d); \
    a = ((a << shift) | (a >> (32 - shift))) + b

// Eight words of each stream, turned: a vector holds one word of all streams. Three steps, each of which exchanges halves
// of pairs of rows: single words, then pairs, then fours.
static inline __attribute__((always_inline)) void saas_md5_turn(
    const uint8_t *const *bytes, size_t offset, saas_md5_words *words) {
    saas_md5_words r[8], s[8];
    for (int lane = 0; lane < 8; lane++) memcpy(&r[lane], bytes[lane] + offset, sizeof r[lane]);
    for (int i = 0; i < 8; i += 2) {
        s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 8; i += 4) {
        for (int j = i; j < i + 2; j++) {
            r[j] = __builtin_shufflevector(s[j], s[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            r[j + 2] = __builtin_shufflevector(s[j], s[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (int i = 0; i < 4; i++) {
        words[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        words[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

// Moves SAAS_MD5_LANES different streams on by so many blocks of 64 bytes. Each must be at a block's edge (`num` 0).
static inline void saas_md5_update_all(
    MD5_CTX *const *streams, const uint8_t *const *bytes, size_t blocks) {
    saas_md5_words a, b, c, d;
    for (int lane = 0; lane < SAAS_MD5_LANES; lane++) {
        a[lane] = streams[lane]->A;
        b[lane] = streams[lane]->B;
        c[lane] = streams[lane]->C;
        d[lane] = streams[lane]->D;
    }
    for (size_t block = 0; block < blocks; block++) {
        saas_md5_words words[16];
        saas_md5_turn(bytes, block * 64, words);
        saas_md5_turn(bytes, block * 64 + 32, words + 8);
        const saas_md5_words a0 = a, b0 = b, c0 = c, d0 = d;
        // Round 1
        SAAS_MD5_STEP(SAAS_MD5_F, a, b, c, d, 0, 7, 0xd76aa478);
        SAAS_MD5_STEP(SAAS_MD5_F, d, a, b, c, 1, 12, 0xe8c7b756);
        SAAS_MD5_STEP(SAAS_MD5_F, c, d, a, b, 2, 17, 0x242070db);
        SAAS_MD5_STEP(SAAS_MD5_F, b, c, d, a, 3, 22, 0xc1bdceee);
        SAAS_MD5_STEP(SAAS_MD5_F, a, b, c, d, 4, 7, 0xf57c0faf);
        SAAS_MD5_STEP(SAAS_MD5_F, d, a, b, c, 5, 12, 0x4787c62a);
        SAAS_MD5_STEP(SAAS_MD5_F, c, d, a, b, 6, 17, 0xa8304613);
        SAAS_MD5_STEP(SAAS_MD5_F, b, c, d, a, 7, 22, 0xfd469501);
        SAAS_MD5_STEP(SAAS_MD5_F, a, b, c, d, 8, 7, 0x698098d8);
        SAAS_MD5_STEP(SAAS_MD5_F, d, a, b, c, 9, 12, 0x8b44f7af);
        SAAS_MD5_STEP(SAAS_MD5_F, c, d, a, b, 10, 17, 0xffff5bb1);
        SAAS_MD5_STEP(SAAS_MD5_F, b, c, d, a, 11, 22, 0x895cd7be);
        SAAS_MD5_STEP(SAAS_MD5_F, a, b, c, d, 12, 7, 0x6b901122);
        SAAS_MD5_STEP(SAAS_MD5_F, d, a, b, c, 13, 12, 0xfd987193);
        SAAS_MD5_STEP(SAAS_MD5_F, c, d, a, b, 14, 17, 0xa679438e);
        SAAS_MD5_STEP(SAAS_MD5_F, b, c, d, a, 15, 22, 0x49b40821);
        // Round 2
        SAAS_MD5_STEP(SAAS_MD5_G, a, b, c, d, 1, 5, 0xf61e2562);
        SAAS_MD5_STEP(SAAS_MD5_G, d, a, b, c, 6, 9, 0xc040b340);
        SAAS_MD5_STEP(SAAS_MD5_G, c, d, a, b, 11, 14, 0x265e5a51);
        SAAS_MD5_STEP(SAAS_MD5_G, b, c, d, a, 0, 20, 0xe9b6c7aa);
        SAAS_MD5_STEP(SAAS_MD5_G, a, b, c, d, 5, 5, 0xd62f105d);
        SAAS_MD5_STEP(SAAS_MD5_G, d, a, b, c, 10, 9, 0x02441453);
        SAAS_MD5_STEP(SAAS_MD5_G, c, d, a, b, 15, 14, 0xd8a1e681);
        SAAS_MD5_STEP(SAAS_MD5_G, b, c, d, a, 4, 20, 0xe7d3fbc8);
        SAAS_MD5_STEP(SAAS_MD5_G, a, b, c, d, 9, 5, 0x21e1cde6);
        SAAS_MD5_STEP(SAAS_MD5_G, d, a, b, c, 14, 9, 0xc33707d6);
        SAAS_MD5_STEP(SAAS_MD5_G, c, d, a, b, 3, 14, 0xf4d50d87);
        SAAS_MD5_STEP(SAAS_MD5_G, b, c, d, a, 8, 20, 0x455a14ed);
        SAAS_MD5_STEP(SAAS_MD5_G, a, b, c, d, 13, 5, 0xa9e3e905);
        SAAS_MD5_STEP(SAAS_MD5_G, d, a, b, c, 2, 9, 0xfcefa3f8);
        SAAS_MD5_STEP(SAAS_MD5_G, c, d, a, b, 7, 14, 0x676f02d9);
        SAAS_MD5_STEP(SAAS_MD5_G, b, c, d, a, 12, 20, 0x8d2a4c8a);
        // Round 3
        SAAS_MD5_STEP(SAAS_MD5_H, a, b, c, d, 5, 4, 0xfffa3942);
        SAAS_MD5_STEP(SAAS_MD5_H, d, a, b, c, 8, 11, 0x8771f681);
        SAAS_MD5_STEP(SAAS_MD5_H, c, d, a, b, 11, 16, 0x6d9d6122);
        SAAS_MD5_STEP(SAAS_MD5_H, b, c, d, a, 14, 23, 0xfde5380c);
        SAAS_MD5_STEP(SAAS_MD5_H, a, b, c, d, 1, 4, 0xa4beea44);
        SAAS_MD5_STEP(SAAS_MD5_H, d, a, b, c, 4, 11, 0x4bdecfa9);
        SAAS_MD5_STEP(SAAS_MD5_H, c, d, a, b, 7, 16, 0xf6bb4b60);
        SAAS_MD5_STEP(SAAS_MD5_H, b, c, d, a, 10, 23, 0xbebfbc70);
        SAAS_MD5_STEP(SAAS_MD5_H, a, b, c, d, 13, 4, 0x289b7ec6);
        SAAS_MD5_STEP(SAAS_MD5_H, d, a, b, c, 0, 11, 0xeaa127fa);
        SAAS_MD5_STEP(SAAS_MD5_H, c, d, a, b, 3, 16, 0xd4ef3085);
        SAAS_MD5_STEP(SAAS_MD5_H, b, c, d, a, 6, 23, 0x04881d05);
        SAAS_MD5_STEP(SAAS_MD5_H, a, b, c, d, 9, 4, 0xd9d4d039);
        SAAS_MD5_STEP(SAAS_MD5_H, d, a, b, c, 12, 11, 0xe6db99e5);
        SAAS_MD5_STEP(SAAS_MD5_H, c, d, a, b, 15, 16, 0x1fa27cf8);
        SAAS_MD5_STEP(SAAS_MD5_H, b, c, d, a, 2, 23, 0xc4ac5665);
        // Round 4
        SAAS_MD5_STEP(SAAS_MD5_I, a, b, c, d, 0, 6, 0xf4292244);
        SAAS_MD5_STEP(SAAS_MD5_I, d, a, b, c, 7, 10, 0x432aff97);
        SAAS_MD5_STEP(SAAS_MD5_I, c, d, a, b, 14, 15, 0xab9423a7);
        SAAS_MD5_STEP(SAAS_MD5_I, b, c, d, a, 5, 21, 0xfc93a039);
        SAAS_MD5_STEP(SAAS_MD5_I, a, b, c, d, 12, 6, 0x655b59c3);
        SAAS_MD5_STEP(SAAS_MD5_I, d, a, b, c, 3, 10, 0x8f0ccc92);
        SAAS_MD5_STEP(SAAS_MD5_I, c, d, a, b, 10, 15, 0xffeff47d);
        SAAS_MD5_STEP(SAAS_MD5_I, b, c, d, a, 1, 21, 0x85845dd1);
        SAAS_MD5_STEP(SAAS_MD5_I, a, b, c, d, 8, 6, 0x6fa87e4f);
        SAAS_MD5_STEP(SAAS_MD5_I, d, a, b, c, 15, 10, 0xfe2ce6e0);
        SAAS_MD5_STEP(SAAS_MD5_I, c, d, a, b, 6, 15, 0xa3014314);
        SAAS_MD5_STEP(SAAS_MD5_I, b, c, d, a, 13, 21, 0x4e0811a1);
        SAAS_MD5_STEP(SAAS_MD5_I, a, b, c, d, 4, 6, 0xf7537e82);
        SAAS_MD5_STEP(SAAS_MD5_I, d, a, b, c, 11, 10, 0xbd3af235);
        SAAS_MD5_STEP(SAAS_MD5_I, c, d, a, b, 2, 15, 0x2ad7d2bb);
        SAAS_MD5_STEP(SAAS_MD5_I, b, c, d, a, 9, 21, 0xeb86d391);
        a += a0;
        b += b0;
        c += c0;
        d += d0;
    }
    for (int lane = 0; lane < SAAS_MD5_LANES; lane++) {
        streams[lane]->A = a[lane];
        streams[lane]->B = b[lane];
        streams[lane]->C = c[lane];
        streams[lane]->D = d[lane];
        // The length so far, in bits, of which MD5 counts the lower 64.
        const uint64_t bits = (((uint64_t)streams[lane]->Nh << 32) | streams[lane]->Nl) + blocks * 512;
        streams[lane]->Nl = (uint32_t)bits;
        streams[lane]->Nh = (uint32_t)(bits >> 32);
    }
}
