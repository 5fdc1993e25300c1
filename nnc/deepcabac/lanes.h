/* Sixteen codewords decoded at once, in the lanes of one register; see lanes.c. */

#ifndef NNC_LANES_H
#define NNC_LANES_H

#include <stdint.h>

enum {
    LANES = 16,
    /* Nodes of the walk that a level is, and words of contexts in a lane. */
    LANE_NODES = 128,
    /* A node that marks a level's end. */
    LANE_END = 0x80,
    /* Added to the weight of a node whose bin has no context. */
    LANE_BYPASS = 0x80,
    /* With fewer streams the scalar coder is faster. */
    LANE_FEWEST = 5
};

typedef struct {
    /* The next node, by node, for bins 0 and 1. */
    uint8_t next0[LANE_NODES];
    uint8_t next1[LANE_NODES];
    /* Log2 of what bin 1 adds to the register of the magnitude. */
    uint8_t weight[LANE_NODES];
    /* By 32 * shift + upper bits of a counter: how far that moves. */
    uint8_t curve[128];
    /* LPS ranges as clause 10 has them. */
    uint8_t lps[256];
    /* By what a level was: the node where the next one begins, and the start of its register. */
    uint8_t after[64];
    uint8_t reset[64];
    /* A node that nothing leads out of. */
    int32_t trap;
    /* How far a level is to be shifted: levels are doubled, and without dq halved again. */
    int32_t halve;
} LaneTables;

typedef struct {
    /* The coder, as engine_reading.pxd has it. */
    const uint8_t *data;
    int64_t size;
    int64_t loaded;
    uint64_t value;
    int32_t bits;
    uint32_t range;
    /* Node, of those where a level begins; after the end, the one where the next would. */
    int32_t node;
    /* Whether the lanes can't decode it, or it reads far past its end. */
    int32_t failed;
    /* Where the next level goes, and how many are left. */
    int32_t *levels;
    int64_t count;
    /* LANE_NODES words: where contexts begin, and at the end what they have come to. */
    uint32_t *contexts;
    /* The block row that it is, of so many rows and columns in blocks so wide; NULL if its levels
    stay in coding order. They are decoded in that order, then put in place. */
    int32_t *block_row;
    int64_t height;
    int64_t cols;
    int64_t block_size;
    /* Which of its rows are skipped, NULL for none, and the levels of the others. */
    const uint8_t *skipped;
    int64_t coded;
} LaneStream;

/* Whether the processor has what it takes. */
int lanes_supported(void);

/* Return how many of so many threads are to decode one group of streams at a time, the longest; the
others decode two, which is more at once, but each of them slower. `lengths` are about the steps
that each stream takes. */
int lanes_single(const long long *lengths, long long count, int threads);

/* Say that so many streams may be taken. */
void lanes_make_ready(long long *ready, long long count);

/* Decode streams from *next on to before *ready, which may grow meanwhile; other threads count *next
up as well.

The first threads to come, as many as `single` says, begin with one group of streams, others with
two. No block row that is put in place has more than `largest` levels. Levels that are 0 aren't
written. Streams that are left over at the end, since they are too few, have a count above 0 and stand
at the beginning of a level; those of block rows are still in coding order. Return -1 if there is no
memory; no stream is touched then. */
int lanes_decode(
    LaneStream *streams,
    const long long *ready,
    long long *next,
    const LaneTables *tables,
    int64_t largest,
    int single);

/* Put the levels of a block row, which are in coding order, where they belong; `scratch` has room
for them. */
void lanes_put_in_place(const LaneStream *stream, int32_t *scratch);

#endif
