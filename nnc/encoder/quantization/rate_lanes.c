/* The trellis with a rate term: sixteen pieces of a sequence in the lanes of AVX-512 registers.

It is C for the same reason as nnc/deepcabac/lanes.c is. A register holds the costs of one state in
all pieces. Each operation on floats is that of rate_blocks.pxd, so that the costs are the same.
*/

#include "rate_lanes.h"

#include "avx512.h"

#if NNC_AVX512

enum {
    /* Magnitudes of the tables that registers hold. */
    HELD = 16,
    /* Whole steps up to which they serve. */
    MOST_HELD = HELD - 9,
    /* Entries of the table of branches: after a level 0, and after one of either sign. */
    AFTER_NEGATIVE = 16 * 12,
    AFTER_POSITIVE = 16 * 24
};

/* Magnitudes in steps that go through the lanes. */
#define MOST_STEPS 4194304.0f

INLINE void load_turned(void **pieces, int64_t at, __m512i rows[16]) {
#pragma GCC unroll 16
    for (int piece = 0; piece < 16; piece++)
        rows[piece] = _mm512_loadu_si512((const int32_t *)pieces[piece] + at);
    transpose_16(rows);
}

INLINE void store_turned(void **pieces, int64_t at, __m512i rows[16]) {
    transpose_16(rows);
#pragma GCC unroll 16
    for (int piece = 0; piece < 16; piece++)
        _mm512_storeu_si512((int32_t *)pieces[piece] + at, rows[piece]);
}

/* Words of tables, eight in a row from where each lane says. */
INLINE void look_up(const int32_t *magnitudes, __m512i places, __m512i found[8]) {
    /* Of each 256 bits the lower halves, and the upper ones, of two registers. */
    const __m512i lower = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    const __m512i upper = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    int32_t place[16] __attribute__((aligned(64)));
    __m512i rows[8], pairs[8];
    _mm512_store_si512(place, places);
#pragma GCC unroll 8
    for (int row = 0; row < 8; row++) {
        __m256i low = _mm256_loadu_si256((const __m256i *)(magnitudes + place[row]));
        __m256i high = _mm256_loadu_si256((const __m256i *)(magnitudes + place[row + 8]));
        rows[row] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
#pragma GCC unroll 4
    for (int row = 0; row < 8; row += 2) {
        pairs[row] = _mm512_unpacklo_epi32(rows[row], rows[row + 1]);
        pairs[row + 1] = _mm512_unpackhi_epi32(rows[row], rows[row + 1]);
    }
#pragma GCC unroll 2
    for (int row = 0; row < 8; row += 4) {
        rows[row] = _mm512_unpacklo_epi64(pairs[row], pairs[row + 2]);
        rows[row + 1] = _mm512_unpackhi_epi64(pairs[row], pairs[row + 2]);
        rows[row + 2] = _mm512_unpacklo_epi64(pairs[row + 1], pairs[row + 3]);
        rows[row + 3] = _mm512_unpackhi_epi64(pairs[row + 1], pairs[row + 3]);
    }
#pragma GCC unroll 4
    for (int row = 0; row < 4; row++) {
        found[row] = _mm512_permutex2var_epi64(rows[row], lower, rows[row + 4]);
        found[row + 4] = _mm512_permutex2var_epi64(rows[row], upper, rows[row + 4]);
    }
}

/* What is known of the values of sixteen steps. */
typedef struct {
    /* Costs of the level 0, and of the cheaper index in the subsets 0, 3, 1, 2. */
    __m512i zeros[16], coded[16][4];
    __m512i decisions[16], indices[16];
    __mmask16 negative[16];
} Measured;

INLINE __m512i squared(__m512 distance, __m512 unit) {
    return _mm512_cvttps_epi32(_mm512_mul_ps(_mm512_mul_ps(distance, distance), unit));
}

/* Measure a step; return which values are small enough. */
INLINE __mmask16 measure(
    __m512 value, const RateTask *task, __m512i held_positive, __m512i held_negative,
    Measured *made, int at) {
    const __m512 unit = _mm512_set1_ps(task->one), reach = _mm512_set1_ps(task->reach);
    __mmask16 negative = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
    __m512 ratio = _mm512_div_ps(_mm512_abs_ps(value), _mm512_set1_ps(task->step));
    __mmask16 good = _mm512_cmp_ps_mask(ratio, _mm512_set1_ps(MOST_STEPS), _CMP_LT_OQ);
    __m512i whole = _mm512_cvttps_epi32(ratio);
    __m512 floor = _mm512_cvtepi32_ps(whole), rest = _mm512_sub_ps(ratio, floor);
    ratio = _mm512_add_ps(floor, rest);
    __mmask16 far = _mm512_cmp_ps_mask(ratio, reach, _CMP_GE_OQ);
    __m512i zero = squared(_mm512_min_ps(ratio, reach), unit);
    made->zeros[at] = _mm512_mask_mov_epi32(zero, far, _mm512_set1_epi32(task->forbidden));
    made->negative[at] = negative;
    made->indices[at] = _mm512_mask_xor_epi32(whole, negative, whole, _mm512_set1_epi32(-1));
    __m512i costs[8];
    if (_mm512_cmpgt_epi32_mask(whole, _mm512_set1_epi32(MOST_HELD)) == 0) {
        __m512i place = _mm512_mask_add_epi32(whole, negative, whole, _mm512_set1_epi32(HELD));
#pragma GCC unroll 8
        for (int index = 0; index < 8; index++) {
            place = _mm512_add_epi32(place, _mm512_set1_epi32(1));
            costs[index] = _mm512_permutex2var_epi32(held_positive, place, held_negative);
        }
    } else {
        __m512i place = _mm512_min_epi32(
            _mm512_maskz_mov_epi32(good, whole), _mm512_set1_epi32(task->row - 12));
        place = _mm512_mask_add_epi32(place, negative, place, _mm512_set1_epi32(task->row));
        look_up(task->magnitudes + 1, place, costs);
    }
    __m512i decided = _mm512_setzero_si512(), cheaper[4];
#pragma GCC unroll 4
    for (int index = 0; index < 4; index++) {
        __m512 down = _mm512_add_ps(rest, _mm512_set1_ps((float)(3 - index)));
        __m512 up = _mm512_add_ps(rest, _mm512_set1_ps((float)(-1 - index)));
        __m512i lower = _mm512_add_epi32(squared(down, unit), costs[index]);
        __m512i upper = _mm512_add_epi32(squared(up, unit), costs[4 + index]);
        __mmask16 is_upper = _mm512_cmpgt_epi32_mask(lower, upper);
        decided = _mm512_mask_or_epi32(
            decided, is_upper, decided, _mm512_set1_epi32(1 << (24 + index)));
        cheaper[index] = _mm512_min_epi32(lower, upper);
    }
    made->decisions[at] = decided;
    /* The subsets 0, 3, 1, 2 begin with index 3 where the whole steps are a multiple of four, with
    index 2 one step on, and so on. */
    __mmask16 odd = _mm512_test_epi32_mask(whole, _mm512_set1_epi32(1));
    __mmask16 second = _mm512_test_epi32_mask(whole, _mm512_set1_epi32(2));
    __m512i turned[4];
#pragma GCC unroll 4
    for (int index = 0; index < 4; index++)
        turned[index] = _mm512_mask_blend_epi32(odd, cheaper[(index + 3) & 3], cheaper[(index + 2) & 3]);
#pragma GCC unroll 4
    for (int index = 0; index < 4; index++)
        made->coded[at][index] = _mm512_mask_blend_epi32(second, turned[index], turned[(index + 2) & 3]);
    return good;
}

/* Costs of branches, as they are added: by state, and by whether the sign is negative. */
typedef struct {
    /* After a level 0: of 0, and of a coded one by its sign. */
    int32_t zero[8], coded[2][8];
    /* After a coded one: of 0, by the sign before. */
    int32_t zero_after[2][8];
    /* And of a coded one, by twice the sign before plus its own. */
    int32_t coded_after[8][16] __attribute__((aligned(64)));
} Branches;

INLINE void take_branches(const int32_t *branches, Branches *taken) {
    static const int after[2] = {AFTER_POSITIVE, AFTER_NEGATIVE};
    for (int state = 0; state < 8; state++) {
        taken->zero[state] = branches[state];
        for (int sign = 0; sign < 2; sign++) {
            taken->coded[sign][state] = branches[16 * sign + 8 + state];
            taken->zero_after[sign][state] = branches[after[sign] + state];
        }
        for (int signs = 0; signs < 16; signs++)
            taken->coded_after[state][signs] =
                branches[after[signs >> 1 & 1] + 16 * (signs & 1) + 8 + state];
    }
}

#define BROADCAST(word) _mm512_set1_epi32(word)

/* One step, by the signs of the values and of those before; where it is a restart, all is as after a
level 0. `restarts` is a constant. */
INLINE void advance(
    __m512i ended[8], __m512i going[8], const Branches *branches, Measured *made, int at,
    __mmask16 before, int restarts, __mmask16 restart) {
    static const int from[8] = {0, 2, 4, 6, 7, 5, 3, 1}, other_from[8] = {4, 6, 0, 2, 3, 1, 7, 5};
    __mmask16 negative = made->negative[at];
    __m512i signs = _mm512_maskz_mov_epi32(negative, BROADCAST(1));
    signs = _mm512_mask_add_epi32(signs, before, signs, BROADCAST(2));
    __m512i zero[8], coded[8], decided = made->decisions[at];
#pragma GCC unroll 8
    for (int state = 0; state < 8; state++) {
        __m512i one = _mm512_add_epi32(ended[state], BROADCAST(branches->zero[state]));
        __m512i other = _mm512_add_epi32(going[state], BROADCAST(branches->zero_after[0][state]));
        other = _mm512_mask_add_epi32(
            other, before, going[state], BROADCAST(branches->zero_after[1][state]));
        if (restarts)
            other = _mm512_mask_add_epi32(
                other, restart, going[state], BROADCAST(branches->zero[state]));
        decided = _mm512_mask_or_epi32(
            decided, _mm512_cmpgt_epi32_mask(one, other), decided, BROADCAST(1 << state));
        zero[state] = _mm512_min_epi32(one, other);
        one = _mm512_add_epi32(ended[state], BROADCAST(branches->coded[0][state]));
        one = _mm512_mask_add_epi32(
            one, negative, ended[state], BROADCAST(branches->coded[1][state]));
        other = _mm512_add_epi32(going[state], _mm512_permutexvar_epi32(
            signs, _mm512_load_si512(branches->coded_after[state])));
        if (restarts) {
            __m512i after = _mm512_mask_blend_epi32(negative,
                BROADCAST(branches->coded[0][state]), BROADCAST(branches->coded[1][state]));
            other = _mm512_mask_add_epi32(other, restart, going[state], after);
        }
        decided = _mm512_mask_or_epi32(
            decided, _mm512_cmpgt_epi32_mask(one, other), decided, BROADCAST(256 << state));
        coded[state] = _mm512_min_epi32(one, other);
    }
#pragma GCC unroll 8
    for (int state = 0; state < 8; state++) {
        ended[state] = _mm512_add_epi32(zero[from[state]], made->zeros[at]);
        __m512i one = _mm512_add_epi32(coded[from[state]], made->coded[at][state < 4 ? 0 : 3]);
        __m512i other = _mm512_add_epi32(coded[other_from[state]], made->coded[at][state < 4 ? 2 : 1]);
        decided = _mm512_mask_or_epi32(
            decided, _mm512_cmpgt_epi32_mask(one, other), decided, BROADCAST(65536 << state));
        going[state] = _mm512_min_epi32(one, other);
    }
    made->decisions[at] = decided;
}

/* Make the smallest cost of each piece 0. */
INLINE void make_small(__m512i ended[8], __m512i going[8]) {
    __m512i least = _mm512_min_epi32(ended[0], going[0]);
#pragma GCC unroll 8
    for (int state = 1; state < 8; state++)
        least = _mm512_min_epi32(least, _mm512_min_epi32(ended[state], going[state]));
#pragma GCC unroll 8
    for (int state = 0; state < 8; state++) {
        ended[state] = _mm512_sub_epi32(ended[state], least);
        going[state] = _mm512_sub_epi32(going[state], least);
    }
}

TARGET int rate_trellis_in_lanes(
    const float **values, int64_t steps, const RateTask *task,
    int32_t costs[RATE_STATES][RATE_PIECES], int32_t until[RATE_PIECES], uint32_t **decisions,
    int32_t **indices) {
    const __m512i held_positive = _mm512_loadu_si512(task->magnitudes);
    const __m512i held_negative = _mm512_loadu_si512(task->magnitudes + task->row);
    Branches branches;
    Measured made;
    __m512i ended[8], going[8], rows[16];
    __m512i left = _mm512_loadu_si512(until);
    const __m512i group = _mm512_set1_epi32(RATE_GROUP), again = _mm512_set1_epi32(task->restart);
    __mmask16 before = 0, good = 0xFFFF;
    take_branches(task->branches, &branches);
#pragma GCC unroll 8
    for (int state = 0; state < 8; state++) {
        ended[state] = _mm512_loadu_si512(costs[state]);
        going[state] = _mm512_loadu_si512(costs[8 + state]);
    }
    for (int piece = 0; piece < RATE_PIECES; piece++)
        before |= (__mmask16)((values[piece][-1] < 0) << piece);
    for (int64_t start = 0; start < steps; start += RATE_GROUP) {
        load_turned((void **)values, start, rows);
        for (int step = 0; step < RATE_GROUP; step++)
            good &= measure(
                _mm512_castsi512_ps(rows[step]), task, held_positive, held_negative, &made, step);
        if (good != 0xFFFF)
            return 0;
        __mmask16 nears = _mm512_cmplt_epi32_mask(left, group);
        for (int step = 0; nears == 0 && step < RATE_GROUP; step++) {
            advance(ended, going, &branches, &made, step, before, 0, 0);
            before = made.negative[step];
        }
        for (int step = 0; nears != 0 && step < RATE_GROUP; step++) {
            __mmask16 restart = _mm512_cmpeq_epi32_mask(left, _mm512_set1_epi32(step));
            advance(ended, going, &branches, &made, step, before, 1, restart);
            before = made.negative[step];
        }
        left = _mm512_mask_add_epi32(left, nears, left, again);
        left = _mm512_sub_epi32(left, group);
        make_small(ended, going);
        if (decisions != 0) {
            store_turned((void **)decisions, start, made.decisions);
            store_turned((void **)indices, start, made.indices);
        }
    }
#pragma GCC unroll 8
    for (int state = 0; state < 8; state++) {
        _mm512_storeu_si512(costs[state], ended[state]);
        _mm512_storeu_si512(costs[8 + state], going[state]);
    }
    _mm512_storeu_si512(until, left);
    return 1;
}

/* Where paths are: states, and 1 where the level after them is coded. */
typedef struct {
    __m512i state, coded;
} Path;

/* Go back one step; return the parity that leads to where it went from. */
INLINE __m512i go_back(Path *path, __m512i decided, __m512i before) {
    __m512i shift = _mm512_add_epi32(path->state, BROADCAST(16));
    __m512i parity = _mm512_and_si512(_mm512_srlv_epi32(decided, shift), path->coded);
    __m512i either = _mm512_srlv_epi32(decided, _mm512_slli_epi32(path->coded, 3));
    path->state = _mm512_permutexvar_epi32(
        _mm512_add_epi32(_mm512_add_epi32(path->state, path->state), parity), before);
    path->coded = _mm512_and_si512(_mm512_srlv_epi32(either, path->state), BROADCAST(1));
    return parity;
}

TARGET void rate_marks_in_lanes(
    uint32_t **decisions, int64_t steps, int32_t states[RATE_PIECES],
    const int32_t before[16]) {
    const __m512i from = _mm512_loadu_si512(before), kept = BROADCAST(0x0F000000);
    __m512i state = _mm512_loadu_si512(states), rows[16];
    Path path = {_mm512_and_si512(state, BROADCAST(7)), _mm512_srli_epi32(state, 3)};
    for (int64_t start = steps - RATE_GROUP; start >= 0; start -= RATE_GROUP) {
        load_turned((void **)decisions, start, rows);
        for (int step = RATE_GROUP - 1; step >= 0; step--) {
            __m512i coded = _mm512_slli_epi32(path.coded, 2);
            __m512i parity = go_back(&path, rows[step], from);
            __m512i odd = _mm512_and_si512(path.state, BROADCAST(1));
            __m512i subset = _mm512_add_epi32(_mm512_add_epi32(odd, odd), parity);
            rows[step] = _mm512_and_si512(rows[step], kept);
            rows[step] = _mm512_or_si512(rows[step], _mm512_or_si512(coded, subset));
        }
        store_turned((void **)decisions, start, rows);
    }
    state = _mm512_or_si512(path.state, _mm512_slli_epi32(path.coded, 3));
    _mm512_storeu_si512(states, state);
}

TARGET int rate_state_before(const uint32_t *decisions, int64_t steps, const int32_t before[16]) {
    const __m512i from = _mm512_loadu_si512(before);
    const __m512i all = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    Path path = {_mm512_and_si512(all, BROADCAST(7)), _mm512_srli_epi32(all, 3)};
    for (int64_t step = steps - 1; step >= 0; step--)
        go_back(&path, BROADCAST((int32_t)decisions[step]), from);
    __m512i state = _mm512_or_si512(path.state, _mm512_slli_epi32(path.coded, 3));
    int first = _mm_cvtsi128_si32(_mm512_castsi512_si128(state));
    return _mm512_cmpneq_epi32_mask(state, BROADCAST(first)) == 0 ? first : -1;
}

#else

int rate_trellis_in_lanes(
    const float **values, int64_t steps, const RateTask *task,
    int32_t costs[RATE_STATES][RATE_PIECES], int32_t until[RATE_PIECES], uint32_t **decisions,
    int32_t **indices) {
    (void)values, (void)steps, (void)task, (void)costs, (void)until, (void)decisions;
    (void)indices;
    return 0;
}

void rate_marks_in_lanes(
    uint32_t **decisions, int64_t steps, int32_t states[RATE_PIECES],
    const int32_t before[16]) {
    (void)decisions, (void)steps, (void)states, (void)before;
}

int rate_state_before(const uint32_t *decisions, int64_t steps, const int32_t before[16]) {
    (void)decisions, (void)steps, (void)before;
    return -1;
}

#endif
