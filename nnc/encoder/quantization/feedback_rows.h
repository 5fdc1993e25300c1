/* A row of the trellis with feedback, its eight states side by side, for feedback_wide.c and
feedback_lanes.c. What is counted, and how, feedback_reference.py says; each operation on floats is
that of feedback.py and in the same order, so that the indices are the same.

Those say before what a `Pair` is: 16 lanes, of the states 0 to 3 with parity 0 and with parity 1, and of
the states 4 to 7 likewise. What is after a step comes from one lane of either half. */

#ifndef NNC_FEEDBACK_ROWS_H
#define NNC_FEEDBACK_ROWS_H

/* As in feedback.py. */
#define DEAD 1e30f
#define ONE 262144.0f
#define FURTHEST 4194304.0f

/* By lane: the smallest index of the subset. */
#define LANES_OF(term) \
    term(0), term(3), term(0), term(3), term(2), term(1), term(2), term(1), \
    term(0), term(3), term(0), term(3), term(2), term(1), term(2), term(1)
#define IN_PERIODS(rest) (4 - rest) * 0.25f
#define OF_PERIOD_BEFORE(rest) rest - 4
static const float periods[16] __attribute__((aligned(64))) = {LANES_OF(IN_PERIODS)};
static const int32_t rests[16] __attribute__((aligned(64))) = {LANES_OF(OF_PERIOD_BEFORE)};

/* Of a block of columns: the errors and the indices on the paths to the states. */
typedef struct {
    float errors[32][8] __attribute__((aligned(32)));
    int32_t indices[32][8] __attribute__((aligned(32)));
} Block;

/* The path to each state, and what is added to its columns; columns without feedback stay 0. */
typedef struct {
    __m256 costs;
    __m256i indices;
} Survivors;

/* Add multiples of rows of numbers to others, one after the other. */
INLINE void add_rows(
    float *target, const float *rows, int64_t stride, const float *factors, int count,
    int64_t width) {
    int row = 0;
    for (; row + 8 <= count; row += 8, rows += 8 * stride) {
        int64_t place = 0;
        for (; place + LONG <= width; place += LONG) {
            Long sum = long_loaded(target + place);
#pragma GCC unroll 8
            for (int one = 0; one < 8; one++)
                sum = long_sum(sum, factors[row + one], rows + one * stride + place);
            long_stored(target + place, sum);
        }
        for (; place < width; place++) {
            float sum = target[place];
            for (int one = 0; one < 8; one++)
                sum += factors[row + one] * rows[one * stride + place];
            target[place] = sum;
        }
    }
    for (; row < count; row++, rows += stride)
        for (int64_t place = 0; place < width; place++)
            target[place] += factors[row] * rows[place];
}

/* Add to columns what the errors on the paths to the states do to them, one after the other. */
INLINE void spread(
    __m256 *columns, int width, const float *rows, int64_t stride,
    const float (*errors)[8], int count) {
    int place = 0;
    for (; place + 8 <= width; place += 8) {
        __m256 sums[8];
#pragma GCC unroll 8
        for (int one = 0; one < 8; one++)
            sums[one] = columns[place + one];
        for (int row = 0; row < count; row++) {
            const float *factors = rows + row * stride + place;
            __m256 of_row = _mm256_load_ps(errors[row]);
#pragma GCC unroll 8
            for (int one = 0; one < 8; one++)
                sums[one] = _mm256_add_ps(
                    sums[one], _mm256_mul_ps(of_row, _mm256_set1_ps(factors[one])));
        }
#pragma GCC unroll 8
        for (int one = 0; one < 8; one++)
            columns[place + one] = sums[one];
    }
    for (; place < width; place++) {
        __m256 sum = columns[place];
        for (int row = 0; row < count; row++)
            sum = _mm256_add_ps(
                sum, _mm256_mul_ps(
                    _mm256_load_ps(errors[row]), _mm256_set1_ps(rows[row * stride + place])));
        columns[place] = sum;
    }
}

/* The costs of magnitudes by index, where they aren't all near the value, and goals that are none. */
static TARGET __attribute__((noinline)) void look_up(
    const FeedbackTask *task, const int32_t *indices, int32_t *costs) {
    for (int lane = 0; lane < 16; lane++) {
        int32_t index = indices[lane];
        index = index > FEEDBACK_TOP ? FEEDBACK_TOP : index;
        index = index < -FEEDBACK_TOP ? -FEEDBACK_TOP : index;
        costs[lane] = task->magnitudes[index + FEEDBACK_TOP + FEEDBACK_WINDOW];
    }
}

/* Carry the survivors on by one column of a group of `stop`; `added` is what is added to these columns. */
INLINE void advance(
    const FeedbackTask *task, Survivors *survivors, float value, float common, float weight,
    const float *factor, int place, int stop, __m256 added[8], __m256i *before,
    float *all_errors, int32_t *all_indices) {
    const __m256 dead = _mm256_set1_ps(DEAD), nowhere = _mm256_set1_ps(2 * DEAD);
    const __m256 one = _mm256_set1_ps(value);
    float middle = value + common;
    __m256 goal = _mm256_add_ps(_mm256_set1_ps(middle), added[place]);
    /* Whether all goals are near the value: then the costs of magnitudes are in a window. */
    const __m256 reach = _mm256_set1_ps(REACH), positive = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
    int near = _mm256_movemask_ps(
        _mm256_cmp_ps(_mm256_and_ps(added[place], positive), reach, _CMP_NLE_UQ)) == 0 &&
        middle <= FURTHEST / 2 && middle >= -FURTHEST / 2;
    if (__builtin_expect(!near, 0)) {
        __m256 fits = _mm256_cmp_ps(
            _mm256_and_ps(goal, positive), _mm256_set1_ps(FURTHEST), _CMP_LE_OQ);
        goal = _mm256_blendv_ps(one, goal, fits);
    }
    Pair goals = pair_of(goal);
    PairMask negative = pair_less(goals, pair_all(0));
    Pair size = pair_magnitude(goals);
    /* Periods of 4 below the lower one of the two indices of the subset next to the value. */
    PairInts low = pair_truncated(pair_add(pair_mul(size, pair_all(0.25f)), pair_floats(periods)));
    low = pair_ints_add(pair_ints_times_4(low), pair_ints(rests));
    PairInts high = pair_ints_add(low, pair_ints_all(4));
    Pair lower = pair_converted(low), upper = pair_add(lower, pair_all(4));
    PairInts signed_low = pair_ints_with_sign(low, negative), signed_high = pair_ints_with_sign(high, negative);
    PairInts magnitudes, other_magnitudes;
    if (__builtin_expect(near, 1)) {
        int from = (int)middle - WINDOW / 2;
        int begin = from;
        begin = begin < -FEEDBACK_TOP - FEEDBACK_WINDOW ? -FEEDBACK_TOP - FEEDBACK_WINDOW : begin;
        begin = begin > FEEDBACK_TOP + 1 ? FEEDBACK_TOP + 1 : begin;
        const int32_t *window = task->magnitudes + FEEDBACK_TOP + FEEDBACK_WINDOW + begin;
        PairInts offset = pair_ints_all(-from);
        magnitudes = pair_looked_up(window, pair_ints_add(signed_low, offset));
        other_magnitudes = pair_looked_up(window, pair_ints_add(signed_high, offset));
    } else {
        int32_t indices[16] __attribute__((aligned(64))), costs[16] __attribute__((aligned(64)));
        pair_ints_stored(indices, signed_low);
        look_up(task, indices, costs);
        magnitudes = pair_ints(costs);
        pair_ints_stored(indices, signed_high);
        look_up(task, indices, costs);
        other_magnitudes = pair_ints(costs);
    }
    PairInts zeros = pair_of_costs(task->zeros, survivors->indices, negative);
    PairInts coded = pair_of_costs(task->coded, survivors->indices, negative);
    Pair weights = pair_all(weight), unit = pair_all(ONE);
#define COST(distance, bits) \
    pair_add(pair_mul(pair_mul(weights, pair_mul(distance, distance)), unit), pair_converted(bits))
    Pair distance = pair_sub(size, lower), other_distance = pair_sub(size, upper);
    Pair cheapest = COST(distance, pair_ints_add(coded, magnitudes));
    Pair other = COST(other_distance, pair_ints_add(coded, other_magnitudes));
    Pair zero = COST(size, zeros);
#undef COST
    cheapest = pair_chosen(pair_ints_positive(low), cheapest, pair_all(4 * DEAD));
    Pair values = pair_all(value);
    Pair error = pair_sub(values, pair_with_sign(lower, negative));
    Pair other_error = pair_sub(values, pair_with_sign(upper, negative));
    PairMask is_other = pair_less(other, cheapest);
    error = pair_chosen(is_other, other_error, error);
    PairInts index = pair_ints_chosen(is_other, signed_high, signed_low);
    cheapest = pair_min(other, cheapest);
    PairMask is_zero = pair_even_at_most(zero, cheapest);
    error = pair_chosen(is_zero, values, error);
    index = pair_ints_chosen(is_zero, pair_ints_all(0), index);
    cheapest = pair_chosen(is_zero, zero, cheapest);
    Pair total = pair_add(pair_of(survivors->costs), cheapest);

    __m256 cost = pair_first(total), other_cost = pair_second(total);
    Mask there = mask_less(cost, nowhere);
    Mask is_second = mask_and(
        mask_less(other_cost, nowhere), mask_not_at_most(cost, other_cost));
    const __m256i first_states = _mm256_setr_epi32(0, 2, 0, 2, 3, 1, 3, 1);
    const __m256i second_states = _mm256_setr_epi32(4, 6, 4, 6, 7, 5, 7, 5);
    __m256 costs = chosen(is_second, other_cost, _mm256_min_ps(cost, nowhere));
    __m256 errors = chosen(
        is_second, pair_second(error), chosen(there, pair_first(error), one));
    __m256i indices = ints_chosen(
        is_second, pair_ints_second(index), ints_kept(there, pair_ints_first(index)));
    __m256i origins = ints_chosen(
        is_second, second_states, ints_kept(there, first_states));
    if (factor != 0) {
        if (place + 1 < stop) {
            /* What comes next waits for nothing but the choice. */
            __m256 next = chosen(
                is_second, _mm256_permutevar8x32_ps(added[place + 1], second_states),
                _mm256_permutevar8x32_ps(added[place + 1], first_states));
            added[place + 1] = _mm256_add_ps(
                next, _mm256_mul_ps(errors, _mm256_set1_ps(factor[place + 1])));
        }
#pragma GCC unroll 6
        for (int ahead = place + 2; ahead < stop; ahead++)
            added[ahead] = _mm256_add_ps(
                _mm256_permutevar8x32_ps(added[ahead], origins),
                _mm256_mul_ps(errors, _mm256_set1_ps(factor[ahead])));
    }
    *before = origins;
    _mm256_store_ps(all_errors, errors);
    _mm256_store_si256((__m256i *)all_indices, indices);
    __m256 least = _mm256_min_ps(costs, _mm256_permute2f128_ps(costs, costs, 1));
    least = _mm256_min_ps(least, _mm256_permute_ps(least, 0x4E));
    least = _mm256_min_ps(least, _mm256_permute_ps(least, 0xB1));
    least = _mm256_min_ps(least, dead);
    survivors->costs = chosen(mask_less(costs, dead), _mm256_sub_ps(costs, least), nowhere);
    survivors->indices = indices;
}

/* Take what is known of a column by other states. */
INLINE void reorder(Block *block, int place, __m256i states) {
    float *errors = block->errors[place];
    __m256i *indices = (__m256i *)block->indices[place];
    _mm256_store_ps(errors, _mm256_permutevar8x32_ps(_mm256_load_ps(errors), states));
    _mm256_store_si256(indices, _mm256_permutevar8x32_epi32(_mm256_load_si256(indices), states));
}

/* Turn what is known by the state after each of some columns into that by the state after the last;
return the states before the first. */
INLINE __m256i traced(Block *block, int first, int count, const __m256i *before) {
    __m256i states = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int place = count - 1; place >= 0; place--) {
        reorder(block, first + place, states);
        states = _mm256_permutevar8x32_epi32(before[place], states);
    }
    return states;
}

/* Carry the survivors on by up to eight columns, from one of a block on that has `count`. `added` is
what is added to those of the block. Return the states before. */
INLINE __m256i carry(
    const FeedbackTask *task, Survivors *survivors, const float *values, const float *common,
    int64_t column, int first, int count, __m256 *added, Block *block) {
    __m256i before[8];
    const float *weights = task->weights + column;
    const float *factor = task->factor;
    int64_t stride = task->columns;
    int left = count - first;
    if (factor != 0)
        factor += column * stride + column;
    added += first;
    if (left >= 8) {
        __m256 near[8];
#pragma GCC unroll 8
        for (int place = 0; place < 8; place++)
            near[place] = added[place];
#pragma GCC unroll 8
        for (int place = 0; place < 8; place++)
            advance(
                task, survivors, values[place], common[place], weights[place],
                factor == 0 ? 0 : factor + place * stride, place, 8, near, &before[place],
                block->errors[first + place], block->indices[first + place]);
        left = 8;
    } else {
#pragma GCC unroll 1
        for (int place = 0; place < left; place++)
            advance(
                task, survivors, values[place], common[place], weights[place],
                factor == 0 ? 0 : factor + place * stride, place, left, added, &before[place],
                block->errors[first + place], block->indices[first + place]);
    }
    __m256i states = traced(block, first, left, before);
    if (factor != 0 && count - first > 8) {
        for (int place = 8; place < count - first; place++)
            added[place] = _mm256_permutevar8x32_ps(added[place], states);
        spread(added + 8, count - first - 8, factor + 8, stride, block->errors + first, 8);
    }
    return states;
}

/* The lane of the least cost, the first of those. */
INLINE int best_of(__m256 costs) {
    __m256 least = _mm256_min_ps(costs, _mm256_permute2f128_ps(costs, costs, 1));
    least = _mm256_min_ps(least, _mm256_permute_ps(least, 0x4E));
    least = _mm256_min_ps(least, _mm256_permute_ps(least, 0xB1));
    return __builtin_ctz((unsigned)_mm256_movemask_ps(_mm256_cmp_ps(costs, least, _CMP_EQ_OQ)));
}

/* Note the errors and the indices on the path to a state. */
INLINE void decide(
    const Block *block, int count, int state, float *errors, int32_t *target) {
    for (int column = 0; column < count; column++) {
        errors[column] = block->errors[column][state];
        target[column] = block->indices[column][state];
    }
}

/* What the errors on the paths through a block add to the columns of the next one. */
INLINE void hand_on(
    const FeedbackTask *task, const Block *block, int64_t first, int width, __m256 costs,
    int best, __m256 *added) {
    const float *rows = task->factor + first * task->columns + first + 32;
    float shared[32] = {0}, errors[32];
    int ended = _mm256_movemask_ps(_mm256_cmp_ps(costs, _mm256_set1_ps(DEAD), _CMP_GE_OQ));
    int alike = 0;
    /* Where the paths to all states still are one, it adds the same to all. */
    for (; alike < 32; alike++) {
        errors[alike] = block->errors[alike][best];
        __m256 same = _mm256_cmp_ps(
            _mm256_load_ps(block->errors[alike]), _mm256_set1_ps(errors[alike]), _CMP_EQ_OQ);
        if ((_mm256_movemask_ps(same) | ended) != 0xFF)
            break;
    }
    add_rows(shared, rows, task->columns, errors, alike, width);
    for (int place = 0; place < width; place++)
        added[place] = _mm256_set1_ps(shared[place]);
    spread(
        added, width, rows + alike * task->columns, task->columns, block->errors + alike,
        32 - alike);
}

/* Carry the survivors through a block, and return the states before it. */
INLINE __m256i go_through(
    const FeedbackTask *task, Survivors *survivors, const float *values, const float *common,
    int64_t column, int count, __m256 *added, Block *block) {
    __m256i before[4];
    int groups = 0;
    for (int first = 0; first < count; first += 8)
        before[groups++] = carry(
            task, survivors, values + first, common + first, column + first, first, count, added,
            block);
    /* The last group is known by the states after it, the others by those after each. */
    __m256i states = before[groups - 1];
    for (int group = groups - 2; group >= 0; group--) {
        for (int place = 8 * group; place < 8 * group + 8; place++)
            reorder(block, place, states);
        states = _mm256_permutevar8x32_epi32(before[group], states);
    }
    return states;
}

/* End the survivors whose paths through the block before aren't that of the best. */
INLINE __m256 decided(
    const Block *block, __m256i states, int best, __m256 costs) {
    __m256i chosen = _mm256_permutevar8x32_epi32(states, _mm256_set1_epi32(best));
    __m256i other = _mm256_xor_si256(states, chosen);
    if (_mm256_testz_si256(other, other))
        return costs;
    __m256i differing = _mm256_setzero_si256();
    for (int place = 0; place < 32; place++) {
        __m256i indices = _mm256_load_si256((const __m256i *)block->indices[place]);
        differing = _mm256_or_si256(
            differing, _mm256_xor_si256(
                _mm256_permutevar8x32_epi32(indices, states),
                _mm256_permutevar8x32_epi32(indices, chosen)));
    }
    __m256i alike = _mm256_cmpeq_epi32(differing, _mm256_setzero_si256());
    return _mm256_blendv_ps(_mm256_set1_ps(2 * DEAD), costs, _mm256_castsi256_ps(alike));
}

static TARGET int quantized_row(
    const FeedbackTask *task, const float *values, int start, float *common, float *errors,
    int32_t *target) {
    Block blocks[2];
    __m256 added[32];
    Survivors survivors;
    int64_t columns = task->columns;
    float costs[8];
    for (int state = 0; state < 8; state++)
        costs[state] = state == (start & 7) ? 0 : 2 * DEAD;
    survivors.costs = _mm256_loadu_ps(costs);
    survivors.indices = _mm256_set1_epi32((start >> 3 == 2) - (start >> 3 == 1));
    for (int64_t place = 0; place < columns; place++)
        common[place] = 0;
    for (int place = 0; place < 32; place++)
        added[place] = _mm256_setzero_ps();
    for (int64_t first = 0;; first += 32) {
        Block *block = &blocks[first >> 5 & 1], *last = &blocks[~first >> 5 & 1];
        int64_t left = columns - first;
        int count = left < 32 ? (int)left : 32;
        __m256i states = go_through(
            task, &survivors, values + first, common + first, first, count, added, block);
        int best = best_of(survivors.costs);
        if (first > 0) {
            survivors.costs = decided(last, states, best, survivors.costs);
            int32_t before[8];
            _mm256_storeu_si256((__m256i *)before, states);
            decide(last, 32, before[best], errors + first - 32, target + first - 32);
            if (task->factor != 0 && left > 32)
                add_rows(
                    common + first + 32, task->factor + (first - 32) * columns + first + 32,
                    columns, errors + first - 32, 32, left - 32);
        }
        if (left <= 32) {
            decide(block, count, best, errors + first, target + first);
            _mm256_storeu_ps(costs, survivors.costs);
            int32_t index = target[columns - 1];
            return best + (costs[best] >= DEAD ? 0 : index == 0 ? 0 : index > 0 ? 16 : 8);
        }
        if (task->factor != 0)
            hand_on(
                task, block, first, left - 32 < 32 ? (int)(left - 32) : 32, survivors.costs, best,
                added);
    }
}

#endif
