/* The trellis with feedback of errors along rows, its eight states side by side, with AVX2 and with
AVX-512.

It is C for the same reason as nnc/deepcabac/lanes.c is. What is counted, and how, feedback_reference.py
says; each operation on floats is that of feedback.py and in the same order, so that the indices are
the same.
*/

#include "feedback_wide.h"

#include "avx512.h"

#undef TARGET
#undef INLINE

#if NNC_AVX512

typedef struct {
    __m256 errors[32];
    __m256i indices[32];
} FeedbackBlock;

/* As in feedback.py. */
#define DEAD 1e30f
#define ONE 262144.0f
#define FURTHEST 4194304.0f

/* By lane of a pair: the smallest index of the subset. */
#define RESTS(of) of(0), of(3), of(0), of(3), of(2), of(1), of(2), of(1)
#define QUARTER(rest) (4 - rest) * 0.25f
#define LESS_4(rest) rest - 4
static const float rest_quarters[16] __attribute__((aligned(64))) = {RESTS(QUARTER), RESTS(QUARTER)};
static const int32_t rests_less_4[16] __attribute__((aligned(64))) = {RESTS(LESS_4), RESTS(LESS_4)};

#define TARGET __attribute__((target(FEATURES)))
#define INLINE static inline TARGET __attribute__((always_inline))
#define NAME(name) name##_avx512
#define WINDOW 32
#define REACH 10.0f
#define LANES 16
#define Long __m512
#define long_loaded(at) _mm512_loadu_ps(at)
#define long_stored(at, sum) _mm512_storeu_ps(at, sum)
#define long_sum(sum, factor, row) \
    _mm512_add_ps(sum, _mm512_mul_ps(_mm512_set1_ps(factor), _mm512_loadu_ps(row)))

#define Pair __m512
#define PairInts __m512i
#define Mask __mmask16
#define Eight __mmask8
#define pair_all(number) _mm512_set1_ps(number)
#define pair_floats(at) _mm512_load_ps(at)
#define pair_ints(at) _mm512_load_si512(at)
#define pair_ints_stored(at, ints) _mm512_store_si512(at, ints)
#define pair_ints_all(number) _mm512_set1_epi32(number)
#define pair_add(one, other) _mm512_add_ps(one, other)
#define pair_sub(one, other) _mm512_sub_ps(one, other)
#define pair_mul(one, other) _mm512_mul_ps(one, other)
#define pair_min(one, other) _mm512_min_ps(one, other)
#define pair_less(one, other) _mm512_cmp_ps_mask(one, other, _CMP_LT_OQ)
#define pair_chosen(mask, one, other) _mm512_mask_mov_ps(other, mask, one)
#define pair_magnitude(floats) _mm512_abs_ps(floats)
#define pair_truncated(floats) _mm512_cvttps_epi32(floats)
#define pair_converted(ints) _mm512_cvtepi32_ps(ints)
#define pair_with_sign(floats, negative) \
    _mm512_mask_sub_ps(floats, negative, _mm512_set1_ps(-0.0f), floats)
#define pair_ints_add(one, other) _mm512_add_epi32(one, other)
#define pair_ints_times_4(ints) _mm512_slli_epi32(ints, 2)
#define pair_ints_positive(ints) _mm512_cmpgt_epi32_mask(ints, _mm512_setzero_si512())
#define pair_negated(ints, mask) \
    _mm512_mask_sub_epi32(ints, mask, _mm512_setzero_si512(), ints)
#define pair_ints_chosen(mask, one, other) _mm512_mask_mov_epi32(other, mask, one)
#define pair_ints_cleared(mask, ints) _mm512_maskz_mov_epi32((__mmask16)~(mask), ints)
#define pair_zero_at_most(zero, cost) _mm512_mask_cmp_ps_mask(0x0F0F, zero, cost, _CMP_LE_OQ)
#define pair_zero_min(is_zero, zero, cost) _mm512_mask_mov_ps(cost, is_zero, zero)
#define eight_less(one, other) _mm256_cmp_ps_mask(one, other, _CMP_LT_OQ)
#define eight_not_at_most(one, other) _mm256_cmp_ps_mask(one, other, _CMP_NLE_UQ)
#define eight_both(one, other) _kand_mask8(one, other)
#define eight_chosen(mask, one, other) _mm256_mask_mov_ps(other, mask, one)
#define eight_ints_chosen(mask, one, other) _mm256_mask_mov_epi32(other, mask, one)
#define eight_ints_kept(mask, ints) _mm256_maskz_mov_epi32(mask, ints)

/* States 0 to 3 twice, then 4 to 7 twice. */
INLINE __m512 pair_of(__m256 floats) {
    __m512 wide = _mm512_castps256_ps512(floats);
    return _mm512_shuffle_f32x4(wide, wide, 0x50);
}

INLINE __m512i pair_looked_up(const int32_t *window, __m512i places) {
    return _mm512_permutex2var_epi32(
        _mm512_loadu_si512(window), places, _mm512_loadu_si512(window + 16));
}

/* By the state after: what comes from the states 0 to 3, and from 4 to 7. */
#define FIRST _mm512_castsi256_si512(_mm256_setr_epi32(0, 2, 4, 6, 7, 5, 3, 1))
#define SECOND _mm512_castsi256_si512(_mm256_setr_epi32(12, 14, 8, 10, 11, 9, 15, 13))
#define pair_first(floats) _mm512_castps512_ps256(_mm512_permutexvar_ps(FIRST, floats))
#define pair_second(floats) _mm512_castps512_ps256(_mm512_permutexvar_ps(SECOND, floats))
#define pair_ints_first(ints) _mm512_castsi512_si256(_mm512_permutexvar_epi32(FIRST, ints))
#define pair_ints_second(ints) _mm512_castsi512_si256(_mm512_permutexvar_epi32(SECOND, ints))

INLINE void branches_avx512(
    const FeedbackTask *task, __m256i indices, __mmask16 negative, __m512i *zeros,
    __m512i *coded) {
    __m512i wide = _mm512_castsi256_si512(indices);
    wide = _mm512_shuffle_i32x4(wide, wide, 0x50);
    __mmask16 after_negative = _mm512_movepi32_mask(wide);
    __mmask16 after_positive = _mm512_cmpgt_epi32_mask(wide, _mm512_setzero_si512());
#define BY_NEIGHBOUR(costs, sign) \
    _mm512_mask_mov_epi32( \
        _mm512_mask_mov_epi32( \
            _mm512_loadu_si512(costs[sign]), after_negative, _mm512_loadu_si512(costs[2 + sign])), \
        after_positive, _mm512_loadu_si512(costs[4 + sign]))
    *zeros = _mm512_mask_mov_epi32(
        BY_NEIGHBOUR(task->zeros, 0), negative, BY_NEIGHBOUR(task->zeros, 1));
    *coded = _mm512_mask_mov_epi32(
        BY_NEIGHBOUR(task->coded, 0), negative, BY_NEIGHBOUR(task->coded, 1));
#undef BY_NEIGHBOUR
}

#include "feedback_rows.h"

FeedbackRow *feedback_with_avx512(void) {
    return feedback_row_avx512;
}

FeedbackRow *feedback_with_avx2(void) {
    return 0;
}

#else

FeedbackRow *feedback_with_avx2(void) {
    return 0;
}

FeedbackRow *feedback_with_avx512(void) {
    return 0;
}

#endif
