/* What functions are compiled for that run where the processor has AVX-512, and only there; and what
several of them need. */

#ifndef NNC_AVX512_H
#define NNC_AVX512_H

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#define NNC_AVX512 1

#include <immintrin.h>
#include <stdint.h>

#define FEATURES "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vbmi,avx512vbmi2,popcnt,bmi"
#define TARGET __attribute__((target(FEATURES)))
#define INLINE static inline TARGET __attribute__((always_inline))

/* Words by index, one by one: the instructions that gather and scatter aren't faster anywhere, and
slower by far where they were mended against leaks. */
INLINE __m512i gathered(const uint32_t *words, const uint32_t *index) {
    __m128i part[4];
    for (int lane = 0; lane < 4; lane++) {
        const uint32_t *four = index + 4 * lane;
        part[lane] = _mm_cvtsi32_si128((int)words[four[0]]);
        part[lane] = _mm_insert_epi32(part[lane], (int)words[four[1]], 1);
        part[lane] = _mm_insert_epi32(part[lane], (int)words[four[2]], 2);
        part[lane] = _mm_insert_epi32(part[lane], (int)words[four[3]], 3);
    }
    __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(part[0]), part[1], 1);
    __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(part[2]), part[3], 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* Turn sixteen words of each row into those of all rows at each place. */
INLINE void transpose_16(__m512i rows[16]) {
    __m512i pairs[16];
#pragma GCC unroll 8
    for (int row = 0; row < 16; row += 2) {
        pairs[row] = _mm512_unpacklo_epi32(rows[row], rows[row + 1]);
        pairs[row + 1] = _mm512_unpackhi_epi32(rows[row], rows[row + 1]);
    }
#pragma GCC unroll 4
    for (int row = 0; row < 16; row += 4) {
        rows[row] = _mm512_unpacklo_epi64(pairs[row], pairs[row + 2]);
        rows[row + 1] = _mm512_unpackhi_epi64(pairs[row], pairs[row + 2]);
        rows[row + 2] = _mm512_unpacklo_epi64(pairs[row + 1], pairs[row + 3]);
        rows[row + 3] = _mm512_unpackhi_epi64(pairs[row + 1], pairs[row + 3]);
    }
#pragma GCC unroll 4
    for (int row = 0; row < 4; row++) {
        pairs[row] = _mm512_shuffle_i32x4(rows[row], rows[row + 4], 0x88);
        pairs[row + 4] = _mm512_shuffle_i32x4(rows[row], rows[row + 4], 0xDD);
        pairs[row + 8] = _mm512_shuffle_i32x4(rows[row + 8], rows[row + 12], 0x88);
        pairs[row + 12] = _mm512_shuffle_i32x4(rows[row + 8], rows[row + 12], 0xDD);
    }
#pragma GCC unroll 4
    for (int row = 0; row < 4; row++) {
        rows[row] = _mm512_shuffle_i32x4(pairs[row], pairs[row + 8], 0x88);
        rows[row + 4] = _mm512_shuffle_i32x4(pairs[row + 4], pairs[row + 12], 0x88);
        rows[row + 8] = _mm512_shuffle_i32x4(pairs[row], pairs[row + 8], 0xDD);
        rows[row + 12] = _mm512_shuffle_i32x4(pairs[row + 4], pairs[row + 12], 0xDD);
    }
}

#else

#define NNC_AVX512 0

#endif

#endif
