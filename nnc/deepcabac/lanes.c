/* Sixteen codewords decoded at once, in the lanes of one AVX-512 register.

It is C, as search_lanes.c is, since its functions have to be compiled for another processor
than the rest, which Cython can't say of a function; and without that no intrinsic is inlined.

A level is a walk over nodes: significance by state and neighbour, sign, each greater-than flag,
each prefix bin, each remainder bit. A node's number is also that of its context within the lane.
In each step every lane decodes one bin, whatever node it is at:

- a context is a word: the slow counter plus 2048 in bits 0 to 11, its shift less 4 above; the fast
  counter plus 128 in bits 16 to 23, its shift above;
- the range stands in the upper 9 bits of a word, and so does the offset in `value`, with 55 bits
  that follow in it and in `more`, of which `left` are loaded;
- a bypass bin is one with a context whose two ranges are half the range each;
- `magnitude` is the doubled magnitude, as its index for dependent quantization, with a bit for
  non-zero and the sign at the top: rotated by 2 its lower bits say what follows.
*/

#include "lanes.h"

#include <stdlib.h>
#include <string.h>

#include "avx512.h"

void lanes_put_in_place(const LaneStream *stream, int32_t *scratch) {
    const uint8_t *skipped = stream->skipped;
    int64_t cols = stream->cols, coded = stream->coded;
    size_t row_bytes = sizeof(int32_t) * (size_t)cols;
    if (stream->block_size < cols)
        memcpy(scratch, stream->block_row, sizeof(int32_t) * (size_t)coded);
    /* Whole rows move down at most: from the last one on, none is overwritten. */
    for (int64_t row = stream->height - 1; skipped != NULL && row >= 0; row--) {
        int32_t *to = stream->block_row + row * cols;
        if (skipped[row])
            memset(to, 0, row_bytes);
        else
            memmove(to, stream->block_row + (coded -= cols), row_bytes);
    }
    if (stream->block_size >= cols)
        return;
    for (int64_t left = 0; left < cols; left += stream->block_size) {
        int64_t width = cols - left < stream->block_size ? cols - left : stream->block_size;
        for (int64_t row = 0; row < stream->height; row++) {
            if (skipped != NULL && skipped[row])
                continue;
            memcpy(stream->block_row + row * cols + left, scratch, sizeof(int32_t) * (size_t)width);
            scratch += width;
        }
    }
}

#if NNC_AVX512

/* Steps after which levels are written; a lane ends at most one level in each. */
#define STEPS 255
/* In the record of a level: its magnitude, and how many were before it in these steps. */
#define PLACE_SHIFT 18
#define LANE_SHIFT 28
/* Bytes past its end after which a stream is given up. */
#define MOST_PAST_END 16

typedef struct {
    uint32_t value[LANES], more[LANES], left[LANES], range[LANES];
    uint32_t node[LANES], state[LANES], magnitude[LANES], record[LANES];
} Registers;

typedef struct {
    Registers registers;
    uint32_t contexts[LANES * LANE_NODES];
    uint32_t records[LANES * (STEPS + 2)];
    uint32_t *end_of_records;
    const uint8_t *at[LANES];
    const uint8_t *end[LANES];
    int64_t past_end[LANES];
    LaneStream *streams[LANES];
} Machine;

int lanes_supported(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("bmi");
}

/* The next 4 bytes of a lane; those past the end are 0. */
static uint32_t next_word(Machine *machine, int lane) {
    const uint8_t *at = machine->at[lane];
    uint32_t word = 0;
    if (machine->end[lane] - at >= 4) {
        memcpy(&word, at, 4);
        machine->at[lane] = at + 4;
        return __builtin_bswap32(word);
    }
    for (int index = 0; index < 4; index++) {
        word <<= 8;
        if (machine->at[lane] < machine->end[lane])
            word |= *machine->at[lane]++;
        else
            machine->past_end[lane]++;
    }
    return word;
}

INLINE void scattered(uint32_t *words, const uint32_t *index, const uint32_t *values) {
    for (int lane = 0; lane < LANES; lane++)
        words[index[lane]] = values[lane];
}

#define LOOK_UP(first, index, second) \
    _mm512_maskz_permutex2var_epi8(0x1111111111111111ULL, first, index, second)
#define LOOK_UP_64(table, index) \
    _mm512_maskz_permutexvar_epi8(0x1111111111111111ULL, index, table)

/* The registers of sixteen lanes, and where the next record goes. */
typedef struct {
    __m512i value, more, left, range, node, state, magnitude, record;
    uint32_t *records;
} Group;

/* What is looked up in each step. */
typedef struct {
    __m512i next0[2], next1[2], weight[2], curve[2], lps[4], after, reset;
} Constants;

INLINE Group group_of(Machine *machine) {
    const Registers *held = &machine->registers;
    Group group;
    group.value = _mm512_loadu_si512(held->value);
    group.more = _mm512_loadu_si512(held->more);
    group.left = _mm512_loadu_si512(held->left);
    group.range = _mm512_loadu_si512(held->range);
    group.node = _mm512_loadu_si512(held->node);
    group.state = _mm512_loadu_si512(held->state);
    group.magnitude = _mm512_loadu_si512(held->magnitude);
    group.record = _mm512_loadu_si512(held->record);
    group.records = machine->records;
    return group;
}

INLINE void put_back(Machine *machine, const Group *group) {
    Registers *held = &machine->registers;
    _mm512_storeu_si512(held->value, group->value);
    _mm512_storeu_si512(held->more, group->more);
    _mm512_storeu_si512(held->left, group->left);
    _mm512_storeu_si512(held->range, group->range);
    _mm512_storeu_si512(held->node, group->node);
    _mm512_storeu_si512(held->state, group->state);
    _mm512_storeu_si512(held->magnitude, group->magnitude);
    _mm512_storeu_si512(held->record, group->record);
    machine->end_of_records = group->records;
}

INLINE Constants constants_of(const LaneTables *tables) {
    Constants held;
    for (int part = 0; part < 2; part++) {
        held.next0[part] = _mm512_loadu_si512(tables->next0 + 64 * part);
        held.next1[part] = _mm512_loadu_si512(tables->next1 + 64 * part);
        held.weight[part] = _mm512_loadu_si512(tables->weight + 64 * part);
        held.curve[part] = _mm512_loadu_si512(tables->curve + 64 * part);
    }
    for (int part = 0; part < 4; part++)
        held.lps[part] = _mm512_loadu_si512(tables->lps + 64 * part);
    held.after = _mm512_loadu_si512(tables->after);
    held.reset = _mm512_loadu_si512(tables->reset);
    return held;
}

/* Load the next bits of lanes that have few left. */
static TARGET void load_bits(Machine *machine, Group *group) {
    uint32_t words[LANES] __attribute__((aligned(64)));
    __mmask16 few = _mm512_cmplt_epi32_mask(group->left, _mm512_set1_epi32(24));
    for (unsigned rest = few; rest; rest &= rest - 1)
        words[__builtin_ctz(rest)] = next_word(machine, __builtin_ctz(rest));
    __m512i word = _mm512_maskz_loadu_epi32(few, words);
    __m512i taken = _mm512_add_epi32(group->left, _mm512_set1_epi32(9));
    group->value = _mm512_or_si512(group->value, _mm512_srlv_epi32(word, taken));
    taken = _mm512_sub_epi32(_mm512_set1_epi32(23), group->left);
    group->more = _mm512_mask_sllv_epi32(group->more, few, word, taken);
    group->left = _mm512_mask_add_epi32(group->left, few, group->left, _mm512_set1_epi32(32));
}

/* Decode one bin in each lane. */
INLINE void step(Machine *machine, Group *group, const Constants *held) {
    const __m512i one = _mm512_set1_epi32(1), bit7 = _mm512_set1_epi32(0x80);
    const __m512i lanes = _mm512_mullo_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        _mm512_set1_epi32(LANE_NODES));
    /* Which bits of a context are counters, and what they count in the sum of both. */
    const __m512i counters = _mm512_set1_epi32(0x00FF0FFF), parts = _mm512_set1_epi32(0x00100001);
    const __m512i middle = _mm512_set1_epi32(4096), less_one = _mm512_set1_epi32(0x00010001);
    /* Bits 7 to 13 of a context go to its byte 0, bits 19 to 25 to its byte 2. */
    const __m512i fields = _mm512_set1_epi64(0x0033002700130007LL);
    const __m512i upside_down = _mm512_set1_epi32(0x001F001F);
    uint32_t index[LANES] __attribute__((aligned(64))), words[LANES] __attribute__((aligned(64)));

    /* A bin takes 7 bits at most. */
    if (__builtin_expect(_mm512_cmplt_epi32_mask(group->left, _mm512_set1_epi32(7)) != 0, 0))
        load_bits(machine, group);
    __m512i node = group->node;
    _mm512_store_si512(index, _mm512_add_epi32(node, lanes));
    __m512i context = gathered(machine->contexts, index);
    __m512i weight = LOOK_UP(held->weight[0], node, held->weight[1]);
    __m512i next0 = LOOK_UP(held->next0[0], node, held->next0[1]);
    __m512i next1 = LOOK_UP(held->next1[0], node, held->next1[1]);
    __mmask16 regular = _mm512_testn_epi32_mask(weight, bit7);

    /* The less probable bin's part of the range. */
    __m512i range = group->range;
    __m512i sum = _mm512_madd_epi16(_mm512_and_si512(context, counters), parts);
    __m512i certainty = _mm512_srai_epi32(_mm512_sub_epi32(sum, middle), 7);
    certainty = _mm512_abs_epi32(certainty);
    __m512i row = _mm512_ternarylogic_epi32(
        _mm512_srli_epi32(range, 23), _mm512_set1_epi32(0xE0), certainty, 0xEA);
    __mmask16 upper = _mm512_test_epi32_mask(range, _mm512_set1_epi32(0x80 << 23));
    __m512i less = _mm512_mask_mov_epi32(
        LOOK_UP(held->lps[0], row, held->lps[1]), upper, LOOK_UP(held->lps[2], row, held->lps[3]));
    less = _mm512_mask_slli_epi32(_mm512_srli_epi32(range, 1), regular, less, 23);

    /* The bin, and what is left of the range. */
    __m512i value = group->value;
    __m512i limit = _mm512_sub_epi32(range, less);
    __mmask16 is_less = _mm512_cmpge_epu32_mask(value, limit);
    value = _mm512_mask_sub_epi32(value, is_less, value, limit);
    range = _mm512_mask_mov_epi32(limit, is_less, less);
    __m512i shift = _mm512_lzcnt_epi32(range);
    group->range = _mm512_sllv_epi32(range, shift);
    group->value = _mm512_shldv_epi32(value, group->more, shift);
    group->more = _mm512_sllv_epi32(group->more, shift);
    group->left = _mm512_sub_epi32(group->left, shift);
    __mmask16 bin = (__mmask16)(_mm512_mask_cmpge_epi32_mask(regular, sum, middle) ^ is_less);
    __mmask16 is_0 = (__mmask16)~bin;

    /* Both counters move by what their upper bits say, or those of their negative. */
    __m512i upper_bits = _mm512_mask_sub_epi32(context, is_0, context, less_one);
    upper_bits = _mm512_multishift_epi64_epi8(fields, upper_bits);
    upper_bits = _mm512_mask_xor_epi32(upper_bits, is_0, upper_bits, upside_down);
    __m512i move = _mm512_maskz_permutex2var_epi8(
        0x5555555555555555ULL, held->curve[0], upper_bits, held->curve[1]);
    __m512i moved = _mm512_add_epi32(context, move);
    moved = _mm512_mask_sub_epi32(moved, is_0, context, move);
    _mm512_store_si512(words, moved);
    scattered(machine->contexts, index, words);

    /* The next node, of this level or the next. */
    __m512i magnitude = _mm512_mask_add_epi32(
        group->magnitude, bin, group->magnitude, _mm512_rolv_epi32(one, weight));
    node = _mm512_mask_mov_epi32(next0, bin, next1);
    __mmask16 ends = _mm512_test_epi32_mask(node, bit7);
    __m512i level = _mm512_rol_epi32(magnitude, 2);
    __m512i key = _mm512_ternarylogic_epi32(_mm512_set1_epi32(15), level, group->state, 0xCA);
    __m512i after = LOOK_UP_64(held->after, key);
    group->node = _mm512_mask_mov_epi32(node, ends, after);
    group->state = _mm512_mask_mov_epi32(group->state, ends, after);
    group->magnitude = _mm512_mask_mov_epi32(magnitude, ends, LOOK_UP_64(held->reset, key));
    __mmask16 not_0 = _mm512_mask_test_epi32_mask(ends, level, one);
    level = _mm512_maskz_compress_epi32(not_0, _mm512_or_si512(level, group->record));
    _mm512_storeu_si512(group->records, level);
    group->records += __builtin_popcount(not_0);
    group->record = _mm512_mask_add_epi32(
        group->record, ends, group->record, _mm512_set1_epi32(1 << PLACE_SHIFT));
}

/* Decode one bin in each lane, so many times. */
static TARGET void steps_of_one(Machine *machine, const LaneTables *tables, int64_t steps) {
    const Constants held = constants_of(tables);
    Group group = group_of(machine);
    while (steps-- > 0)
        step(machine, &group, &held);
    put_back(machine, &group);
}

/* The same in two groups of lanes: what one waits for is the time of the other. */
static TARGET void steps_of_two(Machine *machines, const LaneTables *tables, int64_t steps) {
    const Constants held = constants_of(tables);
    Group first = group_of(machines), second = group_of(machines + 1);
    while (steps-- > 0) {
        step(machines, &first, &held);
        step(machines + 1, &second, &held);
    }
    put_back(machines, &first);
    put_back(machines + 1, &second);
}

/* Let a stream go on in a lane; without one the lane goes round in circles. */
static void enter(Machine *machine, int lane, LaneStream *stream, const LaneTables *tables) {
    Registers *held = &machine->registers;
    machine->streams[lane] = stream;
    machine->past_end[lane] = 0;
    if (stream == NULL) {
        held->value[lane] = held->more[lane] = held->state[lane] = held->magnitude[lane] = 0;
        held->range[lane] = 256U << 23;
        held->left[lane] = 0;
        held->node[lane] = (uint32_t)tables->trap;
        machine->at[lane] = machine->end[lane] = NULL;
        return;
    }
    uint64_t window = stream->value << (55 - stream->bits);
    held->value[lane] = (uint32_t)(window >> 32);
    held->more[lane] = (uint32_t)window;
    held->left[lane] = (uint32_t)stream->bits;
    held->range[lane] = stream->range << 23;
    held->node[lane] = held->state[lane] = (uint32_t)stream->node;
    held->magnitude[lane] = 2 - ((uint32_t)stream->node >> 2 & 1);
    machine->end[lane] = stream->data + stream->size;
    machine->at[lane] = machine->end[lane];
    if (stream->loaded < stream->size)
        machine->at[lane] = stream->data + stream->loaded;
    else
        machine->past_end[lane] = stream->loaded - stream->size;
    memcpy(machine->contexts + lane * LANE_NODES, stream->contexts, 4 * LANE_NODES);
}

/* Give a stream what its lane has come to, at the beginning of a level. */
static void leave(Machine *machine, int lane) {
    Registers *held = &machine->registers;
    LaneStream *stream = machine->streams[lane];
    uint64_t window = (uint64_t)held->value[lane] << 32 | held->more[lane];
    stream->bits = (int32_t)held->left[lane];
    stream->value = window >> (55 - stream->bits);
    stream->range = held->range[lane] >> 23;
    stream->node = (int32_t)held->node[lane];
    stream->loaded = machine->at[lane] - stream->data + machine->past_end[lane];
    memcpy(stream->contexts, machine->contexts + lane * LANE_NODES, 4 * LANE_NODES);
}

static void write_levels(Machine *machine, int halve) {
    int32_t *levels[LANES];
    for (int lane = 0; lane < LANES; lane++)
        levels[lane] = machine->streams[lane] ? machine->streams[lane]->levels : NULL;
    for (const uint32_t *record = machine->records; record < machine->end_of_records; record++) {
        int32_t level = (int32_t)(*record & ((1U << PLACE_SHIFT) - 1)) >> (2 + halve);
        uint32_t place = *record >> PLACE_SHIFT & ((1U << (LANE_SHIFT - PLACE_SHIFT)) - 1);
        levels[*record >> LANE_SHIFT][place] = *record & 2 ? -level : level;
    }
}

/* Streams that are waiting, from *next on to before *ready; threads share them. */
typedef struct {
    LaneStream *streams;
    const long long *ready;
    long long *next;
    const LaneTables *tables;
    /* Room for the levels of one block row. */
    int32_t *scratch;
} Queue;

/* Take streams that follow each other, and say which is the first; return how many they are. Never
more are taken than there are, since others may be made ready later. */
static int64_t take(const Queue *queue, int64_t most, int single, int64_t *first) {
    long long number = __atomic_load_n(queue->next, __ATOMIC_RELAXED);
    int64_t some;
    do {
        int64_t left = __atomic_load_n(queue->ready, __ATOMIC_ACQUIRE) - number;
        if (left <= 0)
            return 0;
        some = number < (int64_t)LANES * single ? LANES : most;
        some = some < left ? some : left;
    } while (!__atomic_compare_exchange_n(
        queue->next, &number, number + some, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    *first = number;
    return some;
}

void lanes_make_ready(long long *ready, long long count) {
    __atomic_store_n(ready, count, __ATOMIC_RELEASE);
}

static LaneStream *taken(const Queue *queue) {
    int64_t number;
    return take(queue, 1, 0, &number) ? queue->streams + number : NULL;
}

/* Move what the lanes of a machine have to lanes of another that have nothing. */
static void move_lanes(Machine *from, Machine *to, const LaneTables *tables) {
    int free = 0;
    for (int lane = 0; lane < LANES; lane++) {
        if (from->streams[lane] == NULL)
            continue;
        while (to->streams[free] != NULL)
            free++;
#define MOVE(part) to->part[free] = from->part[lane]
        MOVE(registers.value);
        MOVE(registers.more);
        MOVE(registers.left);
        MOVE(registers.range);
        MOVE(registers.node);
        MOVE(registers.state);
        MOVE(registers.magnitude);
        MOVE(at);
        MOVE(end);
        MOVE(past_end);
        MOVE(streams);
#undef MOVE
        memcpy(to->contexts + free * LANE_NODES, from->contexts + lane * LANE_NODES,
               4 * LANE_NODES);
        enter(from, lane, NULL, tables);
    }
}

/* Steps until the first stream may end. */
static int64_t steps_for(Machine *machine, int64_t most) {
    for (uint32_t lane = 0; lane < LANES; lane++) {
        machine->registers.record[lane] = lane << LANE_SHIFT;
        const LaneStream *stream = machine->streams[lane];
        if (stream != NULL && stream->count < most)
            most = stream->count;
    }
    return most;
}

/* Note the levels of some steps, let streams that ended leave, and others enter; return how many
lanes have none any more. */
static int go_on(Machine *machine, Queue *queue, int leaving) {
    const LaneTables *tables = queue->tables;
    Registers *held = &machine->registers;
    int emptied = 0;
    write_levels(machine, tables->halve);
    for (uint32_t lane = 0; lane < LANES; lane++) {
        LaneStream *stream = machine->streams[lane];
        if (stream == NULL)
            continue;
        uint32_t ended = (held->record[lane] - (lane << LANE_SHIFT)) >> PLACE_SHIFT;
        stream->levels += ended;
        stream->count -= ended;
        stream->failed = held->node[lane] == (uint32_t)tables->trap ||
                         machine->past_end[lane] > MOST_PAST_END;
        if (stream->count > 0 && !stream->failed && !(leaving && ended))
            continue;
        leave(machine, (int)lane);
        if (stream->count == 0 && !stream->failed && stream->block_row != NULL)
            lanes_put_in_place(stream, queue->scratch);
        stream = taken(queue);
        enter(machine, (int)lane, stream, tables);
        emptied += stream == NULL;
    }
    return emptied;
}

/* Times of a step of one group and of two, and of a level of what is left of few streams. */
enum { STEP = 10, STEP_OF_TWO = 16, LEVEL_OF_FEW = 3 };

/* When a thread will have come how far, and what its lanes have left then. */
typedef struct {
    int64_t time;
    int64_t left[2 * LANES];
    int active;
} Plan;

/* Let the streams of a thread go on until the first ends. Others follow, from *next on. */
static void plan_on(Plan *plan, const long long *lengths, int64_t count, int64_t *next) {
    int64_t steps = INT64_MAX, all = 0;
    for (int lane = 0; lane < plan->active; lane++) {
        steps = plan->left[lane] < steps ? plan->left[lane] : steps;
        all += plan->left[lane];
    }
    if (plan->active < LANE_FEWEST && *next == count) {
        plan->time += LEVEL_OF_FEW * all;
        plan->active = 0;
        return;
    }
    plan->time += (plan->active > LANES ? STEP_OF_TWO : STEP) * steps;
    int active = 0;
    for (int lane = 0; lane < plan->active; lane++) {
        int64_t left = plan->left[lane] - steps;
        if (left == 0 && *next < count)
            left = lengths[(*next)++];
        if (left > 0)
            plan->left[active++] = left;
    }
    plan->active = active;
}

/* Return when the last of some threads will be done; the first of them have one group of lanes. */
static int64_t
time_for(const long long *lengths, int64_t count, Plan *plans, int threads, int single) {
    int64_t next = 0, last = 0;
    for (int number = 0; number < threads; number++) {
        Plan *plan = plans + number;
        plan->time = plan->active = 0;
        while (plan->active < (number < single ? LANES : 2 * LANES) && next < count)
            plan->left[plan->active++] = lengths[next++];
    }
    for (;;) {
        Plan *first = NULL;
        for (int number = 0; number < threads; number++)
            if (plans[number].active > 0 && (first == NULL || plans[number].time < first->time))
                first = plans + number;
        if (first == NULL)
            return last;
        plan_on(first, lengths, count, &next);
        last = first->time > last ? first->time : last;
    }
}

int lanes_single(const long long *lengths, long long count, int threads) {
    Plan *plans = malloc((size_t)threads * sizeof(Plan));
    int best = 0, apart = (threads + 3) / 4;
    int64_t least = INT64_MAX;
    for (int single = 0; plans != NULL && single <= threads; single += apart) {
        int64_t time = time_for(lengths, count, plans, threads, single);
        if (time < least) {
            least = time;
            best = single;
        }
    }
    free(plans);
    return best;
}

int lanes_decode(
    LaneStream *streams,
    const long long *ready,
    long long *next,
    const LaneTables *tables,
    int64_t largest,
    int single) {
    Machine *machines = calloc(2, sizeof(Machine));
    int32_t *scratch = malloc(sizeof(int32_t) * (size_t)(largest ? largest : 1));
    if (machines == NULL || scratch == NULL) {
        free(machines);
        free(scratch);
        return -1;
    }
    Queue queue = {streams, ready, next, tables, scratch};
    int64_t first = 0;
    int active = (int)take(&queue, 2 * LANES, single, &first);
    int groups = active > LANES ? 2 : 1;
    for (int lane = 0; lane < groups * LANES; lane++) {
        LaneStream *stream = lane < active ? streams + first + lane : NULL;
        enter(machines + lane / LANES, lane % LANES, stream, tables);
    }
    while (active > 0) {
        if (groups == 2 && active <= LANES) {
            move_lanes(machines + 1, machines, tables);
            groups = 1;
        }
        /* When too few are left, each leaves as soon as it is at the beginning of a level. */
        int few = active < LANE_FEWEST;
        int64_t steps = few ? 1 : STEPS;
        for (int group = 0; group < groups; group++)
            steps = steps_for(machines + group, steps);
        if (groups == 2)
            steps_of_two(machines, tables, steps);
        else
            steps_of_one(machines, tables, steps);
        for (int group = 0; group < groups; group++)
            active -= go_on(machines + group, &queue, few);
    }
    free(machines);
    free(scratch);
    return 0;
}

#else

int lanes_supported(void) {
    return 0;
}

int lanes_single(const long long *lengths, long long count, int threads) {
    (void)lengths, (void)count, (void)threads;
    return 0;
}

void lanes_make_ready(long long *ready, long long count) {
    *ready = count;
}

int lanes_decode(
    LaneStream *streams,
    const long long *ready,
    long long *next,
    const LaneTables *tables,
    int64_t largest,
    int single) {
    (void)streams, (void)ready, (void)next, (void)tables, (void)largest, (void)single;
    return -1;
}

#endif
