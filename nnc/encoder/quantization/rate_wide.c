/* The costs of indices and the step of the 16 states in registers of eight words, with AVX2.

It is C for the same reason as nnc/deepcabac/lanes.c is. Each operation on floats is that of
rate_trellis.pxd, so that the costs are the same.
*/

#include "rate_wide.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

int wide_supported(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0;
}

static inline TARGET __attribute__((always_inline)) uint32_t mask_of(__m256i lanes) {
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(lanes));
}

TARGET void wide_advance(
    const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
    const int32_t *zeros, const int32_t *coded, const int32_t *wholes, int count,
    int32_t *costs, uint32_t *decisions) {
    /* The states that those after a step come from, with parity 0 and with the other one. */
    const __m256i from = _mm256_setr_epi32(0, 2, 4, 6, 7, 5, 3, 1);
    const __m256i other_from = _mm256_setr_epi32(4, 6, 0, 2, 3, 1, 7, 5);
    /* Costs of the subsets come in the order 0, 3, 1, 2. */
    const __m256i subsets = _mm256_setr_epi32(0, 0, 0, 0, 3, 3, 3, 3);
    const __m256i other_subsets = _mm256_setr_epi32(2, 2, 2, 2, 1, 1, 1, 1);
    __m256i ended = _mm256_loadu_si256((const __m256i *)costs);
    __m256i going = _mm256_loadu_si256((const __m256i *)(costs + 8));
    for (int i = 0; i < count; i++) {
        const __m256i *ended_row = (const __m256i *)(branches + after_zero[i]);
        const __m256i *going_row = (const __m256i *)(branches + after_coded[i]);
        __m256i one = _mm256_add_epi32(ended, _mm256_loadu_si256(ended_row));
        __m256i other = _mm256_add_epi32(going, _mm256_loadu_si256(going_row));
        __m256i zero = _mm256_min_epi32(one, other);
        uint32_t decided = mask_of(_mm256_cmpgt_epi32(one, other));
        one = _mm256_add_epi32(ended, _mm256_loadu_si256(ended_row + 1));
        other = _mm256_add_epi32(going, _mm256_loadu_si256(going_row + 1));
        __m256i not_zero = _mm256_min_epi32(one, other);
        decided |= mask_of(_mm256_cmpgt_epi32(one, other)) << 8;
        ended = _mm256_add_epi32(
            _mm256_permutevar8x32_epi32(zero, from), _mm256_set1_epi32(zeros[i]));
        __m256i errors = _mm256_castsi128_si256(
            _mm_loadu_si128((const __m128i *)(coded + 8 * i + (~wholes[i] & 3))));
        one = _mm256_add_epi32(
            _mm256_permutevar8x32_epi32(not_zero, from),
            _mm256_permutevar8x32_epi32(errors, subsets));
        other = _mm256_add_epi32(
            _mm256_permutevar8x32_epi32(not_zero, other_from),
            _mm256_permutevar8x32_epi32(errors, other_subsets));
        going = _mm256_min_epi32(one, other);
        decisions[i] |= decided | mask_of(_mm256_cmpgt_epi32(one, other)) << 16;
    }
    __m256i least = _mm256_min_epi32(ended, going);
    least = _mm256_min_epi32(least, _mm256_permute2x128_si256(least, least, 1));
    least = _mm256_min_epi32(least, _mm256_shuffle_epi32(least, 0x4E));
    least = _mm256_min_epi32(least, _mm256_shuffle_epi32(least, 0xB1));
    _mm256_storeu_si256((__m256i *)costs, _mm256_sub_epi32(ended, least));
    _mm256_storeu_si256((__m256i *)(costs + 8), _mm256_sub_epi32(going, least));
}

TARGET void wide_measure(
    const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
    const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
    int32_t *coded, uint32_t *decisions) {
    /* From the four indices below a value, and from the four above. */
    const __m256 distances = _mm256_setr_ps(3, 2, 1, 0, -1, -2, -3, -4);
    const __m256i indices = _mm256_setr_epi32(-3, -2, -1, 0, 1, 2, 3, 4);
    const __m256 unit = _mm256_set1_ps(one);
    const __m256i ban = _mm256_set1_epi32(forbidden);
    for (int i = 0; i < count; i++) {
        int32_t whole = wholes[i];
        const int32_t *of_magnitude = magnitudes + rows[i] + 1 + (whole < top ? whole : top);
        __m256 distance = _mm256_add_ps(_mm256_set1_ps(rests[i]), distances);
        distance = _mm256_mul_ps(_mm256_mul_ps(distance, distance), unit);
        __m256i costs = _mm256_add_epi32(
            _mm256_cvttps_epi32(distance), _mm256_loadu_si256((const __m256i *)of_magnitude));
        if (whole + 4 > limits[i]) {
            __m256i index = _mm256_add_epi32(_mm256_set1_epi32(whole), indices);
            __m256i beyond = _mm256_cmpgt_epi32(index, _mm256_set1_epi32(limits[i]));
            costs = _mm256_blendv_epi8(costs, ban, beyond);
        }
        __m128i lower = _mm256_castsi256_si128(costs), upper = _mm256_extracti128_si256(costs, 1);
        __m128i mask = _mm_cmpgt_epi32(lower, upper);
        lower = _mm_min_epi32(lower, upper);
        _mm_storeu_si128((__m128i *)(coded + 8 * i), lower);
        _mm_storeu_si128((__m128i *)(coded + 8 * i + 4), lower);
        decisions[i] = (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(mask)) << 24;
    }
}

#else

int wide_supported(void) {
    return 0;
}

void wide_advance(
    const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
    const int32_t *zeros, const int32_t *coded, const int32_t *wholes, int count,
    int32_t *costs, uint32_t *decisions) {
    (void)branches, (void)after_zero, (void)after_coded, (void)zeros, (void)coded, (void)wholes;
    (void)count, (void)costs, (void)decisions;
}

void wide_measure(
    const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
    const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
    int32_t *coded, uint32_t *decisions) {
    (void)magnitudes, (void)rows, (void)wholes, (void)rests, (void)limits, (void)top;
    (void)forbidden, (void)one, (void)count, (void)coded, (void)decisions;
}

#endif
