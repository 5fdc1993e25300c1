/* The costs of indices and the step of the 16 states in registers of eight words, with AVX2.

It is C for the same reason as nnc/deepcabac/lanes.c is. Each operation on floats is that of
rate_blocks.pxd, so that the costs are the same.
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
    const int32_t *zeros, const int32_t *coded, int count, int32_t *costs, uint32_t *decisions) {
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
            _mm_loadu_si128((const __m128i *)(coded + 4 * i)));
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
    /* Where the costs of the subsets 0, 3, 1, 2 stand, by the whole steps. */
    static const int32_t orders[4][4] __attribute__((aligned(16))) = {
        {3, 0, 1, 2}, {2, 3, 0, 1}, {1, 2, 3, 0}, {0, 1, 2, 3}};
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
        __m128i order = _mm_load_si128((const __m128i *)orders[whole & 3]);
        __m128 ordered = _mm_permutevar_ps(_mm_castsi128_ps(lower), order);
        _mm_storeu_si128((__m128i *)(coded + 4 * i), _mm_castps_si128(ordered));
        decisions[i] = (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(mask)) << 24;
    }
}

/* Up to eight words; those that aren't there are 0. Masked stores are slow, so most are others. */
static inline TARGET __attribute__((always_inline)) __m256i loaded(
    const void *words, int64_t left, __m256i there) {
    if (left >= 8)
        return _mm256_loadu_si256((const __m256i *)words);
    return _mm256_maskload_epi32(words, there);
}

static inline TARGET __attribute__((always_inline)) void store(
    int32_t *words, int64_t left, __m256i there, __m256i vector) {
    if (left >= 8)
        _mm256_storeu_si256((__m256i *)words, vector);
    else
        _mm256_maskstore_epi32(words, there, vector);
}

TARGET void wide_indices(const uint32_t *decisions, int64_t count, int32_t *indices) {
    /* By subset, and 4 more where the index isn't 0: the lowest index in it, plus 3. */
    const __m256i lowest = _mm256_setr_epi32(3, 5, 6, 4, 3, 5, 6, 4);
    const __m256i one = _mm256_set1_epi32(1), three = _mm256_set1_epi32(3);
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int64_t place = 0; place < count; place += 8) {
        int64_t left = count - place;
        __m256i there = _mm256_cmpgt_epi32(_mm256_set1_epi32(left < 8 ? (int)left : 8), lanes);
        __m256i decided = loaded(decisions + place, left, there);
        __m256i index = loaded(indices + place, left, there);
        __m256i sign = _mm256_srai_epi32(index, 31);
        __m256i whole = _mm256_xor_si256(index, sign);
        __m256i offset = _mm256_permutevar8x32_epi32(lowest, decided);
        offset = _mm256_and_si256(_mm256_sub_epi32(offset, whole), three);
        __m256i upper = _mm256_srlv_epi32(_mm256_srli_epi32(decided, 24), offset);
        upper = _mm256_slli_epi32(_mm256_and_si256(upper, one), 2);
        whole = _mm256_add_epi32(whole, _mm256_sub_epi32(offset, three));
        whole = _mm256_add_epi32(whole, upper);
        index = _mm256_sub_epi32(_mm256_xor_si256(whole, sign), sign);
        __m256i coded = _mm256_and_si256(_mm256_srli_epi32(decided, 2), one);
        coded = _mm256_sub_epi32(_mm256_setzero_si256(), coded);
        store(indices + place, left, there, _mm256_and_si256(index, coded));
    }
}

#define STORE(field, vector) _mm256_storeu_si256((__m256i *)(block->field + i), vector)

TARGET int wide_prepare(
    const float *values, int count, int goes_on, const WideTask *task, const WideBlock *block,
    int32_t *indices) {
    const __m256 step = _mm256_set1_ps(task->step), largest = _mm256_set1_ps(task->largest);
    const __m256 reach = _mm256_set1_ps(task->reach), unit = _mm256_set1_ps(task->one);
    const __m256 magnitudes = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
    const __m256i negative_limit = _mm256_set1_epi32(task->most_negative);
    const __m256i positive_limit = _mm256_set1_epi32(task->most_positive);
    const __m256i ban = _mm256_set1_epi32(task->forbidden), row = _mm256_set1_epi32(task->row);
    const __m256i sixteen = _mm256_set1_epi32(16), after_positive = _mm256_set1_epi32(16 * 24);
    const __m256i after_negative = _mm256_set1_epi32(16 * 12);
    const __m256 zero = _mm256_setzero_ps();
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    int good = 0;
    for (int i = 0; i < count; i += 8) {
        __m256i there = _mm256_cmpgt_epi32(_mm256_set1_epi32(count - i), lanes);
        __m256 value = _mm256_castsi256_ps(loaded(values + i, count - i, there));
        __m256i negative = _mm256_castps_si256(_mm256_cmp_ps(value, zero, _CMP_LT_OQ));
        __m256 ratio = _mm256_div_ps(_mm256_and_ps(value, magnitudes), step);
        __m256 fits = _mm256_cmp_ps(ratio, largest, _CMP_LE_OQ);
        good += __builtin_popcount((unsigned)_mm256_movemask_ps(
            _mm256_and_ps(fits, _mm256_castsi256_ps(there))));
        __m256i limit = _mm256_blendv_epi8(positive_limit, negative_limit, negative);
        /* As a comparison has it: what isn't less, as NaN, is the limit. */
        ratio = _mm256_min_ps(ratio, _mm256_cvtepi32_ps(limit));
        __m256i whole = _mm256_cvttps_epi32(ratio);
        __m256 floor = _mm256_cvtepi32_ps(whole), rest = _mm256_sub_ps(ratio, floor);
        STORE(wholes, whole);
        _mm256_storeu_ps(block->rests + i, rest);
        STORE(signs, _mm256_srli_epi32(negative, 31));
        STORE(limits, limit);
        STORE(rows, _mm256_and_si256(negative, row));
        __m256i of_sign = _mm256_and_si256(negative, sixteen);
        STORE(after_zero, of_sign);
        /* The sign of the value before. */
        __m256i before = i > 0 || goes_on ? there : _mm256_andnot_si256(
            _mm256_cmpeq_epi32(lanes, _mm256_setzero_si256()), there);
        int64_t left = i > 0 || goes_on ? count - i : 0;
        __m256 last = _mm256_castsi256_ps(loaded(values + i - 1, left, before));
        __m256i after = _mm256_castps_si256(_mm256_cmp_ps(last, zero, _CMP_LT_OQ));
        after = _mm256_blendv_epi8(after_positive, after_negative, after);
        after = _mm256_and_si256(after, before);
        STORE(after_coded, _mm256_add_epi32(of_sign, after));
        ratio = _mm256_add_ps(floor, rest);
        __m256 nearest = _mm256_min_ps(ratio, reach);
        __m256i cost = _mm256_cvttps_epi32(_mm256_mul_ps(_mm256_mul_ps(nearest, nearest), unit));
        __m256i far = _mm256_castps_si256(_mm256_cmp_ps(ratio, reach, _CMP_GE_OQ));
        STORE(zeros, _mm256_blendv_epi8(cost, ban, far));
        store(indices + i, count - i, there, _mm256_xor_si256(whole, negative));
    }
    return count - good;
}

#else

int wide_supported(void) {
    return 0;
}

void wide_advance(
    const int32_t *branches, const int32_t *after_zero, const int32_t *after_coded,
    const int32_t *zeros, const int32_t *coded, int count, int32_t *costs, uint32_t *decisions) {
    (void)branches, (void)after_zero, (void)after_coded, (void)zeros, (void)coded, (void)count;
    (void)costs, (void)decisions;
}

void wide_measure(
    const int32_t *magnitudes, const int32_t *rows, const int32_t *wholes, const float *rests,
    const int32_t *limits, int32_t top, int32_t forbidden, float one, int count,
    int32_t *coded, uint32_t *decisions) {
    (void)magnitudes, (void)rows, (void)wholes, (void)rests, (void)limits, (void)top;
    (void)forbidden, (void)one, (void)count, (void)coded, (void)decisions;
}

void wide_indices(const uint32_t *decisions, int64_t count, int32_t *indices) {
    (void)decisions, (void)count, (void)indices;
}

int wide_prepare(
    const float *values, int count, int goes_on, const WideTask *task, const WideBlock *block,
    int32_t *indices) {
    (void)values, (void)goes_on, (void)task, (void)block, (void)indices;
    return count;
}

#endif
