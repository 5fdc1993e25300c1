/* The trellis with feedback of errors along rows, with AVX2; see feedback_rows.h. */

#include "feedback_wide.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE static inline TARGET __attribute__((always_inline))

/* A pair is two registers; masks are registers. */
typedef struct {
    __m256 one, two;
} Pair;

typedef struct {
    __m256i one, two;
} PairInts;

typedef PairInts PairMask;
typedef __m256 Mask;

INLINE Pair pair_all(float number) {
    return (Pair) {_mm256_set1_ps(number), _mm256_set1_ps(number)};
}

INLINE Pair pair_floats(const float *at) {
    return (Pair) {_mm256_load_ps(at), _mm256_load_ps(at + 8)};
}

INLINE Pair pair_add(Pair a, Pair b) {
    return (Pair) {_mm256_add_ps(a.one, b.one), _mm256_add_ps(a.two, b.two)};
}

INLINE Pair pair_sub(Pair a, Pair b) {
    return (Pair) {_mm256_sub_ps(a.one, b.one), _mm256_sub_ps(a.two, b.two)};
}

INLINE Pair pair_mul(Pair a, Pair b) {
    return (Pair) {_mm256_mul_ps(a.one, b.one), _mm256_mul_ps(a.two, b.two)};
}

INLINE Pair pair_min(Pair a, Pair b) {
    return (Pair) {_mm256_min_ps(a.one, b.one), _mm256_min_ps(a.two, b.two)};
}

INLINE Pair pair_magnitude(Pair a) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return (Pair) {_mm256_andnot_ps(sign, a.one), _mm256_andnot_ps(sign, a.two)};
}

#define COMPARED(a, b, how) \
    (PairMask) { \
        _mm256_castps_si256(_mm256_cmp_ps((a).one, (b).one, how)), \
            _mm256_castps_si256(_mm256_cmp_ps((a).two, (b).two, how)) \
    }

INLINE PairMask pair_less(Pair a, Pair b) {
    return COMPARED(a, b, _CMP_LT_OQ);
}

/* Of the lanes with parity 0 those where one is at most the other. */
INLINE PairMask pair_even_at_most(Pair a, Pair b) {
    const __m256i even = _mm256_setr_epi32(-1, -1, -1, -1, 0, 0, 0, 0);
    PairMask mask = COMPARED(a, b, _CMP_LE_OQ);
    return (PairMask) {_mm256_and_si256(mask.one, even), _mm256_and_si256(mask.two, even)};
}

INLINE __m256 chosen(__m256 mask, __m256 a, __m256 b) {
    return _mm256_blendv_ps(b, a, mask);
}

INLINE __m256i ints_chosen(__m256 mask, __m256i a, __m256i b) {
    return _mm256_castps_si256(
        _mm256_blendv_ps(_mm256_castsi256_ps(b), _mm256_castsi256_ps(a), mask));
}

INLINE Pair pair_chosen(PairMask mask, Pair a, Pair b) {
    return (Pair) {
        chosen(_mm256_castsi256_ps(mask.one), a.one, b.one),
        chosen(_mm256_castsi256_ps(mask.two), a.two, b.two)};
}

INLINE PairInts pair_truncated(Pair a) {
    return (PairInts) {_mm256_cvttps_epi32(a.one), _mm256_cvttps_epi32(a.two)};
}

INLINE Pair pair_converted(PairInts a) {
    return (Pair) {_mm256_cvtepi32_ps(a.one), _mm256_cvtepi32_ps(a.two)};
}

INLINE Pair pair_with_sign(Pair a, PairMask mask) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return (Pair) {
        _mm256_xor_ps(a.one, _mm256_and_ps(_mm256_castsi256_ps(mask.one), sign)),
        _mm256_xor_ps(a.two, _mm256_and_ps(_mm256_castsi256_ps(mask.two), sign))};
}

INLINE PairInts pair_ints_all(int32_t number) {
    return (PairInts) {_mm256_set1_epi32(number), _mm256_set1_epi32(number)};
}

INLINE PairInts pair_ints(const int32_t *at) {
    return (PairInts) {
        _mm256_loadu_si256((const __m256i *)at), _mm256_loadu_si256((const __m256i *)(at + 8))};
}

INLINE void pair_ints_stored(int32_t *at, PairInts a) {
    _mm256_storeu_si256((__m256i *)at, a.one);
    _mm256_storeu_si256((__m256i *)(at + 8), a.two);
}

INLINE PairInts pair_ints_add(PairInts a, PairInts b) {
    return (PairInts) {_mm256_add_epi32(a.one, b.one), _mm256_add_epi32(a.two, b.two)};
}

INLINE PairInts pair_ints_times_4(PairInts a) {
    return (PairInts) {_mm256_slli_epi32(a.one, 2), _mm256_slli_epi32(a.two, 2)};
}

INLINE PairMask pair_ints_positive(PairInts a) {
    const __m256i zero = _mm256_setzero_si256();
    return (PairMask) {_mm256_cmpgt_epi32(a.one, zero), _mm256_cmpgt_epi32(a.two, zero)};
}

INLINE PairInts pair_ints_with_sign(PairInts a, PairMask mask) {
    return (PairInts) {
        _mm256_sub_epi32(_mm256_xor_si256(a.one, mask.one), mask.one),
        _mm256_sub_epi32(_mm256_xor_si256(a.two, mask.two), mask.two)};
}

INLINE __m256i ints_kept(__m256 mask, __m256i a) {
    return _mm256_and_si256(_mm256_castps_si256(mask), a);
}

INLINE PairInts pair_ints_chosen(PairMask mask, PairInts a, PairInts b) {
    return (PairInts) {
        _mm256_blendv_epi8(b.one, a.one, mask.one), _mm256_blendv_epi8(b.two, a.two, mask.two)};
}

INLINE __m256 mask_less(__m256 a, __m256 b) {
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

INLINE __m256 mask_not_at_most(__m256 a, __m256 b) {
    return _mm256_cmp_ps(a, b, _CMP_NLE_UQ);
}

INLINE __m256 mask_and(__m256 a, __m256 b) {
    return _mm256_and_ps(a, b);
}

INLINE Pair pair_of(__m256 states) {
    return (Pair) {
        _mm256_permute2f128_ps(states, states, 0x00), _mm256_permute2f128_ps(states, states, 0x11)};
}

INLINE PairInts pair_ints_of(__m256i states) {
    return (PairInts) {
        _mm256_permute2x128_si256(states, states, 0x00),
        _mm256_permute2x128_si256(states, states, 0x11)};
}

/* By the state after: lanes of the states 0 to 3, and of the states 4 to 7. */
#define FROM _mm256_setr_epi32(0, 2, 4, 6, 7, 5, 3, 1)
#define OTHER_FROM _mm256_setr_epi32(4, 6, 0, 2, 3, 1, 7, 5)
#define pair_first(floats) _mm256_permutevar8x32_ps((floats).one, FROM)
#define pair_second(floats) _mm256_permutevar8x32_ps((floats).two, OTHER_FROM)
#define pair_ints_first(ints) _mm256_permutevar8x32_epi32((ints).one, FROM)
#define pair_ints_second(ints) _mm256_permutevar8x32_epi32((ints).two, OTHER_FROM)

/* Costs that the processor looks up at once, around a value: if what is added to it is at most REACH,
then these are all that are needed. */
#define WINDOW 16
#define REACH 2.75f

INLINE __m256i looked_up(const int32_t *window, __m256i places) {
    __m256i low = _mm256_loadu_si256((const __m256i *)window);
    __m256i high = _mm256_loadu_si256((const __m256i *)(window + 8));
    return ints_chosen(
        _mm256_castsi256_ps(_mm256_slli_epi32(places, 28)),
        _mm256_permutevar8x32_epi32(high, places), _mm256_permutevar8x32_epi32(low, places));
}

INLINE PairInts pair_looked_up(const int32_t *window, PairInts places) {
    return (PairInts) {looked_up(window, places.one), looked_up(window, places.two)};
}

INLINE PairInts pair_of_costs(const int32_t costs[6][16], __m256i indices, PairMask negative) {
    PairInts before = pair_ints_of(indices);
    PairMask after_positive = pair_ints_positive(before);
    const __m256i zero = _mm256_setzero_si256();
    PairMask after_negative = {
        _mm256_cmpgt_epi32(zero, before.one), _mm256_cmpgt_epi32(zero, before.two)};
    PairInts made[2];
#pragma GCC unroll 2
    for (int sign = 0; sign < 2; sign++) {
        made[sign] = pair_ints_chosen(
            after_negative, pair_ints(costs[2 + sign]), pair_ints(costs[sign]));
        made[sign] = pair_ints_chosen(after_positive, pair_ints(costs[4 + sign]), made[sign]);
    }
    return pair_ints_chosen(negative, made[1], made[0]);
}

#define LONG 8
typedef __m256 Long;
#define long_loaded(at) _mm256_loadu_ps(at)
#define long_stored(at, sum) _mm256_storeu_ps(at, sum)
#define long_sum(sum, factor, row) \
    _mm256_add_ps(sum, _mm256_mul_ps(_mm256_set1_ps(factor), _mm256_loadu_ps(row)))

#include "feedback_rows.h"

FeedbackRow *feedback_with_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? quantized_row : 0;
}

#else

FeedbackRow *feedback_with_avx2(void) {
    return 0;
}

#endif
