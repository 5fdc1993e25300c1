/* Eight pieces of a sequence in the lanes of AVX-512 registers, through the trellis at once.

It is C for the same reason as nnc/deepcabac/lanes.c is. What is counted, and how, trellis.py says;
each operation on floats is the same here and in the same order, so that the costs are the same.
*/

#include "trellis_lanes.h"

#include "avx512.h"

#if NNC_AVX512

/* The cost of an error of one step, as in trellis_reference.py. */
#define COST_ONE 8388608.0f
/* Upper halves of 64 bits. */
#define UPPER 0xAAAA

/* Turn 8 words of 8 pieces into 8 words of 8 steps, or back. */
INLINE void transpose(__m256 rows[8]) {
    __m256 pairs[8], fours[8];
#pragma GCC unroll 4
    for (int row = 0; row < 8; row += 2) {
        pairs[row] = _mm256_unpacklo_ps(rows[row], rows[row + 1]);
        pairs[row + 1] = _mm256_unpackhi_ps(rows[row], rows[row + 1]);
    }
#pragma GCC unroll 2
    for (int row = 0; row < 8; row += 4) {
        fours[row] = _mm256_shuffle_ps(pairs[row], pairs[row + 2], 0x44);
        fours[row + 1] = _mm256_shuffle_ps(pairs[row], pairs[row + 2], 0xEE);
        fours[row + 2] = _mm256_shuffle_ps(pairs[row + 1], pairs[row + 3], 0x44);
        fours[row + 3] = _mm256_shuffle_ps(pairs[row + 1], pairs[row + 3], 0xEE);
    }
#pragma GCC unroll 4
    for (int row = 0; row < 4; row++) {
        rows[row] = _mm256_permute2f128_ps(fours[row], fours[row + 4], 0x20);
        rows[row + 4] = _mm256_permute2f128_ps(fours[row], fours[row + 4], 0x31);
    }
}

/* Sixteen magnitudes in steps: whole periods of 4, and the rest. */
typedef struct {
    __m512i period;
    __m512 rest;
    __mmask16 good, at_zero;
} Measured;

INLINE Measured measured(__m512 values, __m512 step, __m512 limit) {
    Measured made;
    __m512 ratio = _mm512_div_ps(_mm512_abs_ps(values), step);
    made.good = _mm512_cmp_ps_mask(ratio, limit, _CMP_LE_OQ);
    made.period = _mm512_cvttps_epi32(_mm512_mul_ps(ratio, _mm512_set1_ps(0.25f)));
    __m512 before = _mm512_mul_ps(_mm512_set1_ps(4), _mm512_cvtepi32_ps(made.period));
    made.rest = _mm512_sub_ps(ratio, before);
    made.at_zero = _mm512_testn_epi32_mask(made.period, made.period);
    return made;
}

INLINE __m512i cost_of(__m512 distance) {
    __m512 square = _mm512_mul_ps(distance, distance);
    return _mm512_cvttps_epi32(_mm512_mul_ps(square, _mm512_set1_ps(COST_ONE)));
}

/* One step; the errors are those of the four subsets. */
INLINE void advance(__m512i cost[STATES], __m512i even0, __m512i even1, __m512i odd0, __m512i odd1) {
#define CHEAPER(one, first, other, second) \
    _mm512_min_epu64(_mm512_add_epi64(cost[one], first), _mm512_add_epi64(cost[other], second))
    __m512i next0 = CHEAPER(0, even0, 4, even1), next1 = CHEAPER(2, even0, 6, even1);
    __m512i next2 = CHEAPER(4, even0, 0, even1), next3 = CHEAPER(6, even0, 2, even1);
    __m512i next4 = CHEAPER(7, odd0, 3, odd1), next5 = CHEAPER(5, odd0, 1, odd1);
    __m512i next6 = CHEAPER(3, odd0, 7, odd1), next7 = CHEAPER(1, odd0, 5, odd1);
#undef CHEAPER
    cost[0] = next0, cost[1] = next1, cost[2] = next2, cost[3] = next3;
    cost[4] = next4, cost[5] = next5, cost[6] = next6, cost[7] = next7;
}

/* Put the histories of a group aside, and make the smallest cost of each piece 0. */
INLINE void finish_group(__m512i cost[STATES], uint32_t **histories, int64_t at) {
    if (histories != 0) {
        __m256 rows[STATES];
#pragma GCC unroll 8
        for (int state = 0; state < STATES; state++)
            rows[state] = _mm256_castsi256_ps(_mm512_cvtepi64_epi32(cost[state]));
        transpose(rows);
#pragma GCC unroll 8
        for (int piece = 0; piece < PIECES; piece++)
            _mm256_storeu_ps((float *)(histories[piece] + at), rows[piece]);
    }
    const __m512i upper = _mm512_set1_epi64((long long)0xFFFFFFFF00000000ULL);
    __m512i least = cost[0];
#pragma GCC unroll 8
    for (int state = 1; state < STATES; state++)
        least = _mm512_min_epu64(least, cost[state]);
    least = _mm512_and_si512(least, upper);
#pragma GCC unroll 8
    for (int state = 0; state < STATES; state++)
        cost[state] = _mm512_sub_epi64(_mm512_and_si512(cost[state], upper), least);
}

TARGET int64_t trellis_in_lanes(
    const float **values, float step, float limit, int64_t steps,
    uint64_t costs[STATES][PIECES], uint32_t **histories) {
    /* Values of two steps, one after the other, go to the upper halves of a register each. */
    const __m512i first = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
    const __m512 steps_of = _mm512_set1_ps(step), most = _mm512_set1_ps(limit);
    const __m512 one = _mm512_set1_ps(1), two = _mm512_set1_ps(2), three = _mm512_set1_ps(3);
    float turned[GROUP][PIECES] __attribute__((aligned(64)));
    __m512i cost[STATES];
    int64_t bad = 0;
#pragma GCC unroll 8
    for (int state = 0; state < STATES; state++)
        cost[state] = _mm512_loadu_si512(costs[state]);
    for (int64_t start = 0; start < steps; start += GROUP) {
        for (int eight = 0; eight < GROUP; eight += 8) {
            __m256 rows[8];
#pragma GCC unroll 8
            for (int piece = 0; piece < PIECES; piece++)
                rows[piece] = _mm256_loadu_ps(values[piece] + start + eight);
            transpose(rows);
#pragma GCC unroll 8
            for (int row = 0; row < 8; row++)
                _mm256_store_ps(turned[eight + row], rows[row]);
        }
        __m512i bit = _mm512_set1_epi64(1);
        for (int pair = 0; pair < GROUP; pair += 2) {
            Measured made = measured(_mm512_load_ps(turned[pair]), steps_of, most);
            __m512 rest = made.rest;
            bad += 16 - __builtin_popcount(made.good);
            __m512 nearest = _mm512_maskz_mov_ps(made.at_zero, _mm512_set1_ps(0.5f));
            __m512 apart = _mm512_abs_ps(_mm512_sub_ps(rest, two));
            __m512i even0 = cost_of(_mm512_sub_ps(two, apart));
            __m512i even1 = cost_of(_mm512_sub_ps(rest, two));
            apart = _mm512_abs_ps(_mm512_sub_ps(rest, _mm512_add_ps(one, nearest)));
            __m512i odd0 = cost_of(_mm512_sub_ps(_mm512_sub_ps(two, nearest), apart));
            apart = _mm512_abs_ps(_mm512_sub_ps(rest, three));
            __m512i odd1 = cost_of(_mm512_sub_ps(two, apart));
#define RAISED(which, errors) _mm512_maskz_permutexvar_epi32(UPPER, which, errors)
#define MARKED(which, errors) _mm512_mask_permutexvar_epi32(bit, UPPER, which, errors)
            advance(cost, RAISED(first, even0), MARKED(first, even1), RAISED(first, odd0),
                MARKED(first, odd1));
            bit = _mm512_add_epi64(bit, bit);
            advance(cost, RAISED(second, even0), MARKED(second, even1), RAISED(second, odd0),
                MARKED(second, odd1));
            bit = _mm512_add_epi64(bit, bit);
#undef RAISED
#undef MARKED
        }
        finish_group(cost, histories, start / GROUP * STATES);
    }
#pragma GCC unroll 8
    for (int state = 0; state < STATES; state++)
        _mm512_storeu_si512(costs[state], cost[state]);
    return bad;
}

TARGET void rebuild_in_lanes(
    const float *values, float step, const uint8_t *subsets, int64_t count, int32_t *indices) {
    const __m512 steps_of = _mm512_set1_ps(step), zero = _mm512_setzero_ps();
    const __m512 one = _mm512_set1_ps(1), two = _mm512_set1_ps(2), three = _mm512_set1_ps(3);
    const __m512i four = _mm512_set1_epi32(4), units = _mm512_set1_epi32(1);
    for (int64_t place = 0; place < count; place += 16) {
        __m512 value = _mm512_loadu_ps(values + place);
        Measured made = measured(value, steps_of, zero);
        __m512 rest = made.rest;
        __m512i subset = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(subsets + place)));
        __mmask16 of_1 = _mm512_cmpeq_epi32_mask(subset, units);
        __mmask16 of_2 = _mm512_cmpeq_epi32_mask(subset, _mm512_set1_epi32(2));
        __mmask16 of_3 = _mm512_cmpeq_epi32_mask(subset, _mm512_set1_epi32(3));
        __m512i nearest = _mm512_maskz_mov_epi32(_mm512_cmp_ps_mask(rest, two, _CMP_GT_OQ), four);
        nearest = _mm512_mask_mov_epi32(nearest, of_1, _mm512_set1_epi32(2));
        /* At zero 0 or 3, else -1 or 3. */
        __m512 middle = _mm512_mask_add_ps(one, made.at_zero, one, _mm512_set1_ps(0.5f));
        __mmask16 above = _mm512_cmp_ps_mask(rest, middle, _CMP_GT_OQ);
        __m512i of_odd = _mm512_mask_mov_epi32(_mm512_set1_epi32(-1), made.at_zero, _mm512_setzero_si512());
        of_odd = _mm512_mask_mov_epi32(of_odd, above, _mm512_set1_epi32(3));
        nearest = _mm512_mask_mov_epi32(nearest, of_2, of_odd);
        above = _mm512_cmp_ps_mask(rest, three, _CMP_GT_OQ);
        of_odd = _mm512_mask_add_epi32(units, above, units, four);
        nearest = _mm512_mask_mov_epi32(nearest, of_3, of_odd);
        __m512i index = _mm512_add_epi32(_mm512_slli_epi32(made.period, 2), nearest);
        __mmask16 negative = _mm512_cmp_ps_mask(value, zero, _CMP_LT_OQ);
        index = _mm512_mask_sub_epi32(index, negative, _mm512_setzero_si512(), index);
        _mm512_storeu_si512(indices + place, index);
    }
}

#else

int64_t trellis_in_lanes(
    const float **values, float step, float limit, int64_t steps,
    uint64_t costs[STATES][PIECES], uint32_t **histories) {
    (void)values, (void)step, (void)limit, (void)steps, (void)costs, (void)histories;
    return 0;
}

void rebuild_in_lanes(
    const float *values, float step, const uint8_t *subsets, int64_t count, int32_t *indices) {
    (void)values, (void)step, (void)subsets, (void)count, (void)indices;
}

#endif
