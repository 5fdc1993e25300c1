/* A row in the trellis with feedback, its eight states side by side, for feedback_wide.c and
feedback_lanes.c.

What is counted, and how, feedback_reference.py says; each operation on floats is that of feedback.py
and in the same order, so that the indices are the same. What belongs to survivors that ended is worked
out, too, and never chosen for what it costs.

A `Pair`, as those files have it, is of 16 lanes: states 0 to 3 with parity 0, the same with parity 1,
then the states 4 to 7 likewise. To each state after a step one lane of either half leads.

What blocks of columns add to columns far ahead is added up for all paths at once when they are decided;
what the eight columns of a group add beyond it, when the paths through them are known. */

#ifndef NNC_FEEDBACK_ROWS_H
#define NNC_FEEDBACK_ROWS_H

/* As in feedback.py. */
#define DEAD 1e30f
#define ONE 262144.0f
#define FURTHEST 4194304.0f

#define LIKELY(condition) __builtin_expect(condition, 1)

/* By lane: something of the smallest index of the subset. */
#define BY_LANE(of) \
    of(0), of(3), of(0), of(3), of(2), of(1), of(2), of(1), \
    of(0), of(3), of(0), of(3), of(2), of(1), of(2), of(1)
#define MISSING(rest) (4 - rest) * 0.25f
#define PERIOD_BEFORE(rest) rest - 4
static const float missing[16] __attribute__((aligned(64))) = {BY_LANE(MISSING)};
static const int32_t period_before[16] __attribute__((aligned(64))) = {BY_LANE(PERIOD_BEFORE)};

/* Of a block of columns: the errors and the indices on the paths to the states after some column. */
typedef struct {
    float errors[32][8] __attribute__((aligned(32)));
    int32_t indices[32][8] __attribute__((aligned(32)));
} Block;

/* What the paths to the states cost, and the last indices on them. Costs without a path are 2 * DEAD. */
typedef struct {
    __m256 costs;
    __m256i indices;
} Survivors;

/* The cheapest index of each subset. */
typedef struct {
    Pair costs, errors;
    PairInts indices;
} Choice;

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

/* What magnitudes cost, by signed indices that may be anywhere. */
static TARGET __attribute__((noinline)) void look_up(
    const FeedbackTask *task, const int32_t *indices, int32_t *costs) {
    for (int lane = 0; lane < 16; lane++) {
        int32_t index = indices[lane];
        index = index > FEEDBACK_TOP ? FEEDBACK_TOP : index;
        index = index < -FEEDBACK_TOP ? -FEEDBACK_TOP : index;
        costs[lane] = task->magnitudes[index + FEEDBACK_FARTHEST];
    }
}

/* What magnitudes cost, by signed indices: in the window around the middle if they are near to that. */
INLINE PairInts magnitudes_of(
    const FeedbackTask *task, PairInts indices, float middle, int near) {
    if (LIKELY(near)) {
        int from = (int)middle - WINDOW / 2, begin = from;
        /* Beyond the table all cost the same. */
        begin = begin < -FEEDBACK_FARTHEST ? -FEEDBACK_FARTHEST : begin;
        begin = begin > FEEDBACK_TOP + 1 ? FEEDBACK_TOP + 1 : begin;
        return pair_looked_up(
            task->magnitudes + FEEDBACK_FARTHEST + begin,
            pair_ints_add(indices, pair_ints_all(-from)));
    }
    int32_t stored[16] __attribute__((aligned(64))), costs[16] __attribute__((aligned(64)));
    pair_ints_stored(stored, indices);
    look_up(task, stored, costs);
    return pair_ints(costs);
}

/* The cost of an error, or of a distance, together with bits. */
INLINE Pair cost_of(Pair distance, float weight, PairInts bits) {
    Pair cost = pair_mul(pair_all(weight), pair_mul(distance, distance));
    return pair_add(pair_mul(cost, pair_all(ONE)), pair_converted(bits));
}

/* Choose an index of each subset for goals. `near` says whether all of them are so near to the middle
that the costs of their magnitudes are in a window. */
INLINE Choice choice_of(
    const FeedbackTask *task, __m256i before, Pair goals, float value, float weight, float middle,
    int near) {
    Choice made;
    PairMask negative = pair_less(goals, pair_all(0));
    Pair size = pair_magnitude(goals), values = pair_all(value);
    /* The two indices of the subset next to the magnitude: the lower may be below zero. As goals aren't
    beyond FURTHEST, one sum gives the same whole periods as taking the rest off and adding 4. */
    PairInts low = pair_truncated(pair_add(pair_mul(size, pair_all(0.25f)), pair_floats(missing)));
    low = pair_ints_add(pair_ints_times_4(low), pair_ints(period_before));
    PairInts high = pair_ints_add(low, pair_ints_all(4));
    Pair lower = pair_converted(low), upper = pair_add(lower, pair_all(4));
    PairInts low_index = pair_ints_with_sign(low, negative);
    PairInts high_index = pair_ints_with_sign(high, negative);
    PairInts bits = pair_of_costs(task->coded, before, negative);
    PairInts low_bits = pair_ints_add(bits, magnitudes_of(task, low_index, middle, near));
    PairInts high_bits = pair_ints_add(bits, magnitudes_of(task, high_index, middle, near));
    Pair cheapest = cost_of(pair_sub(size, lower), weight, low_bits);
    Pair other = cost_of(pair_sub(size, upper), weight, high_bits);
    cheapest = pair_chosen(pair_ints_positive(low), cheapest, pair_all(4 * DEAD));
    PairMask is_high = pair_less(other, cheapest);
    cheapest = pair_min(other, cheapest);
    Pair zero = cost_of(size, weight, pair_of_costs(task->zeros, before, negative));
    PairMask is_zero = pair_even_at_most(zero, cheapest);
    made.costs = pair_chosen(is_zero, zero, cheapest);
    made.errors = pair_chosen(
        is_high, pair_sub(values, pair_with_sign(upper, negative)),
        pair_sub(values, pair_with_sign(lower, negative)));
    made.errors = pair_chosen(is_zero, values, made.errors);
    made.indices = pair_ints_chosen(is_high, high_index, low_index);
    made.indices = pair_ints_chosen(is_zero, pair_ints_all(0), made.indices);
    return made;
}

/* The least cost, in all lanes. */
INLINE __m256 least_of(__m256 costs) {
    __m256 least = _mm256_min_ps(costs, _mm256_permute2f128_ps(costs, costs, 1));
    least = _mm256_min_ps(least, _mm256_permute_ps(least, 0x4E));
    return _mm256_min_ps(least, _mm256_permute_ps(least, 0xB1));
}

/* Choose for a column, whose goals are around the middle but for what is added. */
INLINE Choice choice_around(
    const FeedbackTask *task, __m256i before, float value, float weight, float middle,
    __m256 added) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    __m256 goals = _mm256_add_ps(_mm256_set1_ps(middle), added);
    __m256 beyond = _mm256_cmp_ps(
        _mm256_andnot_ps(sign, added), _mm256_set1_ps(REACH), _CMP_NLE_UQ);
    int near = _mm256_movemask_ps(beyond) == 0 && middle <= FURTHEST / 2 &&
        middle >= -FURTHEST / 2;
    if (!LIKELY(near)) {
        __m256 fits = _mm256_cmp_ps(
            _mm256_andnot_ps(sign, goals), _mm256_set1_ps(FURTHEST), _CMP_LE_OQ);
        goals = _mm256_blendv_ps(_mm256_set1_ps(value), goals, fits);
    }
    return choice_of(task, before, pair_of(goals), value, weight, middle, near);
}

/* Carry the survivors on by a column of a group of `stop`. `added` is what is added to the columns of the
group; `errors` and `indices` get those of the column, by the state after it. Return the states before. */
INLINE __m256i advance(
    const FeedbackTask *task, Survivors *survivors, float value, float common, float weight,
    const float *factor, int place, int stop, __m256 *added, float *errors, int32_t *indices) {
    const __m256 dead = _mm256_set1_ps(DEAD), nowhere = _mm256_set1_ps(2 * DEAD);
    /* By the state after: the two states before. */
    const __m256i states = _mm256_setr_epi32(0, 2, 0, 2, 3, 1, 3, 1);
    const __m256i other_states = _mm256_setr_epi32(4, 6, 4, 6, 7, 5, 7, 5);
    Choice choice = choice_around(
        task, survivors->indices, value, weight, value + common, added[place]);
    Pair totals = pair_add(pair_of(survivors->costs), choice.costs);
    __m256 costs = pair_first(totals), other_costs = pair_second(totals);
    Mask there = mask_less(costs, nowhere);
    Mask other = mask_and(mask_less(other_costs, nowhere), mask_not_at_most(costs, other_costs));
    costs = chosen(other, other_costs, _mm256_min_ps(costs, nowhere));
    __m256i before = ints_chosen(other, other_states, ints_kept(there, states));
    __m256i index = ints_chosen(
        other, pair_ints_second(choice.indices),
        ints_kept(there, pair_ints_first(choice.indices)));
    __m256 error = chosen(
        other, pair_second(choice.errors),
        chosen(there, pair_first(choice.errors), _mm256_set1_ps(value)));
    if (factor != 0 && place + 1 < stop) {
        /* The next column waits for nothing but the choice. */
        __m256 next = chosen(
            other, _mm256_permutevar8x32_ps(added[place + 1], other_states),
            _mm256_permutevar8x32_ps(added[place + 1], states));
        added[place + 1] = _mm256_add_ps(
            next, _mm256_mul_ps(error, _mm256_set1_ps(factor[place + 1])));
#pragma GCC unroll 6
        for (int ahead = place + 2; ahead < stop; ahead++)
            added[ahead] = _mm256_add_ps(
                _mm256_permutevar8x32_ps(added[ahead], before),
                _mm256_mul_ps(error, _mm256_set1_ps(factor[ahead])));
    }
    _mm256_store_ps(errors, error);
    _mm256_store_si256((__m256i *)indices, index);
    __m256 least = _mm256_min_ps(least_of(costs), dead);
    survivors->costs = chosen(mask_less(costs, dead), _mm256_sub_ps(costs, least), nowhere);
    survivors->indices = index;
    return before;
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
            before[place] = advance(
                task, survivors, values[place], common[place], weights[place],
                factor == 0 ? 0 : factor + place * stride, place, 8, near,
                block->errors[first + place], block->indices[first + place]);
        left = 8;
    } else {
#pragma GCC unroll 1
        for (int place = 0; place < left; place++)
            before[place] = advance(
                task, survivors, values[place], common[place], weights[place],
                factor == 0 ? 0 : factor + place * stride, place, left, added,
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
    __m256 are_least = _mm256_cmp_ps(costs, least_of(costs), _CMP_EQ_OQ);
    return __builtin_ctz((unsigned)_mm256_movemask_ps(are_least));
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
INLINE __m256 decided(const Block *block, __m256i states, int best, __m256 costs) {
    __m256i state_of_best = _mm256_permutevar8x32_epi32(states, _mm256_set1_epi32(best));
    __m256i differing = _mm256_xor_si256(states, state_of_best);
    if (_mm256_testz_si256(differing, differing))
        return costs;
    differing = _mm256_setzero_si256();
    for (int place = 0; place < 32; place++) {
        __m256i indices = _mm256_load_si256((const __m256i *)block->indices[place]);
        __m256i those = _mm256_permutevar8x32_epi32(indices, states);
        __m256i of_best = _mm256_permutevar8x32_epi32(indices, state_of_best);
        differing = _mm256_or_si256(differing, _mm256_xor_si256(those, of_best));
    }
    __m256i alike = _mm256_cmpeq_epi32(differing, _mm256_setzero_si256());
    return _mm256_blendv_ps(_mm256_set1_ps(2 * DEAD), costs, _mm256_castsi256_ps(alike));
}

/* The only path at the beginning of a row. */
INLINE Survivors beginning(int start) {
    float costs[8];
    for (int state = 0; state < 8; state++)
        costs[state] = state == (start & 7) ? 0 : 2 * DEAD;
    int neighbour = start >> 3;
    return (Survivors) {
        _mm256_loadu_ps(costs), _mm256_set1_epi32((neighbour == 2) - (neighbour == 1))};
}

/* What the next row begins with. */
INLINE int end_of(__m256 costs, int best, int32_t index) {
    float stored[8];
    _mm256_storeu_ps(stored, costs);
    return best + (stored[best] >= DEAD || index == 0 ? 0 : index < 0 ? 8 : 16);
}

static TARGET int quantized_row(
    const FeedbackTask *task, const float *values, int start, float *common, float *errors,
    int32_t *target) {
    Block blocks[2];
    __m256 added[32];
    Survivors survivors = beginning(start);
    int64_t columns = task->columns;
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
            return end_of(survivors.costs, best, target[columns - 1]);
        }
        if (task->factor != 0)
            hand_on(
                task, block, first, left - 32 < 32 ? (int)(left - 32) : 32, survivors.costs, best,
                added);
    }
}

#endif
