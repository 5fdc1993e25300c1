/* The trellis with feedback of errors along rows, with AVX-512; see feedback_rows.h. */

#include "feedback_wide.h"

#include "avx512.h"

#if NNC_AVX512

/* A pair is one register. */
typedef __m512 Pair;
typedef __m512i PairInts;
typedef __mmask16 PairMask;
typedef __mmask8 Mask;

#define pair_all(number) _mm512_set1_ps(number)
#define pair_floats(at) _mm512_load_ps(at)
#define pair_add(one, other) _mm512_add_ps(one, other)
#define pair_sub(one, other) _mm512_sub_ps(one, other)
#define pair_mul(one, other) _mm512_mul_ps(one, other)
#define pair_min(one, other) _mm512_min_ps(one, other)
#define pair_magnitude(floats) _mm512_abs_ps(floats)
#define pair_less(one, other) _mm512_cmp_ps_mask(one, other, _CMP_LT_OQ)
#define pair_chosen(mask, one, other) _mm512_mask_mov_ps(other, mask, one)
#define pair_truncated(floats) _mm512_cvttps_epi32(floats)
#define pair_converted(ints) _mm512_cvtepi32_ps(ints)
#define pair_with_sign(floats, mask) \
    _mm512_mask_xor_ps(floats, mask, floats, _mm512_set1_ps(-0.0f))
/* Of the lanes with parity 0 those where one is at most the other. */
#define pair_even_at_most(one, other) _mm512_mask_cmp_ps_mask(0x0F0F, one, other, _CMP_LE_OQ)

#define pair_ints_all(number) _mm512_set1_epi32(number)
#define pair_ints(at) _mm512_load_si512(at)
#define pair_ints_stored(at, ints) _mm512_store_si512(at, ints)
#define pair_ints_add(one, other) _mm512_add_epi32(one, other)
#define pair_ints_times_4(ints) _mm512_slli_epi32(ints, 2)
#define pair_ints_positive(ints) _mm512_cmpgt_epi32_mask(ints, _mm512_setzero_si512())
#define pair_ints_with_sign(ints, mask) \
    _mm512_mask_sub_epi32(ints, mask, _mm512_setzero_si512(), ints)
#define pair_ints_chosen(mask, one, other) _mm512_mask_mov_epi32(other, mask, one)

#define mask_less(one, other) _mm256_cmp_ps_mask(one, other, _CMP_LT_OQ)
#define mask_not_at_most(one, other) _mm256_cmp_ps_mask(one, other, _CMP_NLE_UQ)
#define mask_and(one, other) _kand_mask8(one, other)
#define chosen(mask, one, other) _mm256_mask_mov_ps(other, mask, one)
#define ints_chosen(mask, one, other) _mm256_mask_mov_epi32(other, mask, one)

#define ints_kept(mask, ints) _mm256_maskz_mov_epi32(mask, ints)

#define STATES_TWICE 0x50

INLINE Pair pair_of(__m256 states) {
    __m512 wide = _mm512_castps256_ps512(states);
    return _mm512_shuffle_f32x4(wide, wide, STATES_TWICE);
}

/* By the state after: lanes of the states 0 to 3, and of the states 4 to 7. */
#define FROM _mm512_castsi256_si512(_mm256_setr_epi32(0, 2, 4, 6, 7, 5, 3, 1))
#define OTHER_FROM _mm512_castsi256_si512(_mm256_setr_epi32(12, 14, 8, 10, 11, 9, 15, 13))
#define pair_first(floats) _mm512_castps512_ps256(_mm512_permutexvar_ps(FROM, floats))
#define pair_second(floats) _mm512_castps512_ps256(_mm512_permutexvar_ps(OTHER_FROM, floats))
#define pair_ints_first(ints) _mm512_castsi512_si256(_mm512_permutexvar_epi32(FROM, ints))
#define pair_ints_second(ints) _mm512_castsi512_si256(_mm512_permutexvar_epi32(OTHER_FROM, ints))

/* Costs that the processor looks up at once, around a value: if what is added to it is at most REACH,
then these are all that are needed. */
#define WINDOW 32
#define REACH 10.0f

INLINE PairInts pair_looked_up(const int32_t *window, PairInts places) {
    return _mm512_permutex2var_epi32(
        _mm512_loadu_si512(window), places, _mm512_loadu_si512(window + 16));
}

INLINE PairInts pair_of_costs(const int32_t costs[6][16], __m256i indices, PairMask negative) {
    __m512i before = _mm512_castsi256_si512(indices);
    before = _mm512_shuffle_i32x4(before, before, STATES_TWICE);
    __mmask16 after_negative = _mm512_movepi32_mask(before);
    __mmask16 after_positive = pair_ints_positive(before);
    __m512i made[2];
#pragma GCC unroll 2
    for (int sign = 0; sign < 2; sign++) {
        made[sign] = _mm512_loadu_si512(costs[sign]);
        made[sign] = _mm512_mask_loadu_epi32(made[sign], after_negative, costs[2 + sign]);
        made[sign] = _mm512_mask_loadu_epi32(made[sign], after_positive, costs[4 + sign]);
    }
    return pair_ints_chosen(negative, made[1], made[0]);
}

#define LONG 16
typedef __m512 Long;
#define long_loaded(at) _mm512_loadu_ps(at)
#define long_stored(at, sum) _mm512_storeu_ps(at, sum)
#define long_sum(sum, factor, row) \
    _mm512_add_ps(sum, _mm512_mul_ps(_mm512_set1_ps(factor), _mm512_loadu_ps(row)))

#include "feedback_rows.h"

FeedbackRow *feedback_with_avx512(void) {
    return quantized_row;
}

#else

FeedbackRow *feedback_with_avx512(void) {
    return 0;
}

#endif
